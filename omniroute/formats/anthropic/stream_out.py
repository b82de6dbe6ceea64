"""Hub events to a stream of Messages events.

Anthropic's clients know one open block at a time: parts that begin while another is open wait for its end. The stop
waits for the usage, which both go into message_delta.
"""

from omniroute.formats.anthropic.carrying import carrier_signature, thought_signature
from omniroute.formats.anthropic.ends import write_id, write_stop, write_tier
from omniroute.formats.anthropic.errors import encode_error
from omniroute.formats.anthropic.response import redacted, start_call, start_text, write_shown
from omniroute.formats.anthropic.usage import write_usage
from omniroute.formats.events import ChoiceEnd, Delta, Event, Fault, Finish, PartEnd, PartStart, Start
from omniroute.formats.fold import merge_usage
from omniroute.formats.framing import MARK, sse, template
from omniroute.formats.hub import (
    Format,
    Json,
    Media,
    Opaque,
    Part,
    Refusal,
    Request,
    Seed,
    State,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Usage,
)
from omniroute.formats.wrapping import OfferedTools, wrap
from omniroute.kit.json import dumps

NATIVE = Format.ANTHROPIC.value


class MessagesEncoder:
    """Hub events to Messages events. Anthropic's clients ask for one choice; of others nothing is told."""

    def __init__(self, seed: Seed, request: Request) -> None:
        self._seed = seed
        self._tools = OfferedTools(request)
        self._over = False
        self._started = False
        self._usage: Usage | None = None
        self._stop = ChoiceEnd()
        self._calls = False
        self._open: int | None = None
        self._waiting: dict[int, list[PartStart | Delta | PartEnd]] = {}
        self._block = _Block(Text(text=""), 0)
        self._next = 0

    def feed(self, event: Event) -> bytes:
        """Take one event."""
        quick = b"" if self._over else self._more_text(event)
        if quick is not None:
            return quick
        match event:
            case Start():
                return self._start(event)
            case Finish():
                return self._finish(event)
            case Fault():
                self._over = True
                return _event(encode_error(event))
            case ChoiceEnd():
                self._stop = event if event.choice == 0 else self._stop
                return b""
            case PartStart() | Delta() | PartEnd():
                return b"".join(map(_event, self._part(event) if event.choice == 0 else ()))

    def _more_text(self, event: Event) -> bytes | None:
        if type(event) is Delta and event.index == self._open and event.choice == 0:
            return self._block.more_text(event)
        return None

    def end(self) -> bytes:
        """Take the end; message_stop was told with the last event."""
        return b""

    def _start(self, event: Start) -> bytes:
        self._started = True
        self._usage = event.usage
        message: Json = {
            "id": write_id(event.id or self._seed.id),
            "type": "message",
            "role": "assistant",
            "model": event.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": write_usage(event.usage),
        }
        return _event({"type": "message_start", "message": message})

    def _finish(self, event: Finish) -> bytes:
        self._over = True
        rest = b"".join(map(_event, self._close_all()))
        stop = {
            "stop_reason": write_stop(self._stop.stop, calls=self._calls),
            "stop_sequence": self._stop.stop_sequence,
        }
        usage = write_usage(merge_usage(self._usage, event.usage)) | write_tier(event.service_tier)
        last = _event({"type": "message_delta", "delta": stop, "usage": usage})
        return rest + last + _event({"type": "message_stop"})

    # ── one part at a time ──────────────────────────────────────────────────────────────────────────────────────

    def _part(self, event: PartStart | Delta | PartEnd) -> list[Json]:
        if self._open is None and isinstance(event, PartStart):
            return self._take(event)
        if event.index == self._open:
            return [*self._take(event), *self._release()]
        if isinstance(event, PartStart):
            self._waiting[event.index] = [event]
        elif event.index in self._waiting:
            self._waiting[event.index].append(event)
        return []  # what comes after a part's end (log probabilities, a late signature) has no place here

    def _release(self) -> list[Json]:
        """When no part is open, tell those that wait, up to one that goes on."""
        told: list[Json] = []
        while self._open is None and self._waiting:
            for event in self._waiting.pop(next(iter(self._waiting))):
                told += self._take(event)
        return told

    def _close_all(self) -> list[Json]:
        """End whatever is still open; an upstream may leave out the ends."""
        told: list[Json] = []
        while self._open is not None:
            told += [*self._take(PartEnd(index=self._open)), *self._release()]
        return told

    def _take(self, event: PartStart | Delta | PartEnd) -> list[Json]:
        match event:
            case PartStart():
                self._open = event.index
                self._block = _Block(event.part, self._next)
                self._calls = self._calls or isinstance(event.part, ToolCall)
                told = self._block.start(self._tools)
            case Delta():
                told = self._block.more(event)
            case PartEnd():
                self._open = None
                told = self._block.end()
        self._next = self._block.next
        return told


class _Block:
    """The block of one part, and the one before it that carries its signature."""

    def __init__(self, part: Part, index: int) -> None:
        self.next = index
        self._part = part
        self._wrapped = isinstance(part, ToolCall) and part.custom
        self._held: list[str] = []
        self._is_open = False
        self._signed = False
        self._late: list[Json] = []
        self._state: State | None = None  # to be carried behind the block
        self._template: tuple[bytes, bytes] | None = None

    def start(self, tools: OfferedTools) -> list[Json]:
        """Begin; texts and thoughts wait for their first delta, for they may be empty."""
        part = self._part
        match part:
            case Text():
                self._late = [_citation(raw) for raw in start_text(part)["citations"] or ()]
                self._state = part.state
                return self._text(part.text)
            case Refusal():
                return self._text(part.text)
            case Thinking() if not part.redacted:
                return [*self._thought(part.text), *self._sign_now(part.state)]
            case ToolCall():
                carried = [] if part.state is None else self._carrier(part.state, behind=False)
                return [*carried, *self._begin(start_call(part, tools)), *self._input(part.arguments)]
            case Thinking() | Media() | Opaque() | ToolResult():
                return self._whole(_at_once(part))

    def more_text(self, event: Delta) -> bytes | None:
        """Write the usual delta, more of an open text and nothing besides, into its template; None for any other."""
        if not self._is_open or not event.text or event.citation is not None or event.state is not None:
            return None
        if not isinstance(self._part, Text):
            return None
        if self._template is None:
            self._template = template(_event(self._delta({"type": "text_delta", "text": MARK})), dumps(MARK))
        before, after = self._template
        return before + dumps(event.text) + after

    def more(self, event: Delta) -> list[Json]:
        """Go on."""
        match self._part:
            case Text():
                if event.citation is not None and event.citation.origin == NATIVE:
                    self._late.append(_citation(event.citation.raw))
                self._state = event.state or self._state
                return self._text(event.text)
            case Refusal():
                return self._text(event.text)
            case Thinking():
                return [*self._thought(event.text), *self._sign_now(event.state)]
            case ToolCall():
                self._state = event.state or self._state
                return self._input(event.text)
            case _:
                return []

    def end(self) -> list[Json]:
        """End."""
        told: list[Json] = []
        if self._wrapped:
            text = dumps(wrap("".join(self._held))).decode()
            told.append(self._delta({"type": "input_json_delta", "partial_json": text}))
        if self._late or self._state:
            told += self._begin(_EMPTY_TEXT)
        told += [self._delta(delta) for delta in self._late]
        if isinstance(self._part, Thinking) and self._is_open and not self._part.redacted and not self._signed:
            told += self._sign(None)
        told += self._close()
        return told if self._state is None else [*told, *self._carrier(self._state, behind=True)]

    # ── what the blocks say ─────────────────────────────────────────────────────────────────────────────────────

    def _text(self, text: str) -> list[Json]:
        if not text:
            return []
        return [*self._begin(_EMPTY_TEXT), self._delta({"type": "text_delta", "text": text})]

    def _thought(self, text: str) -> list[Json]:
        if not text:
            return []
        return [*self._begin(_EMPTY_THOUGHT), self._delta({"type": "thinking_delta", "thinking": text})]

    def _sign_now(self, state: State | None) -> list[Json]:
        return [] if state is None else self._sign(state)

    def _sign(self, state: State | None) -> list[Json]:
        self._signed = True
        signature = {"type": "signature_delta", "signature": thought_signature(state)}
        return [*self._begin(_EMPTY_THOUGHT), self._delta(signature)]

    def _input(self, text: str) -> list[Json]:
        if self._wrapped:
            self._held.append(text)
        elif text:
            return [self._delta({"type": "input_json_delta", "partial_json": text})]
        return []

    def _carrier(self, state: State, *, behind: bool) -> list[Json]:
        """A block of its own for a signature that this block has no field for."""
        signature = {"type": "signature_delta", "signature": carrier_signature(state, behind=behind)}
        return [*self._begin(_EMPTY_THOUGHT), self._delta(signature), *self._close()]

    def _whole(self, block: Json | None) -> list[Json]:
        return [] if block is None else self._begin(block)

    def _begin(self, block: Json) -> list[Json]:
        if self._is_open:
            return []
        self._is_open = True
        return [{"type": "content_block_start", "index": self.next, "content_block": block}]

    def _delta(self, delta: Json) -> Json:
        return {"type": "content_block_delta", "index": self.next, "delta": delta}

    def _close(self) -> list[Json]:
        if not self._is_open:
            return []
        self._is_open = False
        self.next += 1
        return [{"type": "content_block_stop", "index": self.next - 1}]


_EMPTY_TEXT: Json = {"type": "text", "text": ""}
_EMPTY_THOUGHT: Json = {"type": "thinking", "thinking": "", "signature": ""}


def _at_once(part: Thinking | Media | Opaque | ToolResult) -> Json | None:
    """The block of a part that is told whole; no model answers with a tool's result."""
    if isinstance(part, Thinking):
        return redacted(part)
    return None if isinstance(part, ToolResult) else write_shown(part)


def _citation(raw: Json) -> Json:
    return {"type": "citations_delta", "citation": raw}


def _event(data: Json) -> bytes:
    return sse(dumps(data), data["type"])
