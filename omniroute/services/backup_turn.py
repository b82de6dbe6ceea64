"""Backups, restores, imports and exports take turns: one at a time, and everybody can see how far it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict
from omniroute.services.backup_values import BackupProgress, Watch
from omniroute.services.moments import moment


class Turn:
    """Whose turn it is."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self.progress: BackupProgress | None = None

    @asynccontextmanager
    async def take(self, action: str, watch: Watch | None = None) -> AsyncIterator["Work"]:
        """Work until the end of the block; raise Conflict while another works."""
        if self._lock.locked():
            raise Conflict("a backup or a restore is under way: try again when it is done", code="busy")
        async with self._lock:
            work = Work(self, BackupProgress(action=action, started_at=moment(self._clock.now_ms())), watch)
            try:
                yield work
            finally:
                self.progress = None


class Work:
    """Tells how far it is."""

    def __init__(self, turn: Turn, begun: BackupProgress, watch: Watch | None) -> None:
        self._turn = turn
        self._watch = watch
        self._by_table: dict[str, int] = {}
        self._progress = turn.progress = begun

    def begin(self, step: str, total: int | None = None) -> None:
        """Begin a step, in words, of so many rows."""
        self._by_table.clear()
        self._show(replace(self._progress, table=step, rows=0, total=total))

    def tell(self, table: str, rows: int) -> None:
        """Say how many rows of a table are done."""
        self._by_table[table] = rows
        self._show(replace(self._progress, table=table, rows=sum(self._by_table.values())))

    def _show(self, progress: BackupProgress) -> None:
        self._progress = self._turn.progress = progress
        if self._watch is not None:
            self._watch(progress)
