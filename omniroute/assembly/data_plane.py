"""Builds the data plane: what a request to `/v1` goes through."""

from omniroute.assembly.accounts import Accounts
from omniroute.assembly.money import Money
from omniroute.assembly.rulebook import build_rulebook
from omniroute.assembly.stores import Stores
from omniroute.gateway.answers import Answers
from omniroute.gateway.archive import Archive
from omniroute.gateway.asking import Asking
from omniroute.gateway.attempt import Attempt, Limits
from omniroute.gateway.choosing import Chooser
from omniroute.gateway.conversations import Conversations
from omniroute.gateway.cooling import Cooling
from omniroute.gateway.counting import Counting
from omniroute.gateway.dry_run import DryRuns
from omniroute.gateway.embedding import Embedding
from omniroute.gateway.exchanging import Exchanges
from omniroute.gateway.failover import Failover
from omniroute.gateway.following import Following
from omniroute.gateway.kept import Kept
from omniroute.gateway.learned import Learned
from omniroute.gateway.operating import Operating
from omniroute.gateway.outlook import Outlook
from omniroute.gateway.pipeline import Pipeline, Times
from omniroute.gateway.policies import Policing
from omniroute.gateway.probe import Probing
from omniroute.gateway.record import Recorder, Spill
from omniroute.gateway.refreshing import Refreshing
from omniroute.gateway.remembering import Remembering
from omniroute.gateway.replay import Replays
from omniroute.gateway.resolve import Resolver
from omniroute.gateway.similar import Similar
from omniroute.gateway.snapshot import Snapshot
from omniroute.gateway.snapshots import Snapshots, Sources
from omniroute.gateway.traffic import Traffic
from omniroute.gateway.watch import Watches
from omniroute.kit.addresses import networks
from omniroute.kit.clock import SystemClock
from omniroute.kit.events import EVERYTHING, ConfigurationChanged
from omniroute.kit.settings import Settings
from omniroute.kit.tasks import Background
from omniroute.routing.spent import UsedUp
from omniroute.services.balancing import Balancing
from omniroute.services.cache import Cache
from omniroute.services.proxies import Owners, Proxies
from omniroute.services.resilience import Resilience
from omniroute.services.totals import Totals
from omniroute.state.bus import Bus
from omniroute.state.live import Live
from omniroute.upstream.asking import Asker
from omniroute.upstream.client import Transports, UpstreamClient
from omniroute.upstream.guard import check_url
from omniroute.upstream.local_embedding import LocalEmbedding, check_local
from omniroute.upstream.local_provider import LocalProvider
from omniroute.upstream.prices import PriceBook
from omniroute.v1.chat import Chat
from omniroute.v1.counts import Counts
from omniroute.v1.media import Media
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
        self._meta, self._pepper = stores.meta, pepper
        self.local_embedding = LocalEmbedding()
        self.client = UpstreamClient(
            connect_timeout_s=settings.connect_timeout_s,
            transports={**transports, "local": LocalProvider(self.local_embedding)},
        )
        self._remember(settings, stores)
        self._configure(settings, stores)
        self._serve()

    def _remember(self, settings: Settings, stores: Stores) -> None:
        """Make what is known of the requests so far."""
        self.watches = Watches(self.background)
        self.cooling = Cooling(self.clock, self.bus)
        self.traffic = Traffic()
        self.live = Live(self.clock)
        self.learned = Learned(self._spent)
        self.remembering = Remembering(stores.breakers, self.cooling, self.clock)
        self.totals = Totals()
        self.recorder = Recorder(stores.usage.write, Spill(settings.data_dir / "spill.jsonl"))
        self.recorder.tell(self.totals.add)
        self.money = Money(settings, stores, self.recorder, clock=self.clock, bus=self.bus)
        self.archive = Archive(stores.answers, self.clock)
        self.prices = PriceBook.load(self.clock)
        self.resolver = Resolver(self.prices, self.traffic)
        embedding = Embedding(self.client, self.resolver, self.current, self.local_embedding)
        similar = Similar(embed=embedding, clock=self.clock, background=self.background)
        self.answers = Answers(archive=self.archive, similar=similar, clock=self.clock, background=self.background)
        self.kept = Kept(stores.responses, self.clock, days=settings.stored_responses_days)

    def _configure(self, settings: Settings, stores: Stores) -> None:
        """Make what operators set, and the picture of it that requests read."""
        self.balancing = Balancing(groups=stores.settings, nodes=stores.nodes, changed=self.changed)
        self.rulebook = build_rulebook(stores, self.clock, self.changed)
        self.resilience = Resilience(groups=stores.settings, changed=self.changed)
        self.cache = Cache(groups=stores.settings, changed=self.changed, answers=self.answers, check_local=check_local)
        self.asker = Asker(self.client)
        self.proxies = self._proxies(stores)
        self.accounts = Accounts(stores, self.client, self.proxy_of, self.clock, self.bus, self.changed)
        sources = Sources(
            nodes=stores.nodes,
            connections=stores.connections,
            combos=stores.combos,
            aliases=stores.aliases,
            custom_models=stores.custom_models,
            discoveries=stores.discoveries,
            keys=stores.keys,
            proxies=self.proxies,
            renew=self.accounts.tokens.renewed,
            balancing=self.balancing,
            rulebook=self.rulebook,
            spend=self.money.books,
            resilience=self.resilience,
            cache=self.cache,
            settings=stores.settings,
            own_prices=stores.prices,
            prices=self.prices,
        )
        self.snapshots = Snapshots(
            sources,
            traffic=self.traffic,
            pepper=self.current_pepper,
            asks_for_key=settings.asks_for_key,
        )
        self.following = Following(stores.meta, self._changed_elsewhere)

    def _serve(self) -> None:
        """Make the way of a request."""
        self.policing = Policing(resolver=self.resolver, spend=self.money.books, counts=self.rulebook.counts)
        prices, resolver = self.prices, self.resolver
        self.chooser = Chooser(self.cooling)
        self.outlook = self._outlook(resolver)
        pipeline = self._pipeline(resolver)
        self.dry_run = DryRuns(resolver, self.chooser, self.snapshots.current)
        self.replay = Replays(prices, self.snapshots.current)
        self.probe = Probing(pipeline, resolver, self.snapshots.current, self.clock)
        self.asking = Asking(pipeline, self.snapshots.current, self.clock, self.background)
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

    def _pipeline(self, resolver: Resolver) -> Pipeline:
        settings = self._settings
        limits = Limits(
            first_byte_s=settings.first_byte_timeout_s,
            idle_s=settings.idle_timeout_s,
            answer_bytes=settings.max_answer_bytes,
        )
        failover = Failover(
            Attempt(self.client, limits, self.learned),
            self.cooling,
            self.chooser,
            refreshing=Refreshing(self.background),
            watches=self.watches,
            rooms=self.money.rooms,
            max_attempts=settings.max_attempts,
        )
        exchanges = Exchanges(self.client, limits, self.learned, watches=self.watches, background=self.background)
        return Pipeline(
            resolver=resolver,
            failover=failover,
            operating=Operating(failover, exchanges),
            recorder=self.recorder,
            prices=self.prices,
            admission=self.money.admission,
            watches=self.watches,
            bus=self.bus,
            answers=self.answers,
            conversations=Conversations(self.kept, most_bytes=settings.max_body_bytes),
            policing=self.policing,
            live=self.live,
            times=Times(
                body_s=settings.body_timeout_s,
                total_s=settings.total_timeout_s,
                heartbeat_s=settings.heartbeat_s,
                stall_s=settings.client_stall_timeout_s,
            ),
            max_open=settings.max_open_requests,
        )

    def _outlook(self, resolver: Resolver) -> Outlook:
        return Outlook(
            cooling=self.cooling,
            traffic=self.traffic,
            learned=self.learned,
            resolver=resolver,
            snapshot=self.snapshots.current,
            clock=self.clock,
        )

    def _app(self, pipeline: Pipeline, resolver: Resolver) -> Routes:
        settings = self._settings
        return Routes(
            chat=Chat(pipeline, max_body_bytes=settings.max_body_bytes),
            media=Media(
                pipeline,
                most_bytes=settings.max_body_bytes,
                most_upload_bytes=settings.max_upload_bytes,
            ),
            stored=Stored(self.kept),
            counts=Counts(
                Counting(self.client, resolver, self.cooling),
                self.policing,
                max_body_bytes=settings.max_body_bytes,
                body_s=settings.body_timeout_s,
            ),
            snapshot=self.snapshots.current,
            clock=self.clock,
            cors=Cors(settings.cors_origins),
            trusted=networks(settings.trusted_proxies),
        )

    def proxy_of(self, url: str, connection_id: str | None, provider: str) -> str | None:
        """Return the proxy over which an address is reached, None for none."""
        return self.snapshots.current().proxies.url(url, connection=connection_id, provider=provider)

    def current(self) -> Snapshot:
        """Return the configuration as it is now."""
        return self.snapshots.current()

    def current_pepper(self) -> bytes:
        """Return what keys the hashes of API keys; a restored backup brings its own."""
        return self._pepper

    async def changed(self, event: ConfigurationChanged) -> None:
        """Show a change to the data plane before whoever made it gets an answer."""
        if event.noun == "connections" and event.id is not None:
            self.cooling.forget(event.id)
            self.learned.forget(event.id)
        if event.noun == "nodes" and event.id is not None:
            for account in self.snapshots.current().accounts.get(event.id, ()):
                self.cooling.forget(account.connection_id, account.provider)
        await self._reread(anew=event.noun == EVERYTHING)
        await self.following.changed()
        self.bus.publish(event)

    def _spent(self, connection_id: str, used_up: UsedUp) -> None:
        """Put a connection last whose provider has nothing left, unless that is not to count."""
        if self.current().patience.heed_limits:
            self.cooling.spent(connection_id, used_up)

    async def _changed_elsewhere(self) -> None:
        """Take over what another process changed: it may have restored a backup, so nothing known here counts."""
        await self._reread(anew=True)
        self.bus.publish(ConfigurationChanged(noun="everything"))

    async def _reread(self, *, anew: bool = False) -> None:
        """Read the configuration anew; after a restore what was spent too."""
        self._pepper = await self._meta.api_key_pepper()
        await self.money.books.load(anew=anew)
        await self.snapshots.rebuild()
        if not self.current().patience.heed_limits:
            self.cooling.forget_spent()

    async def start(self) -> None:
        """Read the configuration and begin what runs beside the requests."""
        await self.following.begin()
        await self.money.books.recover()
        await self._reread()
        await self.remembering.restore(self.snapshots.current())
        self.background.start(self.remembering.run(), "cooldowns")
        self.background.start(self.following.run(), "changes of the configuration")
        self.background.start(self.watches.sweep(), "sweep")
        self.background.start(self.recorder.run(), "recorder")
        self.background.start(self.kept.run(), "kept responses")
        self.background.start(self.archive.run(), "answer cache")
        self.background.start(self.archive.learn(), "what the answer cache holds")

    async def flush(self) -> None:
        """Write the records that wait."""
        await self.recorder.flush()
        await self.kept.flush()
        await self.remembering.flush()
        await self.archive.flush()

    async def stop(self) -> None:
        """Let go of everything; no record is lost."""
        await self.background.stop()
        await self.recorder.close()
        self.money.journal.close()
        await self.kept.close()
        await self.remembering.flush()
        await self.archive.flush()
        self.local_embedding.close()
        await self.client.close()
