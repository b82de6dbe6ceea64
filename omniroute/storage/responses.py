"""Answers of the Responses format that clients may go on from, each found by its key and its id only."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import ColumnElement, and_, delete, or_, select

from omniroute.storage import tables
from omniroute.storage.database import Database, upsert
from omniroute.storage.fit import require_fit
from omniroute.storage.rows import ResponseRow

_TABLE = tables.stored_responses
_CHANGED = ("created_at", "expires_at", "input", "response")


class Responses:
    """The table `stored_responses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, rows: Sequence[ResponseRow]) -> None:
        """Store rows in one transaction, over what has the same key and id."""
        values = [require_fit(_TABLE, asdict(row)) for row in rows]
        async with self._database.transaction() as connection:
            await connection.execute(upsert(connection, _TABLE, _CHANGED), values)

    async def find(self, key_id: str, response_id: str) -> ResponseRow | None:
        """Return a row, also an expired one, or None."""
        async with self._database.reading() as connection:
            query = select(_TABLE).where(_of(key_id, response_id))
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else ResponseRow(**row)

    async def delete(self, key_id: str, response_id: str) -> bool:
        """Remove a row; return whether there was one."""
        async with self._database.transaction() as connection:
            return (await connection.execute(delete(_TABLE).where(_of(key_id, response_id)))).rowcount > 0

    async def delete_expired(self, now_ms: int, made_by_ms: int) -> int:
        """Remove what expired by `now_ms` or was made by `made_by_ms`, and return how many rows that were."""
        old = or_(_TABLE.c.expires_at <= now_ms, _TABLE.c.created_at <= made_by_ms)
        async with self._database.transaction() as connection:
            return (await connection.execute(delete(_TABLE).where(old))).rowcount


def _of(key_id: str, response_id: str) -> ColumnElement[bool]:
    return and_(_TABLE.c.key_id == key_id, _TABLE.c.id == response_id)
