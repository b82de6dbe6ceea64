"""Calls that wait for a place instead of being refused, where an operator allows it: so many, so long, in order."""

import asyncio
import time
from collections import deque

from omniroute.services.limits import Limits


class Queue:
    """The calls that wait. Whoever gives a place back wakes the one that came first; a pause wakes by itself."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Event] = deque()

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    async def turn(self, limits: Limits, since: float, wait_s: float) -> bool:
        """Wait until it is worth trying again, at most `wait_s`; return False when the call may not wait (any more).

        `since` is when the call began to wait, on `time.monotonic`.
        """
        left = since + limits.queue_timeout_ms / 1000 - time.monotonic()
        if not limits.queue_size or left <= 0 or len(self._waiting) >= limits.queue_size:
            return False
        woken = asyncio.Event()
        self._waiting.append(woken)
        try:
            async with asyncio.timeout(min(left, wait_s)):
                await woken.wait()
        except TimeoutError:
            return wait_s < left
        finally:
            if woken in self._waiting:
                self._waiting.remove(woken)
        return True

    def wake(self) -> None:
        """A place may be free: let the first look."""
        if self._waiting:
            self._waiting.popleft().set()
