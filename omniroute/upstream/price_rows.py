"""Reads the rows of prices.json: which names a row covers, and which of its prices hold when."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any, Final

from omniroute.upstream.rates import Prices, Rate, Tier

_NANO: Final = 1_000_000_000
_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])([0-2]\d|3[01])(?=[-:]|$)")

_Match = Callable[[str], bool]
# A service tier, since which day, its prices.
_Service = tuple[str, str | None, Mapping[str, Any]]


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


def spellings(model: str) -> list[str]:
    """Return how a model may be written in the table: some resellers write its date without hyphens."""
    name = model.lower()
    return list(dict.fromkeys((name, _COMPACT_DATE.sub(r"-\1-\2-\3", name))))


class Row:
    """One model of the table: its name, the rule that finds it, its rates, the last that holds first, its window."""

    def __init__(  # noqa: PLR0917 - as the table's lines are
        self,
        version: str,
        model: str,
        rule: Any,
        phases: list[dict[str, Any]],
        window: int | None = None,
        deprecated: bool | None = None,  # noqa: FBT001 - as above
    ) -> None:
        self.model = model
        self.deprecated = deprecated  # whether its provider ends it; None: not known
        self.window = window  # how many tokens the model takes, where that is known
        self._version, self._rule, self._raw = version, rule, phases

    @cached_property
    def matches(self) -> _Match:
        """Whether the row is about a model of this name."""
        return _match(self._rule)

    @cached_property
    def is_plain(self) -> bool:
        """Whether the price is the same at any time."""
        return len(self._raw) < 2 and not any(since for raw in self._raw for _, since, _ in raw.get("services", ()))  # noqa: PLR2004 - nothing to choose from

    @cached_property
    def only(self) -> Rate | None:
        """The one rate of a plain row; None for a model that is not paid by the token or the request."""
        return self.rate(0)

    @cached_property
    def _dates(self) -> list[str]:
        return sorted({since for raw in self._raw for _, since, _ in raw.get("services", ()) if since})

    @cached_property
    def _made(self) -> dict[int, tuple[_Phase, ...]]:
        return {}

    def rate(self, now_ms: int) -> Rate | None:
        """Return the rate that holds at a time (UTC milliseconds)."""
        now = datetime.fromtimestamp(now_ms / 1000, UTC)
        day = now.date().isoformat()
        begun = sum(since <= day for since in self._dates)
        phases = self._made.get(begun)
        if phases is None:
            phases = self._made[begun] = tuple(_phase(self.model, raw, day, self._version) for raw in self._raw)
        if not phases:
            return None
        return next((phase.rate for phase in reversed(phases) if phase.holds(now)), phases[0].rate)


FREE = Row("free", "free", "", [{}])


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


def _phase(model: str, raw: Mapping[str, Any], day: str, version: str) -> _Phase:
    since, hours = raw.get("since"), raw.get("hours")
    services = {name: rate_of(model, prices, version) for name, prices in _served(raw.get("services", ()), day)}
    return _Phase(
        rate=rate_of(model, raw, version, services),
        since=date.fromisoformat(since) if since else None,
        hours=(time.fromisoformat(hours[0]), time.fromisoformat(hours[1])) if hours else None,
    )


def _served(services: Iterable[_Service], day: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Give the service tiers whose prices hold on a day; of several the first counts, so it is given last."""
    return [(name, prices) for name, since, prices in reversed(list(services)) if since is None or since <= day]


def rate_of(model: str, raw: Mapping[str, Any], version: str, services: Mapping[str, Rate] | None = None) -> Rate:
    """Make a rate of dollars for a million tokens."""
    return Rate(
        model=model,
        prices=_prices(raw),
        tiers=tuple(Tier(above=above, prices=_prices(prices)) for above, prices in raw.get("tiers", ())),
        request=_nano(raw.get("request", 0)),
        version=version,
        **({"services": services} if services else {}),
    )


def _prices(raw: Mapping[str, Any]) -> Prices:
    return Prices(**{name: _nano(raw[name]) for name in Prices.__dataclass_fields__ if name in raw})


def _nano(dollars: float) -> int:
    """Convert dollars; the table has at most nine decimals, so rounding only undoes the binary fraction."""
    return round(dollars * _NANO)
