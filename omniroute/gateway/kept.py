"""Answers that clients may go on from: in memory at once, in the database right behind, gone when they expire.

An answer waits in memory until the database has it, so that whoever asks for it next finds it, and an outage loses
nothing. Each is found by the API key that made it only.
"""

import asyncio

import structlog

from omniroute.formats.hub import Json
from omniroute.kit import json
from omniroute.kit.clock import Clock
from omniroute.kit.errors import OmniError
from omniroute.storage.responses import Responses
from omniroute.storage.rows import ResponseRow

log = structlog.get_logger(__name__)

MOST_WAITING_BYTES = 64 * 1024 * 1024
RETRY_S = 2.0
_WRITE_LIMIT_S = 30.0
_DAY_MS = 86_400_000
_LONGEST_ID = 256


class Kept:
    """One a process. Keeps answers for `days`; 0 keeps none."""

    def __init__(self, rows: Responses, clock: Clock, *, days: int) -> None:
        self._rows = rows
        self._clock = clock
        self._age_ms = days * _DAY_MS
        self._waiting: dict[tuple[str, str], ResponseRow] = {}
        self._bytes = 0
        self._fresh = asyncio.Event()
        self._writing = asyncio.Lock()
        self._away = False

    @property
    def keeps(self) -> bool:
        """Whether anything is kept at all."""
        return self._age_ms > 0

    @property
    def waiting(self) -> int:
        """How many answers are in memory only."""
        return len(self._waiting)

    def keep(self, key_id: str, items: list[Json], response: Json) -> None:
        """Take an answer with all the input it was made of; never waits."""
        response_id = response.get("id")
        if not isinstance(response_id, str) or not _is_usable(response_id):
            log.warning("an answer was not kept: the provider gave it no usable id", key=key_id)
            return
        now = self._clock.now_ms()
        row = ResponseRow(
            key_id=key_id,
            id=response_id,
            created_at=now,
            expires_at=now + self._age_ms,
            input=json.dumps(items),
            response=json.dumps(response),
        )
        self._take(row)
        self._fresh.set()

    def _take(self, row: ResponseRow) -> None:
        """Let a row wait; with too much waiting the oldest is given up."""
        self._drop(self._waiting.get((row.key_id, row.id)))
        self._waiting[row.key_id, row.id] = row
        self._bytes += _size(row)
        while self._bytes > MOST_WAITING_BYTES and len(self._waiting) > 1:
            oldest = next(iter(self._waiting.values()))
            self._drop(oldest)
            log.error("a stored response was lost: the database takes none, memory is full", response=oldest.id)

    def _drop(self, row: ResponseRow | None) -> None:
        """Forget a row, unless a newer one has taken its place."""
        if row is not None and self._waiting.get((row.key_id, row.id)) is row:
            del self._waiting[row.key_id, row.id]
            self._bytes -= _size(row)

    async def find(self, key_id: str, response_id: str) -> ResponseRow | None:
        """Return an answer that this key made; raise Unavailable when the database can't tell."""
        if not self.keeps or not _is_usable(response_id):
            return None
        row = self._waiting.get((key_id, response_id)) or await self._rows.find(key_id, response_id)
        now = self._clock.now_ms()
        if row is None or row.expires_at <= now or row.created_at <= now - self._age_ms:
            return None
        return row

    async def delete(self, key_id: str, response_id: str) -> bool:
        """Forget an answer that this key made; return whether there was one."""
        if await self.find(key_id, response_id) is None:
            return False
        async with self._writing:  # a row that is being written must not come after its own end
            self._drop(self._waiting.get((key_id, response_id)))
            await self._rows.delete(key_id, response_id)
        return True

    async def run(self) -> None:
        """Write what waits, until cancelled."""
        while True:
            await self._fresh.wait()
            self._fresh.clear()
            if not await self.flush():
                await asyncio.sleep(RETRY_S)
                self._fresh.set()

    async def flush(self) -> bool:
        """Write what waits; return whether the database has it all."""
        async with self._writing:
            rows = list(self._waiting.values())
            error = await self._written(rows) if rows else None
            if error is None:
                for row in rows:
                    self._drop(row)
            elif not self._away:
                log.warning("stored responses wait in memory: the database takes none", error=str(error))
            if rows:
                self._away = error is not None
            return error is None

    async def _written(self, rows: list[ResponseRow]) -> Exception | None:
        try:
            async with asyncio.timeout(_WRITE_LIMIT_S):
                await self._rows.put(rows)
        except (OmniError, TimeoutError) as error:
            return error
        return None

    async def expire(self) -> int:
        """Remove what is too old; return how many answers that were."""
        now = self._clock.now_ms()
        return await self._rows.delete_expired(now, now - self._age_ms)

    async def close(self) -> None:
        """Write what waits, or say what is lost."""
        if not await self.flush():
            log.error("stored responses were lost: the database took none until the end", rows=self.waiting)


def _is_usable(response_id: str) -> bool:
    return 0 < len(response_id) <= _LONGEST_ID and response_id.isascii() and response_id.isprintable()


def _size(row: ResponseRow) -> int:
    return len(row.input) + len(row.response)
