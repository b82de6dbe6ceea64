"""How a credential is shown to a provider: always in a header, never in a URL.

A scheme is a row of data (header name, prefix). A format may want headers of its own, such as Anthropic's version.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from omniroute.formats.hub import Format
from omniroute.kit.errors import Invalid
from omniroute.kit.secret import Secret


class Scheme(StrEnum):
    """Where the credential goes."""

    BEARER = "bearer"
    X_API_KEY = "x-api-key"
    X_GOOG_API_KEY = "x-goog-api-key"
    TOKEN = "token"  # noqa: S105 - a word before the credential
    BARE = "bare"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A header and what stands in it before the secret."""

    header: str
    prefix: str = ""


_PLACES: Mapping[Scheme, _Place] = {
    Scheme.BEARER: _Place(header="authorization", prefix="Bearer "),
    Scheme.TOKEN: _Place(header="authorization", prefix="Token "),
    Scheme.BARE: _Place(header="authorization"),
    Scheme.X_API_KEY: _Place(header="x-api-key"),
    Scheme.X_GOOG_API_KEY: _Place(header="x-goog-api-key"),
}

# What a format's own vendor uses: the default of a custom endpoint.
SCHEMES: Mapping[Format, Scheme] = {
    Format.OPENAI_CHAT: Scheme.BEARER,
    Format.OPENAI_RESPONSES: Scheme.BEARER,
    Format.ANTHROPIC: Scheme.X_API_KEY,
    Format.GEMINI: Scheme.X_GOOG_API_KEY,
    Format.OLLAMA: Scheme.BEARER,
}

# Anthropic refuses requests without a version: https://docs.anthropic.com/en/api/versioning.
_FORMAT_HEADERS: Mapping[Format, Mapping[str, str]] = {Format.ANTHROPIC: {"anthropic-version": "2023-06-01"}}

# The client sets these from the connection and the body; a custom one would break the message or change its target.
_RESERVED = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110, token
_VALUE = r"[\t\x20-\x7e]*"  # visible ASCII: no CR, no LF, nothing that servers read differently


def headers_for(
    spoken: Format,
    secret: Secret | None,
    extra_headers: Mapping[str, Secret] | None = None,
    *,
    scheme: Scheme | None = None,
) -> dict[str, str]:
    """Return the headers, names in lower case, that show `secret` to an upstream of the format `spoken`.

    Without `scheme` the credential goes where the format's own vendor wants it. `extra_headers` (a custom endpoint's)
    win over the made ones. Raises Invalid, never showing a value, if something cannot stand in a header.
    """
    headers = dict(_FORMAT_HEADERS.get(spoken, {}))
    place = _PLACES.get(scheme or SCHEMES[spoken])
    if place is not None and secret is not None:
        headers[place.header] = place.prefix + _checked("The key", secret.reveal())
    for name, value in (extra_headers or {}).items():
        headers[_checked_name(name)] = _checked(f"The value of the header {name!r}", value.reveal())
    return headers


def _checked_name(name: str) -> str:
    """Return the name in lower case if a custom endpoint may set that header."""
    lower = name.lower()
    if not re.fullmatch(_NAME, name):
        raise Invalid(f"{name!r} is not a header name. Use letters, digits and hyphens.", param="headers")
    if lower in _RESERVED:
        raise Invalid(f"The header {name!r} is set by the gateway. Leave it out.", param="headers")
    return lower


def _checked(what: str, value: str) -> str:
    """Return the value if it may stand in a header."""
    if not value.strip():
        raise Invalid(f"{what} is empty.", param="headers")
    if not re.fullmatch(_VALUE, value):
        raise Invalid(
            f"{what} has a line break or another character that a header cannot carry. Copy it again.", param="headers"
        )
    return value
