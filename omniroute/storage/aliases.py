"""Aliases: other names for models and combos."""

from dataclasses import asdict

from sqlalchemy import delete, select

from omniroute.storage import tables
from omniroute.storage.database import Database, require_hit, upsert
from omniroute.storage.fit import require_fit
from omniroute.storage.rows import AliasRow

_TABLE = tables.model_aliases


class Aliases:
    """The table `model_aliases`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> tuple[AliasRow, ...]:
        """Return all in the order in which they apply."""
        query = select(_TABLE).order_by(_TABLE.c.position, _TABLE.c.created_at, _TABLE.c.pattern)
        async with self._database.reading() as connection:
            return tuple(AliasRow(**row) for row in (await connection.execute(query)).mappings())

    async def put(self, row: AliasRow) -> None:
        """Store one, over what its pattern meant before."""
        values = require_fit(_TABLE, asdict(row))
        async with self._database.transaction() as connection:
            await connection.execute(upsert(connection, _TABLE, ["target", "position", "updated_at"]), values)

    async def delete(self, pattern: str) -> None:
        """Remove one; raises NotFound."""
        async with self._database.transaction() as connection:
            removal = delete(_TABLE).where(_TABLE.c.pattern == pattern)
            require_hit(await connection.execute(removal), "alias", pattern)
