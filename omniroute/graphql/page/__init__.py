"""The query page that browsers get at /graphql: one document that loads nothing from anywhere else.

It holds nothing of the installation. A signed-in browser's cookie opens the schema; a key typed in stays in the page.
"""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

_HERE = Path(__file__).parent


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


_STYLE, _SCRIPT = _read("page.css"), _read("page.js")

PAGE = _read("page.html").replace("/*style*/", _STYLE).replace("/*script*/", _SCRIPT).encode()
PAGE_HEADERS: Mapping[str, str] = {
    "content-security-policy": f"default-src 'none'; connect-src 'self'; style-src {_source(_STYLE)}; "
    f"script-src {_source(_SCRIPT)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}
