"""Streams, both ways, in both of Google's framings: server-sent events (`alt=sse`) and one long JSON array.

A chunk has the shape of a whole answer. Function calls come whole, so their arguments are kept until the call ends;
usage and finishReason come last.
"""

from typing import assert_never

from omniroute.formats.events import ChoiceEnd, Delta, Event, Fault, Finish, PartEnd, PartStart, Start
from omniroute.formats.failures import failure_of, truncated, unreadable
from omniroute.formats.framing import Frame, sse
from omniroute.formats.gemini.citations import write_citations
from omniroute.formats.gemini.errors import encode_error
from omniroute.formats.gemini.logprobs import write_logprobs
from omniroute.formats.gemini.parts import write_call, write_part
from omniroute.formats.gemini.reader import AnswerReader
from omniroute.formats.gemini.response import head, rfc3339
from omniroute.formats.gemini.signatures import write_signature
from omniroute.formats.gemini.usage import write_usage
from omniroute.formats.gemini.words import finish_reason
from omniroute.formats.hub import Citation, Json, Part, Refusal, Request, Seed, Text, Thinking, ToolCall
from omniroute.kit.json import BadJson, dumps, loads


class Decoder:
    """An upstream's chunks to events."""

    def __init__(self, seed: Seed) -> None:
        self._reader = AnswerReader(seed)
        self._over = False

    def feed(self, frame: Frame) -> list[Event]:
        """Take one chunk."""
        if self._over:
            return []
        try:
            body = loads(frame.data)
        except BadJson:
            body = None
        if not isinstance(body, dict):
            self._over = True
            return [unreadable(frame.data)]
        if "error" in body:
            self._over = True
            return [failure_of(body)]
        return self._reader.chunk(body)

    def end(self) -> list[Event]:
        """Take the end: the Finish if every candidate has ended, for Google sends no mark of its own."""
        if self._over:
            return []
        self._over = True
        return [self._reader.finish() if self._reader.complete else truncated()]


class _OpenPart:
    """What has come of one part under way."""

    def __init__(self, part: Text | Refusal | Thinking | ToolCall, place: int) -> None:
        self.part = part
        self.place = place  # among the parts written
        self.text: list[str] = []
        self.citations: list[Citation] = []


class _Chunks:
    """Events to chunks, whatever their framing."""

    def __init__(self) -> None:
        self._start = Start(id="", model="", created=0)
        self._first = True
        self._open: dict[tuple[int, int], _OpenPart] = {}
        self._written: dict[int, int] = {}
        self._ends: list[ChoiceEnd] = []

    def feed(self, event: Event) -> list[Json]:
        chunks: list[Json] = []
        match event:
            case Start():
                self._start = event
            case PartStart():
                chunks = self._begin(event)
            case Delta():
                chunks = self._add(event)
            case PartEnd():
                chunks = self._close(event)
            case ChoiceEnd():
                self._ends.append(event)  # told with the usage, in the last chunk
            case Finish():
                chunks = [self._last(event)]
            case Fault():
                chunks = [encode_error(event)]
            case _:
                assert_never(event)
        return chunks

    def _begin(self, event: PartStart) -> list[Json]:
        part = event.part
        place = self._written.get(event.choice, 0)
        if isinstance(part, Text | Refusal | Thinking | ToolCall) and not _is_redacted(part):
            self._written[event.choice] = place + 1
            self._open[event.choice, event.index] = _OpenPart(part, place)
            begun = not isinstance(part, ToolCall) and bool(part.text)
            return self._parts(event.choice, write_part(part)) if begun else []
        raw = write_part(part)
        self._written[event.choice] = place + (raw is not None)
        return self._parts(event.choice, raw)

    def _add(self, event: Delta) -> list[Json]:
        under_way = self._open.get((event.choice, event.index))
        chunks: list[Json] = []
        if under_way is not None and event.text:
            under_way.text.append(event.text)
            if not isinstance(under_way.part, ToolCall):
                chunks += self._parts(event.choice, {"text": event.text, **_thought(under_way.part)})
        if under_way is not None and event.state is not None and not isinstance(under_way.part, ToolCall):
            signed = {"text": "", **_thought(under_way.part), "thoughtSignature": write_signature(event.state)}
            chunks += self._parts(event.choice, signed)
        if under_way is not None and event.citation is not None:
            under_way.citations.append(event.citation)
        if event.logprobs:
            chunks.append(self._chunk({"index": event.choice, **write_logprobs(event.logprobs)}))
        return chunks

    def _close(self, event: PartEnd) -> list[Json]:
        under_way = self._open.pop((event.choice, event.index), None)
        if under_way is None:
            return []
        part, text = under_way.part, "".join(under_way.text)
        if isinstance(part, ToolCall):
            whole = ToolCall(id=part.id, name=part.name, arguments=part.arguments + text, state=part.state)
            return self._parts(event.choice, write_call(whole))
        if isinstance(part, Text) and under_way.citations:
            metadata = write_citations([(under_way.place, part.text + text, under_way.citations)])
            return [self._chunk({"index": event.choice, **metadata})] if metadata else []
        return []

    def _last(self, event: Finish) -> Json:
        ends = [{"index": end.choice, "finishReason": finish_reason(end.stop)} for end in self._ends]
        chunk = self._chunk(*ends)
        if event.usage is not None:
            chunk["usageMetadata"] = write_usage(event.usage)
        return chunk

    def _parts(self, choice: int, raw: Json | None) -> list[Json]:
        if raw is None:
            return []
        return [self._chunk({"content": {"parts": [raw], "role": "model"}, "index": choice})]

    def _chunk(self, *candidates: Json) -> Json:
        chunk: Json = {"candidates": list(candidates), **head(self._start.id, self._start.model)}
        if self._first:
            chunk["createTime"] = rfc3339(self._start.created)
            self._first = False
        return chunk


class Encoder:
    """Events to a client that asked for server-sent events."""

    def __init__(self, _seed: Seed, _request: Request) -> None:
        self._chunks = _Chunks()

    def feed(self, event: Event) -> bytes:
        """Take one event."""
        return b"".join([sse(dumps(chunk)) for chunk in self._chunks.feed(event)])

    def end(self) -> bytes:
        """Take the end, which has no mark."""
        return b""


class ArrayEncoder:
    """Events to a client that asked for no framing and gets one JSON array; a Fault is its last element."""

    def __init__(self, _seed: Seed, _request: Request) -> None:
        self._chunks = _Chunks()
        self._begun = False
        self._ended = False

    def feed(self, event: Event) -> bytes:
        """Take one event."""
        out = b""
        for chunk in self._chunks.feed(event):
            out += (b",\r\n" if self._begun else b"[") + dumps(chunk)
            self._begun = True
        if isinstance(event, Fault):
            out += self.end()
        return out

    def end(self) -> bytes:
        """Take the end: the bracket, once."""
        if self._ended:
            return b""
        self._ended = True
        return b"]" if self._begun else b"[]"


def _is_redacted(part: Part) -> bool:
    return isinstance(part, Thinking) and part.redacted


def _thought(part: Part) -> Json:
    return {"thought": True} if isinstance(part, Thinking) else {}
