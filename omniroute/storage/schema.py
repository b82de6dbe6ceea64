"""Whether the database has the schema of this version. Light: it is asked at every start and imports no Alembic."""

import os

from sqlalchemy import column, inspect, select, table
from sqlalchemy.exc import ProgrammingError

from omniroute.kit.errors import Unavailable
from omniroute.storage.database import Database, read_url, sqlite_file
from omniroute.storage.tables import SCHEMA_REVISION

VERSION_TABLE = "alembic_version"


async def needs_migration(database_url: str) -> bool:
    """Whether `omniroute migrate` has something to do, or to refuse; raises Unavailable when nothing answers."""
    file = sqlite_file(read_url(database_url))
    if file is not None and not os.path.exists(file):  # noqa: ASYNC240, PTH110 - one look, before anything is served
        return True  # to open the file would make an empty one
    database = Database(database_url)
    try:
        return await _stored(database) != SCHEMA_REVISION
    finally:
        await database.close()


async def _stored(database: Database) -> str | None:
    """Return the database's revision, None when it has none."""
    try:
        async with database.reading() as connection:
            found: str | None = await connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
            return found
    except (ProgrammingError, Unavailable):
        # The usual case costs one query; only when it fails it matters why.
        async with database.reading() as connection:
            if await connection.run_sync(lambda plain: inspect(plain).has_table(VERSION_TABLE)):
                raise
        return None
