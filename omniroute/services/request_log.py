"""The request log: which AI requests came, where they went and why, and what they cost; page by page or in full."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from omniroute.kit.errors import NotFound
from omniroute.kit.json import JsonObject
from omniroute.services.moments import milliseconds, moment
from omniroute.services.rules import fault, within
from omniroute.state.live import ActiveRequest
from omniroute.storage.connections import Connections
from omniroute.storage.request_logs import LogFilter, Position
from omniroute.storage.rows import AttemptRow, RequestRow
from omniroute.storage.usage import UsageRows

MOST = 1_000
MOST_LINES = 200
LONGEST_SEARCH = 200
OUTCOMES = ("ok", "failed", "truncated", "client_closed", "refused")
_CURSOR = re.compile(r"([0-9]{1,15})-([\x21-\x7e]{1,64})")
_STATUS = re.compile(r"ok|error|[1-5][0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a target; `failure` is None for the one that answered. Cost: of an answer that was not taken.

    `started_ms` counts from the request's beginning.
    """

    number: int
    provider: str
    connection_id: str
    model: str
    started_ms: float
    latency_ms: float
    status: int | None
    failure: str | None
    message: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """One AI request as it ended. `cursor` asks for what came before it; None means not known."""

    id: str
    cursor: str
    started_at: datetime
    key_id: str | None
    address: str | None
    user_agent: str | None
    format: str
    kind: str
    path: str
    requested_model: str
    combo: str | None
    stream: bool
    outcome: str
    status: int
    provider: str | None
    connection_id: str | None
    model: str | None
    latency_ms: float
    first_token_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    usage_source: str
    cost_usd: float | None
    price_version: str | None
    error_kind: str | None
    error_message: str | None
    losses: tuple[str, ...]
    tags: tuple[str, ...]
    policies: tuple[str, ...]
    decision: JsonObject | None
    attempts: tuple[Attempt, ...]
    cache: str | None
    saved_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which requests to list. `status` is ok, error or a number; `until` is exclusive; `search` is part of a text."""

    status: str | None = None
    outcome: str | None = None
    model: str | None = None
    provider: str | None = None
    connection: str | None = None
    key: str | None = None
    combo: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page, and the cursor of the next one; None when there is none. A search may give a page with few rows."""

    requests: tuple[LoggedRequest, ...]
    following: str | None


_ALL = Wanted()


class RequestLog:
    """Reads the log. `active` gives the requests that are under way."""

    def __init__(
        self, *, rows: UsageRows, connections: Connections, active: Callable[[], Sequence[ActiveRequest]]
    ) -> None:
        self._rows = rows
        self._connections = connections
        self._active = active

    async def recent(self, limit: int, before: str | None = None) -> tuple[LoggedRequest, ...]:
        """Return the newest requests, or those before the cursor of one."""
        return (await self.page(limit, before)).requests

    async def page(self, limit: int, before: str | None = None, wanted: Wanted = _ALL) -> Listed:
        """Return a page of the requests that are wanted, the newest first; raise Unprocessable on a bad value."""
        within(limit, "limit", least=1, most=MOST)
        page = await self._rows.page(limit, _position(before), _filter(wanted))
        following = None if page.following is None else _cursor(page.following)
        return Listed(requests=tuple(_logged(row) for row in page.rows), following=following)

    async def get(self, request_id: str) -> LoggedRequest:
        """Return one request in full; raise NotFound."""
        row = await self._rows.find(request_id)
        if row is None:
            raise NotFound(f"There is no request {request_id!r} in the log.")
        return _logged(row)

    async def lines(self, limit: int = MOST_LINES) -> tuple[str, ...]:
        """Return the newest requests as lines of text, those under way first."""
        names = {row.id: row.name for row in await self._connections.list()}
        rows = await self._rows.recent(within(limit, "limit", least=1, most=MOST_LINES))
        pending = [_pending(one, names) for one in reversed(self._active())]
        return (*pending, *(_line(row, names) for row in rows))[:limit]


def _filter(wanted: Wanted) -> LogFilter:
    status = wanted.status
    if status is not None and not _STATUS.fullmatch(status):
        raise fault("status", "status must be ok, error or an HTTP status")
    if wanted.outcome not in {None, *OUTCOMES}:
        raise fault("outcome", f"outcome must be one of {', '.join(OUTCOMES)}")
    if wanted.search is not None and not 1 <= len(wanted.search) <= LONGEST_SEARCH:
        raise fault("search", f"search must have 1 to {LONGEST_SEARCH} characters")
    return LogFilter(
        status=int(status) if status is not None and status.isdecimal() else None,
        is_failure={"ok": False, "error": True}.get(status or ""),
        outcome=wanted.outcome,
        model=wanted.model,
        provider=wanted.provider,
        connection_id=wanted.connection,
        key_id=wanted.key,
        combo=wanted.combo,
        since=None if wanted.since is None else milliseconds(wanted.since),
        until=None if wanted.until is None else milliseconds(wanted.until),
        text=wanted.search,
    )


def _cursor(position: Position) -> str:
    return f"{position[0]}-{position[1]}"


def _position(cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise fault("before", "before must be the cursor of a row that an earlier answer held")
    return int(match[1]), match[2]


_SAME = {one.name for one in fields(LoggedRequest)} & {one.name for one in fields(RequestRow)} - {
    "started_at",
    "attempts",
}


def _logged(row: RequestRow) -> LoggedRequest:
    return LoggedRequest(
        **{name: getattr(row, name) for name in _SAME},
        cursor=_cursor((row.started_at, row.id)),
        started_at=moment(row.started_at),
        latency_ms=row.latency_us / 1_000,
        first_token_ms=None if row.first_token_us is None else row.first_token_us / 1_000,
        cost_usd=dollars(row.cost_nano),
        attempts=tuple(_attempt(one) for one in row.attempts),
        saved_usd=None if row.saved_nano is None else row.saved_nano / 1_000_000_000,
    )


def dollars(nano: int | None) -> float | None:
    """Return billionths of a dollar as dollars."""
    return None if nano is None else nano / 1_000_000_000


def _attempt(row: AttemptRow) -> Attempt:
    return Attempt(
        number=row.number,
        provider=row.provider,
        connection_id=row.connection_id,
        model=row.model,
        started_ms=row.started_us / 1_000,
        latency_ms=row.latency_us / 1_000,
        status=row.status,
        failure=row.failure,
        message=row.message,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost_usd=dollars(row.cost_nano),
    )


def _line(row: RequestRow, names: dict[str, str]) -> str:
    state = "200 OK" if row.outcome == "ok" else f"FAILED {row.status}"
    account = names.get(row.connection_id or "", row.connection_id or "-")
    tokens = (str(value) if value is not None else "-" for value in (row.input_tokens, row.output_tokens))
    model = row.model or row.requested_model
    return " | ".join((_time(row.started_at), model, (row.provider or "-").upper(), account, *tokens, state))


def _pending(one: ActiveRequest, names: dict[str, str]) -> str:
    provider, connection, model = one.running.at or ("-", "", one.model)
    return " | ".join(
        (_time(one.started_ms), model, provider.upper(), names.get(connection, connection or "-"), "-", "-", "PENDING")
    )


def _time(at_ms: int) -> str:
    return moment(at_ms).strftime("%d-%m-%Y %H:%M:%S")
