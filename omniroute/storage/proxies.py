"""Outbound proxies, their passwords sealed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, select

from omniroute.storage import tables
from omniroute.storage.database import Database, upsert
from omniroute.storage.fit import require_fit
from omniroute.storage.rows import ProxyRow
from omniroute.storage.secrets import Sealer, place

_TABLE = tables.proxies
_CHANGED = ["kind", "host", "port", "username", "password_sealed", "updated_at"]


class Proxies:
    """The table `proxies`."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def list(self) -> tuple[ProxyRow, ...]:
        """Return all, by id."""
        async with self._database.reading() as connection:
            found = (await connection.execute(select(_TABLE).order_by(_TABLE.c.id))).mappings().all()
        return tuple(self._read(row) for row in found)

    async def change(self, put: Sequence[ProxyRow], removed: Sequence[str]) -> None:
        """Store some, over what they were before, and remove others, all at once."""
        values = [self._write(row) for row in put]
        async with self._database.transaction() as connection:
            for one in removed:
                await connection.execute(delete(_TABLE).where(_TABLE.c.id == one))
            for value in values:
                await connection.execute(upsert(connection, _TABLE, _CHANGED), value)

    def _write(self, row: ProxyRow) -> dict[str, Any]:
        sealed = None if row.password is None else self._sealer.seal(row.password, _secret_of(row.id))
        return require_fit(
            _TABLE,
            {
                "id": row.id,
                "kind": row.kind,
                "host": row.host,
                "port": row.port,
                "username": row.username,
                "password_sealed": sealed,
                "updated_at": row.updated_at,
            },
        )

    def _read(self, row: RowMapping) -> ProxyRow:
        sealed = row["password_sealed"]
        return ProxyRow(
            id=row["id"],
            kind=row["kind"],
            host=row["host"],
            port=row["port"],
            username=row["username"],
            password=None if sealed is None else self._sealer.open(sealed, _secret_of(row["id"])),
            updated_at=row["updated_at"],
        )


def _secret_of(proxy_id: str) -> str:
    return place("proxies", proxy_id, "password_sealed")
