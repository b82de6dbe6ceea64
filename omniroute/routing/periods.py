"""The periods of budgets, in UTC: a calendar day, an ISO week (from Monday on), a calendar month."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum


class Period(StrEnum):
    """How often a budget begins anew."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


def span(period: Period, now_ms: int) -> tuple[int, int]:
    """Return the start and the end (both UTC milliseconds, the end not included) of the period around `now_ms`."""
    day = datetime.fromtimestamp(now_ms // 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case Period.DAILY:
            start, end = day, day + timedelta(days=1)
        case Period.WEEKLY:
            start = day - timedelta(days=day.weekday())
            end = start + timedelta(days=7)
        case Period.MONTHLY:
            start = day.replace(day=1)
            end = (start + timedelta(days=32)).replace(day=1)
    return int(start.timestamp()) * 1000, int(end.timestamp()) * 1000
