"""What callers hold open: how much each may, and that it ends when the key or session behind it does."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager

from omniroute.kit.errors import OmniError, TooMany
from omniroute.services.collection import Services

MOST_SOCKETS = 50
MOST_SUBSCRIPTIONS = 100
_LOOK_S = 5.0
# Changes of these nouns may end somebody's admission.
_NOUNS = frozenset({"keys", "login"})


class Seats:
    """Counts what each caller holds open."""

    def __init__(self, most: int, noun: str) -> None:
        self._most = most
        self._noun = noun
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, caller: str) -> Iterator[None]:
        """Hold one while the context lasts; raise TooMany when the caller holds too many."""
        if self._taken[caller] >= self._most:
            raise TooMany(f"at most {self._most} {self._noun} at once: close one first", code="too_many_open")
        self._taken[caller] += 1
        try:
            yield
        finally:
            self._taken[caller] -= 1
            if not self._taken[caller]:
                del self._taken[caller]


Check = Callable[[], Awaitable[object]]


async def refusal(services: Services, check: Check) -> OmniError:
    """Wait until `check` refuses, and return why. It is asked at once after a change, and now and then."""
    async with _changes(services) as changed:
        while True:
            try:
                await check()
            except OmniError as error:
                return error
            changed.clear()
            try:
                async with asyncio.timeout(_LOOK_S):
                    await changed.wait()
            except TimeoutError:
                pass


@asynccontextmanager
async def _changes(services: Services) -> AsyncIterator[asyncio.Event]:
    """Give an event that is set whenever keys or the login change."""
    changed = asyncio.Event()

    async def listen() -> None:
        async with aclosing(services.feeds.configuration()) as feed:
            async for tick in feed:
                if any(one.noun in _NOUNS for one in tick.value.changes):
                    changed.set()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(listen())
        try:
            yield changed
        finally:
            task.cancel()
