"""How patient the gateway is: a profile for each category of account, and the limits of one request.

All times are whole milliseconds, as operators write them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Category(StrEnum):
    """What decides on an account's profile: how it signs in, or that it runs nearby."""

    OAUTH = "oauth"
    API_KEY = "apikey"
    LOCAL = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How long accounts of one category rest after failures, and how often the same one is tried again.

    `transient_cooldown` follows server errors, breaks and timeouts and doubles up to `max_transient_cooldown`;
    `rate_limit_cooldown` follows a rate limit for which the provider names no time (0: a second), and doubles up to
    `max_rate_limit_cooldown`; both at most `max_backoff_level` times. `lock_cooldown` follows a refused credential, an
    empty account or a missing model. `circuit_breaker_threshold` failures in a row open the breaker for
    `circuit_breaker_reset`. `max_retries` are tries at the same target after the first, `retry_delay` apart.
    """

    transient_cooldown: int = 3_000
    max_transient_cooldown: int = 60_000
    rate_limit_cooldown: int = 0
    max_rate_limit_cooldown: int = 120_000
    lock_cooldown: int = 120_000
    max_backoff_level: int = 5
    circuit_breaker_threshold: int = 5
    circuit_breaker_reset: int = 30_000
    max_retries: int = 0
    retry_delay: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits:
    """The limits of one request, where its combo has none of its own; None leaves it to the process's settings.

    `hedge_after_ms`: a second target is asked when the first has not begun to answer by then; None: never.
    """

    max_attempts: int | None = None
    timeout_ms: int | None = None
    first_byte_timeout_ms: int | None = None
    hedge_after_ms: int | None = None
    max_retries: int | None = None
    retry_delay_ms: int | None = None

    @property
    def has_times(self) -> bool:
        """Whether a request has to hurry."""
        return self.timeout_ms is not None or self.first_byte_timeout_ms is not None


DEFAULT_PROFILES: Mapping[Category, Profile] = {
    Category.OAUTH: Profile(
        transient_cooldown=5_000,
        rate_limit_cooldown=60_000,
        max_backoff_level=8,
        circuit_breaker_threshold=3,
        circuit_breaker_reset=60_000,
    ),
    Category.API_KEY: Profile(),
    # What runs nearby starts again within seconds, and gets a missing model by a pull.
    Category.LOCAL: Profile(
        transient_cooldown=1_000,
        max_transient_cooldown=10_000,
        lock_cooldown=15_000,
        circuit_breaker_reset=10_000,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """All of it as it holds now. `heed_limits`: an account whose provider says that nothing is left comes last."""

    profiles: Mapping[Category, Profile] = field(default_factory=lambda: DEFAULT_PROFILES)
    requests: RequestLimits = field(default_factory=RequestLimits)
    heed_limits: bool = True
