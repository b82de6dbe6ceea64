"""Errors in OpenAI's envelope, whose four keys its SDKs all read."""

from omniroute.formats.events import Fault
from omniroute.formats.failures import read_failure
from omniroute.formats.hub import Json

# Kind → OpenAI's type, and the code for faults that bring none.
_WORDS = {
    "invalid_request": ("invalid_request_error", None),
    "authentication": ("authentication_error", "invalid_api_key"),
    "permission": ("permission_error", "insufficient_permissions"),
    "not_found": ("invalid_request_error", "model_not_found"),
    "too_large": ("invalid_request_error", "request_too_large"),
    "rate_limit": ("rate_limit_error", "rate_limit_exceeded"),
    "overloaded": ("server_error", "overloaded"),
    "timeout": ("server_error", "timeout"),
    "upstream": ("server_error", "upstream_error"),
    "internal": ("server_error", "internal_error"),
    "truncated": ("server_error", "stream_truncated"),
}


def encode_error(fault: Fault) -> Json:
    """Write an error body; it serves for a frame of a stream as well."""
    kind, code = _WORDS.get(fault.kind, _WORDS["internal"])
    error: Json = {"message": fault.message, "type": kind, "param": fault.param, "code": fault.code or code}
    if fault.attempts:
        error["attempts"] = list(fault.attempts)
    return {"error": error}


decode_error = read_failure
