"""Rules that several nouns share: text that can be stored and shown, base URLs, credentials and what they bind to.

A broken rule raises Unprocessable that names the field as callers spell it.
"""

import re
from urllib.parse import urlsplit

from omniroute.kit.errors import FieldFault, Unprocessable
from omniroute.kit.secret import Secret

MAX_SECRET = 10_000
_MAX_URL = 2_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DEFAULT_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int | None]


def fault(field: str, message: str) -> Unprocessable:
    """Return the error for one bad field."""
    return Unprocessable(message, param=field, details=[FieldFault(field=field, message=message)])


def line(value: str, field: str, *, most: int) -> str:
    """Return `value` without blanks at its ends; it must be one line of 1 to `most` characters."""
    text = value.strip()
    if not text or len(text) > most:
        raise fault(field, f"{field} must have 1 to {most} characters")
    if _CONTROL.search(text):
        raise fault(field, f"{field} must not hold control characters or line breaks")
    return text


def optional_line(value: str | None, field: str, *, most: int) -> str | None:
    """Return `line(value)`; nothing and blanks mean none."""
    return None if value is None or not value.strip() else line(value, field, most=most)


def within(value: int, field: str, *, least: int, most: int) -> int:
    """Return `value`, which must lie from `least` to `most`."""
    if not least <= value <= most:
        raise fault(field, f"{field} must be from {least} to {most}")
    return value


def credential(value: Secret | None, field: str = "apiKey") -> Secret | None:
    """Return a key fit for a header, without the blanks that pasting adds; nothing and blanks mean none."""
    text = value.reveal().strip() if value is not None else ""
    if not text:
        return None
    if len(text) > MAX_SECRET:
        raise fault(field, f"{field} is longer than {MAX_SECRET} characters")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise fault(field, f"{field} holds blanks or characters that no key has: paste it again")
    return Secret(text)


def base_url(value: str) -> str:
    """Return a base URL without slashes at its end; a query, a fragment or odd characters are refused."""
    text = line(value, "baseUrl", most=_MAX_URL)
    if any(mark in text for mark in "?#\\ "):
        raise fault("baseUrl", "baseUrl must be scheme, host and path only, such as https://api.example.com/v1")
    return text.rstrip("/")


def origin(url: str) -> Origin:
    """Return scheme, host and port of a URL that was checked: what a credential is bound to."""
    parts = urlsplit(url)
    return parts.scheme.lower(), (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(parts.scheme.lower())
