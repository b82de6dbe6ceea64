"""The request log, read page by page: which AI requests came, where they went and what they cost."""

import re
from dataclasses import dataclass
from datetime import datetime

from omniroute.services.moments import moment
from omniroute.services.rules import fault, within
from omniroute.storage.rows import AttemptRow, RequestRow
from omniroute.storage.usage import UsageRows

MOST = 1_000
_CURSOR = re.compile(r"([0-9]{1,15})-([\x21-\x7e]{1,64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a target; `failure` is None for the one that answered."""

    number: int
    provider: str
    connection_id: str
    model: str
    latency_ms: float
    status: int | None
    failure: str | None
    message: str | None


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
    error_kind: str | None
    error_message: str | None
    losses: tuple[str, ...]
    attempts: tuple[Attempt, ...]
    cache: str | None
    saved_usd: float | None


class RequestLog:
    """Reads the log."""

    def __init__(self, *, rows: UsageRows) -> None:
        self._rows = rows

    async def recent(self, limit: int, before: str | None = None) -> tuple[LoggedRequest, ...]:
        """Return the newest requests, or those before the cursor of one."""
        rows = await self._rows.recent(within(limit, "limit", least=1, most=MOST), _position(before))
        return tuple(_logged(row) for row in rows)


def _position(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise fault("before", "before must be the cursor of a row that an earlier answer held")
    return int(match[1]), match[2]


def _logged(row: RequestRow) -> LoggedRequest:
    return LoggedRequest(
        id=row.id,
        cursor=f"{row.started_at}-{row.id}",
        started_at=moment(row.started_at),
        key_id=row.key_id,
        address=row.address,
        user_agent=row.user_agent,
        format=row.format,
        path=row.path,
        requested_model=row.requested_model,
        combo=row.combo,
        stream=row.stream,
        outcome=row.outcome,
        status=row.status,
        provider=row.provider,
        connection_id=row.connection_id,
        model=row.model,
        latency_ms=row.latency_us / 1_000,
        first_token_ms=None if row.first_token_us is None else row.first_token_us / 1_000,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cache_read_tokens=row.cache_read_tokens,
        cache_write_tokens=row.cache_write_tokens,
        reasoning_tokens=row.reasoning_tokens,
        usage_source=row.usage_source,
        cost_usd=None if row.cost_nano is None else row.cost_nano / 1_000_000_000,
        error_kind=row.error_kind,
        error_message=row.error_message,
        losses=row.losses,
        attempts=tuple(_attempt(one) for one in row.attempts),
        cache=row.cache,
        saved_usd=None if row.saved_nano is None else row.saved_nano / 1_000_000_000,
    )


def _attempt(row: AttemptRow) -> Attempt:
    return Attempt(
        number=row.number,
        provider=row.provider,
        connection_id=row.connection_id,
        model=row.model,
        latency_ms=row.latency_us / 1_000,
        status=row.status,
        failure=row.failure,
        message=row.message,
    )
