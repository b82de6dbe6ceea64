"""Which connections are left alone for now, or one model on them; kept in memory, told to whoever asks."""

from collections.abc import Sequence
from dataclasses import dataclass

from omniroute.gateway.snapshot import Route, Target
from omniroute.kit.clock import Clock
from omniroute.kit.events import ConnectionCooled
from omniroute.routing.cooldown import Cooldown, after_failure, order
from omniroute.state.bus import Bus
from omniroute.upstream.failures import Failure

Scope = str | tuple[str, str]  # a connection, or one model on it


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
        self._cooldowns: dict[Scope, Cooldown] = {}

    def failed(self, target: Target, failure: Failure) -> None:
        """Note a failure; a kind that cools nothing changes nothing."""
        rule = failure.rule
        if not rule.cool_s:
            return
        scope: Scope = target.connection_id if rule.whole_connection else (target.connection_id, target.model)
        now = self._clock.monotonic()
        cooldown = after_failure(
            self._cooldowns.get(scope),
            now=now,
            first_s=rule.cool_s,
            cap_s=rule.cool_max_s,
            named_s=failure.retry_after_s,
            reason=failure.kind.value,
            message=failure.fault.message,
        )
        self._cooldowns[scope] = cooldown
        until_ms = self._clock.now_ms() + int((cooldown.until - now) * 1000)
        self._bus.publish(
            ConnectionCooled(
                connection_id=target.connection_id,
                model=None if rule.whole_connection else target.model,
                reason=cooldown.reason,
                until_ms=until_ms,
            )
        )

    def succeeded(self, target: Target) -> None:
        """Forget what was held against the target."""
        if self._cooldowns:
            self._cooldowns.pop(target.connection_id, None)
            self._cooldowns.pop((target.connection_id, target.model), None)

    def forget(self, connection_id: str) -> None:
        """Forget everything about a connection: an operator changed or reset it."""
        for scope in list(self._cooldowns):
            if connection_id == (scope if isinstance(scope, str) else scope[0]):
                del self._cooldowns[scope]

    @property
    def has_any(self) -> bool:
        """Whether anything is cooling, or was and did not answer since."""
        return bool(self._cooldowns)

    def is_free(self, route: Route) -> bool:
        """Whether nothing is held against its target now."""
        held = self._cooldowns
        if not held:
            return True
        of_all, of_model = held.get(route.id[0]), held.get(route.id)
        if of_all is None and of_model is None:
            return True
        now = self._clock.monotonic()
        return (of_all is None or of_all.until <= now) and (of_model is None or of_model.until <= now)

    def order(self, routes: Sequence[Route]) -> list[Route]:
        """Return the routes worth trying now: free ones first, then the soonest free."""
        if not self._cooldowns:
            return list(routes)
        return order(routes, lambda route: self.held(route.target), self._clock.monotonic())

    def held(self, target: Target) -> Cooldown | None:
        """Return the longer of the connection's and the model's cooldown."""
        of_all = self._cooldowns.get(target.connection_id)
        of_model = self._cooldowns.get((target.connection_id, target.model))
        if of_all is None or of_model is None:
            return of_all or of_model
        return of_all if of_all.until >= of_model.until else of_model

    def refusals(self, targets: Sequence[Target]) -> list[tuple[Target, Cooldown, float]]:
        """Return the targets that must not be tried now, why, and for how many seconds more."""
        now = self._clock.monotonic()
        held = [(target, self.held(target)) for target in targets]
        return [(t, c, c.until - now) for t, c in held if c is not None and c.binding and c.until > now]

    def health(self, connection_id: str) -> Health:
        """Tell an operator about a connection."""
        cooldown = self._cooldowns.get(connection_id)
        if cooldown is None:
            return Health(status="ready")
        left = cooldown.until - self._clock.monotonic()
        if left <= 0:
            return Health(status="ready", last_error=cooldown.message)
        until_ms = self._clock.now_ms() + int(left * 1000)
        return Health(status="cooling", cooldown_until=until_ms, last_error=cooldown.message)
