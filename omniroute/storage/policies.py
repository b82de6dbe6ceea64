"""Policies: rules for AI requests."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, select, update

from omniroute.storage import tables
from omniroute.storage.database import Database, insert, missing, require_hit
from omniroute.storage.fit import require_fit
from omniroute.storage.rows import PolicyRow

_TABLE = tables.policies
_NOUN = "policy"


class Policies:
    """The table `policies`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> tuple[PolicyRow, ...]:
        """Return all in the order in which they are looked at."""
        query = select(_TABLE).order_by(_TABLE.c.position, _TABLE.c.created_at, _TABLE.c.id)
        async with self._database.reading() as connection:
            return tuple(PolicyRow(**row) for row in (await connection.execute(query)).mappings())

    async def get(self, policy_id: str) -> PolicyRow:
        """Return one; raises NotFound."""
        query = select(_TABLE).where(_TABLE.c.id == policy_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise missing(_NOUN, policy_id)
        return PolicyRow(**row)

    async def add(self, row: PolicyRow) -> None:
        """Store a new one; raises Conflict when its id or name is taken."""
        values = _values(row)
        async with self._database.transaction() as connection:
            await connection.execute(insert(connection, _TABLE), values)

    async def update(self, row: PolicyRow) -> None:
        """Replace one by its id; raises NotFound, and Conflict when the name is taken."""
        change = update(_TABLE).where(_TABLE.c.id == row.id).values(_values(row))
        async with self._database.transaction() as connection:
            require_hit(await connection.execute(change), _NOUN, row.id)

    async def delete(self, policy_id: str) -> None:
        """Remove one; raises NotFound."""
        async with self._database.transaction() as connection:
            require_hit(await connection.execute(delete(_TABLE).where(_TABLE.c.id == policy_id)), _NOUN, policy_id)


def _values(row: PolicyRow) -> dict[str, Any]:
    return require_fit(_TABLE, asdict(row))
