"""The laws of the strategies, for any figures and any luck."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.routing import strategies
from omniroute.routing.strategies import FADE_S, UNKNOWN_S, Draw, Order, peak_latency, strain

COUNTS = st.integers(0, 12)
WEIGHTS = st.lists(st.integers(0, 50), max_size=12)
PRICES = st.lists(st.none() | st.integers(0, 1000), max_size=12)
STRAINS = st.lists(st.floats(0, 100), max_size=12)
LOADS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50)), max_size=12)
WINDOWS = st.lists(st.none() | st.integers(1, 1000), max_size=12)
DRAWS = st.integers(0, 2**32).map(lambda seed: random.Random(seed).random)
SECONDS = st.floats(0, 1000)
# The ends of what a draw can give, where a place could fall off the list.
ENDS = st.sampled_from([0.0, 0.5, 1 - 2**-53]).map(lambda one: lambda: one)


def is_order(order: Order, count: int) -> bool:
    return sorted(order) == list(range(count))


@given(weights=WEIGHTS, draw=DRAWS | ENDS, turn=st.integers(0, 1000))
def test_every_strategy_lists_each_member_once(weights: list[int], draw: Draw, turn: int) -> None:
    count = len(weights)
    assert is_order(strategies.in_order(count), count)
    assert is_order(strategies.weighted(weights, draw), count)
    assert is_order(strategies.shuffled(count, draw), count)
    assert is_order(strategies.round_robin(count, turn, 3), count)
    assert is_order(strategies.last_good_first(count, count - 1 if count else None), count)
    assert is_order(strategies.two_choices([float(one) for one in weights], draw), count)
    assert is_order(strategies.least_strained([float(one) for one in weights]), count)
    assert is_order(strategies.cheapest(weights), count)
    assert is_order(strategies.least_used(weights, weights), count)


@given(weights=WEIGHTS.filter(any), draw=DRAWS | ENDS)
def test_without_weight_nobody_goes_first_and_the_rest_descend(weights: list[int], draw: Draw) -> None:
    first, *rest = strategies.weighted(weights, draw)
    assert weights[first] > 0
    assert [weights[place] for place in rest] == sorted((weights[place] for place in rest), reverse=True)


@pytest.mark.parametrize(("weights", "shares"), [([6, 3, 1], [0.6, 0.3, 0.1]), ([0, 0, 0], [1 / 3, 1 / 3, 1 / 3])])
def test_over_many_draws_weights_are_shares(weights: list[int], shares: list[float]) -> None:
    draw = random.Random(7).random
    firsts = Counter(strategies.weighted(weights, draw)[0] for _ in range(30_000))
    for place, share in enumerate(shares):
        assert abs(firsts[place] / 30_000 - share) < 0.015


def test_a_shuffle_is_fair() -> None:
    draw = random.Random(11).random
    orders = Counter(tuple(strategies.shuffled(3, draw)) for _ in range(30_000))
    assert len(orders) == 6
    assert all(abs(count - 5_000) < 350 for count in orders.values())


@given(count=st.integers(1, 12), sticky=st.integers(1, 7), rounds=st.integers(1, 4))
def test_in_whole_rounds_everybody_has_as_many_turns_all_in_a_row(count: int, sticky: int, rounds: int) -> None:
    firsts = [strategies.round_robin(count, turn, sticky)[0] for turn in range(count * sticky * rounds)]
    assert firsts == [place for place in range(count) for _ in range(sticky)] * rounds


@given(prices=PRICES)
def test_prices_ascend_and_unknown_ones_come_last(prices: list[int | None]) -> None:
    found = [prices[place] for place in strategies.cheapest(prices)]
    known = [price for price in found if price is not None]
    assert found[: len(known)] == sorted(known)


@given(loads=LOADS.filter(bool))
def test_the_least_used_has_the_fewest_under_way_and_then_the_fewest_ever(loads: list[tuple[int, int]]) -> None:
    order = strategies.least_used([one for one, _ in loads], [one for _, one in loads])
    assert [loads[place] for place in order] == sorted(loads)


@given(strains=STRAINS.filter(lambda found: len(found) > 1), draw=DRAWS | ENDS)
def test_of_two_drawn_the_less_strained_goes_first(strains: list[float], draw: Draw) -> None:
    first, second, *rest = strategies.two_choices(strains, draw)
    assert strains[first] <= strains[second]
    assert rest == sorted(rest)


def test_every_pair_is_drawn() -> None:
    draw = random.Random(3).random
    pairs = Counter(frozenset(strategies.two_choices([1.0] * 4, draw)[:2]) for _ in range(12_000))
    assert len(pairs) == 6
    assert all(abs(count - 2_000) < 250 for count in pairs.values())


@given(windows=WINDOWS, tokens=st.integers(0, 1000))
def test_what_is_too_small_is_left_out_unless_all_are(windows: list[int | None], tokens: int) -> None:
    order = strategies.fitting(windows, tokens)
    fit = [place for place, window in enumerate(windows) if window is None or window >= tokens]
    if fit:
        assert order == fit
    else:
        assert is_order(order, len(windows))
        found = [windows[place] or 0 for place in order]
        assert found == sorted(found, reverse=True)


@given(full=st.lists(st.booleans(), max_size=12))
def test_who_has_room_comes_first_and_the_order_stays(full: list[bool]) -> None:
    order = strategies.fill_first(full)
    assert order == [n for n, one in enumerate(full) if not one] + [n for n, one in enumerate(full) if one]


@given(before=st.floats(0.001, 100), idle=SECONDS, seen=st.floats(0.001, 100))
def test_a_rise_counts_at_once_and_a_fall_never_overshoots(before: float, idle: float, seen: float) -> None:
    after = peak_latency(before, idle, seen)
    if seen >= before:
        assert after == seen
    else:
        assert seen - 1e-9 <= after <= before + 1e-9
    assert peak_latency(None, idle, seen) == seen


@given(latency=st.floats(0.01, 100), idle=SECONDS, flying=st.integers(0, 50))
def test_strain_grows_with_what_is_under_way_and_fades_with_time(latency: float, idle: float, flying: int) -> None:
    assert strain(latency, idle, flying + 1) > strain(latency, idle, flying)
    assert strain(latency, idle + FADE_S, flying) <= strain(latency, idle, flying)
    assert strain(None, idle, flying) == UNKNOWN_S * (flying + 1)
    assert strain(latency, 0.0, 0) > strain(None, 0.0, 100), "what is unknown is found out"
