"""The operator's way in: first set-up, sign-in, sessions that can be revoked, and whether a login is asked for at all.

The session's token is random and opaque; the database holds its SHA-256 only. The password's hash and the switch are
read from the database when they matter, so that the command line can change them under a running gateway.
"""

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from pydantic_core import MISSING

from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict, FieldFault, Forbidden, Unauthenticated, Unprocessable
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.secret import Secret
from omniroute.services.changes import Changed
from omniroute.services.lockout import Lockout
from omniroute.services.moments import moment
from omniroute.services.passwords import Passwords
from omniroute.services.sessions import Operator, Sessions
from omniroute.storage.meta import Meta
from omniroute.storage.settings import SettingGroups

_PASSWORD = "password_hash"  # noqa: S105 - a row's name
_GROUP = "login"
_REQUIRE = "requireLogin"
_TOKEN_BYTES = 32
# How long after signing in an operator may set a new password without giving the old one.
_FRESH_MS = 10 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks: the address and browser, and the session when there is one."""

    address: str
    user_agent: str = ""
    operator: Operator | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session; the token goes into the cookie and is not kept."""

    token: Secret
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """Whether the management surface asks for a login, and whether a password is set."""

    require_login: bool
    has_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementChange:
    """What to change; a new password needs the current one or a sign-in a few minutes old."""

    require_login: bool | MISSING = MISSING
    password: Secret | MISSING = field(default=MISSING, repr=False)
    current_password: Secret | MISSING = field(default=MISSING, repr=False)


class Login:
    """Set-up, sign-in and sign-out of operators."""

    def __init__(
        self,
        *,
        meta: Meta,
        settings: SettingGroups,
        sessions: Sessions,
        passwords: Passwords,
        lockout: Lockout,
        clock: Clock,
        changed: Changed,
        loopback: bool,
    ) -> None:
        """`loopback`: only this machine can reach the gateway, so that the login may be switched off."""
        self._meta = meta
        self._settings = settings
        self._sessions = sessions
        self._passwords = passwords
        self._lockout = lockout
        self._clock = clock
        self._changed = changed
        self._loopback = loopback
        self._setup_token: Secret | None = None
        self._changing = asyncio.Lock()

    async def start(self, initial_password: Secret | None) -> None:
        """Take up work: store the first password that the settings hold, unless there is one already."""
        if initial_password is not None and not await self.has_password():
            hashed = await self._passwords.hash(initial_password, field="INITIAL_PASSWORD")
            await self._meta.put_if_absent(_PASSWORD, hashed)

    async def has_password(self) -> bool:
        """Whether a password is stored."""
        return await self._meta.get(_PASSWORD) is not None

    async def needs_setup(self) -> bool:
        """Whether the installation waits for its first password."""
        return not await self.has_password()

    def setup_token(self) -> Secret:
        """Return the token of the one-time set-up link, made at the first call; show it on the console only."""
        if self._setup_token is None:
            self._setup_token = Secret(secrets.token_urlsafe(_TOKEN_BYTES))
        return self._setup_token

    async def finish_setup(self, token: Secret, password: Secret, visitor: Visitor) -> SignedIn:
        """Set the first password by the set-up link, which ends with it, and sign in."""
        async with self._changing:
            if await self.has_password():
                raise Conflict("this installation is set up already: sign in", code="already_set_up")
            if self._setup_token is None or not _same(self._setup_token, token):
                raise Forbidden("this set-up link is not valid: use the newest one on the console", code="bad_token")
            await self._meta.put(_PASSWORD, await self._passwords.hash(password))
            self._setup_token = None
        await self._tell()
        return await self._open(visitor)

    async def sign_in(self, password: Secret, visitor: Visitor) -> SignedIn:
        """Open a session; raise Unauthenticated on a wrong password and TooMany after several."""
        await self._check(password, visitor.address)
        return await self._open(visitor)

    async def sign_out(self, token: Secret) -> None:
        """End the session of `token`, and what it has open."""
        await self._sessions.close(token)
        await self._tell()

    async def expire(self) -> int:
        """Remove the sign-ins that are over; return how many there were."""
        return await self._sessions.expire()

    async def operator(self, token: Secret) -> Operator | None:
        """Return who holds the session `token`, or None when it is unknown, revoked or over."""
        operator = await self._sessions.find(token)
        if operator is not None:
            self._lockout.trust(operator.address)
        return operator

    async def is_required(self) -> bool:
        """Whether the management surface asks for a login now."""
        if not self._loopback or await self.needs_setup():
            return True
        group = await self._settings.get(_GROUP) or {}
        return bool(group.get(_REQUIRE, True))

    async def requirement(self) -> Requirement:
        """Tell whether a login is asked for."""
        return Requirement(require_login=await self.is_required(), has_password=await self.has_password())

    async def set_requirement(self, change: RequirementChange, visitor: Visitor) -> Requirement:
        """Switch the login, or set a new password, which ends every other session."""
        if change.require_login is MISSING and change.password is MISSING:
            raise Unprocessable("nothing to change: send requireLogin or password")
        if change.require_login is False and not self._loopback:
            raise Conflict(
                "the login cannot be switched off while other machines can reach the gateway: set HOST=127.0.0.1 first"
            )
        async with self._changing:
            if change.password is not MISSING:
                await self._authorise(change.current_password, visitor)
                await self._meta.put(_PASSWORD, await self._passwords.hash(change.password))
                await self._sessions.close_others(visitor.operator)
            if change.require_login is not MISSING:
                group = await self._settings.get(_GROUP) or {}
                await self._settings.put(_GROUP, {**group, _REQUIRE: change.require_login})
        await self._tell()
        return await self.requirement()

    async def set_password(self, new: Secret) -> None:
        """Set the password and end every session: for the command line, whose user holds the database anyway."""
        await self._meta.put(_PASSWORD, await self._passwords.hash(new))
        await self._sessions.close_others(None)
        await self._tell()

    async def confirm(self, current: Secret | MISSING, visitor: Visitor) -> None:
        """Raise unless the visitor gives the password that holds now, or signed in a few minutes ago."""
        await self._authorise(current, visitor)

    async def _authorise(self, current: Secret | MISSING, visitor: Visitor) -> None:
        """Let a password be changed only by who knows it or has just signed in."""
        if current is not MISSING:
            await self._check(current, visitor.address)
            return
        operator = visitor.operator
        if operator is None or self._clock.now_ms() - operator.signed_in_at > _FRESH_MS:
            message = "give the current password, or sign in again first"
            raise Forbidden(
                message,
                code="current_password_required",
                param="currentPassword",
                details=[FieldFault(field="currentPassword", message=message)],
            )

    async def _check(self, password: Secret, address: str) -> None:
        stored = await self._meta.get(_PASSWORD)
        if stored is None:
            raise Forbidden("no password is set yet: open the set-up link shown on the console", code="needs_setup")
        self._lockout.begin(address)
        if not await self._passwords.verify(stored, password):
            raise Unauthenticated("wrong password", code="wrong_password")
        self._lockout.forgive(address)

    async def _open(self, visitor: Visitor) -> SignedIn:
        token = Secret(secrets.token_urlsafe(_TOKEN_BYTES))
        operator = await self._sessions.open(token, visitor.address, visitor.user_agent)
        self._lockout.trust(visitor.address)
        return SignedIn(token=token, expires_at=moment(operator.expires_at))

    async def _tell(self) -> None:
        await self._changed(ConfigurationChanged(noun="login"))


def _same(known: Secret, given: Secret) -> bool:
    """Compare without telling by time how much was right."""
    one, other = (hashlib.sha256(value.reveal().encode("utf-8", "surrogatepass")).digest() for value in (known, given))
    return hmac.compare_digest(one, other)
