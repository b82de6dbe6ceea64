"""A SQLite file from elsewhere: read in a child process with limits, its rows checked against our own columns.

Nothing of such a file is ever opened by the gateway itself, and it never becomes the gateway's database.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import JSON, Boolean, Float, Integer, LargeBinary, String, Table

from omniroute.kit import json
from omniroute.kit.errors import Unprocessable
from omniroute.storage import foreign_child
from omniroute.storage.dump import Lines, dumped_tables
from omniroute.storage.fit import require_fit
from omniroute.storage.schema import VERSION_TABLE

T = TypeVar("T")

SQLITE_MAGIC = b"SQLite format 3\x00"
# The original OmniRoute's tables that have something for us.
ORIGINAL_TABLES = (
    "provider_connections",
    "provider_nodes",
    "combos",
    "api_keys",
    "key_value",
    "usage_history",
)
_NEEDED_OF_ORIGINAL = frozenset({"provider_connections", "provider_nodes", "combos", "api_keys"})
_OURS = frozenset({VERSION_TABLE, "meta", "connections", "nodes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the child may use: bytes of memory, seconds of processor and of time, bytes of any one file it writes."""

    memory: int = 512 * 1024**2
    cpu_s: int = 120
    wall_s: float = 180.0
    file: int = 4 * 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """What was read: rows by table in `folder`, and how many rows all tables have."""

    folder: Path
    counts: Mapping[str, int]

    @property
    def is_ours(self) -> bool:
        """Whether it is a database of this program."""
        return self.counts.keys() >= _OURS

    @property
    def is_original(self) -> bool:
        """Whether it is a database of the original OmniRoute."""
        return self.counts.keys() >= _NEEDED_OF_ORIGINAL

    def rows(self, table: str) -> Iterator[Mapping[str, Any]]:
        """Give a table's rows as the file has them."""
        path = self.folder / f"{table}.jsonl"
        if not path.is_file():
            return
        with path.open("rb") as file:
            for line in file:
                yield json.loads(line)

    @property
    def revision(self) -> str:
        """The schema's revision of a database of ours."""
        return str(next(iter(self.rows(VERSION_TABLE)), {}).get("version_num", ""))

    def check(self) -> None:
        """Raise Unprocessable unless every row of a database of ours fits our columns; this blocks."""
        for found in self.lines().values():
            for _ in found:
                pass

    def lines(self) -> Lines:
        """Return the rows of a database of ours as a dump has them; raise Unprocessable on what our columns refuse."""
        return {one.name: _Lines(one, self.rows) for one in dumped_tables()}


async def read_foreign(path: Path, folder: Path, limits: Limits | None = None) -> Foreign:
    """Read a SQLite file into `folder`; raise Unprocessable, which says why, for one that is not taken."""
    given = limits or Limits()
    wanted = {*ORIGINAL_TABLES, *(one.name for one in dumped_tables()), VERSION_TABLE}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", foreign_child.__file__, str(path), str(folder),
        f"{given.memory},{given.cpu_s},{given.file}", ",".join(sorted(wanted)),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, env={},
    )  # fmt: skip
    try:
        async with asyncio.timeout(given.wall_s):
            code = await process.wait()
    except TimeoutError:
        raise _refused(f"reading it took more than {given.wall_s:g} seconds") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    report = folder / "report.json"
    if code or not await asyncio.to_thread(report.is_file):
        raise _refused("reading it took more than is allowed, or it broke the reader")
    told = json.loads(await asyncio.to_thread(report.read_bytes))
    if "fault" in told:
        raise _refused(str(told["fault"]))
    return Foreign(folder=folder, counts=told["tables"])


def _refused(why: str) -> Unprocessable:
    return Unprocessable(f"this SQLite file is not taken: {why}", code="bad_import", param="file")


Rows = Callable[[str], Iterable[Mapping[str, Any]]]


class _Lines:
    """A table's rows as lines of a dump, read anew each time they are asked for."""

    def __init__(self, table: Table, rows: Rows) -> None:
        self._table = table
        self._rows = rows

    def __iter__(self) -> Iterator[bytes]:
        names = [column.name for column in self._table.columns]
        for number, row in enumerate(self._rows(self._table.name), 1):
            unknown = row.keys() - set(names)
            if unknown:
                raise _refused(f"{self._table.name} has a column {min(unknown)!r}, which ours has not")
            try:
                yield json.dumps({name: _value(self._table, name, value) for name, value in row.items()})
            except (ValueError, KeyError) as error:
                raise _refused(f"row {number} of {self._table.name}: {error}") from error


def _value(table: Table, name: str, value: Any) -> Any:
    """Return a value as a dump has it; raise ValueError when the column is of another kind."""
    column = table.c[name]
    if value is None:
        if not column.nullable:
            raise ValueError(f"{name} is missing")
        return None
    for kind, read in _READERS:
        if isinstance(column.type, kind):
            return read(require_fit(table, {name: value})[name])
    raise ValueError(f"{name} is of a kind that is not taken")


def _flag(value: Any) -> bool:
    return bool(_of(int, value)) if value in {0, 1} else _of(bool, value)


def _of(kind: type[T] | tuple[type[T], ...], value: Any) -> T:
    if not isinstance(value, kind):
        raise ValueError(f"{str(value)[:40]!r} is of another kind than its column")  # noqa: TRY004 - the file's fault
    return value


_READERS: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
    (JSON, lambda value: json.loads(_of(str, value))),
    (LargeBinary, lambda value: _of(dict, value)["base64"]),
    (Boolean, _flag),
    (Integer, lambda value: _of(int, value)),
    (Float, lambda value: float(_of((int, float), value))),
    (String, lambda value: _of(str, value)),
)
