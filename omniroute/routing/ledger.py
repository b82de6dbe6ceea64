"""The arithmetic of budgets: reserve before a call, settle or release after it. Whole numbers only, no clock.

Amounts are nano-dollars or tokens. `spent + reserved` never passes the limit by a reservation; it can by a settlement
alone, where a call cost more than was thought before it was made.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from omniroute.routing.periods import Period


class Unit(StrEnum):
    """What a budget counts."""

    USD = "usd"
    TOKENS = "tokens"


# Which key ("" = all calls together), how often it begins anew, what it counts.
BudgetId = tuple[str, Period, Unit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much may be used in a period. `limit` is in nano-dollars or tokens, `thresholds` are percentages."""

    key_id: str
    period: Period
    unit: Unit
    limit: int
    thresholds: tuple[int, ...] = ()

    @property
    def id(self) -> BudgetId:
        """What it is found by."""
        return self.key_id, self.period, self.unit


class Amounts(NamedTuple):
    """What a call costs, or may cost at most. `cost_nano` is None when the price is not known."""

    cost_nano: int | None
    tokens: int

    def of(self, unit: Unit) -> int:
        """Return the amount that a budget counts; what is not known counts nothing."""
        return self.tokens if unit is Unit.TOKENS else self.cost_nano or 0


class Balance(NamedTuple):
    """One budget in one period."""

    limit: int
    spent: int = 0
    reserved: int = 0

    @property
    def free(self) -> int:
        """What can still be reserved; negative when more was spent than allowed."""
        return self.limit - self.spent - self.reserved


def reserve(balance: Balance, amount: int) -> Balance | None:
    """Return the balance with `amount` set aside, None when it does not fit or nothing is left at all."""
    free = balance.free
    if amount > free or free <= 0:
        return None
    return Balance(balance.limit, balance.spent, balance.reserved + amount)


def settle(balance: Balance, reserved: int, spent: int) -> Balance:
    """Return the balance with what was set aside replaced by what was really spent."""
    return Balance(balance.limit, balance.spent + spent, balance.reserved - reserved)


def release(balance: Balance, reserved: int) -> Balance:
    """Return the balance without what was set aside."""
    return Balance(balance.limit, balance.spent, balance.reserved - reserved)


def limited(balance: Balance, limit: int) -> Balance:
    """Return the balance under another limit."""
    return Balance(limit, balance.spent, balance.reserved)


def crossed(limit: int, before: int, after: int, thresholds: Iterable[int]) -> tuple[int, ...]:
    """Return the thresholds (percent of the limit) that spending from `before` to `after` has reached."""
    return tuple(one for one in sorted(thresholds) if before * 100 < one * limit <= after * 100)


class Hold(NamedTuple):
    """What one call set aside: how much, in which budget, in the period that began when; and until when at most."""

    parts: tuple[tuple[BudgetId, int, int], ...]  # budget, start of its period, amount
    until_ms: int


def expired(holds: Mapping[str, Hold], now_ms: int) -> list[str]:
    """Return the calls whose time to settle is over: whoever made them is gone."""
    return [one for one, hold in holds.items() if hold.until_ms <= now_ms]
