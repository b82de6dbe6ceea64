"""Failures in Google's words."""

from dataclasses import replace

from omniroute.formats.events import Fault
from omniroute.formats.failures import read_failure
from omniroute.formats.gemini.words import STATUSES
from omniroute.formats.hub import Json

_RPC = "type.googleapis.com/google.rpc."


def decode_error(status: int, body: bytes) -> Fault:
    """Read what an upstream answered instead of an answer."""
    fault = read_failure(status, body)
    if b"API_KEY_INVALID" in body:
        # A wrong key is answered 400 INVALID_ARGUMENT; only the reason in `details` tells it from a wrong request.
        return replace(fault, kind="authentication", status=401, code="API_KEY_INVALID")
    return fault


def encode_error(fault: Fault) -> Json:
    """Write an error body. `error` stands first: Google's Python SDK looks for it at the start of a stream's chunk."""
    error: Json = {
        "code": fault.status,
        "message": fault.message,
        "status": STATUSES.get(fault.kind, "UNKNOWN"),
    }
    if details := _details(fault):
        error["details"] = details
    if fault.attempts:
        error["attempts"] = list(fault.attempts)
    return {"error": error}


def _details(fault: Fault) -> list[Json]:
    details: list[Json] = []
    if fault.code:
        details.append({"@type": f"{_RPC}ErrorInfo", "reason": fault.code.upper(), "domain": "omniroute"})
    if fault.param:
        violation = {"field": fault.param, "description": fault.message}
        details.append({"@type": f"{_RPC}BadRequest", "fieldViolations": [violation]})
    if fault.retry_after_s is not None:
        details.append({"@type": f"{_RPC}RetryInfo", "retryDelay": f"{fault.retry_after_s:g}s"})
    return details
