"""A time as people choose it becomes the one that is asked for."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from omniroute.ui.ranges import CUSTOM, SPANS, Range, read_range, step_for

NOW = datetime(2030, 5, 20, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def test_a_span_goes_up_to_now() -> None:
    assert Range(span="24h").bounds(NOW, None) == (NOW - timedelta(days=1), NOW)


def test_own_days_are_of_the_viewers_zone_and_both_included() -> None:
    chosen = Range(span=CUSTOM, since="2030-05-01", until="2030-05-02")
    since, until = chosen.bounds(NOW, BERLIN)
    assert since == datetime(2030, 4, 30, 22, tzinfo=UTC)
    assert until == datetime(2030, 5, 2, 22, tzinfo=UTC)


def test_a_range_that_ends_later_ends_now() -> None:
    assert Range(span=CUSTOM, since="2030-05-19", until="2031-01-01").bounds(NOW, UTC)[1] == NOW


def test_an_address_without_a_known_span_means_the_usual_one() -> None:
    assert read_range({"span": "forever"}).span == "7d"
    assert read_range({"span": "custom", "since": "2030-05-01"}).given == {"span": "custom", "since": "2030-05-01"}


@given(some.sampled_from([*SPANS, CUSTOM]), some.text(max_size=12), some.text(max_size=12))
def test_any_range_begins_before_it_ends(span: str, since: str, until: str) -> None:
    first, last = Range(span=span, since=since, until=until).bounds(NOW, UTC)
    assert first < last


@pytest.mark.parametrize(("days", "step"), [(0.1, "MINUTE"), (1, "HOUR"), (14, "HOUR"), (30, "DAY"), (400, "DAY")])
def test_a_chart_has_few_enough_spans(days: float, step: str) -> None:
    assert step_for(NOW - timedelta(days=days), NOW) == step
