"""Removing old rows of the logs: in small pieces, each a transaction of its own, so that nobody waits for long."""

from sqlalchemy import delete, func, select

from omniroute.storage import tables
from omniroute.storage.database import Database

_LOGS, _ATTEMPTS, _MINUTES = tables.request_logs, tables.request_attempts, tables.usage_minutes
PIECE = 500


class Retention:
    """The tables `request_logs`, `request_attempts` and `usage_minutes`, as far as they are old."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def drop_requests(self, before_ms: int) -> int:
        """Remove one piece of the requests that began before `before_ms`, the oldest first; return how many."""
        oldest = select(_LOGS.c.id).where(_LOGS.c.started_at < before_ms)
        oldest = oldest.order_by(_LOGS.c.started_at, _LOGS.c.id).limit(PIECE)
        async with self._database.transaction() as connection:
            ids = list((await connection.execute(oldest)).scalars())
            if ids:
                await connection.execute(delete(_ATTEMPTS).where(_ATTEMPTS.c.request_id.in_(ids)))
                await connection.execute(delete(_LOGS).where(_LOGS.c.id.in_(ids)))
        return len(ids)

    async def drop_minutes(self, before_minute: int) -> int:
        """Remove the sums of the oldest minute before `before_minute`; return how many rows those were."""
        oldest = select(func.min(_MINUTES.c.minute)).where(_MINUTES.c.minute < before_minute)
        async with self._database.transaction() as connection:
            minute = await connection.scalar(oldest)
            if minute is None:
                return 0
            return (await connection.execute(delete(_MINUTES).where(_MINUTES.c.minute == minute))).rowcount

    async def count_requests(self) -> int:
        """Return how many requests the log has."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.count()).select_from(_LOGS)) or 0

    async def edge(self, most: int) -> int | None:
        """Return when the newest request began of those beyond `most`, None when there are no more than that."""
        query = select(_LOGS.c.started_at).order_by(_LOGS.c.started_at.desc(), _LOGS.c.id.desc()).offset(most).limit(1)
        async with self._database.reading() as connection:
            found: int | None = await connection.scalar(query)
        return found
