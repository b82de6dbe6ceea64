"""Policies come back as they were stored; spending is summed by key."""

from dataclasses import replace

import pytest

from omniroute.kit.errors import Conflict, NotFound
from omniroute.storage.budgets import Budgets
from omniroute.storage.database import Database
from omniroute.storage.policies import Policies
from omniroute.storage.rows import PolicyRow, RequestRow
from omniroute.storage.usage import UsageRows

POLICY = PolicyRow(
    id="pol_1",
    name="no",
    position=5,
    state="active",
    conditions={"models": ["gpt-*"], "headers": {"x": "ä"}},
    effects={"deny": True},
    created_at=2,
    updated_at=3,
)
OTHER = replace(POLICY, id="pol_2", name="other", position=1)


@pytest.fixture
def policies(database: Database) -> Policies:
    return Policies(database)


async def test_policies_come_back_in_their_order(policies: Policies) -> None:
    await policies.add(POLICY)
    await policies.add(OTHER)
    await policies.add(replace(POLICY, id="pol_3", name="older", created_at=1))
    assert [row.id for row in await policies.list()] == ["pol_2", "pol_3", "pol_1"]
    assert await policies.get("pol_1") == POLICY


async def test_names_are_unique_and_what_is_gone_is_not_found(policies: Policies) -> None:
    await policies.add(POLICY)
    await policies.add(OTHER)
    for wrong in (policies.add(replace(POLICY, id="pol_3")), policies.update(replace(OTHER, name="no"))):
        with pytest.raises(Conflict):
            await wrong
    await policies.update(replace(POLICY, state="draft"))
    assert (await policies.get("pol_1")).state == "draft"
    await policies.delete("pol_1")
    for gone in (policies.get("pol_1"), policies.delete("pol_1"), policies.update(POLICY)):
        with pytest.raises(NotFound):
            await gone


def request(number: int, minute: int, key_id: str | None, cost_nano: int | None) -> RequestRow:
    return RequestRow(
        id=f"req_{number}",
        started_at=minute * 60_000,
        key_id=key_id,
        address=None,
        user_agent=None,
        format="gemini",
        path="/",
        requested_model="m",
        stream=False,
        outcome="ok",
        status=200,
        provider="p",
        connection_id="c",
        model="m",
        latency_us=1,
        cost_nano=cost_nano,
        tags=("a", "ä"),
        policies=("no",),
    )


async def test_spending_is_summed_by_key_from_a_minute_on(database: Database) -> None:
    usage = UsageRows(database)
    await usage.write(
        [
            request(1, 10, "key_1", 5),
            request(2, 11, "key_1", 7),
            request(3, 12, "key_1", None),
            request(4, 11, "key_2", 1),
            request(5, 11, None, 2),
        ]
    )
    budgets = Budgets(database)
    assert await budgets.used(11 * 60_000) == {"key_1": (7, 0), "key_2": (1, 0), "": (2, 0)}
    assert await budgets.used(10 * 60_000) == {"key_1": (12, 0), "key_2": (1, 0), "": (2, 0)}
    assert await budgets.used(13 * 60_000) == {}
    assert {(row.tags, row.policies) for row in await usage.recent(9)} == {(("a", "ä"), ("no",))}
