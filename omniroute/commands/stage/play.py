"""The demonstration from its beginning: set the stage, tell the past, keep the present going."""

import logging
from urllib.parse import urlsplit

import structlog

from omniroute.app import Gateway
from omniroute.commands.stage.cast import PROVIDERS
from omniroute.commands.stage.past import DAYS, write_history
from omniroute.commands.stage.present import Traffic
from omniroute.commands.stage.setting import set_up
from omniroute.upstream.catalogue import CATALOGUE
from omniroute.upstream.client import Transports
from omniroute.upstream.embedded import EmbeddedDemo
from omniroute.upstream.staged import StagedDemo

log = structlog.get_logger(__name__)


class Play:
    """One demonstration. `transports` answer for the invented providers."""

    def __init__(self) -> None:
        hosts = {urlsplit(record.base_url).hostname or "": record.id for record in CATALOGUE if record.id in PROVIDERS}
        cast = {host: PROVIDERS[provider] for host, provider in hosts.items()}
        # Its own requests are in the log already.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self.transports: Transports = {"demo": EmbeddedDemo(), "https": StagedDemo(cast)}

    async def begin(self, gateway: Gateway) -> None:
        """Set everything up and let clients ask, as soon as the port is open, until the gateway stops."""
        stage = await set_up(gateway)
        count = await write_history(gateway, stage)
        log.info("a demonstration was set up", requests=count, days=DAYS)
        settings = gateway.settings
        traffic = Traffic(f"http://{settings.host}:{settings.port}", stage)
        gateway.plane.background.start(traffic.run(), "traffic of the demonstration")
