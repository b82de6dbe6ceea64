"""A stream of Messages events to hub events.

Blocks come one after the other and are numbered, so little is to be found out. Held back are: thinking until its
first delta, for it may only carry the next block's signature; the input of Anthropic's own blocks, which the hub has
no deltas for; and a tool's input given at the start, which counts only if no deltas follow.
"""

from dataclasses import replace

from omniroute.formats.anthropic.blocks_in import read_citation
from omniroute.formats.anthropic.carrying import read_signature
from omniroute.formats.anthropic.ends import read_stop, read_tier, write_id
from omniroute.formats.anthropic.response import read_block
from omniroute.formats.anthropic.usage import read_usage
from omniroute.formats.events import ChoiceEnd, Delta, Event, Fault, Finish, PartEnd, PartStart, Start
from omniroute.formats.failures import failure_of, truncated, unreadable
from omniroute.formats.framing import Frame
from omniroute.formats.hub import Format, Json, Opaque, Part, Seed, State, Text, Thinking, ToolCall
from omniroute.kit.json import BadJson, loads

NATIVE = Format.ANTHROPIC.value


class MessagesDecoder:
    """Messages events to hub events."""

    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self._started = False
        self._over = False
        self._stopped = False
        self._usages: list[object] = []
        self._blocks: dict[object, _Block] = {}
        self._next = 0
        self._next_state: State | None = None  # carried for the next block
        self._last: int | None = None  # a text that is complete but for a signature behind it
        self._events: list[Event] = []

    def feed(self, frame: Frame) -> list[Event]:
        """Take one frame."""
        if self._over:
            return []
        try:
            raw = loads(frame.data)
        except BadJson:
            raw = None
        if not isinstance(raw, dict):
            self._fail(unreadable(frame.data))
        elif raw.get("type") == "error" or frame.event == "error" or ("error" in raw and "type" not in raw):
            self._fail(failure_of(raw))
        else:
            self._take(raw)
        events, self._events = self._events, []
        return events

    def end(self) -> list[Event]:
        """Take the end. An answer whose stop is told is whole, even if message_stop got lost."""
        if not self._over and self._stopped:
            self._finish()
        elif not self._over:
            self._fail(truncated())
        events, self._events = self._events, []
        return events

    def _take(self, raw: Json) -> None:
        match raw.get("type"):
            case "message_start":
                message = raw.get("message")
                self._start(message if isinstance(message, dict) else {})
            case "content_block_start":
                self._begin(raw)
            case "content_block_delta":
                self._more(raw)
            case "content_block_stop":
                self._close(raw.get("index"))
            case "message_delta":
                self._stop(raw)
            case "message_stop":
                self._finish()
            case _:
                pass  # ping, and events of another day

    def _start(self, message: Json) -> None:
        self._started = True
        self._usages = [message.get("usage")]
        model = self._seed.model or str(message.get("model") or "")
        message_id = str(message.get("id") or write_id(self._seed.id))
        usage = read_usage(*self._usages)
        self._events.append(Start(id=message_id, model=model, created=self._seed.created, usage=usage))

    def _stop(self, raw: Json) -> None:
        self._usages.append(raw.get("usage"))
        delta = raw.get("delta")
        said = delta if isinstance(delta, dict) else {}
        if self._stopped or not said.get("stop_reason"):
            return
        self._stopped = True
        self._close_all()
        sequence = said.get("stop_sequence")
        stop_sequence = sequence if isinstance(sequence, str) else None
        self._events.append(ChoiceEnd(stop=read_stop(said["stop_reason"]), stop_sequence=stop_sequence))

    def _finish(self) -> None:
        if not self._started:
            self._fail(truncated())
            return
        self._over = True
        self._close_all()
        tiers = [tier for raw in self._usages if (tier := read_tier(raw)) is not None]
        self._events.append(Finish(usage=read_usage(*self._usages), service_tier=tiers[-1] if tiers else None))

    def _fail(self, fault: Fault) -> None:
        self._over = True
        self._events.append(fault)

    # ── blocks ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, raw: Json) -> None:
        given = raw.get("content_block")
        block = _Block(given if isinstance(given, dict) else {})
        self._blocks[raw.get("index")] = block
        spare_id = f"toolu_{self._seed.id}_{len(self._blocks) - 1}"
        match block.raw.get("type"):
            case "thinking":
                self._next_state = None
                self._think(block, str(block.raw.get("thinking") or ""))
                self._sign(block, block.raw.get("signature"))
            case "tool_use":
                call = read_block({**block.raw, "input": ""}, spare_id)
                if isinstance(call, ToolCall):
                    self._open(block, replace(call, arguments="", state=self._take_next_state()))
            case "text":
                self._begin_text(block)
            case "redacted_thinking":
                self._next_state = None
                self._whole(read_block(block.raw, spare_id))
            case _:
                self._next_state = None  # told at its end, with its input

    def _begin_text(self, block: "_Block") -> None:
        block.state = self._take_next_state()
        self._say(block, str(block.raw.get("text") or ""))
        citations = block.raw.get("citations")
        for raw in citations if isinstance(citations, list) else ():
            self._cite(block, raw)

    def _more(self, raw: Json) -> None:
        block = self._blocks.get(raw.get("index"))
        given = raw.get("delta")
        delta = given if isinstance(given, dict) else {}
        if block is None:
            return
        match delta.get("type"):
            case "text_delta":
                self._say(block, str(delta.get("text") or ""))
            case "thinking_delta":
                self._think(block, str(delta.get("thinking") or ""))
            case "signature_delta":
                self._sign(block, delta.get("signature"))
            case "input_json_delta":
                self._input(block, str(delta.get("partial_json") or ""))
            case "citations_delta":
                self._cite(block, delta.get("citation"))
            case _:
                pass  # deltas of another day

    def _open(self, block: "_Block", part: Text | Thinking | ToolCall) -> int:
        if block.index is None:
            self._end_last()
            block.index = self._next
            self._next += 1
            self._events.append(PartStart(index=block.index, part=part))
        return block.index

    def _say(self, block: "_Block", text: str) -> None:
        if text:
            self._events.append(Delta(index=self._open(block, Text(text="")), text=text))

    def _think(self, block: "_Block", text: str) -> None:
        if text:
            self._events.append(Delta(index=self._open(block, Thinking()), text=text))

    def _sign(self, block: "_Block", signature: object) -> None:
        read = read_signature(signature)
        self._next_state = read.next or self._next_state
        if read.last is not None and self._last is not None:
            self._events.append(Delta(index=self._last, state=read.last))
        if read.own is not None:
            self._events.append(Delta(index=self._open(block, Thinking()), state=read.own))

    def _cite(self, block: "_Block", raw: object) -> None:
        if isinstance(raw, dict):
            self._events.append(Delta(index=self._open(block, Text(text="")), citation=read_citation(raw)))

    def _input(self, block: "_Block", piece: str) -> None:
        if block.index is None:
            block.pieces.append(piece)
        elif piece:
            block.pieces = [piece]  # that there was one is all that counts
            self._events.append(Delta(index=block.index, text=piece))

    def _take_next_state(self) -> State | None:
        state, self._next_state = self._next_state, None
        return state

    def _whole(self, part: Part | None) -> None:
        if part is not None:
            self._end_last()
            self._events += [PartStart(index=self._next, part=part), PartEnd(index=self._next)]
            self._next += 1

    def _end_last(self) -> None:
        """End the last text, which waits for a signature behind it."""
        if self._last is not None:
            self._events.append(PartEnd(index=self._last))
            self._last = None

    def _close_all(self) -> None:
        for index in list(self._blocks):
            self._close(index)
        self._end_last()

    def _close(self, index: object) -> None:
        block = self._blocks.pop(index, None)
        if block is None:
            return
        kind = block.raw.get("type")
        if kind == "tool_use" and block.index is not None and not block.pieces:
            given = read_block(block.raw, "")
            arguments = given.arguments if isinstance(given, ToolCall) else ""
            self._events.append(Delta(index=block.index, text=arguments))
        if block.state is not None and block.index is not None:
            self._events.append(Delta(index=block.index, state=block.state))
        if kind == "text" and block.index is not None:
            self._last = block.index
        elif block.index is not None:
            self._events.append(PartEnd(index=block.index))
        elif kind not in {"text", "thinking", "redacted_thinking"}:
            self._tell_opaque(block)

    def _tell_opaque(self, block: "_Block") -> None:
        """A block of Anthropic's own, with the input that came in pieces."""
        raw = block.raw
        if any(block.pieces):
            try:
                raw = {**raw, "input": loads("".join(block.pieces))}
            except BadJson:
                raw = {**raw, "input": {"partial": "".join(block.pieces)}}
        self._whole(Opaque(origin=NATIVE, kind=str(raw.get("type")), raw=raw))


class _Block:
    """One block under way."""

    __slots__ = ("index", "pieces", "raw", "state")

    def __init__(self, raw: Json) -> None:
        self.raw = raw
        self.index: int | None = None  # the part's, once it is open
        self.pieces: list[str] = []
        self.state: State | None = None  # carried to it by the block before
