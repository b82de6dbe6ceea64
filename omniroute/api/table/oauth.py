"""Signing in at providers, and the clients with which the gateway does."""

from omniroute.api import oauth
from omniroute.api.operation import Operation
from omniroute.edge.admission import Policy
from omniroute.kit.errors import Conflict, Forbidden, NotFound, Unavailable, UpstreamFailed

_FAILURES = (NotFound, Conflict, Forbidden, UpstreamFailed, Unavailable)

OPERATIONS = (
    Operation(
        id="askOAuth",
        method="GET",
        path="/api/oauth/{provider}/{action}",
        tag="oauth",
        summary="Begin a sign-in at a provider, come back from it, or show how it stands",
        description=(
            "Actions: `authorize` (where to send a person for consent), `device-code` (what a person types where), "
            "`callback` (where the provider sends the browser back), `status` (the client and the accounts). "
            "A sign-in is bound to the session or key that began it, and good for one use within ten minutes."
        ),
        policy=Policy.ADMIN,
        handler=oauth.ask,
        query=oauth.SignInQuery,
        answer=oauth.ASKED,
        errors=_FAILURES,
        named={"provider": "claude", "action": "status"},
    ),
    Operation(
        id="doOAuth",
        method="POST",
        path="/api/oauth/{provider}/{action}",
        tag="oauth",
        summary="Finish a sign-in, renew an account's token, or take it back",
        description=(
            "Actions: `exchange` (with `code` and `state`), `poll` (with `deviceCode`), `refresh` and `revoke` (with "
            "`connectionId`). Tokens never come out."
        ),
        policy=Policy.ADMIN,
        handler=oauth.do,
        body=oauth.SignInStep,
        answer=oauth.DONE,
        errors=_FAILURES,
        example={"connectionId": "conn_0123456789abcdef"},
        named={"provider": "claude", "action": "refresh"},
    ),
    Operation(
        id="listOAuthClients",
        method="GET",
        path="/api/settings/oauth",
        tag="oauth",
        summary="List the OAuth clients with which the gateway signs in at providers",
        policy=Policy.ADMIN,
        handler=oauth.show_clients,
        answer=oauth.OAuthClientList,
    ),
    Operation(
        id="getOAuthClient",
        method="GET",
        path="/api/settings/oauth/{provider}",
        tag="oauth",
        summary="Show how the gateway signs in at a provider",
        policy=Policy.ADMIN,
        handler=oauth.show_client,
        answer=oauth.ShownClient,
        errors=(NotFound,),
        named={"provider": "gemini"},
    ),
    Operation(
        id="setOAuthClient",
        method="PUT",
        also=("PATCH",),
        path="/api/settings/oauth/{provider}",
        tag="oauth",
        summary="Set the client id (and secret) of a provider, and for a node of one's own its OAuth endpoints",
        policy=Policy.ADMIN,
        handler=oauth.set_client,
        body=oauth.OAuthClientUpdate,
        answer=oauth.ShownClient,
        errors=(NotFound,),
        example={"clientId": "1234567890.apps.example.com", "clientSecret": "secret-0123456789abcdef"},
        named={"provider": "gemini"},
    ),
)
