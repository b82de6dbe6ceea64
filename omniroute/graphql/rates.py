"""Limits of rates: of all calls together, of single models and of single connections. A key's stand on the key."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.named import Named, named
from omniroute.graphql.outcome import Failed, mutation
from omniroute.graphql.scalars import Long
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.services.limits import Limits, LimitsChange, LimitsStatus, ScopeLimits, UnknownPrice
from omniroute.services.rules import fault

_REQUESTS = "Requests in any 60 seconds; null: no limit."
_TOKENS = "Tokens in any 60 seconds; null: no limit."
_AT_ONCE = "Calls under way at once; null: no limit."
_GAP = "The least time between two requests, in milliseconds: 0 to 60,000."
_MODELS = "Limits of models, by patterns over provider/model."
_CONNECTIONS = "Limits of connections, by their ids."
_QUEUE = "How many calls may wait for a place instead of being refused: 0 to 10,000."
_WAIT = "How long a call waits at most, in milliseconds: 1 to 300,000."
_PRICE = "What becomes of a call whose price is not known, under a budget in dollars."
_OUTPUT = "How many tokens a call is taken to use that names no most for its answer."

enumerate_(
    UnknownPrice,
    "UnknownPrice",
    _PRICE,
    ALLOW="It goes through, and counts nothing against the budget.",
    DENY="It is refused.",
)


class _Scope(ScopeLimits):
    """Limits as they come in: a class is a type or an input, never both."""


@strawberry.input(description="The limits of one model or connection.")
class NamedLimitsInput:
    """A name and its limits."""

    name: str = strawberry.field(description="A pattern over provider/model, or a connection's id.")
    limits: _Scope = strawberry.field(description="Its limits.")


def taken(given: Sequence[NamedLimitsInput], field: str) -> Mapping[str, ScopeLimits]:
    """Return limits by name; raise Unprocessable when a name comes twice."""
    found = {one.name: one.limits for one in given}
    if len(found) != len(given):
        raise fault(field, f"{field}: a name stands there twice")
    return found


expose(
    ScopeLimits,
    "RateLimits",
    "The limits of one model or connection.",
    requests_per_minute=_REQUESTS,
    tokens_per_minute=_TOKENS,
    concurrent_requests=_AT_ONCE,
)
accept(
    _Scope,
    "RateLimitsInput",
    "The limits of one model or connection; what is left out has none.",
    requests_per_minute=_REQUESTS,
    tokens_per_minute=_TOKENS,
    concurrent_requests=_AT_ONCE,
)
expose(
    Limits,
    "LimitSettings",
    "All limits that are not a key's own.",
    requests_per_minute=_REQUESTS,
    tokens_per_minute=_TOKENS,
    concurrent_requests=_AT_ONCE,
    min_time_between_requests=_GAP,
    models=Shown(words=_MODELS, kind=list[Named[ScopeLimits]], read=named),
    connections=Shown(words=_CONNECTIONS, kind=list[Named[ScopeLimits]], read=named),
    queue_size=_QUEUE,
    queue_timeout_ms=_WAIT,
    unknown_price=_PRICE,
    default_output_tokens=_OUTPUT,
)
accept(
    LimitsChange,
    "LimitSettingsChange",
    "What to change; what is left out stays. Limits of models and of connections are replaced as a whole.",
    requests_per_minute=_REQUESTS,
    tokens_per_minute=_TOKENS,
    concurrent_requests=_AT_ONCE,
    min_time_between_requests=_GAP,
    models=Taken(words=_MODELS, kind=list[NamedLimitsInput], read=lambda given: taken(given, "models")),
    connections=Taken(words=_CONNECTIONS, kind=list[NamedLimitsInput], read=lambda given: taken(given, "connections")),
    queue_size=_QUEUE,
    queue_timeout_ms=_WAIT,
    unknown_price=_PRICE,
    default_output_tokens=_OUTPUT,
)
expose(
    LimitsStatus,
    "LimitStatus",
    "What goes through now.",
    requests_last_minute="Requests of the last 60 seconds.",
    tokens_last_minute=Shown(words="Tokens of the last 60 seconds.", kind=Long),
    in_flight="Calls that are under way.",
    waiting="Calls that wait for a place.",
)

UpdateResult = Annotated[Limits | Failed, strawberry.union("UpdateLimitSettingsResult")]


@strawberry.type
class Query:
    """Limits."""

    @asked("All limits that are not a key's own.")
    async def limit_settings(self, info: Asked) -> Limits:
        return await services_of(info).limits.get()

    @asked("What goes through now.")
    async def limit_status(self, info: Asked) -> LimitsStatus:
        return await services_of(info).limits.status()


@strawberry.type
class Mutation:
    """Limits."""

    @mutation("Change limits.")
    async def update_limit_settings(self, info: Asked, input: LimitsChange) -> UpdateResult:
        return await services_of(info).limits.update(input)
