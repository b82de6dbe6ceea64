"""One handler for chat requests of every format: who calls, what is asked, then the gateway."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from omniroute.formats.hub import Format
from omniroute.formats.table import CODECS
from omniroute.gateway.call import Call, Origin
from omniroute.gateway.pipeline import Pipeline
from omniroute.gateway.snapshot import Snapshot
from omniroute.kit import json
from omniroute.kit.errors import Invalid
from omniroute.storage.rows import KeyRow
from omniroute.v1.asgi import AsgiClient, Receive, read_body

_MAX_AGENT = 256


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request's head, read once, who sent it, and how to answer. `params` are what the route found in the path."""

    form: Format
    path: str
    query: bytes
    headers: dict[bytes, bytes]
    params: Mapping[str, str]
    address: str | None
    request_id: str
    started_ms: int
    key: KeyRow | None
    snapshot: Snapshot
    receive: Receive
    client: AsgiClient


# Says which model is meant and whether a stream is wanted, from the body and the path.
Asked = Callable[[dict[str, Any], Mapping[str, str]], tuple[str, bool]]


class Chat:
    """Serves chat in the format that the path names."""

    def __init__(self, pipeline: Pipeline, *, max_body_bytes: int) -> None:
        self._pipeline = pipeline
        self._max_body_bytes = max_body_bytes

    async def serve(self, exchange: Exchange) -> None:
        """Answer one chat request."""
        headers = exchange.headers
        origin = Origin(path=exchange.path, address=exchange.address, user_agent=agent_of(headers), key=exchange.key)
        call = Call(id=exchange.request_id, codec=CODECS[exchange.form], origin=origin, started_ms=exchange.started_ms)

        async def load(call: Call) -> None:
            call.body = parse(await read_body(headers, exchange.receive, self._max_body_bytes))
            call.model, call.stream = ASKED[exchange.form](call.body, exchange.params)

        await self._pipeline.serve(call, exchange.snapshot, load, exchange.client)


def parse(body: bytes) -> dict[str, Any]:
    """Read a JSON object, or say what is wrong with the bytes."""
    if not body:
        raise Invalid("The body is empty: send a JSON object.")
    try:
        value = json.loads(body)
    except json.BadJson as error:
        raise Invalid(f"The body is not valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise Invalid(f"The body must be a JSON object, not {type(value).__name__}.")
    return value


def model_of(body: dict[str, Any]) -> str:
    """Return the model's name."""
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Invalid("model: name the model, as text; GET /v1/models lists what there is.", param="model")
    return model


def _by_body(body: dict[str, Any], *, default: bool) -> tuple[str, bool]:
    """Model and stream stand in the body; without `stream` the format's own default holds, whatever Accept says."""
    stream = body.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise Invalid("stream: say true or false", param="stream")
    return model_of(body), default if stream is None else stream


def _by_path(_body: dict[str, Any], params: Mapping[str, str]) -> tuple[str, bool]:
    """Gemini: the model and the action stand in the path."""
    return params["model"], params["action"] == "streamGenerateContent"


ASKED: Mapping[Format, Asked] = {
    Format.OPENAI_CHAT: lambda body, _: _by_body(body, default=False),
    Format.OPENAI_RESPONSES: lambda body, _: _by_body(body, default=False),
    Format.ANTHROPIC: lambda body, _: _by_body(body, default=False),
    Format.GEMINI: _by_path,
    Format.OLLAMA: lambda body, _: _by_body(body, default=True),
}


def agent_of(headers: dict[bytes, bytes]) -> str | None:
    """Return the client's name for itself, cut to what the log holds."""
    agent = headers.get(b"user-agent")
    return None if agent is None else agent.decode("latin-1")[:_MAX_AGENT]
