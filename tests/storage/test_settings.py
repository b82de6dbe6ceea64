"""Groups of settings are JSON objects that come back as they were put."""

import pytest
from sqlalchemy import select

from omniroute.kit.json import JsonObject
from omniroute.storage import tables
from omniroute.storage.database import Database
from omniroute.storage.settings import SettingGroups


class _Clock:
    def now_ms(self) -> int:
        return 1234

    def monotonic(self) -> float:
        return 0.0


@pytest.mark.parametrize("value", [{}, {"deep": {"list": [1, 2.5, None, True, "ä\0\ud83d"]}, "big": 2**80}])
async def test_a_group_comes_back_as_it_was_put(database: Database, value: JsonObject) -> None:
    groups = SettingGroups(database)
    assert await groups.get("routing") is None
    await groups.put("routing", {"old": 1})
    await groups.put("routing", value)
    assert await groups.get("routing") == value
    assert await groups.get("other") is None


async def test_a_group_knows_when_it_was_changed(database: Database) -> None:
    await SettingGroups(database, _Clock()).put("routing", {})
    async with database.reading() as connection:
        assert await connection.scalar(select(tables.settings.c.updated_at)) == 1234
