"""How requests of people and scripts reach this gateway, and the limits of what they send."""

from dataclasses import dataclass

from omniroute.kit.addresses import Network

_BODY_BYTES = 1024 * 1024
_BODY_S = 60.0
_UPLOAD_BYTES = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How requests come in: which proxies are believed, the public URL, when a cookie is Secure, and the limits.

    `cookie_secure` None means: when the request came by TLS. `metrics_public` opens /metrics to anyone.
    """

    trusted_proxies: tuple[Network, ...] = ()
    public_url: str | None = None
    cookie_secure: bool | None = None
    max_body_bytes: int = _BODY_BYTES
    body_timeout_s: float = _BODY_S
    max_upload_bytes: int = _UPLOAD_BYTES
    metrics_public: bool = False
