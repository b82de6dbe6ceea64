"""Answers that may be given again, compressed; what stands for a request is all that is known of it."""

import asyncio
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, func, select

from omniroute.storage import tables
from omniroute.storage.database import Database, sqlite_file, upsert
from omniroute.storage.fit import bounded, clipped, lengths, require_fit
from omniroute.storage.rows import AnswerRow

_TABLE = tables.answer_cache
_CHANGED = tuple(column.name for column in _TABLE.columns if not column.primary_key)
_LENGTHS = lengths(_TABLE)
_NUMBERS = ("input_tokens", "output_tokens", "cost_nano")
_LEVEL = 3


class Answers:
    """The table `answer_cache`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def is_shared(self) -> bool:
        """Whether other processes may write here too."""
        return sqlite_file(self._database.url) is None

    async def put(self, rows: Sequence[AnswerRow]) -> None:
        """Store rows in one transaction, over what has the same digest."""
        values = await asyncio.to_thread(lambda: [_written(row) for row in rows])
        async with self._database.transaction() as connection:
            await connection.execute(upsert(connection, _TABLE, _CHANGED), values)

    async def find(self, digest: bytes, now_ms: int) -> AnswerRow | None:
        """Return a row that has not expired, or None."""
        query = select(_TABLE).where(_TABLE.c.digest == digest, _TABLE.c.expires_at > now_ms)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        return AnswerRow(**{**row, "dropped": tuple(row["dropped"]), "body": zlib.decompress(row["body"])})

    async def digests(self, now_ms: int) -> set[bytes]:
        """Return what stands for each request whose answer is there."""
        query = select(_TABLE.c.digest).where(_TABLE.c.expires_at > now_ms)
        async with self._database.reading() as connection:
            return set((await connection.execute(query)).scalars())

    async def count(self, now_ms: int) -> int:
        """Return how many answers are there that have not expired."""
        query = select(func.count()).select_from(_TABLE).where(_TABLE.c.expires_at > now_ms)
        async with self._database.reading() as connection:
            found: int = (await connection.execute(query)).scalar_one()
        return found

    async def clear(self) -> int:
        """Remove every row; return how many those were."""
        async with self._database.transaction() as connection:
            return (await connection.execute(delete(_TABLE))).rowcount

    async def trim(self, now_ms: int, most: int) -> int:
        """Remove what expired, and the oldest beyond `most`; return how many rows that were."""
        async with self._database.transaction() as connection:
            gone = (await connection.execute(delete(_TABLE).where(_TABLE.c.expires_at <= now_ms))).rowcount
            oldest = select(_TABLE.c.created_at).order_by(_TABLE.c.created_at.desc()).offset(most).limit(1)
            limit = (await connection.execute(oldest)).scalar_one_or_none()
            if limit is not None:
                gone += (await connection.execute(delete(_TABLE).where(_TABLE.c.created_at <= limit))).rowcount
        return gone


def _written(row: AnswerRow) -> dict[str, Any]:
    values = asdict(row)
    for name in ("provider", "model"):
        values[name] = clipped(values[name], _LENGTHS[name])
    for name in _NUMBERS:
        values[name] = None if values[name] is None else bounded(values[name])
    return require_fit(_TABLE, {**values, "dropped": list(row.dropped), "body": zlib.compress(row.body, _LEVEL)})
