"""Spans of usage become lines and cells without anything lost."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as some

from omniroute.ui.pages.analytics_series import MEASURES, OTHERS, by_hour, series_of

SINCE = datetime(2030, 5, 20, tzinfo=UTC)


def _history(*spans: tuple[int, str, int]) -> dict[str, Any]:
    return {
        "step": "HOUR",
        "since": SINCE.isoformat(),
        "until": (SINCE + timedelta(hours=24)).isoformat(),
        "buckets": [
            {
                "start": (SINCE + timedelta(hours=hour)).isoformat(),
                "name": name,
                "used": {"requests": count, "cost": str(count / 4), "avgLatencyMs": 10.0},
            }
            for hour, name, count in spans
        ],
    }


@given(some.dictionaries(some.tuples(some.integers(0, 23), some.integers(0, 20)), some.integers(1, 99), max_size=60))
def test_lines_add_up_to_all_requests(counts: dict[tuple[int, int], int]) -> None:
    history = _history(*((hour, f"model-{name}", count) for (hour, name), count in counts.items()))
    found = series_of(history, MEASURES["requests"])
    assert sum(value or 0 for line in found.lines for _, value in line) == sum(counts.values())
    assert len(found.lines) == len(found.names) <= 8
    assert len({tuple(at for at, _ in line) for line in found.lines}) <= 1


def test_hours_without_requests_are_zero_and_have_no_mean() -> None:
    history = _history((0, "a", 3), (1, "a", 1), (5, "a", 2))
    (line,) = series_of(history, MEASURES["requests"]).lines
    assert [value for _, value in line][:7] == [3, 1, 0, 0, 0, 2, 0]
    (means,) = series_of(history, MEASURES["latency"]).lines
    assert [value for _, value in means][:3] == [10.0, 10.0, None]


def test_the_smallest_stand_together() -> None:
    found = series_of(_history(*((0, f"m{number}", 100 - number) for number in range(12))), MEASURES["cost"])
    assert found.names == (*(f"m{number}" for number in range(7)), OTHERS)


def test_the_week_is_the_viewers() -> None:
    buckets = _history((23, "", 7))["buckets"]  # a Monday, late in the evening
    for zone, place in ((UTC, (23, 0)), (ZoneInfo("Asia/Tokyo"), (8, 1))):
        cells = by_hour(buckets, zone)
        assert [(hour, day) for hour, day, value in cells if value == 7] == [place]
        assert len(cells) == 7 * 24
