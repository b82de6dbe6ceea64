"""What is held against providers, connections and models."""

from dataclasses import replace

import pytest

from omniroute.storage.breakers import Breakers
from omniroute.storage.database import Database
from omniroute.storage.rows import BreakerRow

ROW = BreakerRow(
    provider="",
    connection_id="conn_1",
    model="gpt-5",
    grip="firm",
    reason="model_missing",
    message="words",
    failures=1,
    level=1,
    first_at=10,
    since=20,
    until=30,
)
PROVIDER = replace(ROW, provider="openai", connection_id="", model="", members=("conn_1", "conn_2"))


@pytest.fixture
def breakers(database: Database) -> Breakers:
    return Breakers(database)


async def test_the_latest_of_each_place_is_kept_until_it_is_gone(breakers: Breakers) -> None:
    await breakers.write([ROW, PROVIDER], [])
    later = replace(ROW, failures=2, until=60)
    await breakers.write([later], [])
    assert set(await breakers.list()) == {later, PROVIDER}
    await breakers.write([], [("", "conn_1", "gpt-5"), ("", "never", "there")])
    assert await breakers.list() == (PROVIDER,)


async def test_more_than_one_statement_can_hold_goes_in_one_batch(breakers: Breakers) -> None:
    rows = [replace(ROW, model=f"model-{number}") for number in range(1_200)]
    await breakers.write(rows, [])
    assert len(await breakers.list()) == 1_200
    await breakers.write([PROVIDER], [(row.provider, row.connection_id, row.model) for row in rows])
    assert await breakers.list() == (PROVIDER,)


async def test_whatever_an_upstream_said_is_made_to_fit(breakers: Breakers) -> None:
    await breakers.write([replace(ROW, message="a\0b\ud800", reason="r" * 99, until=2**70)], [])
    (found,) = await breakers.list()
    assert (len(found.reason), found.until) == (32, 2**63 - 1)
    assert "\0" not in found.message
