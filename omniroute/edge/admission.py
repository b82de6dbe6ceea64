"""Who may call: the policy of the routed operation, held against a session's cookie or a key.

What a browser sends by itself (the cookie, or nothing at all where the login is off) counts only for requests that
come from the gateway's own pages. A key is never sent by itself, so it needs no such check.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from omniroute.edge.origin import address_of
from omniroute.kit.errors import Forbidden, Unauthenticated
from omniroute.kit.secret import Secret
from omniroute.services.collection import Services
from omniroute.services.keys import Key, Scope
from omniroute.services.sessions import Operator

COOKIE = "auth_token"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Policy(Enum):
    """Who may call an operation."""

    PUBLIC = auto()
    """Anyone."""
    SETUP = auto()
    """Anyone, as long as the installation has no password; the set-up link's token is the authority."""
    ADMIN = auto()
    """A signed-in operator, or a key with the scope `admin`."""
    METRICS = auto()
    """As ADMIN, or a key with the scope `metrics`; anyone where METRICS_PUBLIC says so."""
    INFERENCE = auto()
    """A key with the scope `inference`; served by the data plane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a request shows: the session's cookie, a key, both or neither."""

    session: Secret | None
    key: Secret | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who was admitted: an operator by a session, or a key; neither where nothing is asked for."""

    operator: Operator | None = None
    key: Key | None = None

    @property
    def name(self) -> str:
        """One name for all requests of the same session or key; `local` without either."""
        if self.key is not None:
            return self.key.id
        return "local" if self.operator is None else self.operator.digest.hex()


def presented(connection: HTTPConnection) -> Credentials:
    """Return what the request shows."""
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    key = bearer.strip() if scheme.lower() == "bearer" else connection.headers.get("x-api-key", "").strip()
    session = connection.cookies.get(COOKIE)
    return Credentials(session=Secret(session) if session else None, key=Secret(key) if key else None)


async def admit(services: Services, policy: Policy, connection: HTTPConnection, credentials: Credentials) -> Caller:
    """Return who is admitted; raise otherwise. A websocket, which has no method, may do anything later."""
    if credentials.key is None and connection.scope.get("method") not in _SAFE:
        refuse_foreign_page(connection.headers, services.reach.public_url)
    match policy:
        case Policy.PUBLIC | Policy.SETUP:
            return Caller()
        case Policy.ADMIN:
            return await _administrator(services, connection, credentials)
        case Policy.METRICS:
            return Caller() if services.reach.metrics_public else await _reader(services, connection, credentials)
        case Policy.INFERENCE:
            raise Forbidden("the data plane serves this operation")
        case _:
            assert_never(policy)


async def admit_browser(services: Services, connection: HTTPConnection) -> Operator | None:
    """Return the operator whose browser opens a page or a socket of the dashboard, None where nobody need sign in.

    A page may be reached by a link from anywhere; a socket only from the gateway's own pages. Raises like `admit`.
    """
    if connection.scope["type"] == "websocket":
        refuse_foreign_page(connection.headers, services.reach.public_url)
    shown = presented(connection)
    caller = await _administrator(services, connection, Credentials(session=shown.session, key=None))
    return caller.operator


async def is_known(services: Services, credentials: Credentials, address: str) -> bool:
    """Whether the credentials would admit to the management surface."""
    if credentials.key is not None:
        key = await services.keys.find(credentials.key, address)
        return key is not None and Scope.ADMIN in key.scopes
    return credentials.session is not None and await services.login.operator(credentials.session) is not None


async def _administrator(services: Services, connection: HTTPConnection, credentials: Credentials) -> Caller:
    if credentials.key is not None:
        return Caller(key=await _checked_key(services, credentials.key, address_of(connection, services.reach)))
    if credentials.session is not None:
        operator = await services.login.operator(credentials.session)
        if operator is not None:
            return Caller(operator=operator)
    if await services.login.is_required():
        raise Unauthenticated("sign in, or send a key with the scope admin as a Bearer token")
    _refuse_foreign_host(connection.headers.get("host", ""), services.reach.public_url)
    return Caller()


async def _reader(services: Services, connection: HTTPConnection, credentials: Credentials) -> Caller:
    if credentials.key is not None:
        key = await services.keys.find(credentials.key, address_of(connection, services.reach))
        if key is not None and Scope.METRICS in key.scopes:
            return Caller(key=key)
    return await _administrator(services, connection, credentials)


async def _checked_key(services: Services, presented_key: Secret, address: str) -> Key:
    key = await services.keys.find(presented_key, address)
    if key is None:
        raise Unauthenticated("this key is unknown, switched off, expired, or not for this address", code="invalid_key")
    if Scope.ADMIN not in key.scopes:
        raise Forbidden("this key may call models only: use one with the scope admin", code="missing_scope")
    return key


def refuse_foreign_page(headers: Mapping[str, str], public_url: str | None) -> None:
    """Refuse what a page of another site made a browser send.

    Browsers tell by Sec-Fetch-Site, or by Origin where the gateway is reached by plain HTTP; neither can be set by a
    page. A request with neither comes from no browser of this decade.
    """
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    if site in {"same-origin", "none"} or (site is None and origin is None):
        return
    if origin is not None and public_url is not None and _place(origin) == _place(public_url):
        return
    if site is None and origin is not None and _place(origin)[1] == headers.get("host", "").lower():
        return
    raise Forbidden("this request came from a page of another site", code="cross_site")


def _refuse_foreign_host(host: str, public_url: str | None) -> None:
    """Where the login is off, a name that someone else may have pointed at this machine opens nothing."""
    name = _name(f"//{host}")
    if public_url is not None and name == _name(public_url):
        return
    if name == "localhost" or name.endswith(".localhost") or _is_loopback(name):
        return
    raise Unauthenticated(
        "the login is switched off for this machine only: open the gateway as localhost", code="foreign_host"
    )


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _place(url: str) -> tuple[str, str]:
    """Return scheme and authority of a URL, both empty for what is none (such as the origin `null`)."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.scheme.lower(), parts.netloc.lower()


def _name(url: str) -> str:
    """Return the host of a URL, empty for what is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
