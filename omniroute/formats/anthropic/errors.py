"""Errors in Anthropic's envelope."""

from omniroute.formats.events import Fault
from omniroute.formats.failures import read_failure
from omniroute.formats.hub import Json

_TYPES = {
    "invalid_request": "invalid_request_error",
    "authentication": "authentication_error",
    "permission": "permission_error",
    "not_found": "not_found_error",
    "too_large": "request_too_large",
    "rate_limit": "rate_limit_error",
    "overloaded": "overloaded_error",
    "timeout": "timeout_error",
}


def encode_error(fault: Fault) -> Json:
    """Write an error body; it serves for an `error` event of a stream as well."""
    error: Json = {"type": _TYPES.get(fault.kind, "api_error"), "message": fault.message}
    if fault.attempts:
        error["attempts"] = list(fault.attempts)
    return {"type": "error", "error": error}


decode_error = read_failure
