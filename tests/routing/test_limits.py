"""Windows and meters, held against what they promise: in no minute does more go through than the limit says."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.routing.limits import (
    EMPTY,
    SPAN_S,
    Meter,
    Rates,
    Window,
    added,
    brought,
    current,
    ended,
    judged,
    taken,
    undone,
    wait_s,
)

steps = st.lists(st.tuples(st.floats(0, 40), st.integers(1, 30)), max_size=80)


@given(steps=steps, limit=st.integers(1, 60))
def test_in_no_minute_more_goes_through_than_the_limit_says(steps: list[tuple[float, int]], limit: int) -> None:
    now, window = 1000.0, EMPTY
    passed: list[tuple[float, int]] = []
    for pause, amount in steps:
        now += pause
        window = current(window, now)
        if not wait_s(window, now, amount, limit):
            window = added(window, now, amount)
            passed.append((now, amount))
    for start, _ in passed:
        assert sum(amount for at, amount in passed if start <= at < start + SPAN_S) <= limit


@given(steps=steps, limit=st.integers(1, 60), wanted=st.integers(1, 60))
def test_whoever_waits_as_long_as_told_gets_through_and_not_much_sooner(
    steps: list[tuple[float, int]], limit: int, wanted: int
) -> None:
    now, window = 1000.0, EMPTY
    for pause, amount in steps:
        now += pause
        window = added(current(window, now), now, amount)
    wait = wait_s(window, now, wanted, limit)
    if wanted > limit:
        assert wait == inf
        return
    later = now + wait
    assert wait_s(current(window, later), later, wanted, limit) == 0
    if wait > 1.5:
        sooner = later - 1.5
        assert wait_s(current(window, sooner), sooner, wanted, limit) > 0


@given(steps=steps)
def test_a_window_sums_up_what_it_holds_and_stays_small(steps: list[tuple[float, int]]) -> None:
    now, window = 1000.0, EMPTY
    for pause, amount in steps:
        now += pause
        window = added(current(window, now), now, amount)
        assert window.total == sum(held for _, held in window.slots)
        assert len(window.slots) <= SPAN_S + 2


def test_what_turned_out_otherwise_is_put_right_in_its_own_second() -> None:
    window = added(added(EMPTY, 10.0, 100), 12.0, 50)
    assert added(window, 10.5, -70) == Window(((10, 30), (12, 50)), 80)
    assert added(window, 12.9, 5) == Window(((10, 100), (12, 55)), 155)
    assert added(window, 11.0, 4) == Window(((10, 100), (11, 4), (12, 50)), 154)
    assert added(window, 3.0, 4) == window
    assert added(window, 10.0, -500).total == 50


@pytest.mark.parametrize(
    ("meter", "rates", "kind"),
    [
        (Meter(open=2), Rates(concurrent=2), "concurrency"),
        (Meter(last=99.9), Rates(gap_s=0.5), "pace"),
        (Meter(requests=Window(((99, 3),), 3)), Rates(requests_per_minute=3), "requests"),
        (Meter(tokens=Window(((99, 90),), 90)), Rates(tokens_per_minute=99), "tokens"),
    ],
)
def test_each_limit_says_that_it_stands_in_the_way(meter: Meter, rates: Rates, kind: str) -> None:
    refusal = judged(meter, rates, 100.0, 10)
    assert refusal is not None
    assert refusal.kind == kind
    assert refusal.wait_s > 0
    assert judged(meter, Rates(), 100.0, 10) is None


def test_a_request_that_ends_frees_its_place_and_what_it_did_not_use() -> None:
    meter = taken(Meter(), 10.0, 100)
    assert (meter.open, meter.requests.total, meter.tokens.total) == (1, 1, 100)
    over = ended(meter, 10.0, -60)
    assert (over.open, over.requests.total, over.tokens.total) == (0, 1, 40)
    never = undone(meter, 10.0, 100, -inf)
    assert (never.open, never.requests.total, never.tokens.total) == (0, 0, 0)
    assert brought(over, 100.0) == Meter(last=10.0)
