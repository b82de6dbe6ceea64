"""Signing in at providers: what a browser or a script does at `/api/oauth/{provider}/{action}`, and the clients."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from typing import Annotated, Any

from pydantic import MISSING, Field

from omniroute.api.operation import Call
from omniroute.api.shapes import SecretText, adopt, shape
from omniroute.kit.errors import FieldFault, NotFound, Unprocessable
from omniroute.services.collection import Services
from omniroute.services.oauth import (
    LONGEST_CODE,
    LONGEST_URI,
    Authorization,
    DeviceStart,
    Polled,
    SignedInConnection,
    SignInDraft,
)
from omniroute.services.oauth_clients import (
    LONGEST_CLIENT,
    LONGEST_SCOPE,
    LONGEST_URL,
    MOST_SCOPES,
    OAuthClient,
    OAuthClientChange,
)
from omniroute.services.oauth_tokens import Account, Revoked
from omniroute.services.providers import LONGEST_NAME

_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
_Id = Annotated[str, Field(min_length=1, max_length=64)]
_Uri = Annotated[str, Field(min_length=1, max_length=LONGEST_URI)]
_Code = Annotated[str, Field(min_length=1, max_length=LONGEST_CODE)]
_Url = Annotated[str, Field(min_length=1, max_length=LONGEST_URL)]
_Scope = Annotated[str, Field(min_length=1, max_length=LONGEST_SCOPE)]
_Word = Annotated[str, Field(max_length=LONGEST_CODE)]


@shape
class SignInQuery:
    """What the actions take: `authorize` and `device-code` the first three, `callback` what the provider sends.

    `redirectUri` is where the browser comes back; without it that is this gateway's own callback.
    """

    name: _Name | None = None
    connection_id: _Id | None = None
    redirect_uri: _Uri | None = None
    code: _Code | None = None
    state: _Code | None = None
    error: _Word | None = None
    error_description: Annotated[_Word | None, Field(alias="error_description")] = None
    # What providers send along as well, and what nobody here needs.
    iss: _Word | None = None
    scope: _Word | None = None
    authuser: _Word | None = None
    hd: _Word | None = None
    prompt: _Word | None = None
    session_state: Annotated[_Word | None, Field(alias="session_state")] = None


@shape
class SignInStep:
    """What the actions take: `exchange` code and state, `poll` deviceCode, `refresh` and `revoke` connectionId."""

    code: _Code | None = field(default=None, repr=False)
    state: _Code | None = field(default=None, repr=False)
    device_code: _Code | None = field(default=None, repr=False)
    connection_id: _Id | None = None


@shape
class SignInState:
    """How one signs in at a provider, and the accounts that did."""

    client: OAuthClient
    accounts: Sequence[Account]


@shape
class Begun(Authorization):
    """Where to send a person for consent."""


@shape
class DeviceBegun(DeviceStart):
    """What a person types where, and how often to poll."""


@shape
class PolledState(Polled):
    """How a device flow stands."""


@shape
class SignedIn(SignedInConnection):
    """The connection that a sign-in made or renewed."""


@shape
class RenewedAccount(Account):
    """A signed-in connection."""


@shape
class TakenBack(Revoked):
    """How taking a sign-in back went."""


@shape
class OAuthClientList:
    """The clients with which the gateway signs in."""

    clients: Sequence[OAuthClient]


@shape
class ShownClient(OAuthClient):
    """How the gateway signs in at one provider."""


@shape
class OAuthClientUpdate(OAuthClientChange):
    """What to set; what is left out stays, null takes back what was set."""

    client_id: Annotated[str, Field(min_length=1, max_length=LONGEST_CLIENT)] | MISSING | None = MISSING
    client_secret: SecretText | MISSING | None = field(default=MISSING, repr=False)
    authorize_url: _Url | MISSING | None = MISSING
    token_url: _Url | MISSING | None = MISSING
    device_url: _Url | MISSING | None = MISSING
    revoke_url: _Url | MISSING | None = MISSING
    usage_url: _Url | MISSING | None = MISSING
    scopes: (
        Annotated[
            Sequence[Annotated[str, Field(min_length=1, max_length=LONGEST_SCOPE)]], Field(max_length=MOST_SCOPES)
        ]
        | MISSING
        | None
    ) = MISSING


ASKED = SignInState | Begun | DeviceBegun | SignedIn
DONE = SignedIn | PolledState | RenewedAccount | TakenBack


async def ask(services: Services, call: Call[None, SignInQuery]) -> object:
    """Begin a sign-in, come back from one, or show how it stands."""
    return await _action(_ASKING, call)(services, call)


async def do(services: Services, call: Call[SignInStep, None]) -> object:
    """Finish a sign-in, or renew one or take it back."""
    return await _action(_DOING, call)(services, call)


async def show_clients(services: Services, _call: Call[None, None]) -> OAuthClientList:
    """List the clients."""
    return OAuthClientList(clients=await services.oauth_clients.list())


async def show_client(services: Services, call: Call[None, None]) -> ShownClient:
    """Show one client."""
    return adopt(ShownClient, await services.oauth_clients.get(call.params["provider"]))


async def set_client(services: Services, call: Call[OAuthClientUpdate, None]) -> ShownClient:
    """Set a client."""
    return adopt(ShownClient, await services.oauth_clients.update(call.params["provider"], call.body))


async def _authorize(services: Services, call: Call[None, SignInQuery]) -> Begun:
    query, provider = call.query, call.params["provider"]
    redirect = query.redirect_uri or f"{_base(services, call)}/api/oauth/{provider}/callback"
    draft = SignInDraft(name=query.name, connection_id=query.connection_id, redirect_uri=redirect)
    return adopt(Begun, await services.sign_ins.authorize(provider, _owner(call), draft))


async def _device_code(services: Services, call: Call[None, SignInQuery]) -> DeviceBegun:
    draft = SignInDraft(name=call.query.name, connection_id=call.query.connection_id)
    return adopt(DeviceBegun, await services.sign_ins.device_code(call.params["provider"], _owner(call), draft))


async def _callback(services: Services, call: Call[None, SignInQuery]) -> SignedIn:
    query, provider, owner = call.query, call.params["provider"], _owner(call)
    state = _needed(query.state, "state")
    if query.error is not None:
        raise await services.sign_ins.refused(provider, owner, state, query.error, query.error_description)
    return adopt(SignedIn, await services.sign_ins.exchange(provider, owner, _needed(query.code, "code"), state))


async def _status(services: Services, call: Call[None, SignInQuery]) -> SignInState:
    client = await services.oauth_clients.get(call.params["provider"])
    return SignInState(client=client, accounts=await services.oauth_tokens.list(client.provider))


async def _exchange(services: Services, call: Call[SignInStep, None]) -> SignedIn:
    body = call.body
    code, state = _needed(body.code, "code"), _needed(body.state, "state")
    return adopt(SignedIn, await services.sign_ins.exchange(call.params["provider"], _owner(call), code, state))


async def _poll(services: Services, call: Call[SignInStep, None]) -> PolledState:
    code = _needed(call.body.device_code, "deviceCode")
    return adopt(PolledState, await services.sign_ins.poll(call.params["provider"], _owner(call), code))


async def _refresh(services: Services, call: Call[SignInStep, None]) -> RenewedAccount:
    return adopt(RenewedAccount, await services.oauth_tokens.refresh(await _connection(services, call)))


async def _revoke(services: Services, call: Call[SignInStep, None]) -> TakenBack:
    return adopt(TakenBack, await services.oauth_tokens.revoke(await _connection(services, call)))


async def _connection(services: Services, call: Call[SignInStep, None]) -> str:
    """Return the connection that is meant; it must be of the provider in the path."""
    provider = await services.oauth_clients.id_of(call.params["provider"])
    found = await services.providers.get(_needed(call.body.connection_id, "connectionId"))
    if found.provider != provider:
        raise NotFound(f"{provider!r} has no connection {found.id!r}.")
    return found.id


_Handler = Callable[[Services, Call[Any, Any]], Awaitable[object]]
_ASKING: Mapping[str, _Handler] = {
    "authorize": _authorize,
    "device-code": _device_code,
    "callback": _callback,
    "status": _status,
}
_DOING: Mapping[str, _Handler] = {"exchange": _exchange, "poll": _poll, "refresh": _refresh, "revoke": _revoke}


def _action(known: Mapping[str, _Handler], call: Call[Any, Any]) -> _Handler:
    found = known.get(call.params["action"])
    if found is None:
        raise NotFound(f"There is no action {call.params['action']!r} here: use {', '.join(known)}.")
    return found


def _needed(value: str | None, name: str) -> str:
    if value is None:
        message = "is required for this action"
        raise Unprocessable(f"{name} {message}", param=name, details=[FieldFault(field=name, message=message)])
    return value


def _base(services: Services, call: Call[Any, Any]) -> str:
    return services.reach.public_url.rstrip("/") if services.reach.public_url else call.base_url


def _owner(call: Call[Any, Any]) -> str:
    """Name who calls: the session, or the key, or whoever is at this machine where nobody need sign in."""
    if call.visitor.operator is not None:
        return f"session:{call.visitor.operator.digest.hex()}"
    return "local" if call.key_id is None else f"key:{call.key_id}"
