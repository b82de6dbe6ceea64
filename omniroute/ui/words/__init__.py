"""What the dashboard says, in every language it speaks; a language is a file here, and English is complete."""

from functools import cache
from importlib.resources import files

from omniroute.kit import json

LANGUAGES = {"en": "English", "de": "Deutsch"}
_DEFAULT = "en"


@cache
def table(language: str) -> dict[str, str]:
    """Return all texts of a language, by name."""
    return dict(json.loads((files(__package__) / f"{language}.json").read_bytes()))


def say(language: str, name: str, /, **values: object) -> str:
    """Return a text with its values filled in."""
    text = table(language).get(name) or table(_DEFAULT)[name]
    return text.format(**values) if values else text


def chosen(cookie: str | None, accept: str) -> str:
    """Return the language to speak: the one chosen earlier, else the browser's first that there is."""
    if cookie in LANGUAGES:
        return cookie
    wanted = (one.split(";")[0].strip()[:2].lower() for one in accept.split(","))
    return next((one for one in wanted if one in LANGUAGES), _DEFAULT)
