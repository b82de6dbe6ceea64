"""Outbound proxies."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Annotated

from pydantic import MISSING, Field

from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, SecretText, adopt, shape
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


async def show(services: Services, _call: Call[None, None]) -> ProxySettings:
    """Show all proxies."""
    return _shown(await services.proxies.get())


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
