"""Speaks OAuth 2.0 with an authorization server: authorization code with PKCE, device flow, renewal, revocation.

The messages are Authlib's; they go through the gateway's own client, so that the outbound guard and the proxies hold
for them as for everything else. Authlib is loaded at the first sign-in.
"""

import asyncio
import base64
import binascii
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from yarl import URL

from omniroute.kit import json
from omniroute.kit.secret import Secret
from omniroute.upstream.client import Endpoint, UpstreamClient
from omniroute.upstream.failures import AttemptFailed
from omniroute.upstream.sign_in import ClientAuth, SignIn

_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"  # RFC 8628, 3.4
_MOST_BYTES = 256 * 1024
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_SERVER_ERROR = 500
_TOO_MANY = 429
_OK = range(200, 300)
_REFUSED = (401, 403)
_NO_LONGER = "http_401"
_LEAST_INTERVAL_S = 1
_INTERVAL_S = 5  # where the server names none: RFC 8628, 3.2


class OAuthRefused(Exception):
    """The server said no. `error` is its word (RFC 6749, 5.2; RFC 8628, 3.5)."""

    def __init__(self, error: str, description: str | None = None) -> None:
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error
        self.description = description


class OAuthUnreachable(Exception):
    """No answer, or none that makes sense: it may work later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who asks, and over which proxy."""

    id: str
    secret: Secret | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a server granted; `expires_in` in seconds, None where it does not say."""

    access: Secret
    refresh: Secret | None = None
    expires_in: int | None = None
    scope: str | None = None
    account: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a person needs for consent on another device; times in seconds."""

    code: Secret
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    expires_in: int
    interval: int


class OAuth:
    """Asks. Every question has `limit_s` seconds."""

    def __init__(self, client: UpstreamClient, *, limit_s: float = 20.0) -> None:
        self._client = client
        self._limit_s = limit_s

    async def authorize_url(self, way: SignIn, client: Client, *, redirect_uri: str, state: str, verifier: str) -> str:
        """Return where to send a person for consent."""
        parameters = await _authlib("rfc6749.parameters")
        challenge = (await _authlib("rfc7636")).create_s256_code_challenge(verifier)
        url: str = parameters.prepare_grant_uri(
            way.authorize_url,
            client.id,
            "code",
            redirect_uri=redirect_uri,
            scope=" ".join(way.scopes) or None,
            state=state,
            code_challenge=challenge,
            code_challenge_method="S256",
            **way.authorize,
        )
        return url

    async def exchange(
        self, way: SignIn, client: Client, *, code: str, redirect_uri: str, state: str, verifier: str
    ) -> Tokens:
        """Give a code for tokens; raise OAuthRefused or OAuthUnreachable."""
        more = {"state": state} if way.takes_json else {}
        form = {"code": code, "redirect_uri": redirect_uri, "code_verifier": verifier, **more}
        return await self._granted(way, client, "authorization_code", form)

    async def device(self, way: SignIn, client: Client, *, verifier: str) -> Device:
        """Begin a device flow."""
        challenge = (await _authlib("rfc7636")).create_s256_code_challenge(verifier)
        asked = {"client_id": client.id, "scope": " ".join(way.scopes), "code_challenge": challenge}
        body = (await _authlib("rfc6749.parameters")).prepare_token_request("", "", **asked)
        form = dict(parse_qsl(body)) | {"code_challenge_method": "S256"}
        form.pop("grant_type", None)
        found = await self._post(way, client, way.device_url or "", form)
        try:
            return Device(
                code=Secret(found["device_code"]),
                user_code=str(found["user_code"]),
                verification_uri=str(found.get("verification_uri") or found["verification_url"]),
                verification_uri_complete=_text(found.get("verification_uri_complete")),
                expires_in=int(found.get("expires_in") or 600),
                interval=max(int(found.get("interval") or _INTERVAL_S), _LEAST_INTERVAL_S),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise OAuthUnreachable("the answer to the request for a device code lacks what it must have") from error

    async def poll(self, way: SignIn, client: Client, *, device_code: str, verifier: str) -> Tokens:
        """Ask whether consent was given; raise OAuthRefused with authorization_pending, slow_down and the like."""
        form = {"device_code": device_code, "code_verifier": verifier}
        return await self._granted(way, client, _DEVICE_GRANT, form)

    async def renew(self, way: SignIn, client: Client, refresh: Secret) -> Tokens:
        """Get a new access token."""
        if way.exchange_url is not None:
            return await self._exchanged(way, client, refresh)
        return await self._granted(way, client, "refresh_token", {"refresh_token": refresh.reveal()})

    async def revoke(self, way: SignIn, client: Client, token: Secret, hint: str) -> None:
        """Take a token back (RFC 7009)."""
        await self._post(
            way, client, way.revoke_url or "", {"token": token.reveal(), "token_type_hint": hint}, is_empty=True
        )

    async def get(self, way: SignIn, client: Client, url: str, headers: Mapping[str, str]) -> Mapping[str, Any]:
        """Ask for JSON with an account's own credential."""
        return await self._ask(way, client, url, {**headers, "accept": _JSON}, None)

    async def _granted(self, way: SignIn, client: Client, grant: str, form: Mapping[str, str]) -> Tokens:
        parameters = await _authlib("rfc6749.parameters")
        body = parameters.prepare_token_request(grant, "", **form)
        found = await self._post(way, client, way.token_url, dict(parse_qsl(body)))
        tokens = _tokens(way, found)
        if way.exchange_url is not None:
            return await self._exchanged(way, client, tokens.access)
        return tokens

    async def _exchanged(self, way: SignIn, client: Client, granted: Secret) -> Tokens:
        """Show a long-lived token for a short-lived one."""
        headers = {"authorization": f"token {granted.reveal()}", **way.headers}
        try:
            found = await self.get(way, client, way.exchange_url or "", headers)
        except OAuthRefused as error:
            if error.error != _NO_LONGER:
                raise
            raise OAuthRefused("invalid_grant", "the token that was granted is not taken any more") from error
        token, lasts = found.get("token"), found.get("refresh_in") or found.get("expires_in")
        if not isinstance(token, str) or not token:
            raise OAuthUnreachable("the answer holds no token")
        return Tokens(access=Secret(token), refresh=granted, expires_in=_whole(lasts))

    async def _post(
        self, way: SignIn, client: Client, url: str, form: Mapping[str, str], *, is_empty: bool = False
    ) -> Mapping[str, Any]:
        auth = (await _authlib("auth")).ClientAuth(
            client.id, client.secret.reveal() if client.secret else None, _method(way, client).value
        )
        headers: Mapping[str, str] = {"content-type": _FORM, "accept": _JSON}
        urls = importlib.import_module("authlib.common.urls")
        url, headers, body = auth.prepare("POST", url, dict(headers), urls.add_params_to_qs("", list(form.items())))
        sent = body.encode()
        if way.takes_json and url == way.token_url:
            headers, sent = {**headers, "content-type": _JSON}, json.dumps(dict(parse_qsl(body)))
        return await self._ask(way, client, url, headers, sent, is_empty=is_empty)

    async def _ask(
        self,
        way: SignIn,
        client: Client,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        is_empty: bool = False,
    ) -> Mapping[str, Any]:
        endpoint = Endpoint(
            url=URL(url, encoded=True),
            headers=headers,
            local=way.is_local,
            proxy=None if client.proxy is None else URL(client.proxy, encoded=True),
        )
        try:
            async with asyncio.timeout(self._limit_s):
                answer = await (self._client.get(endpoint) if body is None else self._client.post(endpoint, body))
                try:
                    text = await answer.read(_MOST_BYTES)
                finally:
                    answer.close()
        except TimeoutError as error:
            raise OAuthUnreachable(f"no answer within {self._limit_s:g} s") from error
        except AttemptFailed as error:
            raise OAuthUnreachable(error.failure.fault.message) from error
        return _read(answer.status, text, is_empty=is_empty)


def _read(status: int, text: bytes, *, is_empty: bool) -> Mapping[str, Any]:
    """Return an answer's JSON; raise what it refuses."""
    if status >= _SERVER_ERROR or status == _TOO_MANY:
        raise OAuthUnreachable(f"the server answered {status}")
    if is_empty and status in _OK:
        return {}
    try:
        found = json.loads(text)
    except json.BadJson:
        found = None
    if isinstance(found, dict) and (error := _error(found)) is not None:
        raise error
    if status in _REFUSED:
        raise OAuthRefused(f"http_{status}", f"the server answered {status}")
    if status not in _OK or not isinstance(found, dict):
        raise OAuthUnreachable(f"the server answered {status} without JSON that could be read")
    return found


def _error(found: Mapping[str, Any]) -> OAuthRefused | None:
    """Read an error, also one that is nested as the vendor's own API spells errors."""
    error = found.get("error")
    if isinstance(error, dict):
        return OAuthRefused(str(error.get("type") or error.get("code") or "error"), _text(error.get("message")))
    return OAuthRefused(error, _text(found.get("error_description"))) if isinstance(error, str) and error else None


def _method(way: SignIn, client: Client) -> ClientAuth:
    """Return how the client proves itself: one without a secret cannot, one with a secret does."""
    if client.secret is None:
        return ClientAuth.NONE
    return ClientAuth.POST if way.client_auth is ClientAuth.NONE else way.client_auth


def _tokens(way: SignIn, found: Mapping[str, Any]) -> Tokens:
    access, refresh, claims = found.get("access_token"), found.get("refresh_token"), _claims(found.get("id_token"))
    if not isinstance(access, str) or not access.strip():
        raise OAuthUnreachable("the answer holds no access token")
    kind = found.get("token_type")
    if isinstance(kind, str) and kind.lower() != "bearer":
        raise OAuthUnreachable(f"the token is of the type {kind!r}, not a bearer token")
    headers = {name: value for name, path in way.id_headers.items() if (value := _at(claims, path)) is not None}
    return Tokens(
        access=Secret(access.strip()),
        refresh=Secret(refresh) if isinstance(refresh, str) and refresh else None,
        expires_in=_whole(found.get("expires_in")),
        scope=_text(found.get("scope")),
        account=_account(found, claims),
        headers=headers,
    )


def _account(found: Mapping[str, Any], claims: Mapping[str, Any]) -> str | None:
    """Return what names the account: said beside the tokens, or inside the ID token."""
    said = found.get("account")
    shown = (said.get("email_address") or said.get("email")) if isinstance(said, dict) else None
    return _text(shown) or _text(claims.get("email")) or _text(claims.get("preferred_username")) or None


def _claims(token: object) -> Mapping[str, Any]:
    """Read an ID token's claims. It came from the token endpoint itself over TLS: OpenID Connect Core 3.1.3.7, 6."""
    parts = token.split(".") if isinstance(token, str) else []
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _at(value: Any, path: tuple[str, ...]) -> str | None:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return _text(value)


def _text(value: object) -> str | None:
    return value[:320] if isinstance(value, str) and value else None


def _whole(value: object) -> int | None:
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None


async def _authlib(name: str) -> Any:
    """Load a part of Authlib, off the loop, at its first use."""
    return await asyncio.to_thread(importlib.import_module, f"authlib.oauth2.{name}")
