"""What all finished requests come to since the process began, for whoever scrapes it.

Records are added when their batch is written, away from the requests. Everything they are sorted by is bounded: models
by family, providers by number; keys and users are in none of it.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from omniroute.storage.rows import RequestRow

# Upper bounds in seconds: answers of models take from a fraction of a second to many minutes.
WHOLE_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)
FIRST_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
OTHER = "other"
MOST_PROVIDERS = 100
_FAMILIES = re.compile(
    r"(gpt-\d+(?:\.\d+)?o?|o[134](?=$|-)|claude-(?:opus|sonnet|haiku|fable)|claude|gemini-\d+(?:\.\d+)?|gemini|gemma|llama|"
    r"mistral|mixtral|ministral|magistral|codestral|qwen|qwq|deepseek|grok|command|phi|kimi|glm|minimax|nova|"
    r"text-embedding|whisper|dall-e|echo)"
)
_TOKENS = ("input", "output", "cache_read", "cache_write", "reasoning")


class Histogram:
    """Counts of durations in seconds, by upper bound; the last count is of those above all bounds."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """What requests are sorted by."""

    provider: str
    family: str
    format: str
    outcome: str


@dataclass(slots=True, kw_only=True)
class Total:
    """The sums of one sort; they grow. Money is in billionths of a dollar."""

    requests: int = 0
    cost_nano: int = 0
    tokens: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_TOKENS, 0))


class Totals:
    """One a process."""

    def __init__(self) -> None:
        self._sorts: dict[Sort, Total] = {}
        self._whole: dict[str, Histogram] = {}
        self._first: dict[str, Histogram] = {}
        self._failures: dict[tuple[str, str], int] = {}
        self._providers: set[str] = set()

    def add(self, rows: Sequence[RequestRow]) -> None:
        """Add finished requests."""
        for row in rows:
            provider = self._provider(row.provider)
            sort = Sort(provider=provider, family=family(row.model), format=row.format, outcome=row.outcome)
            total = self._sorts.get(sort)
            if total is None:
                total = self._sorts[sort] = Total()
            total.requests += 1
            total.cost_nano += row.cost_nano or 0
            for name in _TOKENS:
                total.tokens[name] += getattr(row, f"{name}_tokens") or 0
            if row.outcome == "ok":
                _of(self._whole, provider, WHOLE_S).add(row.latency_us / 1e6)
                if row.first_token_us is not None:
                    _of(self._first, provider, FIRST_S).add(row.first_token_us / 1e6)
            for one in row.attempts:
                if one.failure is not None:
                    key = (self._provider(one.provider), one.failure)
                    self._failures[key] = self._failures.get(key, 0) + 1

    def _provider(self, name: str | None) -> str:
        if name is None:
            return ""
        if name not in self._providers:
            if len(self._providers) >= MOST_PROVIDERS:
                return OTHER
            self._providers.add(name)
        return name

    @property
    def sorts(self) -> Mapping[Sort, Total]:
        """The sums."""
        return self._sorts

    @property
    def whole(self) -> Mapping[str, Histogram]:
        """How long answers took, by provider."""
        return self._whole

    @property
    def first(self) -> Mapping[str, Histogram]:
        """How long streams took to begin, by provider."""
        return self._first

    @property
    def failures(self) -> Mapping[tuple[str, str], int]:
        """How often tries failed, by provider and failure kind."""
        return self._failures


def family(model: str | None) -> str:
    """Return what kind of model it is: names are made up by clients without end, families are few."""
    if model is None:
        return ""
    found = _FAMILIES.search(model.lower())
    return OTHER if found is None else found[0]


def _of(held: dict[str, Histogram], name: str, bounds: Sequence[float]) -> Histogram:
    found = held.get(name)
    if found is None:
        found = held[name] = Histogram(bounds)
    return found
