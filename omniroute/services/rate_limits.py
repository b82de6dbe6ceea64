"""The state of every account's limits: what its provider said of them, and whether it is left alone for now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedLimit:
    """One limit as a provider told it, such as requests or tokens."""

    name: str
    limit: int | None
    used: int | None
    remaining: int | None
    reset_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLimits:
    """One account. `running` requests are under way; `queued` ones there are none, as nothing waits for a turn.

    `enabled`: it is switched on. `active`: it is limited just now.
    """

    connection_id: str
    provider: str
    name: str
    enabled: bool
    active: bool
    queued: int
    running: int
    max_concurrent: int | None
    limits: tuple[LearnedLimit, ...]
    learned_at: datetime | None
    retry_at: datetime | None
    cooldown_until: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """How many requests of an account wait and run."""

    queued: int
    running: int
    executing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockout:
    """A model on a connection, or a whole one, that is left alone for now."""

    provider: str
    connection_id: str
    model: str | None
    reason: str
    remaining_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitState:
    """All accounts; `overview` by provider and connection, such as `openai:conn_1`."""

    connections: tuple[AccountLimits, ...]
    overview: Mapping[str, Workload]
    lockouts: tuple[Lockout, ...]


class RateLimits:
    """Tells them; where they are learned and set is handed in."""

    def __init__(
        self,
        *,
        accounts: Callable[[], Sequence[AccountLimits]],
        lockouts: Callable[[], Sequence[Lockout]],
    ) -> None:
        self._accounts = accounts
        self._lockouts = lockouts

    def state(self) -> RateLimitState:
        """Return the state of every account."""
        accounts = tuple(self._accounts())
        return RateLimitState(
            connections=accounts,
            overview={
                f"{one.provider}:{one.connection_id}": Workload(
                    queued=one.queued, running=one.running, executing=one.running
                )
                for one in accounts
            },
            lockouts=tuple(self._lockouts()),
        )
