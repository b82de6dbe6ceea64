"""Custom endpoints, with their extra headers sealed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, delete, select, update

from omniroute.kit.json import dumps, loads
from omniroute.kit.secret import Secret
from omniroute.storage import tables
from omniroute.storage.database import Database, insert, missing, require_hit
from omniroute.storage.fit import require_fit
from omniroute.storage.rows import NodeRow
from omniroute.storage.secrets import Sealer, place

_TABLE = tables.nodes
_NOUN = "node"


class Nodes:
    """The table `nodes`."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def list(self) -> tuple[NodeRow, ...]:
        """Return all, oldest first."""
        query = select(_TABLE).order_by(_TABLE.c.created_at, _TABLE.c.id)
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).mappings().all()
        return tuple(self._read(row) for row in found)

    async def get(self, node_id: str) -> NodeRow:
        """Return one; raises NotFound."""
        async with self._database.reading() as connection:
            query = select(_TABLE).where(_TABLE.c.id == node_id)
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise missing(_NOUN, node_id)
        return self._read(row)

    async def add(self, node: NodeRow) -> None:
        """Store a new one; raises Conflict when its id or prefix is taken."""
        values = self._write(node)
        async with self._database.transaction() as connection:
            await connection.execute(insert(connection, _TABLE), values)

    async def update(self, node: NodeRow) -> None:
        """Replace one by its id; raises NotFound, and Conflict when the prefix is taken."""
        change = update(_TABLE).where(_TABLE.c.id == node.id).values(self._write(node))
        async with self._database.transaction() as connection:
            require_hit(await connection.execute(change), _NOUN, node.id)

    async def delete(self, node_id: str) -> None:
        """Remove one together with its connections; raises NotFound."""
        async with self._database.transaction() as connection:
            require_hit(await connection.execute(delete(_TABLE).where(_TABLE.c.id == node_id)), _NOUN, node_id)
            await connection.execute(delete(tables.connections).where(tables.connections.c.provider == node_id))
            await connection.execute(delete(tables.custom_models).where(tables.custom_models.c.provider == node_id))

    def _write(self, node: NodeRow) -> dict[str, Any]:
        return require_fit(
            _TABLE,
            {
                "id": node.id,
                "name": node.name,
                "prefix": node.prefix,
                "format": node.format,
                "base_url": node.base_url,
                "headers_sealed": self._seal(node.id, node.headers),
                "is_local": node.is_local,
                "created_at": node.created_at,
                "updated_at": node.updated_at,
            },
        )

    def _read(self, row: RowMapping) -> NodeRow:
        return NodeRow(
            id=row["id"],
            name=row["name"],
            prefix=row["prefix"],
            format=row["format"],
            base_url=row["base_url"],
            headers=self._open(row["id"], row["headers_sealed"]),
            is_local=row["is_local"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )

    def _seal(self, node_id: str, headers: Mapping[str, Secret]) -> str | None:
        if not headers:
            return None
        text = dumps({name: value.reveal() for name, value in headers.items()}).decode()
        return self._sealer.seal(Secret(text), _headers_of(node_id))

    def _open(self, node_id: str, sealed: str | None) -> dict[str, Secret]:
        if sealed is None:
            return {}
        text = self._sealer.open(sealed, _headers_of(node_id)).reveal()
        return {name: Secret(value) for name, value in loads(text).items()}


def _headers_of(node_id: str) -> str:
    return place("nodes", node_id, "headers_sealed")
