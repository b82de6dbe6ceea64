"""A SQLite database of this version's schema, made in a moment and empty: for exports, and to try a backup in."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from sqlalchemy import text

from omniroute.storage.all_tables import metadata
from omniroute.storage.database import Database
from omniroute.storage.schema import VERSION_TABLE
from omniroute.storage.tables import SCHEMA_REVISION


@asynccontextmanager
async def scratch(path: Path) -> AsyncIterator[Database]:
    """Make the file, which only its owner can read, and open it; whoever asked for it removes it."""
    await asyncio.to_thread(_create, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    try:
        async with database.transaction() as connection:
            await connection.run_sync(metadata.create_all)
            # As Alembic makes it, so that the file can be an installation's database.
            await connection.execute(
                text(
                    f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, "
                    f"CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num))"
                )
            )
            await connection.execute(
                text(f"INSERT INTO {VERSION_TABLE} VALUES (:revision)"),  # noqa: S608 - a constant
                {"revision": SCHEMA_REVISION},
            )
        yield database
    finally:
        await database.close()


def _create(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def settle(path: Path) -> list[str]:
    """Make a database that nobody has open one single file; return what is wrong with it. This blocks."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
        found = [fault for (fault,) in connection.execute("PRAGMA integrity_check")]
    return [] if found == ["ok"] else found
