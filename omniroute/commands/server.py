"""Run the gateway: start it, say where it is, serve until told to stop, stop without losing anything."""

import gc
import logging
import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Protocol

import structlog
import uvicorn

from omniroute import __version__
from omniroute.app import Gateway
from omniroute.commands.launch import launch
from omniroute.commands.prepare import Overrides, migrated, prepare, run, told
from omniroute.kit.settings import BadSetting, Environment
from omniroute.services.first_start import Offer
from omniroute.storage.audit_rows import AuditDraft
from omniroute.upstream.client import Transports

log = structlog.get_logger(__name__)

_COLLECT_AFTER = 20_000  # objects made and not freed
_SOCKET_MESSAGE_BYTES = 1024 * 1024
_GRACE_S = 5  # after the streams' last while, for their error events to go out


class Stage(Protocol):
    """A demonstration: what answers for its providers, and how it begins."""

    @property
    def transports(self) -> Transports: ...

    async def begin(self, gateway: Gateway) -> None:
        """Set everything up before the first request is let in."""
        ...


def serve(overrides: Overrides, stage: Stage | None = None) -> None:
    """Run the gateway until it is told to stop; `stage` plays a demonstration on it."""
    environment = prepare(overrides)
    try:
        if run(_serve(environment, stage, can_restart=not overrides and stage is None)):
            launch({})
    except KeyboardInterrupt:
        log.info("stopped")


async def _serve(environment: Environment, stage: Stage | None, *, can_restart: bool) -> bool:
    """Serve to the end; return whether to begin again."""
    settings = environment.settings
    await migrated(settings)
    gateway = await (Gateway.start(environment) if stage is None else Gateway.start(environment, stage.transports))
    spare_the_collector()
    config = uvicorn.Config(
        gateway,
        host=settings.host,
        port=settings.port,
        http="httptools" if sys.platform != "win32" else "auto",
        ws="websockets-sansio",
        ws_max_size=_SOCKET_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # would take more CPU than all the rest of a live feed
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(settings.shutdown_timeout_s) + _GRACE_S,
    )
    try:
        # Before anybody is let in: the first request must find the demo there.
        offers = await gateway.first_start()
        if stage is not None:
            await stage.begin(gateway)
        # uvicorn raises the signal that ended it once more when all is done; by then there is nothing to interrupt.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        server = _Server(config, gateway, offers)
        if can_restart:
            gateway.services.lifecycle.attach(server.end)
        await server.serve()
    finally:
        await gateway.stop()
    return server.again


def spare_the_collector() -> None:
    """Keep what was made so far, which lives as long as the process, out of the garbage collector's rounds.

    With Python's own thresholds it took 12 % of the gateway's CPU under load, looking at modules again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)


class _Server(uvicorn.Server):
    """uvicorn, with the gateway told first when the end comes, and stopped before the process is."""

    def __init__(self, config: uvicorn.Config, gateway: Gateway, offers: Sequence[Offer]) -> None:
        super().__init__(config)
        self._gateway = gateway
        self._offers = offers
        self.again = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say where, in our own words."""
        words = logging.getLogger("uvicorn.error")
        words.disabled = True
        try:
            await super().startup(sockets)
        except SystemExit as error:
            settings = self._gateway.settings
            raise BadSetting(f"PORT: cannot listen on {settings.host}:{settings.port}; is it taken?") from error
        finally:
            words.disabled = False
        if self.started:
            await self._announce(self.servers[0].sockets[0].getsockname())
            self._gateway.begin_jobs()
            await self._gateway.services.audit.note(AuditDraft(action="gateway.start", detail=__version__))

    async def _announce(self, address: tuple[str, int]) -> None:
        gateway, settings = self._gateway, self._gateway.settings
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        url = (settings.public_url or f"http://{host}:{address[1]}").rstrip("/")
        log.info("OmniRoute is listening", url=url, data=str(settings.data_dir))
        _tell(self._offers)
        if settings.dashboard:
            sys.stderr.write(f"\n  Dashboard:  {url}/dashboard/\n")
        if await gateway.services.login.needs_setup():
            link = f"{url}/setup?token={gateway.services.login.setup_token().reveal()}"
            sys.stderr.write(f"\n  Set the operator's password once, here:\n    {link}\n\n")
        if not settings.asks_for_key:
            sys.stderr.write(f"  Try it:  curl {url}/v1/chat/completions -H 'content-type: application/json' \\\n")
            sys.stderr.write(
                '    -d \'{"model": "demo/echo", "messages": [{"role": "user", "content": "Hello"}]}\'\n\n'
            )
        sys.stderr.flush()

    def end(self, again: bool) -> None:  # noqa: FBT001 - handed around as a plain callable
        """Stop as at a signal; `again` says to begin anew in this process's place."""
        self.again = again
        self._gateway.begin_stop()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take the signal to stop."""
        self._gateway.begin_stop()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let streams finish, then let go of everything, before the signal is raised again."""
        await super().shutdown(sockets)
        await self._gateway.services.audit.note(AuditDraft(action="gateway.stop", detail=__version__))
        await self._gateway.stop()


def _tell(offers: Sequence[Offer]) -> None:
    """Say what the first start made."""
    for offer in offers:
        if offer.connection is not None:
            log.info("connected", provider=offer.connection.provider, by=offer.origin)
        else:
            log.warning("could not connect", by=offer.origin, reason=offer.reason)


def main() -> int:
    """Serve by the environment's settings; return the exit code."""
    return told(lambda: serve({}))
