"""Budgets as operators set and see them."""

import pytest

from omniroute.kit.errors import NotFound, Unprocessable
from omniroute.routing.ledger import Amounts, Unit
from omniroute.routing.periods import Period
from omniroute.services.budgets import BudgetDraft
from omniroute.services.keys import KeyDraft
from tests.services.parts import Parts

NANO = 1_000_000_000


async def test_a_budget_tells_what_is_spent_set_aside_and_left(parts: Parts) -> None:
    key = (await parts.keys.create(KeyDraft(name="laptop"))).record
    await parts.budgets.set([BudgetDraft(key_id=key.id, limit=10, period=Period.DAILY, thresholds=(50, 80))])
    now = parts.clock.now_ms()
    most = Amounts(cost_nano=6 * NANO, tokens=100)
    assert await parts.ledger.reserve("req_1", key.id, most, now, now + 1000) is None
    assert parts.ledger.settle("req_1", key.id, Amounts(cost_nano=5 * NANO, tokens=100), now)[0].threshold == 50
    assert await parts.ledger.reserve("req_2", key.id, Amounts(cost_nano=2 * NANO, tokens=1), now, now + 1000) is None
    (state,) = await parts.budgets.list(key.id)
    assert (state.limit, state.spent, state.reserved, state.remaining, state.percent) == (10, 5, 2, 3, 50)
    assert (state.key_name, state.warning_reached, state.exceeded) == ("laptop", 50, False)
    assert (state.resets_at - state.period_starts_at).total_seconds() == 86_400
    refused = await parts.ledger.reserve("req_3", key.id, Amounts(cost_nano=4 * NANO, tokens=1), now, now + 1000)
    assert refused is not None


async def test_what_was_never_settled_is_free_again_when_its_time_is_over(parts: Parts) -> None:
    await parts.budgets.set([BudgetDraft(key_id=None, limit=100, unit=Unit.TOKENS, period=Period.WEEKLY)])
    now = parts.clock.now_ms()
    most = Amounts(cost_nano=None, tokens=80)
    assert await parts.ledger.reserve("req_1", "", most, now, now + 1000) is None
    assert await parts.ledger.reserve("req_2", "", most, now + 999, now + 5000) is not None
    assert await parts.ledger.reserve("req_2", "", most, now + 1000, now + 5000) is None


async def test_a_new_day_begins_with_nothing_and_an_old_call_does_not_count_in_it(parts: Parts) -> None:
    await parts.budgets.set([BudgetDraft(key_id=None, limit=1, period=Period.DAILY)])
    now = parts.clock.now_ms()
    await parts.ledger.reserve("req_1", "", Amounts(cost_nano=NANO, tokens=1), now, now + 10**9)
    parts.clock.advance(86_400)
    assert parts.ledger.standings(parts.clock.now_ms())[0].reserved == 0
    assert parts.ledger.settle("req_1", "", Amounts(cost_nano=NANO, tokens=1), now) == []
    (standing,) = parts.ledger.standings(parts.clock.now_ms())
    assert (standing.spent, standing.reserved) == (0, 0)


async def test_bad_budgets_are_refused_by_name(parts: Parts) -> None:
    with pytest.raises(NotFound, match="no key 'nobody'"):
        await parts.budgets.set([BudgetDraft(key_id="nobody", limit=1)])
    with pytest.raises(Unprocessable, match="limit"):
        await parts.budgets.set([BudgetDraft(key_id=None, limit=-1)])
    with pytest.raises(Unprocessable, match="whole number"):
        await parts.budgets.set([BudgetDraft(key_id=None, limit=1.5, unit=Unit.TOKENS)])
    with pytest.raises(Unprocessable, match="thresholds"):
        await parts.budgets.set([BudgetDraft(key_id=None, limit=1, thresholds=(101,))])
    with pytest.raises(NotFound):
        await parts.budgets.delete(None)
    assert await parts.budgets.list() == ()


async def test_the_budgets_of_a_key_go_with_it(parts: Parts) -> None:
    key = (await parts.keys.create(KeyDraft(name="laptop"))).record
    await parts.budgets.set([BudgetDraft(key_id=key.id, limit=10), BudgetDraft(key_id=None, limit=20)])
    await parts.keys.delete(key.id)
    assert [one.key_id for one in await parts.budgets.list()] == [None]
