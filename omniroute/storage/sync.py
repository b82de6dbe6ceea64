"""Where the configuration is synced to, and what peers keep here for one another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select, update

from omniroute.kit.errors import Outdated
from omniroute.kit.ids import new_id
from omniroute.kit.json import dumps, loads
from omniroute.kit.secret import Secret
from omniroute.storage import tables
from omniroute.storage.database import Database, insert, insert_or_ignore, missing, require_hit
from omniroute.storage.fit import require_fit
from omniroute.storage.secrets import Sealer, place

_REMOTES = tables.sync_remotes
_OBJECTS = tables.sync_objects
_ONLY = "cloud"
_SECRETS = ("credential", "passphrase", "base")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRow:
    """The remote; `base` has the objects after the last sync, `revision` what was written there last."""

    kind: str
    url: str
    is_local: bool
    username: str | None
    region: str | None
    credential: Secret | None = field(repr=False)
    passphrase: Secret = field(repr=False)
    base: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    is_enabled: bool = False
    version: str | None = None
    revision: int = 0
    synced_at: int | None = None
    error: str | None = None
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRow:
    """What a peer keeps here; `version` changes with every write."""

    name: str
    version: str
    data: bytes = field(repr=False)
    updated_at: int


class SyncRemotes:
    """The table `sync_remotes`, which has one row at most."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def get(self) -> RemoteRow | None:
        """Return the remote, None when there is none."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(_REMOTES))).mappings().one_or_none()
        if row is None:
            return None
        values = {name: row[name] for name in row if name != "id" and not name.endswith("_sealed")}
        opened = {name: self._open(name, row[f"{name}_sealed"]) for name in _SECRETS}
        base, passphrase = opened["base"], opened["passphrase"]
        return RemoteRow(
            **values,
            credential=opened["credential"],
            passphrase=passphrase or Secret(""),
            base={} if base is None else loads(base.reveal()),
        )

    def _open(self, name: str, sealed: str | None) -> Secret | None:
        return None if sealed is None else self._sealer.open(sealed, _place(name))

    async def put(self, row: RemoteRow) -> None:
        """Store the remote, over what was there."""
        secrets = {
            "credential": row.credential,
            "passphrase": row.passphrase,
            "base": Secret(dumps(row.base).decode()),
        }
        sealed = {
            f"{name}_sealed": None if value is None else self._sealer.seal(value, _place(name))
            for name, value in secrets.items()
        }
        plain = {
            name: getattr(row, name)
            for name in (one.name for one in _REMOTES.columns)
            if name != "id" and not name.endswith("_sealed")
        }
        values = require_fit(_REMOTES, {"id": _ONLY, **plain, **sealed})
        async with self._database.transaction() as connection:
            await connection.execute(delete(_REMOTES))
            await connection.execute(insert(connection, _REMOTES), values)

    async def remove(self) -> None:
        """Forget the remote."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(_REMOTES))


class SyncObjects:
    """The table `sync_objects`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> ObjectRow:
        """Return an object; raise NotFound."""
        async with self._database.reading() as connection:
            query = select(_OBJECTS).where(_OBJECTS.c.name == name)
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise missing("object", name)
        return ObjectRow(**row)

    async def put(self, name: str, data: bytes, version: str | None, now: int) -> str:
        """Write over `version`, or only where there is nothing yet; return the new version, or raise Outdated."""
        values = {"name": name, "version": new_id("v"), "data": data, "updated_at": now}
        require_fit(_OBJECTS, values)
        async with self._database.transaction() as connection:
            if version is None:
                done = await connection.execute(insert_or_ignore(connection, _OBJECTS), values)
            else:
                held = (_OBJECTS.c.name == name) & (_OBJECTS.c.version == version)
                done = await connection.execute(update(_OBJECTS).where(held).values(values))
        if done.rowcount != 1:
            raise Outdated("another instance wrote meanwhile: read it again")
        return str(values["version"])

    async def delete(self, name: str) -> None:
        """Remove an object; raise NotFound."""
        async with self._database.transaction() as connection:
            require_hit(await connection.execute(delete(_OBJECTS).where(_OBJECTS.c.name == name)), "object", name)


def _place(name: str) -> str:
    return place(_REMOTES.name, _ONLY, f"{name}_sealed")
