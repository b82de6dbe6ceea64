"""One asks, the others wait: who asks for what somebody is already asking for gets the same answer.

When the one who asks fails or goes away, the next in line asks; one after the other, so that a failure is not
multiplied. Whoever waits too long, or finds the line full, goes alone.
"""

import asyncio
from collections import deque
from collections.abc import Hashable
from enum import StrEnum
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Turn(StrEnum):
    """What somebody who got no answer is to do: ask for all, or for itself only."""

    LEAD = "lead"
    ALONE = "alone"


class Flights(Generic[K, V]):
    """`most_waiting` is how long one line may get."""

    def __init__(self, *, most_waiting: int) -> None:
        self._most_waiting = most_waiting
        self._lines: dict[K, deque[asyncio.Future[V | Turn]]] = {}

    def __len__(self) -> int:
        """Return how many are under way."""
        return len(self._lines)

    def lead(self, key: K) -> bool:
        """Begin to ask for all; False when somebody else does already."""
        if key in self._lines:
            return False
        self._lines[key] = deque()
        return True

    async def wait(self, key: K, limit_s: float) -> V | Turn:
        """Return the answer that somebody else gets, or whose turn it is."""
        line = self._lines.get(key)
        if line is None:
            return Turn.LEAD if self.lead(key) else Turn.ALONE
        if len(line) >= self._most_waiting:
            return Turn.ALONE
        place: asyncio.Future[V | Turn] = asyncio.get_running_loop().create_future()
        line.append(place)
        try:
            async with asyncio.timeout(limit_s):
                return await place
        except TimeoutError:
            self._leave(key, line, place)
            return Turn.ALONE
        except asyncio.CancelledError:
            self._leave(key, line, place)
            raise

    def _leave(self, key: K, line: "deque[asyncio.Future[V | Turn]]", place: "asyncio.Future[V | Turn]") -> None:
        """Step out of the line; a turn that came too late goes on to the next."""
        if place in line:
            line.remove(place)
        elif place.done() and not place.cancelled() and place.result() is Turn.LEAD:
            self.fail(key)

    def land(self, key: K, value: V) -> None:
        """Give the answer to all who wait."""
        for place in self._lines.pop(key, ()):
            if not place.done():
                place.set_result(value)

    def fail(self, key: K) -> bool:
        """There is no answer: let the next in line ask; return whether there is one."""
        line = self._lines.get(key)
        while line:
            place = line.popleft()
            if not place.done():
                place.set_result(Turn.LEAD)
                return True
        self._lines.pop(key, None)
        return False
