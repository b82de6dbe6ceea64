"""Failures in this format: an HTTP error's body, a stream's `error` event, a failed response's `error`."""

from omniroute.formats.events import Fault
from omniroute.formats.failures import failure_of, status_of
from omniroute.formats.hub import Json

# Per kind: OpenAI's `type`, the `code` where the fault has none of its own, and the code of a failed response, whose
# words are few: Codex gives up on invalid_prompt, backs off on rate_limit_exceeded and tries again on everything else.
_WORDS = {
    "invalid_request": ("invalid_request_error", "invalid_request", "invalid_prompt"),
    "authentication": ("authentication_error", "invalid_api_key", "invalid_prompt"),
    "permission": ("permission_error", "permission_denied", "invalid_prompt"),
    "not_found": ("not_found_error", "model_not_found", "invalid_prompt"),
    "too_large": ("invalid_request_error", "request_too_large", "invalid_prompt"),
    "rate_limit": ("rate_limit_error", "rate_limit_exceeded", "rate_limit_exceeded"),
    "overloaded": ("overloaded_error", "server_is_overloaded", "server_error"),
    "timeout": ("timeout_error", "timeout", "server_error"),
    "upstream": ("server_error", "server_error", "server_error"),
    "internal": ("server_error", "server_error", "server_error"),
    "truncated": ("server_error", "stream_truncated", "server_error"),
}
# Codes of a failed response that clients tell apart, Codex above all.
_KEPT_CODES = ("invalid_prompt", "rate_limit_exceeded", "context_length_exceeded", "insufficient_quota", "server_error")


def error_object(fault: Fault) -> Json:
    """Spell a fault as OpenAI's error object; each of its four keys is always there."""
    error: Json = {"message": fault.message, "type": _words(fault)[0], "param": fault.param, "code": fault.code}
    if fault.attempts:
        error["attempts"] = list(fault.attempts)
    return error


def encode_error(fault: Fault) -> Json:
    """Spell the body of an HTTP error."""
    return {"error": error_object(fault)}


def error_fields(fault: Fault) -> Json:
    """Spell a fault as the fields of a stream's `error` event.

    The reference shows the fields flat; the service itself nests them under `error`
    (https://github.com/openai/openai-dotnet/issues/881), and only that makes OpenAI's Python and JS clients raise.
    So both are said.
    """
    code = fault.code or _words(fault)[1]
    nested = {**error_object(fault), "code": code}
    return {"code": code, "message": fault.message, "param": fault.param, "error": nested}


def failed_error(fault: Fault) -> Json:
    """Spell a fault as the `error` of a failed response."""
    code = fault.code if fault.code in _KEPT_CODES else _words(fault)[2]
    return {"code": code, "message": fault.message}


def _words(fault: Fault) -> tuple[str, str, str]:
    return _WORDS.get(fault.kind, _WORDS["internal"])


def read_error(error: object, status: int = 0) -> Fault:
    """Make a fault of a stream's `error` event or a failed response's `error`."""
    if not isinstance(error, dict):
        return failure_of(error or {"message": "The upstream failed without saying why."}, status)
    # The event's own `type` says only that it is an error.
    inner = error.get("error") or {key: value for key, value in error.items() if (key, value) != ("type", "error")}
    return failure_of({"error": inner}, status)


def failed_status(response: Json) -> Fault | None:
    """Return the fault that a response object holds, None when it did not fail."""
    status, error = response.get("status"), response.get("error")
    if status == "cancelled" and not error:
        return Fault(kind="upstream", message="The upstream cancelled the response.", status=status_of("upstream"))
    return read_error(error) if status == "failed" or error else None
