"""An installation opened on its own machine, without serving: what commands work on."""

import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from omniroute.app import Gateway
from omniroute.commands.prepare import Overrides, migrated, prepare
from omniroute.kit.acting import Act, acting
from omniroute.kit.settings import user
from omniroute.storage.audit_rows import AuditDraft

_WORD = re.compile(r"[a-z]+(-[a-z]+)*")


@asynccontextmanager
async def opened(overrides: Overrides, *, looks: bool = False) -> AsyncIterator[Gateway]:
    """Open the installation; HOST does not matter here. What is done is audited, unless the command only looks."""
    command = " ".join(word for word in sys.argv[1:3] if _WORD.fullmatch(word)) or "command"
    with acting(Act(kind="command", surface="command", name=user(), operation=command)) as act:
        async with _running(overrides) as gateway:
            yield gateway
            if not looks and not act.recorded:
                await gateway.services.audit.note(AuditDraft(action=command))


@asynccontextmanager
async def _running(overrides: Overrides) -> AsyncIterator[Gateway]:
    environment = prepare({**overrides, "host": "127.0.0.1"})
    await migrated(environment.settings)
    gateway = await Gateway.start(environment)
    try:
        yield gateway
    finally:
        await gateway.stop()
