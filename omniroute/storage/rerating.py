"""Reckons what requests cost anew, piece by piece: each piece is one transaction over rows and sums alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import RowMapping, bindparam, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omniroute.formats.hub import Usage
from omniroute.storage import tables
from omniroute.storage.database import Database

_LOGS = tables.request_logs
_MINUTES = tables.usage_minutes
_PIECE = 500
_MINUTE_MS = 60_000
_ATTEMPTS = tables.request_attempts
_KEYS = ("minute", "key_id", "provider", "connection_id", "model", "combo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerated:
    """What came of a piece. `before` and `after` are nano-dollars; `next` is where the next piece begins.

    `deltas` are by how much the requests of a key in a minute (UTC ms) got dearer.
    """

    requests: int = 0
    changed: int = 0
    skipped: int = 0
    before: int = 0
    after: int = 0
    next: tuple[int, str] | None = None
    deltas: Sequence[tuple[str, int, int]] = field(default=())

    def plus(self, other: "Rerated") -> "Rerated":
        """Return the sums of both."""
        return Rerated(
            requests=self.requests + other.requests,
            changed=self.changed + other.changed,
            skipped=self.skipped + other.skipped,
            before=self.before + other.before,
            after=self.after + other.after,
        )


# Says what a usage costs: provider, model, when it began (UTC ms), tokens, service tier → nano-dollars and the price
# list's version, None twice when the price is not known.
Price = Callable[[str, str, int, Usage, str | None], tuple[int | None, str | None]]


class Rerating:
    """The columns of `request_logs` and `usage_minutes` that hold money."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def piece(
        self, start: tuple[int, str], until_ms: int, provider: str | None, model: str | None, price: Price
    ) -> Rerated:
        """Reckon the next requests after `start` (when one began, its id) that began before `until_ms`."""
        query = (
            select(_LOGS)
            .where(tuple_(_LOGS.c.started_at, _LOGS.c.id) > tuple_(*start), _LOGS.c.started_at < until_ms)
            .order_by(_LOGS.c.started_at, _LOGS.c.id)
            .limit(_PIECE)
            .with_for_update()
        )
        async with self._database.transaction() as connection:
            found = (await connection.execute(query)).mappings().all()
            wanted = [row for row in found if provider in {None, row["provider"]} and model in {None, row["model"]}]
            done = _Piece(price, await _elsewhere(connection, [row["id"] for row in wanted if row["attempts"]]))
            for row in wanted:
                done.take(row)
            await _write(connection, done)
        last = found[-1] if len(found) == _PIECE else None
        return Rerated(
            requests=len(wanted),
            changed=len(done.rows),
            skipped=done.skipped,
            before=done.before,
            after=done.after,
            next=None if last is None else (last["started_at"], last["id"]),
            deltas=[(key[1], key[0] * _MINUTE_MS, delta) for key, delta in done.deltas.items()],
        )


class _Piece:
    """The rows of one piece, reckoned anew."""

    def __init__(self, price: Price, elsewhere: Mapping[str, int]) -> None:
        """`elsewhere` is what answers cost that were not taken, by request; it stays as it is."""
        self._price = price
        self._elsewhere = elsewhere
        self.rows: list[dict[str, Any]] = []
        self.deltas: dict[tuple[Any, ...], int] = {}
        self.skipped = self.before = self.after = 0

    def take(self, row: RowMapping) -> None:
        """Reckon one row."""
        old = row["cost_nano"]
        self.before += old or 0
        cost, version = (None, None) if not _has_usage(row) else self._cost(row)
        if cost is None:
            self.skipped += 1
            self.after += old or 0
            return
        cost += self._elsewhere.get(row["id"], 0)
        self.after += cost
        if cost == old and version == row["price_version"]:
            return
        self.rows.append({"row_id": row["id"], "cost": cost, "version": version})
        delta = cost - (old or 0)
        if delta:
            minute = row["started_at"] // _MINUTE_MS
            key = (minute, *(row[name] or "" for name in _KEYS[1:]))
            self.deltas[key] = self.deltas.get(key, 0) + delta

    def _cost(self, row: RowMapping) -> tuple[int | None, str | None]:
        usage = Usage(
            input=row["input_tokens"],
            output=row["output_tokens"],
            cache_read=row["cache_read_tokens"],
            cache_write=row["cache_write_tokens"],
            reasoning=row["reasoning_tokens"],
            **(row["usage_more"] or {}),
        )
        return self._price(row["provider"], row["model"], row["started_at"], usage, row["service_tier"])


async def _elsewhere(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, int]:
    """Return what the tries of these requests cost whose answers were not taken."""
    total = func.sum(_ATTEMPTS.c.cost_nano)
    query = select(_ATTEMPTS.c.request_id, total).where(_ATTEMPTS.c.request_id.in_(ids), _ATTEMPTS.c.cost_nano > 0)
    found = await connection.execute(query.group_by(_ATTEMPTS.c.request_id))
    return {request_id: int(cost) for request_id, cost in found}


def _has_usage(row: RowMapping) -> bool:
    return (
        row["provider"] is not None
        and row["model"] is not None
        and (row["input_tokens"] is not None or row["output_tokens"] is not None or bool(row["usage_more"]))
    )


async def _write(connection: AsyncConnection, done: _Piece) -> None:
    if done.rows:
        change = (
            update(_LOGS)
            .where(_LOGS.c.id == bindparam("row_id"))
            .values(cost_nano=bindparam("cost"), price_version=bindparam("version"))
        )
        await connection.execute(change, done.rows)
    if done.deltas:
        columns = _MINUTES.c
        add = (
            update(_MINUTES)
            .where(*(columns[name] == bindparam(f"its_{name}") for name in _KEYS))
            .values(cost_nano=columns.cost_nano + bindparam("delta"))
        )
        sums = [
            {**{f"its_{name}": part for name, part in zip(_KEYS, key, strict=True)}, "delta": delta}
            for key, delta in sorted(done.deltas.items())
        ]
        await connection.execute(add, sums)
