"""What an operator sets at run time: one JSON object a group."""

from sqlalchemy import select

from omniroute.kit.clock import Clock, SystemClock
from omniroute.kit.json import JsonObject
from omniroute.storage import tables
from omniroute.storage.database import Database, upsert
from omniroute.storage.fit import require_fit

_TABLE = tables.settings


class SettingGroups:
    """The table `settings`."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    async def get(self, name: str) -> JsonObject | None:
        """Return the group, or None when it was never set."""
        query = select(_TABLE.c.value).where(_TABLE.c.name == name)
        async with self._database.reading() as connection:
            found: JsonObject | None = (await connection.execute(query)).scalar_one_or_none()
        return found

    async def put(self, name: str, value: JsonObject) -> None:
        """Store the group, over what was there."""
        values = require_fit(_TABLE, {"name": name, "value": value, "updated_at": self._clock.now_ms()})
        async with self._database.transaction() as connection:
            await connection.execute(upsert(connection, _TABLE, ["value", "updated_at"]), values)
