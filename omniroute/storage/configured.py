"""The configuration that instances share, as named objects: no ids and no times, which differ from place to place.

An object is named by its table and by what people call it: `combos/fast`, `connections/openai/Work`. Ids inside are
spelled the same way. Secrets are open in it, so it leaves a machine only encrypted. What belongs to one place (keys,
sign-in, proxies, address filter, backups) is not part of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict, Unprocessable
from omniroute.kit.ids import new_id
from omniroute.kit.json import JsonObject
from omniroute.kit.secret import Secret
from omniroute.storage import tables
from omniroute.storage.database import Database
from omniroute.storage.fit import require_fit
from omniroute.storage.secrets import Sealer, place

Objects = Mapping[str, Mapping[str, Any]]
_OF_ONE_PLACE = frozenset({"login", "backups", "proxy", "ipFilter"})
_UNSHARED = frozenset({"id", "created_at", "updated_at", "version", "secret_hint"})
_SEALED = "_sealed"
SECRET_FIELDS = frozenset({"secret", "headers"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A table that is shared: how a row is called, and which rows are."""

    table: Table
    name: tuple[str, ...]
    prefix: str | None = None  # of the ids of its rows, which may stand in other rows
    shared: Callable[[Mapping[str, Any]], bool] = lambda _row: True


# In the order in which they are written: what others name comes first.
_KINDS = (
    _Kind(table=tables.nodes, name=("prefix",), prefix="node"),
    _Kind(table=tables.connections, name=("provider", "name"), prefix="conn"),
    _Kind(table=tables.combos, name=("name",), prefix="combo"),
    _Kind(table=tables.model_aliases, name=("pattern",)),
    _Kind(table=tables.policies, name=("name",), prefix="policy"),
    _Kind(table=tables.custom_models, name=("provider", "model")),
    _Kind(table=tables.price_overrides, name=("provider", "model")),
    _Kind(table=tables.budgets, name=("period", "unit"), shared=lambda row: row["key_id"] == ""),
    _Kind(table=tables.settings, name=("name",), shared=lambda row: row["name"] not in _OF_ONE_PLACE),
)
_BY_TABLE = {kind.table.name: kind for kind in _KINDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The objects, and the rows that they stand for."""

    objects: dict[str, JsonObject]
    rows: dict[str, Mapping[str, Any]]


class Configured:
    """Reads the shared configuration, and changes it in one transaction."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    async def read(self) -> Objects:
        """Return all objects as they are at one moment."""
        async with self._database.reading() as connection:
            return (await self._found(connection)).objects

    async def apply(self, expected: Objects, wanted: Objects) -> None:
        """Turn `expected` into `wanted`; raise Conflict when it is not what is there, Unprocessable for bad values."""
        async with self._database.transaction() as connection:
            found = await self._found(connection)
            if found.objects != expected:
                raise Conflict("the configuration was changed meanwhile: try again", code="changed_meanwhile")
            _require_known(wanted)
            for name in reversed(found.rows):
                if name not in wanted:
                    await _delete(connection, _kind_of(name).table, found.rows[name])
            ids = _ids({name: row for name, row in found.rows.items() if name in wanted})
            for kind in _KINDS:
                for name in sorted(one for one in wanted if _kind_of(one) is kind):
                    if found.objects.get(name) != wanted[name]:
                        made = self._row(kind, name, wanted[name], found.rows.get(name), ids)
                        await _write(connection, kind.table, made, found.rows.get(name))

    async def _found(self, connection: AsyncConnection) -> _Found:
        rows: dict[str, Mapping[str, Any]] = {}
        tokens: dict[str, str] = {}
        for kind in _KINDS:
            query = select(kind.table).order_by(*_order(kind.table))
            for row in (await connection.execute(query)).mappings():
                if not kind.shared(dict(row)):
                    continue
                called = "/".join(str(tokens.get(row[one], row[one])) for one in kind.name)
                name = _free(f"{kind.table.name}/{called}", rows)
                rows[name] = dict(row)
                if kind.prefix is not None:
                    tokens[row["id"]] = f"@{name}"
        return _Found(objects={name: self._object(name, row, tokens) for name, row in rows.items()}, rows=rows)

    def _object(self, name: str, row: Mapping[str, Any], tokens: Mapping[str, str]) -> JsonObject:
        table = _kind_of(name).table
        made: JsonObject = {}
        for column, value in row.items():
            if column.endswith(_SEALED):
                where = place(table.name, row["id"], column)
                opened = None if value is None else self._sealer.open(value, where).reveal()
                made[column.removesuffix(_SEALED)] = opened
            elif column not in _UNSHARED:
                made[column] = _renamed(value, tokens)
        return made

    def _row(
        self,
        kind: _Kind,
        name: str,
        wanted: Mapping[str, Any],
        old: Mapping[str, Any] | None,
        ids: dict[str, str],
    ) -> JsonObject:
        """Return the columns of an object, its secrets sealed; a new one gets an id."""
        table, now = kind.table, self._clock.now_ms()
        made: JsonObject = {"updated_at": now}
        if old is None and "created_at" in table.c:
            made["created_at"] = now
        if kind.prefix is not None:
            made["id"] = ids[f"@{name}"] = old["id"] if old is not None else new_id(kind.prefix)
        for column in table.columns:
            field = column.name.removesuffix(_SEALED)
            if column.name.endswith(_SEALED) and field in wanted:
                where = place(table.name, made["id"], column.name)
                made[column.name] = None if wanted[field] is None else self._sealer.seal(Secret(wanted[field]), where)
            elif field in wanted:
                made[column.name] = _renamed(wanted[field], ids)
        if "secret_hint" in table.c:
            made["secret_hint"] = None if wanted.get("secret") is None else Secret(wanted["secret"]).hint()
        return made


async def _write(connection: AsyncConnection, table: Table, made: JsonObject, old: Mapping[str, Any] | None) -> None:
    if "version" in table.c:
        made["version"] = (await connection.scalar(select(func.max(table.c.version))) or 0) + 1
    require_fit(table, made)
    if old is None:
        await connection.execute(insert(table), made)
    else:
        await connection.execute(update(table).where(*_same(table, old)).values(made))


def kind_and_name(name: str) -> tuple[str, str]:
    """Take an object's name apart: its table, and what people call it."""
    kind, _, rest = name.partition("/")
    return kind, rest


def masked(value: Mapping[str, Any] | None) -> JsonObject | None:
    """Return an object as people may see it: secrets as hints that still tell two apart."""
    if value is None:
        return None
    return {
        name: Secret(one).hint() if name in SECRET_FIELDS and isinstance(one, str) else one
        for name, one in value.items()
    }


def _require_known(wanted: Objects) -> None:
    """Raise Unprocessable for an object that this version cannot hold."""
    for name, value in wanted.items():
        table = _kind_of(name).table
        fields = {one.name.removesuffix(_SEALED) for one in table.columns if one.name not in _UNSHARED}
        missing = {
            one.name.removesuffix(_SEALED) for one in table.columns if not one.nullable and one.name not in _UNSHARED
        }
        if not value.keys() <= fields or not missing <= value.keys():
            raise Unprocessable(f"{name} has other fields than this version knows", code="newer_version")


def _kind_of(name: str) -> _Kind:
    kind = _BY_TABLE.get(kind_and_name(name)[0])
    if kind is None:
        raise Unprocessable(f"{name[:80]!r} is of a kind that this version does not know", code="newer_version")
    return kind


def _order(table: Table) -> Sequence[Any]:
    return [table.c.created_at, *table.primary_key] if "created_at" in table.c else list(table.primary_key)


def _free(name: str, taken: Mapping[str, object]) -> str:
    """Two connections may have one name after an import: the younger one is counted."""
    number, free = 2, name
    while free in taken:
        free, number = f"{name}#{number}", number + 1
    return free


def _ids(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {f"@{name}": row["id"] for name, row in rows.items() if _kind_of(name).prefix is not None}


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return a value with every text that is an id in it exchanged for its name, or the other way round."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [_renamed(one, names) for one in value]
    if isinstance(value, dict):
        return {name: _renamed(one, names) for name, one in value.items()}
    return value


def _same(table: Table, row: Mapping[str, Any]) -> Sequence[Any]:
    return [column == row[column.name] for column in table.primary_key]


async def _delete(connection: AsyncConnection, table: Table, row: Mapping[str, Any]) -> None:
    await connection.execute(delete(table).where(*_same(table, row)))
