"""Whatever an upstream answers when it fails, made a Fault: JSON in any vendor's shape, plain text, HTML or nothing.

The vendor's own word for the failure decides its kind where it is known, the HTTP status otherwise.
"""

import html
import re
from http import HTTPStatus

from omniroute.formats.events import Fault
from omniroute.formats.hub import Json
from omniroute.kit.json import BadJson, loads

_LONGEST_MESSAGE = 2000

_KIND_OF_STATUS = {
    400: "invalid_request",
    401: "authentication",
    402: "permission",  # no credit left
    403: "permission",
    404: "not_found",
    405: "not_found",
    408: "timeout",
    410: "not_found",
    413: "too_large",
    422: "invalid_request",
    429: "rate_limit",
    502: "upstream",
    503: "overloaded",
    504: "timeout",
    524: "timeout",  # Cloudflare: the origin was too slow
    529: "overloaded",  # Anthropic
}

_STATUS_OF_KIND = {
    "invalid_request": 400,
    "authentication": 401,
    "permission": 403,
    "not_found": 404,
    "too_large": 413,
    "rate_limit": 429,
    "overloaded": 503,
    "timeout": 504,
    "upstream": 502,
    "internal": 500,
    "truncated": 502,
}

# Words that vendors put in `type`, `code` or `status`, for failures whose HTTP status is not to be had (in a stream)
# or says less.
_KIND_OF_WORD = {
    "invalid_request_error": "invalid_request",
    "INVALID_ARGUMENT": "invalid_request",
    "FAILED_PRECONDITION": "invalid_request",
    "context_length_exceeded": "invalid_request",
    "authentication_error": "authentication",
    "invalid_api_key": "authentication",
    "UNAUTHENTICATED": "authentication",
    "permission_error": "permission",
    "billing_error": "permission",
    "PERMISSION_DENIED": "permission",
    "not_found_error": "not_found",
    "model_not_found": "not_found",
    "NOT_FOUND": "not_found",
    "request_too_large": "too_large",
    "rate_limit_error": "rate_limit",
    "rate_limit_exceeded": "rate_limit",
    "insufficient_quota": "rate_limit",
    "tokens": "rate_limit",
    "requests": "rate_limit",
    "RESOURCE_EXHAUSTED": "rate_limit",
    "overloaded_error": "overloaded",
    "UNAVAILABLE": "overloaded",
    "timeout_error": "timeout",
    "DEADLINE_EXCEEDED": "timeout",
    "stream_truncated": "truncated",
    "server_error": "upstream",
    "api_error": "upstream",
    "internal_server_error": "upstream",
    "INTERNAL": "upstream",
}

_AGAIN_IN = re.compile(r"(?:try again in|retry in|retry after)\s+(\d+(?:\.\d+)?)\s*(ms|s|m)?\b", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def read_failure(status: int, body: bytes) -> Fault:
    """Make a Fault of an upstream's HTTP answer."""
    try:
        value = loads(body) if body.strip() else None
    except BadJson:
        return _of_text(status, body.decode("utf-8", "replace"))
    return failure_of(value, status)


def failure_of(value: object, status: int = 0) -> Fault:
    """Make a Fault of an error in JSON; without a status (0: inside a stream) the kind gives one."""
    if isinstance(value, list) and value:
        value = value[0]  # Gemini answers streams that fail with a list of one
    error = _error_object(value)
    code = _word(error, "code") or _word(error, "status")
    kind = _kind(error, status)
    return Fault(
        kind=kind,
        message=_message(error, status),
        status=status or told_status(error.get("code")) or status_of(kind),
        code=code,
        param=_word(error, "param"),
        retry_after_s=_retry(error),
    )


def kind_of(status: int) -> str:
    """The kind of failure that an upstream's HTTP status stands for."""
    known = _KIND_OF_STATUS.get(status)
    return known or ("invalid_request" if 400 <= status < 500 else "upstream")  # noqa: PLR2004 - the class of client errors


def status_of(kind: str) -> int:
    """The HTTP status that a kind of failure stands for."""
    return _STATUS_OF_KIND.get(kind, 500)


def unreadable(data: bytes) -> Fault:
    """The fault of a stream whose frame is no JSON."""
    shown = data[:200].decode("utf-8", "replace")
    return Fault(
        kind="upstream", status=502, code="bad_frame", message=f"The upstream sent a frame that is no JSON: {shown!r}"
    )


def truncated() -> Fault:
    """The fault of a stream that stopped before its end."""
    message = "The upstream's stream ended before its answer was complete."
    return Fault(kind="truncated", status=502, code="stream_truncated", message=message)


def _error_object(value: object) -> Json:
    """Find the object that tells of the error, in whichever shape: {error: {…}}, {error: "…"}, {…}, "…"."""
    if isinstance(value, str):
        return {"message": value}
    if not isinstance(value, dict):
        return {}
    inner = value.get("error", value.get("errors"))
    if isinstance(inner, list) and inner:
        inner = inner[0]
    if isinstance(inner, dict):
        return inner
    if isinstance(inner, str) and "message" not in value:
        return {**value, "message": inner}
    return value


def _message(error: Json, status: int) -> str:
    """The vendor's own words, or a sentence that names the status."""
    for key in ("message", "detail", "error_description", "title", "error", "msg"):
        found = _words(error.get(key))
        if found:
            return found[:_LONGEST_MESSAGE]
    return f"The upstream answered {_named(status)} without a message."


def _words(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):  # FastAPI's 422: a list of {loc, msg}
        return "; ".join(filter(None, (_words(item) for item in value)))
    if isinstance(value, dict):
        text = _words(value.get("msg") or value.get("message"))
        where = value.get("loc")
        return f"{'.'.join(map(str, where))}: {text}" if text and isinstance(where, list) else text
    return ""


def _kind(error: Json, status: int) -> str:
    # A client error keeps the kind of its status: OpenAI says invalid_request_error to a wrong key (401) as well.
    if status in _KIND_OF_STATUS and status != HTTPStatus.BAD_REQUEST:
        return _KIND_OF_STATUS[status]
    for key in ("code", "type", "status"):
        kind = _KIND_OF_WORD.get(str(error.get(key)))
        if kind:
            return kind
    number = status or told_status(error.get("code"))
    return kind_of(number) if number else "upstream"


def _word(error: Json, key: str) -> str | None:
    value = error.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None


def told_status(value: object) -> int:
    """An HTTP status that a body tells as `code`, 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600 else 0  # noqa: PLR2004


def _retry(error: Json) -> float | None:
    """When to come back, in seconds: a field, Google's RetryInfo, or the sentence that OpenAI writes."""
    for key in ("retry_after", "retry_after_s", "retry_after_seconds"):
        value = error.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and re.fullmatch(r"\d+(\.\d+)?s", delay):
            return float(delay[:-1])
    found = _AGAIN_IN.search(_words(error.get("message")))
    return float(found[1]) * _SECONDS[(found[2] or "s").lower()] if found else None


def _of_text(status: int, text: str) -> Fault:
    """A Fault of a body that is no JSON: an HTML page's title, or the text."""
    title = title_of(text)
    if title is not None:
        message = f"The upstream answered {_named(status)} with a web page: {title}"
    else:
        message = " ".join(text.split()) or f"The upstream answered {_named(status)} without a message."
    retry = _retry({"message": text[:_LONGEST_MESSAGE]})
    return Fault(kind=kind_of(status), message=message[:_LONGEST_MESSAGE], status=status, retry_after_s=retry)


def title_of(text: str) -> str | None:
    """What an HTML page calls itself; None for any other text."""
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    if title:
        return html.unescape(" ".join(title[1].split()))
    return "an HTML page" if "<html" in text[:1000].lower() else None


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status) if status else "an error"
