"""The gateway as a whole: first questions and health."""

from omniroute.api.operation import Call, Reply
from omniroute.api.shapes import adopt, shape
from omniroute.services.collection import Services
from omniroute.services.system import Health, Initial

_CANNOT_SERVE = 503


@shape
class InitialState(Initial):
    """Whether this is a gateway at work, and whether it has been set up."""


@shape
class HealthState(Health):
    """How the gateway fares."""


async def initial(services: Services, _call: Call[None, None]) -> InitialState:
    """Tell whether the gateway is set up."""
    return adopt(InitialState, await services.system.initial())


async def health(services: Services, _call: Call[None, None]) -> Reply:
    """Tell how the gateway fares; 503 when it cannot serve."""
    found = await services.system.health()
    return Reply(value=adopt(HealthState, found), status=None if found.status == "healthy" else _CANNOT_SERVE)
