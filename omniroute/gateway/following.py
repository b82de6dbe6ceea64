"""Notices what another process changed (a key made on the command line, a second gateway), by a mark in the database.

Whoever changes the configuration writes a new mark; whoever serves looks at it every two seconds, and reads the
configuration anew when the mark is not the one it knows.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from omniroute.kit.errors import OmniError
from omniroute.kit.ids import new_id
from omniroute.storage.meta import Meta

log = structlog.get_logger(__name__)

LOOK_S = 2.0
_MARK = "configuration_mark"


class Following:
    """One a process."""

    def __init__(self, meta: Meta, rebuild: Callable[[], Awaitable[None]]) -> None:
        self._meta = meta
        self._rebuild = rebuild
        self._known: str | None = None

    async def begin(self) -> None:
        """Take the present mark as known; read the configuration after this, not before."""
        self._known = await self._meta.get(_MARK)

    async def changed(self) -> None:
        """Write a new mark: this process changed something, and shows it already."""
        self._known = new_id("mark")
        await self._meta.put(_MARK, self._known)

    async def run(self) -> None:
        """Look at the mark again and again."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                mark = await self._meta.get(_MARK)
                if mark != self._known:
                    self._known = mark
                    await self._rebuild()
            except OmniError as error:
                log.warning("cannot look for changes of the configuration", error=error.message)
