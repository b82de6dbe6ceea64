"""Migrations on both databases: all or nothing, checked before they count, by one process at a time."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from omniroute.kit.errors import Unavailable
from omniroute.kit.secret import Secret
from omniroute.kit.settings import Settings
from omniroute.storage.connections import Connections
from omniroute.storage.database import Database
from omniroute.storage.meta import Meta
from omniroute.storage.migrate import migrate
from omniroute.storage.revisions import MigrationFailed
from omniroute.storage.rows import ConnectionRow
from omniroute.storage.schema import needs_migration
from omniroute.storage.secrets import DamagedSecret, Sealer, WrongKey
from omniroute.storage.tables import SCHEMA_REVISION
from tests.databases import TEST_KEY
from tests.storage.conftest import NEXT, AddRevision

ROOT = Path(__file__).parents[2]
ROW = ConnectionRow(
    id="con_1",
    provider="openai",
    name="work",
    secret=Secret("sk-a-secret"),
    found_models=(),
    created_at=1,
    updated_at=1,
)
RUN = """
import asyncio, json, sys
from pathlib import Path
from omniroute.kit.secret import Secret
from omniroute.kit.settings import Settings
from omniroute.storage.migrate import migrate
from omniroute.storage.secrets import Sealer

folder, url, scripts = sys.argv[1:]
settings = Settings(data_dir=Path(folder), database_url=Secret(url))
print("ready", flush=True)
sys.stdin.readline()
report = asyncio.run(migrate(settings, Sealer(bytes(range(32))), scripts=Path(scripts) if scripts else None))
print(json.dumps([report.from_revision, report.to_revision]))
"""


def _settings(folder: Path, url: str) -> Settings:
    return Settings(data_dir=folder, database_url=Secret(url))


async def _fill(url: str) -> None:
    database = Database(url)
    await Connections(database, Sealer(TEST_KEY)).add(ROW)
    await database.close()


async def _state(url: str) -> tuple[str, list[str], int]:
    """Return the revision, the columns of `connections` and the number of its rows."""

    def look(connection: Connection) -> tuple[str, list[str], int]:
        columns = [column["name"] for column in inspect(connection).get_columns("connections")]
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        return revision, columns, connection.execute(text("SELECT count(*) FROM connections")).scalar_one()

    database = Database(url)
    try:
        async with database.reading() as connection:
            return await connection.run_sync(look)
    finally:
        await database.close()


async def test_an_empty_database_gets_the_schema_and_the_canary(
    database_url: str, tmp_path: Path, sealer: Sealer
) -> None:
    report = await migrate(_settings(tmp_path, database_url), sealer)
    assert (report.from_revision, report.to_revision, report.changed) == (None, SCHEMA_REVISION, True)
    assert report.rows == 1
    assert report.snapshot is None
    assert not await needs_migration(database_url)
    database = Database(database_url)
    await Meta(database, sealer).check_key()
    with pytest.raises(WrongKey):
        await Meta(database, Sealer(bytes(32))).check_key()
    await database.close()


async def test_a_second_time_there_is_nothing_to_do(migrated_url: str, tmp_path: Path, sealer: Sealer) -> None:
    report = await migrate(_settings(tmp_path, migrated_url), sealer)
    assert (report.from_revision, report.changed) == (SCHEMA_REVISION, False)


async def test_an_older_database_is_brought_up_with_all_it_holds(
    migrated_url: str, tmp_path: Path, sealer: Sealer, add_revision: AddRevision
) -> None:
    await _fill(migrated_url)
    report = await migrate(_settings(tmp_path, migrated_url), sealer, scripts=add_revision())
    assert (report.from_revision, report.to_revision, report.rows) == (SCHEMA_REVISION, NEXT, 2)
    revision, columns, rows = await _state(migrated_url)
    assert (revision, "note" in columns, rows) == (NEXT, True, 1)
    database = Database(migrated_url)
    assert await Connections(database, sealer).list() == (ROW,)
    await database.close()


async def _refused(settings: Settings, sealer: Sealer, scripts: Path | None = None) -> MigrationFailed:
    with pytest.raises(MigrationFailed) as caught:
        await migrate(settings, sealer, scripts=scripts)
    return caught.value


async def _require_old(url: str) -> None:
    revision, columns, rows = await _state(url)
    assert (revision, "note" in columns, rows) == (SCHEMA_REVISION, False, 1)


@pytest.mark.parametrize(
    "fault",
    [
        ("raise KeyError('a fault in a script')", "a fault in a script"),
        ("op.execute('INSERT INTO nonsense VALUES (1)')", "nonsense"),
        ("op.execute('DELETE FROM connections')", "1 rows of the table 'connections' into 0"),
        ("op.drop_table('connections')", "1 rows of the table 'connections' into 0"),
        ("op.execute(\"INSERT INTO meta VALUES ('x', 'y')\")", "'meta' into 2"),
    ],
)
async def test_a_migration_that_fails_or_loses_rows_changes_nothing(
    migrated_url: str, tmp_path: Path, sealer: Sealer, add_revision: AddRevision, fault: tuple[str, str]
) -> None:
    body, told = fault
    await _fill(migrated_url)
    error = await _refused(_settings(tmp_path, migrated_url), sealer, add_revision(body))
    assert told in error.message
    assert "go on with the version you had" in error.message
    await _require_old(migrated_url)


async def test_a_migration_may_change_rows_if_it_says_so(
    migrated_url: str, tmp_path: Path, sealer: Sealer, add_revision: AddRevision
) -> None:
    await _fill(migrated_url)
    scripts = add_revision("op.execute('DELETE FROM connections')", recounted=("connections",))
    await migrate(_settings(tmp_path, migrated_url), sealer, scripts=scripts)
    assert (await _state(migrated_url))[2] == 0


async def test_a_migration_that_spoils_a_secret_changes_nothing(
    migrated_url: str, tmp_path: Path, sealer: Sealer, add_revision: AddRevision
) -> None:
    await _fill(migrated_url)
    scripts = add_revision("op.execute(\"UPDATE connections SET id = 'con_2'\")")
    with pytest.raises(DamagedSecret, match="con_2"):
        await migrate(_settings(tmp_path, migrated_url), sealer, scripts=scripts)
    await _require_old(migrated_url)


async def test_another_key_is_noticed_before_anything_is_changed(
    migrated_url: str, tmp_path: Path, add_revision: AddRevision
) -> None:
    await _fill(migrated_url)
    with pytest.raises(WrongKey):
        await migrate(_settings(tmp_path, migrated_url), Sealer(bytes(32)), scripts=add_revision())
    await _require_old(migrated_url)


async def test_a_newer_database_is_refused(
    migrated_url: str, tmp_path: Path, sealer: Sealer, add_revision: AddRevision
) -> None:
    await _fill(migrated_url)
    settings = _settings(tmp_path, migrated_url)
    await migrate(settings, sealer, scripts=add_revision())
    error = await _refused(settings, sealer)
    assert error.error_code == "newer_database"
    assert f"'{NEXT}'" in error.message
    assert (await _state(migrated_url))[0] == NEXT


async def test_a_database_of_another_program_is_refused(database_url: str, tmp_path: Path, sealer: Sealer) -> None:
    database = Database(database_url)
    async with database.transaction() as connection:
        await connection.execute(text("CREATE TABLE settings (id INTEGER)"))
    await database.close()
    error = await _refused(_settings(tmp_path, database_url), sealer)
    assert error.error_code == "foreign_database"


def _start(folder: Path, url: str, scripts: Path | None = None) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder), url, str(scripts or "")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


async def test_of_three_processes_at_once_one_makes_the_database(database_url: str, tmp_path: Path) -> None:
    children = [_start(tmp_path, database_url) for _ in range(3)]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    reports = [json.loads(child.communicate(timeout=60)[0]) for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert sorted(reports, key=str) == [
        [SCHEMA_REVISION, SCHEMA_REVISION],
        [SCHEMA_REVISION, SCHEMA_REVISION],
        [None, SCHEMA_REVISION],
    ]
    assert not await needs_migration(database_url)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
async def test_a_kill_in_the_middle_loses_nothing(
    migrated_url: str, tmp_path: Path, sealer: Sealer, add_revision: AddRevision
) -> None:
    await _fill(migrated_url)
    scripts = add_revision("os.kill(os.getpid(), signal.SIGKILL)", imports="import os, signal")
    child = _start(tmp_path, migrated_url, scripts)
    child.communicate("\n", timeout=60)
    assert child.returncode == -signal.SIGKILL
    await _require_old(migrated_url)
    report = await migrate(_settings(tmp_path, migrated_url), sealer, scripts=add_revision())
    assert report.to_revision == NEXT
    assert (await _state(migrated_url))[2] == 1


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_program_that_keeps_its_lock_on_postgresql_is_told_of(
    migrated_url: str, database: Database, tmp_path: Path, sealer: Sealer, add_revision: AddRevision
) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(x'6F6D6E69'::int)"))
        with pytest.raises(Unavailable, match="Stop every OmniRoute that uses it"):
            await migrate(_settings(tmp_path, migrated_url), sealer, scripts=add_revision(), wait_s=0.3)
    async with database.transaction() as connection:
        await connection.execute(text("INSERT INTO meta VALUES ('x', 'y')"))
        with pytest.raises(Unavailable, match="Stop every OmniRoute that uses it"):
            await migrate(_settings(tmp_path, migrated_url), sealer, scripts=add_revision(), wait_s=0.3)
