"""Which connections are left alone for now, or one model on them; kept in memory, told to whoever asks."""

from dataclasses import dataclass

from omniroute.gateway.snapshot import Target
from omniroute.kit.clock import Clock
from omniroute.kit.events import ConnectionCooled
from omniroute.routing.cooldown import Cooldown, after_failure, order
from omniroute.state.bus import Bus
from omniroute.upstream.failures import Failure

Scope = tuple[str, str | None]  # a connection, and a model when only that is meant


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
        scope: Scope = (target.connection_id, None if rule.whole_connection else target.model)
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
            ConnectionCooled(connection_id=scope[0], model=scope[1], reason=cooldown.reason, until_ms=until_ms)
        )

    def succeeded(self, target: Target) -> None:
        """Forget what was held against the target."""
        if self._cooldowns:
            self._cooldowns.pop((target.connection_id, None), None)
            self._cooldowns.pop((target.connection_id, target.model), None)

    def forget(self, connection_id: str) -> None:
        """Forget everything about a connection: an operator changed or reset it."""
        for scope in [scope for scope in self._cooldowns if scope[0] == connection_id]:
            del self._cooldowns[scope]

    def order(self, targets: tuple[Target, ...]) -> list[Target]:
        """Return the targets worth trying now, best first."""
        if not self._cooldowns:
            return list(targets)
        return order(targets, self._of, self._clock.monotonic())

    def _of(self, target: Target) -> Cooldown | None:
        """Return the longer of the connection's and the model's cooldown."""
        found = [
            cooldown
            for scope in ((target.connection_id, None), (target.connection_id, target.model))
            if (cooldown := self._cooldowns.get(scope)) is not None
        ]
        return max(found, key=lambda one: one.until, default=None)

    def refusals(self, targets: tuple[Target, ...]) -> list[tuple[Target, Cooldown, float]]:
        """Return the targets that must not be tried now, why, and for how many seconds more."""
        now = self._clock.monotonic()
        held = [(target, self._of(target)) for target in targets]
        return [(t, c, c.until - now) for t, c in held if c is not None and c.binding and c.until > now]

    def health(self, connection_id: str) -> Health:
        """Tell an operator about a connection."""
        cooldown = self._cooldowns.get((connection_id, None))
        if cooldown is None:
            return Health(status="ready")
        left = cooldown.until - self._clock.monotonic()
        if left <= 0:
            return Health(status="ready", last_error=cooldown.message)
        until_ms = self._clock.now_ms() + int(left * 1000)
        return Health(status="cooling", cooldown_until=until_ms, last_error=cooldown.message)
