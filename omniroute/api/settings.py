"""Settings that an operator changes at run time: general ones, IP filter, system prompt, thinking budget."""

from collections.abc import Sequence
from dataclasses import field, fields
from typing import Annotated

from pydantic import MISSING, BeforeValidator, Field

from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, adopt, secret, shape
from omniroute.formats.edits.system import Position
from omniroute.formats.hub import Format
from omniroute.kit.secret import Secret
from omniroute.routing.addresses import Mode
from omniroute.routing.thinking import MOST_BUDGET
from omniroute.services.balancing import MOST_STICKY, Balance, BalanceChange
from omniroute.services.collection import Services
from omniroute.services.ip_filter import (
    BAN_MS,
    LONGEST_BAN_MS,
    LONGEST_ENTRY,
    LONGEST_REASON,
    MOST_LISTED,
    BanDraft,
    IpChange,
    IpRules,
)
from omniroute.services.login import RequirementChange
from omniroute.services.passwords import LONGEST, SHORTEST
from omniroute.services.rules import fault
from omniroute.services.system_prompt import LONGEST_PROMPT, SystemPrompt, SystemPromptChange
from omniroute.services.thinking import ThinkingBudget, ThinkingChange

_MOST_BLOCKED = 1_000
_OTHER_NAMES = {"allowlist": Mode.WHITELIST.value, "blocklist": Mode.BLACKLIST.value}
_Password = Annotated[Secret, secret(least=1, most=LONGEST)]
_NewPassword = Annotated[Secret, secret(least=SHORTEST, most=LONGEST)]


@shape
class GeneralSettings(Balance):
    """The general settings. `hasPassword` is only told."""

    require_login: bool
    has_password: bool


@shape
class GeneralUpdate(BalanceChange):
    """What to change; what is left out stays. A new password needs the current one or a fresh sign-in."""

    sticky_round_robin_limit: Annotated[int, Field(ge=1, le=MOST_STICKY), WHOLE] | MISSING = MISSING
    blocked_providers: Annotated[Sequence[str], Field(max_length=_MOST_BLOCKED)] | MISSING = MISSING
    require_login: bool | MISSING = MISSING
    new_password: _NewPassword | MISSING = field(default=MISSING, repr=False)
    current_password: _Password | MISSING = field(default=MISSING, repr=False)


def _known_mode(value: object) -> object:
    return _OTHER_NAMES.get(value, value) if isinstance(value, str) else value


_Entry = Annotated[str, Field(min_length=1, max_length=LONGEST_ENTRY)]
_Entries = Annotated[Sequence[_Entry], Field(max_length=MOST_LISTED)]


@shape
class NewBan(BanDraft):
    """An address to shut out for a while."""

    ip: _Entry
    duration_ms: Annotated[int, Field(ge=1, le=LONGEST_BAN_MS), WHOLE] = BAN_MS
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] | None = None


@shape
class IpFilterUpdate(IpChange):
    """What to change; what is left out stays. `allow` and `deny` are other names of the two lists."""

    mode: Annotated[Mode, BeforeValidator(_known_mode)] | MISSING = MISSING
    blacklist: _Entries | MISSING = MISSING
    whitelist: _Entries | MISSING = MISSING
    allow: _Entries | MISSING = MISSING
    deny: _Entries | MISSING = MISSING
    add_blacklist: _Entry | MISSING = MISSING
    remove_blacklist: _Entry | MISSING = MISSING
    add_whitelist: _Entry | MISSING = MISSING
    remove_whitelist: _Entry | MISSING = MISSING
    temp_ban: NewBan | MISSING = MISSING
    remove_ban: _Entry | MISSING = MISSING


@shape
class ShownIpRules(IpRules):
    """The IP filter; bans that are over are left out."""


@shape
class ShownPrompt(SystemPrompt):
    """The system prompt."""


@shape
class PromptUpdate(SystemPromptChange):
    """What to change; without formats the prompt is for clients of all."""

    prompt: Annotated[str, Field(max_length=LONGEST_PROMPT)] | MISSING = MISSING
    position: Position | MISSING = MISSING
    formats: tuple[Format, ...] | MISSING = MISSING


@shape
class ShownBudget(ThinkingBudget):
    """The thinking budget."""


@shape
class BudgetUpdate(ThinkingChange):
    """What to change."""

    custom_budget: Annotated[int, Field(ge=0, le=MOST_BUDGET), WHOLE] | MISSING = MISSING


async def show_general(services: Services, _call: Call[None, None]) -> GeneralSettings:
    """Show the general settings."""
    return await _general(services)


async def _general(services: Services) -> GeneralSettings:
    login = await services.login.requirement()
    return adopt(
        GeneralSettings,
        await services.balancing.get(),
        require_login=login.require_login,
        has_password=login.has_password,
    )


async def set_general(services: Services, call: Call[GeneralUpdate, None]) -> GeneralSettings:
    """Change general settings: all of it, or nothing when a value is bad."""
    body = call.body
    change = BalanceChange(**{one.name: getattr(body, one.name) for one in fields(BalanceChange)})
    await services.balancing.checked(change)
    if body.require_login is not MISSING or body.new_password is not MISSING:
        login = RequirementChange(
            require_login=body.require_login, password=body.new_password, current_password=body.current_password
        )
        await services.login.set_requirement(login, call.visitor)
    await services.balancing.update(change)
    return await _general(services)


async def show_ip_filter(services: Services, _call: Call[None, None]) -> ShownIpRules:
    """Show the IP filter."""
    return adopt(ShownIpRules, await services.rulebook.ip_filter.get())


async def set_ip_filter(services: Services, call: Call[IpFilterUpdate, None]) -> ShownIpRules:
    """Change the IP filter."""
    body = call.body
    given = {one.name: getattr(body, one.name) for one in fields(IpChange)}
    for name, other in (("whitelist", "allow"), ("blacklist", "deny")):
        value = getattr(body, other)
        if value is MISSING:
            continue
        if given[name] is not MISSING:
            raise fault(other, f"{other} is another name of {name}: give one of the two")
        given[name] = value
    changed = await services.rulebook.ip_filter.update(IpChange(**given), call.visitor.address)
    return adopt(ShownIpRules, changed)


async def show_prompt(services: Services, _call: Call[None, None]) -> ShownPrompt:
    """Show the system prompt."""
    return adopt(ShownPrompt, await services.rulebook.system_prompt.get())


async def set_prompt(services: Services, call: Call[PromptUpdate, None]) -> ShownPrompt:
    """Change the system prompt."""
    return adopt(ShownPrompt, await services.rulebook.system_prompt.update(call.body))


async def show_budget(services: Services, _call: Call[None, None]) -> ShownBudget:
    """Show the thinking budget."""
    return adopt(ShownBudget, await services.rulebook.thinking.get())


async def set_budget(services: Services, call: Call[BudgetUpdate, None]) -> ShownBudget:
    """Change the thinking budget."""
    return adopt(ShownBudget, await services.rulebook.thinking.update(call.body))
