"""Sign-in, sign-out, set-up, and whether a login is asked for."""

from dataclasses import field
from datetime import UTC, datetime
from typing import Annotated

from pydantic import MISSING

from omniroute.api.operation import Call, Reply
from omniroute.api.setup_page import PAGE_DONE, PAGE_OPEN, PAGE_POLICY
from omniroute.api.shapes import Done, SecretText, adopt, secret, shape
from omniroute.edge.admission import COOKIE, is_known
from omniroute.kit.secret import Secret
from omniroute.services.collection import Services
from omniroute.services.login import Requirement, RequirementChange, SignedIn
from omniroute.services.passwords import LONGEST, SHORTEST

_Password = Annotated[Secret, secret(least=1, most=LONGEST)]
_NewPassword = Annotated[Secret, secret(least=SHORTEST, most=LONGEST)]


@shape
class Credential:
    """The operator's password."""

    password: _Password


@shape
class Setup:
    """The one-time link's token, and the operator's first password."""

    token: SecretText
    password: _NewPassword


@shape
class LoginRequirementUpdate(RequirementChange):
    """What to change: the switch, or the password. A new password needs the current one or a fresh sign-in."""

    password: _NewPassword | MISSING = field(default=MISSING, repr=False)
    current_password: _Password | MISSING = field(default=MISSING, repr=False)


@shape
class Session:
    """A session was opened; its token is in the cookie."""

    success: bool = True
    expires_at: datetime


@shape
class SessionState:
    """Whether the request's credentials open the management surface."""

    authenticated: bool


@shape
class LoginRequirement(Requirement):
    """Whether a login is asked for, and whether a password is set."""

    success: bool = True


async def sign_in(services: Services, call: Call[Credential, None]) -> Reply:
    """Open a session."""
    made = await services.login.sign_in(call.body.password, call.visitor)
    return _opened(made, is_secure=call.is_secure)


async def sign_out(services: Services, call: Call[None, None]) -> Reply:
    """End the session, at the server too."""
    if call.credentials.session is not None:
        await services.login.sign_out(call.credentials.session)
    done = Done(message="signed out")
    return Reply(value=done, headers={"set-cookie": _cookie("", seconds=0, is_secure=call.is_secure)})


async def state(services: Services, call: Call[None, None]) -> SessionState:
    """Tell whether the caller is signed in."""
    return SessionState(authenticated=await is_known(services, call.credentials, call.visitor.address))


async def set_up(services: Services, call: Call[Setup, None]) -> Reply:
    """Set the first password and sign in."""
    made = await services.login.finish_setup(call.body.token, call.body.password, call.visitor)
    return _opened(made, is_secure=call.is_secure)


async def show_setup(services: Services, _call: Call[None, None]) -> Reply:
    """Show the set-up page; it reads the token from its own address, and the server writes none into it."""
    page = PAGE_OPEN if await services.login.needs_setup() else PAGE_DONE
    return Reply(value=page, headers=PAGE_POLICY)


async def requirement(services: Services, _call: Call[None, None]) -> LoginRequirement:
    """Tell whether a login is asked for; a sign-in page needs to know before anyone is signed in."""
    return adopt(LoginRequirement, await services.login.requirement())


async def set_requirement(services: Services, call: Call[LoginRequirementUpdate, None]) -> LoginRequirement:
    """Switch the login or set a new password."""
    return adopt(LoginRequirement, await services.login.set_requirement(call.body, call.visitor))


def _opened(made: SignedIn, *, is_secure: bool) -> Reply:
    seconds = int((made.expires_at - datetime.now(UTC)).total_seconds())
    cookie = _cookie(made.token.reveal(), seconds=seconds, is_secure=is_secure)
    return Reply(value=Session(expires_at=made.expires_at), headers={"set-cookie": cookie})


def _cookie(value: str, *, seconds: int, is_secure: bool) -> str:
    secure = "; Secure" if is_secure else ""
    return f"{COOKIE}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax{secure}"
