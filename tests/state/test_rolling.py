"""Sums of the last while."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.state.rolling import LONG_S, SHORT_S, Rolling, Sums


def one(requests: int = 1) -> Sums:
    sums = Sums()
    sums.requests = requests
    return sums


@given(st.lists(st.floats(0, 7_000), max_size=50), st.integers(1, LONG_S), st.floats(0, 7_000))
def test_a_window_holds_what_happened_in_it_to_the_width_of_a_cell(
    times: list[float], window_s: int, now: float
) -> None:
    times = sorted(at for at in times if at <= now)
    rolling: Rolling[str] = Rolling()
    for at in times:
        rolling.add(at, "k", one())
    found = rolling.within(window_s, now).get("k", Sums()).requests
    width = 1 if window_s <= SHORT_S else 10
    assert sum(now - at < window_s - width for at in times) <= found <= sum(now - at < window_s + width for at in times)


def test_sums_are_kept_apart_by_key() -> None:
    rolling: Rolling[str] = Rolling()
    rolling.add(5, "a", one())
    rolling.add(5, "b", one(2))
    rolling.add(6, "a", one(3))
    assert {key: sums.requests for key, sums in rolling.within(60, 7).items()} == {"a": 4, "b": 2}


def test_times_of_a_window_make_one_distribution() -> None:
    rolling: Rolling[str] = Rolling()
    for number in range(1, 101):
        sums = one()
        sums.latency.add(float(number))
        rolling.add(number, "k", sums)
    found = rolling.within(SHORT_S, 100)["k"].latency
    assert found.count == 100
    assert found.quantile(0.5) == pytest.approx(50, rel=0.03)
