"""What the repositories take and give: one frozen value a row, secrets open and wrapped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from omniroute.kit.json import JsonObject
from omniroute.kit.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
    """A custom endpoint. `format` is a formats.hub.Format value; `headers` may hold credentials."""

    id: str
    name: str
    prefix: str
    format: str
    base_url: str
    headers: Mapping[str, Secret] = field(default_factory=dict)
    is_local: bool = False
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """An account or key at a provider; `provider` is a catalogue id or a node id. Lower `priority` comes first."""

    id: str
    provider: str
    name: str
    auth_type: str = "apiKey"  # apiKey, oauth, none
    secret: Secret | None = None
    secret_hint: str | None = None
    base_url: str | None = None
    is_local: bool = False
    priority: int = 1
    weight: int = 1
    max_concurrent: int | None = None
    default_model: str | None = None
    is_active: bool = True
    source: str = "manual"  # manual, environment, discovered, builtin
    found_models: tuple[str, ...] = ()
    expires_at: int | None = None
    expired_reason: str | None = None
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComboRow:
    """A named group of targets; `targets` and `config` are JSON as services/combos.py spells it."""

    id: str
    name: str
    strategy: str
    targets: Sequence[JsonObject]
    config: JsonObject
    is_active: bool = True
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasRow:
    """Another name for a model or combo; `pattern` may have wildcards. Lower `position` comes first."""

    pattern: str
    target: str
    position: int
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """A rule for AI requests; `conditions` and `effects` are JSON as services/policies.py spells it."""

    id: str
    name: str
    position: int
    state: str  # active, shadow, draft
    conditions: JsonObject
    effects: JsonObject
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomModelRow:
    """A model that an operator added to a provider or node; `context_window` in tokens."""

    provider: str
    model: str
    name: str | None
    kind: str
    context_window: int | None
    source: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalRunRow:
    """A run of a suite; `state` is running, done, stopped or failed, and `cases` how many cases it has."""

    id: str
    suite_id: str
    suite_name: str
    model: str | None
    state: str
    cases: int
    started_at: int
    ended_at: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalResultRow:
    """The result of one case; `faults` a line each, `latency_ms` of the whole answer, cost in nano-dollars."""

    run_id: str
    case_id: str
    position: int
    case_name: str
    passed: bool
    output: str
    faults: str
    error: str | None
    latency_ms: float | None
    cost_usd_nano: int | None
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyRow:
    """An outbound proxy; `id` is its level, and after a colon whose it is."""

    id: str
    kind: str
    host: str
    port: int
    username: str | None = None
    password: Secret | None = field(default=None, repr=False)
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key that clients present; `digest` is its keyed hash, 32 bytes, and `previous_digest` that of its last text.

    The last text is good until `previous_until`. Limits that are None or empty limit nothing; `no_log` means that
    nothing is kept of a request but what money needs.
    """

    id: str
    name: str
    digest: bytes
    hint: str
    scopes: frozenset[str]  # inference, admin
    is_active: bool = True
    expires_at: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    max_concurrent: int | None = None
    allowed_models: tuple[str, ...] = ()
    allowed_providers: tuple[str, ...] = ()
    allowed_addresses: tuple[str, ...] = ()
    no_log: bool = False
    previous_digest: bytes | None = None
    previous_until: int | None = None
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRow:
    """How much a key ("" = all calls together) may use in a period; `limit` is in nano-dollars or tokens, by `unit`."""

    key_id: str
    period: str  # daily, weekly, monthly
    unit: str  # usd, tokens
    limit: int
    thresholds: tuple[int, ...]
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """An operator's own price of a model at a provider; `prices` are dollars for a million tokens of each kind."""

    provider: str
    model: str
    prices: JsonObject
    version: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRow:
    """An operator's sign-in; `digest` is the SHA-256 of the cookie's token."""

    digest: bytes
    created_at: int
    expires_at: int
    address: str
    user_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRow:
    """What is held against a provider, a connection, or one model on it; "" for what it is not about.

    `grip` is a routing.breaker.Grip value; times are milliseconds since 1970.
    """

    provider: str
    connection_id: str
    model: str
    grip: str
    reason: str
    message: str
    failures: int
    level: int
    first_at: int
    since: int
    until: int
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One try at a target. `failure` is a failure kind, None for the one that answered.

    Tokens and cost are those of an answer that was paid for and not taken; the request's own row has the taken one's.
    `started_us` counts from the request's beginning.
    """

    number: int
    provider: str
    connection_id: str
    model: str
    started_us: int = 0
    latency_us: int
    status: int | None = None
    failure: str | None = None
    message: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_nano: int | None = None


@dataclass(slots=True, kw_only=True)
class RequestRow:
    """One AI request as it ended. Token figures are inclusive as in formats.hub.Usage; None = not known.

    Not frozen, as one is made for every request, and freezing 30 fields costs more than all the rest of it. Nobody
    changes one.
    """

    id: str
    started_at: int
    key_id: str | None
    address: str | None
    user_agent: str | None
    format: str
    path: str
    requested_model: str
    stream: bool
    outcome: str
    status: int
    provider: str | None
    connection_id: str | None
    model: str | None
    latency_us: int
    first_token_us: int | None = None
    combo: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    usage_more: JsonObject | None = None  # the rarer figures of formats.hub.Usage, by their names there
    service_tier: str | None = None
    kind: str = "chat"  # a formats.kinds.Kind value
    usage_source: str = "none"
    cost_nano: int | None = None
    price_version: str | None = None
    error_kind: str | None = None
    error_message: str | None = None
    losses: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    decision: JsonObject | None = None  # how its target was chosen: gateway/decision.py
    attempts: tuple[AttemptRow, ...] = ()
    cache: str | None = None  # hit, similar, replay, miss; None when no kept answer was looked for
    saved_nano: int | None = None  # what the answer had cost when it was made


@dataclass(slots=True, kw_only=True)
class AnswerRow:
    """A complete answer that may be given again: the whole body in the client's format, and how it was made.

    `digest` stands for the request (routing/sameness.py). Tokens and cost are those of the request that was answered.
    Not frozen for the reason that RequestRow is not; nobody changes one.
    """

    digest: bytes
    format: str
    provider: str
    model: str
    created_at: int
    expires_at: int
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_nano: int | None = None
    dropped: tuple[str, ...] = ()  # what the request lost on the way to the target
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRow:
    """An answer of the Responses format that its client may go on from; `key_id` is "" without a key.

    `input` is a JSON list of items, those of earlier turns first; `response` the JSON object that the client got.
    """

    key_id: str
    id: str
    created_at: int
    expires_at: int
    input: bytes
    response: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MinuteRow:
    """Sums of one minute (minutes since 1970) for one key, target and combo; "" where there was none."""

    minute: int
    key_id: str
    provider: str
    connection_id: str
    model: str
    combo: str
    requests: int
    failures: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost_nano: int
    latency_us: int
    first_token_us: int
    first_token_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SumRow:
    """Sums over a span of minutes that begins at `minute`, for one `name` of what was grouped by ("" for all)."""

    minute: int
    name: str
    requests: int
    failures: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost_nano: int
    latency_us: int
    first_token_us: int
    first_token_count: int
    last_minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRunRow:
    """One run of a job. `cause` is schedule, missed or manual; `outcome` running, ok, failed or interrupted."""

    id: str
    job: str
    cause: str
    started_at: int
    took_ms: int | None
    outcome: str
    message: str
