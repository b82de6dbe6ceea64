"""What the installation knows of itself."""

import asyncio

import pytest
from sqlalchemy import delete, select

from omniroute.storage import tables
from omniroute.storage.database import Database
from omniroute.storage.meta import CANARY, Meta
from omniroute.storage.secrets import Sealer, WrongKey, is_sealed


@pytest.fixture
def meta(database: Database, sealer: Sealer) -> Meta:
    return Meta(database, sealer)


async def test_a_value_is_put_over_the_old_one(meta: Meta) -> None:
    assert await meta.get("state") is None
    await meta.put("state", "new")
    await meta.put("state", "done")
    assert await meta.get("state") == "done"


async def test_the_first_of_two_wins(meta: Meta) -> None:
    assert await meta.put_if_absent("state", "first") == "first"
    assert await meta.put_if_absent("state", "second") == "first"


async def test_of_many_at_once_all_learn_the_one_that_counts(meta: Meta) -> None:
    told = await asyncio.gather(*(meta.put_if_absent("state", str(number)) for number in range(10)))
    assert set(told) == {await meta.get("state")}


async def test_the_pepper_is_made_once_and_sealed(meta: Meta, database: Database) -> None:
    peppers = await asyncio.gather(*(meta.api_key_pepper() for _ in range(5)))
    assert len(set(peppers)) == 1
    assert len(peppers[0]) == 32
    async with database.reading() as connection:
        query = select(tables.meta.c.value).where(tables.meta.c.name == "api_key_pepper")
        stored: str = (await connection.execute(query)).scalar_one()
    assert is_sealed(stored)
    assert peppers[0].hex() not in stored


async def test_the_key_that_made_the_database_passes(meta: Meta) -> None:
    await meta.check_key()


async def test_another_key_is_noticed_and_told_what_to_do(database: Database, sealer: Sealer) -> None:
    with pytest.raises(WrongKey, match="Put back the secret"):
        await Meta(database, Sealer(bytes(32))).check_key()
    await Meta(database, sealer).check_key()


async def test_a_lost_canary_is_made_again(meta: Meta, database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(delete(tables.meta).where(tables.meta.c.name == CANARY))
    await meta.check_key()
    assert is_sealed(await meta.get(CANARY) or "")
