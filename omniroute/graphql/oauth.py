"""Signing in at providers, and the accounts that did. What a browser does (being sent back) is REST's."""

from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import accept
from omniroute.graphql.outcome import Failed, mutation
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.services.oauth import Authorization, DeviceStart, Polled, SignedInConnection, SignInDraft
from omniroute.services.oauth_clients import OAuthClient, OAuthClientChange
from omniroute.services.oauth_tokens import Account, Revoked
from omniroute.upstream.sign_in import ClientAuth, Flow

_PROVIDER = Shown(words="The provider's or node's id.", kind=strawberry.ID)
_CONNECTION = Shown(words="The connection's id.", kind=strawberry.ID)

enumerate_(
    Flow,
    "OAuthFlow",
    "How a person gives consent.",
    AUTHORIZATION_CODE="By being sent to the provider and back.",
    DEVICE_CODE="By typing a code at the provider.",
)
enumerate_(
    ClientAuth,
    "OAuthClientAuth",
    "How a client proves itself.",
    NONE="Not at all: a public client.",
    POST="By its secret in the body.",
    BASIC="By its secret in a header.",
)
expose(
    OAuthClient,
    "OAuthClient",
    "How the gateway signs in at a provider.",
    provider=_PROVIDER,
    name="Its name for people.",
    ready="Whether one can sign in now.",
    reason="What is missing; null: nothing.",
    client_id="The client id that the operator set; null: none.",
    client_secret_hint="Its secret masked.",
    flow="How a person gives consent.",
    authorize_url="Where consent is given.",
    token_url="Where tokens are granted.",
    device_url="Where a device flow begins.",
    revoke_url="Where tokens are taken back.",
    usage_url="Where the quota of an account is told.",
    scopes="What is asked for.",
    local="Whether these addresses may lie in a private network.",
)
accept(
    OAuthClientChange,
    "OAuthClientInput",
    "What to set of a client; what is left out stays, null takes back what was set.",
    client_id="The client id that the provider gave.",
    client_secret="Its secret, where it has one.",
    flow="How a person gives consent.",
    authorize_url="Where consent is given.",
    token_url="Where tokens are granted.",
    device_url="Where a device flow begins.",
    revoke_url="Where tokens are taken back.",
    usage_url="Where the quota of an account is told.",
    scopes="What is asked for.",
    client_auth="How the client proves itself.",
    local="Whether these addresses may lie in a private network.",
)
expose(
    Account,
    "OAuthAccount",
    "A signed-in connection.",
    connection_id=_CONNECTION,
    provider=_PROVIDER,
    name="What the operator calls it.",
    account="Whose account it is, where the provider says.",
    status="`active`, or `expired` when only signing in anew helps.",
    reason="Why it is expired.",
    problem="Why its last renewal did not work; it is tried again.",
    scope="What was granted.",
    renewable="Whether there is a refresh token.",
    expires_at="When its access token ends.",
    refreshed_at="When it was last granted or renewed.",
)
accept(
    SignInDraft,
    "SignInInput",
    "How to begin a sign-in.",
    name="What to call the connection; left out: as the account.",
    connection_id="The connection to sign in anew.",
    redirect_uri="Where the browser comes back: /api/oauth/{provider}/callback of this gateway, or your own page.",
)
expose(
    Authorization,
    "OAuthAuthorization",
    "Where to send a person for consent.",
    provider=_PROVIDER,
    flow_type="How consent is given.",
    auth_url="The address to open.",
    state="What comes back with the code, and is good for one use.",
    redirect_uri="Where the browser comes back.",
    expires_at="Until when this can be finished.",
)
expose(
    DeviceStart,
    "OAuthDevice",
    "What a person types where.",
    provider=_PROVIDER,
    flow_type="How consent is given.",
    device_code="Names this sign-in when polling.",
    user_code="What the person types.",
    verification_uri="Where.",
    verification_uri_complete="The same with the code inside.",
    interval="How many seconds to wait between polls.",
    expires_at="Until when this can be finished.",
)
expose(
    SignedInConnection,
    "SignedInConnection",
    "A connection that a sign-in made or renewed.",
    success="Always true.",
    connection="The connection.",
)
expose(
    Polled,
    "OAuthPoll",
    "How a device flow stands.",
    success="Whether the connection is there.",
    pending="Whether to go on polling.",
    error="The provider's word: `authorization_pending`, `slow_down`, `access_denied`, `expired_token` and others.",
    error_description="The provider's words for people.",
    interval="How many seconds to wait now.",
    connection="The connection.",
)
expose(
    Revoked,
    "OAuthRevocation",
    "How taking a sign-in back went.",
    connection_id=_CONNECTION,
    told="Whether the provider confirmed it.",
    message="What happened, for people.",
    # A failure has a message too, and never null: both are told the same way.
)

ClientResult = Annotated[OAuthClient | Failed, strawberry.union("SetOAuthClientResult")]
BeginResult = Annotated[Authorization | Failed, strawberry.union("BeginSignInResult")]
DeviceResult = Annotated[DeviceStart | Failed, strawberry.union("BeginDeviceSignInResult")]
FinishResult = Annotated[SignedInConnection | Failed, strawberry.union("FinishSignInResult")]
PollResult = Annotated[Polled | Failed, strawberry.union("PollSignInResult")]
AccountResult = Annotated[Account | Failed, strawberry.union("RefreshAccountResult")]
RevokeResult = Annotated[Revoked | Failed, strawberry.union("RevokeAccountResult")]


@strawberry.type
class Query:
    """Sign-ins."""

    @asked("The clients with which the gateway signs in at providers.")
    async def oauth_clients(self, info: Asked) -> list[OAuthClient]:
        return list(await services_of(info).oauth_clients.list())

    @asked("The signed-in accounts, or those at one provider or node.")
    async def oauth_accounts(self, info: Asked, provider: strawberry.ID | None = None) -> list[Account]:
        return list(await services_of(info).oauth_tokens.list(provider))


@strawberry.type
class Mutation:
    """Sign-ins."""

    @mutation("Set the client id (and secret) of a provider, and for a node its OAuth endpoints.")
    async def set_oauth_client(self, info: Asked, provider: strawberry.ID, input: OAuthClientChange) -> ClientResult:
        return await services_of(info).oauth_clients.update(provider, input)

    @mutation("Begin a sign-in: where to send a person for consent.")
    async def begin_sign_in(self, info: Asked, provider: strawberry.ID, input: SignInDraft) -> BeginResult:
        return await services_of(info).sign_ins.authorize(provider, _owner(info), input)

    @mutation("Begin a device sign-in: what a person types where.")
    async def begin_device_sign_in(
        self, info: Asked, provider: strawberry.ID, input: SignInDraft | None = None
    ) -> DeviceResult:
        return await services_of(info).sign_ins.device_code(provider, _owner(info), input or SignInDraft())

    @mutation("Finish a sign-in with the code that came back.")
    async def finish_sign_in(self, info: Asked, provider: strawberry.ID, code: str, state: str) -> FinishResult:
        return await services_of(info).sign_ins.exchange(provider, _owner(info), code, state)

    @mutation("Ask how a device sign-in stands.")
    async def poll_sign_in(self, info: Asked, provider: strawberry.ID, device_code: str) -> PollResult:
        return await services_of(info).sign_ins.poll(provider, _owner(info), device_code)

    @mutation("Renew an account's token now.")
    async def refresh_account(self, info: Asked, connection: strawberry.ID) -> AccountResult:
        return await services_of(info).oauth_tokens.refresh(connection)

    @mutation("Take an account's tokens back, and stop using it; the connection stays.")
    async def revoke_account(self, info: Asked, connection: strawberry.ID) -> RevokeResult:
        return await services_of(info).oauth_tokens.revoke(connection)


def _owner(info: Asked) -> str:
    """Name who asks, as REST does."""
    caller = info.context.caller
    if caller.operator is not None:
        return f"session:{caller.operator.digest.hex()}"
    return "local" if caller.key is None else f"key:{caller.key.id}"
