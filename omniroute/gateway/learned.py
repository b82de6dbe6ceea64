"""What providers said of their limits, by connection: the latest answer that told any, read when somebody asks.

An answer that says that nothing is left is read at once, and told on: its account then comes last.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from omniroute.routing.spent import UsedUp, used_up
from omniroute.upstream.allowances import Allowance, is_at_an_end, read_allowances, says_something
from omniroute.upstream.failures import retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What one answer told; times in milliseconds since 1970."""

    at: int
    allowances: tuple[Allowance, ...]
    retry_at: int | None


class Learned:
    """Keeps the headers of one answer a connection. `spent` is told a connection and what it has nothing left of."""

    def __init__(self, spent: Callable[[str, UsedUp], None]) -> None:
        self._spent = spent
        self._told: dict[str, tuple[Mapping[str, str], int]] = {}

    def note(self, connection_id: str, headers: Mapping[str, str]) -> None:
        """Take an answer's headers, if they tell of limits."""
        if says_something(headers):
            self._told[connection_id] = headers, (now_ms := time.time_ns() // 1_000_000)
            if is_at_an_end(headers) and (found := used_up(read_allowances(headers, now_ms), now_ms)) is not None:
                self._spent(connection_id, found)

    def of(self, connection_id: str) -> Lesson | None:
        """Return what a connection's provider said last."""
        told = self._told.get(connection_id)
        if told is None:
            return None
        headers, at = told
        wait_s = retry_after(headers, at / 1000)
        retry_at = None if wait_s is None else at + int(wait_s * 1000)
        return Lesson(at=at, allowances=read_allowances(headers, at), retry_at=retry_at)

    def forget(self, connection_id: str) -> None:
        """Forget a connection that was changed or deleted."""
        self._told.pop(connection_id, None)
