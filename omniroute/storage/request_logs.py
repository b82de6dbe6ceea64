"""Reads the request log: filtered pages, each from where the one before ended, and single requests in full.

Every page costs about the same, however long the log is: pages go by position (`started_at`, `id`), each filter has an
index that ends in it, and a search in texts looks at no more than so many rows before it gives the page as it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from omniroute.storage import tables
from omniroute.storage.rows import AttemptRow, RequestRow

# How many rows a search in texts looks at for one page.
SEARCHED = 10_000
Position = tuple[int, str]  # started_at and id

_LOGS = tables.request_logs
_ATTEMPTS = tables.request_attempts
_LISTS = ("losses", "tags", "policies")
_OTHERS = frozenset({*_LISTS, "attempts", "decision", "usage_more"})
LOG_FIELDS = tuple(one.name for one in fields(RequestRow) if one.name not in _OTHERS)
ATTEMPT_FIELDS = tuple(one.name for one in fields(AttemptRow))
# An IN list is cut into pieces, as a statement's parameters are limited: to 32,766 by SQLite, 32,767 by PostgreSQL.
CHUNK = 1000
_SEARCHABLE = ("id", "requested_model", "model", "path", "user_agent", "error_kind", "error_message")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which requests. `model` is the one asked for or the one that answered; `text` stands anywhere in a text column.

    Times are UTC milliseconds, `until` exclusive.
    """

    status: int | None = None
    outcome: str | None = None
    is_failure: bool | None = None
    model: str | None = None
    provider: str | None = None
    connection_id: str | None = None
    key_id: str | None = None
    combo: str | None = None
    since: int | None = None
    until: int | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Requests, the newest first, and where the next page begins; None when there is none."""

    rows: tuple[RequestRow, ...]
    following: Position | None


_ALL = LogFilter()


async def read_page(
    connection: AsyncConnection, limit: int, before: Position | None = None, only: LogFilter = _ALL
) -> LogPage:
    """Return one page. Attempts are there where more than one was made or the only one failed."""
    found: dict[str, RowMapping] = {}
    seen_to: list[Position] = []
    for wanted in _conditions(only, before):
        rows, reached = await _scan(connection, wanted, limit, only.text)
        found.update((row["id"], row) for row in rows)
        if reached is not None:
            seen_to.append(reached)
    # What lies behind the nearest end of a scan may have gaps: the next page looks there again.
    edge = max(seen_to, default=None)
    ordered = sorted(found.values(), key=_position, reverse=True)
    ordered = [row for row in ordered if edge is None or _position(row) >= edge][:limit]
    attempts = await _find_attempts(connection, [row["id"] for row in ordered if row["attempts"]])
    following = _position(ordered[-1]) if len(ordered) == limit else edge
    return LogPage(rows=tuple(_read(row, attempts.get(row["id"], ())) for row in ordered), following=following)


async def _scan(
    connection: AsyncConnection, wanted: ColumnElement[bool], limit: int, text: str | None
) -> tuple[Sequence[RowMapping], Position | None]:
    """Return what one way in gives, and how far it was looked; None when that was to the end."""
    query = _newest(select(_LOGS).where(wanted))
    if text is None:
        rows = (await connection.execute(query.limit(limit))).mappings().all()
        return rows, _position(rows[-1]) if len(rows) == limit else None
    looked = query.limit(SEARCHED).subquery()
    # What the text has of LIKE's own signs means itself.
    places = select(looked).where(or_(*(looked.c[name].icontains(text, autoescape=True) for name in _SEARCHABLE)))
    places = places.order_by(looked.c.started_at.desc(), looked.c.id.desc()).limit(limit)
    rows = (await connection.execute(places)).mappings().all()
    if len(rows) == limit:
        return rows, _position(rows[-1])
    last = _newest(select(_LOGS.c.started_at, _LOGS.c.id).where(wanted)).offset(SEARCHED - 1).limit(1)
    end = (await connection.execute(last)).one_or_none()
    return rows, None if end is None else (end[0], end[1])


async def read_one(connection: AsyncConnection, request_id: str) -> RequestRow | None:
    """Return one request, None when it is not there."""
    found = (await connection.execute(select(_LOGS).where(_LOGS.c.id == request_id))).mappings().one_or_none()
    if found is None:
        return None
    attempts = await _find_attempts(connection, [request_id])
    return _read(found, attempts.get(request_id, ()))


def _newest(query: Select[Any]) -> Select[Any]:
    return query.order_by(_LOGS.c.started_at.desc(), _LOGS.c.id.desc())


def _position(row: RowMapping) -> Position:
    return row["started_at"], row["id"]


def _conditions(only: LogFilter, before: Position | None) -> list[ColumnElement[bool]]:
    """Return what the rows must be like, in one condition for each index that has to be gone through."""
    same = {"provider": only.provider, "connection_id": only.connection_id, "key_id": only.key_id, "combo": only.combo}
    parts = [_LOGS.c[name] == value for name, value in same.items() if value is not None]
    parts += _of_end(only)
    if only.since is not None:
        parts.append(_LOGS.c.started_at >= only.since)
    if only.until is not None:
        parts.append(_LOGS.c.started_at < only.until)
    if before is not None:
        parts.append(tuple_(_LOGS.c.started_at, _LOGS.c.id) < tuple_(*before))
    if only.model is None:
        return [and_(True, *parts)]
    return [and_(_LOGS.c[name] == only.model, *parts) for name in ("requested_model", "model")]


def _of_end(only: LogFilter) -> list[ColumnElement[bool]]:
    """Say how requests must have ended; the index of those that did not end well is used where they are meant."""
    parts: list[ColumnElement[bool]] = []
    if only.status is not None:
        parts.append(_LOGS.c.status == only.status)
    if only.outcome is not None:
        parts.append(_LOGS.c.outcome == only.outcome)
    if only.is_failure is False:
        parts.append(_LOGS.c.outcome == "ok")
    is_bad = only.is_failure or only.outcome not in {None, "ok"} or (only.status is not None and only.status >= 400)  # noqa: PLR2004 - HTTP
    if is_bad:
        parts.append(_LOGS.c.outcome != "ok")
    return parts


async def _find_attempts(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, list[AttemptRow]]:
    found: dict[str, list[AttemptRow]] = {}
    for start in range(0, len(ids), CHUNK):
        query = select(_ATTEMPTS).where(_ATTEMPTS.c.request_id.in_(ids[start : start + CHUNK]))
        for row in (await connection.execute(query.order_by(_ATTEMPTS.c.number))).mappings():
            found.setdefault(row["request_id"], []).append(AttemptRow(**_only(row, ATTEMPT_FIELDS)))
    return found


def _read(row: RowMapping, attempts: Sequence[AttemptRow]) -> RequestRow:
    lists: dict[str, Any] = {name: tuple(row[name] or ()) for name in _LISTS}
    return RequestRow(
        **_only(row, LOG_FIELDS),
        **lists,
        usage_more=row["usage_more"],
        decision=row["decision"],
        attempts=tuple(attempts),
    )


def _only(row: RowMapping, names: Iterable[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}
