"""What OpenAI's two chat APIs share: the key, the model list, the error object."""

import json
from typing import Any

from omniroute.upstream.demo import wire
from tests.fakes.reply import CREATED, Memory, Received, Rejected, Reply

SSE = "text/event-stream; charset=utf-8"
_KINDS = {401: "invalid_request_error", 403: "insufficient_permissions", 429: "rate_limit_exceeded"}


def admit(request: Received, memory: Memory) -> None:
    """Let in only `Authorization: Bearer <key>`."""
    key = request.bearer
    if not key:
        raise Rejected(401, "You didn't provide an API key. Use an Authorization header (Bearer YOUR_KEY).")
    if key != memory.key:
        raise Rejected(401, f"Incorrect API key provided: {key[:3]}***.", code="invalid_api_key")


def rim(request: Received, memory: Memory) -> Reply:
    """Answer everything beside the generation endpoints."""
    models = [_model(name) for name in memory.models]
    if request.method == "GET" and request.path == "/v1/models":
        return Reply(body=dumps({"object": "list", "data": models}))
    if request.method == "GET" and request.path.startswith("/v1/models/"):
        name = request.path.removeprefix("/v1/models/")
        if name in memory.models:
            return Reply(body=dumps(_model(name)))
        raise no_model(name)
    raise Rejected(404, f"Invalid URL ({request.method} {request.path})")


def no_model(name: str) -> Rejected:
    """The refusal of a model that is not there."""
    return Rejected(404, f"The model `{name}` does not exist or you do not have access to it.", code="model_not_found")


def spell_error(refusal: Rejected) -> bytes:
    """Spell a refusal."""
    kind = _KINDS.get(refusal.status, "server_error" if refusal.status >= 500 else "invalid_request_error")
    return wire.error(refusal.message, refusal.kind or kind, param=refusal.param, code=refusal.code)


def json_object(request: Received, known: frozenset[str]) -> dict[str, Any]:
    """Return the body, refusing what is no object and what has unknown fields."""
    body = request.body
    if not isinstance(body, dict):
        raise Rejected(400, "We could not parse the JSON body of your request.")
    for name in body:
        if name not in known:
            raise Rejected(400, f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")
    return body


def dumps(value: Any) -> bytes:
    """Spell JSON in raw UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "fake"}
