"""What happened, as typed values: the data plane publishes them, live feeds and the recorder's readers take them."""

from dataclasses import dataclass

# What changed when a backup was restored.
EVERYTHING = "everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationChanged:
    """Something an operator manages changed; `noun` is what (keys, connections, nodes, settings …, or EVERYTHING)."""

    noun: str
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStarted:
    """An AI request was admitted; `session` is the name that its client gave the conversation."""

    request_id: str
    at_ms: int
    key_id: str | None
    model: str
    stream: bool
    session: str | None = None
    client: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TryFailed:
    """A try of a request at one target failed; `failure` is a failure kind. Another target may still answer."""

    request_id: str
    at_ms: int
    number: int
    provider: str
    connection_id: str
    model: str
    failure: str
    message: str
    latency_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstToken:
    """The first piece of a stream's answer came."""

    request_id: str
    at_ms: int
    provider: str
    connection_id: str
    model: str
    first_token_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamProgress:
    """How far a stream is; `pieces` is how many pieces of it were sent."""

    request_id: str
    at_ms: int
    pieces: int
    elapsed_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFinished:
    """An AI request ended; `outcome` is ok, failed, truncated, client_closed, refused."""

    request_id: str
    at_ms: int
    key_id: str | None
    model: str
    provider: str | None
    connection_id: str | None
    outcome: str
    status: int
    latency_ms: float
    first_token_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd_nano: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionCooled:
    """A connection (or one model on it) is left alone until `until_ms`, and why."""

    connection_id: str
    model: str | None
    reason: str
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerChanged:
    """A breaker opened, let its probe through (half_open) or closed.

    It stands before a provider, or a connection, or one model on it; `until_ms` is when it will let a probe through.
    """

    provider: str | None
    connection_id: str | None
    model: str | None
    state: str
    reason: str
    until_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetWarning:
    """A budget has reached a threshold (percent of its limit); told once a period. `key_id` is None for all calls.

    `spent` and `limit` are in nano-dollars or tokens, as `unit` (usd, tokens) says.
    """

    key_id: str | None
    period: str
    unit: str
    threshold: int
    spent: int
    limit: int
    resets_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountExpired:
    """A signed-in account is over: nothing helps but signing in anew."""

    connection_id: str
    provider: str
    at_ms: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChanged:
    """A job began, went on, ended, or was planned otherwise: ask for its state."""

    name: str


Happening = (
    AccountExpired
    | ConfigurationChanged
    | RequestStarted
    | TryFailed
    | FirstToken
    | StreamProgress
    | RequestFinished
    | ConnectionCooled
    | BreakerChanged
    | BudgetWarning
    | JobChanged
)
