"""Making and migrating the database, once, under a lock, checked before it counts.

Only the command line comes here, as this imports Alembic; a server asks storage/schema.py whether it has to.
"""

import asyncio
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from omniroute.kit.errors import Unavailable
from omniroute.kit.settings import Settings
from omniroute.storage.all_tables import metadata
from omniroute.storage.database import Database, read_url, sqlite_file
from omniroute.storage.migrate_sqlite import migrate_sqlite
from omniroute.storage.revisions import MigrationFailed, Report, Revisions, scripts_folder
from omniroute.storage.secrets import Sealer
from omniroute.storage.verify import check_key, count_rows, open_secrets, require_rows, stored_revision

_WAIT_S = 120.0
# Any fixed number of our own will do: "omni" in ASCII.
_LOCK_NUMBER = 0x6F6D6E69
_LOCK_NOT_AVAILABLE = "55P03"
_ROLLED_BACK = "All was rolled back: go on with the version you had, and report this."


async def migrate(
    settings: Settings, sealer: Sealer, *, scripts: Path | None = None, wait_s: float = _WAIT_S
) -> Report:
    """Make the database or bring it to the newest revision; raises MigrationFailed, WrongKey or Unavailable.

    `scripts` is another folder of migration scripts than the installed one; `wait_s` is how long another process that
    migrates may take.
    """
    revisions = Revisions(scripts or scripts_folder())
    file = sqlite_file(read_url(settings.database))
    if file is not None:
        backups = settings.data_dir / "backups"
        return await asyncio.to_thread(migrate_sqlite, file, backups, revisions, sealer, wait_s=wait_s)
    return await _migrate_postgresql(settings.database, revisions, sealer, wait_s)


async def _migrate_postgresql(url: str, revisions: Revisions, sealer: Sealer, wait_s: float) -> Report:
    """Do all in one transaction, so that a failure or a kill leaves nothing behind."""
    database = Database(url, command_s=None)
    try:
        async with database.transaction() as connection:
            with revisions.steps(_ROLLED_BACK):
                return await connection.run_sync(_bring_up, revisions, sealer, wait_s)
    finally:
        await database.close()


def _bring_up(connection: Connection, revisions: Revisions, sealer: Sealer, wait_s: float) -> Report:
    connection.execute(text(f"SET LOCAL lock_timeout = {int(wait_s * 1000)}"))
    _lock(connection, f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})")
    stored = stored_revision(connection)
    revisions.require_known(stored)
    if stored == revisions.head:
        check_key(connection, sealer)
        return Report(from_revision=stored, to_revision=stored, rows=0)
    before = _keep_still(connection, sealer) if stored else _require_free_names(connection)
    revisions.upgrade(connection)
    check_key(connection, sealer)
    after = count_rows(connection)
    require_rows(before, after, but=revisions.recounted(stored))
    open_secrets(connection, sealer)
    return Report(from_revision=stored, to_revision=revisions.head, rows=sum(after.values()))


def _lock(connection: Connection, statement: str) -> None:
    """Run a statement that waits for a lock; raises Unavailable when it waits too long."""
    try:
        connection.execute(text(statement))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise Unavailable(
            "Another process migrates or uses this database. Stop every OmniRoute that uses it and try again.",
            code="locked",
        ) from error


def _keep_still(connection: Connection, sealer: Sealer) -> dict[str, int]:
    """Lock every table against writers until the end and return the number of their rows."""
    check_key(connection, sealer)
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in sorted(inspect(connection).get_table_names()))
    _lock(connection, f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
    return count_rows(connection)


def _require_free_names(connection: Connection) -> dict[str, int]:
    """Raise MigrationFailed when another program's tables have the names of ours."""
    taken = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
    if taken:
        raise MigrationFailed(
            f"The database already has tables named {', '.join(taken)} that OmniRoute did not make. "
            "Give OmniRoute a database of its own: set DATABASE_URL.",
            code="foreign_database",
        )
    return {}
