"""Reads a SQLite file that somebody sent: a program of its own, with nothing but the standard library and hard limits.

Run by path with the file, a folder to write to, the limits and the wanted tables. It opens the file read-only, refuses
what could do more than hold rows (triggers, views, virtual tables, computed columns), checks every page, and writes the
wanted tables as JSON lines and a report. What a file does to this process, it does to nothing else.
"""

import base64
import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

try:
    import resource
except ImportError:  # Windows has no such module: there the time alone is limited, by the parent
    resource = None  # type: ignore[assignment]

_PIECE = 500
_MOST_TABLES = 200
_MOST_VALUE = 64 * 1024 * 1024
_STEPS = 100_000
_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_PRAGMA,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
_PRAGMAS = {"trusted_schema", "cell_size_check", "mmap_size", "integrity_check", "table_xinfo", "query_only"}
_FUNCTIONS = {"count", "lower"}


class Refused(Exception):
    """The file is not taken; the message is for people."""


def _limit(memory: int, seconds: int, size: int) -> None:
    if resource is None:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _authorise(action: int, first: str | None, second: str | None, _database: str | None, _inner: str | None) -> int:
    if action not in _ALLOWED:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and first not in _PRAGMAS:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and second not in _FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _open(path: str) -> sqlite3.Connection:
    # Immutable: no log beside it is looked for, and no file is made.
    connection = sqlite3.connect(f"file:{quote(path)}?mode=ro&immutable=1", uri=True, isolation_level=None)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "query_only=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.set_authorizer(_authorise)
    return connection


def _tables(connection: sqlite3.Connection) -> list[str]:
    names = []
    for kind, name, root, text in connection.execute("SELECT type, name, rootpage, sql FROM sqlite_master"):
        if kind not in {"table", "index"}:
            raise Refused(f"it has a {kind}, {name!r}: only tables and indexes are taken")
        if kind == "table":
            if not root or "virtual" in str(text).lower().split("(")[0].split():
                raise Refused(f"{name!r} is a virtual table: only plain ones are taken")
            names.append(str(name))
    if len(names) > _MOST_TABLES:
        raise Refused(f"it has {len(names)} tables, more than any database of ours")
    return names


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    found = connection.execute(f"PRAGMA table_xinfo({_quoted(table)})").fetchall()
    if any(column[6] for column in found):
        raise Refused(f"{table!r} has computed or hidden columns: only plain ones are taken")
    return [str(column[1]) for column in found]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _value(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode("ascii")} if isinstance(value, bytes) else value


def _lines(connection: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[str]:
    chosen = ", ".join(map(_quoted, columns))
    cursor = connection.execute(f"SELECT {chosen} FROM {_quoted(table)}")  # noqa: S608 - quoted names
    while rows := cursor.fetchmany(_PIECE):
        for row in rows:
            yield json.dumps(dict(zip(columns, map(_value, row), strict=True))) + "\n"


def _read(source: str, folder: Path, wanted: set[str]) -> dict[str, Any]:
    with closing(_open(source)) as connection:
        names = _tables(connection)
        faults = [str(fault) for (fault,) in connection.execute("PRAGMA integrity_check(5)")]
        if faults != ["ok"]:
            raise Refused(f"it is damaged: {faults[0][:200]}")
        counts: dict[str, int] = {}
        for name in names:
            columns = _columns(connection, name)
            if name not in wanted:
                (counts[name],) = connection.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()  # noqa: S608
                continue
            counts[name] = 0
            with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as file:
                for line in _lines(connection, name, columns):
                    file.write(line)
                    counts[name] += 1
    return {"tables": counts}


def main(source: str, folder: str, limits: str, wanted: str) -> None:
    """Read, and write the report; it has `fault` when the file is not taken."""
    memory, seconds, size = map(int, limits.split(","))
    _limit(memory, seconds, size)
    try:
        report = _read(source, Path(folder), set(wanted.split(",")))
    except Refused as error:
        report = {"fault": str(error)}
    except (sqlite3.Error, UnicodeError, OverflowError, ValueError) as error:
        report = {"fault": f"it cannot be read: {str(error)[:200]}"}
    except MemoryError:
        report = {"fault": "reading it takes more memory than is allowed"}
    except OSError as error:
        report = {"fault": f"its rows take more room than is allowed ({os.strerror(error.errno or 0)})"}
    (Path(folder) / "report.json").write_text(json.dumps(report), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:5])
