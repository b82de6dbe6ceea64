"""What is held against providers, connections and models: the latest of each."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, select, tuple_

from omniroute.storage import tables
from omniroute.storage.database import Database, upsert
from omniroute.storage.fit import bounded, clipped, lengths
from omniroute.storage.rows import BreakerRow

_TABLE = tables.breakers
_PLACE = (_TABLE.c.provider, _TABLE.c.connection_id, _TABLE.c.model)
_CHANGED = tuple(column.name for column in _TABLE.columns if not column.primary_key)
_LENGTHS = lengths(_TABLE)
# An IN list is cut into pieces, as a statement's parameters are limited.
_CHUNK = 500

# Provider, connection and model.
Place = tuple[str, str, str]


class Breakers:
    """The table `breakers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> tuple[BreakerRow, ...]:
        """Return all."""
        async with self._database.reading() as connection:
            found = (await connection.execute(select(_TABLE))).mappings()
            return tuple(BreakerRow(**{**row, "members": tuple(row["members"])}) for row in found)

    async def write(self, rows: Sequence[BreakerRow], gone: Sequence[Place]) -> None:
        """Store rows over what was known of their places, and forget the places `gone`, in one transaction."""
        async with self._database.transaction() as connection:
            for start in range(0, len(gone), _CHUNK):
                places = [tuple(place) for place in gone[start : start + _CHUNK]]
                await connection.execute(delete(_TABLE).where(tuple_(*_PLACE).in_(places)))
            if rows:
                await connection.execute(upsert(connection, _TABLE, _CHANGED), [_fitting(row) for row in rows])


def _fitting(row: BreakerRow) -> dict[str, object]:
    values = asdict(row) | {"members": list(row.members)}
    return {name: _made_to_fit(name, value) for name, value in values.items()}


def _made_to_fit(name: str, value: object) -> object:
    if isinstance(value, str):
        return clipped(value, _LENGTHS.get(name))
    return bounded(value) if isinstance(value, int) else value
