"""Budgets: how much a key, or all calls together, may use in a day, an ISO week or a month (UTC), in dollars or tokens.

Enforced before a call is sent; what is shown here is the same book that calls are held against.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from omniroute.kit.clock import Clock
from omniroute.kit.errors import NotFound
from omniroute.kit.events import ConfigurationChanged
from omniroute.routing.ledger import Budget, Unit
from omniroute.routing.periods import Period
from omniroute.services.changes import Changed
from omniroute.services.moments import moment
from omniroute.services.rules import fault
from omniroute.state.ledger import Standing
from omniroute.storage.budgets import Budgets as BudgetRows
from omniroute.storage.keys import Keys as KeyRows
from omniroute.storage.rows import BudgetRow

NANO = 1_000_000_000
MOST_USD = 1_000_000_000.0
MOST_TOKENS = 10**15
MOST_THRESHOLDS = 10
DEFAULT_THRESHOLDS = (80, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """A budget and how it stands. Amounts are US dollars or tokens, by `unit`; `key_id` is None for all calls together.

    `reserved` is set aside for calls under way. `warning_reached` is the highest threshold (percent) that was reached.
    """

    key_id: str | None
    key_name: str | None
    period: Period
    unit: Unit
    limit: float
    spent: float
    reserved: float
    remaining: float
    percent: float
    thresholds: tuple[int, ...]
    warning_reached: int | None
    exceeded: bool
    period_starts_at: datetime
    resets_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetDraft:
    """A budget to be set, over the one of the same key, period and unit. `key_id` None = all calls together."""

    key_id: str | None
    limit: float
    period: Period = Period.MONTHLY
    unit: Unit = Unit.USD
    thresholds: Sequence[int] = DEFAULT_THRESHOLDS


# Tells how every budget stands now.
Look = Callable[[], Sequence[Standing]]


class Budgets:
    """Sets, lists and removes budgets."""

    def __init__(self, *, rows: BudgetRows, keys: KeyRows, look: Look, clock: Clock, changed: Changed) -> None:
        self._rows = rows
        self._keys = keys
        self._look = look
        self._clock = clock
        self._changed = changed

    async def list(self, key_id: str | None = None) -> tuple[BudgetState, ...]:
        """Return all budgets and how they stand, or those of one key; raise NotFound for a key that is not there."""
        names = {row.id: row.name for row in await self._keys.list()}
        if key_id is not None and key_id not in names:
            raise NotFound(f"There is no key {key_id!r}.")
        standings = {one.budget.id: one for one in self._look()}
        budgets = [budget_of(row) for row in await self._rows.list()]
        return tuple(
            _shown(standings[one.id], names.get(one.key_id))
            for one in budgets
            if one.id in standings and key_id in {None, one.key_id}
        )

    async def set(self, drafts: Sequence[BudgetDraft]) -> tuple[BudgetState, ...]:
        """Set budgets, all or none; raise Unprocessable on a bad value, NotFound for a key that is not there."""
        if not drafts:
            raise fault("input", "give at least one budget")
        known = {row.id for row in await self._keys.list()}
        now = self._clock.now_ms()
        for draft in drafts:
            if draft.key_id is not None and draft.key_id not in known:
                raise NotFound(f"There is no key {draft.key_id!r}: /api/keys lists them.", param="keyId")
        rows = [_row(draft, now) for draft in drafts]
        await self._rows.put(rows)
        await self._tell(rows)
        wanted = {budget_of(row).id for row in rows}
        return tuple(one for one in await self.list() if (one.key_id or "", one.period, one.unit) in wanted)

    async def delete(self, key_id: str | None, period: Period | None = None, unit: Unit | None = None) -> None:
        """Remove a key's budgets (None: those of all calls together), or the one named; raise NotFound."""
        await self._rows.delete(key_id or "", period.value if period else None, unit.value if unit else None)
        await self._changed(ConfigurationChanged(noun="budgets", id=key_id))

    async def _tell(self, rows: Iterable[BudgetRow]) -> None:
        for key_id in dict.fromkeys(row.key_id for row in rows):
            await self._changed(ConfigurationChanged(noun="budgets", id=key_id or None))


def budget_of(row: BudgetRow) -> Budget:
    """Return the budget that a row holds."""
    return Budget(
        key_id=row.key_id,
        period=Period(row.period),
        unit=Unit(row.unit),
        limit=row.limit,
        thresholds=row.thresholds,
    )


def _row(draft: BudgetDraft, now: int) -> BudgetRow:
    is_money = draft.unit is Unit.USD
    most = MOST_USD if is_money else MOST_TOKENS
    if not 0 <= draft.limit <= most:
        raise fault("limit", f"limit must be from 0 to {most:.0f}")
    if not is_money and draft.limit != int(draft.limit):
        raise fault("limit", "limit must be a whole number of tokens")
    thresholds = tuple(sorted(set(draft.thresholds)))
    if len(thresholds) > MOST_THRESHOLDS or any(not 1 <= one <= 100 for one in thresholds):  # noqa: PLR2004 - percent
        raise fault("thresholds", f"thresholds must be at most {MOST_THRESHOLDS} percentages from 1 to 100")
    return BudgetRow(
        key_id=draft.key_id or "",
        period=draft.period.value,
        unit=draft.unit.value,
        limit=round(draft.limit * NANO) if is_money else int(draft.limit),
        thresholds=thresholds,
        created_at=now,
        updated_at=now,
    )


def _shown(standing: Standing, key_name: str | None) -> BudgetState:
    budget = standing.budget
    scale = NANO if budget.unit is Unit.USD else 1
    percent = standing.spent * 100 / budget.limit if budget.limit else 100.0
    reached = [one for one in budget.thresholds if one * budget.limit <= standing.spent * 100]
    return BudgetState(
        key_id=budget.key_id or None,
        key_name=key_name,
        period=budget.period,
        unit=budget.unit,
        limit=budget.limit / scale,
        spent=standing.spent / scale,
        reserved=standing.reserved / scale,
        remaining=standing.remaining / scale,
        percent=round(percent, 2),
        thresholds=budget.thresholds,
        warning_reached=max(reached, default=None),
        exceeded=standing.spent >= budget.limit,
        period_starts_at=moment(standing.since),
        resets_at=moment(standing.resets_at),
    )
