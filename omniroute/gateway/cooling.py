"""Holds what is held against connections, models on them and providers; in memory, told to whoever asks.

routing/breaker.py says what follows from what; here it is kept, put into words, and told to the bus. A request asks
`has_any` first: while nothing is held against anybody, nothing else is done.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from omniroute.gateway.snapshot import Route, Target
from omniroute.kit.clock import Clock
from omniroute.kit.events import BreakerChanged, ConnectionCooled
from omniroute.routing.breaker import (
    BreakerScope,
    Cooled,
    Event,
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
from omniroute.routing.profiles import Profile
from omniroute.routing.spent import UsedUp
from omniroute.state.bus import Bus
from omniroute.upstream.failures import Effect, Failure

# Clients can make up names of models without end; the oldest of those goes first.
MOST_SCOPES = 5_000
# What a rate limit without a named time comes to at first.
RATE_S = 1.0
# What a client is told to wait for while somebody else's probe is under way.
PROBE_WAIT_S = 1.0

# Why a connection comes last whose provider said that nothing is left of a limit.
USED_UP = "used_up"

# The scopes for which a try is the probe.
Permit = tuple[BreakerScope, ...]
FREELY: Permit = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What an operator sees of a connection: ready or cooling, until when (UTC ms), and the last failure's words."""

    status: str
    cooldown_until: int | None = None
    last_error: str | None = None


class Cooling:
    """Takes failures and successes, answers with an order of targets."""

    def __init__(self, clock: Clock, bus: Bus) -> None:
        self._clock = clock
        self._bus = bus
        self._held: dict[BreakerScope, Standing] = {}
        self.changed: set[BreakerScope] = set()  # since whoever keeps them looked last

    # ── what tries tell ─────────────────────────────────────────────────────────────────────────────────────────

    def failed(self, target: Target, failure: Failure, *, took_s: float = 0.0, permit: Permit = FREELY) -> None:
        """Note a failure of a try that took so long; a kind that is nobody's fault changes nothing."""
        effect = failure.rule.effect
        if effect is Effect.NONE:
            self.release(permit)
            return
        of_provider, of_connection, of_model = target.scopes
        scope = of_model if effect is Effect.LOCK_MODEL else of_connection
        now = self._clock.monotonic()
        was_resting = self._rests(of_connection, now)
        event = _event(target.profile, failure, began=now - took_s, is_probe=scope in permit)
        self._take(scope, event, now)
        if effect is Effect.COOL and (not was_resting or of_provider in permit):
            self._take(of_provider, _cooled(target, failure, is_probe=of_provider in permit), now)
            permit = tuple(one for one in permit if one is not of_provider)
        self.release(tuple(one for one in permit if one is not scope))

    def succeeded(self, target: Target, *, took_s: float = 0.0, permit: Permit = FREELY) -> None:
        """Forget what was held against the target, save what came up meanwhile and stands."""
        if self._held:
            now = self._clock.monotonic()
            for scope in target.scopes:
                if scope in self._held:
                    self._take(scope, Succeeded(began=now - took_s, is_probe=scope in permit), now)

    def spent(self, connection_id: str, used_up: UsedUp) -> None:
        """Note that a provider has nothing left for a connection until a time: it comes last until then."""
        left_s = (used_up.until_ms - self._clock.now_ms()) / 1000
        event = Spent(reason=USED_UP, message=f"the provider said that no {used_up.name} are left", left_s=left_s)
        self._take(BreakerScope(connection_id=connection_id), event, self._clock.monotonic())

    def forget_spent(self) -> None:
        """Forget what providers said of their limits: an operator does not want it to count."""
        self.reset([scope for scope, standing in self._held.items() if standing.grip is Grip.SPENT])

    def release(self, permit: Permit) -> None:
        """Give the probes back: their try said nothing of the scopes."""
        for scope in permit:
            self._take(scope, Released(), self._clock.monotonic())

    def _rests(self, scope: BreakerScope, now: float) -> bool:
        standing = self._held.get(scope)
        return standing is not None and standing.is_resting(now)

    def _take(self, scope: BreakerScope, event: Event, now: float) -> None:
        before = self._held.get(scope)
        standing = after(before, event, now)
        if standing is before:
            return
        self.changed.add(scope)
        if standing is None:
            del self._held[scope]
        else:
            self._held[scope] = standing
            if before is None and len(self._held) > MOST_SCOPES:
                self._drop_oldest_model()
        if self._bus.wanted:
            self._tell(scope, before, standing, now)

    def _drop_oldest_model(self) -> None:
        oldest = next((scope for scope in self._held if scope.model), None)
        if oldest is not None:
            self.changed.add(oldest)
            del self._held[oldest]

    def _tell(self, scope: BreakerScope, before: Standing | None, standing: Standing | None, now: float) -> None:
        known = standing or before
        until_ms = None if standing is None else self._wall_ms(standing.until, now)
        if standing is not None and scope.connection_id and standing.until != (before.until if before else 0.0):
            event = ConnectionCooled(
                connection_id=scope.connection_id,
                model=scope.model or None,
                reason=standing.reason,
                until_ms=self._wall_ms(standing.until, now),
            )
            self._bus.publish(event)
        new = phase(standing, now)
        if known is not None and _has_turned(before, standing, now):
            self._bus.publish(
                BreakerChanged(
                    provider=scope.provider or None,
                    connection_id=scope.connection_id or None,
                    model=scope.model or None,
                    state=new.value,
                    reason=known.reason,
                    until_ms=until_ms if new is Phase.OPEN else None,
                )
            )

    def _wall_ms(self, at: float, now: float) -> int:
        return self._clock.now_ms() + int((at - now) * 1000)

    # ── what requests ask ───────────────────────────────────────────────────────────────────────────────────────

    @property
    def has_any(self) -> bool:
        """Whether anything is held against anybody, or was and did not answer since."""
        return bool(self._held)

    def is_free(self, route: Route) -> bool:
        """Whether nothing is held against its target now, or it is time for a probe."""
        held = self._held
        if not held:
            return True
        standings = [standing for scope in route.target.scopes if (standing := held.get(scope)) is not None]
        if not standings:
            return True
        now = self._clock.monotonic()
        return all(verdict(standing, now) in _OPEN_TO_ALL for standing in standings)

    def order(self, routes: Sequence[Route]) -> list[Route]:
        """Return the routes worth trying now: free ones first, then the soonest free."""
        if not self._held:
            return list(routes)
        now = self._clock.monotonic()
        return order(routes, lambda route: self._worst(route.target, now))

    def _worst(self, target: Target, now: float) -> tuple[Verdict, float]:
        """Return the strictest of the verdicts on a target, and until when it rests."""
        found, until = Verdict.FREE, now
        for scope in target.scopes:
            standing = self._held.get(scope)
            if standing is not None:
                until = max(until, standing.until)
                found = max(found, verdict(standing, now), key=_STRICTNESS.__getitem__)
        return found, until

    def held(self, target: Target) -> Standing | None:
        """Return what holds a target back the longest, if anything does."""
        found = [standing for scope in target.scopes if (standing := self._held.get(scope)) is not None]
        return max(found, key=lambda one: one.until, default=None)

    def admit(self, route: Route) -> Permit | None:
        """Let a try through: freely, as the probe of some scopes, or not at all. Give the permit back in any case."""
        held = self._held
        if not held:
            return FREELY
        now = self._clock.monotonic()
        probes: list[BreakerScope] = []
        for scope in route.target.scopes:
            standing = held.get(scope)
            if standing is None:
                continue
            found = verdict(standing, now)
            if found is Verdict.REFUSED:
                return None
            if found is Verdict.PROBE:
                probes.append(scope)
        for scope in probes:
            self._take(scope, Probed(), now)
        return tuple(probes)

    def refusals(self, targets: Iterable[Target]) -> list[tuple[Target, Standing, float]]:
        """Return the targets that must not be tried now, why, and for how many seconds more."""
        now = self._clock.monotonic()
        found: list[tuple[Target, Standing, float]] = []
        for target in targets:
            standings = [one for scope in target.scopes if (one := self._held.get(scope)) is not None]
            binding = [one for one in standings if verdict(one, now) is Verdict.REFUSED]
            if binding:
                longest = max(binding, key=lambda one: one.left(now))
                found.append((target, longest, max(longest.left(now), PROBE_WAIT_S if longest.probing else 0.0)))
        return found

    # ── what operators see and do ───────────────────────────────────────────────────────────────────────────────

    def all(self) -> Mapping[BreakerScope, Standing]:
        """Return everything that is held, on the clock of `Clock.monotonic`."""
        return dict(self._held)

    def restore(self, found: Mapping[BreakerScope, Standing]) -> None:
        """Take over what an earlier process held."""
        self._held.update(found)

    def health(self, connection_id: str, model: str = "") -> Health:
        """Tell an operator about a connection, or one model on it."""
        standing = self._held.get(BreakerScope(connection_id=connection_id, model=model))
        if standing is None:
            return Health(status="ready")
        now = self._clock.monotonic()
        if not standing.is_resting(now):
            return Health(status="ready", last_error=standing.message)
        return Health(status="cooling", cooldown_until=self._wall_ms(standing.until, now), last_error=standing.message)

    def forget(self, connection_id: str, provider: str = "") -> None:
        """Forget everything about a connection, and about its provider: an operator changed it."""
        held = [scope for scope in self._held if scope.connection_id == connection_id]
        self.reset([*held, BreakerScope(provider=provider)])

    def reset(self, scopes: Iterable[BreakerScope] | None = None) -> int:
        """Forget these, or all; return how many that were."""
        now = self._clock.monotonic()
        count = 0
        for scope in list(self._held if scopes is None else scopes):
            before = self._held.pop(scope, None)
            if before is not None:
                count += 1
                self.changed.add(scope)
                if self._bus.wanted:
                    self._tell(scope, before, None, now)
        return count

    def sweep(self) -> None:
        """Forget what was over long ago."""
        now = self._clock.monotonic()
        self.reset([scope for scope, standing in self._held.items() if is_stale(standing, now)])


def _has_turned(before: Standing | None, standing: Standing | None, now: float) -> bool:
    """Whether a breaker opened, let its probe through or closed; the end of a mere cooldown is none of these."""
    was, new = phase(before, now), phase(standing, now)
    if new is Phase.HALF_OPEN:
        return standing is not None and standing.probing and not (before is not None and before.probing)
    opened = new is Phase.OPEN and was is not Phase.OPEN
    return opened or (new is Phase.CLOSED and was in {Phase.OPEN, Phase.HALF_OPEN})


_OPEN_TO_ALL = frozenset({Verdict.FREE, Verdict.PROBE})
_STRICTNESS = {found: number for number, found in enumerate(Verdict)}


def _event(profile: Profile, failure: Failure, *, began: float, is_probe: bool) -> Failed:
    """Say what a failure does, in the words of the state machine."""
    effect = failure.rule.effect
    first_ms, cap_ms = profile.transient_cooldown, profile.max_transient_cooldown
    if effect is Effect.SLOW:
        first_ms, cap_ms = profile.rate_limit_cooldown or int(RATE_S * 1000), profile.max_rate_limit_cooldown
    locks = effect in {Effect.LOCK, Effect.LOCK_MODEL}
    if locks:
        first_ms = cap_ms = profile.lock_cooldown
    return Failed(
        reason=failure.kind.value,
        message=failure.fault.message,
        first_s=first_ms / 1000,
        cap_s=cap_ms / 1000,
        max_level=profile.max_backoff_level,
        threshold=profile.circuit_breaker_threshold if effect is Effect.COOL else None,
        open_s=profile.circuit_breaker_reset / 1000,
        began=began,
        named_s=failure.retry_after_s,
        locks=locks,
        is_probe=is_probe,
    )


def _cooled(target: Target, failure: Failure, *, is_probe: bool) -> Cooled:
    profile = target.profile
    return Cooled(
        member=target.connection_id,
        reason=failure.kind.value,
        message=failure.fault.message,
        threshold=profile.circuit_breaker_threshold,
        open_s=profile.circuit_breaker_reset / 1000,
        cap_s=profile.max_transient_cooldown / 1000,
        is_probe=is_probe,
    )
