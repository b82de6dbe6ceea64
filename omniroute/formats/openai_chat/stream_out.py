"""Events to a stream of chat completion chunks.

The first chunk of each choice names the role, which openai-node demands. The usage chunk, with no choices, comes last
and only when asked for; `[DONE]` follows unless an error ended the stream.
"""

from omniroute.formats.events import ChoiceEnd, Delta, Event, Fault, Finish, PartEnd, PartStart, Start
from omniroute.formats.framing import MARK, sse, template
from omniroute.formats.hub import (
    Citation,
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
)
from omniroute.formats.openai_chat.ends import write_id, write_stop, write_tier
from omniroute.formats.openai_chat.errors import encode_error
from omniroute.formats.openai_chat.reasoning import BETWEEN, WHOLE, trim, write_detail, write_signature
from omniroute.formats.openai_chat.response import write_citations, write_image
from omniroute.formats.openai_chat.usage import write_usage
from omniroute.formats.wrapping import OfferedTools, unwrap
from omniroute.kit.json import dumps

NATIVE = Format.OPENAI_CHAT.value


class ChatEncoder:
    """Events to chunks."""

    def __init__(self, seed: Seed, request: Request) -> None:
        self._tools = OfferedTools(request)
        self._include_usage = request.include_usage
        self._base: Json = {
            "id": write_id(seed.id),
            "object": "chat.completion.chunk",
            "created": seed.created,
            "model": seed.model,
            "system_fingerprint": None,
        }
        self._choices: dict[int, _Choice] = {}
        self._templates: dict[int, tuple[bytes, bytes]] = {}  # a chunk of text, by choice
        self._over = False
        self._whole = False

    def feed(self, event: Event) -> bytes:
        """Take one event."""
        if self._over:
            return b""
        if type(event) is Delta and (quick := self._more_text(event)) is not None:
            return quick
        match event:
            case Start():
                self._templates.clear()
                self._base |= {"id": write_id(event.id), "created": event.created, "model": event.model}
                return self._begin(0)[1]
            case Finish():
                return self._finish(event)
            case Fault():
                self._over = True
                return sse(dumps(encode_error(event)))
            case _:
                choice, begun = self._begin(event.choice)
                return begun + b"".join(self._chunk(event.choice, *said) for said in choice.take(event))

    def _more_text(self, event: Delta) -> bytes | None:
        """Write the usual chunk, more of a text and nothing besides, into its template; None for any other."""
        choice = self._choices.get(event.choice)
        if choice is None or not choice.more_text(event):
            return None
        if event.choice not in self._templates:
            self._templates[event.choice] = template(self._chunk(event.choice, {"content": MARK}), dumps(MARK))
        before, after = self._templates[event.choice]
        return before + dumps(event.text) + after

    def end(self) -> bytes:
        """Take the end."""
        return sse(b"[DONE]") if self._whole else b""

    def _begin(self, number: int) -> "tuple[_Choice, bytes]":
        """The choice, and the chunk that opens it when it is new."""
        if number in self._choices:
            return self._choices[number], b""
        self._choices[number] = _Choice(self._tools)
        return self._choices[number], self._chunk(number, {"role": "assistant", "content": "", "refusal": None})

    def _chunk(self, number: int, delta: Json, logprobs: list[Json] | None = None, reason: str | None = None) -> bytes:
        tokens = {"content": logprobs, "refusal": None} if logprobs else None
        choice = {"index": number, "delta": delta, "logprobs": tokens, "finish_reason": reason}
        usage = {"usage": None} if self._include_usage else {}
        return sse(dumps({**self._base, "choices": [choice], **usage}))

    def _finish(self, event: Finish) -> bytes:
        self._over = self._whole = True
        tier = write_tier(event.service_tier)
        if not self._include_usage or (event.usage is None and tier is None):
            return b""
        named = {} if tier is None else {"service_tier": tier}
        return sse(dumps({**self._base, "choices": [], **named, "usage": write_usage(event.usage)}))


Said = tuple[Json, list[Json] | None, str | None]  # a delta, its log probabilities, the finish reason


class _Choice:
    """One choice under way: what its parts are, and what is held back of them."""

    def __init__(self, tools: OfferedTools) -> None:
        self._tools = tools
        self._parts: dict[int, Part] = {}
        self._calls: dict[int, int] = {}
        self._held: dict[int, list[str]] = {}  # the arguments of calls that are told in one piece
        self._citations: dict[int, list[Citation]] = {}
        self._spans: dict[int, int] = {}
        self._length = 0
        self._thoughts = _Thoughts()

    def more_text(self, event: Delta) -> bool:
        """Take the delta if it is more of a text and nothing besides."""
        if not event.text or event.logprobs is not None or event.citation is not None or event.state is not None:
            return False
        if not isinstance(self._parts.get(event.index), Text):
            return False
        self._length += len(event.text)
        return True

    def take(self, event: PartStart | Delta | PartEnd | ChoiceEnd) -> list[Said]:
        """The deltas that one event makes."""
        match event:
            case PartStart():
                return [(delta, None, None) for delta in self._start(event.index, event.part)]
            case Delta():
                deltas = self._more(event) or ([{}] if event.logprobs else [])
                return [(delta, event.logprobs if place == 0 else None, None) for place, delta in enumerate(deltas)]
            case PartEnd():
                return [(delta, None, None) for delta in self._end(event.index)]
            case ChoiceEnd():
                return [({}, None, write_stop(event.stop, calls=bool(self._calls)))]

    def _start(self, index: int, part: Part) -> list[Json]:
        self._parts[index] = part
        match part:
            case Text():
                self._spans[index] = self._length
                self._citations[index] = list(part.citations)
                return [*self._text(part.text), *self._signed(part.state)]
            case Thinking():
                return self._thoughts.start(part)
            case ToolCall():
                return self._start_call(index, part)
            case Refusal() | Media() | Opaque() | ToolResult():
                return _at_once(part)

    def _more(self, event: Delta) -> list[Json]:
        part = self._parts.get(event.index)
        if event.citation is not None:
            self._citations.setdefault(event.index, []).append(event.citation)
        match part:
            case Text():
                return [*self._text(event.text), *self._signed(event.state)]
            case Refusal() if event.text:
                return [{"refusal": event.text}]
            case Thinking() if not part.redacted:
                return self._thoughts.more(event.text, event.state)
            case ToolCall():
                return self._more_call(event, part)
            case _:
                return []

    def _end(self, index: int) -> list[Json]:
        part = self._parts.get(index)
        if isinstance(part, Text):
            annotations = write_citations(self._citations.pop(index, []), self._spans[index], self._length)
            return [{"annotations": annotations}] if annotations else []
        if isinstance(part, ToolCall) and index in self._held:
            text = unwrap("".join(self._held.pop(index)))
            return [{"tool_calls": [{"index": self._calls[index], "custom": {"input": text}}]}] if text else []
        return []

    def _text(self, text: str) -> list[Json]:
        self._length += len(text)
        return [{"content": text}] if text else []

    def _signed(self, state: State | None) -> list[Json]:
        return [] if state is None else [{"extra_content": write_signature(state)}]

    def _start_call(self, index: int, call: ToolCall) -> list[Json]:
        wire = self._calls[index] = len(self._calls)
        wrapped = self._tools.is_wrapped(call)
        if wrapped:
            self._held[index] = [call.arguments]
        custom = call.custom or wrapped
        said = {"name": self._tools.name(call), ("input" if custom else "arguments"): "" if wrapped else call.arguments}
        kind = "custom" if custom else "function"
        raw: Json = {"index": wire, "id": call.id, "type": kind, kind: said}
        if call.state is not None:
            raw["extra_content"] = write_signature(call.state)
        return [{"tool_calls": [raw]}]

    def _more_call(self, event: Delta, call: ToolCall) -> list[Json]:
        raw: Json = {"index": self._calls[event.index]}
        if event.text and event.index in self._held:
            self._held[event.index].append(event.text)
        elif event.text:
            raw |= {"custom": {"input": event.text}} if call.custom else {"function": {"arguments": event.text}}
        if event.state is not None:
            raw["extra_content"] = write_signature(event.state)
        return [{"tool_calls": [raw]}] if len(raw) > 1 else []


def _at_once(part: Refusal | Media | Opaque | ToolResult) -> list[Json]:
    """The delta of a part that is told whole."""
    if isinstance(part, Refusal):
        return [{"refusal": part.text}] if part.text else []
    if isinstance(part, Media):
        image = write_image(part)
        return [] if image is None else [{"images": [image]}]
    shown = isinstance(part, Opaque) and part.origin == NATIVE and part.kind == "audio"
    return [{"audio": part.raw}] if isinstance(part, Opaque) and shown else []


class _Thoughts:
    """The thoughts of one choice. They share one field, so a blank line parts them; a signature comes with its text."""

    def __init__(self) -> None:
        self._entries = 0
        self._said = False
        self._fresh = True
        self._text: list[str] = []

    def start(self, part: Thinking) -> list[Json]:
        # A second thought begins: tell where the first ended, for one of them may be signed.
        before = self._close(None) if self._text else []
        if part.redacted:
            return before if part.state is None else [*before, self._entry(part)]
        self._fresh = True
        return [*before, *self.more(part.text, part.state)]

    def more(self, text: str, state: State | None) -> list[Json]:
        said: list[Json] = []
        if self._fresh:
            text = trim(text)
        if text:
            self._text.append(text)
            said.append({"reasoning_content": BETWEEN + text if self._fresh and self._said else text})
            self._fresh, self._said = False, True
        return said if state is None else [*said, *self._close(state)]

    def _close(self, state: State | None) -> list[Json]:
        """End a thought by telling it whole, for clients that hand entries back as they came."""
        text, self._text = "".join(self._text), []
        return [self._entry(Thinking(text=text, state=state))]

    def _entry(self, part: Thinking) -> Json:
        entry = write_detail(part, self._entries)
        self._entries += 1
        return {"reasoning_details": [{**entry, "format": WHOLE}]}
