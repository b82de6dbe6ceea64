"""Signing in at providers: a person is sent there for consent, or types a code; what comes back is a connection.

A sign-in that was begun is bound to the session (or key) of whoever began it, is good for one use and some minutes, and
outlives a restart. What must not leave the gateway (verifier, device code) never does.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from omniroute.kit import json
from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict, Forbidden, Invalid, NotFound, UpstreamFailed
from omniroute.kit.ids import new_id
from omniroute.kit.log import redactor
from omniroute.kit.secret import Secret
from omniroute.services.credentials import OAUTH
from omniroute.services.moments import moment
from omniroute.services.oauth_clients import OAuthClients
from omniroute.services.oauth_tokens import OAuthTokens, ProxyOf
from omniroute.services.providers import LONGEST_NAME, Connection, Providers
from omniroute.services.rules import fault, optional_line
from omniroute.storage.account_rows import OAuthClientRow, OAuthFlowRow
from omniroute.storage.connections import Connections
from omniroute.storage.oauth import OAuthFlows
from omniroute.storage.rows import ConnectionRow
from omniroute.upstream.oauth import Client, OAuth, OAuthRefused, OAuthUnreachable, Tokens
from omniroute.upstream.sign_in import Flow, SignIn

LONGEST_CODE = 4_000
LONGEST_URI = 2_000
FLOW_MS = 10 * 60_000
_MOST_DEVICE_S = 1_800
_SLOWER_S = 5  # RFC 8628, 3.5
_STATE_BYTES = 32
_VERIFIER_BYTES = 64
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CODE, _DEVICE = "code", "device"
_PENDING = "authorization_pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInDraft:
    """How to begin: what to call the connection, or which one to sign in anew, and where the browser comes back."""

    name: str | None = None
    connection_id: str | None = None
    redirect_uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """Where to send a person for consent, and the state that comes back with the code."""

    provider: str
    flow_type: Flow
    auth_url: str
    state: str
    redirect_uri: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStart:
    """What a person types where; `device_code` names this sign-in when polling, every `interval` seconds."""

    provider: str
    flow_type: Flow
    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    interval: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInConnection:
    """A connection that a sign-in made or renewed."""

    success: bool
    connection: Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """How a device flow stands: the connection, or still pending, or over with an error."""

    success: bool
    pending: bool
    error: str | None
    error_description: str | None
    interval: int | None
    connection: Connection | None


class SignIns:
    """Begins and finishes sign-ins."""

    def __init__(
        self,
        *,
        clients: OAuthClients,
        tokens: OAuthTokens,
        flows: OAuthFlows,
        rows: Connections,
        providers: Providers,
        oauth: OAuth,
        proxy_of: ProxyOf,
        clock: Clock,
        token: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self._clients = clients
        self._tokens = tokens
        self._flows = flows
        self._rows = rows
        self._providers = providers
        self._oauth = oauth
        self._proxy_of = proxy_of
        self._clock = clock
        self._token = token
        self._naming = asyncio.Lock()

    async def authorize(self, provider: str, owner: str, draft: SignInDraft) -> Authorization:
        """Begin: return where to send the person. `owner` is the session or key that begins."""
        way, row = await self._clients.usable(provider)
        if way.flow is not Flow.AUTHORIZATION_CODE:
            raise fault("action", f"{way.provider} has the device flow: use device-code")
        redirect = _redirect(draft.redirect_uri)
        state, verifier = self._token(_STATE_BYTES), self._token(_VERIFIER_BYTES)
        begun = await self._begun(way, owner, draft, state, verifier, _CODE, redirect=redirect, lasts_ms=FLOW_MS)
        url = await self._oauth.authorize_url(
            way, self._client(way, row), redirect_uri=redirect, state=state, verifier=verifier
        )
        return Authorization(
            provider=way.provider,
            flow_type=way.flow,
            auth_url=url,
            state=state,
            redirect_uri=redirect,
            expires_at=moment(begun.expires_at),
        )

    async def exchange(self, provider: str, owner: str, code: str, state: str) -> SignedInConnection:
        """Finish with the code that came back; raise Forbidden on a state that is not this session's, or is used up."""
        way, row = await self._clients.usable(provider)
        flow = await self._flow(way.provider, owner, state, _CODE)
        if not await self._flows.take(flow.id):
            raise _not_yours()
        try:
            tokens = await self._oauth.exchange(
                way,
                self._client(way, row),
                code=code,
                redirect_uri=flow.redirect_uri or "",
                state=state,
                verifier=flow.secret.reveal(),
            )
        except OAuthRefused as error:
            raise Conflict(f"{way.provider} refused the code: {_clean(error)}", code="oauth_refused") from error
        except OAuthUnreachable as error:
            raise UpstreamFailed(f"{way.provider} did not grant tokens: {_clean(error)}. Sign in again.") from error
        return SignedInConnection(success=True, connection=await self._connected(flow, tokens))

    async def refused(self, provider: str, owner: str, state: str, error: str, description: str | None) -> Conflict:
        """Return how a consent that was not given is told; its sign-in is over."""
        name = await self._clients.id_of(provider)
        flow = await self._flow(name, owner, state, _CODE)
        await self._flows.take(flow.id)
        words = f"{error[:100]}: {description[:300]}" if description else error[:100]
        return Conflict(f"{name} gave no consent ({redactor.clean(words)}).", code="oauth_refused")

    async def device_code(self, provider: str, owner: str, draft: SignInDraft) -> DeviceStart:
        """Begin a device flow."""
        way, row = await self._clients.usable(provider)
        if way.flow is not Flow.DEVICE_CODE:
            raise fault("action", f"{way.provider} does not support the device flow: use authorize")
        handle, verifier = self._token(_STATE_BYTES), self._token(_VERIFIER_BYTES)
        await self._checked(way, draft)
        try:
            device = await self._oauth.device(way, self._client(way, row), verifier=verifier)
        except (OAuthRefused, OAuthUnreachable) as error:
            raise UpstreamFailed(f"{way.provider} gave no device code: {_clean(error)}") from error
        kept = json.dumps({"code": device.code.reveal(), "verifier": verifier}).decode()
        lasts = min(device.expires_in, _MOST_DEVICE_S) * 1000
        begun = await self._begun(way, owner, draft, handle, kept, _DEVICE, lasts_ms=lasts, interval_s=device.interval)
        return DeviceStart(
            provider=way.provider,
            flow_type=way.flow,
            device_code=handle,
            user_code=device.user_code,
            verification_uri=device.verification_uri,
            verification_uri_complete=device.verification_uri_complete,
            interval=device.interval,
            expires_at=moment(begun.expires_at),
        )

    async def poll(self, provider: str, owner: str, device_code: str) -> Polled:
        """Ask whether consent was given. Who asks too soon is told to wait, and the provider is not asked."""
        way, row = await self._clients.usable(provider)
        flow = await self._flow(way.provider, owner, device_code, _DEVICE)
        now = self._clock.now_ms()
        due = now + flow.interval_s * 1000
        if flow.next_poll_at > now or not await self._flows.turn(flow, next_poll_at=due, interval_s=flow.interval_s):
            return _waiting(_PENDING, "it is too soon to ask again", flow.interval_s)
        kept = json.loads(flow.secret.reveal().encode())
        try:
            tokens = await self._oauth.poll(
                way, self._client(way, row), device_code=kept["code"], verifier=kept["verifier"]
            )
        except OAuthRefused as error:
            return await self._pended(replace(flow, next_poll_at=due), error, now)
        except OAuthUnreachable as error:
            return _waiting(_PENDING, _clean(error), flow.interval_s)
        if not await self._flows.take(flow.id):
            raise _not_yours()
        connection = await self._connected(flow, tokens)
        return Polled(
            success=True, pending=False, error=None, error_description=None, interval=None, connection=connection
        )

    async def _pended(self, flow: OAuthFlowRow, error: OAuthRefused, now: int) -> Polled:
        """Go on asking, slower where that is wished, or end."""
        if error.error == _PENDING:
            return _waiting(_PENDING, error.description, flow.interval_s)
        if error.error == "slow_down":
            slower = flow.interval_s + _SLOWER_S
            await self._flows.turn(flow, next_poll_at=now + slower * 1000, interval_s=slower)
            return _waiting("slow_down", error.description, slower)
        await self._flows.take(flow.id)
        return Polled(
            success=False,
            pending=False,
            error=error.error[:100],
            error_description=redactor.clean(error.description or "") or None,
            interval=None,
            connection=None,
        )

    async def _begun(  # noqa: PLR0917 - one row
        self,
        way: SignIn,
        owner: str,
        draft: SignInDraft,
        state: str,
        kept: str,
        kind: str,
        *,
        lasts_ms: int,
        redirect: str | None = None,
        interval_s: int = 0,
    ) -> OAuthFlowRow:
        name = await self._checked(way, draft)
        now = self._clock.now_ms()
        row = OAuthFlowRow(
            id=_digest(state),
            provider=way.provider,
            owner=owner,
            kind=kind,
            secret=Secret(kept),
            redirect_uri=redirect,
            name=name,
            connection_id=draft.connection_id,
            interval_s=interval_s,
            next_poll_at=now + interval_s * 1000,
            expires_at=now + lasts_ms,
        )
        await self._flows.add(row, now)
        return row

    async def _checked(self, way: SignIn, draft: SignInDraft) -> str | None:
        if draft.connection_id is not None:
            old = await self._rows.get(draft.connection_id)
            if old.provider != way.provider or old.auth_type != OAUTH:
                raise fault("connectionId", f"{old.name!r} is no signed-in connection of {way.provider}")
        return optional_line(draft.name, "name", most=LONGEST_NAME)

    async def _flow(self, provider: str, owner: str, state: str, kind: str) -> OAuthFlowRow:
        """Return the sign-in that was begun; whoever did not begin it learns nothing of it."""
        flow = await self._flows.get(_digest(state))
        is_right = flow is not None and (flow.provider, flow.owner, flow.kind) == (provider, owner, kind)
        if flow is None or not is_right or flow.expires_at <= self._clock.now_ms():
            raise _not_yours()
        return flow

    async def _connected(self, flow: OAuthFlowRow, tokens: Tokens) -> Connection:
        """Make the connection, or sign the one in anew that is meant: the named one, else one of the same account."""
        async with self._naming:
            row, is_new = await self._row(flow, tokens)
            account = None if is_new else await self._rows.account(row.id)
            stored = await self._tokens.store(row, account, tokens, is_new=is_new)
        return await self._providers.get(stored.id)

    async def _row(self, flow: OAuthFlowRow, tokens: Tokens) -> tuple[ConnectionRow, bool]:
        own = [row for row in await self._rows.list() if row.provider == flow.provider]
        if flow.connection_id is not None:
            for row in own:
                if row.id == flow.connection_id:
                    return row, False
            raise NotFound(f"The connection {flow.connection_id!r} is gone: sign in once more to make a new one.")
        accounts = {one.connection_id: one.account for one in await self._rows.accounts()}
        for row in own:
            same = tokens.account is not None and accounts.get(row.id) == tokens.account
            if row.auth_type == OAUTH and (same or (flow.name is not None and row.name == flow.name)):
                return row, False
        now = self._clock.now_ms()
        made = ConnectionRow(
            id=new_id("conn"),
            provider=flow.provider,
            name=_free(flow.name or tokens.account or "Account", {row.name for row in own}),
            auth_type=OAUTH,
            source=OAUTH,
            created_at=now,
            updated_at=now,
        )
        return made, True

    def _client(self, way: SignIn, row: OAuthClientRow) -> Client:
        proxy = self._proxy_of(way.token_url, None, way.provider)
        return Client(id=row.client_id, secret=row.client_secret, proxy=proxy)


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def _not_yours() -> Forbidden:
    return Forbidden(
        "This sign-in is unknown, over, used already, or was begun in another session: begin again.",
        code="bad_state",
        param="state",
    )


def _waiting(error: str, description: str | None, interval_s: int) -> Polled:
    return Polled(
        success=False,
        pending=True,
        error=error,
        error_description=description,
        interval=interval_s,
        connection=None,
    )


def _redirect(uri: str | None) -> str:
    """Return where the browser comes back; it must be an address to which a code may be sent."""
    if uri is None:
        raise Invalid("redirectUri is required", param="redirectUri")
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError as error:
        raise fault("redirectUri", f"it is not a URL: {error}") from error
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if not host or not is_safe or parts.fragment or parts.username or len(uri) > LONGEST_URI or not uri.isascii():
        raise fault("redirectUri", "it must be https, or http on this machine, without a fragment")
    return uri


def _free(name: str, taken: set[str]) -> str:
    """Return the name, or with a number when it is taken."""
    name = name[: LONGEST_NAME - 10]
    number, found = 2, name
    while found in taken:
        found, number = f"{name} {number}", number + 1
    return found


def _clean(error: Exception) -> str:
    return redactor.clean(str(error))[:300]
