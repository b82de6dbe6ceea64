"""One at a time by name: who holds a lease works alone, the others wait their turn.

This one is for one process. With several the same interface stands before a shared store.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol


class Leases(Protocol):
    """Gives leases."""

    def hold(self, name: str, limit_s: float) -> AbstractAsyncContextManager[None]:
        """Wait for the lease of a name, hold it within the block for `limit_s` at most; raise TimeoutError."""
        ...


class MemoryLeases:
    """Leases among the tasks of one process."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    def __len__(self) -> int:
        """Return how many names are held or waited for."""
        return len(self._locks)

    @asynccontextmanager
    async def hold(self, name: str, limit_s: float) -> AsyncIterator[None]:
        """Wait for the lease of a name and hold it within the block."""
        lock, count = self._locks.get(name, (asyncio.Lock(), 0))
        self._locks[name] = lock, count + 1
        try:
            async with asyncio.timeout(limit_s), lock:
                yield
        finally:
            lock, count = self._locks[name]
            if count == 1:
                del self._locks[name]
            else:
                self._locks[name] = lock, count - 1
