"""Which backups are kept: the newest of each of the last hours, days and weeks that have one; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many hours, days and ISO weeks keep their newest backup; those without one do not count."""

    hourly: int = 24
    daily: int = 14
    weekly: int = 8


def outlived(times: Sequence[datetime], keep: Retention) -> frozenset[int]:
    """Return the places in `times` of what need not be kept. The newest of all is always kept."""
    newest_first = sorted(range(len(times)), key=lambda place: (times[place], place), reverse=True)
    kept = set(newest_first[:1])
    for most, period in ((keep.hourly, _hour), (keep.daily, _day), (keep.weekly, _week)):
        kept |= set(_newest_of_each(newest_first, times, period)[:most])
    return frozenset(range(len(times))) - kept


def _newest_of_each(
    newest_first: Sequence[int], times: Sequence[datetime], period: Callable[[datetime], object]
) -> Sequence[int]:
    found: dict[object, int] = {}
    for place in newest_first:
        found.setdefault(period(times[place]), place)
    return list(found.values())


def _hour(at: datetime) -> object:
    return at.date(), at.hour


def _day(at: datetime) -> object:
    return at.date()


def _week(at: datetime) -> object:
    return at.isocalendar()[:2]
