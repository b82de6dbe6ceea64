"""Builds the data plane: what a request to `/v1` goes through."""

from omniroute.assembly.rulebook import build_rulebook
from omniroute.assembly.stores import Stores
from omniroute.gateway.attempt import Attempt, Limits
from omniroute.gateway.choosing import Chooser
from omniroute.gateway.conversations import Conversations
from omniroute.gateway.cooling import Cooling
from omniroute.gateway.counting import Counting
from omniroute.gateway.failover import Failover
from omniroute.gateway.following import Following
from omniroute.gateway.kept import Kept
from omniroute.gateway.pipeline import Pipeline, Times
from omniroute.gateway.policies import Policing
from omniroute.gateway.probe import Probing
from omniroute.gateway.record import Recorder, Spill
from omniroute.gateway.resolve import Resolver
from omniroute.gateway.snapshots import Snapshots
from omniroute.gateway.spending import Spending
from omniroute.gateway.traffic import Traffic
from omniroute.gateway.watch import Watches
from omniroute.kit.addresses import networks
from omniroute.kit.clock import SystemClock
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.settings import Settings
from omniroute.kit.tasks import Background
from omniroute.services.balancing import Balancing
from omniroute.services.proxies import Owners, Proxies
from omniroute.state.bus import Bus
from omniroute.upstream.asking import Asker
from omniroute.upstream.client import Transports, UpstreamClient
from omniroute.upstream.guard import check_url
from omniroute.upstream.prices import PriceBook
from omniroute.v1.chat import Chat
from omniroute.v1.counts import Counts
from omniroute.v1.routes import Cors
from omniroute.v1.routes import DataPlane as Routes
from omniroute.v1.stored import Stored


class DataPlane:
    """What serves AI clients, and what it keeps in memory. `stores` are open; nothing runs before `start`."""

    def __init__(self, settings: Settings, stores: Stores, pepper: bytes, transports: Transports) -> None:
        self._settings = settings
        self.clock = SystemClock()
        self.bus = Bus()
        self.background = Background()
        self.watches = Watches(self.background)
        self.cooling = Cooling(self.clock, self.bus)
        self.traffic = Traffic()
        self.balancing = Balancing(groups=stores.settings, nodes=stores.nodes, changed=self.changed)
        self.rulebook = build_rulebook(stores, self.clock, self.changed)
        self.spending = Spending(stores.usage.spent, self.clock)
        self.client = UpstreamClient(connect_timeout_s=settings.connect_timeout_s, transports=transports)
        self.asker = Asker(self.client)
        self.proxies = self._proxies(stores)
        self.recorder = Recorder(stores.usage.write, Spill(settings.data_dir / "spill.jsonl"))
        self.kept = Kept(stores.responses, self.clock, days=settings.stored_responses_days)
        self.snapshots = Snapshots(
            nodes=stores.nodes,
            connections=stores.connections,
            combos=stores.combos,
            aliases=stores.aliases,
            custom_models=stores.custom_models,
            keys=stores.keys,
            proxies=self.proxies,
            balancing=self.balancing,
            rulebook=self.rulebook,
            spend=self.spending,
            traffic=self.traffic,
            pepper=pepper,
            asks_for_key=settings.asks_for_key,
        )
        self.following = Following(stores.meta, self.snapshots.rebuild)
        self.prices = prices = PriceBook.load()
        self.resolver = resolver = Resolver(prices, self.traffic)
        pipeline = self._pipeline(resolver, prices)
        self.probe = Probing(pipeline, resolver, self.snapshots.current, self.clock)
        self.app = self._app(pipeline, resolver)

    def _proxies(self, stores: Stores) -> Proxies:
        return Proxies(
            rows=stores.proxies,
            groups=stores.settings,
            asker=self.asker,
            check_url=check_url,
            owners=Owners(connections=stores.connections, combos=stores.combos, nodes=stores.nodes),
            clock=self.clock,
            changed=self.changed,
        )

    def _pipeline(self, resolver: Resolver, prices: PriceBook) -> Pipeline:
        settings = self._settings
        limits = Limits(
            first_byte_s=settings.first_byte_timeout_s,
            idle_s=settings.idle_timeout_s,
            answer_bytes=settings.max_answer_bytes,
        )
        return Pipeline(
            resolver=resolver,
            failover=Failover(
                Attempt(self.client, limits),
                self.cooling,
                Chooser(self.cooling),
                max_attempts=settings.max_attempts,
            ),
            recorder=self.recorder,
            prices=prices,
            watches=self.watches,
            bus=self.bus,
            conversations=Conversations(self.kept, most_bytes=settings.max_body_bytes),
            policing=Policing(resolver=resolver, spend=self.spending, counts=self.rulebook.counts),
            times=Times(
                body_s=settings.body_timeout_s,
                total_s=settings.total_timeout_s,
                heartbeat_s=settings.heartbeat_s,
                stall_s=settings.client_stall_timeout_s,
            ),
            max_open=settings.max_open_requests,
        )

    def _app(self, pipeline: Pipeline, resolver: Resolver) -> Routes:
        settings = self._settings
        return Routes(
            chat=Chat(pipeline, max_body_bytes=settings.max_body_bytes),
            stored=Stored(self.kept),
            counts=Counts(
                Counting(self.client, resolver, self.cooling),
                max_body_bytes=settings.max_body_bytes,
                body_s=settings.body_timeout_s,
            ),
            snapshot=self.snapshots.current,
            clock=self.clock,
            cors=Cors(settings.cors_origins),
            trusted=networks(settings.trusted_proxies),
        )

    async def changed(self, event: ConfigurationChanged) -> None:
        """Show a change to the data plane before whoever made it gets an answer."""
        if event.noun == "connections" and event.id is not None:
            self.cooling.forget(event.id)
        await self.snapshots.rebuild()
        await self.following.changed()
        self.bus.publish(event)

    async def start(self) -> None:
        """Read the configuration and begin what runs beside the requests."""
        await self.following.begin()
        await self.snapshots.rebuild()
        self.background.start(self.following.run(), "changes of the configuration")
        self.background.start(self.watches.sweep(), "sweep")
        self.background.start(self.recorder.run(), "recorder")
        self.background.start(self.spending.run(), "spending")
        self.background.start(self.kept.run(), "kept responses")
        self.background.start(self.kept.expire(), "expiry of responses")

    async def flush(self) -> None:
        """Write the records that wait."""
        await self.recorder.flush()
        await self.kept.flush()

    async def stop(self) -> None:
        """Let go of everything; no record is lost."""
        await self.background.stop()
        await self.recorder.close()
        await self.kept.close()
        await self.client.close()
