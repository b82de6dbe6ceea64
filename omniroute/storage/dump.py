"""Every table as plain JSON lines, and back: the same lines come from SQLite and from PostgreSQL, and go into either.

A dump is read in one transaction, so that it is one moment's state, while others go on writing. It is put back in one
transaction as well: until that is committed nobody sees any of it, and a failure leaves everything as it was. Sealed
secrets stay sealed. Sign-ins, those to providers that were begun too, and the audit log are left out of both: who is
signed in stays signed in, and what was done stays told.
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import LargeBinary, Table, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from omniroute.kit import json
from omniroute.kit.errors import Invalid
from omniroute.storage import account_tables, tables
from omniroute.storage.all_tables import metadata
from omniroute.storage.database import Database
from omniroute.storage.meta import meta_place
from omniroute.storage.secrets import DamagedSecret, Sealer, WrongKey, is_sealed, place

PIECE = 1_000

# What a table's lines are read from, by table name.
Lines = Mapping[str, Iterable[bytes]]
Progress = Callable[[str, int], None]


def dumped_tables() -> Sequence[Table]:
    """Return the tables of a dump, in the order in which they are put back."""
    return [one for one in metadata.sorted_tables if one.name not in _LEFT_OUT]


_LEFT_OUT = frozenset(
    one.name for one in (tables.login_sessions, account_tables.oauth_flows, tables.audit_log, tables.audit_head)
)


class Dump:
    """Reads and replaces all rows of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> AsyncIterator[tuple[str, bytes]]:
        """Give every table's rows: its name, and up to 1,000 rows as JSON lines; a table without rows comes once."""
        async with self._database.reading() as connection:
            for one in dumped_tables():
                yield one.name, b""
                async for piece in _pieces(connection, one):
                    yield one.name, piece

    async def replace(self, lines: Lines, progress: Progress | None = None) -> dict[str, int]:
        """Put these rows in the place of all that are there; return how many each table has now."""
        counts: dict[str, int] = {}
        async with self._database.transaction(is_watched=False) as connection:
            for one in reversed(dumped_tables()):
                await connection.execute(delete(one))
            for one in dumped_tables():
                counts[one.name] = await _fill(connection, one, lines.get(one.name, ()), progress)
        return counts

    async def add(self, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Add rows to what is there, all or none; raise Conflict when one of them is there already."""
        async with self._database.transaction() as connection:
            for one in dumped_tables():
                found = list(rows.get(one.name, ()))
                for begin in range(0, len(found), PIECE):
                    await connection.execute(insert(one), [dict(row) for row in found[begin : begin + PIECE]])

    async def fill_from(self, pieces: AsyncIterator[tuple[str, bytes]], progress: Progress | None = None) -> None:
        """Take what another dump gives into an empty database."""
        by_name = {one.name: one for one in dumped_tables()}
        counts: dict[str, int] = {}
        async with self._database.transaction() as connection:
            async for name, piece in pieces:
                rows = await asyncio.to_thread(
                    lambda of, lines: list(_rows(of, lines)), by_name[name], piece.splitlines()
                )
                if rows:
                    await connection.execute(insert(by_name[name]), rows)
                counts[name] = counts.get(name, 0) + len(rows)
                if progress is not None:
                    progress(name, counts[name])

    async def counts(self) -> dict[str, int]:
        """Return how many rows each table has."""
        async with self._database.reading() as connection:
            return {
                one.name: await connection.scalar(select(func.count()).select_from(one)) or 0 for one in dumped_tables()
            }


def closed_secrets(lines: Lines, sealer: Sealer) -> list[str]:
    """Return in words which sealed values in these rows do not open with this key; this blocks."""
    faults: list[str] = []
    for one in dumped_tables():
        sealed = [column.name for column in one.columns if column.name.endswith("_sealed")]
        if not sealed and one is not tables.meta:
            continue
        for row in _rows(one, lines.get(one.name, ())):
            try:
                for where, value in _sealed_in(one, row, sealed):
                    sealer.open(value, where)
            except (WrongKey, DamagedSecret) as error:
                faults.append(error.message)
    return faults


def _sealed_in(table: Table, row: Mapping[str, Any], sealed: Sequence[str]) -> Iterator[tuple[str, str]]:
    if table is tables.meta:
        if is_sealed(row["value"]):
            yield meta_place(row["name"]), row["value"]
        return
    for name in sealed:
        if row.get(name) is not None:
            yield place(table.name, row["id"], name), row[name]


async def _pieces(connection: AsyncConnection, table: Table) -> AsyncIterator[bytes]:
    binary = _binary(table)
    found = await connection.stream(select(table).order_by(*table.primary_key.columns))
    async for rows in found.mappings().partitions(PIECE):
        yield b"".join(json.dumps(_written(dict(row), binary)) + b"\n" for row in rows)


async def _fill(connection: AsyncConnection, table: Table, lines: Iterable[bytes], progress: Progress | None) -> int:
    count = 0
    left = _rows(table, lines)
    # Reading means to unpack a file, which must not hold up those who are served meanwhile.
    while rows := await asyncio.to_thread(lambda: list(islice(left, PIECE))):
        await connection.execute(insert(table), rows)
        count += len(rows)
        if progress is not None:
            progress(table.name, count)
    return count


def _rows(table: Table, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Read rows; raise Invalid for what is no row of the table."""
    binary, known = _binary(table), {column.name for column in table.columns}
    for number, line in enumerate(lines, 1):
        try:
            yield _row(json.loads(line), binary, known)
        except (json.BadJson, ValueError, TypeError, binascii.Error) as error:
            raise Invalid(f"row {number} of {table.name} cannot be read: {error}", code="damaged_backup") from error


def _row(value: Any, binary: frozenset[str], known: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or not value.keys() <= known:
        raise ValueError("it is no row of this table")
    return {
        name: base64.b64decode(one, validate=True) if name in binary and one is not None else one
        for name, one in value.items()
    }


def _binary(table: Table) -> frozenset[str]:
    return frozenset(column.name for column in table.columns if isinstance(column.type, LargeBinary))


def _written(row: dict[str, Any], binary: frozenset[str]) -> dict[str, Any]:
    for name in binary:
        if row[name] is not None:
            row[name] = base64.b64encode(row[name]).decode("ascii")
    return row
