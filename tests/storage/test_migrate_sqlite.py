"""Migration of a SQLite file: the old file is only read, the swap is one step, a kill at any line loses nothing."""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from omniroute.kit.settings import Settings
from omniroute.storage.migrate import migrate
from omniroute.storage.revisions import MigrationFailed
from omniroute.storage.secrets import Sealer
from omniroute.storage.tables import SCHEMA_REVISION
from tests.storage.conftest import NEXT, AddRevision

ROOT = Path(__file__).parents[2]
INSERT = "INSERT INTO settings VALUES (?, '{}', 0)"
FAIL = "raise LookupError('on purpose')"


@pytest.fixture
def settings(migrated_sqlite: Path, tmp_path: Path) -> Settings:
    """A data folder with a database at rest that holds three rows in `settings`."""
    made = Settings(data_dir=tmp_path / "data")
    made.data_dir.mkdir()
    shutil.copyfile(migrated_sqlite, _file(made))
    with closing(sqlite3.connect(_file(made), isolation_level=None)) as connection:
        connection.executemany(INSERT, [("a",), ("b",), ("c",)])
    return made


def _file(settings: Settings) -> Path:
    return settings.data_dir / "storage.sqlite"


@pytest.fixture
def crashed(settings: Settings, tmp_path: Path) -> Settings:
    """The same after a kill -9: a fourth row is in the write-ahead log only."""
    made = Settings(data_dir=tmp_path / "crashed")
    with closing(sqlite3.connect(_file(settings), isolation_level=None)) as connection:
        connection.execute(INSERT, ("d",))
        shutil.copytree(settings.data_dir, made.data_dir)
    (made.data_dir / "storage.sqlite-shm").unlink()
    with closing(sqlite3.connect(f"file:{_file(made)}?immutable=1", uri=True)) as connection:
        assert connection.execute("SELECT count(*) FROM settings").fetchone() == (3,)
    return made


def _prints(settings: Settings) -> dict[str, str]:
    """Return a fingerprint of the database and its log; an empty log is as good as none."""
    files = (one for one in settings.data_dir.iterdir() if one.name in {"storage.sqlite", "storage.sqlite-wal"})
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in files if one.stat().st_size}


def _names(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM settings ORDER BY name")]


def _revision(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found)


def _left(settings: Settings) -> set[str]:
    return {one.name for one in settings.data_dir.iterdir()} - {"backups"}


@pytest.mark.parametrize("state", ["settings", "crashed"])
async def test_a_failure_leaves_the_old_file_as_it_was_byte_for_byte(
    state: str, request: pytest.FixtureRequest, sealer: Sealer, add_revision: AddRevision
) -> None:
    settings: Settings = request.getfixturevalue(state)
    before = _prints(settings)
    with pytest.raises(MigrationFailed, match="on purpose"):
        await migrate(settings, sealer, scripts=add_revision(FAIL))
    assert _prints(settings) == before
    assert not list((settings.data_dir / "backups").glob("*.sqlite"))


async def test_rows_in_the_log_of_a_killed_server_come_along(
    crashed: Settings, sealer: Sealer, add_revision: AddRevision
) -> None:
    report = await migrate(crashed, sealer, scripts=add_revision())
    assert _left(crashed) == {"storage.sqlite", "storage.sqlite.lock"}
    assert _revision(_file(crashed)) == NEXT
    assert _names(_file(crashed)) == ["a", "b", "c", "d"]
    assert report.snapshot is not None
    assert _revision(report.snapshot) == SCHEMA_REVISION
    assert _names(report.snapshot) == ["a", "b", "c", "d"]


async def test_the_snapshot_is_one_private_file_named_by_revision_and_time(
    settings: Settings, sealer: Sealer, add_revision: AddRevision
) -> None:
    report = await migrate(settings, sealer, scripts=add_revision())
    backups = settings.data_dir / "backups"
    assert [one for one in backups.iterdir() if not one.name.endswith(("-wal", "-shm"))] == [report.snapshot]
    assert report.snapshot is not None
    assert report.snapshot.name.startswith(f"before-{NEXT}-2")
    if os.name == "posix":
        assert report.snapshot.stat().st_mode & 0o777 == 0o600
        assert _file(settings).stat().st_mode & 0o777 == 0o600


async def test_many_failures_do_not_fill_the_disk_with_snapshots(
    settings: Settings, sealer: Sealer, add_revision: AddRevision
) -> None:
    for _ in range(3):
        with pytest.raises(MigrationFailed):
            await migrate(settings, sealer, scripts=add_revision(FAIL))
    assert len(list((settings.data_dir / "backups").iterdir())) <= 1
    await migrate(settings, sealer, scripts=add_revision())
    assert [one.suffix for one in (settings.data_dir / "backups").iterdir()] == [".sqlite"]


async def test_a_database_in_use_is_not_replaced(settings: Settings, sealer: Sealer, add_revision: AddRevision) -> None:
    with closing(sqlite3.connect(_file(settings), isolation_level=None)) as server:
        assert server.execute("SELECT count(*) FROM settings").fetchone() == (3,)
        with pytest.raises(MigrationFailed, match="Stop every other OmniRoute") as caught:
            await migrate(settings, sealer, scripts=add_revision())
        assert caught.value.error_code == "database_in_use"
        server.execute(INSERT, ("d",))
    assert _names(_file(settings)) == ["a", "b", "c", "d"]
    assert _revision(_file(settings)) == SCHEMA_REVISION


async def test_a_row_written_during_the_migration_is_not_lost(
    settings: Settings, sealer: Sealer, add_revision: AddRevision
) -> None:
    meanwhile = f"""
        other = sqlite3.connect({str(_file(settings))!r}, isolation_level=None)
        other.execute({INSERT!r}, ("d",))
        other.close()
    """
    with pytest.raises(MigrationFailed, match="wrote to") as caught:
        await migrate(settings, sealer, scripts=add_revision(meanwhile, imports="import sqlite3"))
    assert caught.value.error_code == "database_in_use"
    assert _names(_file(settings)) == ["a", "b", "c", "d"]
    await migrate(settings, sealer, scripts=add_revision())
    assert _names(_file(settings)) == ["a", "b", "c", "d"]


async def test_the_log_of_a_deleted_database_is_not_played_into_the_new_one(crashed: Settings, sealer: Sealer) -> None:
    _file(crashed).unlink()
    await migrate(crashed, sealer)
    assert _names(_file(crashed)) == []
    assert [one.name.split("-", 2)[2] for one in (crashed.data_dir / "backups").iterdir()] == ["storage.sqlite-wal"]


async def test_an_empty_file_is_no_database_yet(tmp_path: Path, sealer: Sealer) -> None:
    settings = Settings(data_dir=tmp_path)
    _file(settings).touch()
    assert (await migrate(settings, sealer)).from_revision is None
    assert _revision(_file(settings)) == SCHEMA_REVISION


async def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path, sealer: Sealer) -> None:
    settings = Settings(data_dir=tmp_path)
    _file(settings).write_bytes(b"this is a diary, not a database" * 100)
    before = _prints(settings)
    with pytest.raises(MigrationFailed, match="not a database"):
        await migrate(settings, sealer)
    assert _prints(settings) == before


async def test_a_damaged_database_is_refused_and_kept(
    settings: Settings, sealer: Sealer, add_revision: AddRevision
) -> None:
    content = bytearray(_file(settings).read_bytes())
    content[8192:12288] = b"\xee" * 4096
    _file(settings).write_bytes(content)
    before = _prints(settings)
    with pytest.raises(MigrationFailed, match="Your data was not touched"):
        await migrate(settings, sealer, scripts=add_revision())
    assert _prints(settings) == before


async def test_the_data_folder_is_private(tmp_path: Path, sealer: Sealer) -> None:
    settings = Settings(data_dir=tmp_path / "new" / "data")
    await migrate(settings, sealer)
    if os.name == "posix":
        assert settings.data_dir.stat().st_mode & 0o777 == 0o700
        assert _file(settings).stat().st_mode & 0o777 == 0o600
    assert _left(settings) == {"storage.sqlite", "storage.sqlite.lock"}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.parametrize("state", ["crashed", "nothing"])
def test_a_kill_at_any_line_loses_nothing_and_the_next_start_works(
    state: str, request: pytest.FixtureRequest, tmp_path: Path, add_revision: AddRevision
) -> None:
    start = tmp_path / "nothing"
    start.mkdir()
    if state == "crashed":
        crashed: Settings = request.getfixturevalue("crashed")
        start = crashed.data_dir
    program = [sys.executable, "tests/storage/killed_everywhere.py", str(start), str(add_revision()), str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=290, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > {"crashed": 90, "nothing": 35}[state]
