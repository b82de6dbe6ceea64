"""A fake of Anthropic's Messages: signed thoughts, cache buckets, its own stream of named events."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from omniroute.formats.framing import sse
from omniroute.formats.hub import Format
from omniroute.kit import json
from omniroute.upstream.demo.answers import Answer, Kind
from omniroute.upstream.demo.ask import Ask
from omniroute.upstream.demo.words import tokens
from tests.fakes.anthropic_reading import VENDOR_NAME, cache_prefix, digest, invalid, read
from tests.fakes.openai_rim import SSE, dumps
from tests.fakes.reply import Json, Memory, Received, Rejected, Reply, Vendor
from tests.fakes.sealing import seal

_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_STOPS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
_BLOCK_KINDS: dict[Kind, str] = {"thinking": "thinking_delta", "text": "text_delta", "call": "input_json_delta"}
_DELTA_FIELDS: dict[Kind, str] = {"thinking": "thinking", "text": "text", "call": "partial_json"}


def respond(request: Received, memory: Memory) -> Reply:
    """Answer one request."""
    _admit(request, memory)
    if request.method == "GET":
        return _models(request, memory)
    if request.method != "POST" or request.path not in ("/v1/messages", "/v1/messages/count_tokens"):
        raise Rejected(404, "Not found")
    if request.path.endswith("/count_tokens"):
        return Reply(body=dumps({"input_tokens": read(request.body, counting=True).prompt_tokens}))
    ask = read(request.body)
    memory.demand_model(ask.model, Rejected(404, f"model: {ask.model}"))
    turn = _Turn(
        ask=ask, answer=memory.compose(ask), id=memory.next_id(), input=_count_input(request.body, ask, memory)
    )
    if not ask.stream:
        return Reply(body=dumps(turn.message()), headers=(("request-id", f"req_{turn.id}"),), generated=True)
    frames = tuple(turn.events())
    content = next(index for index, frame in enumerate(frames) if b"_delta" in frame)
    return Reply(
        media_type=SSE,
        headers=(("request-id", f"req_{turn.id}"),),
        frames=frames,
        content=content,
        repeat=frames[content],
        end_mark=True,
        generated=True,
    )


def _admit(request: Received, memory: Memory) -> None:
    """Let in `x-api-key`, or a Bearer token as the newer client libraries send it; ask for the version."""
    key = request.headers.get("x-api-key") or request.bearer
    if key != memory.key:
        raise Rejected(401, "invalid x-api-key" if key else "x-api-key header is required")
    if "anthropic-version" not in request.headers:
        raise invalid("anthropic-version: header is required")


def _models(request: Received, memory: Memory) -> Reply:
    models = [
        {
            "type": "model",
            "id": name,
            "display_name": name.title(),
            "created_at": "2026-01-01T00:00:00Z",
            "lifecycle": "active",
            "max_input_tokens": 200_000,
            "max_tokens": 64_000,
        }
        for name in memory.models
    ]
    if request.path == "/v1/models":
        edge: Json = {"first_id": memory.models[0], "last_id": memory.models[-1], "has_more": False}
        return Reply(body=dumps({"data": models} | edge))
    for model in models:
        if request.path == f"/v1/models/{model['id']}":
            return Reply(body=dumps(model))
    raise Rejected(404, f"model: {request.path.rsplit('/', 1)[-1]}")


def _count_input(body: Json, ask: Ask, memory: Memory) -> Json:
    """Split the input into Anthropic's three disjoint counts; only marked prefixes are cached."""
    prefix = cache_prefix(body)
    read_tokens = memory.cached(prefix) if prefix else 0
    read_tokens = min(read_tokens, ask.prompt_tokens)
    written = min(tokens(prefix), ask.prompt_tokens) if prefix and not read_tokens else 0
    return {
        "input_tokens": ask.prompt_tokens - read_tokens - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read_tokens,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """One answer in the making: the whole message, and the events that build it."""

    ask: Ask
    answer: Answer
    id: str
    input: Json

    def message(self) -> Json:
        """The message as one body."""
        content: list[Json] = [block | {_field(kind): value} for kind, block, value in self._blocks()]
        return self._head(content) | self._ending() | {"usage": self._usage()}

    def events(self) -> Iterator[bytes]:
        """Every event of the stream, framed."""
        begun = self.input | {"output_tokens": 1, "service_tier": "standard"}
        message = self._head([]) | {"stop_reason": None, "stop_sequence": None, "usage": begun}
        yield _event("message_start", message=message)
        yield _event("ping")
        for index, (kind, block, _) in enumerate(self._blocks()):
            call = int(block["id"].rsplit("_", 1)[1]) if kind == "call" else 0
            yield from self._block_events(index, kind, block, call)
        usage = {key: value for key, value in self._usage().items() if key not in ("service_tier", "cache_creation")}
        yield _event("message_delta", delta=self._ending(), usage=usage)
        yield _event("message_stop")

    def _block_events(self, index: int, kind: Kind, block: Json, call: int) -> Iterator[bytes]:
        empty: Json = {"input": {}} if kind == "call" else {_field(kind): ""}
        signature = {"signature": ""} if kind == "thinking" else {}
        yield _event("content_block_start", index=index, content_block=block | empty | signature)
        for piece in self.answer.pieces:
            if piece.kind == kind and piece.call == call:
                delta = {"type": _BLOCK_KINDS[kind], _DELTA_FIELDS[kind]: piece.text}
                yield _event("content_block_delta", index=index, delta=delta)
        if kind == "thinking":
            delta = {"type": "signature_delta", "signature": block["signature"]}
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)

    def _blocks(self) -> Iterator[tuple[Kind, Json, Any]]:
        """Each block's kind, what is known of it at once, and what is written in it."""
        if self.answer.thinking:
            signature = seal(VENDOR_NAME, digest(self.answer.thinking))
            yield "thinking", {"type": "thinking", "signature": signature}, self.answer.thinking
        if self.answer.text:
            yield "text", {"type": "text", "citations": None}, self.answer.text
        for index, offer in enumerate(self.answer.calls):
            block = {"type": "tool_use", "id": f"toolu_{self.id}_{index}", "name": offer.name}
            yield "call", block, _arguments(self.answer.arguments(index))

    def _head(self, content: list[Json]) -> Json:
        return {
            "id": f"msg_{self.id}",
            "type": "message",
            "role": "assistant",
            "model": self.ask.model,
            "content": content,
        }

    def _ending(self) -> Json:
        stopped = self.answer.stopped_by
        reason = "stop_sequence" if stopped is not None else _STOPS[self.answer.finish]
        return {"stop_reason": reason, "stop_sequence": stopped}

    def _usage(self) -> Json:
        details = {"output_tokens_details": {"thinking_tokens": self.answer.thinking_tokens}}
        return self.input | {"output_tokens": self.answer.tokens, "service_tier": "standard"} | details


def _field(kind: Kind) -> str:
    return "input" if kind == "call" else kind


def _arguments(written: str) -> Any:
    """Parse a call's arguments; a call cut off by the length limit has none."""
    try:
        return json.loads(written)
    except json.BadJson:
        return {}


def _event(kind: str, **fields: Any) -> bytes:
    return sse(dumps({"type": kind, **fields}), kind)


def spell_error(refusal: Rejected) -> bytes:
    """Spell a refusal."""
    kind = refusal.kind or _KINDS.get(refusal.status, "api_error")
    error = {"type": kind, "message": refusal.message}
    return dumps({"type": "error", "error": error, "request_id": "req_fake"})


def error_frame(refusal: Rejected, _request: Received) -> bytes:
    """Spell an error in the middle of a stream as the `error` event."""
    return sse(spell_error(refusal), "error")


VENDOR = Vendor(format=Format.ANTHROPIC, respond=respond, spell_error=spell_error, error_frame=error_frame)
