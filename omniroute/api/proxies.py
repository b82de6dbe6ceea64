"""Outbound proxies."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import MISSING, Field

from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, SecretText, adopt, shape
from omniroute.routing.proxying import GLOBAL, nearest, place_of
from omniroute.services.collection import Services
from omniroute.services.proxies import (
    ECHO_URL,
    LONGEST_HOST,
    LONGEST_NAME,
    MOST_EXEMPT,
    MOST_PORT,
    Proxy,
    ProxyChange,
    ProxyConfig,
    ProxyDraft,
    ProxyLevel,
    ProxyTest,
)
from omniroute.services.rules import fault

_LONGEST_URL = 2_000


class Level(StrEnum):
    """What a proxy is for; `key` is an older word for connection."""

    GLOBAL = "global"
    PROVIDER = "provider"
    COMBO = "combo"
    CONNECTION = "connection"
    KEY = "key"


@shape
class NewProxy(ProxyDraft):
    """A proxy. Without a password the stored one of the same host, port and user name is taken."""

    host: Annotated[str, Field(min_length=1, max_length=LONGEST_HOST)]
    port: Annotated[int, Field(ge=1, le=MOST_PORT), WHOLE]
    username: Annotated[str, Field(max_length=LONGEST_NAME)] | None = None
    password: SecretText | None = field(default=None, repr=False)


@shape
class ProxySettings:
    """All proxies; `keys` is an older word for `connections`."""

    everywhere: Annotated[Proxy | None, Field(alias="global")]
    providers: Mapping[str, Proxy]
    combos: Mapping[str, Proxy]
    connections: Mapping[str, Proxy]
    keys: Mapping[str, Proxy]
    no_proxy: Sequence[str]


_Group = Annotated[Mapping[str, NewProxy | None], Field(max_length=500)]


@shape
class ProxyUpdate:
    """What to change: either one proxy, by `level`, `id` and `proxy`, or several. null takes a proxy away.

    `keys` is an older word for `connections`.
    """

    level: Level | None = None
    id: Annotated[str, Field(max_length=64)] | None = None
    proxy: NewProxy | None = None
    everywhere: Annotated[NewProxy | MISSING | None, Field(alias="global")] = MISSING
    providers: _Group = field(default_factory=dict)
    combos: _Group = field(default_factory=dict)
    connections: _Group = field(default_factory=dict)
    keys: _Group = field(default_factory=dict)
    no_proxy: (
        Annotated[Sequence[Annotated[str, Field(min_length=1, max_length=LONGEST_HOST)]], Field(max_length=MOST_EXEMPT)]
        | MISSING
    ) = MISSING


@shape
class LookedAt:
    """Which proxy to show: that of a level and id, or the one that a connection uses (`resolve`); all without any."""

    level: Level | None = None
    id: Annotated[str, Field(max_length=64)] | None = None
    resolve: Annotated[str, Field(min_length=1, max_length=64)] | None = None


@shape
class OneProxy:
    """The proxy of a level and id; none where there is none."""

    level: Level
    id: str | None
    proxy: Proxy | None


@shape
class UsedProxy:
    """The proxy that a connection uses, and where it is set; none where it goes without."""

    proxy: Proxy | None
    level: Level | None
    level_id: str | None


@shape
class ProxyQuery:
    """Whose proxy to take away."""

    level: Level
    id: Annotated[str, Field(max_length=64)] | None = None


@shape
class TriedProxy:
    """A proxy to be tried, and an address to fetch through it that answers with the caller's own."""

    proxy: NewProxy
    url: Annotated[str, Field(min_length=1, max_length=_LONGEST_URL)] = ECHO_URL
    local: bool = False


@shape
class ProxyTestResult(ProxyTest):
    """How a proxy did."""


async def show(services: Services, call: Call[None, LookedAt]) -> ProxySettings | OneProxy | UsedProxy:
    """Show all proxies, or one."""
    query = call.query
    if query.resolve is not None:
        if query.level is not None or query.id is not None:
            raise fault("resolve", "resolve stands alone: a connection's id, without level and id")
        return await _used(services, query.resolve)
    config = await services.proxies.get()
    if query.level is None:
        if query.id is not None:
            raise fault("level", "level is required: what the id is of")
        return _shown(config)
    level = _level(query.level)
    if (query.id is None) != (level is ProxyLevel.GLOBAL):
        raise fault("id", "id is required for every level but global")
    return OneProxy(level=query.level, id=query.id, proxy=_of(config, level, query.id))


async def _used(services: Services, connection_id: str) -> UsedProxy:
    connection = await services.providers.get(connection_id)
    config = await services.proxies.get()
    known = {
        GLOBAL: config.everywhere,
        **{place_of(ProxyLevel.PROVIDER, name): one for name, one in config.providers.items()},
        **{place_of(ProxyLevel.CONNECTION, name): one for name, one in config.connections.items()},
    }
    places = {place: place for place, one in known.items() if one is not None}
    place = nearest(places, connection=connection_id, combos=(), provider=connection.provider)
    if place is None:
        return UsedProxy(proxy=None, level=None, level_id=None)
    level, _, owner = place.partition(":")
    return UsedProxy(proxy=known[place], level=Level(level), level_id=owner or None)


def _of(config: ProxyConfig, level: ProxyLevel, owner: str | None) -> Proxy | None:
    match level:
        case ProxyLevel.GLOBAL:
            return config.everywhere
        case ProxyLevel.PROVIDER:
            return config.providers.get(owner or "")
        case ProxyLevel.COMBO:
            return config.combos.get(owner or "")
        case ProxyLevel.CONNECTION:
            return config.connections.get(owner or "")
        case _:
            assert_never(level)


async def update(services: Services, call: Call[ProxyUpdate, None]) -> ProxySettings:
    """Change some."""
    return _shown(await services.proxies.update(_change(call.body)))


async def remove(services: Services, call: Call[None, ProxyQuery]) -> ProxySettings:
    """Take one away."""
    await services.proxies.remove(_level(call.query.level), call.query.id)
    return _shown(await services.proxies.get())


async def test(services: Services, call: Call[TriedProxy, None]) -> ProxyTestResult:
    """Fetch an address through a proxy."""
    body = call.body
    return adopt(ProxyTestResult, await services.proxies.test(body.proxy, url=body.url, local=body.local))


def _change(body: ProxyUpdate) -> ProxyChange:
    groups = {
        ProxyLevel.PROVIDER: dict(body.providers),
        ProxyLevel.COMBO: dict(body.combos),
        ProxyLevel.CONNECTION: {**body.keys, **body.connections},
    }
    everywhere = body.everywhere
    if body.level is not None:
        level = _level(body.level)
        if level is ProxyLevel.GLOBAL:
            everywhere = body.proxy
        elif body.id:
            groups[level][body.id] = body.proxy
        else:
            raise fault("id", f"id is required: which {level.value} the proxy is for")
    elif body.proxy is not None:
        raise fault("level", "level is required: what the proxy is for")
    return ProxyChange(
        everywhere=everywhere,
        providers=groups[ProxyLevel.PROVIDER],
        combos=groups[ProxyLevel.COMBO],
        connections=groups[ProxyLevel.CONNECTION],
        no_proxy=body.no_proxy,
    )


def _level(level: Level) -> ProxyLevel:
    return ProxyLevel.CONNECTION if level is Level.KEY else ProxyLevel(level.value)


def _shown(config: ProxyConfig) -> ProxySettings:
    return ProxySettings(
        everywhere=config.everywhere,
        providers=config.providers,
        combos=config.combos,
        connections=config.connections,
        keys=config.connections,
        no_proxy=config.no_proxy,
    )
