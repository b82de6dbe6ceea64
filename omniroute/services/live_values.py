"""What the live feeds tell, as values. Every message says what a slow subscriber missed since the one before."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from omniroute.routing.ledger import Unit
from omniroute.routing.periods import Period
from omniroute.services.breakers import BreakerState


class RequestStatus(StrEnum):
    """How a request stands or ended."""

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    TRUNCATED = "truncated"
    CLIENT_CLOSED = "client_closed"
    REFUSED = "refused"
    OTHER = "other"


class Grouping(StrEnum):
    """What usage is sorted by."""

    MODEL = "model"
    PROVIDER = "provider"
    CONNECTION = "connection"
    KEY = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFilter:
    """Which requests to tell of; what is None does not matter."""

    key_id: str | None = None
    model: str | None = None
    provider: str | None = None
    statuses: frozenset[RequestStatus] | None = None


@dataclass(slots=True, kw_only=True)
class LiveRequest:
    """A request that began or ended; not frozen, as thousands a second are made. Nobody changes one."""

    id: str
    at: datetime
    status: RequestStatus
    key_id: str | None
    model: str
    provider: str | None = None
    connection_id: str | None = None
    http_status: int | None = None
    latency_ms: float | None = None
    first_token_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestNews:
    """Requests that began or ended since the last message."""

    snapshot: bool
    missed: int = 0
    requests: tuple[LiveRequest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """A client's conversation, or the client itself where it names none; sums since the gateway first saw it."""

    id: str
    name: str | None
    key_id: str | None
    client: str | None
    model: str
    provider: str | None
    connection_id: str | None
    in_flight: int
    requests: int
    failures: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    started_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionNews:
    """Sessions that changed since the last message, and those that are over."""

    snapshot: bool
    missed: int = 0
    sessions: tuple[LiveSession, ...]
    ended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Sums of some requests."""

    requests: int
    failures: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageGroup:
    """The sums of one model, provider, connection or key; "" where there was none."""

    name: str
    sum: Sum


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageNews:
    """What was used in the window that ends now."""

    snapshot: bool
    missed: int = 0
    at: datetime
    window_seconds: int
    covered_seconds: int
    total: Sum
    groups: tuple[UsageGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """A distribution in milliseconds, each figure within one per cent; None where nothing was measured."""

    p50: float | None
    p95: float | None
    p99: float | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderTelemetry:
    """How one provider answered."""

    provider: str
    requests: int
    failures: int
    latency: Percentiles
    first_token: Percentiles


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryNews:
    """How the gateway fared in the window that ends now."""

    snapshot: bool
    missed: int = 0
    at: datetime
    window_seconds: int
    covered_seconds: int
    in_flight: int
    requests_per_second: float
    failure_rate: float
    output_tokens_per_second: float
    latency: Percentiles
    first_token: Percentiles
    providers: tuple[ProviderTelemetry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionState:
    """How a connection, or one model on it, fares now."""

    connection_id: str
    name: str
    provider: str
    model: str | None
    status: str
    until: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthNews:
    """Connections and breakers whose state changed since the last message, and those that went; a snapshot has all.

    A connection stands there as a whole, and once for each of its models that something is held against.
    """

    snapshot: bool
    missed: int = 0
    at: datetime
    in_flight: int
    connections: tuple[ConnectionState, ...]
    gone: tuple[ConnectionState, ...] = ()
    breakers: tuple[BreakerState, ...] = ()
    forgotten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetAlert:
    """A budget that has reached a threshold (percent). Amounts are US dollars or tokens, by `unit`."""

    key_id: str | None
    period: Period
    unit: Unit
    threshold: int
    spent: Decimal
    limit: Decimal
    resets_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetNews:
    """Budgets that reached a threshold since the last message; in a snapshot those that stand above one now."""

    snapshot: bool
    missed: int = 0
    alerts: tuple[BudgetAlert, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that an operator manages changed; the value itself is asked for by a query."""

    noun: str
    id: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationNews:
    """What changed since the last message."""

    snapshot: bool
    missed: int = 0
    changes: tuple[Change, ...]
