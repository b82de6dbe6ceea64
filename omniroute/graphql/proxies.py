"""Outbound proxies: one for everything, or for a provider, a combo, a connection; and which hosts go without."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.named import Named, named
from omniroute.graphql.outcome import Deleted, Failed, mutation
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.services.proxies import (
    ECHO_URL,
    Proxy,
    ProxyChange,
    ProxyConfig,
    ProxyDraft,
    ProxyLevel,
    ProxyTest,
    ProxyType,
)
from omniroute.services.rules import fault

_HOST = "Its host: a name or an address, without a scheme, a port or a path."
_PORT = "Its port: 1 to 65,535."
_TYPE = "How it is spoken to."
_USER = "The user name that it asks for; null: none."
_EXEMPT = "Hosts that are reached without a proxy."
_Url = Annotated[str, strawberry.argument(description="The address to fetch; it should answer with the caller's own.")]
_Local = Annotated[bool, strawberry.argument(description="Whether that address may lie in a private network.")]
_Owner = Annotated[strawberry.ID | None, strawberry.argument(description="Whose: an id, for every level but GLOBAL.")]

enumerate_(ProxyType, "ProxyType", _TYPE, HTTP="By HTTP.", HTTPS="By HTTP over TLS.", SOCKS5="By SOCKS 5.")
enumerate_(
    ProxyLevel,
    "ProxyLevel",
    "What a proxy is for; the later ones here win.",
    GLOBAL="Everything.",
    PROVIDER="A provider or node.",
    COMBO="A combo.",
    CONNECTION="A connection.",
)
expose(
    Proxy,
    "OutboundProxy",
    "A proxy. Its password never comes out again.",
    type=_TYPE,
    host=_HOST,
    port=_PORT,
    username=_USER,
    password_set="Whether a password is stored.",
)
expose(
    ProxyConfig,
    "ProxySettings",
    "All proxies.",
    everywhere="The one for everything; null: none.",
    providers=Shown(words="Those of providers and nodes, by their ids.", kind=list[Named[Proxy]], read=named),
    combos=Shown(words="Those of combos, by their ids.", kind=list[Named[Proxy]], read=named),
    connections=Shown(words="Those of connections, by their ids.", kind=list[Named[Proxy]], read=named),
    no_proxy=_EXEMPT,
)
accept(
    ProxyDraft,
    "OutboundProxyInput",
    "A proxy. Without a password the one of the same host, port and user name stays.",
    host=_HOST,
    port=_PORT,
    type=_TYPE,
    username=_USER,
    password="The password that it asks for.",
)


@strawberry.input(description="Whose a proxy shall be.")
class OwnedProxyInput:
    """An owner and a proxy."""

    id: strawberry.ID = strawberry.field(description="The id of the provider, node, combo or connection.")
    proxy: ProxyDraft | None = strawberry.field(description="The proxy; null: none of its own.", default=None)


def _owned(field: str) -> Taken:
    def read(given: Sequence[OwnedProxyInput]) -> Mapping[str, ProxyDraft | None]:
        found = {str(one.id): one.proxy for one in given}
        if len(found) != len(given):
            raise fault(field, f"{field}: an id stands there twice")
        return found

    return Taken(
        words=f"Proxies of {field}; those that are not named stay.", kind=list[OwnedProxyInput] | None, read=read
    )


accept(
    ProxyChange,
    "ProxySettingsChange",
    "What to change; what is left out stays.",
    everywhere="The one for everything; null: none.",
    providers=_owned("providers"),
    combos=_owned("combos"),
    connections=_owned("connections"),
    no_proxy=Taken(words=f"{_EXEMPT} The list replaces the one before.", kind=list[str], read=tuple),
)
expose(
    ProxyTest,
    "ProxyTest",
    "How a proxy did.",
    success="Whether an answer came through it.",
    latency_ms="How long that took, in milliseconds.",
    proxy_url="The proxy's address, without a password.",
    public_ip="The address that the other side saw, where it told.",
    error="What went wrong.",
)

UpdateResult = Annotated[ProxyConfig | Failed, strawberry.union("UpdateProxySettingsResult")]
RemoveResult = Annotated[Deleted | Failed, strawberry.union("RemoveProxyResult")]
TestResult = Annotated[ProxyTest | Failed, strawberry.union("TestProxyResult")]


@strawberry.type
class Query:
    """Proxies."""

    @asked("All proxies.")
    async def proxy_settings(self, info: Asked) -> ProxyConfig:
        return await services_of(info).proxies.get()


@strawberry.type
class Mutation:
    """Proxies."""

    @mutation("Set and take away proxies; all of it or nothing.")
    async def update_proxy_settings(self, info: Asked, input: ProxyChange) -> UpdateResult:
        return await services_of(info).proxies.update(input)

    @mutation("Take one proxy away.")
    async def remove_proxy(self, info: Asked, level: ProxyLevel, id: _Owner = None) -> RemoveResult:
        await services_of(info).proxies.remove(level, id)
        return Deleted(id=id or strawberry.ID(level.value))

    @mutation("Fetch an address through a proxy; nothing is stored.")
    async def test_proxy(
        self,
        info: Asked,
        input: ProxyDraft,
        url: _Url = ECHO_URL,
        local: _Local = False,  # noqa: FBT002 - an argument of the schema
    ) -> TestResult:
        return await services_of(info).proxies.test(input, url=url, local=local)
