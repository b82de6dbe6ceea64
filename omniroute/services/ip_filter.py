"""The IP filter: which addresses may call the gateway at all, its AI endpoints and its management surface alike.

It is kept in the settings' group `ipFilter`, temporary bans included. Whoever changes it is not let to shut himself out
by mistake.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from pydantic_core import MISSING

from omniroute.kit.addresses import UNKNOWN, parsed
from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict
from omniroute.kit.events import ConfigurationChanged
from omniroute.routing.addresses import AddressFilter, AddressSet, Mode, network_of, spelled
from omniroute.services.changes import Changed, kept
from omniroute.services.moments import moment
from omniroute.services.rules import fault, line, optional_line, within
from omniroute.storage.settings import SettingGroups

MOST_LISTED = 10_000
LONGEST_ENTRY = 64
LONGEST_REASON = 200
LONGEST_BAN_MS = 366 * 24 * 3_600_000
BAN_MS = 3_600_000
_GROUP = "ipFilter"


@dataclass(frozen=True, slots=True, kw_only=True)
class TempBan:
    """An address that is shut out for a while."""

    ip: str
    until: datetime
    reason: str | None
    remaining_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IpRules:
    """The filter as it is shown; bans that are over are left out."""

    enabled: bool
    mode: Mode
    blacklist: tuple[str, ...]
    whitelist: tuple[str, ...]
    temp_bans: tuple[TempBan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BanDraft:
    """Whom to shut out, and for how long."""

    ip: str
    duration_ms: int = BAN_MS
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpChange:
    """What to change: whole lists, or one entry more or less. `force` saves what shuts its author out."""

    enabled: bool | MISSING = MISSING
    mode: Mode | MISSING = MISSING
    blacklist: Sequence[str] | MISSING = MISSING
    whitelist: Sequence[str] | MISSING = MISSING
    add_blacklist: str | MISSING = MISSING
    remove_blacklist: str | MISSING = MISSING
    add_whitelist: str | MISSING = MISSING
    remove_whitelist: str | MISSING = MISSING
    temp_ban: BanDraft | MISSING = MISSING
    remove_ban: str | MISSING = MISSING
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ban:
    ip: str
    until: int
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    enabled: bool = False
    mode: Mode = Mode.BLACKLIST
    blacklist: tuple[str, ...] = ()
    whitelist: tuple[str, ...] = ()
    bans: tuple[_Ban, ...] = ()


class IpFilter:
    """Reads and changes the filter."""

    def __init__(self, *, groups: SettingGroups, clock: Clock, changed: Changed) -> None:
        self._groups = groups
        self._clock = clock
        self._changed = changed
        self._changing = asyncio.Lock()

    async def get(self) -> IpRules:
        """Return what holds now."""
        return self._shown(await self._stored())

    async def compiled(self) -> AddressFilter | None:
        """Return the filter ready to be asked, None when it is off."""
        stored = await self._stored()
        return _compiled(stored) if stored.enabled else None

    async def update(self, change: IpChange, author: str) -> IpRules:
        """Change it; raise Unprocessable on a bad entry, and Conflict when its author's address would be shut out."""
        async with self._changing:
            new = self._with(await self._stored(), change)
            if new.enabled and not change.force:
                self._refuse_lockout(new, author)
            await self._groups.put(_GROUP, msgspec.to_builtins(new))
        await self._changed(ConfigurationChanged(noun="settings", id=_GROUP))
        return self._shown(new)

    async def _stored(self) -> _Stored:
        found = await self._groups.get(_GROUP)
        return _Stored() if found is None else msgspec.convert(found, _Stored)

    def _with(self, old: _Stored, change: IpChange) -> _Stored:
        blacklist = _listed(kept(change.blacklist, old.blacklist), "blacklist")
        whitelist = _listed(kept(change.whitelist, old.whitelist), "whitelist")
        return _Stored(
            enabled=kept(change.enabled, old.enabled),
            mode=kept(change.mode, old.mode),
            blacklist=_changed(blacklist, change.add_blacklist, change.remove_blacklist, "Blacklist"),
            whitelist=_changed(whitelist, change.add_whitelist, change.remove_whitelist, "Whitelist"),
            bans=self._bans(old.bans, change),
        )

    def _bans(self, old: Sequence[_Ban], change: IpChange) -> tuple[_Ban, ...]:
        now = self._clock.now_ms()
        bans = {ban.ip: ban for ban in old if ban.until > now}
        if change.temp_ban is not MISSING:
            draft = change.temp_ban
            ip = _address(draft.ip, "tempBan.ip")
            length = within(draft.duration_ms, "tempBan.durationMs", least=1, most=LONGEST_BAN_MS)
            reason = optional_line(draft.reason, "tempBan.reason", most=LONGEST_REASON)
            bans[ip] = _Ban(ip=ip, until=now + length, reason=reason)
            if len(bans) > MOST_LISTED:
                raise fault(
                    "tempBan", f"there are {MOST_LISTED} bans, which is the limit: ban a range on the blacklist"
                )
        if change.remove_ban is not MISSING:
            ip = _address(change.remove_ban, "removeBan")
            if bans.pop(ip, None) is None:
                raise fault("removeBan", f"{ip} is not banned")
        return tuple(bans.values())

    def _refuse_lockout(self, new: _Stored, author: str) -> None:
        reason = _compiled(new).refusal(None if author == UNKNOWN else author, self._clock.now_ms())
        if reason is not None:
            raise Conflict(
                f"this would shut you out: {reason}. Nothing was changed. Let your address in first, or send "
                '"force": true if you mean it.',
                code="would_lock_out",
            )

    def _shown(self, stored: _Stored) -> IpRules:
        now = self._clock.now_ms()
        return IpRules(
            enabled=stored.enabled,
            mode=stored.mode,
            blacklist=stored.blacklist,
            whitelist=stored.whitelist,
            temp_bans=tuple(
                TempBan(ip=ban.ip, until=moment(ban.until), reason=ban.reason, remaining_ms=ban.until - now)
                for ban in stored.bans
                if ban.until > now
            ),
        )


def _compiled(stored: _Stored) -> AddressFilter:
    return AddressFilter(
        mode=stored.mode,
        allowed=AddressSet(map(network_of, stored.whitelist)),
        denied=AddressSet(map(network_of, stored.blacklist)),
        bans={ban.ip: ban.until for ban in stored.bans},
    )


def _listed(entries: Sequence[str], name: str) -> tuple[str, ...]:
    if len(entries) > MOST_LISTED:
        raise fault(name, f"{name} may list {MOST_LISTED} at most")
    return tuple(dict.fromkeys(_entry(one, name) for one in entries))


def _changed(listed: tuple[str, ...], added: str | MISSING, removed: str | MISSING, name: str) -> tuple[str, ...]:
    """Return a list with an entry more, or less, or both."""
    entries = dict.fromkeys(listed)
    if added is not MISSING:
        entries[_entry(added, f"add{name}")] = None
        if len(entries) > MOST_LISTED:
            raise fault(f"add{name}", f"the list may hold {MOST_LISTED} at most")
    if removed is not MISSING:
        gone = _entry(removed, f"remove{name}")
        if gone not in entries:
            raise fault(f"remove{name}", f"{gone} is not on the list")
        del entries[gone]
    return tuple(entries)


def _entry(text: str, name: str) -> str:
    """Return an entry in its plain spelling."""
    given = line(text, name, most=LONGEST_ENTRY)
    try:
        return spelled(network_of(given))
    except ValueError as error:
        words = f"{given!r} is no address: write 203.0.113.7, 10.0.0.0/8, 10.1.*.* or 2001:db8::/32"
        raise fault(name, words) from error


def _address(text: str, name: str) -> str:
    found = parsed(line(text, name, most=LONGEST_ENTRY))
    if found is None:
        raise fault(name, f"{text!r} is no address; ranges go on the blacklist")
    return str(found)
