"""Rows of signed-in accounts and of what providers list, as storage gives and takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from omniroute.kit.json import JsonObject
from omniroute.kit.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryRow:
    """What a connection's provider listed; `models` are objects with id, name and what is known of each."""

    connection_id: str
    provider: str
    origin: str
    models: Sequence[JsonObject]
    found_at: int | None = None
    tried_at: int
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClientRow:
    """A client that the operator registered with a provider; `endpoints` is what was set of the sign-in itself."""

    provider: str
    client_id: str
    client_secret: Secret | None = None
    endpoints: JsonObject
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthAccountRow:
    """What a signed-in connection has besides its access token. `problem` is why the last renewal did not work."""

    connection_id: str
    refresh_token: Secret | None = None
    account: str | None = None
    scope: str | None = None
    headers: Mapping[str, str]
    problem: str | None = None
    retry_at: int | None = None
    refreshed_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthFlowRow:
    """A sign-in that was begun. `id` is the SHA-256 of its state; `secret` is what only the gateway knows of it."""

    id: str
    provider: str
    owner: str
    kind: str  # code, device
    secret: Secret
    redirect_uri: str | None = None
    name: str | None = None
    connection_id: str | None = None
    interval_s: int = 0
    next_poll_at: int = 0
    expires_at: int
