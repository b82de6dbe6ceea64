"""How patient the gateway is with accounts that fail, and what it holds against whom."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Annotated

from pydantic import MISSING, Field

from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, shape
from omniroute.routing.profiles import Category, Patience, Profile, RequestLimits
from omniroute.services.breakers import BreakerState, ResetDraft
from omniroute.services.collection import Services
from omniroute.services.limits import MOST, MOST_GAP_MS, Limits, LimitsChange
from omniroute.services.rate_limits import AccountLimits
from omniroute.services.resilience import (
    DAY_MS,
    HOUR_MS,
    ProfileChange,
    RequestChange,
    ResilienceChange,
)

_Hour = Annotated[int, Field(ge=0, le=HOUR_MS), WHOLE]
_Day = Annotated[int, Field(ge=0, le=DAY_MS), WHOLE]
_Limit = Annotated[int, Field(ge=1, le=HOUR_MS), WHOLE]
_Calls = Annotated[int, Field(ge=1, le=MOST), WHOLE]
_Retries = Annotated[int, Field(ge=0, le=10), WHOLE]


@shape
class NewProfile(ProfileChange):
    """What to change of a profile; times in milliseconds. What is left out stays."""

    transient_cooldown: _Hour | MISSING = MISSING
    max_transient_cooldown: _Day | MISSING = MISSING
    rate_limit_cooldown: _Hour | MISSING = MISSING
    max_rate_limit_cooldown: _Day | MISSING = MISSING
    lock_cooldown: _Day | MISSING = MISSING
    max_backoff_level: Annotated[int, Field(ge=0, le=20), WHOLE] | MISSING = MISSING
    circuit_breaker_threshold: Annotated[int, Field(ge=1, le=1_000), WHOLE] | MISSING = MISSING
    circuit_breaker_reset: Annotated[int, Field(ge=1, le=DAY_MS), WHOLE] | MISSING = MISSING
    max_retries: _Retries | MISSING = MISSING
    retry_delay: _Hour | MISSING = MISSING


@shape
class NewRequestLimits(RequestChange):
    """What to change of the limits of one request; null takes a limit away. What is left out stays."""

    max_attempts: Annotated[int, Field(ge=1, le=50), WHOLE] | MISSING | None = MISSING
    timeout_ms: _Limit | MISSING | None = MISSING
    first_byte_timeout_ms: _Limit | MISSING | None = MISSING
    hedge_after_ms: _Hour | MISSING | None = MISSING
    max_retries: _Retries | MISSING | None = MISSING
    retry_delay_ms: _Hour | MISSING | None = MISSING


@shape
class RateDefaults:
    """The limits of all calls together, which `/api/rate-limit` shows in full."""

    requests_per_minute: int | None
    min_time_between_requests: int
    concurrent_requests: int | None


@shape
class NewRateDefaults:
    """What to change of the limits of all calls together; null limits nothing any more."""

    requests_per_minute: _Calls | MISSING | None = MISSING
    min_time_between_requests: Annotated[int, Field(ge=0, le=MOST_GAP_MS), WHOLE] | MISSING = MISSING
    concurrent_requests: _Calls | MISSING | None = MISSING


@shape
class ResilienceUpdate(ResilienceChange):
    """What to change: profiles by category of account (oauth, apikey, local), and the limits of one request.

    `defaults` are limits of all calls together, as at `/api/rate-limit`.
    """

    profiles: Mapping[Category, NewProfile] = field(default_factory=dict)
    requests: NewRequestLimits = field(default_factory=NewRequestLimits)
    defaults: NewRateDefaults | MISSING = MISSING
    heed_limits: bool | MISSING = MISSING


@shape
class ShownResilience:
    """What holds now, what is held against whom, and the state of every account's limits."""

    profiles: Mapping[Category, Profile]
    requests: RequestLimits
    defaults: RateDefaults
    heed_limits: bool
    circuit_breakers: Sequence[BreakerState]
    rate_limit_status: Sequence[AccountLimits]


@shape
class ResilienceSet:
    """What holds from now on."""

    ok: bool = True
    profiles: Mapping[Category, Profile]
    requests: RequestLimits
    defaults: RateDefaults
    heed_limits: bool


@shape
class NewReset(ResetDraft):
    """What to forget: all that fits every field given, everything when none is."""


@shape
class ResetDone:
    """How much was forgotten."""

    ok: bool = True
    reset_count: int
    message: str


async def show(services: Services, _call: Call[None, None]) -> ShownResilience:
    """Show the settings and the state."""
    patience = await services.resilience.get()
    return ShownResilience(
        profiles=patience.profiles,
        requests=patience.requests,
        defaults=_defaults(await services.limits.get()),
        heed_limits=patience.heed_limits,
        circuit_breakers=services.breakers.all(),
        rate_limit_status=services.rate_limits.state().connections,
    )


async def update(services: Services, call: Call[ResilienceUpdate, None]) -> ResilienceSet:
    """Change the settings."""
    patience: Patience = await services.resilience.update(call.body)
    given = call.body.defaults
    if given is MISSING:
        limits = await services.limits.get()
    else:
        limits = await services.limits.update(
            LimitsChange(
                requests_per_minute=given.requests_per_minute,
                min_time_between_requests=given.min_time_between_requests,
                concurrent_requests=given.concurrent_requests,
            )
        )
    return ResilienceSet(
        profiles=patience.profiles,
        requests=patience.requests,
        defaults=_defaults(limits),
        heed_limits=patience.heed_limits,
    )


def _defaults(limits: Limits) -> RateDefaults:
    return RateDefaults(
        requests_per_minute=limits.requests_per_minute,
        min_time_between_requests=limits.min_time_between_requests,
        concurrent_requests=limits.concurrent_requests,
    )


async def reset(services: Services, call: Call[NewReset, None]) -> ResetDone:
    """Forget what is held against some or all."""
    count = services.breakers.reset(call.body)
    return ResetDone(reset_count=count, message=f"{count} reset")
