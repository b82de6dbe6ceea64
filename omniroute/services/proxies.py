"""Outbound proxies: one for everything, or for a provider, a combo, a connection; and which hosts go without.

They hold for live traffic, for tests and for validation alike. A proxy's password goes in and never comes out.
"""

import asyncio
import ipaddress
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote, urlsplit

from pydantic_core import MISSING

from omniroute.kit.clock import Clock
from omniroute.kit.errors import NotFound, Unprocessable
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.log import redactor
from omniroute.kit.secret import Secret
from omniroute.routing.proxying import GLOBAL, LEVELS, is_exempt, nearest, place_of
from omniroute.services.changes import Changed
from omniroute.services.rules import fault, line, optional_line, within
from omniroute.services.upstreams import CheckUrl
from omniroute.storage.combos import Combos
from omniroute.storage.connections import Connections
from omniroute.storage.nodes import Nodes
from omniroute.storage.proxies import Proxies as ProxyRows
from omniroute.storage.rows import ProxyRow
from omniroute.storage.settings import SettingGroups
from omniroute.upstream.asking import Asker
from omniroute.upstream.catalogue import CATALOGUE
from omniroute.upstream.failures import AttemptFailed

LONGEST_HOST = 255
LONGEST_NAME = 255
MOST_PORT = 65_535
MOST_EXEMPT = 200
ECHO_URL = "https://api.ipify.org"
_GROUP = "proxy"
_HOST = re.compile(r"[0-9A-Za-z._-]+|\[?[0-9a-fA-F:]+\]?")


class ProxyType(StrEnum):
    """How a proxy is spoken to."""

    HTTP = "http"
    HTTPS = "https"
    SOCKS5 = "socks5"


class ProxyLevel(StrEnum):
    """What a proxy is for; the lower ones win."""

    GLOBAL = "global"
    PROVIDER = "provider"
    COMBO = "combo"
    CONNECTION = "connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy as it is shown."""

    type: ProxyType
    host: str
    port: int
    username: str | None
    password_set: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyDraft:
    """A proxy as it is set. Without a password the one of the same host, port and user name stays."""

    host: str
    port: int
    type: ProxyType = ProxyType.HTTP
    username: str | None = None
    password: Secret | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyConfig:
    """All proxies."""

    everywhere: Proxy | None
    providers: Mapping[str, Proxy]
    combos: Mapping[str, Proxy]
    connections: Mapping[str, Proxy]
    no_proxy: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyChange:
    """What to change; None takes a proxy away, and of the mappings only what is named changes."""

    everywhere: ProxyDraft | MISSING | None = MISSING
    providers: Mapping[str, ProxyDraft | None] = field(default_factory=dict)
    combos: Mapping[str, ProxyDraft | None] = field(default_factory=dict)
    connections: Mapping[str, ProxyDraft | None] = field(default_factory=dict)
    no_proxy: Sequence[str] | MISSING = MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyTest:
    """How a proxy did: the address that the other side saw, or what went wrong."""

    success: bool
    latency_ms: float
    proxy_url: str
    public_ip: str | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownProxies:
    """The proxies as the data plane reads them: their addresses with the credentials inside, by place."""

    urls: Mapping[str, str] = field(default_factory=dict, repr=False)
    exempt: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def url(self, base_url: str, *, connection: str | None, provider: str, combos: Sequence[str] = ()) -> str | None:
        """Return the address of the proxy for a connection, None where it goes without."""
        if not self.urls:
            return None
        place = nearest(self.urls, connection=connection, combos=combos, provider=provider)
        if place is None or is_exempt(urlsplit(base_url).hostname or "", self.exempt):
            return None
        return self.urls[place]


class Owners:
    """Knows whose a proxy may be."""

    def __init__(self, *, connections: Connections, combos: Combos, nodes: Nodes) -> None:
        self._connections = connections
        self._combos = combos
        self._nodes = nodes

    async def require(self, change: ProxyChange) -> None:
        """Raise Unprocessable when a proxy is set for something that is not there."""
        # A proxy may be taken away from what is gone.
        wanted = {"providers": change.providers, "combos": change.combos, "connections": change.connections}
        for name, group in wanted.items():
            unknown = {owner for owner, draft in group.items() if draft is not None} - await self._known(name)
            for owner in sorted(unknown):
                raise fault(f"{name}.{owner}", f"there is no id {owner!r} among {name}")

    async def _known(self, name: str) -> set[str]:
        match name:
            case "providers":
                nodes = {row.id for row in await self._nodes.list()}
                return nodes | {record.id for record in CATALOGUE if record.supported}
            case "combos":
                return {row.id for row in await self._combos.list()}
            case _:
                return {row.id for row in await self._connections.list()}


class Proxies:
    """Reads, sets and tests them."""

    def __init__(
        self,
        *,
        rows: ProxyRows,
        groups: SettingGroups,
        asker: Asker,
        check_url: CheckUrl,
        owners: Owners,
        clock: Clock,
        changed: Changed,
    ) -> None:
        self._rows = rows
        self._owners = owners
        self._groups = groups
        self._asker = asker
        self._check_url = check_url
        self._clock = clock
        self._changed = changed
        self._changing = asyncio.Lock()

    async def get(self) -> ProxyConfig:
        """Return all of them."""
        rows = {row.id: row for row in await self._rows.list()}
        return ProxyConfig(
            everywhere=_shown(rows[GLOBAL]) if GLOBAL in rows else None,
            providers=_below(rows, "provider"),
            combos=_below(rows, "combo"),
            connections=_below(rows, "connection"),
            no_proxy=await self._exempt(),
        )

    async def known(self) -> KnownProxies:
        """Return them as the data plane reads them."""
        rows = await self._rows.list()
        return KnownProxies(
            urls={row.id: _url(row) for row in rows},
            exempt=await self._exempt(),
            secrets=tuple(row.password.reveal() for row in rows if row.password is not None),
        )

    async def update(self, change: ProxyChange) -> ProxyConfig:
        """Change some; raise Unprocessable on a bad value, and then nothing changes."""
        async with self._changing:
            await self._owners.require(change)
            old = {row.id: row for row in await self._rows.list()}
            put: list[ProxyRow] = []
            removed: list[str] = []
            for place, draft, name in _wanted(change):
                if draft is None:
                    removed.append(place)
                else:
                    put.append(self._checked(place, draft, old.get(place), name))
            exempt = None if change.no_proxy is MISSING else _exemptions(change.no_proxy)
            await self._rows.change(put, removed)
            if exempt is not None:
                await self._groups.put(_GROUP, {"noProxy": exempt})
        await self._tell()
        return await self.get()

    async def remove(self, level: ProxyLevel, owner: str | None) -> None:
        """Take one away; raise NotFound when there is none."""
        place = _place(level, owner)
        if place not in {row.id for row in await self._rows.list()}:
            raise NotFound(f"no proxy is set for {place}")
        await self._rows.change([], [place])
        await self._tell()

    async def test(self, draft: ProxyDraft, *, url: str = ECHO_URL, local: bool = False) -> ProxyTest:
        """Fetch an address through a proxy; nothing is stored. `url` should answer with the caller's address."""
        stored = {row.id: row for row in await self._rows.list()}
        alike = next((row for row in stored.values() if _is_same(row, draft)), None)
        row = self._checked(GLOBAL, draft, alike, "proxy")
        _check_target(url, self._check_url, local=local)
        began = time.perf_counter()
        error = text = None
        try:
            text = await self._asker.text(url, _url(row), local=local)
        except AttemptFailed as failure:
            error = redactor.clean(failure.failure.fault.message)
        return ProxyTest(
            success=error is None,
            latency_ms=round((time.perf_counter() - began) * 1000, 3),
            proxy_url=f"{row.kind}://{_authority(row)}",
            public_ip=_address_in(text),
            error=error,
        )

    async def _exempt(self) -> tuple[str, ...]:
        group = await self._groups.get(_GROUP) or {}
        return tuple(group.get("noProxy", ()))

    def _checked(self, place: str, draft: ProxyDraft, old: ProxyRow | None, name: str) -> ProxyRow:
        host = line(draft.host, f"{name}.host", most=LONGEST_HOST)
        if not _HOST.fullmatch(host):
            raise fault(f"{name}.host", "host is a name or an address, without a scheme, a port or a path")
        _check_host(host, self._check_url, f"{name}.host")
        password = draft.password
        if password is None and old is not None and _is_same(old, draft):
            password = old.password
        username = optional_line(draft.username, f"{name}.username", most=LONGEST_NAME)
        if password is not None and username is None:
            raise fault(f"{name}.username", "a password needs a username")
        return ProxyRow(
            id=place,
            kind=draft.type.value,
            host=host.strip("[]"),
            port=within(draft.port, f"{name}.port", least=1, most=MOST_PORT),
            username=username,
            password=password,
            updated_at=self._clock.now_ms(),
        )

    async def _tell(self) -> None:
        await self._changed(ConfigurationChanged(noun="settings", id=_GROUP))


def _wanted(change: ProxyChange) -> list[tuple[str, ProxyDraft | None, str]]:
    """Return what is to be set: place, proxy, and the field that names it."""
    wanted: list[tuple[str, ProxyDraft | None, str]] = []
    if change.everywhere is not MISSING:
        wanted.append((GLOBAL, change.everywhere, GLOBAL))
    groups = {"provider": change.providers, "combo": change.combos, "connection": change.connections}
    for level, group in groups.items():
        for owner, draft in group.items():
            name = line(owner, f"{level}s", most=LONGEST_NAME // 3)
            wanted.append((place_of(level, name), draft, f"{level}s.{name}"))
    return wanted


def _place(level: ProxyLevel, owner: str | None) -> str:
    if (owner is None) != (level is ProxyLevel.GLOBAL):
        raise fault("id", f"id says which {level.value}: give it for every level but {LEVELS[0]}")
    return place_of(level.value, owner)


def _below(rows: Mapping[str, ProxyRow], level: str) -> dict[str, Proxy]:
    start = f"{level}:"
    return {name.removeprefix(start): _shown(row) for name, row in rows.items() if name.startswith(start)}


def _shown(row: ProxyRow) -> Proxy:
    return Proxy(
        type=ProxyType(row.kind),
        host=row.host,
        port=row.port,
        username=row.username,
        password_set=row.password is not None,
    )


def _is_same(row: ProxyRow, draft: ProxyDraft) -> bool:
    return (row.host, row.port, row.username) == (draft.host.strip().strip("[]"), draft.port, draft.username)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _authority(row: ProxyRow) -> str:
    return f"{_bracketed(row.host)}:{row.port}"


def _url(row: ProxyRow) -> str:
    if row.username is None:
        return f"{row.kind}://{_authority(row)}"
    password = "" if row.password is None else f":{quote(row.password.reveal(), safe='')}"
    return f"{row.kind}://{quote(row.username, safe='')}{password}@{_authority(row)}"


def _exemptions(values: Sequence[str]) -> list[str]:
    if len(values) > MOST_EXEMPT:
        raise fault("noProxy", f"at most {MOST_EXEMPT} hosts")
    return list(dict.fromkeys(line(value, "noProxy", most=LONGEST_HOST) for value in values))


def _check_host(host: str, check: CheckUrl, name: str) -> None:
    try:
        check(f"https://{_bracketed(host.strip('[]'))}", True)
    except Unprocessable as error:
        raise fault(name, error.message) from error


def _check_target(url: str, check: CheckUrl, *, local: bool) -> None:
    try:
        check(url, local)
    except Unprocessable as error:
        raise fault("url", error.message) from error


def _address_in(text: str | None) -> str | None:
    """Return the address that an echo answered with, None where it is something else."""
    try:
        return str(ipaddress.ip_address((text or "").strip()))
    except ValueError:
        return None
