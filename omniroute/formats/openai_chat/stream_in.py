"""A stream of chat completion chunks to events.

A chunk says nothing of parts, so they are found here: text, thought or refusal goes on until something of another
kind comes; a signature ends its thought; tool calls go by their own index and stay open until the choice ends, for
their pieces may come mixed.
"""

from dataclasses import replace

from omniroute.formats.events import ChoiceEnd, Delta, Event, Fault, Finish, PartEnd, PartStart, Start
from omniroute.formats.failures import failure_of, truncated, unreadable
from omniroute.formats.framing import Frame
from omniroute.formats.hub import Format, Json, Opaque, Part, Refusal, Seed, Text, Thinking, ToolCall, Usage
from omniroute.formats.openai_chat.ends import read_stop, write_id
from omniroute.formats.openai_chat.reasoning import WHOLE, read_detail, read_signature, trim
from omniroute.formats.openai_chat.response import read_call, read_citations, read_images, split_content
from omniroute.formats.openai_chat.think import ThinkSplitter
from omniroute.formats.openai_chat.usage import read_usage
from omniroute.kit.json import BadJson, loads

NATIVE = Format.OPENAI_CHAT.value


_USUAL = frozenset({"id", "object", "created", "model", "choices", "usage", "system_fingerprint"})
_USUAL_KEYS = len(_USUAL)


class ChatDecoder:
    """Chunks to events."""

    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self._choices: dict[int, _Choice] = {}
        self._started = False
        self._over = False
        self._usage: Usage | None = None
        self._tier: str | None = None

    def feed(self, frame: Frame) -> list[Event]:
        """Take one frame."""
        if self._over:
            return []
        if frame.data.strip() == b"[DONE]":
            return self._finish()
        try:
            chunk = loads(frame.data)
        except BadJson:
            chunk = None
        if not isinstance(chunk, dict):
            return self._fail(unreadable(frame.data))
        if self._started and len(chunk) <= _USUAL_KEYS and (quick := self._more_text(chunk)) is not None:
            return [quick]
        if chunk.get("error") or frame.event == "error":
            return self._fail(failure_of(chunk))
        return self._take(chunk)

    def _more_text(self, chunk: Json) -> Event | None:
        """Read the usual chunk: more of a text that is open already, and nothing besides; None for any other.

        Nearly all chunks are that, and the whole way of a chunk costs three times as much.
        """
        if not _USUAL.issuperset(chunk) or chunk.get("usage"):
            return None
        choices = chunk.get("choices")
        raw = choices[0] if isinstance(choices, list) and len(choices) == 1 else None
        delta = raw.get("delta") if isinstance(raw, dict) else None
        if raw is None or not isinstance(delta, dict) or len(delta) != 1:
            return None
        text = delta.get("content")
        if not isinstance(text, str) or not text or raw.get("finish_reason") or raw.get("logprobs"):
            return None
        choice = self._choices.get(raw.get("index") or 0)
        return None if choice is None else choice.more_text(text)

    def end(self) -> list[Event]:
        """Take the end. Some upstreams leave `[DONE]` out: a stream whose choices have all ended is whole."""
        if self._over:
            return []
        if self._choices and all(choice.ended for choice in self._choices.values()):
            return self._finish()
        return self._fail(truncated())

    def _take(self, chunk: Json) -> list[Event]:
        events: list[Event] = []
        if not self._started:
            events.append(self._start(chunk))
        grok = chunk.get("x_groq")  # Groq's first way of telling usage
        self._usage = (
            read_usage(chunk.get("usage") or (grok.get("usage") if isinstance(grok, dict) else None)) or self._usage
        )
        tier = chunk.get("service_tier")
        self._tier = tier if isinstance(tier, str) else self._tier
        choices = chunk.get("choices")
        for raw in choices if isinstance(choices, list) else ():
            if isinstance(raw, dict):
                events += self._choice(raw).feed(raw)
        return events

    def _start(self, chunk: Json) -> Event:
        self._started = True
        created = chunk.get("created")
        return Start(
            id=str(chunk.get("id") or write_id(self._seed.id)),
            model=self._seed.model or str(chunk.get("model") or ""),
            created=created if isinstance(created, int) else self._seed.created,
        )

    def _choice(self, raw: Json) -> "_Choice":
        index = raw.get("index")
        number = index if isinstance(index, int) else 0
        if number not in self._choices:
            self._choices[number] = _Choice(number, self._seed)
        return self._choices[number]

    def _finish(self) -> list[Event]:
        """The end as it should be; choices that never said why they ended are closed too, as far as that goes."""
        if not self._started:
            return self._fail(truncated())
        self._over = True
        events = [event for choice in self._choices.values() for event in choice.close()]
        return [*events, Finish(usage=self._usage, service_tier=self._tier)]

    def _fail(self, fault: Fault) -> list[Event]:
        self._over = True
        return [fault]


class _Choice:
    """One choice under way."""

    def __init__(self, number: int, seed: Seed) -> None:
        self.ended = False
        self._number = number
        self._call_id = f"call_{seed.id}_{number}"
        self._splitter: ThinkSplitter | None = ThinkSplitter()
        self._next = 0
        self._open: tuple[int, type[Text | Thinking | Refusal]] | None = None
        self._calls: dict[int, tuple[int, str]] = {}  # by the wire's index: the part's index, and the call's id
        self._call_parts: list[int] = []
        self._audio: Json = {}
        self._events: list[Event] = []

    def feed(self, raw: Json) -> list[Event]:
        """Take this choice's share of a chunk."""
        if self.ended:
            return []
        delta = raw.get("delta")
        if isinstance(delta, dict):
            self._take_reasoning(delta)
            self._take_content(delta)
            self._take_rest(delta)
        logprobs = raw.get("logprobs")
        tokens = logprobs.get("content") if isinstance(logprobs, dict) else None
        if isinstance(tokens, list) and tokens:
            self._emit(Delta(index=self._open[0] if self._open else 0, logprobs=tokens, choice=self._number))
        if raw.get("finish_reason"):
            self._end(raw["finish_reason"])
        return self._taken()

    def more_text(self, text: str) -> Event | None:
        """More of the open text; None when something else is open, or the text may yet turn out to be a thought."""
        splitter = self._splitter
        if self.ended or self._open is None or self._open[1] is not Text or not (splitter is None or splitter.is_past):
            return None
        return Delta(index=self._open[0], text=text, choice=self._number)

    def close(self) -> list[Event]:
        """End the parts of a choice that gave no reason."""
        if not self.ended:
            self._end(None)
        return self._taken()

    def _taken(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _emit(self, event: Event) -> None:
        self._events.append(event)

    # ── text, thoughts, refusals ────────────────────────────────────────────────────────────────────────────────

    def _take_reasoning(self, delta: Json) -> None:
        written = delta.get("reasoning_content") or delta.get("reasoning")
        text = written if isinstance(written, str) else ""
        self._think(text)
        details = delta.get("reasoning_details")
        for raw in details if isinstance(details, list) else ():
            detail = read_detail(raw)
            if detail is not None:
                told = bool(text) or raw.get("format") == WHOLE
                self._take_detail(detail if not told else replace(detail, text=""), whole=raw.get("format") == WHOLE)

    def _take_detail(self, detail: Thinking, *, whole: bool) -> None:
        """An entry of reasoning_details: text, unless the delta told it already, or the end of a thought."""
        self._flush()
        if detail.redacted:
            self._whole(detail)
            return
        self._think(detail.text)
        if detail.state is not None:
            self._emit(Delta(index=self._enter(Thinking()), state=detail.state, choice=self._number))
        if (whole or detail.state is not None) and self._open is not None and self._open[1] is Thinking:
            self._leave()

    def _think(self, text: str) -> None:
        if not text:
            return
        self._flush()
        if self._open is None or self._open[1] is not Thinking:
            text = trim(text)
        if text:
            index = self._enter(Thinking())
            self._emit(Delta(index=index, text=text, choice=self._number))

    def _take_content(self, delta: Json) -> None:
        thoughts, text = split_content(delta.get("content"))
        for thought in thoughts:
            self._think(thought.text)
        if self._splitter is None:
            self._say(Text(text=""), text)
        else:
            self._take_pieces(self._splitter, text)

    def _take_pieces(self, splitter: ThinkSplitter, text: str) -> None:
        for thinking, piece in splitter.feed(text) if text else ():
            self._say(Thinking() if thinking else Text(text=""), piece)

    def _say(self, skeleton: Text | Thinking | Refusal, text: str) -> None:
        if text:
            self._emit(Delta(index=self._enter(skeleton), text=text, choice=self._number))

    def _enter(self, skeleton: Text | Thinking | Refusal) -> int:
        """The open part of this kind; another kind's is closed first."""
        if self._open is not None and self._open[1] is type(skeleton):
            return self._open[0]
        self._leave()
        index = self._begin(skeleton)
        self._open = (index, type(skeleton))
        return index

    def _leave(self) -> None:
        if self._open is not None:
            self._emit(PartEnd(index=self._open[0], choice=self._number))
            self._open = None

    def _begin(self, part: Part) -> int:
        index = self._next
        self._next += 1
        self._emit(PartStart(index=index, part=part, choice=self._number))
        return index

    def _whole(self, part: Part) -> None:
        """A part that comes at once."""
        self._leave()
        self._emit(PartEnd(index=self._begin(part), choice=self._number))

    # ── the rest ────────────────────────────────────────────────────────────────────────────────────────────────

    def _take_rest(self, delta: Json) -> None:
        refusal = delta.get("refusal")
        if isinstance(refusal, str) and refusal:
            self._flush()
            self._say(Refusal(text=""), refusal)
        self._take_marks(delta)
        for image in read_images(delta.get("images")):
            self._whole(image)
        audio = delta.get("audio")
        if isinstance(audio, dict):
            self._take_audio(audio)
        calls = delta.get("tool_calls")
        for place, raw in enumerate(calls if isinstance(calls, list) else ()):
            if isinstance(raw, dict):
                self._take_call(raw, place)
        old = delta.get("function_call")
        if isinstance(old, dict):
            self._take_call({"index": 0, "function": old}, 0)

    def _take_marks(self, delta: Json) -> None:
        """Citations and the signature of the text."""
        state = read_signature(delta.get("extra_content"))
        citations = read_citations(delta.get("annotations"))
        if not citations and state is None:
            return
        self._flush()
        index = self._enter(Text(text=""))
        for citation in citations:
            self._emit(Delta(index=index, citation=citation, choice=self._number))
        if state is not None:
            self._emit(Delta(index=index, state=state, choice=self._number))

    def _take_audio(self, audio: Json) -> None:
        """Sound comes in pieces and the hub has no word for one: it is collected."""
        for key, value in audio.items():
            if key in {"data", "transcript"} and isinstance(value, str):
                self._audio[key] = self._audio.get(key, "") + value
            else:
                self._audio[key] = value

    def _take_call(self, raw: Json, place: int) -> None:
        self._flush()
        given = raw.get("index")
        number = given if isinstance(given, int) else place
        call = read_call(raw, f"{self._call_id}_{len(self._call_parts)}")
        if number not in self._calls or self._is_another(raw, number, call):
            self._leave()
            index = self._begin(replace(call, arguments=""))
            self._calls[number] = (index, call.id)
            self._call_parts.append(index)
        elif call.state is not None:
            self._emit(Delta(index=self._calls[number][0], state=call.state, choice=self._number))
        if call.arguments:
            self._emit(Delta(index=self._calls[number][0], text=call.arguments, choice=self._number))

    def _is_another(self, raw: Json, number: int, call: ToolCall) -> bool:
        """Some upstreams give no index, or 0 to every call; a name under a new id tells that a new call begins."""
        if not call.name:
            return False
        return call.id != self._calls[number][1] if raw.get("id") else raw.get("index") is None

    def _flush(self) -> None:
        """What the splitter held back in doubt is what it looked like."""
        if self._splitter is not None:
            for thinking, piece in self._splitter.end():
                self._say(Thinking() if thinking else Text(text=""), piece)
            self._splitter = None

    def _end(self, reason: object) -> None:
        self.ended = True
        self._flush()
        self._leave()
        if self._audio:
            self._whole(Opaque(origin=NATIVE, kind="audio", raw=self._audio))
        for index in self._call_parts:
            self._emit(PartEnd(index=index, choice=self._number))
        stop = None if reason is None else read_stop(reason, calls=bool(self._call_parts))
        self._emit(ChoiceEnd(stop=stop, choice=self._number))
