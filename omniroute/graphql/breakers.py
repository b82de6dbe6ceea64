"""What is held against providers, connections and models: breakers, what can answer, and limits that were learned."""

from enum import StrEnum
from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.named import Named, named
from omniroute.graphql.outcome import Done, Failed, mutation
from omniroute.graphql.scalars import Long
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.services.availability import (
    Availability,
    AvailableModel,
    ModelCheck,
    TargetState,
    UnavailableModel,
)
from omniroute.services.breakers import BreakerState, ResetDraft
from omniroute.services.rate_limits import AccountLimits, LearnedLimit, Lockout, RateLimitState, Workload


class BreakerPhase(StrEnum):
    """How a breaker stands."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class TargetPhase(StrEnum):
    """How a target stands."""

    READY = "ready"
    PROBING = "probing"
    COOLING = "cooling"
    LOCKED = "locked"


_CONNECTION = Shown(words="The connection's id.", kind=strawberry.ID)
_LEFT = Shown(words="For how long still, in milliseconds.", kind=Long)
_REASON = "The kind of the last failure."

enumerate_(
    BreakerPhase,
    "BreakerPhase",
    "How a breaker stands.",
    CLOSED="It lets requests through; what it is about may still be left alone for a while.",
    OPEN="It lets none through.",
    HALF_OPEN="It lets one through, to see.",
)
enumerate_(
    TargetPhase,
    "TargetPhase",
    "How a target stands.",
    READY="It can be asked.",
    PROBING="It is asked for once, to see.",
    COOLING="It is left alone now, and asked last if at all.",
    LOCKED="It is not asked.",
)
expose(
    BreakerState,
    "Breaker",
    "What is held against a provider, a connection, or one model on it.",
    name="Stable name: provider:openai, connection:conn_1, connection:conn_1/gpt-5.",
    state=Shown(words="How it stands.", kind=BreakerPhase, read=BreakerPhase),
    failure_count="How many failures there were in a row.",
    last_failure_time="When the last of them was.",
    provider="The provider's id.",
    connection_id=Shown(words="The connection's id; null: the whole provider.", kind=strawberry.ID | None),
    connection="The connection's name.",
    model="The only model that it is about; null: all.",
    cooling="Whether it is left alone now.",
    reason=_REASON,
    message="The words of the last failure.",
    since="Since when.",
    until="Until when it is left alone.",
    remaining_ms=_LEFT,
)
accept(
    ResetDraft,
    "BreakerFilter",
    "What to forget: all that fits every field given; with none given, everything.",
    name="The breaker's name.",
    provider="The provider's id.",
    connection_id=Taken(words="The connection's id.", kind=strawberry.ID | None, read=str),
    model="The model.",
)
expose(
    TargetState,
    "TargetState",
    "One connection that a model could be asked over.",
    provider="The provider's id.",
    connection_id=_CONNECTION,
    connection="The connection's name.",
    model="The model, as the provider calls it.",
    available="Whether it may be asked.",
    state=Shown(words="How it stands.", kind=TargetPhase, read=TargetPhase),
    reason=_REASON,
    message="The words of the last failure.",
    remaining_ms=_LEFT,
)
expose(
    UnavailableModel,
    "UnavailableModel",
    "A model that nobody can be asked for now.",
    provider="The provider's id.",
    model="The model, as the provider calls it.",
    reason="Why.",
    remaining_ms=Shown(words="Until the first connection is free, in milliseconds.", kind=Long),
    unavailable_since="Since when.",
)
expose(
    AvailableModel,
    "AvailableModel",
    "A model that can be asked for.",
    provider="The provider's id.",
    model="The model, as the provider calls it.",
    connections="Over how many connections.",
    resting="How many of these are left alone now.",
)
expose(
    Availability,
    "Availability",
    "Which models can answer now.",
    unavailable_count="How many cannot.",
    models="Those that cannot.",
    available="Those that can.",
)
expose(
    ModelCheck,
    "ModelCheck",
    "Whether one name can be answered now.",
    model="The name: a model's, an alias or a combo.",
    available="Whether it can.",
    resolved="How the name came to mean its targets.",
    remaining_ms=Shown(words="If it cannot, how long to wait at least, in milliseconds.", kind=Long),
    targets="The connections that it could be asked over.",
)
expose(
    LearnedLimit,
    "LearnedLimit",
    "A limit as a provider told it.",
    name="What it limits, such as requests or tokens.",
    limit=Shown(words="How many it allows.", kind=Long | None),
    used=Shown(words="How many were used.", kind=Long | None),
    remaining=Shown(words="How many are left.", kind=Long | None),
    reset_at="When it begins anew.",
)
expose(
    AccountLimits,
    "AccountLimits",
    "How an account's limits stand.",
    connection_id=_CONNECTION,
    provider="The provider's id.",
    name="The connection's name.",
    enabled="Whether it is switched on.",
    active="Whether it is limited just now.",
    queued="How many requests wait for it.",
    running="How many requests are under way.",
    max_concurrent="How many it takes at once; null: any number.",
    limits="What its provider told.",
    learned_at="When it told so last.",
    retry_at="When it said that it may be asked again.",
    cooldown_until="Until when it is left alone.",
    reason=_REASON,
)
expose(
    Workload,
    "Workload",
    "How many requests of an account wait and run.",
    queued="How many wait.",
    running="How many run.",
    executing="How many of them have been sent.",
)
expose(
    Lockout,
    "Lockout",
    "A model on a connection, or a whole one, that is left alone now.",
    provider="The provider's id.",
    connection_id=_CONNECTION,
    model="The model; null: all.",
    reason=_REASON,
    remaining_ms=_LEFT,
)
expose(
    RateLimitState,
    "RateLimitState",
    "How accounts' limits stand.",
    connections="Every account.",
    overview=Shown(words="The work by provider:connection.", kind=list[Named[Workload]], read=named),
    lockouts="What is left alone now.",
)

ResetResult = Annotated[Done | Failed, strawberry.union("ResetBreakersResult")]
ClearResult = Annotated[Done | Failed, strawberry.union("ClearUnavailabilityResult")]
CheckResult = Annotated[ModelCheck | Failed, strawberry.union("ModelAvailabilityResult")]


@strawberry.type
class Query:
    """Breakers and availability."""

    @asked("Everything that is held against anybody, the latest first.")
    def breakers(self, info: Asked) -> list[BreakerState]:
        return list(services_of(info).breakers.all())

    @asked("Which models can answer now; nothing is sent to find out.")
    def availability(self, info: Asked) -> Availability:
        return services_of(info).availability.all()

    @asked("Whether one name can be answered now, and over which connections.")
    def model_availability(self, info: Asked, model: str) -> CheckResult:
        return services_of(info).availability.check(model)

    @asked("How accounts' limits stand, as their providers told them.")
    def rate_limits(self, info: Asked) -> RateLimitState:
        return services_of(info).rate_limits.state()


@strawberry.type
class Mutation:
    """Breakers and availability."""

    @mutation("Forget what is held against providers, connections and models.")
    def reset_breakers(self, info: Asked, input: ResetDraft | None = None) -> ResetResult:
        forgotten = services_of(info).breakers.reset(input or ResetDraft())
        return Done(message=f"{forgotten} reset")

    @mutation("Let a model be tried again at once, at one provider or wherever it is.")
    def clear_unavailability(self, info: Asked, model: str, provider: str | None = None) -> ClearResult:
        forgotten = services_of(info).availability.clear(model, provider)
        return Done(message=f"{forgotten} reset")
