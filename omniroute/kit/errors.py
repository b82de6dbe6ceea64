"""Everything that can be wrong, as one tree. Raised where it is known, put into words once per surface.

OmniError
├── Invalid            400  the request cannot be understood (bad JSON, missing field)
├── Unauthenticated    401  no credential, or one that is not known
├── Forbidden          403  a known caller who may not do this
├── NotFound           404  no such thing
├── NotAllowed         405  the path exists, the method does not
├── Conflict           409  it exists already, or was changed meanwhile
├── Outdated           412  it was changed since the caller read it
├── TooLarge           413  the body is over its limit
├── UnsupportedMedia   415  a content type this operation does not read
├── Unprocessable      422  understood, but a value is out of range
├── TooMany            429  a limit; carries when to come back
├── Unavailable        503  cannot serve now (stopping, all providers down)
├── UpstreamFailed     502  every target failed; carries the attempts
└── UpstreamTimeout    504  every target was too slow
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFault:
    """One field that is wrong: its path as the caller spells it, and what to do."""

    field: str
    message: str


class OmniError(Exception):
    """A failure that a caller may hear of. `message` is written for people and names the remedy."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        details: Sequence[FieldFault] = (),
        retry_after_s: float | None = None,
    ) -> None:
        """`code` overrides the class's own; `param` names the offending field; `retry_after_s` in seconds."""
        super().__init__(message)
        self.message = message
        self.error_code = code or self.code
        self.param = param
        self.details = tuple(details)
        self.retry_after_s = retry_after_s


class Invalid(OmniError):
    """The request cannot be understood."""

    status, code = 400, "invalid_request"


class Unauthenticated(OmniError):
    """No credential, or one that is not known."""

    status, code = 401, "unauthenticated"


class Forbidden(OmniError):
    """A known caller who may not do this."""

    status, code = 403, "forbidden"


class NotFound(OmniError):
    """No such thing."""

    status, code = 404, "not_found"


class NotAllowed(OmniError):
    """The path exists, the method does not."""

    status, code = 405, "method_not_allowed"


class Conflict(OmniError):
    """It exists already, or was changed meanwhile."""

    status, code = 409, "conflict"


class Outdated(OmniError):
    """It was changed since the caller read it; `details` say what is different now."""

    status, code = 412, "precondition_failed"


class TooLarge(OmniError):
    """The body is over its limit."""

    status, code = 413, "payload_too_large"


class UnsupportedMedia(OmniError):
    """The body's content type is not one this operation reads."""

    status, code = 415, "unsupported_media_type"


class Unprocessable(OmniError):
    """Understood, but a value is out of range."""

    status, code = 422, "unprocessable"


class TooMany(OmniError):
    """A limit was reached; `retry_after_s` says when to come back."""

    status, code = 429, "rate_limited"


class UpstreamFailed(OmniError):
    """Every target failed."""

    status, code = 502, "upstream_failed"


class Unavailable(OmniError):
    """Cannot serve now."""

    status, code = 503, "unavailable"


class UpstreamTimeout(OmniError):
    """Every target was too slow."""

    status, code = 504, "upstream_timeout"
