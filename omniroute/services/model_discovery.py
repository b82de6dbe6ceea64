"""Which models connections' providers list for them: asked on demand and by the timetable, stored with time and source.

What was found goes over the table that comes with the package; what an operator added goes over both. A provider that
does not answer changes nothing of what was found before.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from omniroute.kit.clock import Clock
from omniroute.kit.errors import OmniError
from omniroute.kit.events import ConfigurationChanged
from omniroute.services.changes import Changed
from omniroute.services.checks import ConnectionModels
from omniroute.services.moments import moment, moment_or_none
from omniroute.services.names import LONGEST_MODEL
from omniroute.storage.account_rows import DiscoveryRow
from omniroute.storage.connections import Connections
from omniroute.storage.model_discoveries import ModelDiscoveries
from omniroute.storage.rows import ConnectionRow
from omniroute.upstream.catalogue import find

MOST_MODELS = 5_000
_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What one connection's provider listed. `problem` is why the last try did not work; the models stay as found."""

    connection_id: str
    provider: str
    origin: str
    count: int
    found_at: datetime | None
    tried_at: datetime
    problem: str | None


class ModelDiscovery:
    """Asks and remembers."""

    def __init__(
        self,
        *,
        rows: ModelDiscoveries,
        connections: Connections,
        ask: Callable[[str], Awaitable[ConnectionModels]],
        clock: Clock,
        changed: Changed,
    ) -> None:
        self._rows = rows
        self._connections = connections
        self._ask = ask
        self._clock = clock
        self._changed = changed

    async def list(self) -> tuple[Discovery, ...]:
        """Return what was found so far."""
        return tuple(_shown(row) for row in await self._rows.list())

    async def discover(self, connection_id: str) -> Discovery:
        """Ask one connection's provider now; raise NotFound, or what the provider failed with."""
        row = await self._connections.get(connection_id)
        found, error = await self._found(row)
        if error is not None:
            raise error
        await self._changed(ConfigurationChanged(noun="models", id=connection_id))
        return _shown(found)

    async def discover_all(self) -> tuple[Discovery, ...]:
        """Ask for every active connection, some at a time; for operators and the timetable."""
        rows = await self._connections.list()
        await self._rows.keep(frozenset(row.id for row in rows))
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(row: ConnectionRow) -> DiscoveryRow:
            async with places:
                return (await self._found(row))[0]

        active = [row for row in rows if row.is_active and row.expired_reason is None]
        found = await asyncio.gather(*map(one, active))
        await self._changed(ConfigurationChanged(noun="models"))
        return tuple(map(_shown, found))

    async def _found(self, row: ConnectionRow) -> tuple[DiscoveryRow, OmniError | None]:
        """Ask and store; return the failure, where it is one."""
        old = next((one for one in await self._rows.list() if one.connection_id == row.id), None)
        now, failure = self._clock.now_ms(), None
        record = find(row.provider)
        base = old or DiscoveryRow(connection_id=row.id, provider=row.provider, origin="", models=(), tried_at=now)
        try:
            listed = (await self._ask(row.id)).models[:MOST_MODELS]
        except OmniError as error:
            failure = error
            made = replace(base, tried_at=now, problem=error.message[:500])
        else:
            models = tuple(
                {"id": one.id, "name": one.name, **one.facts.spelled()}
                for one in listed
                if len(one.id) <= LONGEST_MODEL
            )
            origin = row.base_url or (record.base_url if record else "its own node")
            made = replace(base, origin=origin, models=models, found_at=now, tried_at=now, problem=None)
        await self._rows.put(made)
        return made, failure


def _shown(row: DiscoveryRow) -> Discovery:
    return Discovery(
        connection_id=row.connection_id,
        provider=row.provider,
        origin=row.origin,
        count=len(row.models),
        found_at=moment_or_none(row.found_at),
        tried_at=moment(row.tried_at),
        problem=row.problem,
    )
