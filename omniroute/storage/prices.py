"""An operator's own prices."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from omniroute.storage import tables
from omniroute.storage.database import Database, upsert
from omniroute.storage.fit import require_fit
from omniroute.storage.rows import PriceRow

_TABLE = tables.price_overrides
_CHANGED = ("prices", "version", "updated_at")


class Prices:
    """The table `price_overrides`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> tuple[PriceRow, ...]:
        """Return all, by provider and model."""
        query = select(_TABLE).order_by(_TABLE.c.provider, _TABLE.c.model)
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).mappings().all()
        return tuple(PriceRow(**row) for row in found)

    async def put(self, rows: Sequence[PriceRow]) -> None:
        """Store prices, over those of the same provider and model."""
        values = [
            require_fit(
                _TABLE,
                {
                    "provider": row.provider,
                    "model": row.model,
                    "prices": row.prices,
                    "version": row.version,
                    "updated_at": row.updated_at,
                },
            )
            for row in rows
        ]
        async with self._database.transaction() as connection:
            await connection.execute(upsert(connection, _TABLE, _CHANGED), values)

    async def delete(self, provider: str | None, model: str | None) -> int:
        """Remove prices, of one provider and model only where these are named; return how many there were."""
        query = delete(_TABLE)
        if provider is not None:
            query = query.where(_TABLE.c.provider == provider)
        if model is not None:
            query = query.where(_TABLE.c.model == model)
        async with self._database.transaction() as connection:
            return (await connection.execute(query)).rowcount
