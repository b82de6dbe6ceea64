"""Migration of a SQLite file: copy, migrate the copy, check it, swap. The file in use is never half changed.

Up to the swap the old file is only read. The swap is one rename; before it the old write-ahead log is folded into the
old file under an exclusive lock, as a log that outlived its file would be played into the new one.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Connection, NullPool, create_engine

from omniroute.storage.lock import locked
from omniroute.storage.revisions import MigrationFailed, Report, Revisions
from omniroute.storage.schema import VERSION_TABLE
from omniroute.storage.secrets import Sealer
from omniroute.storage.verify import check_key, count_rows, open_secrets, require_rows, stored_revision

_UNTOUCHED = "Your data was not touched: mend the cause and try again, or go on with the version you had."
_BUSY_S = 5.0

# Size and time of the last change of the file and of its write-ahead log.
_Signature = tuple[tuple[int, int] | None, ...]


def migrate_sqlite(path: Path, backups: Path, revisions: Revisions, sealer: Sealer, *, wait_s: float) -> Report:
    """Make the database `path` or bring it to the newest revision; `backups` gets a snapshot of the old one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(_beside(path, "lock"), wait_s):
        _clear_leftovers(path, backups)
        with revisions.steps(_UNTOUCHED):
            if _is_empty(path):
                return _make(path, backups, revisions, sealer)
            return _bring_up(path, backups, revisions, sealer)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.name}.{ending}")


def _sidecars(path: Path) -> tuple[Path, ...]:
    """Return the files that SQLite keeps beside a database."""
    return tuple(path.with_name(f"{path.name}-{name}") for name in ("wal", "shm", "journal"))


def _clear_leftovers(path: Path, backups: Path) -> None:
    """Remove what a killed migration left behind; we hold the lock, so nobody works on it."""
    work = _beside(path, "migrating")
    for leftover in (work, *_sidecars(work), *backups.glob("before-*.part*")):
        leftover.unlink(missing_ok=True)


def _is_empty(path: Path) -> bool:
    """Whether there is no file, or one without any table."""
    if not path.exists() or path.stat().st_size == 0:
        return True
    with closing(_open_to_read(path)) as old:
        return not _tables_of(old)


def _make(path: Path, backups: Path, revisions: Revisions, sealer: Sealer) -> Report:
    """Build a new database under another name, and put it in place when it is whole."""
    work = _beside(path, "migrating")
    _create_private(work)
    with _connected(work) as connection:
        revisions.upgrade(connection)
        check_key(connection, sealer)
        rows = sum(count_rows(connection).values())
    _finish(work)
    _move_strays(path, backups)
    _put_in_place(work, path)
    return Report(from_revision=None, to_revision=revisions.head, rows=rows)


def _move_strays(path: Path, backups: Path) -> None:
    """Move away the log of a database that was deleted: SQLite would play it into the new one."""
    for stray in _sidecars(path):
        if stray.exists():
            _make_folder(backups)
            stray.replace(backups / f"stray-{_now()}-{stray.name}")


def _bring_up(path: Path, backups: Path, revisions: Revisions, sealer: Sealer) -> Report:
    """Migrate an existing database, if it needs that."""
    before = _signature(path)
    with closing(_open_to_read(path)) as old:
        stored = _require_ours(old, path)
        revisions.require_known(stored)
        if stored == revisions.head:
            return Report(from_revision=stored, to_revision=stored, rows=0)
        _require_space(path)
        snapshot = backups / f"before-{revisions.head}-{_now()}.sqlite"
        part = _copy_old(old, snapshot)
    work = _beside(path, "migrating")
    _create_private(work)
    shutil.copyfile(part, work)
    rows = _migrate_copy(work, stored, revisions, sealer)
    with _alone(path, before):
        # Only now, so that a migration that fails at every start does not fill the disk with snapshots.
        _put_in_place(part, snapshot)
        _put_in_place(work, path)
    return Report(from_revision=stored, to_revision=revisions.head, rows=rows, snapshot=snapshot)


def _open_to_read(path: Path) -> sqlite3.Connection:
    """Open without the right to write, so that not even a leftover log is folded in."""
    # Only an interrupted rollback journal needs the right to write: SQLite has to undo half a transaction first.
    mode = "rw" if _sidecars(path)[2].exists() else "ro"
    return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=_BUSY_S, isolation_level=None)


def _require_ours(old: sqlite3.Connection, path: Path) -> str:
    """Return the database's revision; raises MigrationFailed for a file that OmniRoute did not make."""
    found = None
    if VERSION_TABLE in _tables_of(old):
        found = old.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608 - a constant
    if found is None:
        raise MigrationFailed(
            f"{str(path)!r} is not a database of OmniRoute. Move it away, or set DATA_DIR or DATABASE_URL to another "
            "place.",
            code="foreign_database",
        )
    return str(found[0])


def _tables_of(old: sqlite3.Connection) -> set[str]:
    return {name for (name,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _require_space(path: Path) -> None:
    """Refuse early when the snapshot and the copy do not fit: a full disk hurts more than this."""
    needed = 3 * sum(one.stat().st_size for one in (path, *_sidecars(path)) if one.exists())
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise MigrationFailed(
            f"The migration needs {needed // 2**20 + 1} MiB free beside {str(path)!r} for its copies, and there are "
            f"{free // 2**20} MiB. Make room and try again.",
            code="disk_full",
        )


def _copy_old(old: sqlite3.Connection, snapshot: Path) -> Path:
    """Copy one consistent state of the old database to a file that is to become the snapshot."""
    _make_folder(snapshot.parent)
    part = _beside(snapshot, "part")
    _create_private(part)
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        old.backup(copy)
        # The copy says of itself that it has a write-ahead log; without one it is a single file.
        copy.execute("PRAGMA journal_mode=DELETE")
    return part


def _migrate_copy(work: Path, stored: str, revisions: Revisions, sealer: Sealer) -> int:
    """Migrate the copy, check it and return the number of its rows."""
    with _connected(work) as connection:
        check_key(connection, sealer)
        before = count_rows(connection)
        revisions.upgrade(connection)
    with _connected(work) as connection:
        if stored_revision(connection) != revisions.head:
            raise MigrationFailed(f"The migration did not reach revision {revisions.head!r}. {_UNTOUCHED}")
        after = count_rows(connection)
        require_rows(before, after, but=revisions.recounted(stored))
        check_key(connection, sealer)
        open_secrets(connection, sealer)
    _finish(work)
    return sum(after.values())


def _finish(work: Path) -> None:
    """Check the file's structure, and say in it that it has a write-ahead log: to switch needs the file alone."""
    with closing(sqlite3.connect(work, isolation_level=None)) as connection:
        faults = [fault for (fault,) in connection.execute("PRAGMA integrity_check")]
        connection.execute("PRAGMA journal_mode=WAL")
    if faults != ["ok"]:
        raise MigrationFailed(f"The migrated copy is damaged ({faults[0]}). {_UNTOUCHED} Check the disk.")


@contextmanager
def _alone(path: Path, before: _Signature) -> Iterator[None]:
    """Keep everybody off the old file while it is replaced; refuse when somebody uses it or has changed it."""
    with closing(sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)) as guard:
        _take_alone(guard, path)
        if _signature(path) != before:
            raise MigrationFailed(
                f"Another program wrote to {str(path)!r} during the migration. Stop it and try again.",
                code="database_in_use",
            )
        busy, _, _ = guard.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise MigrationFailed(f"The log of {str(path)!r} could not be folded in. {_UNTOUCHED}")
        # Folded in, the log is empty; left there, it could only be taken for the new file's.
        for sidecar in _sidecars(path):
            sidecar.unlink(missing_ok=True)
        if os.name == "nt":
            guard.close()  # Windows replaces no open file
        yield


def _take_alone(guard: sqlite3.Connection, path: Path) -> None:
    """Lock everybody else out for as long as the connection lives."""
    try:
        guard.execute("PRAGMA locking_mode=EXCLUSIVE")
        guard.execute("BEGIN EXCLUSIVE")
        guard.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        raise MigrationFailed(
            f"Another program has {str(path)!r} open ({error}). Stop every other OmniRoute that uses this data folder "
            "and try again.",
            code="database_in_use",
        ) from error


def _signature(path: Path) -> _Signature:
    """Describe the file and its log so that a write in between shows; an empty log is as good as none."""
    found = (one.stat() if one.exists() else None for one in (path, _sidecars(path)[0]))
    return tuple((one.st_size, one.st_mtime_ns) if one is not None and one.st_size else None for one in found)


@contextmanager
def _connected(path: Path) -> Iterator[Connection]:
    """Work on a SQLite file in one transaction."""
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)
    with engine.begin() as connection:
        yield connection


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _create_private(path: Path) -> None:
    """Make an empty file that only its owner can read; SQLite gives its sidecars the same mode."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _put_in_place(work: Path, path: Path) -> None:
    """Rename a finished file over `path` so that after a power cut either the old or the new one is there."""
    with work.open("rb+") as file:
        os.fsync(file.fileno())
    work.replace(path)
    if os.name == "posix":  # Windows cannot open a folder, and journals its renames itself
        handle = os.open(path.parent, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
