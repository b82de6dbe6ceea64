"""The laws of cooldowns, at any moment and for any history."""

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from omniroute.routing.cooldown import MAX_LEVEL, Cooldown, after_failure, order

TIMES = st.floats(0, 1e6)
WAITS = st.floats(0.1, 1000)
NAMED = st.none() | st.floats(0, 10_000)


def fail(before: Cooldown | None, now: float, *, first: float = 3, cap: float = 60, named: float | None) -> Cooldown:
    return after_failure(before, now=now, first_s=first, cap_s=cap, named_s=named, reason="rate", message="words")


@given(
    now=TIMES, first=WAITS, cap=WAITS, history=st.lists(st.tuples(st.floats(0, 100), NAMED), min_size=1, max_size=30)
)
def test_no_wait_ends_before_the_time_a_provider_named(
    now: float, first: float, cap: float, history: list[tuple[float, float | None]]
) -> None:
    cooldown: Cooldown | None = None
    named_until = 0.0
    for passed, named in history:
        now += passed
        cooldown = fail(cooldown, now, first=first, cap=cap, named=named)
        if named is not None:
            named_until = max(named_until, now + named)
        assert cooldown.until >= named_until
        assert cooldown.until >= now
        assert cooldown.level <= MAX_LEVEL
        assert named is None or cooldown.binding


@given(now=TIMES, first=WAITS, cap=WAITS, count=st.integers(1, 40))
def test_without_a_named_time_the_wait_doubles_up_to_the_cap(now: float, first: float, cap: float, count: int) -> None:
    cooldown: Cooldown | None = None
    for number in range(count):
        cooldown = fail(cooldown, now, first=first, cap=cap, named=None)
        expected = min(first * 2.0 ** min(number, MAX_LEVEL - 1), cap)
        assert abs(cooldown.until - now - expected) < 1e-6
        assert not cooldown.binding


def test_a_shorter_named_time_does_not_shorten_a_longer_one() -> None:
    first = fail(None, 100, named=60)
    assert fail(first, 101, named=5).until == 160
    assert fail(first, 101, named=120).until == 221


def test_a_failure_without_a_named_time_does_not_free_a_bound_target() -> None:
    bound = fail(None, 100, named=60)
    after = fail(bound, 101, named=None)
    assert (after.until, after.binding, after.level) == (160, True, 2)


def test_once_the_named_time_has_passed_the_doubling_goes_on() -> None:
    bound = fail(None, 100, named=1)
    after = fail(bound, 102, named=None)
    assert (after.until, after.binding) == (108, False)


@dataclass(frozen=True, slots=True)
class Target:
    number: int
    cooldown: Cooldown | None


COOLDOWNS = st.none() | st.builds(
    Cooldown,
    until=st.floats(0, 200),
    reason=st.just("rate"),
    message=st.just("words"),
    level=st.integers(1, MAX_LEVEL),
    binding=st.booleans(),
)
TARGETS = st.lists(COOLDOWNS, max_size=8).map(lambda found: [Target(n, one) for n, one in enumerate(found)])


@given(targets=TARGETS, now=st.floats(0, 200))
def test_the_order_holds_every_target_once_but_those_bound(targets: list[Target], now: float) -> None:
    ordered = order(targets, lambda one: one.cooldown, now)
    bound = [one for one in targets if one.cooldown and one.cooldown.binding and one.cooldown.until > now]
    assert sorted(one.number for one in [*ordered, *bound]) == [one.number for one in targets]


@given(targets=TARGETS, now=st.floats(0, 200))
def test_the_free_come_first_in_their_order_then_the_cooling_soonest_first(targets: list[Target], now: float) -> None:
    ordered = order(targets, lambda one: one.cooldown, now)
    waits = [max(one.cooldown.until - now, 0) if one.cooldown else 0 for one in ordered]
    assert waits == sorted(waits)
    for earlier, later in pairwise(ordered):
        if is_free(earlier, now) and is_free(later, now):
            assert earlier.number < later.number, "nobody free overtakes"


def is_free(target: Target, now: float) -> bool:
    return target.cooldown is None or target.cooldown.until <= now
