"""The arithmetic of budgets, held against laws: whatever happens in whatever order, the ledger balances."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from omniroute.routing import ledger
from omniroute.routing.ledger import Balance, Hold, crossed, expired
from omniroute.routing.periods import Period

amounts = st.integers(0, 10_000)


@given(limit=amounts, wanted=st.lists(amounts, max_size=50))
def test_reservations_alone_never_pass_the_limit(limit: int, wanted: list[int]) -> None:
    balance = Balance(limit)
    taken = 0
    for amount in wanted:
        after = ledger.reserve(balance, amount)
        if after is not None:
            balance, taken = after, taken + amount
        assert balance.spent + balance.reserved <= limit
        assert balance.reserved == taken


@dataclass
class Books:
    balance: Balance
    held: list[int] = field(default_factory=list)
    spent: int = 0


class Lives(RuleBasedStateMachine):
    """Calls that are let through, cost no more than was set aside, fail, or are never heard of again."""

    def __init__(self) -> None:
        super().__init__()
        self.books = Books(balance=Balance(5_000))

    @rule(amount=amounts)
    def reserve(self, amount: int) -> None:
        after = ledger.reserve(self.books.balance, amount)
        if after is None:
            assert amount > self.books.balance.free or self.books.balance.free <= 0
            return
        self.books.balance = after
        self.books.held.append(amount)

    @rule(share=st.floats(0, 1))
    def settle(self, share: float) -> None:
        if self.books.held:
            held = self.books.held.pop()
            used = int(held * share)
            self.books.balance = ledger.settle(self.books.balance, held, used)
            self.books.spent += used

    @rule()
    def release(self) -> None:
        if self.books.held:
            self.books.balance = ledger.release(self.books.balance, self.books.held.pop(0))

    @rule(limit=amounts)
    def relimit(self, limit: int) -> None:
        if limit >= self.books.balance.spent + self.books.balance.reserved:
            self.books.balance = ledger.limited(self.books.balance, limit)

    @invariant()
    def balances(self) -> None:
        balance = self.books.balance
        assert balance.reserved == sum(self.books.held)
        assert balance.spent == self.books.spent
        assert balance.spent + balance.reserved <= balance.limit


TestLives = Lives.TestCase


def test_nothing_is_let_through_once_nothing_is_left_not_even_what_costs_nothing() -> None:
    assert ledger.reserve(Balance(100, 100), 0) is None
    assert ledger.reserve(Balance(0), 0) is None
    assert ledger.reserve(Balance(100, 99), 0) is not None


@given(limit=st.integers(1, 10**9), steps=st.lists(st.integers(0, 10**8), max_size=30))
def test_each_threshold_is_crossed_once(limit: int, steps: list[int]) -> None:
    thresholds = (50, 80, 100)
    spent = 0
    seen: list[int] = []
    for step in steps:
        seen += crossed(limit, spent, spent + step, thresholds)
        spent += step
    assert seen == [one for one in thresholds if spent * 100 >= one * limit]


def test_a_hold_is_over_when_its_time_is() -> None:
    part = (("", Period.DAILY, ledger.Unit.USD), 0, 5)
    holds = {"a": Hold((part,), 1_000), "b": Hold((part,), 2_000)}
    assert expired(holds, 999) == []
    assert expired(holds, 1_000) == ["a"]
    assert expired(holds, 5_000) == ["a", "b"]
