"""A Responses stream to hub events, frame by frame; what the frames add up to is kept in `heard`."""

from collections.abc import Callable
from typing import ClassVar

from omniroute.formats.events import Event, Fault, Start
from omniroute.formats.failures import truncated, unreadable
from omniroute.formats.framing import Frame
from omniroute.formats.hub import Json, Seed
from omniroute.formats.openai_responses.answer_reader import ending, head
from omniroute.formats.openai_responses.content import read_citation
from omniroute.formats.openai_responses.faults import failed_status, read_error
from omniroute.formats.openai_responses.heard import PARTS, Heard, Live, number_of, object_of, objects_of, text_of
from omniroute.formats.openai_responses.items import PARAGRAPH
from omniroute.kit.json import BadJson, loads


class ResponsesDecoder:
    """Reads an upstream's stream."""

    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self._heard = Heard(seed)
        self._started = False
        self._over = False

    def feed(self, frame: Frame) -> list[Event]:
        """Take one frame."""
        data = frame.data.strip()
        if self._over or not data or data == b"[DONE]":
            return []
        try:
            body = loads(data)
        except BadJson:
            body = None
        if isinstance(body, dict):
            self._take(body, str(body.get("type") or frame.event))
        else:
            self._fail(unreadable(data))
        return self._heard.take()

    def end(self) -> list[Event]:
        """Take the end of the stream."""
        if not self._over:
            self._fail(truncated())
        return self._heard.take()

    def _fail(self, fault: Fault) -> None:
        self._over = True
        self._heard.add(fault)

    def _take(self, body: Json, kind: str) -> None:
        if kind == "error" or (body.get("error") and not kind.startswith("response.")):
            self._fail(read_error(body))
            return
        handler = self._handlers.get(kind)
        if handler is None:
            return  # progress of the vendor's own tools, and what is not known yet
        if not self._started:
            self._started = True
            name, model, created = head(object_of(body, "response"), self._seed)
            self._heard.add(Start(id=name, model=model, created=created))
        handler(self, body)

    # ── frames ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _begun(self, body: Json) -> None:
        """The response exists; `_take` has said so."""

    def _item_added(self, body: Json) -> None:
        kind = str(object_of(body, "item").get("type"))
        item = self._heard.item(body, kind)
        if kind in ("function_call", "custom_tool_call"):
            self._heard.ensure(item, "call")

    def _item_done(self, body: Json) -> None:
        raw = object_of(body, "item")
        self._heard.complete(self._heard.item(body, str(raw.get("type"))), raw)

    def _content(self, body: Json, kind: str) -> Live:
        return self._heard.ensure(self._heard.item(body, "message"), kind, number_of(body, "content_index"))

    def _part_added(self, body: Json) -> None:
        kind = PARTS.get(str(object_of(body, "part").get("type")))
        if kind is not None:
            self._content(body, kind)

    def _part_done(self, body: Json) -> None:
        item, number = self._heard.item(body, "message"), number_of(body, "content_index")
        self._heard.complete_content(item, number, object_of(body, "part"))

    def _text_delta(self, body: Json) -> None:
        self._heard.tell(self._content(body, "text"), text_of(body, "delta") or "", objects_of(body, "logprobs"))

    def _text_done(self, body: Json) -> None:
        self._heard.tell_rest(self._content(body, "text"), body.get("text"))

    def _annotation(self, body: Json) -> None:
        note = object_of(body, "annotation")
        if note:
            self._heard.cite(self._content(body, "text"), read_citation(note))

    def _refusal_delta(self, body: Json) -> None:
        self._heard.tell(self._content(body, "refusal"), text_of(body, "delta") or "")

    def _refusal_done(self, body: Json) -> None:
        self._heard.tell_rest(self._content(body, "refusal"), body.get("refusal"))

    def _arguments_delta(self, body: Json) -> None:
        self._heard.tell(self._of(body, "function_call", "call"), text_of(body, "delta") or "")

    def _input_delta(self, body: Json) -> None:
        self._heard.tell(self._of(body, "custom_tool_call", "call"), text_of(body, "delta") or "")

    def _words_delta(self, body: Json) -> None:
        self._heard.tell(self._of(body, "reasoning", "words"), text_of(body, "delta") or "")

    def _summary_added(self, body: Json) -> None:
        self._summary(body)

    def _summary_delta(self, body: Json) -> None:
        # Some servers do not announce a summary's part before its text.
        self._heard.tell(self._summary(body), text_of(body, "delta") or "")

    def _summary(self, body: Json) -> Live:
        live = self._of(body, "reasoning", "summary")
        section = number_of(body, "summary_index")
        if section > live.section:
            live.section = section
            self._heard.tell(live, PARAGRAPH)
        return live

    def _of(self, body: Json, kind: str, part: str) -> Live:
        return self._heard.ensure(self._heard.item(body, kind), part)

    def _over_with(self, body: Json) -> None:
        response = object_of(body, "response")
        fault = failed_status(response)
        if fault is not None:
            self._fail(fault)
            return
        self._over = True
        self._heard.finish(objects_of(response, "output"))
        self._heard.add(*ending(response, calls=self._heard.has_calls))

    _handlers: ClassVar[dict[str, Callable[["ResponsesDecoder", Json], None]]] = {
        "response.created": _begun,
        "response.queued": _begun,
        "response.in_progress": _begun,
        "response.output_item.added": _item_added,
        "response.output_item.done": _item_done,
        "response.content_part.added": _part_added,
        "response.content_part.done": _part_done,
        "response.output_text.delta": _text_delta,
        "response.output_text.done": _text_done,
        "response.output_text.annotation.added": _annotation,
        "response.refusal.delta": _refusal_delta,
        "response.refusal.done": _refusal_done,
        "response.function_call_arguments.delta": _arguments_delta,
        "response.custom_tool_call_input.delta": _input_delta,
        "response.reasoning_text.delta": _words_delta,
        "response.reasoning_summary_part.added": _summary_added,
        "response.reasoning_summary_text.delta": _summary_delta,
        "response.completed": _over_with,
        "response.incomplete": _over_with,
        "response.failed": _over_with,
        "response.cancelled": _over_with,
    }
