"""The books of all budgets, in memory: what each has spent and set aside in its present period.

A call is charged to the periods that it began in, as the usage rows have it, so that the books can be made anew from
those rows at any time. A period that begins anew starts from nothing; what was set aside in the one before goes with
it. What every key has spent is kept beside them where somebody wants to know it, fed by the same settlements.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from omniroute.routing import ledger
from omniroute.routing.ledger import Amounts, Balance, Budget, BudgetId, Hold, Unit
from omniroute.routing.periods import Period, span


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a budget stands. `resets_at` is when it begins anew, in UTC milliseconds."""

    budget: Budget
    spent: int
    reserved: int
    since: int
    resets_at: int

    @property
    def remaining(self) -> int:
        """What a further call may use."""
        return max(0, self.budget.limit - self.spent - self.reserved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A budget that has just reached a threshold (percent of its limit)."""

    standing: Standing
    threshold: int


class Ledger(Protocol):
    """What admission needs. `reserve` is all or nothing over a call's budgets, also where many processes share them."""

    def watches(self, key_id: str) -> bool:
        """Whether a call by this key ("" without one) is under any budget."""
        ...

    @property
    def is_followed(self) -> bool:
        """Whether what calls without a budget spend is wanted too."""
        ...

    async def reserve(self, call: str, key_id: str, most: Amounts, now_ms: int, until_ms: int) -> Standing | None:
        """Set aside what a call may use at most; return the budget that it does not fit into, if any."""
        ...

    def settle(self, call: str, key_id: str, used: Amounts, began_ms: int) -> list[Warned]:
        """Replace what a call set aside by what it used; return the thresholds reached by it. Never waits."""
        ...


class MemoryLedger:
    """The books of one process. Nothing waits inside, so that each method is one step."""

    def __init__(self) -> None:
        self._books: dict[BudgetId, _Book] = {}
        self._by_key: dict[str, tuple[_Book, ...]] = {}
        self._common: tuple[_Book, ...] = ()
        self._holds: dict[str, Hold] = {}
        self._totals: Mapping[Period, _Totals] = {}

    # ── what is there ───────────────────────────────────────────────────────────────────────────────────────────

    def missing(self, budgets: Iterable[Budget]) -> list[Budget]:
        """Return those that have no book yet: what they have spent must be found out."""
        return [one for one in budgets if one.id not in self._books]

    def configure(self, budgets: Iterable[Budget], spent: Mapping[BudgetId, int], now_ms: int) -> None:
        """Keep books for these budgets and no others; those in `spent` begin anew with what it says."""
        books: dict[BudgetId, _Book] = {}
        for budget in budgets:
            book = self._books.get(budget.id)
            if book is None or budget.id in spent:
                book = _Book(budget, spent.get(budget.id, 0), now_ms)
                book.balance = book.balance._replace(reserved=self._held(budget.id, book.since))
            else:
                book.change(budget)
            books[budget.id] = book
        self._books = books
        self._common = tuple(book for book in books.values() if not book.budget.key_id)
        keys = {book.budget.key_id for book in books.values()} - {""}
        own: Callable[[str], list[_Book]] = lambda key: [book for book in books.values() if book.budget.key_id == key]  # noqa: E731
        self._by_key = {key: (*own(key), *self._common) for key in keys}

    def watches(self, key_id: str) -> bool:
        """Whether a call by this key is under any budget."""
        return bool(self._books) and bool(self._of(key_id))

    def _held(self, budget_id: BudgetId, since: int) -> int:
        """Return what calls under way have set aside in this period."""
        parts = (part for hold in self._holds.values() for part in hold.parts)
        return sum(amount for one, began, amount in parts if one == budget_id and began == since)

    def follow(self, spent: Mapping[Period, Mapping[str, int]], now_ms: int) -> None:
        """Keep what each key spends in these periods; `spent` is what it has so far, in nano-dollars."""
        self._totals = {period: _Totals(period, sums, now_ms) for period, sums in spent.items()}

    @property
    def is_followed(self) -> bool:
        """Whether what each key spends is kept, under a budget or not."""
        return bool(self._totals)

    def spent_nano(self, key_id: str, period: Period, now_ms: int) -> int:
        """Return what a key has spent in the present period; 0 where nobody follows it."""
        totals = self._totals.get(period)
        return 0 if totals is None else totals.at(now_ms).sums.get(key_id, 0)

    def _of(self, key_id: str) -> "tuple[_Book, ...]":
        return self._by_key.get(key_id, self._common)

    def standings(self, now_ms: int) -> list[Standing]:
        """Tell how every budget stands."""
        self._expire(now_ms)
        return [book.at(now_ms).standing for book in self._books.values()]

    # ── a call ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def reserve(self, call: str, key_id: str, most: Amounts, now_ms: int, until_ms: int) -> Standing | None:
        """Set aside what a call may use at most; return the budget that it does not fit into, if any."""
        refused = self._reserve(call, key_id, most, now_ms, until_ms)
        if refused is not None and self._expire(now_ms):
            refused = self._reserve(call, key_id, most, now_ms, until_ms)
        return refused

    def _reserve(self, call: str, key_id: str, most: Amounts, now_ms: int, until_ms: int) -> Standing | None:
        held: list[tuple[_Book, Balance, int]] = []
        for book in self._of(key_id):
            amount = most.of(book.at(now_ms).budget.unit)
            balance = ledger.reserve(book.balance, amount)
            if balance is None:
                return book.standing
            held.append((book, balance, amount))
        for book, balance, _ in held:
            book.balance = balance
        parts = tuple((book.budget.id, book.since, amount) for book, _, amount in held)
        self._holds[call] = Hold(parts, until_ms)
        return None

    def settle(self, call: str, key_id: str, used: Amounts, began_ms: int) -> list[Warned]:
        """Replace what a call set aside by what it used; return the thresholds reached by it."""
        self._release(call)
        for totals in self._totals.values():
            totals.at(began_ms).add(key_id, began_ms, used.of(Unit.USD))
        warned: list[Warned] = []
        for book in self._of(key_id):
            if book.at(began_ms).covers(began_ms):
                warned += book.spend(used.of(book.budget.unit))
        return warned

    def adjust(self, key_id: str, began_ms: int, cost_nano: int) -> list[Warned]:
        """Change what a call of this key that was settled before has cost, by this much."""
        return self.settle("", key_id, Amounts(cost_nano=cost_nano, tokens=0), began_ms)

    def _release(self, call: str) -> None:
        hold = self._holds.pop(call, None)
        for budget_id, since, amount in hold.parts if hold is not None else ():
            book = self._books.get(budget_id)
            if book is not None and book.since == since:
                book.balance = ledger.release(book.balance, amount)

    def _expire(self, now_ms: int) -> bool:
        """Release what was never settled; return whether there was any such thing."""
        gone = ledger.expired(self._holds, now_ms)
        for call in gone:
            self._release(call)
        return bool(gone)


class _Totals:
    """What each key has spent in the present period."""

    def __init__(self, period: Period, sums: Mapping[str, int], now_ms: int) -> None:
        self._period = period
        self._since, self._until = span(period, now_ms)
        self.sums = dict(sums)

    def at(self, now_ms: int) -> "_Totals":
        """Begin anew when the period is over."""
        if now_ms >= self._until:
            self._since, self._until = span(self._period, now_ms)
            self.sums = {}
        return self

    def add(self, key_id: str, at_ms: int, amount: int) -> None:
        if self._since <= at_ms < self._until:
            self.sums[key_id] = self.sums.get(key_id, 0) + amount


class _Book:
    """One budget's book for its present period."""

    def __init__(self, budget: Budget, spent: int, now_ms: int) -> None:
        self.budget = budget
        self.since, self.until = span(budget.period, now_ms)
        self.balance = Balance(budget.limit, spent)

    def at(self, now_ms: int) -> "_Book":
        """Begin anew when the period is over; a clock that was put back changes nothing."""
        if now_ms >= self.until:
            self.since, self.until = span(self.budget.period, now_ms)
            self.balance = Balance(self.budget.limit)
        return self

    def covers(self, at_ms: int) -> bool:
        return self.since <= at_ms < self.until

    def change(self, budget: Budget) -> None:
        self.budget = budget
        self.balance = ledger.limited(self.balance, budget.limit)

    def spend(self, amount: int) -> list[Warned]:
        before = self.balance.spent
        self.balance = ledger.settle(self.balance, 0, amount)
        if not self.budget.thresholds or amount <= 0:
            return []
        reached = ledger.crossed(self.budget.limit, before, self.balance.spent, self.budget.thresholds)
        return [Warned(standing=self.standing, threshold=one) for one in reached]

    @property
    def standing(self) -> Standing:
        return Standing(
            budget=self.budget,
            spent=self.balance.spent,
            reserved=self.balance.reserved,
            since=self.since,
            resets_at=self.until,
        )
