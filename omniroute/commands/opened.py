"""An installation opened on its own machine, without serving: what commands work on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from omniroute.app import Gateway
from omniroute.commands.prepare import Overrides, migrated, prepare


@asynccontextmanager
async def opened(overrides: Overrides) -> AsyncIterator[Gateway]:
    """Open the installation; HOST does not matter here."""
    environment = prepare({**overrides, "host": "127.0.0.1"})
    await migrated(environment.settings)
    gateway = await Gateway.start(environment)
    try:
        yield gateway
    finally:
        await gateway.stop()
