"""Policies: rules for AI requests, dry runs of them, and what is locked for now."""

from collections.abc import Mapping, Sequence
from dataclasses import field, fields
from typing import Annotated, Literal

from pydantic import MISSING, AwareDatetime, Field

from omniroute.api.operation import Call, Reply
from omniroute.api.shapes import WHOLE, Done, adopt, shape
from omniroute.formats.hub import Format
from omniroute.kit.errors import FieldFault, Unprocessable
from omniroute.routing.policies import Effects, Limits
from omniroute.services.collection import Services
from omniroute.services.locks import CircuitBreaker, LockedIdentifier
from omniroute.services.names import LONGEST_MODEL
from omniroute.services.policies import LONGEST_NAME, MOST_PRIORITY, Policy, PolicyChange, PolicyDraft
from omniroute.services.policy_terms import (
    LONGEST_MESSAGE,
    LONGEST_MS,
    LONGEST_TAG,
    MOST_AT_ONCE,
    MOST_LISTED,
    MOST_PER_MINUTE,
    MOST_TOKENS,
    MOST_USD,
    TIME_PATTERN,
    PolicyConditions,
    PolicyTime,
)
from omniroute.services.policy_trials import MOST_RECORDED, Rehearsal, SampleRequest, Verdict

_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
_Priority = Annotated[int, Field(ge=0, le=MOST_PRIORITY), WHOLE]
_Model = Annotated[str, Field(min_length=1, max_length=LONGEST_MODEL)]
_Tag = Annotated[str, Field(min_length=1, max_length=LONGEST_TAG)]
_Tokens = Annotated[int, Field(ge=0, le=MOST_TOKENS), WHOLE]
_Cost = Annotated[float, Field(ge=0, le=MOST_USD)]
_Listed = Field(max_length=MOST_LISTED)
_TimeOfDay = Annotated[str, Field(pattern=TIME_PATTERN)]
_Texts = Annotated[tuple[_Model, ...], _Listed]
_Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@shape
class NewTime(PolicyTime):
    """Times of day and weekdays in a time zone; a night belongs to the day on which it begins."""

    start: _TimeOfDay | None = None
    end: _TimeOfDay | None = None
    weekdays: tuple[_Day, ...] = ()


@shape
class NewConditions(PolicyConditions):
    """What a request must be like: all that is said must hold, and what is left out does not matter."""

    keys: _Texts = ()
    models: _Texts = ()
    providers: _Texts = ()
    formats: tuple[Format, ...] = ()
    min_input_tokens: _Tokens | None = None
    max_input_tokens: _Tokens | None = None
    min_output_tokens: _Tokens | None = None
    cost_today_usd: _Cost | None = None
    cost_month_usd: _Cost | None = None
    time: NewTime | None = None
    addresses: _Texts = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Annotated[tuple[_Tag, ...], _Listed] = ()


@shape
class NewLimits(Limits):
    """Limits for each key that the rule matches."""

    requests_per_minute: Annotated[int, Field(ge=1, le=MOST_PER_MINUTE), WHOLE] | None = None
    concurrent_requests: Annotated[int, Field(ge=1, le=MOST_AT_ONCE), WHOLE] | None = None
    timeout_ms: Annotated[int, Field(ge=1, le=LONGEST_MS), WHOLE] | None = None


@shape
class NewEffects(Effects):
    """What happens to a request that matches."""

    message: Annotated[str, Field(min_length=1, max_length=LONGEST_MESSAGE)] | None = None
    reroute: _Model | None = None
    max_tokens: Annotated[int, Field(ge=1, le=MOST_TOKENS), WHOLE] | None = None
    require_tags: Annotated[tuple[_Tag, ...], _Listed] = ()
    limits: NewLimits | None = None


@shape
class NewPolicy(PolicyDraft):
    """A policy as it would be made."""

    name: _Name
    priority: _Priority = 100
    conditions: NewConditions = field(default_factory=NewConditions)
    effects: NewEffects


@shape
class PolicyUpdate(PolicyChange):
    """What to change; what is left out stays. Conditions and effects are replaced as a whole."""

    name: _Name | MISSING = MISSING
    priority: _Priority | MISSING = MISSING
    conditions: NewConditions | MISSING = MISSING
    effects: NewEffects | MISSING = MISSING


@shape
class PolicyPost(PolicyUpdate):
    """A new policy (name and effects), a change of the one named by `id`, or the opening of a lock.

    `{"action": "unlock", "identifier": …}` lets an address try to sign in again.
    """

    id: str | MISSING = MISSING
    action: Literal["unlock"] | MISSING = MISSING
    identifier: str | MISSING = MISSING


@shape
class ShownPolicy(Policy):
    """One policy."""


@shape
class PolicyList:
    """All policies in the order in which they are looked at, and what is locked for now."""

    policies: Sequence[Policy]
    circuit_breakers: Sequence[CircuitBreaker]
    locked_identifiers: Sequence[LockedIdentifier]


@shape
class Unlocked:
    """The lock is open."""

    success: bool = True
    action: str = "unlocked"
    identifier: str


@shape
class PolicyQuery:
    """Which policy."""

    id: str


@shape
class Sample(SampleRequest):
    """A request in words."""

    model: _Model
    input_tokens: _Tokens = 0
    output_tokens: _Tokens = 500
    tags: Annotated[tuple[_Tag, ...], _Listed] = ()
    at: AwareDatetime | None = None
    cost_today_usd: _Cost | None = None
    cost_month_usd: _Cost | None = None


@shape
class DryRun:
    """What to try: one request in words, or the `last` recorded ones; with a policy that is not saved, if given."""

    request: Sample | None = None
    last: Annotated[int, Field(ge=1, le=MOST_RECORDED), WHOLE] | None = None
    policy: NewPolicy | None = None


@shape
class DryRunResult:
    """The verdict on the request, or on the recorded ones."""

    request: Verdict | None = None
    recorded: Rehearsal | None = None


async def show_all(services: Services, _call: Call[None, None]) -> PolicyList:
    """List policies and locks."""
    return PolicyList(
        policies=await services.rulebook.policies.list(),
        circuit_breakers=services.locks.circuit_breakers(),
        locked_identifiers=services.locks.locked(),
    )


async def post(services: Services, call: Call[PolicyPost, None]) -> Reply | Unlocked | ShownPolicy:
    """Make a policy, change one, or open a lock."""
    body = call.body
    if body.action is not MISSING:
        if body.identifier is MISSING:
            raise _missing("identifier", "name what to unlock: one of lockedIdentifiers")
        services.locks.unlock(body.identifier)
        return Unlocked(identifier=body.identifier)
    change = PolicyChange(**{one.name: getattr(body, one.name) for one in fields(PolicyChange)})
    if body.id is not MISSING:
        return adopt(ShownPolicy, await services.rulebook.policies.update(body.id, change))
    if change.name is MISSING:
        raise _missing("name", "is required")
    if change.effects is MISSING:
        raise _missing("effects", "is required")
    given = {one.name: value for one in fields(change) if (value := getattr(change, one.name)) is not MISSING}
    made = await services.rulebook.policies.create(PolicyDraft(**given))
    return Reply(value=adopt(ShownPolicy, made), status=201)


async def show(services: Services, call: Call[None, None]) -> ShownPolicy:
    """Show one policy."""
    return adopt(ShownPolicy, await services.rulebook.policies.get(call.params["id"]))


async def update(services: Services, call: Call[PolicyUpdate, None]) -> ShownPolicy:
    """Change a policy."""
    return adopt(ShownPolicy, await services.rulebook.policies.update(call.params["id"], call.body))


async def delete(services: Services, call: Call[None, None]) -> Done:
    """Delete a policy."""
    await services.rulebook.policies.delete(call.params["id"])
    return Done(message="policy deleted")


async def delete_named(services: Services, call: Call[None, PolicyQuery]) -> Done:
    """Delete the policy that the query names."""
    await services.rulebook.policies.delete(call.query.id)
    return Done(message="policy deleted")


async def dry_run(services: Services, call: Call[DryRun, None]) -> DryRunResult:
    """Say what policies would do, and do nothing."""
    body = call.body
    if (body.request is None) == (body.last is None):
        raise _missing("request", "give either request or last")
    if body.request is not None:
        return DryRunResult(request=await services.policy_trials.sample(body.request, body.policy))
    return DryRunResult(recorded=await services.policy_trials.last(body.last or 1, body.policy))


def _missing(name: str, message: str) -> Unprocessable:
    return Unprocessable(f"{name}: {message}", param=name, details=[FieldFault(field=name, message=message)])
