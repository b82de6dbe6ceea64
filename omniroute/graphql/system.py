"""The gateway as a whole: health, the login, how accounts share the work, and its end."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import strawberry
from pydantic_core import MISSING

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import accept
from omniroute.graphql.outcome import Done, Failed, mutation
from omniroute.graphql.scalars import Long
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.kit.secret import Secret
from omniroute.services.balancing import Balance, BalanceChange
from omniroute.services.login import Requirement, RequirementChange
from omniroute.services.system import Health


class HealthStatus(StrEnum):
    """Whether the gateway can serve."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class DatabaseStatus(StrEnum):
    """Whether the database answers."""

    OK = "ok"
    UNAVAILABLE = "unavailable"


enumerate_(
    HealthStatus,
    "HealthStatus",
    "Whether the gateway can serve.",
    HEALTHY="It can.",
    UNHEALTHY="It cannot do all it should.",
)
enumerate_(DatabaseStatus, "DatabaseStatus", "Whether the database answers.", OK="It does.", UNAVAILABLE="It does not.")


@strawberry.type(description="A figure of one of the gateway's parts.")
class Count:
    """A name and a figure."""

    name: str = strawberry.field(description="What is counted, such as openRequests.")
    value: Long = strawberry.field(description="How many.")


def _counts(found: Mapping[str, int]) -> list[Count]:
    return [Count(name=name, value=Long(value)) for name, value in found.items()]


expose(
    Health,
    "Health",
    "How the gateway fares.",
    status=Shown(words="Whether it can serve.", kind=HealthStatus, read=HealthStatus),
    version="The gateway's version.",
    uptime_seconds="For how long it runs, in seconds.",
    timestamp="When this was found.",
    database=Shown(words="Whether the database answers.", kind=DatabaseStatus, read=DatabaseStatus),
    setup_complete="Whether a password is set; null when the database does not answer.",
    counts=Shown(words="Figures of the parts at work.", kind=list[Count], read=_counts),
)
expose(
    Requirement,
    "LoginRequirement",
    "Whether the management surfaces ask for a login.",
    require_login="Whether they do.",
    has_password="Whether a password is set.",
)
accept(
    RequirementChange,
    "LoginRequirementChange",
    "What to change. A new password needs the current one, or a sign-in a few minutes old; it ends other sessions.",
    require_login="Whether to ask for a login; it may be off only where no other machine can reach the gateway.",
    password="The new password: 8 to 200 characters.",
    current_password="The current password.",
)
expose(
    Balance,
    "BalancingSettings",
    "How the accounts of one provider share the work.",
    fallback_strategy="How an account is chosen.",
    sticky_round_robin_limit="How many requests round-robin gives an account in a row.",
    blocked_providers="The ids of the providers that get no requests.",
)
accept(
    BalanceChange,
    "BalancingSettingsChange",
    "What to change; what is left out stays.",
    fallback_strategy="How an account is chosen.",
    sticky_round_robin_limit="How many requests round-robin gives an account in a row: 1 to 1,000.",
    blocked_providers="The providers that get no requests, by id, alias or prefix; the list replaces the one before.",
)

LoginResult = Annotated[Requirement | Failed, strawberry.union("SetLoginRequirementResult")]
BalancingResult = Annotated[Balance | Failed, strawberry.union("UpdateBalancingSettingsResult")]

RestartResult = Annotated[Done | Failed, strawberry.union("RestartResult")]
ShutdownResult = Annotated[Done | Failed, strawberry.union("ShutdownResult")]

_Password = Annotated[
    Secret | None,
    strawberry.argument(description="The operator's password; it may be left out within a few minutes of signing in."),
]


@strawberry.type
class Query:
    """The gateway as a whole."""

    @asked("How the gateway fares.")
    async def health(self, info: Asked) -> Health:
        return await services_of(info).system.health()

    @asked("Whether the management surfaces ask for a login.")
    async def login_requirement(self, info: Asked) -> Requirement:
        return await services_of(info).login.requirement()

    @asked("How the accounts of one provider share the work.")
    async def balancing_settings(self, info: Asked) -> Balance:
        return await services_of(info).balancing.get()


@strawberry.type
class Mutation:
    """The gateway as a whole."""

    @mutation("Switch the login, or set a new password.")
    async def set_login_requirement(self, info: Asked, input: RequirementChange) -> LoginResult:
        return await services_of(info).login.set_requirement(input, info.context.visitor)

    @mutation("Change how the accounts of one provider share the work.")
    async def update_balancing_settings(self, info: Asked, input: BalanceChange) -> BalancingResult:
        return await services_of(info).balancing.update(input)

    @mutation("Let requests under way finish, then begin again. The settings must allow it.")
    async def restart(self, info: Asked, password: _Password = None) -> RestartResult:
        await services_of(info).lifecycle.restart(MISSING if password is None else password, info.context.visitor)
        return Done(message="restarting")

    @mutation("Let requests under way finish, then stop. The settings must allow it.")
    async def shutdown(self, info: Asked, password: _Password = None) -> ShutdownResult:
        await services_of(info).lifecycle.shutdown(MISSING if password is None else password, info.context.visitor)
        return Done(message="shutting down")
