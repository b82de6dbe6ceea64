"""The page at /docs: the OpenAPI document made readable, with search, light and dark, and everything local."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources

_BODY = """\
<a class="skip" href="#operations">Skip to the operations</a>
<header>
<h1>OmniRoute API <small id="version"></small></h1>
<input id="search" type="search" placeholder="Search ( / )" aria-label="Search operations" autocomplete="off">
<small id="count" role="status"></small>
<button id="theme" type="button">Light / dark</button>
<a href="openapi.json">openapi.json</a>
</header>
<div class="frame">
<nav id="menu" aria-label="Operations"></nav>
<main id="operations" tabindex="-1"><p id="about">Reading the document …</p></main>
</div>
"""


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _read(name: str) -> str:
    return resources.files("omniroute.api.pages").joinpath(name).read_text(encoding="utf-8")


@cache
def page() -> tuple[str, Mapping[str, str]]:
    """Return the page, and the headers that let it use its own script and style and nothing else."""
    style, script = _read("docs.css"), _read("docs.js")
    text = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>OmniRoute API</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f"<style>{style}</style>\n</head>\n<body>\n{_BODY}<script>{script}</script>\n</body>\n</html>\n"
    )
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return text, {"content-security-policy": policy, "referrer-policy": "no-referrer", "x-frame-options": "DENY"}
