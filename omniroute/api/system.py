"""The gateway as a whole: first questions and health."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import MISSING

from omniroute.api.operation import Call, Reply
from omniroute.api.shapes import Done, adopt, secret, shape
from omniroute.kit.secret import Secret
from omniroute.services.collection import Services
from omniroute.services.passwords import LONGEST
from omniroute.services.system import Health, Initial

_CANNOT_SERVE = 503


@shape
class InitialState(Initial):
    """Whether this is a gateway at work, and whether it has been set up."""


@shape
class HealthState(Health):
    """How the gateway fares."""


@shape
class Confirmation:
    """The operator's password; it may be left out within a few minutes of signing in."""

    password: Annotated[Secret, secret(least=1, most=LONGEST)] | MISSING = field(default=MISSING, repr=False)


@shape
class Restarting:
    """The gateway lets requests under way finish, and begins again."""

    status: Literal["restarting"] = "restarting"


async def restart(services: Services, call: Call[Confirmation, None]) -> Restarting:
    """Restart when all is done that is under way."""
    await services.lifecycle.restart(call.body.password, call.visitor)
    return Restarting()


async def shutdown(services: Services, call: Call[Confirmation, None]) -> Done:
    """Stop when all is done that is under way."""
    await services.lifecycle.shutdown(call.body.password, call.visitor)
    return Done(message="Shutting down...")


async def initial(services: Services, _call: Call[None, None]) -> InitialState:
    """Tell whether the gateway is set up."""
    return adopt(InitialState, await services.system.initial())


async def health(services: Services, _call: Call[None, None]) -> Reply:
    """Tell how the gateway fares; 503 when it cannot serve."""
    found = await services.system.health()
    return Reply(value=adopt(HealthState, found), status=None if found.status == "healthy" else _CANNOT_SERVE)
