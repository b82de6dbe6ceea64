"""What operators allow to be used in a period, and what was used of it."""

from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping, delete, func, select

from omniroute.storage import tables
from omniroute.storage.database import Database, require_hit, upsert
from omniroute.storage.fit import require_fit
from omniroute.storage.rows import BudgetRow

_TABLE = tables.budgets
_MINUTES = tables.usage_minutes
_CHANGED = ("amount", "thresholds", "updated_at")
_MINUTE_MS = 60_000


class Budgets:
    """The table `budgets`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> tuple[BudgetRow, ...]:
        """Return all, by key."""
        query = select(_TABLE).order_by(_TABLE.c.key_id, _TABLE.c.period, _TABLE.c.unit)
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).mappings().all()
        return tuple(_read(row) for row in found)

    async def put(self, rows: Sequence[BudgetRow]) -> None:
        """Store budgets, over those of the same key, period and unit."""
        values = [
            require_fit(
                _TABLE,
                {
                    "key_id": row.key_id,
                    "period": row.period,
                    "unit": row.unit,
                    "amount": row.limit,
                    "thresholds": list(row.thresholds),
                    "created_at": row.created_at,
                    "updated_at": row.updated_at,
                },
            )
            for row in rows
        ]
        async with self._database.transaction() as connection:
            await connection.execute(upsert(connection, _TABLE, _CHANGED), values)

    async def delete(self, key_id: str, period: str | None, unit: str | None) -> None:
        """Remove a key's budgets, of one period and unit only where these are named; raises NotFound."""
        query = delete(_TABLE).where(_TABLE.c.key_id == key_id)
        if period is not None:
            query = query.where(_TABLE.c.period == period)
        if unit is not None:
            query = query.where(_TABLE.c.unit == unit)
        async with self._database.transaction() as connection:
            require_hit(await connection.execute(query), "budget of key", key_id)

    async def used(self, since_ms: int) -> Mapping[str, tuple[int, int]]:
        """Return the nano-dollars and the tokens that each key ("" without one) has used from a moment on."""
        columns = _MINUTES.c
        query = (
            select(
                columns.key_id,
                func.sum(columns.cost_nano),
                func.sum(columns.input_tokens) + func.sum(columns.output_tokens),
            )
            .where(columns.minute >= since_ms // _MINUTE_MS)
            .group_by(columns.key_id)
        )
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).all()
        return {key_id: (int(cost or 0), int(tokens or 0)) for key_id, cost, tokens in found}


def _read(row: RowMapping) -> BudgetRow:
    return BudgetRow(
        key_id=row["key_id"],
        period=row["period"],
        unit=row["unit"],
        limit=row["amount"],
        thresholds=tuple(row["thresholds"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
