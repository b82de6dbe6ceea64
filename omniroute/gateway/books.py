"""Keeps the books true: what was spent before this process began, and what killed processes left behind.

Budgets and policies go by the same books: both are filled from the sums a minute and the records that wait for the
database, and both go on by what calls settle.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

import structlog

from omniroute.gateway.journal import Journal, Noted
from omniroute.gateway.record import Recorder
from omniroute.kit.clock import Clock
from omniroute.routing import policies
from omniroute.routing.ledger import Budget, Unit
from omniroute.routing.periods import Period, span
from omniroute.services.budgets import budget_of
from omniroute.state.ledger import MemoryLedger
from omniroute.storage.budgets import Budgets
from omniroute.storage.rows import RequestRow
from omniroute.storage.usage import UsageRows

log = structlog.get_logger(__name__)

# What a record says of a call that was under way when its process was killed.
LOST = "lost"


_PERIODS = {policies.Period.DAY: Period.DAILY, policies.Period.MONTH: Period.MONTHLY}
_NANO = 1_000_000_000
# What each key ("" without one) has used since the period began: nano-dollars and tokens.
_Used = Mapping[Period, Mapping[str, tuple[int, int]]]


class Spend(Protocol):
    """Who knows what keys have spent."""

    def spent_usd(self, key_id: str | None, period: policies.Period) -> float:
        """Return what a key (None: callers without one) has spent in a period that began in UTC."""
        ...

    async def follow(self, *, wanted: bool) -> None:
        """Know what keys spend from now on, or no longer."""
        ...


class Books:
    """One a process."""

    def __init__(
        self,
        *,
        budgets: Budgets,
        usage: UsageRows,
        recorder: Recorder,
        journal: Journal,
        ledger: MemoryLedger,
        clock: Clock,
    ) -> None:
        self._budgets = budgets
        self._usage = usage
        self._recorder = recorder
        self._journal = journal
        self._ledger = ledger
        self._clock = clock

    async def load(self, *, anew: bool = False) -> None:
        """Take the budgets as they are stored now; a new one begins with what was spent in its period already.

        `anew`: what is stored was put there from elsewhere, so nothing that is known counts.
        """
        budgets = [budget_of(row) for row in await self._budgets.list()]
        if anew and self._ledger.is_followed:
            await self.follow(wanted=False)
            await self.follow(wanted=True)
        fresh = budgets if anew else self._ledger.missing(budgets)
        if not fresh:
            self._ledger.configure(budgets, {}, self._clock.now_ms())
            return
        now_ms, used = await self._read({one.period for one in fresh})
        # From here on nothing is awaited: no call can end between what was read and what is kept.
        self._ledger.configure(budgets, {one.id: _spent(one, used[one.period]) for one in fresh}, now_ms)

    async def follow(self, *, wanted: bool) -> None:
        """Know what keys spend from now on, or no longer; what is wanted is known when this returns."""
        if not wanted:
            self._ledger.follow({}, self._clock.now_ms())
        elif not self._ledger.is_followed:
            now_ms, used = await self._read(frozenset(_PERIODS.values()))
            costs = {period: {key: cost for key, (cost, _) in sums.items()} for period, sums in used.items()}
            self._ledger.follow(costs, now_ms)

    def spent_usd(self, key_id: str | None, period: policies.Period) -> float:
        """Return what a key has spent in the period."""
        return self._ledger.spent_nano(key_id or "", _PERIODS[period], self._clock.now_ms()) / _NANO

    async def _read(self, periods: Collection[Period]) -> tuple[int, _Used]:
        """Return what was used in the present periods, and the time that these hold for."""
        now_ms = self._clock.now_ms()
        starts = {period: span(period, now_ms)[0] for period in periods}

        async def read() -> _Used:
            return {period: await self._budgets.used(start) for period, start in starts.items()}

        used, waiting = await self._recorder.beside(read)
        return now_ms, {period: _with(used[period], waiting, start) for period, start in starts.items()}

    async def recover(self) -> None:
        """Record what killed processes left behind."""
        left = self._journal.left()
        if not left.files:
            return
        await self._recorder.flush()
        known = set(await self._usage.known([row.id for row in left.ended] + [one.id for one in left.began]))
        known |= {row.id for row in self._recorder.spilled()}
        rows = [row for row in left.ended if row.id not in known]
        rows += [_lost(noted) for noted in left.began if noted.id not in known]
        if rows:
            log.warning("records of a process that was killed were brought in", ended=len(left.ended), rows=len(rows))
        if await self._recorder.bring(rows):
            self._journal.forget(left)


def _with(
    used: Mapping[str, tuple[int, int]], waiting: Iterable[RequestRow], since_ms: int
) -> Mapping[str, tuple[int, int]]:
    """Add what waits for the database to what it has."""
    sums = dict(used)
    for row in waiting:
        if row.started_at >= since_ms:
            cost, tokens = sums.get(row.key_id or "", (0, 0))
            more = (row.input_tokens or 0) + (row.output_tokens or 0)
            sums[row.key_id or ""] = (cost + (row.cost_nano or 0), tokens + more)
    return sums


def _spent(budget: Budget, used: Mapping[str, tuple[int, int]]) -> int:
    """Return what was used under a budget: by its key, or by all."""
    place = 1 if budget.unit is Unit.TOKENS else 0
    return sum(amounts[place] for key, amounts in used.items() if budget.key_id in {"", key})


def _lost(noted: Noted) -> RequestRow:
    """Return the record of a call that was under way when its process was killed: the most that it may have used."""
    return RequestRow(
        id=noted.id,
        started_at=noted.started_at,
        key_id=noted.key_id,
        address=None,
        user_agent=None,
        format=noted.format,
        kind=noted.kind,
        path=noted.path,
        requested_model=noted.requested_model,
        stream=noted.stream,
        outcome="failed",
        status=500,
        provider=None,
        connection_id=None,
        model=None,
        latency_us=0,
        input_tokens=noted.input_tokens,
        output_tokens=noted.output_tokens,
        usage_source="estimated",
        cost_nano=noted.cost_nano,
        price_version=noted.price_version,
        error_kind=LOST,
        error_message="the gateway was killed while this request was under way; the most it may have used is charged",
    )
