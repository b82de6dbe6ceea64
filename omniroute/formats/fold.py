"""Streams and answers are two spellings of one thing: `fold` makes an answer of events, `unfold` does the reverse."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import assert_never

from omniroute.formats.events import ChoiceEnd, Delta, Event, Fault, Finish, PartEnd, PartStart, Start
from omniroute.formats.hub import Choice, Citation, Json, Part, Refusal, Response, Text, Thinking, ToolCall, Usage


class StreamFault(Exception):
    """The stream held an error, or was cut; `fault` says which."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class _ChoiceUnderWay:
    """What has come of one choice so far; text is joined once, at the end."""

    def __init__(self) -> None:
        self.parts: dict[int, Part] = {}
        self.texts: dict[int, list[str]] = {}
        self.citations: dict[int, list[Citation]] = {}
        self.logprobs: list[Json] | None = None
        self.end = ChoiceEnd(stop=None)

    def begin(self, event: PartStart) -> None:
        self.parts[event.index] = event.part
        self.texts[event.index] = []

    def add(self, event: Delta) -> None:
        if event.text:
            self.texts[event.index].append(event.text)
        if event.state is not None:
            part = self.parts[event.index]
            if isinstance(part, Thinking | Text | ToolCall):
                self.parts[event.index] = replace(part, state=event.state)
        if event.citation is not None:
            self.citations.setdefault(event.index, []).append(event.citation)
        if event.logprobs is not None:
            self.logprobs = (self.logprobs or []) + event.logprobs

    def choice(self) -> Choice:
        parts = tuple(self._whole(index, part) for index, part in sorted(self.parts.items()))
        return Choice(parts=parts, stop=self.end.stop, stop_sequence=self.end.stop_sequence, logprobs=self.logprobs)

    def _whole(self, index: int, part: Part) -> Part:
        text = "".join(self.texts[index])
        if isinstance(part, Text):
            citations = (*part.citations, *self.citations.get(index, ()))
            return replace(part, text=part.text + text, citations=citations)
        if isinstance(part, Refusal | Thinking):
            return replace(part, text=part.text + text)
        if isinstance(part, ToolCall):
            return replace(part, arguments=part.arguments + text)
        return part


class Fold:
    """Collects a stream's events; `response` gives the answer, or raises StreamFault for an error or a cut."""

    def __init__(self) -> None:
        self._start: Start | None = None
        self._choices: dict[int, _ChoiceUnderWay] = {}
        self._finish: Finish | None = None
        self._fault: Fault | None = None

    def feed(self, event: Event) -> None:
        """Take one event."""
        match event:
            case Start():
                self._start = event
            case PartStart():
                self._choice(event.choice).begin(event)
            case Delta():
                self._choice(event.choice).add(event)
            case PartEnd():
                pass
            case ChoiceEnd():
                self._choice(event.choice).end = event
            case Finish():
                self._finish = event
            case Fault():
                self._fault = self._fault or event
            case _:
                assert_never(event)

    def _choice(self, index: int) -> _ChoiceUnderWay:
        return self._choices.setdefault(index, _ChoiceUnderWay())

    def response(self) -> Response:
        """Return the whole answer."""
        if self._fault is not None:
            raise StreamFault(self._fault)
        if self._start is None or self._finish is None:
            raise StreamFault(Fault(kind="truncated", message="the stream ended before its answer was complete"))
        return Response(
            id=self._start.id,
            model=self._start.model,
            created=self._start.created,
            choices=tuple(under_way.choice() for _, under_way in sorted(self._choices.items())),
            usage=merge_usage(self._start.usage, self._finish.usage),
            service_tier=self._finish.service_tier,
        )


def merge_usage(first: Usage | None, last: Usage | None) -> Usage | None:
    """Join what a stream said of usage at its start and at its end: the later figure wins, where it was given."""
    if first is None or last is None:
        return last or first
    fields = Usage.__dataclass_fields__
    return Usage(**{name: getattr(first, name) if (now := getattr(last, name)) is None else now for name in fields})


def fold(events: Iterable[Event]) -> Response:
    """Make an answer of a whole stream."""
    collected = Fold()
    for event in events:
        collected.feed(event)
    return collected.response()


def unfold(response: Response) -> Iterator[Event]:
    """Make a stream of a whole answer: each part in one delta."""
    yield Start(id=response.id, model=response.model, created=response.created)
    for number, choice in enumerate(response.choices):
        for index, part in enumerate(choice.parts):
            yield from _unfold_part(number, index, part)
        if choice.logprobs:
            last = max(len(choice.parts) - 1, 0)
            yield Delta(index=last, logprobs=choice.logprobs, choice=number)
        yield ChoiceEnd(stop=choice.stop, stop_sequence=choice.stop_sequence, choice=number)
    yield Finish(usage=response.usage, service_tier=response.service_tier)


def _unfold_part(choice: int, index: int, part: Part) -> Iterator[Event]:
    """One part: its skeleton, its text, its signature, its end."""
    if isinstance(part, Text):
        yield PartStart(index=index, part=replace(part, text="", citations=(), state=None), choice=choice)
        yield Delta(index=index, text=part.text, choice=choice)
        for citation in part.citations:
            yield Delta(index=index, citation=citation, choice=choice)
    elif isinstance(part, Refusal):
        yield PartStart(index=index, part=replace(part, text=""), choice=choice)
        yield Delta(index=index, text=part.text, choice=choice)
    elif isinstance(part, Thinking) and not part.redacted:
        yield PartStart(index=index, part=replace(part, text="", state=None), choice=choice)
        yield Delta(index=index, text=part.text, choice=choice)
    elif isinstance(part, ToolCall):
        # The signature stands on the skeleton: formats that stream calls whole need it at once.
        yield PartStart(index=index, part=replace(part, arguments=""), choice=choice)
        yield Delta(index=index, text=part.arguments, choice=choice)
    else:
        yield PartStart(index=index, part=part, choice=choice)
    if isinstance(part, Text | Thinking) and part.state is not None and not getattr(part, "redacted", False):
        yield Delta(index=index, state=part.state, choice=choice)
    yield PartEnd(index=index, choice=choice)
