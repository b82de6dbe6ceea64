"""The live feeds: the bus is listened to once, whatever happened is summed once, and every subscriber gets the same.

Subscribers that ask the same share a channel. A channel speaks at its own interval; each subscriber has a short queue,
and one that is too slow loses the oldest messages and hears how much it missed. Nothing here makes a request wait.
Without subscribers nothing runs, and the bus has no listener.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

import structlog

from omniroute.kit.clock import Clock
from omniroute.kit.events import Happening
from omniroute.kit.tasks import Background
from omniroute.services.live_alerts import BudgetSource, HealthSource, ReadBreakers, ReadBudgets, ReadStates
from omniroute.services.live_jobs import JobNews, JobSource, ReadJobs
from omniroute.services.live_picture import Picture
from omniroute.services.live_sources import (
    ConfigurationSource,
    RequestSource,
    SessionSource,
    TelemetrySource,
    UsageSource,
)
from omniroute.services.live_values import (
    BudgetNews,
    ConfigurationNews,
    Grouping,
    HealthNews,
    RequestFilter,
    RequestNews,
    SessionNews,
    TelemetryNews,
    UsageNews,
)
from omniroute.services.rules import within
from omniroute.state.bus import Bus
from omniroute.state.rolling import LONG_S, SHORT_S
from omniroute.storage.rows import RequestRow

log = structlog.get_logger(__name__)

V = TypeVar("V", bound=Any)

LEAST_INTERVAL_MS, MOST_INTERVAL_MS = 50, 60_000
LONG_WINDOW_INTERVAL_MS = 1_000  # summing an hour ten times a second would cost more than it tells
QUEUED = 32
_SEEDS = 1_000
_LINGER_S = 30.0
_LONGEST_SLEEP_S = 1.0
_BUS_QUEUE = 20_000


@dataclass(slots=True, kw_only=True)
class Tick(Generic[V]):
    """One message of a channel. `answers` keeps what surfaces made of it, for all who asked the same way."""

    value: V
    answers: dict[Hashable, bytes] = field(default_factory=dict)


class Source(Protocol[V]):
    """What a channel tells. `is_delta`: a message makes sense only after all before it."""

    is_delta: bool

    def note(self, picture: Picture) -> None:
        """Look at what was new since the last look."""
        ...

    def snapshot(self) -> V:
        """Return all there is to know now."""
        ...

    def news(self) -> V | None:
        """Return what is new since the last message, None for nothing."""
        ...

    def weight(self, value: V) -> int:
        """Return how many things are missed by whoever misses a message."""
        ...


class _Listener(Generic[V]):
    """One subscriber's queue."""

    def __init__(self) -> None:
        self.queue: deque[tuple[Tick[V], int]] = deque()
        self.ready = asyncio.Event()
        self.closed = False
        self.missed = 0

    @property
    def is_full(self) -> bool:
        return len(self.queue) >= QUEUED

    def put(self, tick: Tick[V], weight: int) -> None:
        if self.is_full:
            self.missed += self.queue.popleft()[1]
        self.queue.append((tick, weight))
        self.ready.set()

    def restart(self, tick: Tick[V]) -> None:
        """Forget what waits and begin with a snapshot again."""
        self.missed += sum(weight for _, weight in self.queue)
        self.queue.clear()
        self.put(tick, 0)

    def close(self) -> None:
        self.closed = True
        self.ready.set()


class _Channel(Generic[V]):
    """A source, and who listens to it."""

    def __init__(self, source: Source[V], interval_s: float, now: float) -> None:
        self.source = source
        self.interval_s = interval_s
        self.due_at = now + interval_s
        self.listeners: set[_Listener[V]] = set()

    def speak(self, now: float) -> None:
        self.due_at = max(self.due_at + self.interval_s, now)
        value = self.source.news()
        if value is not None:
            tick, weight = Tick(value=value), self.source.weight(value)
            for listener in self.listeners:
                if self.source.is_delta and listener.is_full:
                    listener.restart(Tick(value=self.source.snapshot()))
                else:
                    listener.put(tick, weight)


class Feeds:
    """Gives the feeds. `logged` reads the newest records, so that a first window is not empty."""

    def __init__(
        self,
        *,
        bus: Bus,
        clock: Clock,
        background: Background,
        logged: Callable[[int], Awaitable[Sequence[RequestRow]]],
        health: ReadStates,
        breakers: ReadBreakers,
        budgets: ReadBudgets,
        jobs: ReadJobs,
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._background = background
        self._logged = logged
        self._health = health
        self._breakers = breakers
        self._budgets = budgets
        self._jobs = jobs
        self._channels: dict[Hashable, _Channel[Any]] = {}
        self._picture: Picture | None = None
        self._starting = asyncio.Lock()
        self._waker = asyncio.Event()

    def requests(self, wanted: RequestFilter, interval_ms: int) -> AsyncGenerator[Tick[RequestNews], None]:
        """Tell of requests that begin and end; the snapshot has the newest ones."""
        _check_interval(interval_ms)
        return self._follow(("requests", wanted), interval_ms, lambda picture: RequestSource(picture, wanted))

    def sessions(self, interval_ms: int) -> AsyncGenerator[Tick[SessionNews], None]:
        """Tell who is at work: sessions as they change."""
        _check_interval(interval_ms)
        return self._follow(("sessions",), interval_ms, SessionSource)

    def usage(self, window_s: int, interval_ms: int, by: Grouping) -> AsyncGenerator[Tick[UsageNews], None]:
        """Tell what was used in a window up to now."""
        _check_window(window_s, interval_ms)
        return self._follow(("usage", window_s, by), interval_ms, lambda picture: UsageSource(picture, window_s, by))

    def telemetry(self, window_s: int, interval_ms: int) -> AsyncGenerator[Tick[TelemetryNews], None]:
        """Tell how the gateway fared in a window up to now."""
        _check_window(window_s, interval_ms)
        return self._follow(("telemetry", window_s), interval_ms, lambda picture: TelemetrySource(picture, window_s))

    def health(self, interval_ms: int) -> AsyncGenerator[Tick[HealthNews], None]:
        """Tell how connections and breakers fare, as it changes."""
        _check_interval(interval_ms)
        return self._follow(
            ("health",), interval_ms, lambda picture: HealthSource(picture, self._health, self._breakers)
        )

    def budgets(self) -> AsyncGenerator[Tick[BudgetNews], None]:
        """Tell of budgets that reach a threshold."""
        return self._follow(("budgets",), LEAST_INTERVAL_MS, lambda picture: BudgetSource(picture, self._budgets))

    def configuration(self) -> AsyncGenerator[Tick[ConfigurationNews], None]:
        """Tell what operators change."""
        return self._follow(("configuration",), LEAST_INTERVAL_MS, ConfigurationSource)

    def jobs(self, interval_ms: int) -> AsyncGenerator[Tick[JobNews], None]:
        """Tell of jobs as they begin, go on and end."""
        _check_interval(interval_ms)
        return self._follow(("jobs",), interval_ms, lambda picture: JobSource(picture, self._jobs))

    async def _follow(
        self, key: tuple[Hashable, ...], interval_ms: int, make: Callable[[Picture], Source[V]]
    ) -> AsyncGenerator[Tick[V], None]:
        picture = await self._running()
        channel = self._channels.get((*key, interval_ms))
        if channel is None:
            channel = _Channel(make(picture), interval_ms / 1000, self._clock.monotonic())
            self._channels[*key, interval_ms] = channel
            self._waker.set()
        listener: _Listener[V] = _Listener()
        channel.listeners.add(listener)
        try:
            yield Tick(value=channel.source.snapshot())
            async for tick in _heard(listener):
                yield tick
        finally:
            channel.listeners.discard(listener)
            if not channel.listeners:
                self._channels.pop((*key, interval_ms), None)

    async def _running(self) -> Picture:
        """Return the picture, painting it from now on if nobody looked at it until now."""
        async with self._starting:
            if self._picture is None:
                picture = Picture(self._clock)
                started = asyncio.Event()
                self._background.start(self._pump(picture, started), "live feeds")
                await started.wait()
                picture.seed(await self._logged(_SEEDS))
                self._picture = picture
            return self._picture

    async def _pump(self, picture: Picture, started: asyncio.Event) -> None:
        with self._bus.subscribe(_BUS_QUEUE) as heard:
            started.set()
            idle_since: float | None = None
            while not heard.closed:
                now = self._clock.monotonic()
                self._turn(picture, heard.drain(), heard.missed(), now)
                idle_since = None if self._channels else idle_since or now
                if idle_since is not None and now - idle_since > _LINGER_S and self._picture is picture:
                    break
                await self._sleep(now)
        self._picture = None
        for channel in self._channels.values():
            for listener in channel.listeners:
                listener.close()

    def _turn(self, picture: Picture, events: Sequence[Happening], lost: int, now: float) -> None:
        picture.fold(events, lost)
        for channel in self._channels.values():
            channel.source.note(picture)
            if channel.due_at <= now:
                channel.speak(now)
        picture.seen()

    async def _sleep(self, now: float) -> None:
        due = min((channel.due_at for channel in self._channels.values()), default=now + _LONGEST_SLEEP_S)
        self._waker.clear()
        try:
            async with asyncio.timeout(min(max(due - now, 0.001), _LONGEST_SLEEP_S)):
                await self._waker.wait()
        except TimeoutError:
            pass


async def _heard(listener: _Listener[V]) -> AsyncGenerator[Tick[V], None]:
    while True:
        while listener.queue:
            tick, _ = listener.queue.popleft()
            if listener.missed:
                missed, listener.missed = listener.missed, 0
                tick = Tick(value=replace(tick.value, missed=tick.value.missed + missed))
            yield tick
        if listener.closed:
            return
        listener.ready.clear()
        await listener.ready.wait()


def _check_interval(interval_ms: int) -> None:
    within(interval_ms, "intervalMs", least=LEAST_INTERVAL_MS, most=MOST_INTERVAL_MS)


def _check_window(window_s: int, interval_ms: int) -> None:
    within(window_s, "windowSeconds", least=1, most=LONG_S)
    least = LEAST_INTERVAL_MS if window_s <= SHORT_S else LONG_WINDOW_INTERVAL_MS
    within(interval_ms, "intervalMs", least=least, most=MOST_INTERVAL_MS)
