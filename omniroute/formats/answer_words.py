"""What an answer loses on its way to a client: each format's table of what its answers have words for, looked up.

The encoders leave out what their format has no word for; this says so, from a whole answer or from a stream's events,
at no cost for what is usual. A law holds the tables against the encoders. Paths begin with `answer`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from omniroute.formats.events import ChoiceEnd, Delta, Event, Finish, PartStart, Start
from omniroute.formats.fold import merge_usage
from omniroute.formats.hub import (
    Choice,
    Citation,
    Format,
    Loss,
    Media,
    Opaque,
    Part,
    Refusal,
    Response,
    State,
    Stop,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Usage,
)

BUCKETS = ("cache_read", "cache_write", "audio_input", "reasoning", "audio_output")
# Every answer of some vendors names this tier, and it says nothing.
_USUAL_TIER = "default"
# What every format has a word for.
_USUAL_STOPS = frozenset({Stop.END, Stop.LENGTH, Stop.TOOL_CALLS, None})


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWords:
    """What a format's answers have words for, beside text, thoughts and how an answer usually ends.

    `cites`: its own citations only, any with a URL, or none. `shows`: media, as kind and where its bytes are; `near`
    are those that become a text. `blocks`: kinds of its own blocks, None for all. `tokens`: the buckets of usage.
    `tiers`: the tiers of service that it names, None for any.
    """

    home: Format
    several: bool = False
    logprobs: bool = False
    refusals: bool = False
    calls: bool = True
    states: bool = True
    cites: Literal["own", "urls", "none"] = "none"
    shows: frozenset[tuple[str, str]] = frozenset()
    near: frozenset[tuple[str, str]] = frozenset()
    blocks: frozenset[str] | None = None
    tokens: frozenset[str] = frozenset(BUCKETS)
    tiers: frozenset[str] | None = frozenset()
    stops: frozenset[Stop] = frozenset()


class AnswerLosses:
    """Collects what one answer loses, each place once."""

    def __init__(self, words: AnswerWords) -> None:
        self._words = words
        self._found: dict[str, Loss] = {}
        self._usage: Usage | None = None

    def all(self) -> tuple[Loss, ...]:
        """Return what was found."""
        return tuple(self._found.values())

    def whole(self, response: Response) -> tuple[Loss, ...]:
        """Return what a whole answer loses."""
        for number, choice in enumerate(response.choices):
            if self._is_told(number):
                self._choice(f"answer.choices[{number}]", choice)
        self._end(response.usage, response.service_tier)
        return self.all()

    def note(self, event: Event) -> None:
        """Look at one event of a stream."""
        match event:
            case PartStart() if self._is_told(event.choice):
                self._part(f"answer.choices[{event.choice}].parts[{event.index}]", event.part)
            case Delta() if self._is_told(event.choice):
                self._more(event)
            case ChoiceEnd() if self._is_told(event.choice):
                self._stop(f"answer.choices[{event.choice}].stop", event.stop)
            case Start():
                self._usage = event.usage
            case Finish():
                self._end(merge_usage(self._usage, event.usage), event.service_tier)
            case _:
                pass  # nothing is said, or of a choice that is not told

    def _drop(self, path: str, what: str) -> None:
        self._found.setdefault(path, Loss(path=path, reason=f"no word for {what} in the client's format"))

    def _change(self, path: str, reason: str) -> None:
        self._found.setdefault(path, Loss(path=path, reason=reason, action="mapped"))

    def _is_told(self, number: int) -> bool:
        if number == 0 or self._words.several:
            return True
        self._drop(f"answer.choices[{number}]", "more than one answer")
        return False

    def _choice(self, path: str, choice: Choice) -> None:
        for index, part in enumerate(choice.parts):
            self._part(f"{path}.parts[{index}]", part)
        if choice.logprobs:
            self._logprobs(path)
        self._stop(f"{path}.stop", choice.stop)

    def _more(self, event: Delta) -> None:
        choice = f"answer.choices[{event.choice}]"
        path = f"{choice}.parts[{event.index}]"
        if event.citation is not None:
            self._cite(path, event.citation)
        if event.state is not None:
            self._state(path, event.state)
        if event.logprobs:
            self._logprobs(choice)

    # ── what an answer may hold ─────────────────────────────────────────────────────────────────────────────────

    def _part(self, path: str, part: Part) -> None:
        match part:
            case Text():
                for citation in part.citations:
                    self._cite(path, citation)
                self._state(path, part.state)
            case Thinking():
                self._thought(path, part)
            case ToolCall():
                if not self._words.calls:
                    self._drop(path, "a tool call")
                self._state(path, part.state)
            case Refusal():
                if not self._words.refusals:
                    self._change(path, "a refusal is said as text")
            case Media() | Opaque() | ToolResult():
                self._shown(path, part)

    def _thought(self, path: str, part: Thinking) -> None:
        if part.redacted and not self._words.states:
            self._drop(path, "a thought that only its vendor can read")
        else:
            self._state(path, part.state)

    def _shown(self, path: str, part: Media | Opaque | ToolResult) -> None:
        words = self._words
        if isinstance(part, Media):
            source = "data" if part.data is not None else "url" if part.url is not None else "file"
            if (part.kind, source) in words.near:
                self._change(path, f"the {part.kind} is shown by a text")
            elif (part.kind, source) not in words.shows and (part.origin != words.home or source != "file"):
                self._drop(path, f"{part.kind} by its {source}")
        elif isinstance(part, ToolResult):
            self._drop(path, "a tool's result")
        elif part.origin != words.home or (words.blocks is not None and part.kind not in words.blocks):
            self._drop(path, f"the block {part.kind} of {part.origin}")

    def _cite(self, path: str, citation: Citation) -> None:
        words = self._words
        if words.cites == "none":
            self._drop(f"{path}.citations", "citations")
        elif citation.origin != words.home and words.cites == "own":
            self._drop(f"{path}.citations", "citations of another vendor")
        elif citation.origin != words.home and citation.url is None:
            self._drop(f"{path}.citations", "a citation without a URL")

    def _state(self, path: str, state: State | None) -> None:
        if state is not None and not self._words.states:
            self._drop(f"{path}.state", "signatures")

    def _logprobs(self, path: str) -> None:
        if not self._words.logprobs:
            self._drop(f"{path}.logprobs", "log probabilities")

    def _stop(self, path: str, stop: Stop | None) -> None:
        if stop not in _USUAL_STOPS and stop not in self._words.stops:
            self._change(path, f"no word for an end by {stop} in the client's format")

    def _end(self, usage: Usage | None, tier: str | None) -> None:
        for bucket in () if usage is None else self._untold(usage):
            self._change(f"answer.usage.{bucket}", "these tokens are told within the totals alone")
        tiers = self._words.tiers
        if tier is not None and tier != _USUAL_TIER and tiers is not None and tier not in tiers:
            self._drop("answer.service_tier", f"the tier {tier!r}")

    def _untold(self, usage: Usage) -> Iterator[str]:
        """The buckets with something in them that the format does not tell."""
        if len(self._words.tokens) < len(BUCKETS):
            yield from (name for name in BUCKETS if name not in self._words.tokens and getattr(usage, name))


def is_usual(event: Event) -> bool:
    """Whether an event is more of a text, a thought or a call's arguments and nothing besides: no format loses that."""
    return type(event) is Delta and event.citation is None and event.state is None and event.logprobs is None
