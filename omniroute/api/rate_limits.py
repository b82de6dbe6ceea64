"""The limits of accounts: what providers said of them."""

from omniroute.api.operation import Call
from omniroute.api.shapes import adopt, shape
from omniroute.services.collection import Services
from omniroute.services.rate_limits import RateLimitState


@shape
class ShownRateLimits(RateLimitState):
    """The state of every account."""


async def show_all(services: Services, _call: Call[None, None]) -> ShownRateLimits:
    """Show every account's limits."""
    return adopt(ShownRateLimits, services.rate_limits.state())
