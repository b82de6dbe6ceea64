"""What the installation knows of itself: short texts by name, some of them sealed."""

import os

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from omniroute.kit.secret import Secret
from omniroute.storage import tables
from omniroute.storage.database import Database, insert_or_ignore, upsert
from omniroute.storage.fit import require_fit
from omniroute.storage.secrets import Sealer, place

CANARY = "canary"

_PEPPER = "api_key_pepper"
_PEPPER_BYTES = 32
_TABLE = tables.meta


def meta_place(name: str) -> str:
    """Name where the sealed value `name` lives."""
    return place("meta", name, "value")


class Meta:
    """The table `meta`."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def get(self, name: str) -> str | None:
        """Return the value, or None."""
        async with self._database.reading() as connection:
            return await _find(connection, name)

    async def put(self, name: str, value: str) -> None:
        """Store the value, over what was there."""
        values = require_fit(_TABLE, {"name": name, "value": value})
        async with self._database.transaction() as connection:
            await connection.execute(upsert(connection, _TABLE, ["value"]), values)

    async def put_if_absent(self, name: str, value: str) -> str:
        """Store the value unless there is one, and return the one that counts."""
        values = require_fit(_TABLE, {"name": name, "value": value})
        async with self._database.transaction() as connection:
            await connection.execute(insert_or_ignore(connection, _TABLE), values)
            return await _find(connection, name) or value

    async def check_key(self) -> None:
        """Raise WrongKey unless the sealing key is the one that this database was made with."""
        stored = await self.get(CANARY)
        if stored is None:
            stored = await self.put_if_absent(CANARY, self._sealer.make_canary(meta_place(CANARY)))
        self._sealer.check_canary(stored, meta_place(CANARY))

    async def api_key_pepper(self) -> bytes:
        """Return the 32 secret bytes that key the hashes of API keys; they are made once."""
        stored = await self.get(_PEPPER)
        if stored is None:
            fresh = Secret(os.urandom(_PEPPER_BYTES).hex())
            stored = await self.put_if_absent(_PEPPER, self._sealer.seal(fresh, meta_place(_PEPPER)))
        return bytes.fromhex(self._sealer.open(stored, meta_place(_PEPPER)).reveal())


async def _find(connection: AsyncConnection, name: str) -> str | None:
    found: str | None = await connection.scalar(select(_TABLE.c.value).where(_TABLE.c.name == name))
    return found
