"""The bus: what happened, pushed to whoever listens. A slow listener loses the oldest events and slows nobody."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from omniroute.kit.events import Happening

QUEUE_LIMIT = 1000


class Subscription:
    """One listener's bounded queue. `missed` counts what was dropped since it was last asked for."""

    def __init__(self, limit: int) -> None:
        self._queue: deque[Happening] = deque(maxlen=limit)
        self._ready = asyncio.Event()
        self._closed = False
        self._missed = 0

    def put(self, event: Happening) -> None:
        """Add an event; the oldest goes when the queue is full."""
        if len(self._queue) == self._queue.maxlen:
            self._missed += 1
        self._queue.append(event)
        self._ready.set()

    def close(self) -> None:
        """End the listener's iteration once it has taken what is queued."""
        self._closed = True
        self._ready.set()

    @property
    def closed(self) -> bool:
        """Whether the end has come, for those who drain."""
        return self._closed

    def drain(self) -> list[Happening]:
        """Take all that is queued, without waiting: for those who look now and then."""
        taken = list(self._queue)
        self._queue.clear()
        return taken

    def missed(self) -> int:
        """Return how many events were dropped, and start counting anew."""
        count, self._missed = self._missed, 0
        return count

    async def __aiter__(self) -> AsyncIterator[Happening]:
        """Give events as they happen, until closed."""
        while True:
            while self._queue:
                yield self._queue.popleft()
            if self._closed:
                return
            self._ready.clear()
            await self._ready.wait()


class Bus:
    """Events of one process."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    @property
    def wanted(self) -> bool:
        """Whether anybody listens; senders may skip making an event when nobody does."""
        return bool(self._subscriptions)

    def publish(self, event: Happening) -> None:
        """Give the event to every listener; never waits."""
        for subscription in self._subscriptions:
            subscription.put(event)

    @contextmanager
    def subscribe(self, limit: int = QUEUE_LIMIT) -> Iterator[Subscription]:
        """Listen while the context lasts."""
        subscription = Subscription(limit)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def close(self) -> None:
        """End every listener, so that streams of events finish by themselves on stop."""
        for subscription in self._subscriptions:
            subscription.close()
