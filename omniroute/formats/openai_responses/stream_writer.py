"""Hub events to the events of a Responses stream, and by the same road to a whole response object.

A part that ended is closed only when the next one begins or the answer ends: log probabilities may still come, and
only the end tells whether the last item is complete. The answer's other choices, if any, have no place here; what
the format cannot show (sound, another vendor's own blocks) is left out.
"""

from dataclasses import replace
from typing import assert_never

from omniroute.formats.events import ChoiceEnd, Delta, Event, Fault, Finish, PartEnd, PartStart, Start
from omniroute.formats.fold import merge_usage, unfold
from omniroute.formats.framing import sse
from omniroute.formats.hub import (
    CustomTool,
    FunctionTool,
    Json,
    Media,
    Opaque,
    Part,
    Refusal,
    Request,
    Response,
    Seed,
    Stop,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Usage,
)
from omniroute.formats.openai_responses.content import ORIGIN
from omniroute.formats.openai_responses.envelope import Envelope, response_id
from omniroute.formats.openai_responses.faults import error_fields, failed_error
from omniroute.formats.openai_responses.usage import write_usage
from omniroute.formats.openai_responses.writing import LiveCall, LiveMessage, LiveText, LiveThinking, Sheet
from omniroute.formats.tool_names import tool_names
from omniroute.kit.json import dumps

_INCOMPLETE = {
    Stop.LENGTH: "max_output_tokens",
    Stop.CONTENT_FILTER: "content_filter",
    Stop.REFUSAL: "content_filter",
}

_Live = LiveText | LiveThinking | LiveCall


class ResponsesEncoder:
    """Writes a client's stream."""

    def __init__(self, seed: Seed, request: Request) -> None:
        self._script = Script(seed, request)

    def feed(self, event: Event) -> bytes:
        """Take one event; return what the client is to be sent."""
        return b"".join(sse(dumps(sent), sent["type"]) for sent in self._script.feed(event))

    def end(self) -> bytes:
        """The format has no end mark beyond its last event."""
        return b""


def encode_response(response: Response, request: Request) -> Json:
    """Write a whole answer: what its stream would have ended with."""
    script = Script(Seed(id=response.id, created=response.created, model=response.model), request)
    last: Json = {}
    for event in unfold(response):
        for sent in script.feed(event):
            last = sent
    whole: Json = last["response"]
    return whole


class Script:
    """Turns hub events into this format's, as objects."""

    def __init__(self, seed: Seed, request: Request) -> None:
        self._seed = seed
        self._request = request
        self._names = tool_names(request.tools)
        self._customs = {(tool.namespace, tool.name) for tool in request.tools if isinstance(tool, CustomTool)}
        self._functions = {(tool.namespace, tool.name) for tool in request.tools if isinstance(tool, FunctionTool)}
        self._begin(Start(id=seed.id, model=seed.model, created=seed.created))
        self._live: dict[int, _Live] = {}
        self._ended: list[int] = []
        self._message: LiveMessage | None = None
        self._last_text: LiveText | None = None
        self._stop: Stop | None = None
        self._usage: Usage | None = None
        self._over = False

    def _begin(self, start: Start) -> None:
        name = response_id(start.id, self._seed.id)
        model = self._seed.model or start.model or self._request.model
        self._envelope = Envelope(self._request, name=name, model=model, created=start.created or self._seed.created)
        self._sheet = Sheet(self._envelope.stem)

    def feed(self, event: Event) -> list[Json]:
        """Take one event."""
        if self._over or getattr(event, "choice", 0) != 0:
            return []
        match event:
            case Start():
                self._start(event)
            case PartStart():
                self._part_start(event.index, event.part)
            case Delta():
                self._delta(event)
            case PartEnd():
                self._ended.append(event.index)
            case ChoiceEnd():
                self._choice_end(event.stop)
            case Finish():
                self._finish(event)
            case Fault():
                self._fault(event)
            case _:
                assert_never(event)
        return self._sheet.take()

    def _start(self, event: Start) -> None:
        self._begin(event)
        self._usage = event.usage
        begun = self._envelope.response("in_progress", [])
        self._sheet.put("response.created", response=begun)
        self._sheet.put("response.in_progress", response=begun)

    # ── parts ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _part_start(self, index: int, part: Part) -> None:
        content = isinstance(part, Text | Refusal)
        self._close_ended()
        if not content:
            self._leave_message("completed")
        match part:
            case Text() | Refusal():
                self._message = self._message or LiveMessage(self._sheet)
                live = self._live[index] = LiveText(self._sheet, self._message, part)
                if isinstance(part, Text):
                    self._last_text = live
            case Thinking():
                self._live[index] = LiveThinking(self._sheet, part)
            case ToolCall():
                self._live[index] = self._call(part)
            case Opaque():
                self._opaque(part)
            case Media():
                self._media(part)
            case ToolResult():
                pass  # a model does not answer its own calls
            case _:
                assert_never(part)

    def _call(self, call: ToolCall) -> LiveCall:
        if not call.id:
            call = replace(call, id=f"call_{self._envelope.stem}_{len(self._sheet.output)}")
        if call.state is not None:
            self._sheet.carry(call.id, call.state)
        if call.namespace is None:
            namespace, name = self._names.restore(call.name)
            call = replace(call, namespace=namespace, name=name)
        pair = (call.namespace, call.name)
        wrapped = not call.custom and pair in self._customs and pair not in self._functions
        return LiveCall(self._sheet, call, wrapped=wrapped)

    def _opaque(self, part: Opaque) -> None:
        if part.origin == ORIGIN:
            self._sheet.whole(part.raw, part.raw)

    def _media(self, part: Media) -> None:
        if part.kind != "image" or part.data is None:
            return
        item = {"type": "image_generation_call", "id": self._sheet.name("ig")}
        kind = (part.media_type or "image/png").removeprefix("image/")
        done = {**item, "status": "completed", "result": part.data, "output_format": kind}
        self._sheet.whole({**item, "status": "in_progress", "result": None}, done)

    def _delta(self, event: Delta) -> None:
        live = self._live.get(event.index)
        match live:
            case LiveText():
                # A refusal has no log probabilities; those told at its place belong to the text before it.
                live.add(event.text, None if live.refusal else event.logprobs)
                live.state = event.state or live.state
                if event.citation is not None:
                    live.cite(event.citation)
                if not live.refusal:
                    return
            case LiveThinking():
                live.add(event.text)
                live.state = event.state or live.state
            case LiveCall():
                live.add(event.text)
                live.late_state = event.state or live.late_state
            case None:
                pass  # a part that is not shown, or is closed
            case _:
                assert_never(live)
        if event.logprobs and self._last_text is not None:
            self._last_text.score(event.logprobs)

    # ── closing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _close_ended(self) -> None:
        ended, self._ended = self._ended, []
        for index in ended:
            self._close(index, "completed")

    def _close(self, index: int, status: str) -> None:
        live = self._live.pop(index, None)
        match live:
            case LiveText():
                self._close_text(live, status)
            case LiveThinking():
                live.close()
            case LiveCall():
                live.close(status)
                if live.late_state is not None:
                    self._sheet.carry(live.call_id, live.late_state)
            case None:
                pass
            case _:
                assert_never(live)

    def _close_text(self, live: LiveText, status: str) -> None:
        live.close()
        if live.message is not self._message:
            if not self._grows(live.message):
                live.message.close(status)
        elif live.state is not None:
            self._leave_message(status)  # the signature follows the message whose last text it signs
        if live.state is not None:
            self._sheet.carry("", live.state)

    def _leave_message(self, status: str) -> None:
        """What follows is no content: the message is complete, unless a text in it still grows."""
        message, self._message = self._message, None
        if message is not None and not self._grows(message):
            message.close(status)

    def _grows(self, message: LiveMessage) -> bool:
        return any(isinstance(live, LiveText) and live.message is message for live in self._live.values())

    def _choice_end(self, stop: Stop | None) -> None:
        self._stop = stop
        status = "incomplete" if stop in _INCOMPLETE else "completed"
        last = max(self._live, default=-1)
        for index in sorted(self._live):
            self._close(index, status if index == last else "completed")
        self._leave_message(status)

    def _finish(self, event: Finish) -> None:
        self._choice_end(self._stop)
        self._over = True
        more: Json = {"usage": write_usage(merge_usage(self._usage, event.usage))}
        if event.service_tier is not None:
            more["service_tier"] = event.service_tier
        reason = _INCOMPLETE.get(self._stop) if self._stop is not None else None
        status = "completed" if reason is None else "incomplete"
        if reason is not None:
            more["incomplete_details"] = {"reason": reason}
        self._sheet.put(f"response.{status}", response=self._envelope.response(status, self._sheet.output, **more))

    def _fault(self, fault: Fault) -> None:
        self._over = True
        usage = write_usage(self._usage)
        failed = self._envelope.response("failed", self._sheet.finished(), error=failed_error(fault), usage=usage)
        self._sheet.put("error", **error_fields(fault))
        self._sheet.put("response.failed", response=failed)
