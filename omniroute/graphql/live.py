"""The live feeds as subscriptions: each begins with a snapshot, then tells what changes.

A message says how much its subscriber missed since the one before, because it was too slow. How often messages come is
the subscriber's choice; nothing that is slow here slows a request.
"""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import accept
from omniroute.graphql.scalars import Long
from omniroute.graphql.subscribing import Interval, feed
from omniroute.graphql.types import Shown, enumerate_, expose
from omniroute.services import live_values as live
from omniroute.services.live_values import (
    BudgetNews,
    ConfigurationNews,
    Grouping,
    HealthNews,
    RequestFilter,
    RequestNews,
    RequestStatus,
    SessionNews,
    TelemetryNews,
    UsageNews,
)

_SNAPSHOT = "Whether this is the first message, with all that is known."
_MISSED = "How many things were dropped since the last message, because this subscriber is too slow."
_AT = "When the figures were taken."
_WINDOW = "The window's length in seconds."
_COVERED = "For how many of the window's seconds anything is known."
_ID = Shown(words="Stable id.", kind=strawberry.ID)

enumerate_(
    RequestStatus,
    "RequestStatus",
    "How a request stands or ended.",
    RUNNING="It is under way.",
    OK="It was answered.",
    FAILED="Nobody could answer it.",
    TRUNCATED="Its answer broke off.",
    CLIENT_CLOSED="Its client went away.",
    REFUSED="The gateway refused it.",
    OTHER="It ended in a way that has no word here.",
)
enumerate_(
    Grouping,
    "UsageGrouping",
    "What usage is sorted by.",
    MODEL="The model's name as clients wrote it.",
    PROVIDER="The provider that answered.",
    CONNECTION="The connection that was used.",
    KEY="The key that asked.",
)
accept(
    RequestFilter,
    "RequestFeedFilter",
    "Which requests to tell of; what is left out does not matter.",
    key_id="The id of the key that asked.",
    model="The model's name as the client wrote it.",
    provider="The provider that answered; requests under way have none yet.",
    statuses="How they stand or ended: any of these.",
)
expose(
    live.LiveRequest,
    "LiveRequest",
    "A request that began or ended. The same id comes twice: when it begins and when it ends.",
    id=_ID,
    at="When that was.",
    status="How it stands.",
    key_id=Shown(words="The id of the key that asked.", kind=strawberry.ID | None),
    model="The model's name as the client wrote it.",
    provider="The provider that answered last.",
    connection_id=Shown(words="The id of the connection used last.", kind=strawberry.ID | None),
    http_status="The status that the client got.",
    latency_ms="From its first byte to the answer's last, in milliseconds.",
    first_token_ms="Until the answer's first meaningful piece, in milliseconds.",
    input_tokens="Tokens that went in, those from caches included.",
    output_tokens="Tokens that came out.",
    cost_usd="What it cost, in US dollars; null when the price is not known.",
)
expose(
    RequestNews,
    "RequestNews",
    snapshot=_SNAPSHOT,
    missed=_MISSED,
    requests="The requests, in the order in which it happened; a snapshot has the newest hundred.",
)
expose(
    live.LiveSession,
    "LiveSession",
    id=_ID,
    name="What the client calls the conversation, by X-Session-Id.",
    key_id=Shown(words="The id of the key that asks.", kind=strawberry.ID | None),
    client="The client program, as it names itself.",
    model="The model asked for last.",
    provider="The provider that answered last.",
    connection_id=Shown(words="The id of the connection used last.", kind=strawberry.ID | None),
    in_flight="How many requests are under way.",
    requests="How many requests have ended.",
    failures="How many of them failed.",
    input_tokens=Shown(words="Tokens that went in.", kind=Long),
    output_tokens=Shown(words="Tokens that came out.", kind=Long),
    cost_usd="What it cost, in US dollars, as far as prices are known.",
    started_at="When it was first seen.",
    last_seen_at="When its last request began or ended.",
)
expose(
    SessionNews,
    "SessionNews",
    snapshot=_SNAPSHOT,
    missed=_MISSED,
    sessions="Sessions that changed; in a snapshot all.",
    ended=Shown(words="Ids of sessions that are over: silent for half an hour.", kind=list[strawberry.ID]),
)
expose(
    live.Sum,
    "UsageSum",
    requests="How many requests ended.",
    failures="How many of them failed.",
    input_tokens=Shown(words="Tokens that went in, those from caches included.", kind=Long),
    output_tokens=Shown(words="Tokens that came out.", kind=Long),
    cost_usd="What it cost, in US dollars, as far as prices are known.",
)
expose(
    live.UsageGroup,
    "UsageGroup",
    name="The model, provider, connection's id or key's id; \"\" where there was none.",
    sum="Its sums.",
)
expose(
    UsageNews,
    "UsageNews",
    snapshot=_SNAPSHOT,
    missed=_MISSED,
    at=_AT,
    window_seconds=_WINDOW,
    covered_seconds=_COVERED,
    total="The sums of everything.",
    groups="Sums by what was asked for, the busiest first.",
)
expose(
    live.Percentiles,
    "Percentiles",
    p50="Half stayed below this, in milliseconds.",
    p95="95 of 100 stayed below this, in milliseconds.",
    p99="99 of 100 stayed below this, in milliseconds.",
    count="How many were measured.",
)
expose(
    live.ProviderTelemetry,
    "ProviderTelemetry",
    provider="The provider's name.",
    requests="How many requests ended there.",
    failures="How many of them failed.",
    latency="From a request's first byte to its answer's last.",
    first_token="Until an answer's first meaningful piece.",
)
expose(
    TelemetryNews,
    "TelemetryNews",
    snapshot=_SNAPSHOT,
    missed=_MISSED,
    at=_AT,
    window_seconds=_WINDOW,
    covered_seconds=_COVERED,
    in_flight="How many requests are under way.",
    requests_per_second="How many requests ended a second.",
    failure_rate="The share of them that failed, from 0 to 1.",
    output_tokens_per_second="How many tokens came out a second.",
    latency="From a request's first byte to its answer's last.",
    first_token="Until an answer's first meaningful piece.",
    providers="The same by provider, in the order of their names.",
)
expose(
    live.ConnectionState,
    "ConnectionState",
    connection_id=Shown(words="The connection's id.", kind=strawberry.ID),
    name="The connection's name.",
    provider="The provider's name.",
    model="The one model that this is about; null: all of them.",
    status="`ready`, or `cooling` while it is left alone.",
    until="Until when it is left alone.",
    reason="Why: the last failure's words.",
)
expose(
    live.BudgetAlert,
    "BudgetAlert",
    "A budget that has reached a threshold.",
    key_id=Shown(words="The id of its key; null: all calls together.", kind=strawberry.ID | None),
    period="When it begins anew.",
    unit="What it is in.",
    threshold="The threshold, in percent.",
    spent="How much was used, in US dollars or tokens by `unit`.",
    limit="How much may be used, in US dollars or tokens by `unit`.",
    resets_at="When it begins anew next.",
)
expose(
    BudgetNews,
    "BudgetNews",
    snapshot=_SNAPSHOT,
    missed=_MISSED,
    alerts="Budgets that reached a threshold; in a snapshot those that stand above one, each by its highest.",
)
expose(
    HealthNews,
    "HealthNews",
    snapshot=_SNAPSHOT,
    missed=_MISSED,
    at=_AT,
    in_flight="How many requests are under way.",
    connections="Connections, and single models on them, whose state changed; in a snapshot all active ones.",
    gone="Connections that were deleted or switched off, and models that nothing is held against any more.",
    breakers="What is held against providers, connections and models, where it changed; in a snapshot all of it.",
    forgotten="Names of breakers that hold nothing any more.",
)
expose(
    live.Change,
    "ConfigurationChange",
    noun="What changed: connections, nodes, keys, combos, aliases, settings, login.",
    id=Shown(words="Which one, where the noun has several.", kind=strawberry.ID | None),
    at="When it was noticed.",
)
expose(ConfigurationNews, "ConfigurationNews", snapshot=_SNAPSHOT, missed=_MISSED, changes="What changed.")

_Window = Annotated[
    int, strawberry.argument(description="The window in seconds, 1 to 3,600; past 120 the interval is 1,000 or more.")
]


@strawberry.type
class Subscription:
    """The live feeds."""

    @feed("Requests as they begin and end.", RequestNews)
    async def request_feed(
        self,
        info: Asked,
        filter: RequestFilter | None = None,
        interval_ms: Interval = 80,
    ) -> AsyncGenerator[Any, None]:
        return services_of(info).feeds.requests(filter or RequestFilter(), interval_ms)

    @feed("Who is at work: clients' sessions as they change.", SessionNews)
    async def live_sessions(self, info: Asked, interval_ms: Interval = 500) -> AsyncGenerator[Any, None]:
        return services_of(info).feeds.sessions(interval_ms)

    @feed("What was used in a window up to now: requests, tokens and cost.", UsageNews)
    async def usage_feed(
        self, info: Asked, window_seconds: _Window = 60, interval_ms: Interval = 1_000, by: Grouping = Grouping.MODEL
    ) -> AsyncGenerator[Any, None]:
        return services_of(info).feeds.usage(window_seconds, interval_ms, by)

    @feed("How the gateway fared in a window up to now: rates and times.", TelemetryNews)
    async def telemetry_feed(
        self, info: Asked, window_seconds: _Window = 60, interval_ms: Interval = 1_000
    ) -> AsyncGenerator[Any, None]:
        return services_of(info).feeds.telemetry(window_seconds, interval_ms)

    @feed("How connections and breakers fare, as it changes.", HealthNews)
    async def health_feed(self, info: Asked, interval_ms: Interval = 500) -> AsyncGenerator[Any, None]:
        return services_of(info).feeds.health(interval_ms)

    @feed("Budgets that reach a threshold.", BudgetNews)
    async def budget_feed(self, info: Asked) -> AsyncGenerator[Any, None]:
        return services_of(info).feeds.budgets()

    @feed("What operators change, on any surface.", ConfigurationNews)
    async def configuration_feed(self, info: Asked) -> AsyncGenerator[Any, None]:
        return services_of(info).feeds.configuration()
