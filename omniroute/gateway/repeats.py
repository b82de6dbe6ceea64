"""Requests that come again under the same key: done once, answered as often as they come, for five seconds.

The window begins when the answer is complete. A key holds within one API key and one path. An `Idempotency-Key` that
comes back with another body is refused; an `X-Request-Id` is mostly for tracing, so there the body belongs to the key.
"""

from collections.abc import Hashable

from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict
from omniroute.state.answers import Shelf
from omniroute.state.flights import Flights, Turn
from omniroute.storage.rows import AnswerRow

WINDOW_MS = 5_000
_MOST = 10_000
_MOST_BYTES = 64 * 1024 * 1024
_MOST_WAITING = 1_000


class Repeats:
    """One a process; in memory only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._done: Shelf[Hashable, tuple[bytes, AnswerRow]] = Shelf(most=_MOST, most_bytes=_MOST_BYTES)
        self._flights: Flights[Hashable, AnswerRow] = Flights(most_waiting=_MOST_WAITING)
        self._prints: dict[Hashable, bytes] = {}
        self.replays = 0
        self.waited = 0
        self.conflicts = 0

    @property
    def active(self) -> int:
        """How many keys are known now."""
        self._done.expire(self._clock.now_ms())
        return len(self._done) + len(self._flights)

    def begin(self, key: Hashable, body: bytes) -> AnswerRow | None:
        """Return the answer to the same request; raise Conflict when the key came with another body."""
        done = self._done.get(key, self._clock.now_ms())
        known = self._prints.get(key) if done is None else done[0]
        if known is not None and known != body:
            self.conflicts += 1
            raise Conflict(
                "This Idempotency-Key was used for another request a moment ago: send a new key with a new body.",
                param="Idempotency-Key",
                code="idempotency_key_reused",
            )
        if done is None:
            return None
        self.replays += 1
        return done[1]

    def lead(self, key: Hashable, body: bytes) -> bool:
        """Do it for all who ask; False when somebody else does already."""
        if not self._flights.lead(key):
            return False
        self._prints[key] = body
        return True

    async def wait(self, key: Hashable, limit_s: float) -> AnswerRow | Turn:
        """Return the answer that somebody else gets, or whose turn it is."""
        self.waited += 1
        found = await self._flights.wait(key, limit_s)
        if isinstance(found, AnswerRow):
            self.replays += 1
        return found

    def land(self, key: Hashable, row: AnswerRow) -> None:
        """It is done: answer all who wait, and whoever comes within the window."""
        print_ = self._prints.pop(key, b"")
        until_ms = self._clock.now_ms() + WINDOW_MS
        self._done.put(key, (print_, row), weight=len(row.body), until_ms=until_ms)
        self._flights.land(key, row)

    def fail(self, key: Hashable) -> None:
        """It was not done: the next in line may try."""
        if not self._flights.fail(key):
            self._prints.pop(key, None)

    def clear(self) -> int:
        """Forget what was done; return how much that was."""
        return self._done.clear()
