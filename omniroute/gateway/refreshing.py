"""A refused credential is renewed once, where its account can do that; whoever asks meanwhile gets the same renewal."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from omniroute.kit.errors import OmniError
from omniroute.kit.tasks import Background

log = structlog.get_logger(__name__)

LIMIT_S = 30.0

# Renews an account's credential; gives the headers that carry the new one, None when it can't be renewed.
Refresh = Callable[[], Awaitable[Mapping[str, str] | None]]


class Refreshing:
    """One renewal at a time for each connection."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self._under_way: dict[str, asyncio.Future[Mapping[str, str] | None]] = {}

    async def renewed(self, connection_id: str, refresh: Refresh) -> Mapping[str, str] | None:
        """Return the headers with a new credential, None when there is none to be had."""
        found = self._under_way.get(connection_id)
        if found is None:
            found = self._under_way[connection_id] = asyncio.get_running_loop().create_future()
            self._background.start(self._renew(connection_id, refresh, found), "refresh of a credential")
        return await asyncio.shield(found)

    async def _renew(
        self, connection_id: str, refresh: Refresh, told: asyncio.Future[Mapping[str, str] | None]
    ) -> None:
        headers: Mapping[str, str] | None = None
        try:
            async with asyncio.timeout(LIMIT_S):
                headers = await refresh()
        except (OmniError, TimeoutError, OSError) as error:
            log.warning("a credential was not renewed", connection=connection_id, error=str(error) or "too slow")
        finally:
            del self._under_way[connection_id]
            if not told.done():
                told.set_result(headers)
