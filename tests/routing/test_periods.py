"""Days, ISO weeks and months in UTC."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.routing.periods import Period, span


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("period", "now", "start", "end"),
    [
        (Period.DAILY, "2026-11-24T23:59:59.999", "2026-11-24", "2026-11-25"),
        (Period.DAILY, "2026-11-25T00:00:00", "2026-11-25", "2026-11-26"),
        (Period.WEEKLY, "2026-11-29T12:00:00", "2026-11-23", "2026-11-30"),  # a Sunday
        (Period.WEEKLY, "2027-01-02T12:00:00", "2026-12-28", "2027-01-04"),  # ISO week 53
        (Period.MONTHLY, "2026-12-31T23:00:00", "2026-12-01", "2027-01-01"),
        (Period.MONTHLY, "2028-02-29T00:00:00", "2028-02-01", "2028-03-01"),
    ],
)
def test_a_period_begins_and_ends_as_the_calendar_says(period: Period, now: str, start: str, end: str) -> None:
    assert span(period, at(now)) == (at(start), at(end))


@given(st.sampled_from(Period), st.integers(946_684_800, 4_102_444_800))
def test_periods_follow_one_another_without_a_gap(period: Period, now_s: int) -> None:
    now = now_s * 1000
    start, end = span(period, now)
    assert start <= now < end
    assert span(period, end)[0] == end
    assert span(period, start - 1)[1] == start
    assert timedelta(days=1) <= timedelta(milliseconds=end - start) <= timedelta(days=31)
