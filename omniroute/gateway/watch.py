"""Every wait of a request has a limit, and a client that goes away ends its request: one sweep watches them all.

A timer per read would cost more than the read, so requests only note what they wait for since when, and a sweep looks
at all of them four times a second. It ends an overdue wait by cancelling the request's task; the request then asks
`Watch.claim` why. Requests that answer before the first sweep cost two dictionary operations.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from omniroute.kit.tasks import Background

SWEEP_S = 0.25


class Reason(StrEnum):
    """Why the sweep ended a wait."""

    FIRST_BYTE = "first_byte"
    IDLE = "idle"
    TOTAL = "total"
    CLIENT_GONE = "client_gone"
    CLIENT_STALLED = "client_stalled"
    STOPPING = "stopping"
    BODY = "body"


class Watch:
    """One request under watch. Times are the event loop's, in seconds."""

    __slots__ = (
        "_gone",
        "_loop",
        "_task",
        "beat",
        "began",
        "body_read",
        "limit_s",
        "reason",
        "since",
        "total_s",
        "waiting_for",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[object], total_s: float) -> None:
        self._loop = loop
        self._task = task
        self._gone: asyncio.Task[None] | None = None
        self.began = self.since = loop.time()
        self.total_s = total_s
        self.limit_s = total_s
        self.waiting_for = Reason.TOTAL
        self.reason: Reason | None = None
        self.body_read = False  # until then the request itself reads from the client
        self.beat: Callable[[float], Awaitable[None] | None] | None = None

    def wait(self, reason: Reason, limit_s: float) -> None:
        """Note what is waited for from now on, and how long it may take."""
        self.waiting_for = reason
        self.limit_s = limit_s
        self.since = self._loop.time()

    def touch(self) -> None:
        """Note that what is waited for has just come; the next one may take as long again."""
        self.since = self._loop.time()

    def overdue(self, now: float) -> Reason | None:
        """Say which limit has passed, if any."""
        if now - self.since > self.limit_s:
            return self.waiting_for
        return Reason.TOTAL if now - self.began > self.total_s else None

    def end(self, reason: Reason) -> None:
        """Cancel the request, once."""
        if self.reason is None:
            self.reason = reason
            self._task.cancel()

    def claim(self, *reasons: Reason) -> Reason | None:
        """After a CancelledError: take the cancellation back if the sweep made it for one of `reasons`."""
        reason = self.reason
        if reason is None or reason not in reasons:
            return None
        self.reason = None
        # Anything above zero left: somebody else cancelled the request too, and means it.
        return reason if self._task.uncancel() == 0 else None

    def follow(self, gone: Callable[[], Awaitable[None]], background: Background) -> None:
        """Start to listen for the client's going away, if not done yet."""
        if self._gone is None:
            self._gone = background.start(self._until_gone(gone), "client watch")

    async def _until_gone(self, gone: Callable[[], Awaitable[None]]) -> None:
        await gone()
        self.end(Reason.CLIENT_GONE)

    def release(self) -> None:
        """Stop listening."""
        if self._gone is not None:
            self._gone.cancel()


class Watches:
    """All requests under way."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self._open: dict[Watch, Callable[[], Awaitable[None]]] = {}
        self._beside: set[Watch] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        """Return how many requests are under way."""
        return len(self._open)

    def begin(self, gone: Callable[[], Awaitable[None]], total_s: float) -> Watch:
        """Watch the running task. `gone` returns when its client has hung up."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine always runs in a task
        watch = Watch(asyncio.get_running_loop(), task, total_s)
        self._open[watch] = gone
        return watch

    def finish(self, watch: Watch) -> None:
        """Stop watching."""
        del self._open[watch]
        watch.release()

    @contextmanager
    def beside(self) -> Iterator[Watch]:
        """Watch the waits of the running task, a part of a request; the request itself has the other limits."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine always runs in a task
        watch = Watch(asyncio.get_running_loop(), task, math.inf)
        self._beside.add(watch)
        try:
            yield watch
        finally:
            self._beside.discard(watch)

    async def sweep(self) -> None:
        """Look at every open request, again and again."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_S)
            self._look(loop.time())

    def _look(self, now: float) -> None:
        for watch in list(self._beside):
            reason = watch.overdue(now)
            if reason is not None:
                watch.end(reason)
        for watch, gone in list(self._open.items()):
            if watch.body_read:
                watch.follow(gone, self._background)
            reason = watch.overdue(now)
            if reason is not None:
                watch.end(reason)
            elif watch.beat is not None and (beat := watch.beat(now)) is not None:
                self._background.start(_finish(beat), "heartbeat")

    def end_all(self, reason: Reason) -> None:
        """End every open request: the process stops."""
        for watch in list(self._open):
            watch.end(reason)


async def _finish(beat: Awaitable[None]) -> None:
    await beat
