"""Streams of lines, both ways. Calls come whole, so their arguments are kept until the call ends."""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from omniroute.formats.events import ChoiceEnd, Delta, Event, Fault, Finish, PartEnd, PartStart, Start
from omniroute.formats.failures import failure_of, truncated, unreadable
from omniroute.formats.framing import MARK, Frame, template
from omniroute.formats.hub import Json, Part, Request, Seed, Stop, Thinking, ToolCall
from omniroute.formats.ollama.answers import AnswerReader, figures, rfc3339
from omniroute.formats.ollama.response import chat_message, message_of
from omniroute.kit.json import BadJson, dumps, loads


class Decoder:
    """An upstream's lines to events."""

    def __init__(self, seed: Seed) -> None:
        self._reader = AnswerReader(seed)
        self._over = False

    def feed(self, frame: Frame) -> list[Event]:
        """Take one line."""
        if self._over:
            return []
        try:
            line = loads(frame.data)
        except BadJson:
            line = None
        if not isinstance(line, dict):
            self._over = True
            return [unreadable(frame.data)]
        if "error" in line:
            self._over = True
            return [failure_of(line)]
        self._over = bool(line.get("done"))
        return self._reader.line(line)

    def end(self) -> list[Event]:
        """Take the end: a fault unless a line said done."""
        if self._over:
            return []
        self._over = True
        return [truncated()]


class LineEncoder:
    """Events to lines. `shape` puts what is said into the fields of one endpoint; only the first choice is told."""

    def __init__(self, shape: Callable[[Json], Json]) -> None:
        self._shape = shape
        self._start = Start(id="", model="", created=0)
        self._calls: dict[int, ToolCall] = {}
        self._arguments: dict[int, list[str]] = {}
        self._thoughts: set[int] = set()
        self._stop: Stop | None = None
        self._template: tuple[bytes, bytes] | None = None  # a line of text

    def feed(self, event: Event) -> bytes:
        """Take one event."""
        if type(event) is Delta and (quick := self._more_text(event)) is not None:
            return quick
        out = b""
        match event:
            case Start():
                self._start = event
                self._template = None
            case PartStart():
                out = self._begin(event)
            case Delta():
                out = self._add(event)
            case PartEnd():
                out = self._close(event)
            case ChoiceEnd():
                self._stop = self._stop if event.choice else event.stop
            case Finish():
                out = self._line({"content": ""}, {"done": True, **figures(self._stop, event.usage)})
            case Fault():
                out = dumps({"error": event.message}) + b"\n"
            case _:
                assert_never(event)
        return out

    def end(self) -> bytes:
        """Take the end: the line that is done was the mark."""
        return b""

    def _more_text(self, event: Delta) -> bytes | None:
        """Write the usual line, more of a text and nothing besides, into its template; None for any other."""
        if not event.text or event.choice or event.logprobs is not None:
            return None
        if event.index in self._arguments or event.index in self._thoughts:
            return None
        if self._template is None:
            self._template = template(self._line({"content": MARK}), dumps(MARK))
        before, after = self._template
        return before + dumps(event.text) + after

    def _begin(self, event: PartStart) -> bytes:
        if event.choice:
            return b""
        part = event.part
        if isinstance(part, ToolCall):
            self._calls[event.index] = part
            self._arguments[event.index] = [part.arguments]
            return b""
        if isinstance(part, Thinking):
            self._thoughts.add(event.index)
        return self._said(part)

    def _add(self, event: Delta) -> bytes:
        if event.choice:
            return b""
        out = b""
        if event.text and event.index in self._arguments:
            self._arguments[event.index].append(event.text)
        elif event.text and event.index in self._thoughts:
            out = self._line({"content": "", "thinking": event.text})
        elif event.text:
            out = self._line({"content": event.text})
        if event.logprobs:
            out += self._line({"content": ""}, {"done": False, "logprobs": event.logprobs})
        return out

    def _close(self, event: PartEnd) -> bytes:
        if event.choice or event.index not in self._calls:
            return b""
        call = self._calls.pop(event.index)
        return self._said(replace(call, arguments="".join(self._arguments.pop(event.index))))

    def _said(self, part: Part) -> bytes:
        message = message_of((part,))
        return b"" if message == {"content": ""} else self._line(message)

    def _line(self, message: Json, rest: Json | None = None) -> bytes:
        head = {"model": self._start.model, "created_at": rfc3339(self._start.created)}
        return dumps({**head, **self._shape(message), **(rest or {"done": False})}) + b"\n"


class Encoder(LineEncoder):
    """Events to the lines of /api/chat."""

    def __init__(self, _seed: Seed, _request: Request) -> None:
        super().__init__(lambda message: {"message": chat_message(message)})
