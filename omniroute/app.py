"""The only place that builds things: settings → storage → services → data plane → one ASGI application."""

import asyncio
import importlib
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import cast

import structlog

from omniroute import __version__
from omniroute.api.services import Reach, Services
from omniroute.gateway.attempt import Attempt, Limits
from omniroute.gateway.choosing import Chooser
from omniroute.gateway.conversations import Conversations
from omniroute.gateway.cooling import Cooling
from omniroute.gateway.counting import Counting
from omniroute.gateway.failover import Failover
from omniroute.gateway.following import Following
from omniroute.gateway.kept import Kept
from omniroute.gateway.measures import Measures
from omniroute.gateway.pipeline import Pipeline, Times
from omniroute.gateway.probe import Probing
from omniroute.gateway.record import Recorder, Spill
from omniroute.gateway.resolve import Resolver
from omniroute.gateway.snapshots import Snapshots
from omniroute.gateway.traffic import Traffic
from omniroute.gateway.watch import Reason, Watches
from omniroute.kit.addresses import networks
from omniroute.kit.clock import SystemClock
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.ids import new_id
from omniroute.kit.json import dumps
from omniroute.kit.settings import BadSetting, Environment, Settings
from omniroute.kit.tasks import Background
from omniroute.services.aliases import Aliases
from omniroute.services.balancing import Balancing
from omniroute.services.combo_metrics import ComboMeasures
from omniroute.services.combos import Combos
from omniroute.services.first_start import FirstStart, Offer
from omniroute.services.keys import Keys
from omniroute.services.lockout import Lockout
from omniroute.services.login import Login
from omniroute.services.names import NameBook
from omniroute.services.nodes import Nodes
from omniroute.services.passwords import Passwords
from omniroute.services.providers import ConnectionHealth, Providers
from omniroute.services.request_log import RequestLog
from omniroute.services.sessions import Sessions
from omniroute.services.system import System
from omniroute.services.upstreams import Upstreams
from omniroute.state.bus import Bus
from omniroute.storage.aliases import Aliases as AliasRows
from omniroute.storage.combos import Combos as ComboRows
from omniroute.storage.connections import Connections as ConnectionRows
from omniroute.storage.database import Database
from omniroute.storage.keys import Keys as KeyRows
from omniroute.storage.logins import Logins
from omniroute.storage.meta import Meta
from omniroute.storage.nodes import Nodes as NodeRows
from omniroute.storage.responses import Responses
from omniroute.storage.secrets import load_sealer
from omniroute.storage.settings import SettingGroups
from omniroute.storage.usage import UsageRows
from omniroute.upstream.catalogue import CATALOGUE
from omniroute.upstream.client import UpstreamClient
from omniroute.upstream.discovery import FoundServer, environment_connections, find_local_servers
from omniroute.upstream.embedded import EmbeddedDemo
from omniroute.upstream.guard import check_url
from omniroute.upstream.prices import PriceBook
from omniroute.v1.asgi import App, Receive, Scope, Send
from omniroute.v1.chat import Chat
from omniroute.v1.counts import Counts
from omniroute.v1.routes import Cors, DataPlane, is_data_plane
from omniroute.v1.stored import Stored

log = structlog.get_logger(__name__)

# "/" because Claude Code asks HEAD / before anything else, and people type it into a browser.
_PROBES = frozenset({"/", "/healthz", "/readyz"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The database and its repositories."""

    database: Database
    meta: Meta
    settings: SettingGroups
    nodes: NodeRows
    connections: ConnectionRows
    combos: ComboRows
    aliases: AliasRows
    keys: KeyRows
    logins: Logins
    usage: UsageRows
    responses: Responses

    @classmethod
    def open(cls, settings: Settings) -> "Stores":
        """Open the database that the settings name."""
        sealer = load_sealer(settings)
        database = Database(settings.database)
        return cls(
            database=database,
            meta=Meta(database, sealer),
            settings=SettingGroups(database),
            nodes=NodeRows(database, sealer),
            connections=ConnectionRows(database, sealer),
            combos=ComboRows(database),
            aliases=AliasRows(database),
            keys=KeyRows(database),
            logins=Logins(database),
            usage=UsageRows(database),
            responses=Responses(database),
        )


class Gateway:
    """One process's gateway. `start` before serving, `stop` after; it is the ASGI application itself."""

    def __init__(self, environment: Environment, stores: Stores, pepper: bytes) -> None:
        self._environment = environment
        self.settings = settings = environment.settings
        self.stores = stores
        self.clock = SystemClock()
        self.bus = Bus()
        self._background = Background()
        self._watches = Watches(self._background)
        self._cooling = Cooling(self.clock, self.bus)
        self._traffic = Traffic()
        self.balancing = Balancing(groups=stores.settings, changed=self._changed)
        self._client = UpstreamClient(connect_timeout_s=settings.connect_timeout_s, transports={"demo": EmbeddedDemo()})
        self._recorder = Recorder(stores.usage.write, Spill(settings.data_dir / "spill.jsonl"))
        self._kept = Kept(stores.responses, self.clock, days=settings.stored_responses_days)
        self._snapshots = Snapshots(
            nodes=stores.nodes,
            connections=stores.connections,
            combos=stores.combos,
            aliases=stores.aliases,
            keys=stores.keys,
            balancing=self.balancing,
            traffic=self._traffic,
            pepper=pepper,
            asks_for_key=settings.asks_for_key,
        )
        self._following = Following(stores.meta, self._snapshots.rebuild)
        self.stopping = False
        self._data_plane = self._build_data_plane()
        self._build_services(pepper)
        self._management: App | None = None

    def _build_data_plane(self) -> DataPlane:
        settings, prices = self.settings, PriceBook.load()
        resolver = Resolver(prices, self._traffic)
        pipeline = self._build_pipeline(resolver, prices)
        self._probe = Probing(pipeline, resolver, self._snapshots.current, self.clock)
        return DataPlane(
            chat=Chat(pipeline, max_body_bytes=settings.max_body_bytes),
            stored=Stored(self._kept),
            counts=Counts(
                Counting(self._client, resolver, self._cooling),
                max_body_bytes=settings.max_body_bytes,
                body_s=settings.body_timeout_s,
            ),
            snapshot=self._snapshots.current,
            clock=self.clock,
            cors=Cors(settings.cors_origins),
            trusted=networks(settings.trusted_proxies),
        )

    def _build_pipeline(self, resolver: Resolver, prices: PriceBook) -> Pipeline:
        settings = self.settings
        limits = Limits(
            first_byte_s=settings.first_byte_timeout_s,
            idle_s=settings.idle_timeout_s,
            answer_bytes=settings.max_answer_bytes,
        )
        return Pipeline(
            resolver=resolver,
            failover=Failover(
                Attempt(self._client, limits),
                self._cooling,
                Chooser(self._cooling),
                max_attempts=settings.max_attempts,
            ),
            recorder=self._recorder,
            prices=prices,
            watches=self._watches,
            bus=self.bus,
            conversations=Conversations(self._kept, most_bytes=settings.max_body_bytes),
            times=Times(
                body_s=settings.body_timeout_s,
                total_s=settings.total_timeout_s,
                heartbeat_s=settings.heartbeat_s,
                stall_s=settings.client_stall_timeout_s,
            ),
            max_open=settings.max_open_requests,
        )

    def _build_services(self, pepper: bytes) -> None:
        """Build what operators use."""
        stores, clock, changed, settings = self.stores, self.clock, self._changed, self.settings
        self.login = Login(
            meta=stores.meta,
            settings=stores.settings,
            sessions=Sessions(logins=stores.logins, clock=clock),
            passwords=Passwords(),
            lockout=Lockout(clock=clock),
            clock=clock,
            changed=changed,
            loopback=settings.is_loopback,
        )
        self.keys = Keys(rows=stores.keys, pepper=pepper, clock=clock, changed=changed)
        self.nodes = Nodes(
            rows=stores.nodes, connections=stores.connections, check_url=check_url, clock=clock, changed=changed
        )
        self.providers = Providers(
            rows=stores.connections,
            upstreams=Upstreams(nodes=stores.nodes),
            check_url=check_url,
            health=self._health,
            clock=clock,
            changed=changed,
        )
        self.system = System(
            login=self.login,
            version=__version__,
            clock=clock,
            counts={"openRequests": self._watches.__len__, "waitingRecords": lambda: self._recorder.waiting},
        )

        self._build_names()

    def _build_names(self) -> None:
        """Build what operators name models with."""
        stores, clock, changed = self.stores, self.clock, self._changed
        names = NameBook(nodes=stores.nodes, combos=stores.combos, aliases=stores.aliases)
        self.combos = Combos(
            rows=stores.combos,
            connections=stores.connections,
            names=names,
            probe=self._probe,
            clock=clock,
            changed=changed,
        )
        self.aliases = Aliases(rows=stores.aliases, names=names, clock=clock, changed=changed)
        measures = Measures(self._traffic, self._snapshots.current, clock)
        self.combo_measures = ComboMeasures(read=measures.read, forget=measures.forget)

    def _services(self) -> Services:
        settings = self.settings
        return Services(
            combos=self.combos,
            combo_measures=self.combo_measures,
            aliases=self.aliases,
            login=self.login,
            keys=self.keys,
            nodes=self.nodes,
            providers=self.providers,
            system=self.system,
            request_log=RequestLog(rows=self.stores.usage),
            reach=Reach(
                trusted_proxies=networks(settings.trusted_proxies),
                public_url=settings.public_url,
                cookie_secure=settings.auth_cookie_secure,
                body_timeout_s=settings.body_timeout_s,
            ),
        )

    def _health(self, connection_id: str) -> ConnectionHealth:
        health = self._cooling.health(connection_id)
        return ConnectionHealth(
            status=health.status, cooldown_until=health.cooldown_until, last_error=health.last_error
        )

    async def _changed(self, event: ConfigurationChanged) -> None:
        """Show a change to the data plane before whoever made it gets an answer."""
        if event.noun == "connections" and event.id is not None:
            self._cooling.forget(event.id)
        await self._snapshots.rebuild()
        await self._following.changed()
        self.bus.publish(event)

    @classmethod
    async def start(cls, environment: Environment) -> "Gateway":
        """Open everything and get ready to serve. Raises OmniError when that can't be."""
        async with AsyncExitStack() as undo:
            stores = Stores.open(environment.settings)
            undo.push_async_callback(stores.database.close)
            await stores.meta.check_key()
            gateway = cls(environment, stores, await stores.meta.api_key_pepper())
            await gateway._begin()
            undo.pop_all()
        return gateway

    async def _begin(self) -> None:
        settings = self.settings
        await self.login.start(settings.initial_password)
        if not settings.is_loopback and await self.login.needs_setup():
            raise BadSetting(
                f"HOST: not listening on {settings.host} before a password is set. Run 'omniroute admin set-password', "
                "or set INITIAL_PASSWORD, or set up on 127.0.0.1 first."
            )
        await self._following.begin()
        await self._snapshots.rebuild()
        self._background.start(self._following.run(), "changes of the configuration")
        self._background.start(self._watches.sweep(), "sweep")
        self._background.start(self._recorder.run(), "recorder")
        self._background.start(self._kept.run(), "kept responses")
        self._background.start(self._kept.expire(), "expiry of responses")

    async def first_start(self) -> Sequence[Offer]:
        """Make the connections that an empty installation can offer by itself."""
        keys = self._environment.provider_keys if self.settings.import_environment_keys else {}
        return await FirstStart(
            meta=self.stores.meta,
            providers=self.providers,
            from_environment=environment_connections(keys),
            find_servers=self._find_servers,
        ).run()

    async def _find_servers(self) -> list[FoundServer]:
        if not self.settings.discover_local:
            return []
        return await find_local_servers([record for record in CATALOGUE if record.is_local])

    async def flush(self) -> None:
        """Write the records that wait."""
        await self._recorder.flush()
        await self._kept.flush()

    def begin_stop(self) -> None:
        """Say that this process is about to stop: it is not ready any more, and streams have a last while."""
        if not self.stopping:
            self.stopping = True
            self.bus.close()  # live feeds end by themselves, so that they hold nothing up
            self._background.start(self._end_streams(), "stop")

    async def _end_streams(self) -> None:
        await asyncio.sleep(self.settings.shutdown_timeout_s)
        self._watches.end_all(Reason.STOPPING)

    async def stop(self) -> None:
        """Let go of everything; no record is lost."""
        await self._background.stop()
        await self._recorder.close()
        await self._kept.close()
        await self._client.close()
        await self.stores.database.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request: AI clients first, before anything that costs time."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        path: str = scope["path"]
        if is_data_plane(path):
            await self._data_plane(scope, receive, send)
        elif path in _PROBES:
            await self._serve_probe(path, scope["method"], send)
        else:
            management = self._management or await self._load_management()
            await management(scope, receive, send)

    async def _load_management(self) -> App:
        """Import the management surface at its first use: a process that serves AI clients alone goes without it."""
        routes = await asyncio.to_thread(importlib.import_module, "omniroute.api.routes")
        self._management = management = cast(App, routes.build_api(self._services()))
        return management

    async def _serve_probe(self, path: str, method: str, send: Send) -> None:
        """Answer / (who is here), /healthz (alive) and /readyz (may be sent traffic)."""
        ready = path != "/readyz" or not self.stopping
        told = {"name": "OmniRoute", "version": __version__, "status": "ok" if ready else "stopping"}
        body = dumps(told)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-request-id", new_id("req").encode()),
        ]
        await send({"type": "http.response.start", "status": 200 if ready else 503, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})
