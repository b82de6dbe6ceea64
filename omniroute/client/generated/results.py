"""What the gateway answers. Made by `./dev docs` from the GraphQL schema; changes belong there."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from omniroute.client.generated import enums


class ProviderModel(Struct, frozen=True, kw_only=True, rename="camel"):
    """A model that a provider is known to have."""

    id: str
    name: str | None
    kind: enums.ModelKind
    dimensions: int | None
    sizes: tuple[str, ...]


class Provider(Struct, frozen=True, kw_only=True, rename="camel"):
    """One kind of upstream that the gateway knows."""

    id: str
    alias: str
    name: str
    format: enums.WireFormat
    base_url: str
    purposes: tuple[enums.ProviderPurpose, ...]
    models: tuple[ProviderModel, ...]
    env_keys: tuple[str, ...]
    auth_kinds: tuple[enums.AuthKind, ...]
    is_local: bool
    supported: bool
    reason: str | None
    website: str | None


class ProviderConnection(Struct, frozen=True, kw_only=True, rename="camel"):
    """An account or key at a provider or custom node. Its key never comes out again."""

    id: str
    provider: str
    name: str
    auth_type: str
    priority: int
    weight: int
    max_concurrent: int | None
    default_model: str | None
    is_active: bool
    base_url: str | None
    local: bool
    source: str
    api_key_hint: str | None
    status: str
    cooldown_until: datetime | None
    last_error: str | None
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime


class OAuthClient(Struct, frozen=True, kw_only=True, rename="camel"):
    """How the gateway signs in at a provider."""

    provider: str
    name: str
    ready: bool
    reason: str | None
    client_id: str | None
    client_secret_hint: str | None
    flow: enums.OAuthFlow
    authorize_url: str | None
    token_url: str
    device_url: str | None
    revoke_url: str | None
    usage_url: str | None
    scopes: tuple[str, ...]
    local: bool


class OAuthAccount(Struct, frozen=True, kw_only=True, rename="camel"):
    """A signed-in connection."""

    connection_id: str
    provider: str
    name: str
    account: str | None
    status: str
    reason: str | None
    problem: str | None
    scope: str | None
    renewable: bool
    expires_at: datetime | None
    refreshed_at: datetime | None


class NodeHeader(Struct, frozen=True, kw_only=True, rename="camel"):
    """A header that a node is sent. Its value never comes out again."""

    name: str
    value: str


class ProviderNode(Struct, frozen=True, kw_only=True, rename="camel"):
    """An endpoint of the operator's own."""

    id: str
    type: enums.NodeType
    name: str
    prefix: str
    api_type: enums.NodeApiType
    base_url: str
    headers: tuple[NodeHeader, ...]
    local: bool
    created_at: datetime
    updated_at: datetime


class OutboundProxy(Struct, frozen=True, kw_only=True, rename="camel"):
    """A proxy. Its password never comes out again."""

    type: enums.ProxyType
    host: str
    port: int
    username: str | None
    password_set: bool


class OutboundProxyNamed(Struct, frozen=True, kw_only=True, rename="camel"):
    """One of several that are told apart by name."""

    name: str
    value: OutboundProxy


class ProxySettings(Struct, frozen=True, kw_only=True, rename="camel"):
    """All proxies."""

    everywhere: OutboundProxy | None
    providers: tuple[OutboundProxyNamed, ...]
    combos: tuple[OutboundProxyNamed, ...]
    connections: tuple[OutboundProxyNamed, ...]
    no_proxy: tuple[str, ...]


class CatalogModel(Struct, frozen=True, kw_only=True, rename="camel"):
    """A model that is known."""

    id: str
    name: str
    type: enums.CustomModelKind
    custom: bool
    context_window: int | None
    output_limit: int | None
    input_modalities: tuple[str, ...]
    output_modalities: tuple[str, ...]
    capabilities: tuple[str, ...]
    deprecated: bool | None
    input_usd_per_million: Decimal | None
    output_usd_per_million: Decimal | None
    source: str
    found_at: datetime | None
    hidden: bool
    available: bool | None


class CatalogProvider(Struct, frozen=True, kw_only=True, rename="camel"):
    """A provider or node, and its models."""

    id: str
    provider: str
    active: bool
    models: tuple[CatalogModel, ...]


class CatalogProviderNamed(Struct, frozen=True, kw_only=True, rename="camel"):
    """One of several that are told apart by name."""

    name: str
    value: CatalogProvider


class ModelDiscovery(Struct, frozen=True, kw_only=True, rename="camel"):
    """What one connection's provider listed."""

    connection_id: str
    provider: str
    origin: str
    count: int
    found_at: datetime | None
    tried_at: datetime
    problem: str | None


class ModelVisibility(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which models are hidden from clients."""

    hidden: tuple[str, ...]


class CustomModel(Struct, frozen=True, kw_only=True, rename="camel"):
    """A model that the operator added."""

    provider: str
    id: str
    name: str
    type: enums.CustomModelKind
    context_window: int | None
    source: str
    created_at: datetime
    updated_at: datetime


class Model(Struct, frozen=True, kw_only=True, rename="camel"):
    """A model or combo that AI clients can name now."""

    id: str
    owned_by: str
    kind: str | None


class ModelAlias(Struct, frozen=True, kw_only=True, rename="camel"):
    """Another name for a model or combo."""

    alias: str
    model: str
    position: int
    is_wildcard: bool
    created_at: datetime
    updated_at: datetime


class TargetCondition(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which requests a target takes; null does not matter."""

    min_input_tokens: int | None
    max_input_tokens: int | None
    needs_tools: bool | None
    needs_images: bool | None
    stream: bool | None


class ComboTarget(Struct, frozen=True, kw_only=True, rename="camel"):
    """One of a combo's targets."""

    model: str
    connection: str | None
    weight: int
    priority: int
    context_window: int | None
    condition: TargetCondition | None


class AnswerChecks(Struct, frozen=True, kw_only=True, rename="camel"):
    """What an answer must be like to be taken."""

    min_characters: int
    valid_json: bool
    pattern: str | None
    complete: bool
    no_refusal: bool


class ComboConfig(Struct, frozen=True, kw_only=True, rename="camel"):
    """A combo's limits."""

    max_attempts: int | None
    timeout_ms: int | None
    first_byte_timeout_ms: int | None
    sticky_limit: int
    max_retries: int | None
    retry_delay_ms: int | None
    hedge_after_ms: int | None
    checks: AnswerChecks | None


class TargetMetrics(Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of the tries at one target."""

    requests: int
    successes: int
    failures: int
    in_flight: int
    total_latency_ms: float
    avg_latency_ms: float
    success_rate: int
    last_status: str | None
    last_used_at: datetime | None


class NamedTargetMetrics(Struct, frozen=True, kw_only=True, rename="camel"):
    """How one of a combo's targets fares."""

    target: str
    metrics: TargetMetrics


class ComboMetrics(Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of a combo's requests since the gateway began."""

    strategy: enums.RoutingStrategy
    total_requests: int
    total_successes: int
    total_failures: int
    total_fallbacks: int
    total_latency_ms: float
    avg_latency_ms: float
    success_rate: int
    fallback_rate: int
    last_used_at: datetime | None
    by_model: tuple[NamedTargetMetrics, ...]


class Combo(Struct, frozen=True, kw_only=True, rename="camel"):
    """A name for several targets, with a strategy that says which is tried first."""

    id: str
    name: str
    strategy: enums.RoutingStrategy
    models: tuple[str, ...]
    targets: tuple[ComboTarget, ...]
    config: ComboConfig
    is_active: bool
    created_at: datetime
    updated_at: datetime
    metrics: ComboMetrics | None


class ConfigurationFieldChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """A field that changes; secrets are masked."""

    field: str
    before: Any
    after: Any


class ConfigurationDifference(Struct, frozen=True, kw_only=True, rename="camel"):
    """What becomes of one thing."""

    section: str
    name: str
    action: enums.ConfigurationAction
    changes: tuple[ConfigurationFieldChange, ...]


class NewKeyText(Struct, frozen=True, kw_only=True, rename="camel"):
    """A key that was made on the way, with its text: the only time that it is shown."""

    name: str
    text: str


class ConfigurationOutcome(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a document changes."""

    applied: bool
    differences: tuple[ConfigurationDifference, ...]
    others: tuple[str, ...]
    keys: tuple[NewKeyText, ...]


class ApiKey(Struct, frozen=True, kw_only=True, rename="camel"):
    """A key of the gateway, which AI clients and scripts present. Its text is never shown again."""

    id: str
    name: str
    key: str
    scopes: tuple[enums.KeyScope, ...]
    is_active: bool
    expires_at: datetime | None
    rpm: int | None
    tpm: int | None
    max_concurrent: int | None
    allowed_models: tuple[str, ...]
    allowed_providers: tuple[str, ...]
    allowed_addresses: tuple[str, ...]
    no_log: bool
    previous_until: datetime | None
    created_at: datetime
    updated_at: datetime


class Budget(Struct, frozen=True, kw_only=True, rename="camel"):
    """A budget and how it stands."""

    key_id: str | None
    key_name: str | None
    period: enums.BudgetPeriod
    unit: enums.BudgetUnit
    limit: Decimal
    spent: Decimal
    reserved: Decimal
    remaining: Decimal
    percent: float
    thresholds: tuple[int, ...]
    warning_reached: int | None
    exceeded: bool
    period_starts_at: datetime
    resets_at: datetime


class RateLimits(Struct, frozen=True, kw_only=True, rename="camel"):
    """The limits of one model or connection."""

    requests_per_minute: int | None
    tokens_per_minute: int | None
    concurrent_requests: int | None


class RateLimitsNamed(Struct, frozen=True, kw_only=True, rename="camel"):
    """One of several that are told apart by name."""

    name: str
    value: RateLimits


class LimitSettings(Struct, frozen=True, kw_only=True, rename="camel"):
    """All limits that are not a key's own."""

    requests_per_minute: int | None
    tokens_per_minute: int | None
    concurrent_requests: int | None
    min_time_between_requests: int
    models: tuple[RateLimitsNamed, ...]
    connections: tuple[RateLimitsNamed, ...]
    queue_size: int
    queue_timeout_ms: int
    unknown_price: enums.UnknownPrice
    default_output_tokens: int


class LimitStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    """What goes through now."""

    requests_last_minute: int
    tokens_last_minute: int
    in_flight: int
    waiting: int


class ModelPrice(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a model costs."""

    input: Decimal
    output: Decimal
    cached: Decimal | None
    reasoning: Decimal | None
    cache_creation: Decimal | None
    cache_creation_hour: Decimal | None
    audio_input: Decimal | None
    audio_output: Decimal | None
    image_input: Decimal | None
    image_output: Decimal | None
    request: Decimal | None
    image: Decimal | None
    audio_minute: Decimal | None
    characters: Decimal | None
    search: Decimal | None


class ModelPriceNamed(Struct, frozen=True, kw_only=True, rename="camel"):
    """One of several that are told apart by name."""

    name: str
    value: ModelPrice


class ListedPrice(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a model costs now."""

    input: Decimal
    output: Decimal
    cached: Decimal | None
    reasoning: Decimal | None
    cache_creation: Decimal | None
    cache_creation_hour: Decimal | None
    audio_input: Decimal | None
    audio_output: Decimal | None
    image_input: Decimal | None
    image_output: Decimal | None
    request: Decimal | None
    image: Decimal | None
    audio_minute: Decimal | None
    characters: Decimal | None
    search: Decimal | None
    source: enums.PriceSource
    version: str
    above: tuple[ModelPriceNamed, ...]
    services: tuple[ModelPriceNamed, ...]


class Priced(Struct, frozen=True, kw_only=True, rename="camel"):
    """What one model of a provider costs."""

    provider: str
    model: str
    price: ListedPrice


class PricedEdge(Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing on a page."""

    cursor: str
    node: Priced


class PageInfo(Struct, frozen=True, kw_only=True, rename="camel"):
    """What lies beyond a page."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


class PricedConnection(Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of a list."""

    edges: tuple[PricedEdge, ...]
    page_info: PageInfo


class RequestAttempt(Struct, frozen=True, kw_only=True, rename="camel"):
    """One try at a target."""

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
    cost_usd: Decimal | None


class RequestLogEntry(Struct, frozen=True, kw_only=True, rename="camel"):
    """One AI request as it ended; null means not known."""

    id: str
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
    cost_usd: Decimal | None
    price_version: str | None
    error_kind: str | None
    error_message: str | None
    losses: tuple[str, ...]
    tags: tuple[str, ...]
    policies: tuple[str, ...]
    decision: Any
    attempts: tuple[RequestAttempt, ...]
    cache: str | None
    saved_usd: Decimal | None


class RequestLogEntryEdge(Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing on a page."""

    cursor: str
    node: RequestLogEntry


class RequestLogEntryConnection(Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of a list."""

    edges: tuple[RequestLogEntryEdge, ...]
    page_info: PageInfo


class Usage(Struct, frozen=True, kw_only=True, rename="camel"):
    """Sums of requests that ended."""

    requests: int
    failures: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost: Decimal
    avg_latency_ms: float | None
    avg_first_token_ms: float | None
    last_used: datetime | None


class UsageNamed(Struct, frozen=True, kw_only=True, rename="camel"):
    """One of several that are told apart by name."""

    name: str
    value: Usage


class StrNamed(Struct, frozen=True, kw_only=True, rename="camel"):
    """One of several that are told apart by name."""

    name: str
    value: str


class UsageBucket(Struct, frozen=True, kw_only=True, rename="camel"):
    """One span. Spans in which nothing was used are left out."""

    start: datetime
    name: str | None
    used: Usage


class NamedCount(Struct, frozen=True, kw_only=True, rename="camel"):
    """How many there are of one kind."""

    name: str
    count: int


class RunningCounts(Struct, frozen=True, kw_only=True, rename="camel"):
    """How many requests are under way."""

    by_model: tuple[NamedCount, ...]
    by_account: tuple[NamedCount, ...]


class RunningCount(Struct, frozen=True, kw_only=True, rename="camel"):
    """How many requests are under way at one target."""

    model: str
    provider: str | None
    account: str | None
    count: int


class UsageHistory(Struct, frozen=True, kw_only=True, rename="camel"):
    """What was used in a time."""

    since: datetime
    until: datetime
    total_requests: int
    total_failures: int
    total_prompt_tokens: int
    total_completion_tokens: int
    total_cost: Decimal
    by_provider: tuple[UsageNamed, ...]
    by_model: tuple[UsageNamed, ...]
    by_account: tuple[UsageNamed, ...]
    by_api_key: tuple[UsageNamed, ...]
    by_combo: tuple[UsageNamed, ...]
    names: tuple[StrNamed, ...]
    step: enums.UsageStep
    buckets: tuple[UsageBucket, ...]
    last10_minutes: tuple[Usage, ...]
    pending: RunningCounts
    active_requests: tuple[RunningCount, ...]


class AccountQuota(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is used of an allowance, in the provider's own unit."""

    used: float
    total: float | None
    remaining: float | None
    unlimited: bool
    reset_at: datetime | None


class AccountQuotaNamed(Struct, frozen=True, kw_only=True, rename="camel"):
    """One of several that are told apart by name."""

    name: str
    value: AccountQuota


class ConnectionUsage(Struct, frozen=True, kw_only=True, rename="camel"):
    """What one connection was used for."""

    connection_id: str
    provider: str
    name: str
    plan: str | None
    quotas: tuple[AccountQuotaNamed, ...]
    last_hour: Usage
    last_day: Usage
    last30_days: Usage
    by_model: tuple[UsageNamed, ...]
    note: str | None


class Quantiles(Struct, frozen=True, kw_only=True, rename="camel"):
    """How long something took."""

    p50: float | None
    p95: float | None
    p99: float | None
    count: int


class LatencySummary(Struct, frozen=True, kw_only=True, rename="camel"):
    """How long complete answers took, from the request's arrival to the last byte."""

    p50: float | None
    p95: float | None
    p99: float | None
    count: int
    first_token: Quantiles


class LatencySummaryNamed(Struct, frozen=True, kw_only=True, rename="camel"):
    """One of several that are told apart by name."""

    name: str
    value: LatencySummary


class TelemetrySummary(Struct, frozen=True, kw_only=True, rename="camel"):
    """How long complete answers took of late."""

    window_ms: int
    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    providers: tuple[LatencySummaryNamed, ...]
    models: tuple[LatencySummaryNamed, ...]


class ServedSession(Struct, frozen=True, kw_only=True, rename="camel"):
    """A conversation of the last half hour."""

    session_id: str
    key_id: str | None
    key: str | None
    client: str | None
    model: str
    provider: str | None
    connection_id: str | None
    created_at: datetime
    last_active: datetime
    age_ms: int
    request_count: int
    active_requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal


class RunningRequest(Struct, frozen=True, kw_only=True, rename="camel"):
    """A request that is under way."""

    id: str
    session_id: str
    key_id: str | None
    key: str | None
    client: str | None
    model: str
    stream: bool
    provider: str | None
    connection_id: str | None
    upstream_model: str | None
    attempt: int
    started_at: datetime
    elapsed_ms: int
    first_token_ms: float | None
    pieces: int


class ServedNow(Struct, frozen=True, kw_only=True, rename="camel"):
    """Who is being served."""

    count: int
    sessions: tuple[ServedSession, ...]
    active_count: int
    active: tuple[RunningRequest, ...]


class RouteCandidate(Struct, frozen=True, kw_only=True, rename="camel"):
    """One target that a request could go to."""

    position: int | None
    state: enums.CandidateState
    reason: str | None
    provider: str
    connection_id: str
    connection: str
    model: str
    format: enums.WireFormat
    score: float | None
    score_unit: str | None
    estimated_cost_usd: Decimal | None
    context_window: int | None
    losses: tuple[str, ...]


class Route(Struct, frozen=True, kw_only=True, rename="camel"):
    """Where a request would go now, and why."""

    model: str
    combo: str | None
    strategy: enums.RoutingStrategy
    resolved: str
    decision: str
    input_tokens: int
    output_tokens: int
    chosen: RouteCandidate | None
    candidates: tuple[RouteCandidate, ...]
    candidate_count: int


class NamedShare(Struct, frozen=True, kw_only=True, rename="camel"):
    """A share of a whole."""

    name: str
    share: float


class Fared(Struct, frozen=True, kw_only=True, rename="camel"):
    """How requests fared."""

    cost_usd: Decimal
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    availability: float
    attempts: int
    share: tuple[NamedShare, ...]


class ReplayedTarget(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a target was taken to be like."""

    target: str
    observed: int
    basis: str
    failure_rate: float
    refusal_rate: float
    latency_p50_ms: float | None
    priced: bool


class Replay(Struct, frozen=True, kw_only=True, rename="camel"):
    """What would have been, beside what was, over the same requests."""

    requests: int
    since: datetime | None
    until: datetime | None
    seed: int
    strategy: enums.RoutingStrategy | None
    replayed: Fared
    actual: Fared
    targets: tuple[ReplayedTarget, ...]
    notes: tuple[str, ...]


class ResilienceProfile(Struct, frozen=True, kw_only=True, rename="camel"):
    """How long accounts of one category rest after failures."""

    transient_cooldown: int
    max_transient_cooldown: int
    rate_limit_cooldown: int
    max_rate_limit_cooldown: int
    lock_cooldown: int
    max_backoff_level: int
    circuit_breaker_threshold: int
    circuit_breaker_reset: int
    max_retries: int
    retry_delay: int


class NamedProfile(Struct, frozen=True, kw_only=True, rename="camel"):
    """The profile of one category of accounts."""

    category: enums.AccountCategory
    profile: ResilienceProfile


class RequestLimits(Struct, frozen=True, kw_only=True, rename="camel"):
    """The limits of one request, where its combo has none of its own."""

    max_attempts: int | None
    timeout_ms: int | None
    first_byte_timeout_ms: int | None
    hedge_after_ms: int | None
    max_retries: int | None
    retry_delay_ms: int | None


class ResilienceSettings(Struct, frozen=True, kw_only=True, rename="camel"):
    """How patient the gateway is."""

    profiles: tuple[NamedProfile, ...]
    requests: RequestLimits
    heed_limits: bool


class Breaker(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is held against a provider, a connection, or one model on it."""

    name: str
    state: enums.BreakerPhase
    failure_count: int
    last_failure_time: datetime
    provider: str | None
    connection_id: str | None
    connection: str | None
    model: str | None
    cooling: bool
    reason: str
    message: str
    since: datetime
    until: datetime | None
    remaining_ms: int


class UnavailableModel(Struct, frozen=True, kw_only=True, rename="camel"):
    """A model that nobody can be asked for now."""

    provider: str
    model: str
    reason: str
    remaining_ms: int
    unavailable_since: datetime


class AvailableModel(Struct, frozen=True, kw_only=True, rename="camel"):
    """A model that can be asked for."""

    provider: str
    model: str
    connections: int
    resting: int


class Availability(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which models can answer now."""

    unavailable_count: int
    models: tuple[UnavailableModel, ...]
    available: tuple[AvailableModel, ...]


class TargetState(Struct, frozen=True, kw_only=True, rename="camel"):
    """One connection that a model could be asked over."""

    provider: str
    connection_id: str
    connection: str
    model: str
    available: bool
    state: enums.TargetPhase
    reason: str | None
    message: str | None
    remaining_ms: int


class ModelCheck(Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether one name can be answered now."""

    model: str
    available: bool
    resolved: str
    remaining_ms: int
    targets: tuple[TargetState, ...]


class LearnedLimit(Struct, frozen=True, kw_only=True, rename="camel"):
    """A limit as a provider told it."""

    name: str
    limit: int | None
    used: int | None
    remaining: int | None
    reset_at: datetime | None


class AccountLimits(Struct, frozen=True, kw_only=True, rename="camel"):
    """How an account's limits stand."""

    connection_id: str
    provider: str
    name: str
    enabled: bool
    active: bool
    queued: int
    running: int
    max_concurrent: int | None
    limits: tuple[LearnedLimit, ...]
    learned_at: datetime | None
    retry_at: datetime | None
    cooldown_until: datetime | None
    reason: str | None


class Workload(Struct, frozen=True, kw_only=True, rename="camel"):
    """How many requests of an account wait and run."""

    queued: int
    running: int
    executing: int


class WorkloadNamed(Struct, frozen=True, kw_only=True, rename="camel"):
    """One of several that are told apart by name."""

    name: str
    value: Workload


class Lockout(Struct, frozen=True, kw_only=True, rename="camel"):
    """A model on a connection, or a whole one, that is left alone now."""

    provider: str
    connection_id: str
    model: str | None
    reason: str
    remaining_ms: int


class RateLimitState(Struct, frozen=True, kw_only=True, rename="camel"):
    """How accounts' limits stand."""

    connections: tuple[AccountLimits, ...]
    overview: tuple[WorkloadNamed, ...]
    lockouts: tuple[Lockout, ...]


class PolicyTime(Struct, frozen=True, kw_only=True, rename="camel"):
    """Times of day, in a time zone. A night belongs to the day on which it begins."""

    start: str | None
    end: str | None
    weekdays: tuple[enums.Weekday, ...]
    zone: str


class PolicyConditions(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a request must be like: all that is said must hold."""

    keys: tuple[str, ...]
    models: tuple[str, ...]
    providers: tuple[str, ...]
    formats: tuple[enums.WireFormat, ...]
    min_input_tokens: int | None
    max_input_tokens: int | None
    min_output_tokens: int | None
    cost_today_usd: Decimal | None
    cost_month_usd: Decimal | None
    time: PolicyTime | None
    addresses: tuple[str, ...]
    headers: tuple[StrNamed, ...]
    tags: tuple[str, ...]


class PolicyLimits(Struct, frozen=True, kw_only=True, rename="camel"):
    """Limits that a policy sets."""

    requests_per_minute: int | None
    concurrent_requests: int | None
    timeout_ms: int | None


class PolicyEffects(Struct, frozen=True, kw_only=True, rename="camel"):
    """What happens to a request that matches."""

    deny: bool
    message: str | None
    reroute: str | None
    max_tokens: int | None
    require_tags: tuple[str, ...]
    limits: PolicyLimits | None
    stop: bool


class Policy(Struct, frozen=True, kw_only=True, rename="camel"):
    """A rule for AI requests."""

    id: str
    name: str
    priority: int
    state: enums.PolicyState
    conditions: PolicyConditions
    effects: PolicyEffects
    matched: int
    acted: int
    last_matched_at: datetime | None
    created_at: datetime
    updated_at: datetime


class PolicyMatch(Struct, frozen=True, kw_only=True, rename="camel"):
    """A policy that matches, and what it does."""

    id: str
    name: str
    state: enums.PolicyState
    effects: tuple[str, ...]


class PolicyVerdict(Struct, frozen=True, kw_only=True, rename="camel"):
    """What becomes of a request."""

    verdict: enums.PolicyRuling
    model: str
    providers: tuple[str, ...]
    max_tokens: int | None
    matches: tuple[PolicyMatch, ...]
    refusal_code: str | None
    refusal_message: str | None


class PolicyTrialCount(Struct, frozen=True, kw_only=True, rename="camel"):
    """How many requests a policy matches."""

    id: str
    name: str
    state: enums.PolicyState
    matched: int


class RecordedVerdict(Struct, frozen=True, kw_only=True, rename="camel"):
    """What would have become of a request of the log."""

    request_id: str
    started_at: datetime
    requested_model: str
    key_id: str | None
    verdict: PolicyVerdict


class PolicyRehearsal(Struct, frozen=True, kw_only=True, rename="camel"):
    """What would have become of the last requests. Their headers are not known; costs are those of now."""

    looked_at: int
    denied: int
    rerouted: int
    counts: tuple[PolicyTrialCount, ...]
    requests: tuple[RecordedVerdict, ...]


class SystemPrompt(Struct, frozen=True, kw_only=True, rename="camel"):
    """A system prompt for all requests, beside what clients say themselves."""

    enabled: bool
    prompt: str
    position: enums.PromptPosition
    formats: tuple[enums.WireFormat, ...]


class ThinkingBudget(Struct, frozen=True, kw_only=True, rename="camel"):
    """How much models are to think, whatever clients say."""

    mode: enums.ThinkingMode
    custom_budget: int
    effort_level: enums.ThinkingEffort


class IpBan(Struct, frozen=True, kw_only=True, rename="camel"):
    """An address that is kept out for a while."""

    ip: str
    until: datetime
    reason: str | None
    remaining_ms: int


class IpFilter(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which addresses may call the gateway, its AI endpoints and its management alike."""

    enabled: bool
    mode: enums.IpFilterMode
    blacklist: tuple[str, ...]
    whitelist: tuple[str, ...]
    temp_bans: tuple[IpBan, ...]


class LockedIdentifier(Struct, frozen=True, kw_only=True, rename="camel"):
    """An address (an IPv6 caller's /64) that may not try to sign in for now."""

    identifier: str
    locked_until: datetime
    remaining_ms: int


class AnswerCacheFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """How the answer cache does: sizes are of now, the rest since the gateway began."""

    memory_size: int
    memory_max_size: int
    db_size: int
    hit_rate: float
    hits: int
    misses: int
    similar_hits: int
    shared_flights: int
    tokens_saved: int
    saved_usd: Decimal
    memory_bytes: int
    memory_max_bytes: int
    ttl_s: int


class IdempotencyFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """How repeated requests fare."""

    active_keys: int
    window_ms: int
    replays: int
    waited: int
    conflicts: int


class CacheFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """How kept answers fare."""

    semantic_cache: AnswerCacheFigures
    idempotency: IdempotencyFigures


class ModelThreshold(Struct, frozen=True, kw_only=True, rename="camel"):
    """The least likeness for one chat model."""

    model: str
    threshold: float


class SimilaritySettings(Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether nearly the same question may get the same answer."""

    enabled: bool
    shadow: bool
    model: str
    threshold: float
    thresholds: tuple[ModelThreshold, ...]


class CacheSettings(Struct, frozen=True, kw_only=True, rename="camel"):
    """What may be kept, and for how long."""

    enabled: bool
    only_deterministic: bool
    ttl_s: int
    max_entries: int
    max_entry_bytes: int
    shared: bool
    similarity: SimilaritySettings


class HeldBack(Struct, frozen=True, kw_only=True, rename="camel"):
    """How many questions were held back for one reason."""

    reason: str
    count: int


class SimilaritySample(Struct, frozen=True, kw_only=True, rename="camel"):
    """A question that was like an earlier one."""

    at: datetime
    model: str
    likeness: float
    held_back: str | None
    asked: str | None
    like: str | None
    saved_usd: Decimal | None
    saved_tokens: int


class SimilarityReport(Struct, frozen=True, kw_only=True, rename="camel"):
    """What similarity did or, in shadow, would have done, since the gateway began."""

    enabled: bool
    shadow: bool
    model: str
    threshold: float
    indexed: int
    looked_up: int
    matches: int
    served: int
    held_back: tuple[HeldBack, ...]
    failures: int
    last_failure: str | None
    would_have_saved_usd: Decimal
    would_have_saved_tokens: int
    samples: tuple[SimilaritySample, ...]


class BackupSettings(Struct, frozen=True, kw_only=True, rename="camel"):
    """When backups are made by themselves, and how many are kept."""

    enabled: bool
    interval_hours: int
    keep_hourly: int
    keep_daily: int
    keep_weekly: int


class BackupProgress(Struct, frozen=True, kw_only=True, rename="camel"):
    """How far a backup, restore, export or import is."""

    action: str
    table: str
    rows: int
    total: int | None
    started_at: datetime


class Backup(Struct, frozen=True, kw_only=True, rename="camel"):
    """A backup of everything in the database."""

    id: str
    filename: str
    created_at: str
    size: int
    reason: str
    version: str
    encrypted: bool
    connection_count: int
    node_count: int
    combo_count: int
    api_key_count: int
    request_count: int


class CliTool(Struct, frozen=True, kw_only=True, rename="camel"):
    """A client tool on the gateway's machine."""

    tool_id: str
    name: str
    installed: bool
    runnable: bool
    command: str | None
    command_path: str | None
    runtime_mode: enums.CliToolMode
    reason: enums.CliToolReason | None
    version: str | None
    requires_binary: bool
    settings_path: str | None
    has_omni_route: bool
    asks: str | None
    steps: tuple[str, ...]
    message: str | None


class EvalCase(Struct, frozen=True, kw_only=True, rename="camel"):
    """A case of a suite."""

    id: str
    name: str
    model: str | None
    input: str
    tags: tuple[str, ...]


class EvalSuite(Struct, frozen=True, kw_only=True, rename="camel"):
    """A suite of questions with known answers."""

    id: str
    name: str
    description: str
    case_count: int
    cases: tuple[EvalCase, ...]


class EvalResult(Struct, frozen=True, kw_only=True, rename="camel"):
    """What came of one case."""

    case_id: str
    case_name: str
    passed: bool
    output: str
    details: tuple[str, ...]
    error: str | None
    duration_ms: float | None
    cost_usd: Decimal | None
    request_id: str | None


class EvalSummary(Struct, frozen=True, kw_only=True, rename="camel"):
    """The sums of a run so far."""

    total: int
    passed: int
    failed: int
    pass_rate: int
    low: float
    high: float
    mean_duration_ms: float | None
    cost_usd: Decimal


class EvalRun(Struct, frozen=True, kw_only=True, rename="camel"):
    """A run of a suite."""

    id: str
    suite_id: str
    suite_name: str
    model: str | None
    state: enums.EvalRunState
    case_count: int
    started_at: datetime
    ended_at: datetime | None
    error: str | None
    results: tuple[EvalResult, ...]
    summary: EvalSummary


class EvalComparison(Struct, frozen=True, kw_only=True, rename="camel"):
    """Two runs over the cases that both have."""

    first: str
    second: str
    cases: int
    first_only: tuple[str, ...]
    second_only: tuple[str, ...]
    difference: float
    low: float
    high: float
    p: float
    verdict: enums.EvalVerdict
    first_cost_usd: Decimal
    second_cost_usd: Decimal
    words: str


class SyncStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    """How synchronisation stands."""

    initialized: bool
    enabled: bool
    connected: bool
    kind: enums.RemoteKind | None
    url: str | None
    local: bool | None
    username: str | None
    region: str | None
    revision: int | None
    last_sync: datetime | None
    last_error: str | None
    conflicts: int | None


class SyncConflict(Struct, frozen=True, kw_only=True, rename="camel"):
    """An object that was changed both here and elsewhere. Its versions are JSON, null where a side removed
    it.
    """

    name: str
    kind: str
    base: str | None
    ours: str | None
    theirs: str | None


class JobRun(Struct, frozen=True, kw_only=True, rename="camel"):
    """One run of a job."""

    id: str
    job: str
    cause: enums.JobCause
    outcome: enums.JobOutcome
    started_at: datetime
    took_ms: int | None
    message: str
    fraction: float | None


class Job(Struct, frozen=True, kw_only=True, rename="camel"):
    """Work that is done by the clock."""

    name: str
    description: str
    enabled: bool
    schedule: str
    default_schedule: str
    running: bool
    next_run_at: datetime | None
    last_run: JobRun | None


class RetentionSettings(Struct, frozen=True, kw_only=True, rename="camel"):
    """How long logs are kept; 0 keeps all."""

    request_log_days: int
    request_log_rows: int
    usage_days: int
    audit_days: int


class JobRunEdge(Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing on a page."""

    cursor: str
    node: JobRun


class JobRunConnection(Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of a list."""

    edges: tuple[JobRunEdge, ...]
    page_info: PageInfo


class AuditEntry(Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that was done, or refused."""

    id: str
    timestamp: datetime
    action: str
    target: str | None
    outcome: str
    details: str | None
    actor: str | None
    actor_id: str | None
    actor_kind: str
    surface: str
    operation: str | None
    ip_address: str | None
    request_id: str | None
    before: Any
    after: Any
    hash: str


class AuditEntryEdge(Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing on a page."""

    cursor: str
    node: AuditEntry


class AuditEntryConnection(Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of a list."""

    edges: tuple[AuditEntryEdge, ...]
    page_info: PageInfo


class AuditVerdict(Struct, frozen=True, kw_only=True, rename="camel"):
    """What checking the audit log found."""

    ok: bool
    rows: int
    faults: tuple[str, ...]


class Loss(Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that the other format cannot carry."""

    path: str
    reason: str
    action: enums.LossAction


class Translation(Struct, frozen=True, kw_only=True, rename="camel"):
    """A request in another format's words."""

    body: Any
    losses: tuple[Loss, ...]


class Count(Struct, frozen=True, kw_only=True, rename="camel"):
    """A figure of one of the gateway's parts."""

    name: str
    value: int


class Health(Struct, frozen=True, kw_only=True, rename="camel"):
    """How the gateway fares."""

    status: enums.HealthStatus
    version: str
    uptime_seconds: int
    timestamp: datetime
    database: enums.DatabaseStatus
    setup_complete: bool | None
    counts: tuple[Count, ...]


class LoginRequirement(Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether the management surfaces ask for a login."""

    require_login: bool
    has_password: bool


class BalancingSettings(Struct, frozen=True, kw_only=True, rename="camel"):
    """How the accounts of one provider share the work."""

    fallback_strategy: enums.RoutingStrategy
    sticky_round_robin_limit: int
    blocked_providers: tuple[str, ...]


class Deleted(Struct, frozen=True, kw_only=True, rename="camel"):
    """It is gone."""

    id: str


class OAuthAuthorization(Struct, frozen=True, kw_only=True, rename="camel"):
    """Where to send a person for consent."""

    provider: str
    flow_type: enums.OAuthFlow
    auth_url: str
    state: str
    redirect_uri: str
    expires_at: datetime


class OAuthDevice(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a person types where."""

    provider: str
    flow_type: enums.OAuthFlow
    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    interval: int
    expires_at: datetime


class SignedInConnection(Struct, frozen=True, kw_only=True, rename="camel"):
    """A connection that a sign-in made or renewed."""

    success: bool
    connection: ProviderConnection


class OAuthPoll(Struct, frozen=True, kw_only=True, rename="camel"):
    """How a device flow stands."""

    success: bool
    pending: bool
    error: str | None
    error_description: str | None
    interval: int | None


class OAuthRevocation(Struct, frozen=True, kw_only=True, rename="camel"):
    """How taking a sign-in back went."""

    connection_id: str
    told: bool
    message: str


class Diagnosis(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a check means."""

    type: enums.DiagnosisKind
    source: enums.DiagnosisSource
    message: str
    code: str | None


class Check(Struct, frozen=True, kw_only=True, rename="camel"):
    """How a real call went."""

    valid: bool
    error: str | None
    refreshed: bool
    diagnosis: Diagnosis
    latency_ms: float
    status_code: int | None
    model: str | None
    tested_at: datetime


class UpstreamModel(Struct, frozen=True, kw_only=True, rename="camel"):
    """A model that a provider lists."""

    id: str
    name: str | None
    context_window: int | None


class UpstreamModels(Struct, frozen=True, kw_only=True, rename="camel"):
    """The models that a connection's provider lists for it."""

    provider: str
    connection_id: str
    models: tuple[UpstreamModel, ...]


class ProxyTest(Struct, frozen=True, kw_only=True, rename="camel"):
    """How a proxy did."""

    success: bool
    latency_ms: float
    proxy_url: str
    public_ip: str | None
    error: str | None


class Discovered(Struct, frozen=True, kw_only=True, rename="camel"):
    """What providers were asked, and what came of it."""

    discoveries: tuple[ModelDiscovery, ...]


class TargetTestResult(Struct, frozen=True, kw_only=True, rename="camel"):
    """How one target answered a test."""

    model: str
    connection: str | None
    status: str
    status_code: int
    latency_ms: float
    error: str | None


class ComboTest(Struct, frozen=True, kw_only=True, rename="camel"):
    """How a combo's targets answered a small real request."""

    combo_name: str
    strategy: enums.RoutingStrategy
    resolved_by: str | None
    results: tuple[TargetTestResult, ...]
    tested_at: datetime


class Done(Struct, frozen=True, kw_only=True, rename="camel"):
    """It was done."""

    message: str


class CreatedApiKey(Struct, frozen=True, kw_only=True, rename="camel"):
    """A key just made, with its text: the only time that it is shown."""

    text: str
    key: ApiKey


class Budgets(Struct, frozen=True, kw_only=True, rename="camel"):
    """Budgets as they were set."""

    budgets: tuple[Budget, ...]


class OwnPrices(Struct, frozen=True, kw_only=True, rename="camel"):
    """The operator's own prices."""

    prices: tuple[Priced, ...]


class Rerating(Struct, frozen=True, kw_only=True, rename="camel"):
    """What came of reckoning anew."""

    requests: int
    changed: int
    skipped: int
    before: Decimal
    after: Decimal


class VerifiedBackup(Struct, frozen=True, kw_only=True, rename="camel"):
    """What checking a backup found."""

    id: str
    ok: bool
    faults: tuple[str, ...]


class RestoredBackup(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a restore did."""

    backup_id: str
    safety_backup_id: str
    connection_count: int
    node_count: int
    combo_count: int
    api_key_count: int
    before: tuple[NamedCount, ...]
    after: tuple[NamedCount, ...]


class DrilledBackup(Struct, frozen=True, kw_only=True, rename="camel"):
    """What came of restoring a backup into a database that was thrown away."""

    backup_id: str
    ok: bool
    faults: tuple[str, ...]
    rows: int
    duration_ms: int


class ChangedSettingsFile(Struct, frozen=True, kw_only=True, rename="camel"):
    """A settings file that changes."""

    path: str
    difference: str
    copy: str | None


class CliToolChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What was changed of a tool's settings, or would be."""

    tool_id: str
    preview: bool
    files: tuple[ChangedSettingsFile, ...]
    key_id: str | None


class EvalRunList(Struct, frozen=True, kw_only=True, rename="camel"):
    """Runs that began; those on answers that were handed in are over."""

    runs: tuple[EvalRun, ...]


class SyncDone(Struct, frozen=True, kw_only=True, rename="camel"):
    """What was done."""

    action: enums.SyncAction
    message: str
    changed_here: int
    changed_there: int
    conflicts: int
    revision: int


class PlaygroundRun(Struct, frozen=True, kw_only=True, rename="camel"):
    """A question that waits to be watched; nothing was sent yet."""

    id: str


class JobNews(Struct, frozen=True, kw_only=True, rename="camel"):
    """Jobs that changed since the last message; in a snapshot all."""

    snapshot: bool
    missed: int
    jobs: tuple[Job, ...]


class AuditNews(Struct, frozen=True, kw_only=True, rename="camel"):
    """Entries since the last message, the oldest first; a snapshot has the newest fifty."""

    snapshot: bool
    missed: int
    entries: tuple[AuditEntry, ...]


class LiveRequest(Struct, frozen=True, kw_only=True, rename="camel"):
    """A request that began or ended. The same id comes twice: when it begins and when it ends."""

    id: str
    at: datetime
    status: enums.RequestStatus
    key_id: str | None
    model: str
    provider: str | None
    connection_id: str | None
    http_status: int | None
    latency_ms: float | None
    first_token_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: Decimal | None


class RequestNews(Struct, frozen=True, kw_only=True, rename="camel"):
    """Requests that began or ended since the last message."""

    snapshot: bool
    missed: int
    requests: tuple[LiveRequest, ...]


class LiveSession(Struct, frozen=True, kw_only=True, rename="camel"):
    """A client's conversation, or the client itself where it names none; sums since the gateway first saw
    it.
    """

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


class SessionNews(Struct, frozen=True, kw_only=True, rename="camel"):
    """Sessions that changed since the last message, and those that are over."""

    snapshot: bool
    missed: int
    sessions: tuple[LiveSession, ...]
    ended: tuple[str, ...]


class UsageSum(Struct, frozen=True, kw_only=True, rename="camel"):
    """Sums of some requests."""

    requests: int
    failures: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal


class UsageGroup(Struct, frozen=True, kw_only=True, rename="camel"):
    """The sums of one model, provider, connection or key; "" where there was none."""

    name: str
    sum: UsageSum


class UsageNews(Struct, frozen=True, kw_only=True, rename="camel"):
    """What was used in the window that ends now."""

    snapshot: bool
    missed: int
    at: datetime
    window_seconds: int
    covered_seconds: int
    total: UsageSum
    groups: tuple[UsageGroup, ...]


class Percentiles(Struct, frozen=True, kw_only=True, rename="camel"):
    """A distribution in milliseconds, each figure within one per cent; None where nothing was measured."""

    p50: float | None
    p95: float | None
    p99: float | None
    count: int


class ProviderTelemetry(Struct, frozen=True, kw_only=True, rename="camel"):
    """How one provider answered."""

    provider: str
    requests: int
    failures: int
    latency: Percentiles
    first_token: Percentiles


class TelemetryNews(Struct, frozen=True, kw_only=True, rename="camel"):
    """How the gateway fared in the window that ends now."""

    snapshot: bool
    missed: int
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


class ConnectionState(Struct, frozen=True, kw_only=True, rename="camel"):
    """How a connection, or one model on it, fares now."""

    connection_id: str
    name: str
    provider: str
    model: str | None
    status: str
    until: datetime | None
    reason: str | None


class HealthNews(Struct, frozen=True, kw_only=True, rename="camel"):
    """Connections and breakers whose state changed since the last message, and those that went; a snapshot
    has all.
    """

    snapshot: bool
    missed: int
    at: datetime
    in_flight: int
    connections: tuple[ConnectionState, ...]
    gone: tuple[ConnectionState, ...]
    breakers: tuple[Breaker, ...]
    forgotten: tuple[str, ...]


class BudgetAlert(Struct, frozen=True, kw_only=True, rename="camel"):
    """A budget that has reached a threshold."""

    key_id: str | None
    period: enums.BudgetPeriod
    unit: enums.BudgetUnit
    threshold: int
    spent: Decimal
    limit: Decimal
    resets_at: datetime


class BudgetNews(Struct, frozen=True, kw_only=True, rename="camel"):
    """Budgets that reached a threshold since the last message; in a snapshot those that stand above one
    now.
    """

    snapshot: bool
    missed: int
    alerts: tuple[BudgetAlert, ...]


class ConfigurationChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that an operator manages changed; the value itself is asked for by a query."""

    noun: str
    id: str | None
    at: datetime


class ConfigurationNews(Struct, frozen=True, kw_only=True, rename="camel"):
    """What changed since the last message."""

    snapshot: bool
    missed: int
    changes: tuple[ConfigurationChange, ...]


class PlaygroundCall(Struct, frozen=True, kw_only=True, rename="camel"):
    """A tool that the model wants called."""

    name: str
    arguments: str


class PlaygroundEnd(Struct, frozen=True, kw_only=True, rename="camel"):
    """How a question ended; null means not known."""

    request_id: str
    outcome: str
    status: int
    provider: str | None
    model: str | None
    latency_ms: float
    first_token_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: Decimal | None
    attempts: int
    calls: tuple[PlaygroundCall, ...]
    error: str | None


class PlaygroundNews(Struct, frozen=True, kw_only=True, rename="camel"):
    """More of an answer."""

    text: str
    thinking: str
    end: PlaygroundEnd | None
