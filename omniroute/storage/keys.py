"""Keys that clients present; only their keyed hash is stored."""

from typing import Any

from sqlalchemy import RowMapping, delete, select, update

from omniroute.storage import tables
from omniroute.storage.database import Database, insert, missing, require_hit
from omniroute.storage.fit import require_fit
from omniroute.storage.rows import KeyRow

_TABLE = tables.api_keys
_NOUN = "key"


class Keys:
    """The table `api_keys`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> tuple[KeyRow, ...]:
        """Return all, oldest first."""
        query = select(_TABLE).order_by(_TABLE.c.created_at, _TABLE.c.id)
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).mappings().all()
        return tuple(_read(row) for row in found)

    async def get(self, key_id: str) -> KeyRow:
        """Return one; raises NotFound."""
        async with self._database.reading() as connection:
            query = select(_TABLE).where(_TABLE.c.id == key_id)
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise missing(_NOUN, key_id)
        return _read(row)

    async def add(self, key: KeyRow) -> None:
        """Store a new one; raises Conflict when its id or digest is taken."""
        async with self._database.transaction() as connection:
            await connection.execute(insert(connection, _TABLE), _write(key))

    async def update(self, key: KeyRow) -> None:
        """Replace one by its id; raises NotFound."""
        change = update(_TABLE).where(_TABLE.c.id == key.id).values(_write(key))
        async with self._database.transaction() as connection:
            require_hit(await connection.execute(change), _NOUN, key.id)

    async def delete(self, key_id: str) -> None:
        """Remove one and its budgets; raises NotFound."""
        async with self._database.transaction() as connection:
            require_hit(await connection.execute(delete(_TABLE).where(_TABLE.c.id == key_id)), _NOUN, key_id)
            await connection.execute(delete(tables.budgets).where(tables.budgets.c.key_id == key_id))


def _write(key: KeyRow) -> dict[str, Any]:
    return require_fit(
        _TABLE,
        {
            "id": key.id,
            "name": key.name,
            "digest": key.digest,
            "hint": key.hint,
            "scopes": sorted(key.scopes),
            "is_active": key.is_active,
            "expires_at": key.expires_at,
            "requests_per_minute": key.requests_per_minute,
            "tokens_per_minute": key.tokens_per_minute,
            "max_concurrent": key.max_concurrent,
            "allowed_models": list(key.allowed_models),
            "allowed_providers": list(key.allowed_providers),
            "allowed_addresses": list(key.allowed_addresses),
            "no_log": key.no_log,
            "previous_digest": key.previous_digest,
            "previous_until": key.previous_until,
            "created_at": key.created_at,
            "updated_at": key.updated_at,
        },
    )


def _read(row: RowMapping) -> KeyRow:
    return KeyRow(
        id=row["id"],
        name=row["name"],
        digest=row["digest"],
        hint=row["hint"],
        scopes=frozenset(row["scopes"]),
        is_active=row["is_active"],
        expires_at=row["expires_at"],
        requests_per_minute=row["requests_per_minute"],
        tokens_per_minute=row["tokens_per_minute"],
        max_concurrent=row["max_concurrent"],
        allowed_models=tuple(row["allowed_models"]),
        allowed_providers=tuple(row["allowed_providers"]),
        allowed_addresses=tuple(row["allowed_addresses"]),
        no_log=row["no_log"],
        previous_digest=row["previous_digest"],
        previous_until=row["previous_until"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
