"""What callers hold open: how much each may, and that it ends when the key or session behind it does."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager

from omniroute.kit.errors import OmniError, TooMany
from omniroute.kit.tasks import begin, end
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


# Returns while the caller may go on, and raises an OmniError when it may not.
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


async def until_refused(
    stream: AsyncGenerator[bytes, None], services: Services, check: Check, *, silent_s: float | None = None
) -> AsyncGenerator[bytes | None, None]:
    """Give what the stream gives; raise why when the caller is not admitted any more.

    With `silent_s` give None whenever nothing came for so many seconds.
    """
    refused, following = begin(refusal(services, check)), begin(_next(stream))
    try:
        while True:
            await asyncio.wait({refused, following}, timeout=silent_s, return_when=asyncio.FIRST_COMPLETED)
            if refused.done():
                raise refused.result()
            if not following.done():
                yield None
                continue
            body = following.result()
            if body is None:
                return
            yield body
            following = begin(_next(stream))
    finally:
        await end((refused, following))
        await stream.aclose()


async def _next(stream: AsyncGenerator[bytes, None]) -> bytes | None:
    return await anext(stream, None)


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
