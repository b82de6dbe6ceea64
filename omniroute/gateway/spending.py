"""What each key has spent today and this month, for policies that ask: read from the sums a minute, now and then.

Nothing is read while no policy asks. In between, the figures are up to REFRESH_S old.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

import structlog

from omniroute.kit.clock import Clock
from omniroute.kit.errors import OmniError
from omniroute.routing.policies import Period

log = structlog.get_logger(__name__)

REFRESH_S = 5.0
_MINUTE_S = 60

Read = Callable[[int], Awaitable[Mapping[str, int]]]


class Spend(Protocol):
    """Who knows what keys have spent."""

    def spent_usd(self, key_id: str | None, period: Period) -> float:
        """Return what a key (None: callers without one) has spent in a period that began in UTC."""
        ...

    async def follow(self, *, wanted: bool) -> None:
        """Keep the figures fresh from now on, or stop."""
        ...


class Spending:
    """One a process. `read` gives the cost of each key from a minute on, in billionths of a dollar."""

    def __init__(self, read: Read, clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._wanted = asyncio.Event()
        self._sums: Mapping[Period, Mapping[str, int]] = {Period.DAY: {}, Period.MONTH: {}}
        self._began: Mapping[Period, int] = {}

    def spent_usd(self, key_id: str | None, period: Period) -> float:
        """Return what a key has spent in the period."""
        if self._began.get(period) != _beginning(period, self._clock.now_ms()):
            return 0.0  # a new day that nothing was read of yet
        return self._sums[period].get(key_id or "", 0) / 1e9

    async def follow(self, *, wanted: bool) -> None:
        """Keep the figures fresh from now on, or stop; those that are wanted are there when this returns."""
        if not wanted:
            self._wanted.clear()
        elif not self._wanted.is_set():
            await self.refresh()
            self._wanted.set()

    async def refresh(self) -> None:
        """Read the figures."""
        now = self._clock.now_ms()
        began = {period: _beginning(period, now) for period in Period}
        sums = {period: await self._read(minute) for period, minute in began.items()}
        self._sums, self._began = sums, began

    async def run(self) -> None:
        """Read them again and again while they are wanted."""
        while True:
            await self._wanted.wait()
            try:
                await self.refresh()
            except OmniError as error:
                log.warning("cannot read what keys have spent", error=error.message)
            await asyncio.sleep(REFRESH_S)


def _beginning(period: Period, now_ms: int) -> int:
    """Return the minute since 1970 in which the period began."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    start = day if period is Period.DAY else day.replace(day=1)
    return int(start.timestamp()) // _MINUTE_S
