"""How quick answers are, and who is being served, from memory and since the gateway began."""

from decimal import Decimal
from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.named import Named, named
from omniroute.graphql.outcome import Failed
from omniroute.graphql.scalars import Long, money
from omniroute.graphql.types import Shown, asked, expose
from omniroute.services.telemetry import (
    USUAL_MS,
    Latency,
    LiveRequest,
    LiveSession,
    LiveView,
    Quantiles,
    Summary,
)

_P50 = "Half stayed below this, in milliseconds, to one per cent; null: nothing was measured."
_P95 = "95 of 100 stayed below this, in milliseconds, to one per cent; null: nothing was measured."
_P99 = "99 of 100 stayed below this, in milliseconds, to one per cent; null: nothing was measured."
_COUNT = Shown(words="How many were measured.", kind=Long)
_CONNECTION = Shown(words="The id of the connection used last.", kind=strawberry.ID | None)
_KEY = Shown(words="The id of the key that asks.", kind=strawberry.ID | None)
_Window = Annotated[
    int, strawberry.argument(description="The window in milliseconds, 60,000 to 3,600,000; it is of whole minutes.")
]

expose(Quantiles, "Quantiles", "How long something took.", p50=_P50, p95=_P95, p99=_P99, count=_COUNT)
expose(
    Latency,
    "LatencySummary",
    "How long complete answers took, from the request's arrival to the last byte.",
    p50=_P50,
    p95=_P95,
    p99=_P99,
    count=_COUNT,
    first_token="Until the first meaningful piece, of streams.",
)
expose(
    Summary,
    "TelemetrySummary",
    "How long complete answers took of late.",
    window_ms="The window in milliseconds.",
    count=_COUNT,
    p50=_P50,
    p95=_P95,
    p99=_P99,
    providers=Shown(words="The same by provider.", kind=list[Named[Latency]], read=named),
    models=Shown(words="The same by provider/model.", kind=list[Named[Latency]], read=named),
)
expose(
    LiveSession,
    "ServedSession",
    "A conversation of the last half hour.",
    session_id=Shown(words="Stable id, made of what its client calls it or of how it begins.", kind=strawberry.ID),
    key_id=_KEY,
    key=Shown(words="The key's name.", kind=str | None),
    client="The client program, as it names itself.",
    model="The model asked for last.",
    provider="The provider that answered last.",
    connection_id=_CONNECTION,
    created_at="When it was first seen.",
    last_active="When its last request began or ended.",
    age_ms=Shown(words="For how long it is known, in milliseconds.", kind=Long),
    request_count="How many requests it had.",
    active_requests="How many of them are under way.",
    input_tokens=Shown(words="Tokens that went in.", kind=Long),
    output_tokens=Shown(words="Tokens that came out.", kind=Long),
    cost_usd=Shown(words="What it cost, in US dollars, as far as prices are known.", kind=Decimal, read=money),
)
expose(
    LiveRequest,
    "RunningRequest",
    "A request that is under way.",
    id=Shown(words="Stable id, which the client gets as X-Request-Id.", kind=strawberry.ID),
    session_id=Shown(words="The id of its conversation.", kind=strawberry.ID),
    key_id=_KEY,
    key=Shown(words="The key's name.", kind=str | None),
    client="The client program, as it names itself.",
    model="The model's name as the client wrote it.",
    stream="Whether the answer is streamed.",
    provider="Where it is tried now; null before the first try.",
    connection_id=Shown(words="The id of the connection that it is tried over now.", kind=strawberry.ID | None),
    upstream_model="The model, as the provider calls it.",
    attempt="Which try it is, from 1; 0 before the first.",
    started_at="When it came.",
    elapsed_ms=Shown(words="For how long it is under way, in milliseconds.", kind=Long),
    first_token_ms="When its first meaningful piece came, in milliseconds after it; null: not yet.",
    pieces=Shown(words="How many pieces of the stream were sent.", kind=Long),
)
expose(
    LiveView,
    "ServedNow",
    "Who is being served.",
    count="How many conversations there were in the last half hour.",
    sessions="These conversations.",
    active_count="How many requests are under way.",
    active="These requests.",
)

SummaryResult = Annotated[Summary | Failed, strawberry.union("TelemetrySummaryResult")]


@strawberry.type
class Query:
    """Telemetry."""

    @asked("How long complete answers took of late, by provider and model.")
    def telemetry_summary(self, info: Asked, window_ms: _Window = USUAL_MS) -> SummaryResult:
        return services_of(info).telemetry.summary(window_ms)

    @asked("Who is being served now, and was in the last half hour.")
    async def served_now(self, info: Asked) -> LiveView:
        return await services_of(info).telemetry.sessions()
