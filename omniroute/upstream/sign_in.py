"""How one signs in at each provider, as records: endpoints, scopes, the flow, and what its answers mean.

No client is shipped: the operator sets a client id of their own (services/oauth_clients.py).
Whether a vendor admits a client is between the two of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Flow(StrEnum):
    """How a person gives consent: by being sent there and back, or by typing a code on another device."""

    AUTHORIZATION_CODE = "authorization_code"
    DEVICE_CODE = "device_code"


class ClientAuth(StrEnum):
    """How a client proves itself at the token endpoint (RFC 6749, 2.3); `none` is a public client."""

    NONE = "none"
    POST = "client_secret_post"
    BASIC = "client_secret_basic"


class QuotaWords(StrEnum):
    """In which words a provider tells what is left of an account."""

    ANTHROPIC = "anthropic"
    CODEX = "codex"
    COPILOT = "copilot"
    PLAIN = "plain"  # {plan, quotas: {name: {used, total, remaining, unlimited, resetAt}}}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How to sign in at one provider.

    `authorize` adds parameters to the address where consent is given. `takes_json`: the token endpoint reads JSON.
    `exchange_url`: the token that was granted is shown there for one that is good for a while, and stands for the
    refresh token. `id_headers` name headers that requests carry, and the claim of the ID token that fills each;
    `headers` are the same for all accounts.
    """

    provider: str
    flow: Flow
    token_url: str
    authorize_url: str | None = None
    device_url: str | None = None
    revoke_url: str | None = None
    scopes: tuple[str, ...] = ()
    client_auth: ClientAuth = ClientAuth.NONE
    authorize: Mapping[str, str] = field(default_factory=dict)
    takes_json: bool = False
    exchange_url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    id_headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    usage_url: str | None = None
    quota_words: QuotaWords = QuotaWords.PLAIN
    is_local: bool = False


# Google gives a refresh token only to who asks for offline access, and again only after new consent:
# https://developers.google.com/identity/protocols/oauth2/web-server
_OFFLINE = {"access_type": "offline", "prompt": "consent"}
_CLOUD = "https://www.googleapis.com/auth/cloud-platform"
_EMAIL = "https://www.googleapis.com/auth/userinfo.email"


def _google(provider: str, *scopes: str) -> SignIn:
    return SignIn(
        provider=provider,
        flow=Flow.AUTHORIZATION_CODE,
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
        revoke_url="https://oauth2.googleapis.com/revoke",
        scopes=scopes,
        client_auth=ClientAuth.POST,
        authorize=_OFFLINE,
    )


_RECORDS = (
    # The public Gemini API takes OAuth: https://ai.google.dev/gemini-api/docs/oauth
    _google("gemini", _CLOUD, "https://www.googleapis.com/auth/generative-language.retriever", _EMAIL),
    _google("gemini-cli", _CLOUD, _EMAIL),
    _google("antigravity", _CLOUD, _EMAIL),
    SignIn(
        provider="claude",
        flow=Flow.AUTHORIZATION_CODE,
        authorize_url="https://claude.ai/oauth/authorize",
        token_url="https://console.anthropic.com/v1/oauth/token",  # noqa: S106 - an address
        scopes=("user:profile", "user:inference"),
        takes_json=True,
        headers={"anthropic-beta": "oauth-2025-04-20"},  # the API reads OAuth tokens only with it
        usage_url="https://api.anthropic.com/api/oauth/usage",
        quota_words=QuotaWords.ANTHROPIC,
    ),
    SignIn(
        provider="codex",
        flow=Flow.AUTHORIZATION_CODE,
        authorize_url="https://auth.openai.com/oauth/authorize",
        token_url="https://auth.openai.com/oauth/token",  # noqa: S106 - an address
        scopes=("openid", "profile", "email", "offline_access"),
        id_headers={"chatgpt-account-id": ("https://api.openai.com/auth", "chatgpt_account_id")},
        usage_url="https://chatgpt.com/backend-api/wham/usage",
        quota_words=QuotaWords.CODEX,
    ),
    SignIn(
        provider="qwen",
        flow=Flow.DEVICE_CODE,
        device_url="https://chat.qwen.ai/api/v1/oauth2/device/code",
        token_url="https://chat.qwen.ai/api/v1/oauth2/token",  # noqa: S106 - an address
        scopes=("openid", "profile", "email", "model.completion"),
    ),
    SignIn(
        provider="iflow",
        flow=Flow.AUTHORIZATION_CODE,
        authorize_url="https://iflow.cn/oauth",
        token_url="https://iflow.cn/oauth/token",  # noqa: S106 - an address
        client_auth=ClientAuth.BASIC,
        authorize={"loginMethod": "phone", "type": "phone"},
    ),
    SignIn(
        provider="kimi-coding",
        flow=Flow.DEVICE_CODE,
        device_url="https://auth.kimi.com/api/oauth/device_authorization",
        token_url="https://auth.kimi.com/api/oauth/token",  # noqa: S106 - an address
    ),
    SignIn(
        provider="github",
        flow=Flow.DEVICE_CODE,
        device_url="https://github.com/login/device/code",
        token_url="https://github.com/login/oauth/access_token",  # noqa: S106 - an address
        scopes=("read:user",),
        exchange_url="https://api.github.com/copilot_internal/v2/token",
        headers={"editor-version": "OmniRoute/1.0"},  # required; it asks who calls, and is told
        usage_url="https://api.github.com/copilot_internal/user",
        quota_words=QuotaWords.COPILOT,
    ),
)

SIGN_INS: Mapping[str, SignIn] = MappingProxyType({one.provider: one for one in _RECORDS})
