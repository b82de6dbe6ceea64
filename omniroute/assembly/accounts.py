"""Builds what signs in at providers and keeps accounts alive."""

from omniroute.assembly.stores import Stores
from omniroute.kit.clock import Clock
from omniroute.services.changes import Changed
from omniroute.services.oauth import SignIns
from omniroute.services.oauth_clients import OAuthClients
from omniroute.services.oauth_tokens import OAuthTokens, ProxyOf
from omniroute.services.providers import Providers
from omniroute.services.upstreams import Upstreams
from omniroute.state.bus import Bus
from omniroute.state.leases import MemoryLeases
from omniroute.upstream.client import UpstreamClient
from omniroute.upstream.guard import check_url
from omniroute.upstream.oauth import OAuth


class Accounts:
    """Signed-in accounts of one process."""

    def __init__(  # noqa: PLR0917 - each once
        self, stores: Stores, client: UpstreamClient, proxy_of: ProxyOf, clock: Clock, bus: Bus, changed: Changed
    ) -> None:
        self._stores = stores
        self._clock = clock
        self._proxy_of = proxy_of
        self.oauth = OAuth(client)
        self.clients = OAuthClients(
            rows=stores.oauth_clients,
            upstreams=Upstreams(nodes=stores.nodes),
            check_url=check_url,
            clock=clock,
            changed=changed,
        )
        self.tokens = OAuthTokens(
            rows=stores.connections,
            clients=self.clients,
            oauth=self.oauth,
            proxy_of=proxy_of,
            leases=MemoryLeases(),
            bus=bus,
            clock=clock,
            changed=changed,
        )

    def sign_ins(self, providers: Providers) -> SignIns:
        """Return what begins and finishes sign-ins."""
        return SignIns(
            clients=self.clients,
            tokens=self.tokens,
            flows=self._stores.oauth_flows,
            rows=self._stores.connections,
            providers=providers,
            oauth=self.oauth,
            proxy_of=self._proxy_of,
            clock=self._clock,
        )
