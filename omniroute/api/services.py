"""What the management surface is built on: the services, and how people reach this gateway."""

from dataclasses import dataclass

from omniroute.kit.addresses import Network
from omniroute.services.aliases import Aliases
from omniroute.services.combo_metrics import ComboMeasures
from omniroute.services.combos import Combos
from omniroute.services.keys import Keys
from omniroute.services.login import Login
from omniroute.services.nodes import Nodes
from omniroute.services.providers import Providers
from omniroute.services.request_log import RequestLog
from omniroute.services.system import System

_BODY_BYTES = 1024 * 1024
_BODY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How requests come in: which proxies are believed, the public URL, when a cookie is Secure, and the limits.

    `cookie_secure` None means: when the request came by TLS.
    """

    trusted_proxies: tuple[Network, ...] = ()
    public_url: str | None = None
    cookie_secure: bool | None = None
    max_body_bytes: int = _BODY_BYTES
    body_timeout_s: float = _BODY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services that the operations call."""

    login: Login
    keys: Keys
    nodes: Nodes
    providers: Providers
    combos: Combos
    combo_measures: ComboMeasures
    aliases: Aliases
    system: System
    request_log: RequestLog
    reach: Reach
