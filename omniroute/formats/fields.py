"""What clients put into the fields of a request, read one by one; what is wrong with a field is told by its name."""

from collections.abc import Collection, Mapping
from typing import Any

from omniroute.kit.errors import Invalid


def wrong(name: str, words: str) -> Invalid:
    """Return the error of a field."""
    return Invalid(f"{name}: {words}.", param=name)


def text(body: Mapping[str, Any], name: str, *, most: int = 0) -> str:
    """Return a text that must be there and not be empty."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise wrong(name, "give a text that is not empty")
    if most and len(value) > most:
        raise wrong(name, f"at most {most} characters, and here are {len(value)}")
    return value


def optional_text(body: Mapping[str, Any], name: str) -> str | None:
    """Return a text that may be missing."""
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value or None
    raise wrong(name, "give a text")


def word(body: Mapping[str, Any], name: str, known: Collection[str], default: str) -> str:
    """Return one of the known words."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, str) or value not in known:
        raise wrong(name, f"say one of {', '.join(known)}")
    return value


def whole(body: Mapping[str, Any], name: str, *, least: int, most: int) -> int | None:
    """Return a whole number within limits, None where it is missing. Forms hold it as a text."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 12:  # noqa: PLR2004 - digits
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise wrong(name, f"give a whole number from {least} to {most}")
    return value


def number(body: Mapping[str, Any], name: str, *, least: float, most: float) -> float | None:
    """Return a number within limits, None where it is missing. Forms hold it as a text."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            value = None
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
        raise wrong(name, f"give a number from {least:g} to {most:g}")
    return float(value)


def flag(body: Mapping[str, Any], name: str) -> bool:
    """Return a switch that is off where it is missing. Forms hold it as a text."""
    value = body.get(name)
    if value in (None, False, "false", "0", ""):
        return False
    if value in (True, "true", "1"):
        return True
    raise wrong(name, "say true or false")
