"""The request log and its sums a minute: written in batches, replayable, read by key and never by scan."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from operator import add, attrgetter
from typing import Any

from sqlalchemy import BigInteger, String, Table, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from omniroute.kit.errors import Conflict
from omniroute.kit.json import dumps
from omniroute.storage import tables
from omniroute.storage.database import Database, insert, insert_or_ignore, upsert_add
from omniroute.storage.fit import bounded, bounded_all, clipped, clipped_all, lengths
from omniroute.storage.request_logs import (
    ATTEMPT_FIELDS,
    CHUNK,
    LOG_FIELDS,
    LogFilter,
    LogPage,
    Position,
    read_one,
    read_page,
)
from omniroute.storage.rows import AttemptRow, MinuteRow, RequestRow, SumRow

_LOGS = tables.request_logs
_ATTEMPTS = tables.request_attempts
_MINUTES = tables.usage_minutes
_JSON = ("losses", "tags", "policies", "usage_more", "decision")
_KEYS = ("minute", "key_id", "provider", "connection_id", "model", "combo")
_ADDED = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "cost_nano")
_SUMS = ("requests", "failures", *_ADDED, "latency_us", "first_token_us", "first_token_count")
_NAME_LENGTHS = [lengths(_MINUTES)[name] for name in _KEYS[1:]]
_added = attrgetter(*_ADDED)
_paid = attrgetter("input_tokens", "output_tokens", "cost_nano")
_MINUTE_MS = 60_000
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
            told = [(row.id, one) for row in fresh for one in _told_attempts(row)]
            if told:
                await connection.execute(insert_or_ignore(connection, _ATTEMPTS), _attempts(told))
            await connection.execute(upsert_add(connection, _MINUTES, _SUMS), _sums(fresh))
        return len(fresh)

    async def recent(self, limit: int, before: Position | None = None) -> tuple[RequestRow, ...]:
        """Return the newest rows; `before` is `started_at` and `id` of the last row of the page above.

        Attempts are there where more than one was made or the only one failed.
        """
        return (await self.page(limit, before)).rows

    async def page(self, limit: int, before: Position | None = None, only: LogFilter | None = None) -> LogPage:
        """Return a page of the rows that `only` lets through."""
        async with self._database.reading() as connection:
            return await read_page(connection, limit, before, only or LogFilter())

    async def find(self, request_id: str) -> RequestRow | None:
        """Return one row, None when it is not there."""
        async with self._database.reading() as connection:
            return await read_one(connection, request_id)

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

    async def sums(
        self, since: int, until: int, *, step: int, by: str | None = None, only: Mapping[str, str] | None = None
    ) -> tuple[SumRow, ...]:
        """Return sums over spans of `step` minutes from minute `since` to before `until`, oldest first.

        `by` and the names in `only` are columns: key_id, provider, connection_id, model, combo. Spans begin at
        multiples of `step`, counted from 1970.
        """
        span = (_MINUTES.c.minute // step * step).label("minute")
        name = (literal("") if by is None else _MINUTES.c[by]).label("name")
        # A cast, as PostgreSQL's sum of big integers is a decimal.
        summed = [func.sum(_MINUTES.c[one]).cast(BigInteger).label(one) for one in _SUMS]
        last = func.max(_MINUTES.c.minute).label("last_minute")
        query = select(span, name, *summed, last).where(_MINUTES.c.minute >= since, _MINUTES.c.minute < until)
        query = query.where(*(_MINUTES.c[column] == value for column, value in (only or {}).items()))
        grouped = (span,) if by is None else (span, _MINUTES.c[by])
        async with self._database.reading() as connection:
            found = await connection.execute(query.group_by(*grouped).order_by(span, *grouped[1:]))
            return tuple(SumRow(**row) for row in found.mappings())


async def _find_known(connection: AsyncConnection, ids: Sequence[str]) -> set[str]:
    """Return those of the ids that are stored already."""
    known: set[str] = set()
    for start in range(0, len(ids), CHUNK):
        query = select(_LOGS.c.id).where(_LOGS.c.id.in_(ids[start : start + CHUNK]))
        known.update((await connection.execute(query)).scalars())
    return known


async def _insert_logs(connection: AsyncConnection, rows: Sequence[RequestRow]) -> None:
    """Insert by the driver's own executemany: SQLAlchemy's takes as long again as SQLite itself."""
    columns = _log_columns(rows)
    statement = insert(connection, _LOGS).compile(dialect=connection.dialect, column_keys=list(columns))
    ordered = [columns[name] for name in statement.positiontup or ()]
    await connection.exec_driver_sql(str(statement), list(zip(*ordered, strict=True)))


class _Shape:
    """Turns values into columns that both databases take, whatever a client or provider put there.

    By columns, as one look then does for all values of a batch, nearly always.
    """

    def __init__(self, table: Table, names: Sequence[str]) -> None:
        limits = lengths(table)
        self._values = attrgetter(*names)
        self._columns = [(name, _kind(table, name), limits[name]) for name in names]

    def columns(self, values: Iterable[object]) -> dict[str, Sequence[Any]]:
        """Return the columns of at least one value."""
        listed = zip(*map(self._values, values), strict=True)
        return {
            name: found if fit is None else fit(found, length)
            for (name, fit, length), found in zip(self._columns, listed, strict=True)
        }


_Fit = Callable[..., Sequence[Any]]


def _kind(table: Table, name: str) -> _Fit | None:
    kind = table.c[name].type
    return clipped_all if isinstance(kind, String) else bounded_all if isinstance(kind, BigInteger) else None


_log_shape = _Shape(_LOGS, LOG_FIELDS)
_attempt_shape = _Shape(_ATTEMPTS, ATTEMPT_FIELDS)


def _log_columns(rows: Sequence[RequestRow]) -> dict[str, Sequence[Any]]:
    made = _log_shape.columns(rows)
    made["attempts"] = [len(row.attempts) for row in rows]
    for name in _JSON:
        made[name] = [dumps(value).decode() if value else None for value in map(attrgetter(name), rows)]
    return made


def _attempts(told: Sequence[tuple[str, AttemptRow]]) -> list[dict[str, Any]]:
    columns = {"request_id": [one for one, _ in told], **_attempt_shape.columns(attempt for _, attempt in told)}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _told_attempts(row: RequestRow) -> tuple[AttemptRow, ...]:
    """Return the attempts that tell more than the request's own row."""
    is_plain = len(row.attempts) == 1 and row.attempts[0].failure is None
    return () if is_plain else row.attempts


def _sums(rows: Iterable[RequestRow]) -> list[dict[str, Any]]:
    """Add the rows up by minute and target."""
    sums: dict[tuple[Any, ...], list[int]] = {}
    nothing = [0] * len(_SUMS)
    for row in rows:
        for key, shares in _parts(row):
            sums[key] = list(map(add, sums.get(key, nothing), shares))
    held: dict[tuple[Any, ...], list[int]] = {}
    for (minute, *names), totals in sums.items():
        fitting = (minute, *(clipped(name or "", limit) for name, limit in zip(names, _NAME_LENGTHS, strict=True)))
        held[fitting] = [bounded(one) for one in map(add, held.get(fitting, nothing), totals)]
    # In order, so that two writers that meet on PostgreSQL cannot block each other.
    return [dict(zip((*_KEYS, *_SUMS), (*key, *held[key]), strict=True)) for key in sorted(held)]


def _parts(row: RequestRow) -> Iterator[tuple[tuple[Any, ...], tuple[int, ...]]]:
    """Give what one request adds, and to which sums: what a refused answer cost counts for the target that gave it."""
    minute = row.started_at // _MINUTE_MS
    elsewhere = 0
    for one in row.attempts:
        if one.cost_nano is not None or one.input_tokens is not None:
            tokens_in, tokens_out, cost = (value or 0 for value in _paid(one))
            elsewhere += cost
            key = (minute, row.key_id, one.provider, one.connection_id, one.model, row.combo)
            yield key, (0, 0, tokens_in, tokens_out, 0, 0, 0, cost, 0, 0, 0)
    yield (minute, row.key_id, row.provider, row.connection_id, row.model, row.combo), _shares(row, elsewhere)


def _shares(row: RequestRow, elsewhere: int) -> tuple[int, ...]:
    """Return what one request adds to the sums of its own target, in the order of _SUMS."""
    first_token = row.first_token_us
    failed = int(row.outcome not in _FINE)
    *tokens, cost = (value or 0 for value in _added(row))
    return (1, failed, *tokens, cost - elsewhere, row.latency_us, first_token or 0, int(first_token is not None))
