"""What was used, by period and by key, model, provider, connection or combo; read from sums, never from the log."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from omniroute.kit.clock import Clock
from omniroute.services.moments import milliseconds, moment
from omniroute.services.request_log import dollars
from omniroute.services.rules import fault
from omniroute.state.live import ActiveRequest
from omniroute.storage.connections import Connections
from omniroute.storage.keys import Keys
from omniroute.storage.rows import ConnectionRow, SumRow
from omniroute.storage.usage import UsageRows
from omniroute.upstream.quotas import Allowance, Quota

MOST_BUCKETS = 2_000
_MINUTE_MS = 60_000
_MINUTE = timedelta(minutes=1)
_LAST_MINUTES = 10


class Step(StrEnum):
    """How long a span is. Days are of UTC."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


class By(StrEnum):
    """What spans are split by."""

    KEY = "key"
    MODEL = "model"
    PROVIDER = "provider"
    CONNECTION = "connection"
    COMBO = "combo"


_MINUTES = {Step.MINUTE: 1, Step.HOUR: 60, Step.DAY: 1440}
_COLUMNS = {
    By.KEY: "key_id",
    By.MODEL: "model",
    By.PROVIDER: "provider",
    By.CONNECTION: "connection_id",
    By.COMBO: "combo",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Sums. `cost` is in US dollars, latencies are averages in ms; `last_used` is exact to the minute."""

    requests: int = 0
    failures: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost: float = 0.0
    avg_latency_ms: float | None = None
    avg_first_token_ms: float | None = None
    last_used: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """One span that begins at `start`; `name` is what it was split by, None for all."""

    start: datetime
    name: str | None
    used: Used


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveCount:
    """How many requests are under way."""

    model: str
    provider: str | None
    account: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """How many requests are under way, by model and by connection."""

    by_model: Mapping[str, int] = field(default_factory=dict)
    by_account: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was used from `since` to `until`. Maps are by id or name; `buckets` are the spans asked for."""

    since: datetime
    until: datetime
    total_requests: int
    total_failures: int
    total_prompt_tokens: int
    total_completion_tokens: int
    total_cost: float
    by_provider: Mapping[str, Used]
    by_model: Mapping[str, Used]
    by_account: Mapping[str, Used]
    by_api_key: Mapping[str, Used]
    by_combo: Mapping[str, Used]
    names: Mapping[str, str]
    step: Step
    buckets: tuple[Bucket, ...]
    last10_minutes: tuple[Used, ...]
    pending: Pending
    active_requests: tuple[ActiveCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Which time, in which spans, split by what. Without `since` the last day, without `until` until now."""

    since: datetime | None = None
    until: datetime | None = None
    step: Step = Step.HOUR
    by: By | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionUsage:
    """What one connection was used for. `quotas` are those that its provider tells of."""

    connection_id: str
    provider: str
    name: str
    plan: str | None
    message: str | None
    quotas: Mapping[str, Quota]
    last_hour: Used
    last_day: Used
    last30_days: Used
    by_model: Mapping[str, Used]


class UsageHistory:
    """Reads sums. `active` gives the requests that are under way."""

    def __init__(
        self,
        *,
        rows: UsageRows,
        connections: Connections,
        keys: Keys,
        active: Callable[[], Sequence[ActiveRequest]],
        allowance: Callable[[ConnectionRow], Awaitable[tuple[Allowance, str | None]]],
        clock: Clock,
    ) -> None:
        self._rows = rows
        self._connections = connections
        self._keys = keys
        self._active = active
        self._allowance = allowance
        self._clock = clock

    async def read(self, period: Period) -> History:
        """Return what was used in a period; raise Unprocessable when it is none, or has too many spans."""
        until = period.until or moment(self._clock.now_ms()) + _MINUTE
        since = period.since or until - timedelta(days=1)
        first, last = milliseconds(since) // _MINUTE_MS, -(-milliseconds(until) // _MINUTE_MS)
        step = _MINUTES[period.step]
        if first >= last:
            raise fault("since", "since must be before until")
        if (last - first) // step > MOST_BUCKETS:
            raise fault("step", f"that is more than {MOST_BUCKETS} spans: take a longer step, or a shorter time")
        by = {one: await self._by(_COLUMNS[one], first, last) for one in By}
        column = None if period.by is None else _COLUMNS[period.by]
        spans = await self._rows.sums(first, last, step=step, by=column)
        total = _used(await self._rows.sums(first, last, step=last))
        return History(
            since=since,
            until=until,
            total_requests=total.requests,
            total_failures=total.failures,
            total_prompt_tokens=total.prompt_tokens,
            total_completion_tokens=total.completion_tokens,
            total_cost=total.cost,
            by_provider=by[By.PROVIDER],
            by_model=by[By.MODEL],
            by_account=by[By.CONNECTION],
            by_api_key=by[By.KEY],
            by_combo=by[By.COMBO],
            names=await self._names(),
            step=period.step,
            buckets=tuple(_bucket(row, is_split=column is not None) for row in spans),
            last10_minutes=await self._last_minutes(),
            pending=self._pending(),
            active_requests=self._counts(),
        )

    async def _by(self, column: str, first: int, last: int) -> dict[str, Used]:
        """Return the sums of a time by what stands in one column; what has no name is left out."""
        rows = await self._rows.sums(first, last, step=last, by=column)
        found: dict[str, list[SumRow]] = {}
        for row in rows:
            if row.name:
                found.setdefault(row.name, []).append(row)
        return {name: _used(ones) for name, ones in found.items()}

    async def _names(self) -> dict[str, str]:
        """Return the names of keys and connections by id."""
        names = {row.id: row.name for row in await self._keys.list()}
        return names | {row.id: row.name for row in await self._connections.list()}

    async def _last_minutes(self) -> tuple[Used, ...]:
        """Return the last ten minutes, the one under way last."""
        now = self._clock.now_ms() // _MINUTE_MS
        rows = await self._rows.sums(now - _LAST_MINUTES + 1, now + 1, step=1)
        by_minute = {row.minute: row for row in rows}
        minutes = range(now - _LAST_MINUTES + 1, now + 1)
        return tuple(_used([by_minute[minute]] if minute in by_minute else []) for minute in minutes)

    def _pending(self) -> Pending:
        by_model: dict[str, int] = {}
        by_account: dict[str, int] = {}
        for one in self._active():
            by_model[one.model] = by_model.get(one.model, 0) + 1
            if one.running.at is not None:
                by_account[one.running.at[1]] = by_account.get(one.running.at[1], 0) + 1
        return Pending(by_model=by_model, by_account=by_account)

    def _counts(self) -> tuple[ActiveCount, ...]:
        counts: dict[tuple[str, str | None, str | None], int] = {}
        for one in self._active():
            provider, account, model = one.running.at or (None, None, one.model)
            counts[model, provider, account] = counts.get((model, provider, account), 0) + 1
        return tuple(
            ActiveCount(model=model, provider=provider, account=account, count=count)
            for (model, provider, account), count in counts.items()
        )

    async def of_connection(self, connection_id: str) -> ConnectionUsage:
        """Return what one connection was used for; raise NotFound."""
        row = await self._connections.get(connection_id)
        now = self._clock.now_ms() // _MINUTE_MS + 1
        only = {"connection_id": connection_id}
        spans = [
            _used(await self._rows.sums(now - minutes, now, step=now, only=only)) for minutes in (60, 1440, 30 * 1440)
        ]
        models: dict[str, list[SumRow]] = {}
        for one in await self._rows.sums(now - 30 * 1440, now, step=now, by="model", only=only):
            models.setdefault(one.name, []).append(one)
        told, message = await self._allowance(row)
        return ConnectionUsage(
            connection_id=row.id,
            provider=row.provider,
            name=row.name,
            plan=told.plan,
            message=message,
            quotas=told.quotas,
            last_hour=spans[0],
            last_day=spans[1],
            last30_days=spans[2],
            by_model={name: _used(ones) for name, ones in models.items()},
        )


def _bucket(row: SumRow, *, is_split: bool) -> Bucket:
    return Bucket(start=moment(row.minute * _MINUTE_MS), name=row.name if is_split else None, used=_used([row]))


def _used(rows: Sequence[SumRow]) -> Used:
    """Add rows up, as people read them."""
    if not rows:
        return Used()
    requests, firsts = sum(row.requests for row in rows), sum(row.first_token_count for row in rows)
    latency, first = sum(row.latency_us for row in rows), sum(row.first_token_us for row in rows)
    return Used(
        requests=requests,
        failures=sum(row.failures for row in rows),
        prompt_tokens=sum(row.input_tokens for row in rows),
        completion_tokens=sum(row.output_tokens for row in rows),
        cached_tokens=sum(row.cache_read_tokens for row in rows),
        cache_write_tokens=sum(row.cache_write_tokens for row in rows),
        reasoning_tokens=sum(row.reasoning_tokens for row in rows),
        cost=dollars(sum(row.cost_nano for row in rows)) or 0.0,
        avg_latency_ms=round(latency / requests / 1000, 3) if requests else None,
        avg_first_token_ms=round(first / firsts / 1000, 3) if firsts else None,
        last_used=moment(max(row.last_minute for row in rows) * _MINUTE_MS),
    )
