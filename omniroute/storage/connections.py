"""Accounts and keys at providers, with their credential sealed."""

from typing import Any

from sqlalchemy import RowMapping, delete, select, update

from omniroute.storage import account_tables, tables
from omniroute.storage.account_rows import OAuthAccountRow
from omniroute.storage.database import Database, insert, missing, require_hit, upsert
from omniroute.storage.fit import require_fit
from omniroute.storage.rows import ConnectionRow
from omniroute.storage.secrets import Sealer, place

_TABLE = tables.connections
_ACCOUNTS = account_tables.oauth_accounts
_NOUN = "connection"


class Connections:
    """The table `connections`."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def list(self) -> tuple[ConnectionRow, ...]:
        """Return all, by priority and then by age."""
        query = select(_TABLE).order_by(_TABLE.c.priority, _TABLE.c.created_at, _TABLE.c.id)
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).mappings().all()
        return tuple(self._read(row) for row in found)

    async def get(self, connection_id: str) -> ConnectionRow:
        """Return one; raises NotFound."""
        async with self._database.reading() as connection:
            query = select(_TABLE).where(_TABLE.c.id == connection_id)
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise missing(_NOUN, connection_id)
        return self._read(row)

    async def account(self, connection_id: str) -> OAuthAccountRow | None:
        """Return the account that a connection was signed in with."""
        query = select(_ACCOUNTS).where(_ACCOUNTS.c.id == connection_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else self._account(row)

    async def accounts(self) -> tuple[OAuthAccountRow, ...]:
        """Return all accounts that connections were signed in with."""
        async with self._database.reading() as connection:
            found = (await connection.execute(select(_ACCOUNTS))).mappings().all()
        return tuple(self._account(row) for row in found)

    async def sign_in(self, row: ConnectionRow, account: OAuthAccountRow, *, is_new: bool) -> None:
        """Store a connection and its account, both or neither; raises NotFound when it is gone meanwhile."""
        values = self._write(row)
        change = update(_TABLE).where(_TABLE.c.id == row.id).values(values)
        tokens = require_fit(
            _ACCOUNTS,
            {
                "id": account.connection_id,
                "refresh_sealed": None
                if account.refresh_token is None
                else self._sealer.seal(account.refresh_token, _refresh_of(row.id)),
                "account": account.account,
                "scope": account.scope,
                "headers": dict(account.headers),
                "problem": account.problem,
                "retry_at": account.retry_at,
                "refreshed_at": account.refreshed_at,
            },
        )
        async with self._database.transaction() as connection:
            if is_new:
                await connection.execute(insert(connection, _TABLE), values)
            else:
                require_hit(await connection.execute(change), _NOUN, row.id)
            changed = [name for name in tokens if name != "id"]
            await connection.execute(upsert(connection, _ACCOUNTS, changed), tokens)

    def _account(self, row: RowMapping) -> OAuthAccountRow:
        sealed = row["refresh_sealed"]
        return OAuthAccountRow(
            connection_id=row["id"],
            refresh_token=None if sealed is None else self._sealer.open(sealed, _refresh_of(row["id"])),
            account=row["account"],
            scope=row["scope"],
            headers=row["headers"],
            problem=row["problem"],
            retry_at=row["retry_at"],
            refreshed_at=row["refreshed_at"],
        )

    async def add(self, row: ConnectionRow) -> None:
        """Store a new one; raises Conflict when its id is taken."""
        values = self._write(row)
        async with self._database.transaction() as connection:
            await connection.execute(insert(connection, _TABLE), values)

    async def update(self, row: ConnectionRow) -> None:
        """Replace one by its id; raises NotFound."""
        change = update(_TABLE).where(_TABLE.c.id == row.id).values(self._write(row))
        async with self._database.transaction() as connection:
            require_hit(await connection.execute(change), _NOUN, row.id)

    async def delete(self, connection_id: str) -> None:
        """Remove one, and the account that it was signed in with; raises NotFound."""
        account = delete(_ACCOUNTS).where(_ACCOUNTS.c.id == connection_id)
        async with self._database.transaction() as connection:
            await connection.execute(account)
            removal = delete(_TABLE).where(_TABLE.c.id == connection_id)
            require_hit(await connection.execute(removal), _NOUN, connection_id)

    def _write(self, row: ConnectionRow) -> dict[str, Any]:
        sealed = None if row.secret is None else self._sealer.seal(row.secret, _secret_of(row.id))
        return require_fit(
            _TABLE,
            {
                "id": row.id,
                "provider": row.provider,
                "name": row.name,
                "auth_type": row.auth_type,
                "secret_sealed": sealed,
                "secret_hint": row.secret_hint,
                "base_url": row.base_url,
                "is_local": row.is_local,
                "priority": row.priority,
                "weight": row.weight,
                "max_concurrent": row.max_concurrent,
                "default_model": row.default_model,
                "is_active": row.is_active,
                "source": row.source,
                "found_models": list(row.found_models) or None,
                "expires_at": row.expires_at,
                "expired_reason": row.expired_reason,
                "created_at": row.created_at,
                "updated_at": row.updated_at,
            },
        )

    def _read(self, row: RowMapping) -> ConnectionRow:
        sealed = row["secret_sealed"]
        return ConnectionRow(
            id=row["id"],
            provider=row["provider"],
            name=row["name"],
            auth_type=row["auth_type"],
            secret=None if sealed is None else self._sealer.open(sealed, _secret_of(row["id"])),
            secret_hint=row["secret_hint"],
            base_url=row["base_url"],
            is_local=row["is_local"],
            priority=row["priority"],
            weight=row["weight"],
            max_concurrent=row["max_concurrent"],
            default_model=row["default_model"],
            is_active=row["is_active"],
            source=row["source"],
            found_models=tuple(row["found_models"] or ()),
            expires_at=row["expires_at"],
            expired_reason=row["expired_reason"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )


def _secret_of(connection_id: str) -> str:
    return place("connections", connection_id, "secret_sealed")


def _refresh_of(connection_id: str) -> str:
    return place("oauth_accounts", connection_id, "refresh_sealed")
