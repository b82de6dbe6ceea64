"""The recorder: takes a record in memory, writes batches, and loses nothing it was given.

Every quarter second, or as soon as 500 wait, the batch goes to the database. While the database is slow or away,
batches go to the spill file instead, which is read back when the database answers again; writing a record twice
changes nothing, so a crash between the two is harmless.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog

from omniroute.kit import json
from omniroute.storage.rows import RequestRow

log = structlog.get_logger(__name__)

BATCH_ROWS = 500
BATCH_S = 0.25
WRITE_LIMIT_S = 10.0
REPLAY_PAUSE_S = 5.0
# Only reached when neither the database nor the disk takes anything.
MAX_WAITING = 100_000

T = TypeVar("T")

Write = Callable[[Sequence[RequestRow]], Awaitable[object]]
Tell = Callable[[], json.JsonObject | None]


class Spill:
    """A file of records, one JSON line each. Its methods block: call them in a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def exists(self) -> bool:
        """Whether something waits in the file."""
        return self._path.exists()

    def add(self, rows: Sequence[RequestRow]) -> None:
        """Append records; they are on disk when this returns."""
        text = b"".join(json.dumps(msgspec.to_builtins(row)) + b"\n" for row in rows)
        with self._path.open("ab") as file:
            # A new line first: a crash may have cut the last one.
            file.write(b"\n" + text if file.tell() else text)
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> list[RequestRow]:
        """Return every whole record; a last line cut by a crash is left out."""
        rows: list[RequestRow] = []
        for line in filter(None, self._path.read_bytes().split(b"\n")):
            try:
                rows.append(msgspec.convert(json.loads(line), RequestRow))
            except (json.BadJson, msgspec.ValidationError):
                log.warning("a damaged line of the spill file was skipped", bytes=len(line))
        return rows

    def remove(self) -> None:
        """Forget the file: its records are in the database."""
        self._path.unlink(missing_ok=True)


class Recorder:
    """One a process. `write` stores a batch, in one transaction, and leaves out what is there already."""

    def __init__(self, write: Write, spill: Spill) -> None:
        self._write = write
        self._spill = spill
        self._rows: list[RequestRow] = []
        self._untold: list[tuple[RequestRow, Tell]] = []
        self._full = asyncio.Event()
        self._lock = asyncio.Lock()
        self._replay_at = 0.0  # on the loop's clock
        self._told: list[Callable[[Sequence[RequestRow]], None]] = []

    def tell(self, stored: Callable[[Sequence[RequestRow]], None]) -> None:
        """Call `stored` too with records that the database has from now on."""
        self._told.append(stored)

    @property
    def waiting(self) -> int:
        """How many records are in memory only."""
        return len(self._rows)

    def take(self, row: RequestRow, decision: Tell | None = None) -> None:
        """Take a record; never waits. `decision` is asked for the row's own when the batch is written."""
        self._rows.append(row)
        if decision is not None:
            self._untold.append((row, decision))
        if len(self._rows) >= BATCH_ROWS:
            self._full.set()

    async def run(self) -> None:
        """Write batches until cancelled."""
        while True:
            try:
                async with asyncio.timeout(BATCH_S):
                    await self._full.wait()
            except TimeoutError:
                pass
            self._full.clear()
            await self.flush()

    async def flush(self) -> None:
        """Write what waits, the spill file's records too."""
        async with self._lock:
            untold, self._untold = self._untold, []
            for row, decision in untold:
                row.decision = decision()
            rows, self._rows = self._rows, []
            try:
                stored = not rows or await self._store(rows)
                if stored and self._spill.exists():
                    await self._replay()
            except asyncio.CancelledError:
                # Nobody knows whether the batch arrived: keep it, twice does no harm.
                self._put_back(rows)
                raise

    async def _store(self, rows: list[RequestRow]) -> bool:
        """Write rows, or put them into the spill file; return whether the database has them."""
        error = await self._written(rows)
        if error is None:
            return True
        log.warning("usage goes to the spill file: the database did not take it", error=str(error), rows=len(rows))
        try:
            await asyncio.to_thread(self._spill.add, rows)
        except OSError as refused:
            log.error("usage stays in memory: the spill file can't be written", error=str(refused), rows=len(rows))  # noqa: TRY400 - says all
            self._put_back(rows)
        return False

    def _put_back(self, rows: list[RequestRow]) -> None:
        """Keep rows in memory; without an end to the trouble the oldest are given up."""
        self._rows = rows + self._rows
        lost = len(self._rows) - MAX_WAITING
        if lost > 0:
            del self._rows[:lost]
            log.error("usage was lost: neither the database nor the disk takes it", rows=lost)

    async def _written(self, rows: Sequence[RequestRow]) -> Exception | None:
        """Write rows into the database, batch by batch; return what went wrong, if anything."""
        try:
            for start in range(0, len(rows), BATCH_ROWS):
                async with asyncio.timeout(WRITE_LIMIT_S):
                    await self._write(rows[start : start + BATCH_ROWS])
                for stored in self._told:
                    stored(rows[start : start + BATCH_ROWS])
        except Exception as error:  # noqa: BLE001 - whatever it is, no record may be lost
            return error
        return None

    async def _replay(self) -> None:
        """Write the spill file's records into the database, and forget the file."""
        now = asyncio.get_running_loop().time()
        if now < self._replay_at:
            return
        rows = await asyncio.to_thread(self._spill.read)
        error = await self._written(rows)
        if error is not None:
            log.warning("the spill file waits on: the database did not take it", error=str(error), rows=len(rows))
            self._replay_at = now + REPLAY_PAUSE_S
            return
        await asyncio.to_thread(self._spill.remove)
        log.info("the spill file's records are in the database", rows=len(rows))

    def spilled(self) -> list[RequestRow]:
        """Return the records that wait in the spill file; this blocks."""
        return self._spill.read() if self._spill.exists() else []

    async def beside(self, read: Callable[[], Awaitable[T]]) -> tuple[T, list[RequestRow]]:
        """Return what `read` reads from the database, and the records that are not in it at that moment."""
        async with self._lock:
            spilled = await asyncio.to_thread(self.spilled)
            found = await read()
            return found, [*spilled, *self._rows]

    async def bring(self, rows: Sequence[RequestRow]) -> bool:
        """Store records of an earlier process; return whether the database or the spill file has them."""
        async with self._lock:
            if not rows or await self._store(list(rows)):
                return True
            return not self._rows

    async def close(self) -> None:
        """Write what waits, or spill it."""
        await self.flush()
