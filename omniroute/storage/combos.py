"""Combos: named groups of targets."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, select, update

from omniroute.storage import tables
from omniroute.storage.database import Database, insert, missing, require_hit
from omniroute.storage.fit import require_fit
from omniroute.storage.rows import ComboRow

_TABLE = tables.combos
_NOUN = "combo"


class Combos:
    """The table `combos`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> tuple[ComboRow, ...]:
        """Return all, oldest first."""
        query = select(_TABLE).order_by(_TABLE.c.created_at, _TABLE.c.id)
        async with self._database.reading() as connection:
            return tuple(ComboRow(**row) for row in (await connection.execute(query)).mappings())

    async def get(self, combo_id: str) -> ComboRow:
        """Return one; raises NotFound."""
        query = select(_TABLE).where(_TABLE.c.id == combo_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise missing(_NOUN, combo_id)
        return ComboRow(**row)

    async def add(self, row: ComboRow) -> None:
        """Store a new one; raises Conflict when its id or name is taken."""
        values = _values(row)
        async with self._database.transaction() as connection:
            await connection.execute(insert(connection, _TABLE), values)

    async def update(self, row: ComboRow) -> None:
        """Replace one by its id; raises NotFound, and Conflict when the name is taken."""
        change = update(_TABLE).where(_TABLE.c.id == row.id).values(_values(row))
        async with self._database.transaction() as connection:
            require_hit(await connection.execute(change), _NOUN, row.id)

    async def delete(self, combo_id: str) -> None:
        """Remove one; raises NotFound."""
        async with self._database.transaction() as connection:
            require_hit(await connection.execute(delete(_TABLE).where(_TABLE.c.id == combo_id)), _NOUN, combo_id)


def _values(row: ComboRow) -> dict[str, Any]:
    return require_fit(_TABLE, asdict(row))
