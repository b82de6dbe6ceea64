"""Spans of usage as lines of a chart and cells of a heat map: the busiest by name, the rest as one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from omniroute.ui.door import Data
from omniroute.ui.ranges import STEP_MS

# The busiest are told apart; a chart with more lines says less.
_MOST_LINES = 7
OTHERS = "\0others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What a chart shows. A sum is 0 where nothing was used; a mean is not known there, and can't be added up."""

    read: Callable[[Data], float | None]
    unit: str = ""
    is_sum: bool = True


MEASURES: Mapping[str, Measure] = {
    "cost": Measure(read=lambda used: float(used["cost"]), unit=" $"),
    "requests": Measure(read=lambda used: used["requests"]),
    "tokens": Measure(read=lambda used: used["promptTokens"] + used["completionTokens"]),
    "latency": Measure(read=lambda used: used["avgLatencyMs"], unit=" ms", is_sum=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Lines of points (UTC milliseconds, value), and their names, the largest first; OTHERS for the rest."""

    names: tuple[str, ...]
    lines: tuple[tuple[tuple[int, float | None], ...], ...]


def series_of(history: Data, measure: Measure) -> Series:
    """Return a history's spans as lines."""
    points: dict[str, dict[int, float | None]] = {}
    weight: dict[str, float] = {}
    starts: set[int] = set()
    for one in history["buckets"]:
        name, at = one["name"] or "", _at(one["start"])
        points.setdefault(name, {})[at] = measure.read(one["used"])
        weight[name] = weight.get(name, 0) + (
            _or_0(measure.read(one["used"])) if measure.is_sum else one["used"]["requests"]
        )
        starts.add(at)
    ordered = sorted(points, key=lambda name: -weight[name])
    # A name of its own for the last one, when that is all that would be put together.
    top = ordered if len(ordered) <= _MOST_LINES + 1 else ordered[:_MOST_LINES]
    times = _all(starts, history)
    lines = {name: points[name] for name in top}
    rest = ordered[len(top) :]
    if rest and measure.is_sum:
        lines[OTHERS] = {at: sum(_or_0(points[name].get(at)) for name in rest) for at in times}
    missing = 0.0 if measure.is_sum else None
    return Series(
        names=tuple(lines),
        lines=tuple(tuple((at, line.get(at, missing)) for at in times) for line in lines.values()),
    )


def _all(starts: set[int], history: Data) -> Sequence[int]:
    """Return the starts of all spans of a history, those without anything too."""
    if not starts:
        return ()
    step, earliest = STEP_MS[history["step"]], min(starts)
    first, last = _at(history["since"]), _at(history["until"])
    # Spans lie on a grid of their own, which the first one shows.
    begin = earliest - max(0, earliest - first) // step * step
    return range(begin, max(last, max(starts) + 1), step)


def by_hour(buckets: Iterable[Data], zone: tzinfo | None) -> list[tuple[int, int, float]]:
    """Return how many requests there were by hour of the day and day of the week (0 is Monday), in a zone."""
    sums = {(hour, day): 0 for hour in range(24) for day in range(7)}
    for one in buckets:
        at = datetime.fromisoformat(one["start"]).astimezone(zone)
        sums[at.hour, at.weekday()] += one["used"]["requests"]
    return [(hour, day, value) for (hour, day), value in sums.items()]


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _or_0(value: float | None) -> float:
    return value or 0
