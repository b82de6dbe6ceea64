"""A real authorization server: Authlib's own for Flask, on a loopback port in a thread. One client, one person.

It gives codes with PKCE, device codes and rotating refresh tokens, and takes tokens back. What it granted and how often
it was asked is public; `trouble` is answered to the token endpoint instead of tokens, `delay_s` makes it slow.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant, DeviceCredentialDict
from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

CLIENT_ID = "omniroute-of-the-tests"
CLIENT_SECRET = "secret-of-the-tests-0123456789"
PERSON = "person@example.com"
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class _Client(ClientMixin):  # type: ignore[misc]  # Authlib has no types
    client_id = CLIENT_ID

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.endswith("/callback")

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_post" or (endpoint == "device_authorization" and method != "none")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in {"authorization_code", "refresh_token", _DEVICE_GRANT}


@dataclass
class _Code:
    code: str
    redirect_uri: str
    code_challenge: str
    code_challenge_method: str
    scope: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass
class _Token(TokenMixin):  # type: ignore[misc]  # Authlib has no types
    access: str
    refresh: str | None
    revoked: bool = False

    def check_client(self, client: _Client) -> bool:
        return client.client_id == CLIENT_ID

    def get_scope(self) -> str:
        return ""

    def get_expires_in(self) -> int:
        return 3600

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return self.revoked

    def get_user(self) -> str:
        return PERSON

    def get_client(self) -> _Client:
        return _Client()


@dataclass
class Authority:
    """The server as tests see it."""

    url: str = ""
    grants: list[str] = field(default_factory=list)  # the grant types that were asked for
    codes: dict[str, _Code] = field(default_factory=dict)
    tokens: list[_Token] = field(default_factory=list)
    devices: dict[str, Any] = field(default_factory=dict)
    consent: bool | None = None  # what the person said at the device page
    slow_down: bool = False
    device_over: bool = False
    lasts_s: int = 3600
    interval_s: int = 1
    trouble: tuple[int, dict[str, str]] | None = None
    delay_s: float = 0.0
    granted: Callable[[str], None] = lambda _token: None

    @property
    def client(self) -> dict[str, object]:
        """What the operator sets of it."""
        return {
            "clientId": CLIENT_ID,
            "clientSecret": CLIENT_SECRET,
            "clientAuth": "client_secret_post",
            "authorizeUrl": f"{self.url}/authorize",
            "tokenUrl": f"{self.url}/token",
            "deviceUrl": f"{self.url}/device",
            "revokeUrl": f"{self.url}/revoke",
            "usageUrl": f"{self.url}/usage",
            "scopes": ["chat", "models"],
            "local": True,
        }

    def asked(self, grant: str) -> int:
        """Return how often a grant was asked for."""
        return self.grants.count(grant)

    def revoke_all(self) -> None:
        """Take everything back, behind the gateway's back."""
        for token in self.tokens:
            token.revoked = True


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_post"]  # noqa: RUF012 - Authlib's spelling

    @property
    def _authority(self) -> Authority:
        authority: Authority = self.server.authority
        return authority

    def save_authorization_code(self, code: str, request: Any) -> None:
        data = request.payload.data
        self._authority.codes[code] = _Code(
            code, data["redirect_uri"], data["code_challenge"], data["code_challenge_method"], data.get("scope", "")
        )

    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        return self._authority.codes.get(code) if client.client_id == CLIENT_ID else None

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        del self._authority.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: _Code) -> str:
        return PERSON if authorization_code.code else ""


class _RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]  # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_post"]  # noqa: RUF012 - Authlib's spelling
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> _Token | None:
        found = [one for one in self.server.authority.tokens if one.refresh == refresh_token and not one.revoked]
        return found[0] if found else None

    def authenticate_user(self, refresh_token: _Token) -> str:
        return refresh_token.get_user()

    def revoke_old_credential(self, refresh_token: _Token) -> None:
        refresh_token.revoked = True


class _DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]  # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_post"]  # noqa: RUF012 - Authlib's spelling

    def query_device_credential(self, device_code: str) -> Any:
        authority = self.server.authority
        data = authority.devices.get(device_code)
        if data is None:
            return None
        ends = 0 if authority.device_over else time.time() + 600
        return DeviceCredentialDict({**data, "client_id": CLIENT_ID, "scope": "chat", "expires_at": ends})

    def query_user_grant(self, user_code: str) -> tuple[str, bool] | None:
        consent = self.server.authority.consent
        return None if consent is None or not user_code else (PERSON, consent)

    def should_slow_down(self, credential: Any) -> bool:
        return bool(self.server.authority.slow_down and credential)


class _DeviceEndpoint(DeviceAuthorizationEndpoint):  # type: ignore[misc]  # Authlib has no types
    CLIENT_AUTH_METHODS = ["client_secret_post"]  # noqa: RUF012 - Authlib's spelling

    @property
    def INTERVAL(self) -> int:  # noqa: N802 - Authlib's spelling
        interval: int = self.server.authority.interval_s
        return interval

    def get_verification_uri(self) -> str:
        return f"{self.server.authority.url}/activate"

    def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
        self.server.authority.devices[data["device_code"]] = {**data, "client_id": client_id, "scope": scope}


class _Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib has no types
    CLIENT_AUTH_METHODS = ["client_secret_post"]  # noqa: RUF012 - Authlib's spelling

    def query_token(self, token_string: str, token_type_hint: str) -> _Token | None:  # noqa: ARG002 - Authlib's
        found = [one for one in self.server.authority.tokens if token_string in {one.access, one.refresh}]
        return found[0] if found else None

    def revoke_token(self, token: _Token, request: Any) -> None:  # noqa: ARG002 - Authlib's
        token.revoked = True


def _application(authority: Authority) -> Flask:
    app = Flask("authority")
    app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True

    def save(token: dict[str, Any], _request: Any) -> None:
        token["expires_in"] = authority.lasts_s
        authority.tokens.append(_Token(token["access_token"], token.get("refresh_token")))
        authority.granted(token["access_token"])

    server = AuthorizationServer(app, lambda name: _Client() if name == CLIENT_ID else None, save)
    server.authority = authority
    server.register_grant(_CodeGrant, [CodeChallenge(required=True)])
    server.register_grant(_RefreshGrant)
    server.register_grant(_DeviceGrant)
    server.register_endpoint(_DeviceEndpoint)
    server.register_endpoint(_Revocation)

    @app.get("/authorize")
    def authorize() -> Any:
        grant = server.get_consent_grant(end_user=PERSON)
        return server.create_authorization_response(grant_user=PERSON, grant=grant)

    @app.post("/token")
    def token() -> Any:
        authority.grants.append(request.form["grant_type"])
        time.sleep(authority.delay_s)
        if authority.trouble is not None:
            status, body = authority.trouble
            return jsonify(body), status
        return server.create_token_response()

    @app.post("/device")
    def device() -> Any:
        return server.create_endpoint_response("device_authorization")

    @app.post("/revoke")
    def revoke() -> Any:
        return server.create_endpoint_response("revocation")

    @app.get("/usage")
    def usage() -> Response:
        quota = {"used": 40, "total": 100, "remaining": 60, "unlimited": False, "resetAt": "2030-01-31T12:00:00Z"}
        return jsonify({"plan": "team", "quotas": {"requests": quota}})

    return app


@contextmanager
def authority() -> Iterator[Authority]:
    """Run one."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback without TLS
    made = Authority()
    server = make_server("127.0.0.1", 0, _application(made), threaded=True)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
