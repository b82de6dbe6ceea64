"""Keeps signed-in accounts alive: renews tokens before they end or when they are refused, and takes them back.

One renewal at a time for each account, whoever asks; what was granted is stored before it is used. A failure that may
pass changes nothing but a note. A refusal for good ends the account's work, and says so; nothing is ever deleted here.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from omniroute.formats.hub import Format
from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict, UpstreamFailed
from omniroute.kit.events import AccountExpired, ConfigurationChanged
from omniroute.kit.log import redactor
from omniroute.kit.secret import Secret
from omniroute.services.changes import Changed
from omniroute.services.credentials import OAUTH, headers_of
from omniroute.services.moments import moment_or_none
from omniroute.services.oauth_clients import OAuthClients
from omniroute.state.bus import Bus
from omniroute.state.leases import Leases
from omniroute.storage.account_rows import OAuthAccountRow
from omniroute.storage.connections import Connections
from omniroute.storage.rows import ConnectionRow
from omniroute.upstream.oauth import Client, OAuth, OAuthRefused, OAuthUnreachable, Tokens
from omniroute.upstream.quotas import Allowance, read_quotas
from omniroute.upstream.sign_in import SignIn

EARLY_MS = 5 * 60_000  # renewed when it ends within this time
_LEASE_S = 60.0
_RETRY_MS = (60_000, 30 * 60_000)
_AT_ONCE = 8

# After these nothing helps but signing in anew (RFC 6749, 5.2; the others are vendors' own words for the same).
FINAL = frozenset({"invalid_grant", "access_denied", "expired_token", "refresh_token_reused", "invalid_token"})

# Which proxy an address is reached over: the address, the connection's id (None before there is one), the provider's.
ProxyOf = Callable[[str, str | None, str], str | None]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A signed-in connection; `status` is active or expired. `problem` is why the last renewal did not work."""

    connection_id: str
    provider: str
    name: str
    account: str | None
    status: str
    reason: str | None
    problem: str | None
    scope: str | None
    renewable: bool
    expires_at: datetime | None
    refreshed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """How taking an account back went: `told` is whether the provider confirmed it."""

    connection_id: str
    told: bool
    message: str


class OAuthTokens:
    """Renews and revokes."""

    def __init__(
        self,
        *,
        rows: Connections,
        clients: OAuthClients,
        oauth: OAuth,
        proxy_of: ProxyOf,
        leases: Leases,
        bus: Bus,
        clock: Clock,
        changed: Changed,
    ) -> None:
        self._rows = rows
        self._clients = clients
        self._oauth = oauth
        self._proxy_of = proxy_of
        self._leases = leases
        self._bus = bus
        self._clock = clock
        self._changed = changed

    async def list(self, provider: str | None = None) -> tuple[Account, ...]:
        """Return the signed-in accounts, or those at one provider."""
        accounts = {one.connection_id: one for one in await self._rows.accounts()}
        rows = [row for row in await self._rows.list() if row.auth_type == OAUTH and provider in {None, row.provider}]
        return tuple(_shown(row, accounts.get(row.id)) for row in rows)

    async def refresh(self, connection_id: str) -> Account:
        """Renew an account now; raise Conflict when it can't be, UpstreamFailed when it may work later."""
        row = await self._rows.get(connection_id)
        if row.auth_type != OAUTH:
            raise Conflict(f"{row.name!r} has no sign-in: there is nothing to renew", code="not_oauth")
        try:
            row = await self.renewed(connection_id, row.secret, even_expired=True)
        except OAuthUnreachable as error:
            raise UpstreamFailed(f"{row.provider} did not renew the token: {redactor.clean(str(error))}") from error
        if row.expired_reason is not None:
            raise Conflict(row.expired_reason, code="account_expired")
        return _shown(row, await self._rows.account(connection_id))

    async def renewed(self, connection_id: str, seen: Secret | None, *, even_expired: bool = False) -> ConnectionRow:
        """Return the connection with another token than `seen`, renewed unless somebody else did meanwhile.

        The one returned may be expired. Raises OAuthUnreachable when it may work later.
        """
        async with self._leases.hold(f"oauth:{connection_id}", _LEASE_S):
            row = await self._rows.get(connection_id)
            if row.secret != seen or (row.expired_reason is not None and not even_expired):
                return row
            account = await self._rows.account(connection_id)
            way = await self._way(row)
            if account is None or account.refresh_token is None or way is None:
                what = "was not given a refresh token" if way else "has no client id any more"
                return await self._expire(row, account, f"The account {what}: sign in again.")
            try:
                tokens = await self._oauth.renew(*way, account.refresh_token)
            except OAuthRefused as error:
                if error.error in FINAL:
                    words = f"{row.provider} refused to renew the sign-in ({_said(error)}): sign in again."
                    return await self._expire(row, account, words)
                await self._note(row, account, _said(error))
                raise OAuthUnreachable(_said(error)) from error
            except OAuthUnreachable as error:
                await self._note(row, account, redactor.clean(str(error)))
                raise
            return await self.store(row, account, tokens)

    async def store(
        self, row: ConnectionRow, account: OAuthAccountRow | None, tokens: Tokens, *, is_new: bool = False
    ) -> ConnectionRow:
        """Store what was granted and show it to the data plane; return the connection as it is then."""
        now = self._clock.now_ms()
        fresh = replace(
            row,
            auth_type=OAUTH,
            secret=tokens.access,
            secret_hint=tokens.access.hint(),
            expires_at=None if tokens.expires_in is None else now + tokens.expires_in * 1000,
            expired_reason=None,
            updated_at=now,
        )
        kept = OAuthAccountRow(
            connection_id=row.id,
            refresh_token=tokens.refresh or (account.refresh_token if account else None),
            account=tokens.account or (account.account if account else None),
            scope=tokens.scope or (account.scope if account else None),
            headers={**(account.headers if account else {}), **tokens.headers},
            refreshed_at=now,
        )
        await self._rows.sign_in(fresh, kept, is_new=is_new)
        await self._changed(ConfigurationChanged(noun="connections", id=row.id))
        return fresh

    async def revoke(self, connection_id: str) -> Revoked:
        """Take an account's tokens back at the provider, and stop using it; the connection stays, to sign in anew."""
        row = await self._rows.get(connection_id)
        if row.auth_type != OAUTH:
            raise Conflict(f"{row.name!r} has no sign-in to take back: delete it, or its key", code="not_oauth")
        async with self._leases.hold(f"oauth:{connection_id}", _LEASE_S):
            account = await self._rows.account(connection_id)
            told, words = await self._revoked(row, account)
            gone = replace(row, secret=None, secret_hint=None)
            blank = None if account is None else replace(account, refresh_token=None)
            await self._expire(gone, blank, "The sign-in was taken back by an operator: sign in again to use it.")
        return Revoked(connection_id=connection_id, told=told, message=words)

    async def refresh_due(self) -> int:
        """Renew what ends soon, or is due for another try; return how many were renewed. For the timetable."""
        now = self._clock.now_ms()
        accounts = {one.connection_id: one for one in await self._rows.accounts()}
        due = [
            row
            for row in await self._rows.list()
            if row.auth_type == OAUTH and row.is_active and _is_due(row, accounts.get(row.id), now)
        ]
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(row: ConnectionRow) -> bool:
            async with places:
                try:
                    return (await self.renewed(row.id, row.secret)).expired_reason is None
                except (OAuthUnreachable, TimeoutError) as error:
                    log.warning("a sign-in was not renewed", connection=row.id, error=str(error) or "too slow")
                    return False

        return sum(await asyncio.gather(*map(one, due)))

    async def allowance(self, row: ConnectionRow) -> tuple[Allowance, str | None]:
        """Return what a connection's provider tells of its quota, or why there is nothing to tell."""
        if row.auth_type != OAUTH:
            return Allowance(), "Providers tell no quota of API keys: these are the figures of this gateway."
        found = await self._way(row)
        if row.expired_reason is not None or found is None or found[0].usage_url is None:
            return Allowance(), row.expired_reason or "This provider tells no quota of its accounts."
        way, client = found
        account = await self._rows.account(row.id)
        headers = headers_of(row, Format.OPENAI_CHAT, account=account)
        proxy = self._proxy_of(way.usage_url or "", row.id, row.provider)
        try:
            told = await self._oauth.get(way, replace(client, proxy=proxy), way.usage_url or "", headers)
        except (OAuthRefused, OAuthUnreachable) as error:
            return Allowance(), f"The provider did not tell its quota now: {redactor.clean(str(error))[:300]}"
        return read_quotas(way.quota_words, told), None

    async def _way(self, row: ConnectionRow) -> tuple[SignIn, Client] | None:
        found = await self._clients.way(row.provider)
        if found is None:
            return None
        way, client = found
        return way, replace(client, proxy=self._proxy_of(way.token_url, row.id, row.provider))

    async def _revoked(self, row: ConnectionRow, account: OAuthAccountRow | None) -> tuple[bool, str]:
        way = await self._way(row)
        token = (account.refresh_token if account else None) or row.secret
        if way is None or way[0].revoke_url is None or token is None:
            return False, "The provider has no way to take tokens back here: end the sign-in at the provider as well."
        hint = "refresh_token" if account and account.refresh_token else "access_token"
        try:
            await self._oauth.revoke(*way, token, hint)
        except (OAuthRefused, OAuthUnreachable) as error:
            words = redactor.clean(str(error))
            return False, f"The provider did not confirm it ({words}): end the sign-in there as well."
        return True, "The provider took the tokens back."

    async def _expire(self, row: ConnectionRow, account: OAuthAccountRow | None, reason: str) -> ConnectionRow:
        """End an account's work; it stays where it is, to be signed in anew."""
        now = self._clock.now_ms()
        over = replace(row, expired_reason=reason, updated_at=now)
        kept = account or OAuthAccountRow(connection_id=row.id, headers={}, refreshed_at=now)
        await self._rows.sign_in(over, replace(kept, problem=None, retry_at=None), is_new=False)
        log.warning("a sign-in is over", connection=row.id, provider=row.provider, reason=reason)
        self._bus.publish(AccountExpired(connection_id=row.id, provider=row.provider, at_ms=now, reason=reason))
        await self._changed(ConfigurationChanged(noun="connections", id=row.id))
        return over

    async def _note(self, row: ConnectionRow, account: OAuthAccountRow, words: str) -> None:
        """Remember why it did not work, and try again later, each time twice as much later."""
        now = self._clock.now_ms()
        least, most = _RETRY_MS
        last = least if account.retry_at is None else min(2 * max(account.retry_at - row.updated_at, least), most)
        noted = replace(account, problem=words[:500], retry_at=now + last)
        await self._rows.sign_in(replace(row, updated_at=now), noted, is_new=False)


def _is_due(row: ConnectionRow, account: OAuthAccountRow | None, now: int) -> bool:
    if row.expired_reason is not None or row.expires_at is None or account is None:
        return False
    if account.refresh_token is None:
        return row.expires_at <= now
    return row.expires_at - EARLY_MS <= now and (account.retry_at is None or account.retry_at <= now)


def _said(error: OAuthRefused) -> str:
    return redactor.clean(str(error))[:300]


def _shown(row: ConnectionRow, account: OAuthAccountRow | None) -> Account:
    return Account(
        connection_id=row.id,
        provider=row.provider,
        name=row.name,
        account=account.account if account else None,
        status="active" if row.expired_reason is None else "expired",
        reason=row.expired_reason,
        problem=account.problem if account else None,
        scope=account.scope if account else None,
        renewable=account is not None and account.refresh_token is not None,
        expires_at=moment_or_none(row.expires_at),
        refreshed_at=moment_or_none(account.refreshed_at if account else None),
    )
