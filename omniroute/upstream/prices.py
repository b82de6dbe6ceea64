"""What tokens cost and how many a model takes: a table compiled from public price lists, and exact arithmetic on it.

A price that is not known stays unknown: it is never guessed from a similar model or another provider. Servers on this
machine cost nothing. Money is in billionths of a dollar (nano), so that sums stay whole numbers.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from omniroute.formats.hub import Usage
from omniroute.kit import json
from omniroute.kit.clock import Clock, SystemClock
from omniroute.upstream.catalogue import find

_TABLE = Path(__file__).with_name("prices.json")
_NANO: Final = 1_000_000_000
_PER: Final = 1_000_000  # prices are for a million tokens
_MAX_CACHED: Final = 4096  # model names come from clients
_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])([0-2]\d|3[01])(?=[-:]|$)")

_Match = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Nano-dollars for a million tokens of each kind. None = no price of its own: input's or output's counts."""

    input: int = 0
    output: int = 0
    cache_read: int | None = None
    cache_write: int | None = None
    audio_input: int | None = None
    reasoning: int | None = None
    audio_output: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Prices that hold for the whole request once its input is longer than `above` tokens."""

    above: int
    prices: Prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a model costs at a provider. `tiers` ascend; `request` is nano-dollars for each request."""

    model: str
    prices: Prices
    tiers: tuple[Tier, ...] = ()
    request: int = 0

    def at(self, input_tokens: int) -> Prices:
        """Return the prices for a request with this much input."""
        for tier in reversed(self.tiers):
            if input_tokens > tier.above:
                return tier.prices
        return self.prices


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phase:
    """A rate and when it holds: from a day on, or between two times of the day (UTC)."""

    rate: Rate
    since: date | None = None
    hours: tuple[time, time] | None = None

    def holds(self, now: datetime) -> bool:
        if self.since is not None and now.date() < self.since:
            return False
        if self.hours is None:
            return True
        start, end = self.hours
        clock = now.timetz().replace(tzinfo=None)
        return start <= clock < end if start <= end else clock >= start or clock < end


def cost_nano(rate: Rate, usage: Usage) -> int:
    """Return the cost in nano-dollars, rounded half up once. A figure the vendor left out counts as none."""
    input_tokens, output_tokens = usage.input or 0, usage.output or 0
    prices = rate.at(input_tokens)
    total = _side(
        input_tokens,
        prices.input,
        (usage.cache_read, prices.cache_read),
        (usage.cache_write, prices.cache_write),
        (usage.audio_input, prices.audio_input),
    ) + _side(
        output_tokens,
        prices.output,
        (usage.reasoning, prices.reasoning),
        (usage.audio_output, prices.audio_output),
    )
    return (total + _PER // 2) // _PER + rate.request


def _side(tokens: int, price: int, *buckets: tuple[int | None, int | None]) -> int:
    """Price one side: the buckets at their own price, the rest of the inclusive figure at the plain one.

    The buckets together never count more tokens than the inclusive figure holds, whatever a vendor reports.
    """
    total, rest = 0, tokens
    for count, own in buckets:
        taken = min(count or 0, rest)
        total += taken * (price if own is None else own)
        rest -= taken
    return total + rest * price


class PriceBook:
    """Finds the rate of a model at a provider. A provider's rows are read when it is first asked for."""

    def __init__(self, table: Mapping[str, Any], clock: Clock) -> None:
        """`table` is prices.json as parsed."""
        self.version: str = table["version"]
        self._table = table["providers"]
        self._clock = clock
        self._rows: dict[str, tuple[_Row, ...]] = {}
        self._found: dict[tuple[str, str], _Row | None] = {}

    @classmethod
    def load(cls, clock: Clock | None = None) -> "PriceBook":
        """Read the table that comes with the package."""
        return cls(json.loads(_TABLE.read_bytes()), clock or SystemClock())

    def rate(self, provider_id: str, model_id: str) -> Rate | None:
        """Return what the model costs at this provider now, or None if that is not known."""
        row = self._row(provider_id, model_id)
        return None if row is None else row.rate(self._clock)

    def window(self, provider_id: str, model_id: str) -> int | None:
        """Return how many tokens the model takes at this provider, or None if that is not known."""
        row = self._row(provider_id, model_id)
        return None if row is None else row.window

    def _row(self, provider_id: str, model_id: str) -> "_Row | None":
        key = (provider_id, model_id)
        if key not in self._found:
            if len(self._found) >= _MAX_CACHED:
                self._found.clear()
            self._found[key] = self._search(provider_id, model_id)
        return self._found[key]

    def _search(self, provider_id: str, model_id: str) -> "_Row | None":
        record = find(provider_id)
        if record is not None and record.is_local:
            return _FREE
        if provider_id not in self._rows:
            self._rows[provider_id] = tuple(_Row(*row) for row in self._table.get(provider_id, ()))
        rows, name = self._rows[provider_id], model_id.lower()
        # Some resellers write a model's date without hyphens, the price lists with them.
        for spelling in dict.fromkeys((name, _COMPACT_DATE.sub(r"-\1-\2-\3", name))):
            for row in rows:
                if row.matches(spelling):
                    return row
        return None


class _Row:
    """One model of the table: its name, the rule that finds it, its rates in order of time, its context window."""

    def __init__(self, model: str, rule: Any, phases: list[dict[str, Any]], window: int | None = None) -> None:
        self._model, self._rule, self._raw = model, rule, phases
        self.window = window

    @cached_property
    def matches(self) -> _Match:
        return _match(self._rule)

    @cached_property
    def _phases(self) -> tuple[_Phase, ...]:
        return tuple(_phase(self._model, raw) for raw in self._raw)

    def rate(self, clock: Clock) -> Rate | None:
        """Return the rate that holds now; None for a model that is not paid by the token or the request."""
        if len(self._phases) < 2:  # noqa: PLR2004 - nothing to choose from
            return self._phases[0].rate if self._phases else None
        now = datetime.fromtimestamp(clock.now_ms() / 1000, UTC)
        holding = (phase.rate for phase in reversed(self._phases) if phase.holds(now))
        return next(holding, self._phases[0].rate)


_FREE = _Row("free", "", [{}])


def _match(rule: Any) -> _Match:
    """Make a predicate of a rule: `=text`, `^text`, `$text`, `~text`, `/regex`, or a list after `any` or `all`."""
    if isinstance(rule, list):
        parts = [_match(part) for part in rule[1:]]
        combine = any if rule[0] == "any" else all
        return lambda name: combine(part(name) for part in parts)
    kind, text = rule[:1], rule[1:]
    return _RULES[kind](text)


_RULES: Mapping[str, Callable[[str], _Match]] = {
    "=": lambda text: lambda name: name == text,
    "^": lambda text: lambda name: name.startswith(text),
    "$": lambda text: lambda name: name.endswith(text),
    "~": lambda text: lambda name: text in name,
    "/": lambda text: lambda name: re.search(text, name) is not None,
}


def _phase(model: str, raw: Mapping[str, Any]) -> _Phase:
    tiers = tuple(Tier(above=above, prices=_prices(prices)) for above, prices in raw.get("tiers", ()))
    rate = Rate(model=model, prices=_prices(raw), tiers=tiers, request=_nano(raw.get("request", 0)))
    since, hours = raw.get("since"), raw.get("hours")
    return _Phase(
        rate=rate,
        since=date.fromisoformat(since) if since else None,
        hours=(time.fromisoformat(hours[0]), time.fromisoformat(hours[1])) if hours else None,
    )


def _prices(raw: Mapping[str, Any]) -> Prices:
    return Prices(**{name: _nano(raw[name]) for name in Prices.__dataclass_fields__ if name in raw})


def _nano(dollars: float) -> int:
    """Convert dollars; the table has at most nine decimals, so rounding only undoes the binary fraction."""
    return round(dollars * _NANO)
