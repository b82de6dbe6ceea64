"""Chunks of an answer to events. A whole answer is read as one chunk, so a stream says what the answer says.

Google marks no parts: text that follows text continues it, until a signature or another kind of part comes between.
A stream has no end mark either: it is complete when every candidate has told its finishReason.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from omniroute.formats.events import ChoiceEnd, Delta, Event, Finish, PartEnd, PartStart, Start
from omniroute.formats.gemini.citations import in_characters, read_citations
from omniroute.formats.gemini.logprobs import read_logprobs
from omniroute.formats.gemini.parts import is_text, read_call, read_other, read_text
from omniroute.formats.gemini.usage import read_usage
from omniroute.formats.gemini.words import stop_of
from omniroute.formats.hub import Citation, Json, Seed, Stop, Text, Thinking
from omniroute.formats.loose import count_in, object_in, objects_in, text_in
from omniroute.kit.json import dumps

_USUAL = frozenset({"content", "index", "safetyRatings"})


class AnswerReader:
    """Reads one answer, in as many chunks as it comes."""

    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self._started = False
        self._told: object = None  # the last usageMetadata: most upstreams repeat it in every chunk
        self._choices: dict[int, _ChoiceReader] = {}

    @property
    def complete(self) -> bool:
        """Whether every candidate that began has ended."""
        return bool(self._choices) and all(choice.ended for choice in self._choices.values())

    def chunk(self, body: Json) -> list[Event]:
        """Read one chunk."""
        self._told = body.get("usageMetadata") or self._told
        if self._started and (more := self._more_text(body)) is not None:
            return [more]
        events: list[Event] = [] if self._started else [self._start(body)]
        self._started = True
        for candidate in objects_in(body, "candidates"):
            self._choice(count_in(candidate, "index") or 0).read(candidate, events)
        if object_in(body, "promptFeedback").get("blockReason") and not self._choices:
            self._choice(0).end(Stop.CONTENT_FILTER, events)
        return events

    def _more_text(self, body: Json) -> Event | None:
        """Read the usual chunk: more of the one text that is open, and nothing besides; None for any other."""
        candidates = body.get("candidates")
        candidate = candidates[0] if isinstance(candidates, list) and len(candidates) == 1 else None
        if not isinstance(candidate, dict) or not _USUAL.issuperset(candidate):
            return None
        content = candidate.get("content")
        parts = content.get("parts") if isinstance(content, dict) else None
        part = parts[0] if isinstance(parts, list) and len(parts) == 1 else None
        text = part.get("text") if isinstance(part, dict) and len(part) == 1 else None
        if not isinstance(text, str) or not text:
            return None
        choice = self._choices.get(candidate.get("index") or 0)
        return None if choice is None else choice.more_text(text)

    def rest(self) -> list[Event]:
        """What ends a whole answer whose candidates did not say how they ended."""
        events: list[Event] = []
        if not self._choices:
            self._choice(0).end(Stop.OTHER, events)
        for choice in self._choices.values():
            if not choice.ended:
                choice.end(None, events)
        return events

    def finish(self) -> Finish:
        """The end of the answer, with the last usage that was told."""
        return Finish(usage=read_usage(self._told))

    def _choice(self, number: int) -> "_ChoiceReader":
        return self._choices.setdefault(number, _ChoiceReader(number, self._seed.id))

    def _start(self, body: Json) -> Start:
        return Start(
            id=text_in(body, "responseId") or self._seed.id,
            model=self._seed.model or text_in(body, "modelVersion") or "",
            created=_seconds(body.get("createTime"), self._seed.created),
        )


class _ChoiceReader:
    """Reads the chunks of one candidate."""

    def __init__(self, number: int, answer_id: str) -> None:
        self._number = number
        self._call_ids = f"call_{answer_id}_{number}_" if number else f"call_{answer_id}_"
        self._calls = 0
        self._index = 0  # of the open part, or of the next one
        self._open: type[Text | Thinking] | None = None
        self._signed = False
        self._text: list[str] = []
        self._cited: set[bytes] = set()
        self.ended = False

    def read(self, candidate: Json, events: list[Event]) -> None:
        if self.ended:
            return
        parts = objects_in(object_in(candidate, "content"), "parts")
        citations = list(self._new(read_citations(candidate)))
        last_text = max((at for at, raw in enumerate(parts) if _says(raw)), default=-1)
        for at, raw in enumerate(parts):
            self._part(raw, events)
            if at == last_text:
                self._cite([citation for _, citation in citations], events)
                citations = []
            elif _says(raw):
                self._cite([citation for index, citation in citations if index == self._index], events)
                citations = [(index, citation) for index, citation in citations if index != self._index]
        if citations:
            self._say(Text(text=""), events)
            self._cite([citation for _, citation in citations], events)
        if logprobs := read_logprobs(candidate.get("logprobsResult")):
            index = self._index if self._open else max(self._index - 1, 0)
            events.append(Delta(index=index, logprobs=logprobs, choice=self._number))
        if reason := text_in(candidate, "finishReason"):
            self.end(stop_of(reason, calls=self._calls > 0), events)

    def more_text(self, text: str) -> Event | None:
        """More of the open text; None when something else is open."""
        if self.ended or self._open is not Text or self._signed:
            return None
        self._text.append(text)
        return Delta(index=self._index, text=text, choice=self._number)

    def end(self, stop: Stop | None, events: list[Event]) -> None:
        self._close(events)
        events.append(ChoiceEnd(stop=stop, choice=self._number))
        self.ended = True

    def _part(self, raw: Json, events: list[Event]) -> None:
        if is_text(raw):
            part = read_text(raw)
            if part.text or part.state:
                self._say(part, events)
            return
        self._close(events)
        if isinstance(raw.get("functionCall"), dict):
            call = read_call(raw, f"{self._call_ids}{self._calls}")
            self._calls += 1
            skeleton = type(call)(id=call.id, name=call.name, state=call.state)
            events.append(PartStart(index=self._index, part=skeleton, choice=self._number))
            events.append(Delta(index=self._index, text=call.arguments, choice=self._number))
        else:
            events.append(PartStart(index=self._index, part=read_other(raw), choice=self._number))
        events.append(PartEnd(index=self._index, choice=self._number))
        self._index += 1

    def _say(self, part: Text | Thinking, events: list[Event]) -> None:
        """Text or a thought: continues the open part of its kind, or begins one."""
        if isinstance(part, Thinking) and part.redacted:
            self._close(events)
            events.append(PartStart(index=self._index, part=part, choice=self._number))
            self._open, self._signed = Thinking, True
            return
        if self._open is not type(part) or (self._signed and (part.text or part.state)):
            self._close(events)
            skeleton = Thinking() if isinstance(part, Thinking) else Text(text="")
            events.append(PartStart(index=self._index, part=skeleton, choice=self._number))
            self._open = type(part)
        if part.text:
            self._text.append(part.text)
            events.append(Delta(index=self._index, text=part.text, choice=self._number))
        if part.state is not None:
            self._signed = True
            events.append(Delta(index=self._index, state=part.state, choice=self._number))

    def _close(self, events: list[Event]) -> None:
        if self._open is None:
            return
        events.append(PartEnd(index=self._index, choice=self._number))
        self._open, self._signed, self._text = None, False, []
        self._index += 1

    def _cite(self, citations: list[Citation], events: list[Event]) -> None:
        text = "".join(self._text) if citations else ""
        found = (in_characters(citation, text) for citation in citations)
        events.extend(Delta(index=self._index, citation=citation, choice=self._number) for citation in found)

    def _new(self, citations: Iterable[tuple[int | None, Citation]]) -> Iterable[tuple[int | None, Citation]]:
        """Those not told before: a stream may repeat its sources in every chunk."""
        for index, citation in citations:
            key = dumps(citation.raw)
            if key not in self._cited:
                self._cited.add(key)
                yield index, citation


def _says(raw: Json) -> bool:
    return is_text(raw) and raw.get("thought") is not True and bool(text_in(raw, "text"))


def _seconds(time: Any, otherwise: int) -> int:
    try:
        return int(datetime.fromisoformat(time).timestamp())
    except (TypeError, ValueError):
        return otherwise
