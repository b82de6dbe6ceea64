"""One process's gateway as an ASGI application: what `assembly/` made, started, served and stopped."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import structlog
from starlette.responses import RedirectResponse

from omniroute import __version__
from omniroute.assembly.data_plane import DataPlane
from omniroute.assembly.jobs import start_jobs, timetable
from omniroute.assembly.management import build_services
from omniroute.assembly.stores import Stores
from omniroute.assembly.surfaces import Surfaces
from omniroute.edge.addresses import Guarded
from omniroute.gateway.watch import Reason
from omniroute.kit.ids import new_id
from omniroute.kit.json import dumps
from omniroute.kit.settings import BadSetting, Environment
from omniroute.services.first_start import FirstStart, Offer
from omniroute.upstream.catalogue import CATALOGUE
from omniroute.upstream.client import Transports
from omniroute.upstream.discovery import FoundServer, environment_connections, find_local_servers
from omniroute.upstream.embedded import EmbeddedDemo
from omniroute.v1.asgi import Receive, Scope, Send
from omniroute.v1.routes import is_data_plane

log = structlog.get_logger(__name__)

# "/" because Claude Code asks HEAD / before anything else, and people type it into a browser.
_PROBES = frozenset({"/", "/healthz", "/readyz"})
_EMBEDDED: Transports = {"demo": EmbeddedDemo()}
_LOOKING = frozenset({"GET", "HEAD"})
_WRONG_METHOD = 405


class Gateway:
    """One process's gateway. `start` before serving, `stop` after; it is the ASGI application itself."""

    def __init__(self, environment: Environment, stores: Stores, pepper: bytes, transports: Transports) -> None:
        self._environment = environment
        self.settings = settings = environment.settings
        self.stores = stores
        self.plane = DataPlane(settings, stores, pepper, transports)
        self.services = build_services(settings, stores, self.plane)
        self.services.jobs.take(timetable(self.services, self.plane))
        self.stopping = False
        self._surfaces = Surfaces(self.services, dashboard=settings.dashboard)
        self._guarded = Guarded(
            self._surfaces,
            addresses=lambda: self.plane.snapshots.current().addresses,
            trusted=self.services.reach.trusted_proxies,
            clock=self.plane.clock,
        )

    @classmethod
    async def start(cls, environment: Environment, transports: Transports = _EMBEDDED) -> "Gateway":
        """Open everything and get ready to serve; `transports` serve the URL schemes they name. Raises OmniError."""
        async with AsyncExitStack() as undo:
            stores = Stores.open(environment.settings)
            undo.push_async_callback(stores.database.close)
            await stores.meta.check_key()
            gateway = cls(environment, stores, await stores.meta.api_key_pepper(), transports)
            await gateway._begin()
            undo.pop_all()
        return gateway

    async def _begin(self) -> None:
        settings = self.settings
        await self.services.login.start(settings.initial_password)
        if not settings.is_loopback and await self.services.login.needs_setup():
            raise BadSetting(
                f"HOST: not listening on {settings.host} before a password is set. Run 'omniroute admin set-password', "
                "or set INITIAL_PASSWORD, or set up on 127.0.0.1 first."
            )
        await self.plane.start()

    async def first_start(self) -> Sequence[Offer]:
        """End what an earlier process left behind; make the connections that an empty installation can offer."""
        await self.services.evals.recover()
        keys = self._environment.provider_keys if self.settings.import_environment_keys else {}
        return await FirstStart(
            meta=self.stores.meta,
            providers=self.services.providers,
            from_environment=environment_connections(keys),
            find_servers=self._find_servers,
        ).run()

    async def _find_servers(self) -> list[FoundServer]:
        if not self.settings.discover_local:
            return []
        return await find_local_servers([record for record in CATALOGUE if record.is_local])

    def begin_jobs(self) -> None:
        """Start the clock of the jobs: in one process of an installation, once it serves."""
        self.plane.background.start(start_jobs(self.services.jobs), "start of the jobs")

    def begin_stop(self) -> None:
        """Say that this process is about to stop: it is not ready any more, and streams have a last while."""
        if not self.stopping:
            self.stopping = True
            self.services.jobs.stop()
            self.plane.bus.close()  # live feeds end by themselves, so that they hold nothing up
            self.plane.background.start(self._end_streams(), "stop")

    async def _end_streams(self) -> None:
        await asyncio.sleep(self.settings.shutdown_timeout_s)
        self.plane.watches.end_all(Reason.STOPPING)

    async def stop(self) -> None:
        """Let go of everything; no record is lost."""
        self.services.jobs.stop()
        await self._surfaces.close()
        await self.plane.stop()
        await self.stores.database.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request: AI clients first, before anything that costs time."""
        if scope["type"] not in {"http", "websocket"}:
            return
        path: str = scope["path"]
        if scope["type"] == "http" and is_data_plane(path):
            await self.plane.app(scope, receive, send)
        elif scope["type"] == "http" and path in _PROBES:
            if path == "/" and self.settings.dashboard and _is_browser(scope):
                await RedirectResponse("/dashboard/", 303)(scope, receive, send)
            else:
                await self._serve_probe(path, scope["method"], send)
        else:
            await self._guarded(scope, receive, send)

    async def _serve_probe(self, path: str, method: str, send: Send) -> None:
        """Answer / (who is here), /healthz (alive) and /readyz (may be sent traffic)."""
        ready = path != "/readyz" or not self.stopping
        status = 200 if ready else 503
        told = {"name": "OmniRoute", "version": __version__, "status": "ok" if ready else "stopping"}
        if method not in _LOOKING:
            status, told = _WRONG_METHOD, {**told, "status": "only GET and HEAD are served here"}
        body = dumps(told)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-request-id", new_id("req").encode()),
            *([(b"allow", b"GET, HEAD")] if status == _WRONG_METHOD else []),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


def _is_browser(scope: Scope) -> bool:
    """Whether somebody looks at the gateway's address: programs do not ask for pages."""
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
