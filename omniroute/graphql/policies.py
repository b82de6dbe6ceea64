"""Policies: an operator's rules for AI requests, and dry runs of them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.named import Named, named
from omniroute.graphql.outcome import Deleted, Failed, mutation
from omniroute.graphql.scalars import Long, money
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.kit.errors import NotFound
from omniroute.routing.policies import Effects, Limits, State
from omniroute.services.policies import Policy, PolicyChange, PolicyDraft
from omniroute.services.policy_terms import PolicyConditions, PolicyTime
from omniroute.services.rules import fault


class Weekday(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class TimeInput(PolicyTime):
    """A time as it comes in: a class is a type or an input, never both."""


class ConditionsInput(PolicyConditions):
    """Conditions as they come in."""


class LimitsInput(Limits):
    """Limits as they come in."""


class EffectsInput(Effects):
    """Effects as they come in."""


@strawberry.input(description="What a header of a request must be like.")
class PolicyHeaderInput:
    """A header and a pattern."""

    name: str = strawberry.field(description="The header's name.")
    value: str = strawberry.field(description="What its value must be like; * and ? are wildcards.")


def headers_of(given: Sequence[PolicyHeaderInput]) -> Mapping[str, str]:
    """Return headers as they came in; raise Unprocessable when one is named twice."""
    found = {one.name: one.value for one in given}
    if len(found) != len(given):
        raise fault("headers", "a header is named twice")
    return found


_START = "From this time of day on, HH:MM."
_END = "Up to this time of day, HH:MM; over midnight when it is earlier than `start`."
_DAYS = "Days of the week on which it begins; empty: all."
_NAME = "What the operator calls it: 1 to 100 characters."
_PRIORITY = "Lower is looked at first: 0 to 1,000,000."
_STATE = "Whether it acts."
_COST = "Which the caller's key has spent {} by UTC, in US dollars; null does not matter."
_CONDITIONS: Mapping[str, Any] = {
    "keys": "Ids of keys; empty: any.",
    "models": "Patterns (* and ?) of names that clients write; empty: any.",
    "providers": "Ids or prefixes of providers that the model leads to; empty: any.",
    "formats": "Wire formats that the client speaks; empty: any.",
    "min_input_tokens": "With at least so many input tokens, as estimated; null does not matter.",
    "max_input_tokens": "With at most so many input tokens, as estimated; null does not matter.",
    "min_output_tokens": "Asking for at least so many output tokens; null does not matter.",
    "addresses": "Addresses and CIDR ranges that the client calls from; empty: any.",
    "tags": "Patterns (* and ?) of tags that the client gave; empty: any.",
}
_TIME = "When; null: at any time."
_HEADERS = "What headers must be like."
_LIMITS: Mapping[str, Any] = {
    "requests_per_minute": "Requests in any 60 seconds; null: no limit.",
    "concurrent_requests": "Calls under way at once; null: no limit.",
    "timeout_ms": "Until an answer is there or has begun, in milliseconds; null: no limit.",
}
_EFFECTS: Mapping[str, Any] = {
    "deny": "Refuse it.",
    "message": "What a refused client reads; null: the gateway's own words.",
    "reroute": "Take another model, alias or combo instead; null: what was asked for.",
    "max_tokens": "Let the answer have so many tokens at most; null: no limit.",
    "require_tags": "Refuse it unless it has these tags.",
    "stop": "Leave out the policies that follow.",
}
_LIMIT = "Limits of each key that it matches; null: none."

enumerate_(
    State,
    "PolicyState",
    _STATE,
    ACTIVE="It acts.",
    SHADOW="It is matched and counted, and does nothing.",
    DRAFT="It is looked at in dry runs alone.",
)
enumerate_(
    Weekday,
    "Weekday",
    "A day of the week.",
    MON="Monday.",
    TUE="Tuesday.",
    WED="Wednesday.",
    THU="Thursday.",
    FRI="Friday.",
    SAT="Saturday.",
    SUN="Sunday.",
)
expose(
    PolicyTime,
    "PolicyTime",
    "Times of day, in a time zone. A night belongs to the day on which it begins.",
    start=_START,
    end=_END,
    weekdays=Shown(words=_DAYS, kind=list[Weekday], read=lambda found: [Weekday(one) for one in found]),
    zone="The time zone, such as Europe/Berlin.",
)
expose(
    PolicyConditions,
    "PolicyConditions",
    "What a request must be like: all that is said must hold.",
    **_CONDITIONS,
    cost_today_usd=Shown(words=_COST.format("today"), kind=Decimal | None, read=money),
    cost_month_usd=Shown(words=_COST.format("this month"), kind=Decimal | None, read=money),
    time=_TIME,
    headers=Shown(words=_HEADERS, kind=list[Named[str]], read=named),
)
expose(Limits, "PolicyLimits", "Limits that a policy sets.", **_LIMITS)
expose(Effects, "PolicyEffects", "What happens to a request that matches.", **_EFFECTS, limits=_LIMIT)
expose(
    Policy,
    "Policy",
    "A rule for AI requests.",
    id=Shown(words="Stable id.", kind=strawberry.ID),
    name=_NAME,
    priority=_PRIORITY,
    state=_STATE,
    conditions="What a request must be like.",
    effects="What happens then.",
    matched=Shown(words="How many requests it matched since the gateway began.", kind=Long),
    acted=Shown(words="At how many of them it acted.", kind=Long),
    last_matched_at="When it last matched one.",
    created_at="When it was made.",
    updated_at="When it was last changed.",
)
accept(
    TimeInput,
    "PolicyTimeInput",
    "Times of day, in a time zone. A night belongs to the day on which it begins.",
    start=_START,
    end=_END,
    weekdays=Taken(words=_DAYS, kind=list[Weekday] | None, read=lambda given: tuple(one.value for one in given)),
    zone="The time zone, such as Europe/Berlin.",
)
accept(
    ConditionsInput,
    "PolicyConditionsInput",
    "What a request must be like: all that is said must hold; what is left out does not matter.",
    **_CONDITIONS,
    cost_today_usd=Taken(words=_COST.format("today"), kind=Decimal | None, read=float),
    cost_month_usd=Taken(words=_COST.format("this month"), kind=Decimal | None, read=float),
    time=Taken(words=_TIME, kind=TimeInput | None),
    headers=Taken(words=_HEADERS, kind=list[PolicyHeaderInput] | None, read=headers_of),
)
accept(LimitsInput, "PolicyLimitsInput", "Limits that a policy sets.", **_LIMITS)
accept(
    EffectsInput,
    "PolicyEffectsInput",
    "What happens to a request that matches.",
    **_EFFECTS,
    limits=Taken(words=_LIMIT, kind=LimitsInput | None),
)
accept(
    PolicyDraft,
    "PolicyInput",
    "A new policy.",
    name=_NAME,
    priority=_PRIORITY,
    state=_STATE,
    conditions=Taken(words="What a request must be like; left out: any.", kind=ConditionsInput | None),
    effects=Taken(words="What happens then.", kind=EffectsInput),
)
accept(
    PolicyChange,
    "PolicyChange",
    "What to change of a policy; what is left out stays. Conditions and effects are replaced as a whole.",
    name=_NAME,
    priority=_PRIORITY,
    state=_STATE,
    conditions=Taken(words="What a request must be like.", kind=ConditionsInput),
    effects=Taken(words="What happens then.", kind=EffectsInput),
)

CreateResult = Annotated[Policy | Failed, strawberry.union("CreatePolicyResult")]
UpdateResult = Annotated[Policy | Failed, strawberry.union("UpdatePolicyResult")]
DeleteResult = Annotated[Deleted | Failed, strawberry.union("DeletePolicyResult")]


@strawberry.type
class Query:
    """Policies."""

    @asked("All policies, in the order in which they are looked at.")
    async def policies(self, info: Asked) -> list[Policy]:
        return list(await services_of(info).rulebook.policies.list())

    @asked("One policy; null when there is none with this id.")
    async def policy(self, info: Asked, id: strawberry.ID) -> Policy | None:
        try:
            return await services_of(info).rulebook.policies.get(id)
        except NotFound:
            return None


@strawberry.type
class Mutation:
    """Policies."""

    @mutation("Make a policy.")
    async def create_policy(self, info: Asked, input: PolicyDraft) -> CreateResult:
        return await services_of(info).rulebook.policies.create(input)

    @mutation("Change a policy, whose counts begin anew.")
    async def update_policy(self, info: Asked, id: strawberry.ID, input: PolicyChange) -> UpdateResult:
        return await services_of(info).rulebook.policies.update(id, input)

    @mutation("Remove a policy.")
    async def delete_policy(self, info: Asked, id: strawberry.ID) -> DeleteResult:
        await services_of(info).rulebook.policies.delete(id)
        return Deleted(id=id)
