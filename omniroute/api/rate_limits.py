"""The limits of accounts: what providers said of them, and what an operator set for all."""

from omniroute.api.operation import Call
from omniroute.api.shapes import adopt, shape
from omniroute.services.collection import Services
from omniroute.services.rate_limits import ConfiguredLimits, RateLimitState


@shape
class ShownRateLimits(RateLimitState):
    """The state of every account."""


@shape
class ShownConfiguredLimits(ConfiguredLimits):
    """The limits for all, and the state of every account."""

    status: RateLimitState


async def show_all(services: Services, _call: Call[None, None]) -> ShownRateLimits:
    """Show every account's limits."""
    return adopt(ShownRateLimits, services.rate_limits.state())


async def show_configured(services: Services, _call: Call[None, None]) -> ShownConfiguredLimits:
    """Show the limits for all."""
    return adopt(ShownConfiguredLimits, await services.rate_limits.configured(), status=services.rate_limits.state())
