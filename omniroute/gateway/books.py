"""Keeps the books of budgets true: what was spent before this process began, and what killed processes left behind."""

from collections.abc import Iterable, Mapping, Sequence

import structlog

from omniroute.gateway.journal import Journal, Noted
from omniroute.gateway.record import Recorder
from omniroute.kit.clock import Clock
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

    async def load(self) -> None:
        """Take the budgets as they are stored now; a new one begins with what was spent in its period already."""
        budgets = [budget_of(row) for row in await self._budgets.list()]
        if not self._ledger.missing(budgets):
            self._ledger.configure(budgets, {}, self._clock.now_ms())
            return
        now_ms = self._clock.now_ms()
        starts = {period: span(period, now_ms)[0] for period in {one.period for one in budgets}}

        async def read() -> Mapping[Period, Mapping[str, tuple[int, int]]]:
            return {period: await self._budgets.used(start) for period, start in starts.items()}

        used, waiting = await self._recorder.beside(read)
        # From here on nothing is awaited: no call can end between what was read and what is kept.
        spent = {one.id: _spent(one, used[one.period], waiting, starts[one.period]) for one in budgets}
        self._ledger.configure(budgets, spent, now_ms)

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


def _spent(budget: Budget, used: Mapping[str, tuple[int, int]], waiting: Sequence[RequestRow], since_ms: int) -> int:
    """Add up what the database has and what waits for it."""
    place = 1 if budget.unit is Unit.TOKENS else 0
    keys = used.keys() if not budget.key_id else {budget.key_id} & used.keys()
    return sum(used[key][place] for key in keys) + sum(_amounts(budget, waiting, since_ms))


def _amounts(budget: Budget, waiting: Iterable[RequestRow], since_ms: int) -> Iterable[int]:
    for row in waiting:
        if row.started_at >= since_ms and budget.key_id in {"", row.key_id or ""}:
            is_tokens = budget.unit is Unit.TOKENS
            yield (row.input_tokens or 0) + (row.output_tokens or 0) if is_tokens else row.cost_nano or 0


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
