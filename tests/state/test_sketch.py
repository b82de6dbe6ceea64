"""The laws of the sketch: within one per cent, and merging is the same as counting all in one."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.state.sketch import RELATIVE_ERROR, Sketch, Windows, merged

FIGURES = st.lists(st.floats(1e-5, 1e9), min_size=1, max_size=200)
SHARES = st.floats(0, 1)


def sketched(figures: Sequence[float]) -> Sketch:
    sketch = Sketch()
    for figure in figures:
        sketch.add(figure)
    return sketch


@given(figures=FIGURES, share=SHARES)
def test_a_quantile_is_within_one_per_cent_of_the_true_one(figures: list[float], share: float) -> None:
    true = sorted(figures)[math.floor(share * (len(figures) - 1))]
    found = sketched(figures).quantile(share)
    assert found is not None
    assert abs(found - true) <= true * (RELATIVE_ERROR + 1e-9)


@given(parts=st.lists(FIGURES, max_size=6), share=SHARES)
def test_merging_is_the_same_as_counting_all_in_one(parts: list[list[float]], share: float) -> None:
    together = merged(sketched(part) for part in parts)
    alone = sketched([figure for part in parts for figure in part])
    assert together.count == alone.count
    assert together.quantile(share) == alone.quantile(share)


def test_nothing_counted_gives_nothing_and_zero_is_a_figure() -> None:
    assert Sketch().quantile(0.5) is None
    assert sketched([0.0, 0.0, 5.0]).quantile(0.5) == 0.0


def test_a_day_of_latencies_takes_little_memory() -> None:
    sketch = sketched([1 + number % 60_000 for number in range(100_000)])
    assert len(sketch._bins) < 600


def test_a_window_holds_its_minutes_and_no_more() -> None:
    windows = Windows(most=60)
    for minute in range(90):
        windows.add(float(minute + 1), minute * 60.0)
    now = 89 * 60.0 + 59
    assert windows.last(1, now).count == 2
    assert windows.last(5, now).count == 6
    assert windows.last(60, now).count == 61
    assert windows.last(5, now).quantile(0) == pytest.approx(85, rel=RELATIVE_ERROR)
    assert windows.last(5, now + 120).count == 4, "older minutes leave the window though nothing new comes"
    assert not windows.is_old(now)
    assert windows.is_old(now + 3600)
