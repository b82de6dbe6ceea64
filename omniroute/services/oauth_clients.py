"""The OAuth clients with which the gateway signs in at providers, and how one signs in there.

No client id is shipped: the operator registers one with the provider and sets it here. Addresses and scopes come from
the table of sign-ins, and what the operator sets wins, so that a node of one's own can have a sign-in too.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from pydantic_core import MISSING

from omniroute.kit.clock import Clock
from omniroute.kit.errors import NotFound
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.secret import Secret
from omniroute.services.changes import Changed, kept
from omniroute.services.rules import credential, fault, line, optional_line
from omniroute.services.upstreams import CheckUrl, Upstreams
from omniroute.storage.account_rows import OAuthClientRow
from omniroute.storage.oauth import OAuthClients as ClientRows
from omniroute.upstream.catalogue import find
from omniroute.upstream.oauth import Client
from omniroute.upstream.sign_in import SIGN_INS, ClientAuth, Flow, SignIn

LONGEST_CLIENT = 512
LONGEST_URL = 2_000
LONGEST_SCOPE = 200
MOST_SCOPES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """How the gateway signs in at a provider; `ready` when there is a client id and a usable protocol behind it."""

    provider: str
    name: str
    ready: bool
    reason: str | None
    client_id: str | None
    client_secret_hint: str | None
    flow: Flow
    authorize_url: str | None
    token_url: str
    device_url: str | None
    revoke_url: str | None
    usage_url: str | None
    scopes: tuple[str, ...]
    local: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClientChange:
    """What to set of a provider's client; None takes a value back to the record's own."""

    client_id: str | MISSING | None = MISSING
    client_secret: Secret | MISSING | None = field(default=MISSING, repr=False)
    flow: Flow | MISSING | None = MISSING
    authorize_url: str | MISSING | None = MISSING
    token_url: str | MISSING | None = MISSING
    device_url: str | MISSING | None = MISSING
    revoke_url: str | MISSING | None = MISSING
    usage_url: str | MISSING | None = MISSING
    scopes: Sequence[str] | MISSING | None = MISSING
    client_auth: ClientAuth | MISSING | None = MISSING
    local: bool | MISSING | None = MISSING


_URLS = ("authorize_url", "token_url", "device_url", "revoke_url", "usage_url")
_SET = tuple(one.name for one in fields(OAuthClientChange) if one.name not in {"client_id", "client_secret"})


class OAuthClients:
    """Lists and changes them."""

    def __init__(
        self, *, rows: ClientRows, upstreams: Upstreams, check_url: CheckUrl, clock: Clock, changed: Changed
    ) -> None:
        self._rows = rows
        self._upstreams = upstreams
        self._check_url = check_url
        self._clock = clock
        self._changed = changed
        self._changing = asyncio.Lock()

    async def list(self) -> tuple[OAuthClient, ...]:
        """Return every provider at which one can sign in, and the nodes that the operator set it up for."""
        rows = {row.provider: row for row in await self._rows.list()}
        return tuple([await self._shown(one, rows.get(one)) for one in dict.fromkeys((*SIGN_INS, *rows))])

    async def get(self, provider: str) -> OAuthClient:
        """Return one; raise NotFound where one cannot sign in."""
        name = await self.id_of(provider)
        return await self._shown(name, await self._rows.get(name))

    async def update(self, provider: str, change: OAuthClientChange) -> OAuthClient:
        """Set the client of a provider or node; raise Unprocessable on a bad value."""
        upstream = await self._upstreams.stored(await self._named(provider))
        async with self._changing:
            old = await self._rows.get(upstream.id)
            endpoints = _changed(dict(old.endpoints) if old else {}, change)
            row = OAuthClientRow(
                provider=upstream.id,
                client_id=optional_line(
                    kept(change.client_id, old.client_id if old else None), "clientId", most=LONGEST_CLIENT
                )
                or "",
                client_secret=credential(
                    kept(change.client_secret, old.client_secret if old else None), "clientSecret"
                ),
                endpoints=endpoints,
                updated_at=self._clock.now_ms(),
            )
            self._check(_way(upstream.id, row), old, row)
            await self._rows.put(row)
        await self._changed(ConfigurationChanged(noun="oauth", id=upstream.id))
        return await self._shown(upstream.id, row)

    async def id_of(self, provider: str) -> str:
        """Return the id of a provider or node at which one can sign in; raise NotFound."""
        name = await self._named(provider)
        if name not in SIGN_INS and await self._rows.get(name) is None:
            raise NotFound(
                f"There is no sign-in for {provider!r}: connect it with a key, or set its endpoints at "
                f"PUT /api/settings/oauth/{name}."
            )
        return name

    async def usable(self, provider: str) -> tuple[SignIn, OAuthClientRow]:
        """Return how to sign in and as which client; raise Unprocessable that says what is missing."""
        name = await self.id_of(provider)
        row = await self._rows.get(name)
        reason = _reason(name, row)
        if reason is not None or row is None:
            raise fault("provider", reason or _no_client(name))
        return _way(name, row), row

    async def way(self, provider: str) -> tuple[SignIn, Client] | None:
        """Return how an account of this provider is renewed; None when nothing is set for it any more."""
        row = await self._rows.get(provider)
        if row is None or not row.client_id:
            return None
        return _way(provider, row), Client(id=row.client_id, secret=row.client_secret)

    async def _named(self, provider: str) -> str:
        record = find(provider)
        if record is not None:
            return record.id
        for one in await self._upstreams.nodes():
            if provider in {one.id, one.prefix}:
                return one.id
        raise NotFound(f"There is no provider or node {provider[:100]!r}.")

    def _check(self, way: SignIn, old: OAuthClientRow | None, row: OAuthClientRow) -> None:
        for name in _URLS:
            url = getattr(way, name)
            if url is not None:
                self._check_url(url, way.is_local)
        if not way.token_url:
            raise fault("tokenUrl", "a sign-in needs the address where tokens are granted")
        needed = "authorize_url" if way.flow is Flow.AUTHORIZATION_CODE else "device_url"
        if not getattr(way, needed):
            raise fault("authorizeUrl" if needed == "authorize_url" else "deviceUrl", f"the flow {way.flow} needs it")
        moved = old is not None and _way(row.provider, old).token_url != way.token_url
        if moved and old is not None and row.client_secret is not None and row.client_secret == old.client_secret:
            raise fault("clientSecret", "it belongs to the former token address: give it again with the new one")

    async def _shown(self, provider: str, row: OAuthClientRow | None) -> OAuthClient:
        way = _way(provider, row)
        record = find(provider)
        name = record.name if record else (await self._upstreams.stored(provider)).label
        reason = _reason(provider, row)
        return OAuthClient(
            provider=provider,
            name=name,
            ready=reason is None,
            reason=reason,
            client_id=row.client_id or None if row else None,
            client_secret_hint=row.client_secret.hint() if row and row.client_secret else None,
            flow=way.flow,
            authorize_url=way.authorize_url,
            token_url=way.token_url,
            device_url=way.device_url,
            revoke_url=way.revoke_url,
            usage_url=way.usage_url,
            scopes=way.scopes,
            local=way.is_local,
        )


def _reason(provider: str, row: OAuthClientRow | None) -> str | None:
    """Say why one cannot sign in there, None when one can."""
    record = find(provider)
    if record is not None and not record.supported:
        return f"{record.name} is not supported: {record.reason}"
    return None if row is not None and row.client_id else _no_client(provider)


def _no_client(provider: str) -> str:
    return f"set a client id first: register a client with the provider, then PUT /api/settings/oauth/{provider}"


def _way(provider: str, row: OAuthClientRow | None) -> SignIn:
    """Return the record of a sign-in with what the operator set over it."""
    known = SIGN_INS.get(provider) or SignIn(provider=provider, flow=Flow.AUTHORIZATION_CODE, token_url="")
    if row is None or not row.endpoints:
        return known
    told = row.endpoints
    given: dict[str, Any] = {name: told[name] for name in _URLS if name in told}
    if "scopes" in told:
        given["scopes"] = tuple(told["scopes"])
    if "flow" in told:
        given["flow"] = Flow(told["flow"])
    if "client_auth" in told:
        given["client_auth"] = ClientAuth(told["client_auth"])
    return replace(known, **given, is_local=bool(told.get("local")))


def _changed(endpoints: dict[str, Any], change: OAuthClientChange) -> dict[str, Any]:
    """Return what is set of the sign-in after a change."""
    for name in _SET:
        value = getattr(change, name)
        if value is MISSING:
            continue
        endpoints.pop(name, None)
        if value is None:
            continue
        if name in _URLS:
            endpoints[name] = line(value, name, most=LONGEST_URL)
        elif name == "scopes":
            endpoints[name] = [line(one, "scopes", most=LONGEST_SCOPE) for one in value]
        else:
            endpoints[name] = value if isinstance(value, bool) else str(value.value)
    return endpoints
