"""An upgrade from every schema that was ever released, with rows in every table; and that none of them is edited.

Before the first release the newest schema stands for them, so that what works here works for the first upgrade.
"""

import asyncio
import base64
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, Table, column, func, insert, inspect, select, table

from omniroute.kit.secret import Secret
from omniroute.kit.settings import Settings
from omniroute.storage.database import Database
from omniroute.storage.migrate import migrate
from omniroute.storage.revisions import Revisions, scripts_folder
from omniroute.storage.secrets import Sealer
from omniroute.storage.tables import SCHEMA_REVISION
from omniroute.storage.verify import open_secrets
from scripts.release_schema import FOLDER, KEY, ROOT, ROWS, Frozen, checksums, faults, newest_release, read, snapshot
from tests.databases import run_apart
from tests.storage.conftest import NEXT, AddRevision

FROZEN = read()
VERSIONS = scripts_folder() / "versions"
RELEASED = sorted({*FROZEN.revisions, SCHEMA_REVISION})
SEALER = Sealer(KEY)
Rows = dict[str, list[dict[str, Any]]]
RUN = """
import asyncio, sys
from pathlib import Path
from omniroute.kit.secret import Secret
from omniroute.kit.settings import Settings
from omniroute.storage.migrate import migrate
from omniroute.storage.secrets import Sealer

folder, url, scripts = sys.argv[1:]
settings = Settings(data_dir=Path(folder), database_url=Secret(url))
asyncio.run(migrate(settings, Sealer(bytes(range(32))), scripts=Path(scripts)))
"""


@pytest.fixture(scope="module")
def fresh() -> str:
    """The newest schema's snapshot, which no release has frozen yet."""
    text: str = run_apart(snapshot(SEALER))
    return text


def read_rows(text: str) -> Rows:
    rows: Rows = {}
    for line in text.splitlines():
        name, row = json.loads(line)
        rows.setdefault(name, []).append(row)
    return rows


@pytest.fixture(params=RELEASED)
def rows(request: pytest.FixtureRequest, fresh: str) -> tuple[str, Rows]:
    """A released revision, and the rows that it had in every table."""
    path = FOLDER / f"{request.param}.jsonl"
    return request.param, read_rows(path.read_text(encoding="utf-8") if path.is_file() else fresh)


@pytest.fixture
async def old(database_url: str, rows: tuple[str, Rows]) -> str:
    """The URL of a database as a release left it, full of rows."""
    revision, found = rows
    revisions = Revisions(scripts_folder())
    database = Database(database_url)

    def build(connection: Connection) -> None:
        revisions._config.attributes["connection"] = connection
        command.upgrade(revisions._config, revision)
        held = MetaData()
        held.reflect(connection)
        for name, values in found.items():
            connection.execute(insert(held.tables[name]), [_typed(held.tables[name], one) for one in values])

    async with database.transaction() as connection:
        await connection.run_sync(build)
    await database.close()
    return database_url


def _typed(held: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of a dump for a table that was read from the database."""
    binary = {one.name for one in held.columns if "BLOB" in str(one.type) or "BYTEA" in str(one.type)}
    return {
        name: base64.b64decode(value) if name in binary and value is not None else value for name, value in row.items()
    }


async def counts(url: str) -> tuple[str, dict[str, int]]:
    def look(connection: Connection) -> tuple[str, dict[str, int]]:
        open_secrets(connection, SEALER)
        names = set(inspect(connection).get_table_names()) - {"alembic_version", "login_sessions"}
        found = {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}
        version = table("alembic_version", column("version_num"))
        return str(connection.scalar(select(version.c.version_num))), found

    database = Database(url)
    try:
        async with database.reading() as connection:
            return await connection.run_sync(look)
    finally:
        await database.close()


def expected(rows: Rows) -> dict[str, int]:
    return {name: len(found) for name, found in rows.items()}


async def test_every_released_schema_is_brought_to_the_newest_with_every_row(
    old: str, rows: tuple[str, Rows], tmp_path: Path
) -> None:
    report = await migrate(Settings(data_dir=tmp_path, database_url=Secret(old)), SEALER)
    assert report.to_revision == SCHEMA_REVISION
    revision, found = await counts(old)
    assert revision == SCHEMA_REVISION
    assert {name: found[name] for name in rows[1]} == expected(rows[1])
    assert all(len(one) >= ROWS for one in rows[1].values())


async def test_the_next_revision_is_an_upgrade_from_all_of_them_too(
    old: str, rows: tuple[str, Rows], tmp_path: Path, add_revision: AddRevision
) -> None:
    report = await migrate(Settings(data_dir=tmp_path, database_url=Secret(old)), SEALER, scripts=add_revision())
    assert (report.from_revision, report.to_revision) == (rows[0], NEXT)
    revision, found = await counts(old)
    assert revision == NEXT
    assert {name: found[name] for name in rows[1]} == expected(rows[1])


KILL = "os.kill(os.getpid(), signal.SIGKILL)"
STEPS = ["", "op.drop_index('ix_connections_name', 'connections')", "op.execute('DELETE FROM request_logs')"]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("step", range(len(STEPS)))
@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_kill_between_two_steps_leaves_every_row_of_every_table(
    old: str, rows: tuple[str, Rows], tmp_path: Path, add_revision: AddRevision, step: int
) -> None:
    body = "\n".join([*STEPS[: step + 1], KILL])
    scripts = add_revision(body, imports="import os, signal", recounted=("request_logs",))
    words = [sys.executable, "-c", RUN, str(tmp_path), old, str(scripts)]
    done = await asyncio.to_thread(subprocess.run, words, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    revision, found = await counts(old)
    assert revision == rows[0]
    assert {name: found[name] for name in rows[1]} == expected(rows[1])
    report = await migrate(Settings(data_dir=tmp_path, database_url=Secret(old)), SEALER, scripts=add_revision())
    assert report.to_revision == NEXT


def test_no_released_revision_was_edited_and_each_has_its_snapshot() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    snapshots = frozenset(one.stem for one in FOLDER.glob("*.jsonl"))
    assert faults(changelog, FROZEN, checksums(VERSIONS), snapshots) == []


def test_what_a_release_froze_is_guarded() -> None:
    released, unreleased = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2027-01-01\n", "## [Unreleased]\n"
    assert (newest_release(released), newest_release(unreleased)) == ("1.2.0", None)
    frozen = Frozen(release="1.2.0", revisions={"0001": "a"})
    assert faults(released, frozen, {"0001": "a", "0002": "b"}, frozenset({"0001"})) == []
    assert "was released and has been changed" in faults(released, frozen, {"0001": "x"}, frozenset({"0001"}))[0]
    assert "was released and has been changed" in faults(released, frozen, {}, frozenset({"0001"}))[0]
    assert "snapshot" in faults(released, frozen, {"0001": "a"}, frozenset())[0]
    assert "release_schema" in faults(released, Frozen(release=None, revisions={}), {"0001": "a"}, frozenset())[0]
