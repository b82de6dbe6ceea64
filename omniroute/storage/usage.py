"""The request log and its sums a minute: written in batches, replayable, read by key and never by scan."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from operator import add, attrgetter, itemgetter
from typing import Any

from sqlalchemy import BigInteger, RowMapping, String, Table, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from omniroute.kit.errors import Conflict
from omniroute.kit.json import dumps
from omniroute.storage import tables
from omniroute.storage.database import Database, insert, insert_or_ignore, upsert_add
from omniroute.storage.fit import MOST, bounded, clipped, lengths
from omniroute.storage.rows import AttemptRow, MinuteRow, RequestRow

_LOGS = tables.request_logs
_ATTEMPTS = tables.request_attempts
_MINUTES = tables.usage_minutes
_LISTS = ("losses", "tags", "policies")
_LOG_FIELDS = tuple(one.name for one in fields(RequestRow) if one.name not in {*_LISTS, "attempts", "usage_more"})
_ATTEMPT_FIELDS = tuple(one.name for one in fields(AttemptRow))
_KEYS = ("minute", "key_id", "provider", "connection_id", "model")
_ADDED = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "cost_nano")
_SUMS = ("requests", "failures", *_ADDED, "latency_us", "first_token_us", "first_token_count")
_NAME_LENGTHS = [lengths(_MINUTES)[name] for name in _KEYS[1:]]
_added = attrgetter(*_ADDED)
_MINUTE_MS = 60_000
# An IN list is cut into pieces, as a statement's parameters are limited: to 32,766 by SQLite, 32,767 by PostgreSQL.
_CHUNK = 1000
# Another process may write the same rows at the same moment: then they are known at the second try.
_TRIES = 3
# A client that goes away is not a failure of ours.
_FINE = frozenset({"ok", "client_closed"})


class UsageRows:
    """The tables `request_logs`, `request_attempts` and `usage_minutes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, rows: Sequence[RequestRow]) -> int:
        """Store the rows in one transaction and return how many were new; known ones are neither stored nor summed."""
        unique = {row.id: row for row in rows}
        # Rows are nearly always new, so the look at what is known waits until one is found to be there.
        with suppress(Conflict):
            return await self._write_new(unique, look=False)
        for _ in range(_TRIES - 1):
            with suppress(Conflict):
                return await self._write_new(unique, look=True)
        return await self._write_new(unique, look=True)

    async def _write_new(self, rows: Mapping[str, RequestRow], *, look: bool) -> int:
        async with self._database.transaction() as connection:
            known = await _find_known(connection, list(rows)) if look else ()
            fresh = [row for one, row in rows.items() if one not in known]
            if not fresh:
                return 0
            await _insert_logs(connection, fresh)
            attempts = [_attempt(row, one) for row in fresh for one in _told_attempts(row)]
            if attempts:
                await connection.execute(insert_or_ignore(connection, _ATTEMPTS), attempts)
            await connection.execute(upsert_add(connection, _MINUTES, _SUMS), _sums(fresh))
        return len(fresh)

    async def recent(self, limit: int, before: tuple[int, str] | None = None) -> tuple[RequestRow, ...]:
        """Return the newest rows; `before` is `started_at` and `id` of the last row of the page above.

        Attempts are there where more than one was made or the only one failed.
        """
        query = select(_LOGS).order_by(_LOGS.c.started_at.desc(), _LOGS.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(tuple_(_LOGS.c.started_at, _LOGS.c.id) < tuple_(*before))
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).mappings().all()
            attempts = await _find_attempts(connection, [row["id"] for row in found if row["attempts"]])
        return tuple(_read(row, attempts.get(row["id"], [])) for row in found)

    async def known(self, ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are stored."""
        async with self._database.reading() as connection:
            return await _find_known(connection, ids)

    async def minutes(self, since_minute: int) -> tuple[MinuteRow, ...]:
        """Return the sums from `since_minute` on, oldest first."""
        query = select(_MINUTES).where(_MINUTES.c.minute >= since_minute)
        async with self._database.reading() as connection:
            found = await connection.execute(query.order_by(*(_MINUTES.c[name] for name in _KEYS)))
            return tuple(MinuteRow(**row) for row in found.mappings())

    async def spent(self, since_minute: int) -> dict[str, int]:
        """Return what each key has cost from `since_minute` on, in billionths of a dollar; "" is no key."""
        query = select(_MINUTES.c.key_id, func.sum(_MINUTES.c.cost_nano)).where(_MINUTES.c.minute >= since_minute)
        async with self._database.reading() as connection:
            found = await connection.execute(query.group_by(_MINUTES.c.key_id))
            return {key_id: int(total) for key_id, total in found}


async def _find_known(connection: AsyncConnection, ids: Sequence[str]) -> set[str]:
    """Return those of the ids that are stored already."""
    known: set[str] = set()
    for start in range(0, len(ids), _CHUNK):
        query = select(_LOGS.c.id).where(_LOGS.c.id.in_(ids[start : start + _CHUNK]))
        known.update((await connection.execute(query)).scalars())
    return known


async def _insert_logs(connection: AsyncConnection, rows: Sequence[RequestRow]) -> None:
    """Insert by the driver's own executemany: SQLAlchemy's takes as long again as SQLite itself."""
    made = [_log(row) for row in rows]
    statement = insert(connection, _LOGS).compile(dialect=connection.dialect, column_keys=list(made[0]))
    ordered = itemgetter(*(statement.positiontup or ()))
    await connection.exec_driver_sql(str(statement), [ordered(row) for row in made])


class _Shape:
    """Turns one kind of value into a row that both databases take, whatever a client or provider put there."""

    def __init__(self, table: Table, names: Sequence[str]) -> None:
        limits = lengths(table)
        self._names = names
        self._values = attrgetter(*names)
        self._texts = [(name, limits[name]) for name in names if isinstance(table.c[name].type, String)]
        self._numbers = [name for name in names if isinstance(table.c[name].type, BigInteger)]

    def row(self, value: object) -> dict[str, Any]:
        """Return the row."""
        made: dict[str, Any] = dict(zip(self._names, self._values(value), strict=True))
        for name, length in self._texts:
            text = made[name]
            if text is not None:
                made[name] = clipped(text, length)
        for name in self._numbers:
            number = made[name]
            if number is not None and not -MOST <= number <= MOST:
                made[name] = bounded(number)
        return made


_log_shape = _Shape(_LOGS, _LOG_FIELDS)
_attempt_shape = _Shape(_ATTEMPTS, _ATTEMPT_FIELDS)


def _log(row: RequestRow) -> dict[str, Any]:
    made = _log_shape.row(row)
    made["attempts"] = len(row.attempts)
    for name in _LISTS:
        listed = getattr(row, name)
        made[name] = dumps(listed).decode() if listed else None
    made["usage_more"] = dumps(row.usage_more).decode() if row.usage_more else None
    return made


def _attempt(row: RequestRow, attempt: AttemptRow) -> dict[str, Any]:
    return _attempt_shape.row(attempt) | {"request_id": row.id}


def _told_attempts(row: RequestRow) -> tuple[AttemptRow, ...]:
    """Return the attempts that tell more than the request's own row."""
    is_plain = len(row.attempts) == 1 and row.attempts[0].failure is None
    return () if is_plain else row.attempts


def _sums(rows: Iterable[RequestRow]) -> list[dict[str, Any]]:
    """Add the rows up by minute and target."""
    sums: dict[tuple[Any, ...], list[int]] = {}
    nothing = [0] * len(_SUMS)
    for row in rows:
        key = (row.started_at // _MINUTE_MS, row.key_id, row.provider, row.connection_id, row.model)
        sums[key] = list(map(add, sums.get(key, nothing), _shares(row)))
    held: dict[tuple[Any, ...], list[int]] = {}
    for (minute, *names), totals in sums.items():
        fitting = (minute, *(clipped(name or "", limit) for name, limit in zip(names, _NAME_LENGTHS, strict=True)))
        held[fitting] = [bounded(one) for one in map(add, held.get(fitting, nothing), totals)]
    # In order, so that two writers that meet on PostgreSQL cannot block each other.
    return [dict(zip((*_KEYS, *_SUMS), (*key, *held[key]), strict=True)) for key in sorted(held)]


def _shares(row: RequestRow) -> tuple[int, ...]:
    """Return what one request adds to its minute, in the order of _SUMS."""
    first_token = row.first_token_us
    failed = int(row.outcome not in _FINE)
    added = (value or 0 for value in _added(row))
    return (1, failed, *added, row.latency_us, first_token or 0, int(first_token is not None))


async def _find_attempts(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, list[AttemptRow]]:
    found: dict[str, list[AttemptRow]] = {}
    for start in range(0, len(ids), _CHUNK):
        query = select(_ATTEMPTS).where(_ATTEMPTS.c.request_id.in_(ids[start : start + _CHUNK]))
        for row in (await connection.execute(query.order_by(_ATTEMPTS.c.number))).mappings():
            found.setdefault(row["request_id"], []).append(AttemptRow(**_only(row, _ATTEMPT_FIELDS)))
    return found


def _read(row: RowMapping, attempts: Sequence[AttemptRow]) -> RequestRow:
    lists: dict[str, Any] = {name: tuple(row[name] or ()) for name in _LISTS}
    return RequestRow(**_only(row, _LOG_FIELDS), **lists, usage_more=row["usage_more"], attempts=tuple(attempts))


def _only(row: RowMapping, names: Iterable[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}
