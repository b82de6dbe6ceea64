"""The lightest relay: OpenAI chat to OpenAI chat, which most requests are.

Each event is checked to be JSON and looked at for four things only: an error, usage, a finish, the first meaningful
delta. The usage event that the gateway asked for and the client did not is taken out again. Everything else goes on
as the bytes it came in.
"""

import msgspec

from omniroute.formats.events import Fault
from omniroute.formats.failures import told_status
from omniroute.formats.hub import Usage
from omniroute.formats.openai_chat.usage import read_usage
from omniroute.gateway.relay import events_of, too_long, whole_events
from omniroute.kit import json

_EMPTY = msgspec.Raw(b"null")
_DONE = b"[DONE]"
BAD_GATEWAY = 502
_MAX_CARRY = 16 * 1024 * 1024


class _Choice(msgspec.Struct, gc=False):
    delta: msgspec.Raw = _EMPTY
    finish_reason: str | None = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: msgspec.Raw = _EMPTY
    error: msgspec.Raw = _EMPTY
    service_tier: str | None = None


class _QuietChoice(msgspec.Struct, gc=False):
    finish_reason: None = None


class _Quiet(msgspec.Struct, gc=False):
    """A chunk of content and nothing else: no error, no usage, no finish. Any other does not decode as one."""

    choices: list[_QuietChoice]
    usage: None = None
    error: None = None


class _Whole(msgspec.Struct):
    choices: list[msgspec.Raw] | None = None
    usage: msgspec.Raw = _EMPTY
    error: msgspec.Raw = _EMPTY
    service_tier: str | None = None


class NotAnAnswer(ValueError):
    """A body with a success status that is an error, or nonsense; `status` is what it stands for."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


_decode = msgspec.json.Decoder(_Chunk).decode
_decode_quiet = msgspec.json.Decoder(list[_Quiet]).decode
_decode_whole = msgspec.json.Decoder(_Whole).decode


def whole_usage(body: bytes) -> tuple[Usage | None, str | None]:
    """Return the usage and the service tier that an OpenAI chat answer tells; raise NotAnAnswer when it is none."""
    try:
        answer = _decode_whole(body)
        usage = json.loads(bytes(answer.usage))
        fault = _fault(bytes(answer.error)) if bytes(answer.error) != b"null" else None
    except (msgspec.DecodeError, json.BadJson, RecursionError) as error:
        raise NotAnAnswer(f"the answer is not a chat completion: {error}", BAD_GATEWAY) from error
    if fault is not None:
        raise NotAnAnswer("the answer is an error", fault.status)
    if not answer.choices:
        raise NotAnAnswer("the answer has no choices", BAD_GATEWAY)
    return read_usage(usage), answer.service_tier


class ChatRelay:
    """See the module. `client_wants_usage`: the client itself asked for usage in the stream."""

    losses = ()
    __slots__ = (
        "_carry",
        "_done",
        "_events",
        "_frame",
        "_hide_usage",
        "_plain",
        "_seen",
        "fault",
        "finished",
        "service",
        "started",
        "usage",
    )

    def __init__(self, *, client_wants_usage: bool) -> None:
        self._hide_usage = not client_wants_usage
        self._carry = b""
        self._done = False
        self.started = False
        self.finished = False
        self.fault: Fault | None = None
        self.usage: Usage | None = None
        self.service: str | None = None
        self._seen = 0  # bytes of text in the events that were looked at
        self._plain = self._events = 0  # bytes of plain events, and how many those were
        self._frame = 0  # bytes that a plain event has around its text

    @property
    def letters(self) -> int:
        """About how much text has come: of plain events, what they hold besides what each of them repeats."""
        return self._seen + max(0, self._plain - self._events * self._frame)

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes."""
        if self._carry:
            data = self._carry + data
        cut = whole_events(data)
        self._carry = data[cut:]
        passed = self._look(data[:cut]) if cut else b""
        if len(self._carry) > _MAX_CARRY and self.fault is None:
            self.fault = too_long(_MAX_CARRY)
        return passed

    def _look(self, whole: bytes) -> bytes:
        """Look at each event; return all bytes as they are but for what has to go."""
        text = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in whole else whole
        if not (self.started and _is_quiet(text)):
            whole = self._sifted(text, whole)
        else:
            self._plain += len(text)
            self._events += text.count(b"\n\n")
        return whole.replace(b',"usage":null', b"") if self._hide_usage and b',"usage":null' in whole else whole

    def _sifted(self, text: bytes, whole: bytes) -> bytes:
        """Look at one event after the other."""
        dropped: list[int] = []
        for number, event in enumerate(text.split(b"\n\n")):
            if event and not self._event(event):
                dropped.append(number)
                if self.fault is not None:
                    break
        return self._without(dropped, whole) if dropped else whole

    def _without(self, dropped: list[int], whole: bytes) -> bytes:
        """Leave the dropped events out, and everything after one that is a fault."""
        events = list(events_of(whole))
        end = len(events) if self.fault is None else dropped[-1]
        return b"".join(event for number, event in enumerate(events[:end]) if number not in dropped)

    def _event(self, event: bytes) -> bool:
        """Look at one event; return whether the client gets it."""
        payload = event[6:] if event.startswith(b"data: ") and b"\n" not in event else _payload(event)
        if payload is None:
            return True
        if payload == _DONE:
            self._done = True
            return True
        try:
            return self._chunk(_decode(payload), len(event) + 2)
        except (msgspec.DecodeError, json.BadJson, RecursionError) as error:
            self.fault = _malformed(payload, error)
            return False

    def _chunk(self, chunk: _Chunk, size: int) -> bool:
        """Look at one chunk of so many bytes; return whether the client gets it."""
        self.service = chunk.service_tier or self.service
        if bytes(chunk.error) != b"null":
            self.fault = _fault(bytes(chunk.error))
            return False
        if bytes(chunk.usage) != b"null":
            self.usage = read_usage(json.loads(bytes(chunk.usage))) or self.usage
            if not chunk.choices:
                return not self._hide_usage
        for choice in chunk.choices or ():
            if choice.finish_reason is not None:
                self.finished = self.started = True
        if (text := _text(chunk)) is not None:
            self._seen += text
            self._frame = self._frame or size - text
            self.started = True
        return True

    def end(self) -> bytes:
        """Take the end: a stream without a finish was cut; a missing end mark is put there."""
        rest, self._carry = self._carry, b""
        out = self._look(rest) if rest.strip() and self.fault is None else b""
        out = out and out + b"\n\n"
        if self.fault is not None and not self.finished:
            return out
        self.finished = self.finished or (self._done and self.started)
        if not self.finished:
            message = "the provider's stream ended before its answer was complete"
            self.fault = Fault(kind="truncated", message=message, status=502)
            return out
        return out if self._done else out + b"data: [DONE]\n\n"


def _is_quiet(text: bytes) -> bool:
    """Whether every event is one line of JSON with content alone: found out for all of them in one go.

    JSON holds no bare line break, so what stands between two events can only be that.
    """
    if not (text.startswith(b"data: ") and text.endswith(b"\n\n")):
        return False
    try:
        _decode_quiet(b"[%b]" % text[6:-2].replace(b"\n\ndata: ", b","))
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _payload(event: bytes) -> bytes | None:
    """Return the data of an event that is more than one plain line; None for comments."""
    lines = [line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:")]
    return b"\n".join(lines) if lines else None


def _text(chunk: _Chunk) -> int | None:
    """Return how much text a chunk holds, None where no delta holds more than its role and empty texts."""
    size: int | None = None
    for choice in chunk.choices or ():
        delta = json.loads(bytes(choice.delta))
        found = (
            {name: value for name, value in delta.items() if name != "role" and value}
            if isinstance(delta, dict)
            else {}
        )
        if found:
            size = (size or 0) + sum(len(value.encode()) for value in found.values() if isinstance(value, str))
    return size


def _malformed(payload: bytes, error: Exception) -> Fault:
    """A chunk that is no JSON; some providers send their error as text."""
    shown = payload[:80].decode("utf-8", "replace")
    return Fault(kind="upstream", message=f"the provider sent a malformed chunk ({error}): {shown!r}", status=502)


def _fault(raw: bytes) -> Fault:
    """Read the error object of a stream's event."""
    error = json.loads(raw)
    if not isinstance(error, dict):
        return Fault(kind="upstream", message=str(error), status=502)
    code = error.get("code")
    status = told_status(code) or BAD_GATEWAY
    message = str(error.get("message") or "the provider sent an error")
    return Fault(kind="upstream", message=message, status=status, code=None if code is None else str(code))
