"""A fake of OpenAI's Responses: stored turns, reasoning items that must come back sealed, and the full event series."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from omniroute.formats.framing import sse
from omniroute.formats.hub import Format
from omniroute.upstream.demo.answers import Answer
from omniroute.upstream.demo.ask import Ask
from tests.fakes import openai_rim
from tests.fakes.openai_responses_reading import KNOWN, VENDOR_NAME, read
from tests.fakes.openai_rim import dumps
from tests.fakes.reply import CREATED, Json, Memory, Received, Rejected, Reply, Vendor
from tests.fakes.sealing import seal


def respond(request: Received, memory: Memory) -> Reply:
    """Answer one request."""
    openai_rim.admit(request, memory)
    if (request.method, request.path) != ("POST", "/v1/responses"):
        return openai_rim.rim(request, memory)
    body = openai_rim.json_object(request, KNOWN)
    items = _all_items(body, memory)
    ask = read(body, items, memory)
    memory.demand_model(ask.model, openai_rim.no_model(ask.model))
    turn = _Turn(body=body, ask=ask, answer=memory.compose(ask), id=memory.next_id())
    if body.get("store") is not False:
        memory.stored[f"resp_{turn.id}"] = [*items, *turn.items]
    if not ask.stream:
        return Reply(body=dumps(turn.response(turn.status)), generated=True)
    frames = tuple(turn.events())
    return Reply(
        media_type=openai_rim.SSE,
        frames=frames,
        content=next((index for index, frame in enumerate(frames) if b".delta" in frame), len(frames) - 1),
        repeat=next((frame for frame in frames if b".delta" in frame), frames[-1]),
        generated=True,
    )


def _all_items(body: Json, memory: Memory) -> list[Json]:
    """The input as a list, after the turns that `previous_response_id` stands for."""
    given = body.get("input")
    if isinstance(given, str):
        given = [{"type": "message", "role": "user", "content": given}]
    if not isinstance(given, list) or not given:
        raise Rejected(400, "Missing required parameter: 'input'.", param="input", code="missing_required_parameter")
    previous = body.get("previous_response_id")
    if previous is None:
        return given
    if previous not in memory.stored:
        message = f"Previous response with id '{previous}' not found."
        raise Rejected(400, message, param="previous_response_id", code="previous_response_not_found")
    return [*memory.stored[previous], *given]


@dataclass(slots=True, kw_only=True)
class _Turn:
    """One answer in the making: its output items, the response object, and the events that build it."""

    body: Json
    ask: Ask
    answer: Answer
    id: str
    _count: int = field(default=0, init=False)

    @property
    def status(self) -> str:
        return "incomplete" if self.answer.finish == "length" else "completed"

    @property
    def items(self) -> list[Json]:
        """The finished output items, in order."""
        items: list[Json] = []
        if self.answer.thinking:
            items.append(self._reasoning())
        if self.answer.text or not self.answer.calls:
            part = {"type": "output_text", "text": self.answer.text, "annotations": [], "logprobs": []}
            items.append(self._message("completed", [part]))
        items += [
            self._call(index, "completed", self.answer.arguments(index)) for index in range(len(self.answer.calls))
        ]
        return items

    def response(self, status: str) -> Json:
        """The response object; its output and usage are known only when it is over."""
        body, over = self.body, status != "in_progress"
        return {
            "id": f"resp_{self.id}",
            "object": "response",
            "created_at": CREATED,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "instructions": body.get("instructions"),
            "max_output_tokens": body.get("max_output_tokens"),
            "model": self.ask.model,
            "output": self.items if over else [],
            "parallel_tool_calls": body.get("parallel_tool_calls", True),
            "previous_response_id": body.get("previous_response_id"),
            "reasoning": {"effort": None, "summary": None} | (body.get("reasoning") or {}),
            "service_tier": "default",
            "store": body.get("store", True),
            "temperature": body.get("temperature", 1.0),
            "text": body.get("text") or {"format": {"type": "text"}},
            "tool_choice": body.get("tool_choice") or "auto",
            "tools": body.get("tools") or [],
            "top_p": body.get("top_p", 1.0),
            "truncation": "disabled",
            "usage": self._usage() if over else None,
            "user": None,
            "metadata": body.get("metadata") or {},
        }

    def events(self) -> Iterator[bytes]:
        """Every event of the stream, framed."""
        yield self._event("response.created", response=self.response("in_progress"))
        yield self._event("response.in_progress", response=self.response("in_progress"))
        at = 0
        if self.answer.thinking:
            yield from self._reasoning_events(at)
            at += 1
        if self.answer.text or not self.answer.calls:
            yield from self._message_events(at)
            at += 1
        for index in range(len(self.answer.calls)):
            yield from self._call_events(at + index, index)
        yield self._event(f"response.{self.status}", response=self.response(self.status))

    def _event(self, kind: str, **fields: Any) -> bytes:
        number = self._count
        self._count += 1
        return sse(dumps({"type": kind, "sequence_number": number, **fields}), kind)

    def _item_event(self, kind: str, at: int, item: Json) -> bytes:
        return self._event(f"response.output_item.{kind}", output_index=at, item=item)

    def _reasoning_events(self, at: int) -> Iterator[bytes]:
        item = self._reasoning()
        where: Json = {"item_id": item["id"], "output_index": at, "summary_index": 0}
        kind = "response.reasoning_summary"
        yield self._item_event("added", at, item | {"summary": []} | self._sealed(""))
        if item["summary"]:
            yield self._event(f"{kind}_part.added", **where, part={"type": "summary_text", "text": ""})
            for piece in self.answer.pieces:
                if piece.kind == "thinking":
                    yield self._event(f"{kind}_text.delta", **where, delta=piece.text)
            yield self._event(f"{kind}_text.done", **where, text=self.answer.thinking)
            yield self._event(f"{kind}_part.done", **where, part=item["summary"][0])
        yield self._item_event("done", at, item)

    def _message_events(self, at: int) -> Iterator[bytes]:
        part: Json = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        where: Json = {"item_id": f"msg_{self.id}", "output_index": at, "content_index": 0}
        yield self._item_event("added", at, self._message("in_progress", []))
        yield self._event("response.content_part.added", **where, part=part)
        for piece in self.answer.pieces:
            if piece.kind == "text":
                yield self._event("response.output_text.delta", **where, delta=piece.text, logprobs=[])
        yield self._event("response.output_text.done", **where, text=self.answer.text, logprobs=[])
        yield self._event("response.content_part.done", **where, part=part | {"text": self.answer.text})
        yield self._item_event("done", at, self._message("completed", [part | {"text": self.answer.text}]))

    def _call_events(self, at: int, call: int) -> Iterator[bytes]:
        offer = self.answer.calls[call]
        kind = "response.custom_tool_call_input" if offer.custom else "response.function_call_arguments"
        done = self._call(call, "completed", self.answer.arguments(call))
        where: Json = {"item_id": done["id"], "output_index": at}
        yield self._item_event("added", at, self._call(call, "in_progress", ""))
        for piece in self.answer.pieces:
            if piece.kind == "call" and piece.call == call:
                yield self._event(f"{kind}.delta", **where, delta=piece.text)
        written = {"input" if offer.custom else "arguments": self.answer.arguments(call)}
        yield self._event(f"{kind}.done", **where, **written)
        yield self._item_event("done", at, done)

    def _reasoning(self) -> Json:
        summary = [{"type": "summary_text", "text": self.answer.thinking}] if self._summarised else []
        return {"id": f"rs_{self.id}", "type": "reasoning", "summary": summary} | self._sealed(self.answer.thinking)

    @property
    def _summarised(self) -> bool:
        return bool((self.body.get("reasoning") or {}).get("summary"))

    def _sealed(self, thinking: str) -> Json:
        """The encrypted form, for those who asked for it."""
        wanted = "reasoning.encrypted_content" in (self.body.get("include") or ())
        return {"encrypted_content": seal(VENDOR_NAME, thinking)} if wanted else {}

    def _message(self, status: str, content: list[Json]) -> Json:
        return {"id": f"msg_{self.id}", "type": "message", "status": status, "role": "assistant", "content": content}

    def _call(self, index: int, status: str, written: str) -> Json:
        offer = self.answer.calls[index]
        named: Json = {"call_id": f"call_{self.id}_{index}", "name": offer.name, "status": status}
        if offer.namespace:
            named["namespace"] = offer.namespace
        if offer.custom:
            return {"id": f"ctc_{self.id}_{index}", "type": "custom_tool_call", "input": written, **named}
        return {"id": f"fc_{self.id}_{index}", "type": "function_call", "arguments": written, **named}

    def _usage(self) -> Json:
        return {
            "input_tokens": self.ask.prompt_tokens,
            "input_tokens_details": {"cached_tokens": self.ask.cached_tokens, "cache_write_tokens": 0},
            "output_tokens": self.answer.tokens,
            "output_tokens_details": {"reasoning_tokens": self.answer.thinking_tokens},
            "total_tokens": self.ask.prompt_tokens + self.answer.tokens,
        }


def error_frame(refusal: Rejected, _request: Received) -> bytes:
    """Spell an error in the middle of a stream as the `error` event."""
    code = refusal.code or "server_error"
    fields = {"code": code, "message": refusal.message, "param": refusal.param, "sequence_number": 0}
    return sse(dumps({"type": "error", **fields}), "error")


VENDOR = Vendor(
    format=Format.OPENAI_RESPONSES, respond=respond, spell_error=openai_rim.spell_error, error_frame=error_frame
)
