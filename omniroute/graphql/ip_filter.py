"""The IP filter and the locks: which addresses may call the gateway at all, and who may not sign in for now."""

from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.outcome import Done, Failed, mutation
from omniroute.graphql.scalars import Long
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.routing.addresses import Mode
from omniroute.services.ip_filter import BanDraft, IpChange, IpRules, TempBan
from omniroute.services.locks import LockedIdentifier

_ENABLED = "Whether the filter is on."
_MODE = "What the lists mean."
_BLACK = "Addresses and ranges that are kept out: 203.0.113.7, 10.0.0.0/8, 10.1.*.*."
_WHITE = "Addresses and ranges that are let in."
_LEFT = Shown(words="For how long still, in milliseconds.", kind=Long)

enumerate_(
    Mode,
    "IpFilterMode",
    _MODE,
    BLACKLIST="All come in but those of the blacklist.",
    WHITELIST="None come in but those of the whitelist.",
    WHITELIST_PRIORITY="All come in but those of the blacklist; those of the whitelist do in any case.",
)
expose(
    TempBan,
    "IpBan",
    "An address that is kept out for a while.",
    ip="The address.",
    until="Until when.",
    reason="Why, by the operator's word.",
    remaining_ms=_LEFT,
)
expose(
    IpRules,
    "IpFilter",
    "Which addresses may call the gateway, its AI endpoints and its management alike.",
    enabled=_ENABLED,
    mode=_MODE,
    blacklist=_BLACK,
    whitelist=_WHITE,
    temp_bans="Addresses that are kept out for a while.",
)
accept(
    BanDraft,
    "IpBanInput",
    "Whom to keep out for a while.",
    ip="The address.",
    duration_ms=Taken(words="For how long, in milliseconds: up to 366 days; left out: an hour.", kind=Long),
    reason="Why: up to 200 characters.",
)
accept(
    IpChange,
    "IpFilterChange",
    "What to change; what is left out stays. Whole lists, or one entry more or less.",
    enabled=_ENABLED,
    mode=_MODE,
    blacklist=Taken(words=_BLACK, kind=list[str], read=tuple),
    whitelist=Taken(words=_WHITE, kind=list[str], read=tuple),
    add_blacklist="An entry to add to the blacklist.",
    remove_blacklist="An entry to take off the blacklist.",
    add_whitelist="An entry to add to the whitelist.",
    remove_whitelist="An entry to take off the whitelist.",
    temp_ban="Whom to keep out for a while.",
    remove_ban="An address that is kept out for a while no longer.",
    force="Whether to save what keeps the caller out, who is refused it otherwise.",
)
expose(
    LockedIdentifier,
    "LockedIdentifier",
    "An address (an IPv6 caller's /64) that may not try to sign in for now.",
    identifier="The address.",
    locked_until="Until when.",
    remaining_ms=_LEFT,
)

UpdateResult = Annotated[IpRules | Failed, strawberry.union("UpdateIpFilterResult")]
UnlockResult = Annotated[Done | Failed, strawberry.union("UnlockResult")]


@strawberry.type
class Query:
    """Who is kept out."""

    @asked("Which addresses may call the gateway.")
    async def ip_filter(self, info: Asked) -> IpRules:
        return await services_of(info).rulebook.ip_filter.get()

    @asked("Addresses that may not try to sign in for now, as passwords were guessed from there.")
    def locked_identifiers(self, info: Asked) -> list[LockedIdentifier]:
        return list(services_of(info).locks.locked())


@strawberry.type
class Mutation:
    """Who is kept out."""

    @mutation("Change which addresses may call the gateway.")
    async def update_ip_filter(self, info: Asked, input: IpChange) -> UpdateResult:
        return await services_of(info).rulebook.ip_filter.update(input, info.context.visitor.address)

    @mutation("Let an address try to sign in again at once.")
    def unlock(self, info: Asked, identifier: str) -> UnlockResult:
        services_of(info).locks.unlock(identifier)
        return Done(message="unlocked")
