"""Which backups are kept, for any times."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from omniroute.routing.retention import Retention, outlived

START = datetime(2026, 1, 1, tzinfo=UTC)
TIMES = st.lists(st.integers(0, 120 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes)), max_size=60)
KEEPS = st.builds(Retention, hourly=st.integers(0, 9), daily=st.integers(0, 9), weekly=st.integers(0, 9))


def left(times: list[datetime], keep: Retention) -> list[datetime]:
    gone = outlived(times, keep)
    return [one for place, one in enumerate(times) if place not in gone]


@given(TIMES, KEEPS)
def test_the_newest_is_always_kept_and_never_more_than_was_asked_for(times: list[datetime], keep: Retention) -> None:
    kept = left(times, keep)
    assert bool(kept) == bool(times)
    if times:
        assert max(times) in kept
    assert len(kept) <= max(1, keep.hourly + keep.daily + keep.weekly)


@given(TIMES, KEEPS)
def test_a_second_time_nothing_more_goes_and_the_order_does_not_matter(times: list[datetime], keep: Retention) -> None:
    kept = left(times, keep)
    assert outlived(kept, keep) == frozenset()
    assert sorted(left(times[::-1], keep)) == sorted(kept)


@given(TIMES, KEEPS)
def test_each_of_the_last_hours_days_and_weeks_keeps_its_newest(times: list[datetime], keep: Retention) -> None:
    kept = set(left(times, keep))
    for count, period in (
        (keep.hourly, lambda at: (at.date(), at.hour)),
        (keep.daily, lambda at: at.date()),
        (keep.weekly, lambda at: at.isocalendar()[:2]),
    ):
        newest = {period(one): one for one in sorted(times)}
        assert set(sorted(newest.values(), reverse=True)[:count]) <= kept


@given(TIMES, KEEPS, st.integers(0, 9))
def test_to_keep_more_never_removes_more(times: list[datetime], keep: Retention, more: int) -> None:
    wider = Retention(hourly=keep.hourly + more, daily=keep.daily, weekly=keep.weekly)
    assert outlived(times, wider) <= outlived(times, keep)
