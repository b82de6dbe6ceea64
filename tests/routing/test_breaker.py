"""The laws of the state machine before every connection, model and provider, at any moment and for any history."""

from dataclasses import dataclass, replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from omniroute.routing.breaker import (
    FORGET_S,
    MAX_LEVEL,
    Cooled,
    Failed,
    Grip,
    Phase,
    Probed,
    Released,
    Spent,
    Standing,
    Succeeded,
    Verdict,
    after,
    is_stale,
    order,
    phase,
    verdict,
)

TIMES = st.floats(0, 1e6)
WAITS = st.floats(0.1, 1000)
NAMED = st.none() | st.floats(0, 10_000)
SOFT = Failed(
    reason="transient",
    message="words",
    first_s=3,
    cap_s=60,
    max_level=15,
    threshold=None,
    open_s=30,
    began=0,
)


def fail(before: Standing | None, now: float, **more: object) -> Standing:
    """Fail with a try that began just now."""
    fields: dict[str, object] = {"began": now, **more}
    standing = after(before, replace(SOFT, **fields), now)  # type: ignore[arg-type]  # names come from the tests below
    assert standing is not None
    return standing


# ── waits ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(
    now=TIMES, first=WAITS, cap=WAITS, history=st.lists(st.tuples(st.floats(0, 100), NAMED), min_size=1, max_size=30)
)
def test_no_rest_ends_before_the_time_a_provider_named(
    now: float, first: float, cap: float, history: list[tuple[float, float | None]]
) -> None:
    standing: Standing | None = None
    named_until = 0.0
    for passed, named in history:
        now += passed
        standing = fail(standing, now, first_s=first, cap_s=cap, named_s=named)
        if named is not None:
            named_until = max(named_until, now + named)
        assert standing.until >= named_until
        assert standing.until >= now
        assert standing.level <= MAX_LEVEL
        if now < named_until:
            assert verdict(standing, now) is Verdict.REFUSED


@given(now=TIMES, first=WAITS, cap=WAITS, count=st.integers(1, 40), most=st.integers(0, 20))
def test_without_a_named_time_the_rest_doubles_up_to_the_cap_and_the_level(
    now: float, first: float, cap: float, count: int, most: int
) -> None:
    standing: Standing | None = None
    lengths = []
    for number in range(count):
        standing = fail(standing, now, first_s=first, cap_s=cap, max_level=most)
        expected = min(first * 2.0 ** min(number, most, MAX_LEVEL - 1), cap)
        assert abs(standing.until - now - expected) < 1e-6
        lengths.append(standing.until - now)
        assert standing.grip is Grip.SOFT
    assert lengths == sorted(lengths)


@given(now=TIMES, named=st.floats(0, 1e5), count=st.integers(1, 20))
def test_a_named_time_wins_over_any_backoff(now: float, named: float, count: int) -> None:
    standing: Standing | None = None
    for _ in range(count):
        standing = fail(standing, now, threshold=5)
        now = standing.until
    assert fail(standing, now, threshold=5, named_s=named).until == now + named


def test_a_shorter_named_time_does_not_shorten_a_longer_one() -> None:
    first = fail(None, 100, named_s=60)
    assert fail(first, 101, named_s=5).until == 160
    assert fail(first, 101, named_s=120).until == 221


def test_a_failure_without_a_named_time_neither_frees_nor_prolongs_a_named_one() -> None:
    after_it = fail(fail(None, 100, named_s=60), 159)
    assert (after_it.until, after_it.grip) == (160, Grip.NAMED)


def test_fifty_failures_at_once_count_as_one_for_the_backoff() -> None:
    standing = fail(None, 100)
    for _ in range(49):
        standing = fail(standing, 100.5, began=99)
    assert (standing.until, standing.level, standing.failures) == (103, 1, 50)


def test_an_answer_from_before_a_named_rest_does_not_end_it() -> None:
    named = fail(None, 100, named_s=60)
    assert after(named, Succeeded(began=90), 110) is named
    assert after(named, Succeeded(began=90), 161) is None
    assert after(fail(None, 100), Succeeded(began=90), 101) is None, "a mere cooldown ends with any answer"


# ── the breaker ─────────────────────────────────────────────────────────────────────────────────────────────────────


def opened(now: float = 100) -> Standing:
    standing: Standing | None = None
    for _ in range(5):
        standing = fail(standing, now, threshold=5)
    assert standing is not None
    return standing


def test_so_many_failures_in_a_row_open_it() -> None:
    standing: Standing | None = None
    for number in range(1, 5):
        standing = fail(standing, 100, threshold=5, cap_s=10)
        assert phase(standing, 100) is Phase.COOLING, number
    standing = fail(standing, 100, threshold=5, cap_s=10)
    assert (phase(standing, 100), verdict(standing, 100)) == (Phase.OPEN, Verdict.REFUSED)
    assert standing.until == 130


def test_an_answer_in_between_begins_the_count_anew() -> None:
    standing: Standing | None = None
    for _ in range(4):
        standing = fail(standing, 100, threshold=5)
    standing = after(standing, Succeeded(began=100), 101)
    assert standing is None
    assert phase(fail(standing, 102, threshold=5), 102) is Phase.COOLING


def test_a_lock_closes_off_at_once_and_ends_with_a_probe() -> None:
    locked = fail(None, 100, locks=True, first_s=120, cap_s=120)
    assert verdict(locked, 219) is Verdict.REFUSED
    assert verdict(locked, 220) is Verdict.PROBE


def test_when_its_time_is_over_one_probe_is_let_through() -> None:
    standing = opened()
    over = standing.until
    assert (phase(standing, over), verdict(standing, over)) == (Phase.HALF_OPEN, Verdict.PROBE)
    probing = after(standing, Probed(), over)
    assert verdict(probing, over) is Verdict.REFUSED
    assert phase(probing, over) is Phase.HALF_OPEN
    released = after(probing, Released(), over + 1)
    assert verdict(released, over + 1) is Verdict.PROBE, "a probe that told nothing leaves room for the next"


def test_a_probe_that_fails_opens_it_for_longer_and_one_that_is_answered_closes_it() -> None:
    standing = fail(opened(), 1_000, threshold=5, is_probe=True, cap_s=1_000)
    probing = after(standing, Probed(), standing.until)
    assert probing is not None
    again = fail(probing, standing.until, threshold=5, is_probe=True, cap_s=1_000)
    assert again.until - again.since > standing.until - standing.since > 30
    assert not again.probing
    assert after(probing, Succeeded(began=0, is_probe=True), standing.until) is None


def test_after_a_named_time_everybody_may_come_again() -> None:
    named = fail(None, 100, named_s=60)
    assert (verdict(named, 159), verdict(named, 160)) == (Verdict.REFUSED, Verdict.FREE)
    assert (phase(named, 159), phase(named, 160)) == (Phase.COOLING, Phase.CLOSED)


def test_a_soft_rest_leaves_the_last_resort() -> None:
    soft = fail(None, 100)
    assert verdict(soft, 101) is Verdict.LAST
    probing = after(soft, Probed(), 103)
    assert verdict(probing, 103) is Verdict.LAST


@given(wait=st.floats(1, 1e4), back=st.floats(0.001, 1e6))
def test_a_clock_that_went_back_locks_nothing_for_longer(wait: float, back: float) -> None:
    standing = fail(None, 1e6, named_s=wait)
    assert not standing.is_resting(1e6 - back)
    assert verdict(standing, 1e6 - back) is not Verdict.REFUSED
    assert standing.left(1e6 - back) == 0


@given(wait=st.floats(0, 1e4), forward=st.floats(0, 1e6))
def test_a_clock_that_went_forward_only_ends_what_is_over(wait: float, forward: float) -> None:
    standing = fail(None, 0, named_s=wait)
    assert standing.is_resting(forward) is (forward < wait)


def test_what_is_over_for_long_is_stale() -> None:
    standing = fail(None, 100)
    assert not is_stale(standing, 101)
    assert not is_stale(standing, standing.until + FORGET_S - 1)
    assert is_stale(standing, standing.until + FORGET_S + 1)


# ── a provider, which has several accounts ──────────────────────────────────────────────────────────────────────────


def cooled(member: str, *, is_probe: bool = False) -> Cooled:
    return Cooled(
        member=member, reason="transient", message="words", threshold=3, open_s=30, cap_s=60, is_probe=is_probe
    )


def test_one_account_alone_never_opens_its_providers_breaker() -> None:
    standing: Standing | None = None
    for number in range(50):
        standing = after(standing, cooled("a"), number)
        assert verdict(standing, number) is Verdict.FREE


def test_several_accounts_without_an_answer_in_between_do() -> None:
    standing = after(after(None, cooled("a"), 1), cooled("b"), 2)
    assert verdict(standing, 2) is Verdict.FREE
    assert after(standing, Succeeded(began=0), 2.5) is None
    standing = after(standing, cooled("a"), 3)
    assert (verdict(standing, 3), verdict(standing, 33)) == (Verdict.REFUSED, Verdict.PROBE)
    assert standing is not None
    probed = after(after(standing, Probed(), 33), cooled("b", is_probe=True), 34)
    assert probed is not None
    assert (probed.until, probed.probing) == (94, False), "twice as long, up to the cap"


# ── any history ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Histories(RuleBasedStateMachine):
    """Failures, answers, probes and jumping clocks in any order: what must hold at every moment."""

    @initialize()
    def start(self) -> None:
        self.now = 1_000.0
        self.standing: Standing | None = None
        self.probes = 0

    @rule(seconds=st.floats(0, 200))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(seconds=st.floats(-500, 500))
    def jump(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def ask(self) -> None:
        """Somebody wants to try, and takes the probe when it is his."""
        if verdict(self.standing, self.now) is Verdict.PROBE:
            self.standing = after(self.standing, Probed(), self.now)
            self.probes += 1

    @rule(named=st.none() | st.floats(0, 300), locks=st.booleans(), ago=st.floats(0, 60))
    def other_fails(self, named: float | None, locks: bool, ago: float) -> None:
        self.standing = fail(self.standing, self.now, began=self.now - ago, named_s=named, locks=locks, threshold=5)

    @precondition(lambda self: self.probes)
    @rule(named=st.none() | st.floats(0, 300))
    def probe_fails(self, named: float | None) -> None:
        self.standing = fail(self.standing, self.now, is_probe=True, named_s=named, threshold=5)
        self.probes -= 1
        # A wait too short for the clock to tell is none.
        is_none_named = named is not None and self.now + named == self.now
        assert verdict(self.standing, self.now) is not Verdict.PROBE or is_none_named

    @precondition(lambda self: self.probes)
    @rule()
    def probe_tells_nothing(self) -> None:
        self.standing = after(self.standing, Released(), self.now)
        self.probes -= 1

    @precondition(lambda self: self.probes)
    @rule()
    def probe_is_answered(self) -> None:
        self.standing = after(self.standing, Succeeded(began=self.now, is_probe=True), self.now)
        self.probes -= 1
        assert self.standing is None

    @invariant()
    def never_two_probes(self) -> None:
        assert self.probes <= 1
        assert self.probes == (self.standing is not None and self.standing.probing)

    @invariant()
    def nothing_is_locked_for_longer_than_was_meant(self) -> None:
        if self.standing is not None and not self.standing.probing:
            longest = max(self.standing.until - self.standing.since, 0)
            assert self.standing.left(self.now) <= longest
            assert verdict(self.standing, self.standing.until) is not Verdict.REFUSED


TestHistories = Histories.TestCase


# ── orders ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Item:
    number: int
    verdict: Verdict
    until: float


ITEMS = st.lists(st.tuples(st.sampled_from(Verdict), st.floats(0, 200)), max_size=8).map(
    lambda found: [Item(number, *one) for number, one in enumerate(found)]
)
OPEN_TO_ALL = {Verdict.FREE, Verdict.PROBE}


@given(items=ITEMS)
def test_the_order_holds_every_item_once_but_those_refused(items: list[Item]) -> None:
    ordered = order(items, lambda one: (one.verdict, one.until))
    assert sorted(one.number for one in ordered) == [one.number for one in items if one.verdict is not Verdict.REFUSED]


@given(items=ITEMS)
def test_the_free_come_first_in_their_order_then_the_last_resorts_soonest_first(items: list[Item]) -> None:
    ordered = order(items, lambda one: (one.verdict, one.until))
    for earlier, later in pairwise(ordered):
        if later.verdict in OPEN_TO_ALL:
            assert earlier.verdict in OPEN_TO_ALL
            assert earlier.number < later.number
        elif earlier.verdict is Verdict.LAST:
            assert earlier.until <= later.until


# ── limits with nothing left ────────────────────────────────────────────────────────────────────────────────────────


@given(now=TIMES, left=WAITS, later=st.floats(0, 2000))
def test_a_scope_with_nothing_left_comes_last_until_the_reset_is_free_after_and_is_never_refused(
    now: float, left: float, later: float
) -> None:
    standing = after(None, Spent(reason="used_up", message="words", left_s=left), now)
    assert standing is not None
    found = verdict(standing, now + later)
    assert found is (Verdict.LAST if now + later < standing.until else Verdict.FREE)
    assert after(standing, Succeeded(began=now - 1), now) is standing, "the answer that said so takes nothing back"
    assert after(standing, Succeeded(began=now + 1), now + 2) is None, "it answered although nothing was left"


@given(now=TIMES, left=st.floats(-100, 1000), more=st.fixed_dictionaries({"named_s": NAMED, "locks": st.booleans()}))
def test_nothing_left_never_loosens_nor_shortens_what_failures_led_to(
    now: float, left: float, more: dict[str, object]
) -> None:
    before = fail(None, now, **more)
    standing = after(before, Spent(reason="used_up", message="words", left_s=left), now)
    assert standing is not None
    assert standing.until >= before.until
    if before.grip in {Grip.NAMED, Grip.FIRM} or left <= 0:
        assert standing is before
