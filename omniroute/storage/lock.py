"""A lock between processes that ends with its holder, also after kill -9, and a wait that has a limit.

SQLite's own file lock does the work, as it behaves the same on Linux, macOS and Windows; the lock file stays empty.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from omniroute.kit.errors import Unavailable


@contextmanager
def locked(path: Path, wait_s: float) -> Iterator[None]:
    """Hold the lock named by the file `path`; raises Unavailable when another process keeps it for `wait_s`."""
    with closing(sqlite3.connect(path, timeout=wait_s, isolation_level=None, check_same_thread=False)) as holder:
        try:
            holder.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise Unavailable(
                f"Another process has held {str(path)!r} for {wait_s:g} seconds ({error}). "
                "Wait for it to end, or stop it, and try again.",
                code="locked",
            ) from error
        yield
