"""The limits of all calls together, of models and of connections."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import MISSING, Field

from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, adopt, shape
from omniroute.services.collection import Services
from omniroute.services.limits import (
    LONGEST_WAIT_MS,
    MOST,
    MOST_GAP_MS,
    MOST_OUTPUT,
    MOST_WAITING,
    Limits,
    LimitsChange,
    LimitsStatus,
    ScopeLimits,
    UnknownPrice,
)

_Limit = Annotated[int, Field(ge=1, le=MOST), WHOLE]


@shape
class NewScopeLimits(ScopeLimits):
    """The limits of one model or connection; null or left out limits nothing."""

    requests_per_minute: _Limit | None = None
    tokens_per_minute: _Limit | None = None
    concurrent_requests: _Limit | None = None


@shape
class RateLimitUpdate(LimitsChange):
    """What to change; null limits nothing any more."""

    requests_per_minute: _Limit | MISSING | None = MISSING
    tokens_per_minute: _Limit | MISSING | None = MISSING
    concurrent_requests: _Limit | MISSING | None = MISSING
    min_time_between_requests: Annotated[int, Field(ge=0, le=MOST_GAP_MS), WHOLE] | MISSING = MISSING
    models: Mapping[str, NewScopeLimits] | MISSING = MISSING
    connections: Mapping[str, NewScopeLimits] | MISSING = MISSING
    queue_size: Annotated[int, Field(ge=0, le=MOST_WAITING), WHOLE] | MISSING = MISSING
    queue_timeout_ms: Annotated[int, Field(ge=1, le=LONGEST_WAIT_MS), WHOLE] | MISSING = MISSING
    unknown_price: UnknownPrice | MISSING = MISSING
    default_output_tokens: Annotated[int, Field(ge=1, le=MOST_OUTPUT), WHOLE] | MISSING = MISSING


@shape
class RateLimits(Limits):
    """The limits that hold, and what goes through now."""

    status: LimitsStatus


async def show(services: Services, _call: Call[None, None]) -> RateLimits:
    """Show the limits."""
    return adopt(RateLimits, await services.limits.get(), status=await services.limits.status())


async def update(services: Services, call: Call[RateLimitUpdate, None]) -> RateLimits:
    """Change the limits."""
    return adopt(RateLimits, await services.limits.update(call.body), status=await services.limits.status())
