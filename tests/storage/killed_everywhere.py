"""Kills a migration at every line of the code that handles the files, and looks what the next start finds.

Run as a program with the data folder to start from, the folder of the scripts to go to and a folder to work in. Each
round copies the data, lets a child migrate it that kills itself when it comes to the next line, checks that every row
is there in one whole database, and then lets a second migration finish the work. Prints how many lines it died at.
"""

import asyncio
import os
import shutil
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any

from omniroute.kit.settings import Settings
from omniroute.storage import lock, migrate_sqlite
from omniroute.storage.migrate import migrate
from omniroute.storage.secrets import Sealer
from omniroute.storage.tables import SCHEMA_REVISION

_WATCHED = {migrate_sqlite.__file__, lock.__file__}
_Tracer = Callable[[FrameType, str, Any], Any]


def _die_at(nth: int) -> _Tracer:
    """Return a tracer that kills the process when the nth line is reached that was not reached before."""
    seen: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _argument: object) -> _Tracer | None:
        if frame.f_code.co_filename not in _WATCHED:
            return None
        if event == "line":
            seen.add((frame.f_code.co_filename, frame.f_lineno))
            if len(seen) > nth:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def _migrate(folder: Path, scripts: Path) -> None:
    asyncio.run(migrate(Settings(data_dir=folder), Sealer(bytes(range(32))), scripts=scripts))


def _killed(folder: Path, scripts: Path, nth: int) -> bool:
    """Migrate in a child that dies at the nth line; return whether it came that far."""
    child = os.fork()
    if child == 0:
        threading.settrace(_die_at(nth))
        sys.settrace(_die_at(nth))
        _migrate(folder, scripts)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status not in {0, signal.SIGKILL}:
        raise SystemExit(f"round {nth}: the migration failed by itself with status {status}")
    return status == signal.SIGKILL


def _look(folder: Path) -> tuple[str, int] | None:
    """Return the revision and the number of rows, if there is a database; end the program if it is not whole."""
    path = folder / "storage.sqlite"
    if not path.exists():
        return None
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise SystemExit(f"{path} is damaged")
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        (rows,) = connection.execute("SELECT count(*) FROM settings").fetchone()
    return revision, rows


def main(start: Path, scripts: Path, room: Path) -> int:
    """Kill at each line in turn until the migration gets through."""
    before = _look(shutil.copytree(start, room / "look"))
    after = (f"{int(SCHEMA_REVISION) + 1:04}", before[1] if before else 0)
    nth = 0
    while True:
        folder = shutil.copytree(start, room / f"round-{nth}")
        killed = _killed(folder, scripts, nth)
        found = _look(shutil.copytree(folder, room / f"seen-{nth}"))
        if found not in {before, after}:
            raise SystemExit(f"killed at line {nth}: found {found} instead of {before} or {after}")
        _migrate(folder, scripts)
        if _look(folder) != after:
            raise SystemExit(f"killed at line {nth}: the next start did not finish the work")
        leftovers = sorted({one.name for one in folder.rglob("*") if ".migrating" in one.name or ".part" in one.name})
        if leftovers:
            raise SystemExit(f"killed at line {nth}: {leftovers} were left behind")
        if not killed:
            return nth
        nth += 1


if __name__ == "__main__":
    sys.stdout.write(f"{main(*map(Path, sys.argv[1:]))}\n")
