"""Models that operators added to providers and nodes."""

from dataclasses import asdict

from sqlalchemy import delete, select

from omniroute.storage import tables
from omniroute.storage.database import Database, upsert
from omniroute.storage.fit import require_fit
from omniroute.storage.rows import CustomModelRow

_TABLE = tables.custom_models


class CustomModels:
    """The table `custom_models`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> tuple[CustomModelRow, ...]:
        """Return all, oldest first."""
        query = select(_TABLE).order_by(_TABLE.c.created_at, _TABLE.c.provider, _TABLE.c.model)
        async with self._database.reading() as connection:
            return tuple(CustomModelRow(**row) for row in (await connection.execute(query)).mappings())

    async def put(self, row: CustomModelRow) -> None:
        """Store one, over what it was before."""
        values = require_fit(_TABLE, asdict(row))
        changed = ["name", "kind", "context_window", "source", "updated_at"]
        async with self._database.transaction() as connection:
            await connection.execute(upsert(connection, _TABLE, changed), values)

    async def delete(self, provider: str, model: str) -> bool:
        """Remove one; return whether it was there."""
        async with self._database.transaction() as connection:
            removal = delete(_TABLE).where(_TABLE.c.provider == provider, _TABLE.c.model == model)
            return bool((await connection.execute(removal)).rowcount)
