"""Operators' sign-ins, found by the hash of their cookie's token."""

from sqlalchemy import delete, select

from omniroute.storage import tables
from omniroute.storage.database import Database, insert
from omniroute.storage.fit import clipped, lengths
from omniroute.storage.rows import LoginRow

_TABLE = tables.login_sessions
_LENGTHS = lengths(_TABLE)


class Logins:
    """The table `login_sessions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, digest: bytes) -> LoginRow | None:
        """Return the sign-in, also an expired one, or None."""
        async with self._database.reading() as connection:
            query = select(_TABLE).where(_TABLE.c.digest == digest)
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else LoginRow(**row)

    async def add(self, login: LoginRow) -> None:
        """Store a new one. The browser's name is cut to what the column holds."""
        values = {
            "digest": login.digest,
            "created_at": login.created_at,
            "expires_at": login.expires_at,
            "address": clipped(login.address, _LENGTHS["address"]),
            "user_agent": clipped(login.user_agent, _LENGTHS["user_agent"]),
        }
        async with self._database.transaction() as connection:
            await connection.execute(insert(connection, _TABLE), values)

    async def delete(self, digest: bytes) -> None:
        """Remove one; signing out twice is no error."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(_TABLE).where(_TABLE.c.digest == digest))

    async def delete_all(self) -> int:
        """Remove every sign-in and return how many there were."""
        async with self._database.transaction() as connection:
            return (await connection.execute(delete(_TABLE))).rowcount

    async def delete_expired(self, now_ms: int) -> int:
        """Remove those that ended by `now_ms` and return how many there were."""
        async with self._database.transaction() as connection:
            return (await connection.execute(delete(_TABLE).where(_TABLE.c.expires_at <= now_ms))).rowcount
