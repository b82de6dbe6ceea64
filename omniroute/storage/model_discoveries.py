"""What connections' providers listed as their models, and when."""

from sqlalchemy import delete, select

from omniroute.storage import account_tables
from omniroute.storage.account_rows import DiscoveryRow
from omniroute.storage.database import Database, upsert
from omniroute.storage.fit import require_fit

_TABLE = account_tables.model_discoveries


class ModelDiscoveries:
    """The table `model_discoveries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> tuple[DiscoveryRow, ...]:
        """Return all, by connection."""
        async with self._database.reading() as connection:
            found = (await connection.execute(select(_TABLE).order_by(_TABLE.c.connection_id))).mappings().all()
        return tuple(
            DiscoveryRow(
                connection_id=row["connection_id"],
                provider=row["provider"],
                origin=row["origin"],
                models=tuple(row["models"]),
                found_at=row["found_at"],
                tried_at=row["tried_at"],
                problem=row["problem"],
            )
            for row in found
        )

    async def put(self, row: DiscoveryRow) -> None:
        """Store one, over that of the same connection."""
        values = require_fit(
            _TABLE,
            {
                "connection_id": row.connection_id,
                "provider": row.provider,
                "origin": row.origin,
                "models": list(row.models),
                "found_at": row.found_at,
                "tried_at": row.tried_at,
                "problem": row.problem,
            },
        )
        changed = [name for name in values if name != "connection_id"]
        async with self._database.transaction() as connection:
            await connection.execute(upsert(connection, _TABLE, changed), values)

    async def keep(self, connection_ids: frozenset[str]) -> None:
        """Drop those of connections that are gone."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(_TABLE).where(_TABLE.c.connection_id.not_in(connection_ids)))
