"""What is held against a scope (a connection, one model on it, a provider) after failures: one state machine for all.

A failure puts the scope to rest. How firmly is its grip: COUNTED only counts; SOFT is a cooldown, and the scope may
still be tried when nothing else is left; NAMED lasts until the time that the provider itself named; FIRM is an open
breaker or a lockout, and nobody is let through. SPENT follows no failure: the provider said that nothing is left of a
limit until then; the scope comes last, and is free after. When a rest is over, one try is let through as a probe
(half-open): its success closes the breaker, its failure opens it for longer. After a named time everybody may come
again.

Nothing here knows a clock: `now` is handed in, in seconds. A clock that went back behind the start of a rest ends it,
so that a jump never locks anything for longer than was meant.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, TypeVar, assert_never

MAX_LEVEL = 32
# What is told of a scope that holds nothing back and just counts is forgotten after this long.
FORGET_S = 600.0

T = TypeVar("T")


class Grip(StrEnum):
    """How firmly a scope is held back."""

    COUNTED = "counted"
    SOFT = "soft"
    NAMED = "named"
    SPENT = "spent"
    FIRM = "firm"


class Phase(StrEnum):
    """What an operator is shown: the breaker's three states, and the two kinds of rest that leave it closed."""

    CLOSED = "closed"
    COOLING = "cooling"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Verdict(StrEnum):
    """Whether a try may be made now: freely, as the one probe, only when nothing else is left, or not at all."""

    FREE = "free"
    PROBE = "probe"
    LAST = "last"
    REFUSED = "refused"


class BreakerScope(NamedTuple):
    """What a breaker stands before: a provider by its name, a connection by its id, or one model on it."""

    provider: str = ""
    connection_id: str = ""
    model: str = ""


def scopes_of(provider: str, connection_id: str, model: str) -> tuple[BreakerScope, BreakerScope, BreakerScope]:
    """Return the breakers that stand before a model on a connection: the provider's, the connection's, the model's."""
    return (
        BreakerScope(provider=provider),
        BreakerScope(connection_id=connection_id),
        BreakerScope(connection_id=connection_id, model=model),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is held against a scope: `failures` in a row since `first_at`, the last at `since`, a rest until `until`.

    `level` is how often the rest was lengthened; a try that began before `since` says nothing new. `members` are those
    whose failures were counted, for a scope that has several.
    """

    grip: Grip
    reason: str
    message: str
    failures: int
    level: int
    first_at: float
    since: float
    until: float
    probing: bool = False
    members: frozenset[str] = frozenset()

    def is_resting(self, now: float) -> bool:
        """Whether its time is not over yet."""
        return self.since <= now < self.until

    def left(self, now: float) -> float:
        """Return how many seconds it rests on, 0 when that is over."""
        return self.until - now if self.is_resting(now) else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A try failed. `first_s` doubles at each failure in a row, at most `max_level` times and up to `cap_s`.

    `named_s` is the time that the provider named. `threshold` failures in a row open the breaker for `open_s` at
    least; None: this kind of failure opens none. `locks`: the scope is closed off at once. `began` is when the try
    began, `is_probe` whether it was the probe.
    """

    reason: str
    message: str
    first_s: float
    cap_s: float
    max_level: int
    threshold: int | None
    open_s: float
    began: float
    named_s: float | None = None
    locks: bool = False
    is_probe: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooled:
    """A member of the scope was put to rest. When `threshold` were, of two members at least, the breaker opens."""

    member: str
    reason: str
    message: str
    threshold: int
    open_s: float
    cap_s: float
    is_probe: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """A try that began at `began` was answered."""

    began: float
    is_probe: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """The one probe was let through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """The probe ended without saying anything of the scope: its client left, or its own request was at fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The provider said in an answer that nothing is left of a limit, for so many seconds."""

    reason: str
    message: str
    left_s: float


Event = Failed | Cooled | Succeeded | Probed | Released | Spent


def after(before: Standing | None, event: Event, now: float) -> Standing | None:
    """Return what is held against a scope after an event; None is nothing."""
    match event:
        case Failed():
            return _failed(before, event, now)
        case Cooled():
            return _member_cooled(before, event, now)
        case Succeeded():
            return _succeeded(before, event, now)
        case Probed():
            return None if before is None else replace(before, probing=True)
        case Released():
            return None if before is None else replace(before, probing=False)
        case Spent():
            return _spent(before, event, now)
        case _:
            assert_never(event)


def _failed(before: Standing | None, event: Failed, now: float) -> Standing:
    # What was under way when the scope was put to rest already counts, and lengthens nothing.
    is_news = before is None or event.is_probe or event.began >= before.since or now < before.since
    failures = 1 if before is None else before.failures + 1
    level = min((0 if before is None else before.level) + is_news, MAX_LEVEL)
    trips = event.threshold is not None and failures >= event.threshold
    wait = event.named_s if event.named_s is not None else _wait(event, level, trips=trips)
    grip = Grip.FIRM if trips or event.locks else Grip.NAMED if event.named_s is not None else Grip.SOFT
    until = now + wait
    if before is not None and before.is_resting(now):
        if event.named_s is None and not is_news and grip is before.grip:
            until = before.until
        elif _binds(before.grip):
            # A time that stands is never shortened, and a mere cooldown does not add to it.
            until = before.until if grip is Grip.SOFT else max(until, before.until)
            grip = _firmer(before.grip, grip)
    return Standing(
        grip=grip,
        reason=event.reason,
        message=event.message,
        failures=failures,
        level=level,
        first_at=now if before is None else min(before.first_at, now),
        since=now if is_news or before is None else before.since,
        until=until,
        probing=before is not None and before.probing and not event.is_probe,
    )


def _wait(event: Failed, level: int, *, trips: bool) -> float:
    doubled: float = min(event.first_s * 2 ** min(level - 1, event.max_level), event.cap_s)
    return max(doubled, event.open_s) if trips else doubled


def _binds(grip: Grip) -> bool:
    return grip in {Grip.NAMED, Grip.FIRM}


def _firmer(one: Grip, other: Grip) -> Grip:
    return Grip.FIRM if Grip.FIRM in {one, other} else Grip.NAMED


def _member_cooled(before: Standing | None, event: Cooled, now: float) -> Standing:
    members = (frozenset() if before is None else before.members) | {event.member}
    failures = 1 if before is None else before.failures + 1
    if before is not None and before.is_resting(now) and not event.is_probe:
        return replace(before, failures=failures, members=members)
    was_open = before is not None and before.grip is Grip.FIRM
    trips = was_open or (failures >= event.threshold and len(members) > 1)
    level = min((0 if before is None else before.level) + trips, MAX_LEVEL)
    wait = min(event.open_s * 2 ** (level - 1), max(event.cap_s, event.open_s)) if trips else 0.0
    return Standing(
        grip=Grip.FIRM if trips else Grip.COUNTED,
        reason=event.reason,
        message=event.message,
        failures=failures,
        level=level,
        first_at=now if before is None else min(before.first_at, now),
        since=now,
        until=now + wait,
        probing=before is not None and before.probing and not event.is_probe,
        members=members,
    )


def _succeeded(before: Standing | None, event: Succeeded, now: float) -> Standing | None:
    if before is None or event.is_probe:
        return None
    # An answer that was under way before a provider named its time, or before the breaker opened, changes neither.
    is_old = event.began < before.since and before.is_resting(now)
    return before if is_old and (_binds(before.grip) or before.grip is Grip.SPENT) else None


def _spent(before: Standing | None, event: Spent, now: float) -> Standing | None:
    until = now + event.left_s
    if event.left_s <= 0 or (before is not None and before.grip is not Grip.SPENT and _outlasts(before, until, now)):
        return before
    return Standing(
        grip=Grip.SPENT,
        reason=event.reason,
        message=event.message,
        failures=0 if before is None else before.failures,
        level=0 if before is None else before.level,
        first_at=now if before is None else min(before.first_at, now),
        since=now,
        until=until,
    )


def _outlasts(before: Standing, until: float, now: float) -> bool:
    """Whether what is held against the scope is stricter than to come last, or lasts longer."""
    return before.probing or _binds(before.grip) or (before.is_resting(now) and before.until >= until)


def verdict(standing: Standing | None, now: float) -> Verdict:
    """Say whether a try may be made now."""
    if standing is None or standing.grip is Grip.COUNTED:
        return Verdict.FREE
    if standing.probing or standing.is_resting(now):
        return Verdict.LAST if standing.grip in {Grip.SOFT, Grip.SPENT} else Verdict.REFUSED
    return Verdict.FREE if standing.grip in _FREE_AFTER else Verdict.PROBE


def phase(standing: Standing | None, now: float) -> Phase:
    """Say what an operator is shown."""
    if standing is None or standing.grip is Grip.COUNTED:
        return Phase.CLOSED
    if standing.is_resting(now) and not standing.probing:
        return Phase.OPEN if standing.grip is Grip.FIRM else Phase.COOLING
    return Phase.CLOSED if standing.grip in _FREE_AFTER else Phase.HALF_OPEN


_FREE_AFTER = frozenset({Grip.NAMED, Grip.SPENT})


def is_stale(standing: Standing, now: float) -> bool:
    """Whether it is so long over that nobody needs to know of it."""
    return not standing.probing and not standing.is_resting(now) and abs(now - standing.until) > FORGET_S


def order(items: Iterable[T], of: Callable[[T], tuple[Verdict, float]]) -> list[T]:
    """Put what is free first, in the order given, then what is the last resort, the soonest free first.

    `of` gives an item's verdict and until when it rests; what is refused is left out.
    """
    free: list[T] = []
    last: list[tuple[float, int, T]] = []
    for number, item in enumerate(items):
        found, until = of(item)
        if found in {Verdict.FREE, Verdict.PROBE}:
            free.append(item)
        elif found is Verdict.LAST:
            last.append((until, number, item))
    return free + [item for _, _, item in sorted(last, key=lambda one: one[:2])]
