"""Kept answers in two layers: memory at once, the database right behind; what expires is gone from both.

The database is asked only when it has something: what stands for each stored answer is known in memory, unless other
processes write there too.
"""

import asyncio

import structlog

from omniroute.kit.clock import Clock
from omniroute.kit.errors import OmniError
from omniroute.state.answers import Shelf
from omniroute.storage.answers import Answers as AnswerRows
from omniroute.storage.rows import AnswerRow

log = structlog.get_logger(__name__)

MOST_BYTES = 64 * 1024 * 1024
MOST_STORED = 10_000
_MOST_WAITING = 1_000
_BATCH = 100
_LOOK_S = 0.25
_WRITE_LIMIT_S = 30.0


class Archive:
    """One a process."""

    def __init__(self, rows: AnswerRows, clock: Clock) -> None:
        self._rows = rows
        self._clock = clock
        self._shelf: Shelf[bytes, AnswerRow] = Shelf(most=500, most_bytes=MOST_BYTES)
        self._stored: set[bytes] = set()
        self._waiting: dict[bytes, AnswerRow] = {}
        self._fresh = asyncio.Event()
        self._writing = asyncio.Lock()

    @property
    def shelf(self) -> Shelf[bytes, AnswerRow]:
        """What is in memory."""
        return self._shelf

    @property
    def waiting(self) -> int:
        """How many answers are in memory only."""
        return len(self._waiting)

    def at_hand(self, digest: bytes) -> AnswerRow | None:
        """Return an answer that is in memory."""
        return self._shelf.get(digest, self._clock.now_ms())

    def is_stored(self, digest: bytes) -> bool:
        """Whether the database may have an answer."""
        return digest in self._stored or self._rows.is_shared

    async def fetch(self, digest: bytes) -> AnswerRow | None:
        """Return an answer that the database has; a slow database is not waited for."""
        try:
            async with asyncio.timeout(_LOOK_S):
                row = await self._rows.find(digest, self._clock.now_ms())
        except (OmniError, TimeoutError) as error:
            log.warning("the answer cache was not asked: the database does not answer", error=str(error))
            return None
        if row is None:
            self._stored.discard(digest)
        else:
            self._put(row)
        return row

    def keep(self, row: AnswerRow, most: int) -> None:
        """Take an answer; never waits. `most` is how many memory holds."""
        if self._shelf.most != most:
            self._shelf.resize(most)
        self._put(row)
        self._waiting[row.digest] = row
        while len(self._waiting) > _MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._fresh.set()

    def _put(self, row: AnswerRow) -> None:
        self._shelf.put(row.digest, row, weight=len(row.body), until_ms=row.expires_at)

    async def stored(self) -> int:
        """Return how many answers the database has."""
        return await self._rows.count(self._clock.now_ms())

    async def clear(self) -> int:
        """Forget everything; return how many answers that were."""
        async with self._writing:  # a batch that is being written must not come after its own end
            held = self._shelf.clear()
            self._waiting.clear()
            self._stored.clear()
            return max(held, await self._rows.clear())

    async def run(self) -> None:
        """Write what waits, until cancelled."""
        while True:
            await self._fresh.wait()
            self._fresh.clear()
            await self.flush()

    async def flush(self) -> None:
        """Write what waits; what the database does not take is given up, as it can be asked for again."""
        async with self._writing:
            while rows := list(self._waiting.values())[:_BATCH]:
                try:
                    async with asyncio.timeout(_WRITE_LIMIT_S):
                        await self._rows.put(rows)
                    self._stored.update(row.digest for row in rows)
                except (OmniError, TimeoutError) as error:
                    log.warning("answers stay in memory only: the database takes none", error=str(error))
                for row in rows:
                    if self._waiting.get(row.digest) is row:
                        del self._waiting[row.digest]

    async def learn(self) -> None:
        """Learn what is stored; until then the database is not asked."""
        try:
            self._stored = await self._rows.digests(self._clock.now_ms())
        except (OmniError, TimeoutError) as error:
            log.warning("what the answer cache holds is not known", error=str(error))

    async def tidy(self) -> int:
        """Remove what is old, and learn what is stored; return how many answers went."""
        now = self._clock.now_ms()
        self._shelf.expire(now)
        gone = await self._rows.trim(now, MOST_STORED)
        self._stored = await self._rows.digests(now)
        return gone
