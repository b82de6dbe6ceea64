"""How patient the gateway is with accounts that fail, and within one request."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.outcome import Failed, mutation
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.routing.profiles import Category, Patience, Profile, RequestLimits
from omniroute.services.resilience import ProfileChange, RequestChange, ResilienceChange
from omniroute.services.rules import fault

_PROFILE: Mapping[str, Any] = {
    "transient_cooldown": "The rest after a server error, a break or a timeout, in milliseconds; it doubles.",
    "max_transient_cooldown": "The longest such rest, in milliseconds.",
    "rate_limit_cooldown": "The rest after a rate limit without a time, in milliseconds; 0: a second. It doubles.",
    "max_rate_limit_cooldown": "The longest such rest, in milliseconds.",
    "lock_cooldown": "The rest after a refused key, an empty account or a missing model, in milliseconds.",
    "max_backoff_level": "How often a rest doubles at most: 0 to 20.",
    "circuit_breaker_threshold": "How many failures in a row open the breaker: 1 to 1,000.",
    "circuit_breaker_reset": "How long the breaker stays open, in milliseconds.",
    "max_retries": "How often the same target is tried again: 0 to 10.",
    "retry_delay": "The pause before that, in milliseconds.",
}
_HEEDS = "Whether an account comes last while its provider says that nothing is left of a limit."
_REQUESTS: Mapping[str, Any] = {
    "max_attempts": "How many tries a request has at most, 1 to 50; null: as the process is set.",
    "timeout_ms": "Until an answer is complete or its stream has begun, in milliseconds; null: no limit.",
    "first_byte_timeout_ms": "For each try until its first byte, in milliseconds; null: as the process is set.",
    "hedge_after_ms": "When a second target is asked as well, in milliseconds; null: never.",
    "max_retries": "How often the same target is tried again; null: as the account's profile says.",
    "retry_delay_ms": "The pause before that, in milliseconds; null: as the account's profile says.",
}

enumerate_(
    Category,
    "AccountCategory",
    "What decides on an account's profile.",
    OAUTH="It signs in at its provider.",
    API_KEY="It has a key.",
    LOCAL="It runs nearby.",
)
expose(Profile, "ResilienceProfile", "How long accounts of one category rest after failures.", **_PROFILE)
expose(RequestLimits, "RequestLimits", "The limits of one request, where its combo has none of its own.", **_REQUESTS)


@strawberry.type(description="The profile of one category of accounts.")
class NamedProfile:
    """A category and its profile."""

    category: Category = strawberry.field(description="The category.")
    profile: Profile = strawberry.field(description="Its profile.")


def _profiles(found: Mapping[Category, Profile]) -> list[NamedProfile]:
    return [NamedProfile(category=category, profile=profile) for category, profile in found.items()]


expose(
    Patience,
    "ResilienceSettings",
    "How patient the gateway is.",
    profiles=Shown(words="The profile of each category of accounts.", kind=list[NamedProfile], read=_profiles),
    requests="The limits of one request.",
    heed_limits=_HEEDS,
)
accept(ProfileChange, "ResilienceProfileChange", "What to change of a profile; what is left out stays.", **_PROFILE)
accept(RequestChange, "RequestLimitsChange", "What to change; what is left out stays.", **_REQUESTS)


@strawberry.input(description="What to change of the profile of one category of accounts.")
class NamedProfileChange:
    """A category and what to change."""

    category: Category = strawberry.field(description="The category.")
    profile: ProfileChange = strawberry.field(description="What to change.")


def _taken(given: Sequence[NamedProfileChange]) -> Mapping[Category, ProfileChange]:
    found = {one.category: one.profile for one in given}
    if len(found) != len(given):
        raise fault("profiles", "profiles: a category stands there twice")
    return found


accept(
    ResilienceChange,
    "ResilienceSettingsChange",
    "What to change; what is left out stays.",
    profiles=Taken(words="What to change of profiles.", kind=list[NamedProfileChange] | None, read=_taken),
    requests=Taken(words="What to change of the limits of one request.", kind=RequestChange | None),
    heed_limits=_HEEDS,
)

UpdateResult = Annotated[Patience | Failed, strawberry.union("UpdateResilienceSettingsResult")]


@strawberry.type
class Query:
    """Patience."""

    @asked("How patient the gateway is.")
    async def resilience_settings(self, info: Asked) -> Patience:
        return await services_of(info).resilience.get()


@strawberry.type
class Mutation:
    """Patience."""

    @mutation("Change it; it acts from the next request on.")
    async def update_resilience_settings(self, info: Asked, input: ResilienceChange) -> UpdateResult:
        return await services_of(info).resilience.update(input)
