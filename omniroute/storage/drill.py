"""A rehearsal: rows are put into a database that is thrown away, and read back, and every one must be the same."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from omniroute.storage.dump import Dump, Lines, Progress
from omniroute.storage.scratch import scratch, settle

_MODULUS = 2**256


class _Sum:
    """A sum of rows that does not depend on their order, which differs between databases."""

    def __init__(self) -> None:
        self.rows = 0
        self.total = 0

    def add(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            self.rows += 1
            self.total = (self.total + int.from_bytes(hashlib.sha256(line.strip()).digest())) % _MODULUS


async def tried(lines: Lines, path: Path, progress: Progress | None = None) -> tuple[list[str], int]:
    """Put rows into a new database at `path`; return what was wrong, in words, and how many rows came back."""
    wanted = await asyncio.to_thread(lambda: {table: _summed(found) for table, found in lines.items()})
    async with scratch(path) as database:
        dump = Dump(database)
        await dump.replace(lines, progress)
        found = await _read_back(dump.read())
    faults = [f"the restored database is damaged: {fault}" for fault in await asyncio.to_thread(settle, path)]
    for table, sum_ in wanted.items():
        back = found.get(table, _Sum())
        if back.rows != sum_.rows:
            faults.append(f"{table}: {back.rows} rows came back instead of {sum_.rows}")
        elif back.total != sum_.total:
            faults.append(f"{table}: rows came back changed")
    return faults, sum(one.rows for one in found.values())


async def _read_back(pieces: AsyncIterator[tuple[str, bytes]]) -> dict[str, _Sum]:
    found: dict[str, _Sum] = {}
    async for table, piece in pieces:
        found.setdefault(table, _Sum()).add(piece.splitlines())
    return found


def _summed(lines: Iterable[bytes]) -> _Sum:
    made = _Sum()
    made.add(lines)
    return made
