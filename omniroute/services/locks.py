"""What is shut for now: addresses that guessed passwords, and targets that keep failing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from omniroute.kit.clock import Clock
from omniroute.kit.errors import NotFound
from omniroute.services.lockout import Lockout
from omniroute.services.moments import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedIdentifier:
    """An address (an IPv6 caller's /64) that may not try to sign in for now."""

    identifier: str
    locked_until: datetime
    remaining_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreaker:
    """A connection, or one model on it, that failed: `open` is left alone, `half_open` may be tried again."""

    name: str
    state: str
    failure_count: int
    last_failure: str


class Locks:
    """Reads and opens locks."""

    def __init__(self, *, lockout: Lockout, breakers: Callable[[], Sequence[CircuitBreaker]], clock: Clock) -> None:
        self._lockout = lockout
        self._breakers = breakers
        self._clock = clock

    def circuit_breakers(self) -> tuple[CircuitBreaker, ...]:
        """Return what failed lately and has not answered since."""
        return tuple(self._breakers())

    def locked(self) -> tuple[LockedIdentifier, ...]:
        """Return who is shut out of signing in."""
        now = self._clock.now_ms()
        return tuple(
            LockedIdentifier(
                identifier=name, locked_until=moment(now + int(left_s * 1000)), remaining_ms=int(left_s * 1000)
            )
            for name, left_s in self._lockout.locked()
        )

    def unlock(self, identifier: str) -> None:
        """Let an address try again at once; raise NotFound when it is not shut out."""
        if not self._lockout.unlock(identifier):
            raise NotFound(f"nothing is locked under the name {identifier[:100]!r}: see lockedIdentifiers")
