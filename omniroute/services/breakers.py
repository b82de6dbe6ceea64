"""What is held against providers, connections and models, and forgetting it; where it is kept is handed in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerState:
    """What is held against a provider, a connection, or one model on it.

    `state` is CLOSED, OPEN or HALF_OPEN; a closed one may still cool. `reason` is a kind of failure, `message` the
    words of the last one. It is left alone until `until`, for `remaining_ms` more.
    """

    name: str
    state: str
    failure_count: int
    last_failure_time: datetime
    provider: str | None
    connection_id: str | None
    connection: str | None
    model: str | None
    cooling: bool
    reason: str
    message: str
    since: datetime
    until: datetime | None
    remaining_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetDraft:
    """What to forget: all that fits every field given; with none given, everything."""

    name: str | None = None
    provider: str | None = None
    connection_id: str | None = None
    model: str | None = None


class Breakers:
    """Shows and resets them."""

    def __init__(self, *, read: Callable[[], Sequence[BreakerState]], reset: Callable[[ResetDraft], int]) -> None:
        self._read = read
        self._reset = reset

    def all(self) -> tuple[BreakerState, ...]:
        """Return everything that is held against anybody, the latest first."""
        return tuple(self._read())

    def reset(self, wanted: ResetDraft) -> int:
        """Forget it; return how much that was. Raise NotFound for a provider or connection that there is not."""
        return self._reset(wanted)
