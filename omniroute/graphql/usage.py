"""What was used: sums of a time, and how they came about minute by minute, hour by hour or day by day."""

from decimal import Decimal
from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import accept
from omniroute.graphql.named import Named, NamedCount, counted, named
from omniroute.graphql.outcome import Failed
from omniroute.graphql.scalars import Long, money
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.services.history import (
    ActiveCount,
    Bucket,
    By,
    ConnectionUsage,
    History,
    Pending,
    Period,
    Step,
    Used,
)
from omniroute.services.rules import fault
from omniroute.upstream.quotas import Quota

# Writing a span takes some 0.1 ms in which no request is served: what is more than a chart shows is refused.
MOST_SPANS = 2_000


@asked("What there is to know about these figures.")
def _note(self: ConnectionUsage) -> str | None:
    return self.message


enumerate_(
    Step,
    "UsageStep",
    "How long a span of usage is.",
    MINUTE="A minute.",
    HOUR="An hour.",
    DAY="A day, by UTC.",
)
enumerate_(
    By,
    "UsageBy",
    "What spans of usage are split by.",
    KEY="The key that asked, by its id.",
    MODEL="The model, as the provider calls it.",
    PROVIDER="The provider.",
    CONNECTION="The connection, by its id.",
    COMBO="The combo.",
)
accept(
    Period,
    "UsagePeriod",
    "Which time, in which spans, split by what.",
    since="From when on; left out: a day before `until`.",
    until="Up to when; left out: until now.",
    step="How long a span is. Split or not, 2,000 spans are allowed in all.",
    by="What spans are split by; left out: by nothing.",
)
expose(
    Used,
    "Usage",
    "Sums of requests that ended.",
    requests=Shown(words="How many requests ended.", kind=Long),
    failures=Shown(words="How many of them failed.", kind=Long),
    prompt_tokens=Shown(words="Tokens that went in, those from caches included.", kind=Long),
    completion_tokens=Shown(words="Tokens that came out.", kind=Long),
    cached_tokens=Shown(words="Tokens of the input that came from the provider's cache.", kind=Long),
    cache_write_tokens=Shown(words="Tokens of the input that went into the provider's cache.", kind=Long),
    reasoning_tokens=Shown(words="Tokens of the output that models thought with.", kind=Long),
    cost=Shown(words="What it cost, in US dollars, as far as prices are known.", kind=Decimal, read=money),
    avg_latency_ms="The mean time from first byte to last, in milliseconds; null without requests.",
    avg_first_token_ms="The mean time to the first meaningful piece, in milliseconds; null without streams.",
    last_used="When it was last used, to the minute.",
)
expose(
    Bucket,
    "UsageBucket",
    "One span. Spans in which nothing was used are left out.",
    start="When it begins.",
    name="What it was split by; null: it was not.",
    used="Its sums.",
)
expose(
    ActiveCount,
    "RunningCount",
    "How many requests are under way at one target.",
    model="The model, as the provider calls it; before one is chosen, as the client wrote it.",
    provider="The provider; null before one is chosen.",
    account="The connection's id; null before one is chosen.",
    count="How many.",
)
expose(
    Pending,
    "RunningCounts",
    "How many requests are under way.",
    by_model=Shown(words="By the model's name as clients wrote it.", kind=list[NamedCount], read=counted),
    by_account=Shown(words="By the connection's id.", kind=list[NamedCount], read=counted),
)
expose(
    History,
    "UsageHistory",
    "What was used in a time.",
    since="From when on.",
    until="Up to when.",
    total_requests=Shown(words="How many requests ended.", kind=Long),
    total_failures=Shown(words="How many of them failed.", kind=Long),
    total_prompt_tokens=Shown(words="Tokens that went in.", kind=Long),
    total_completion_tokens=Shown(words="Tokens that came out.", kind=Long),
    total_cost=Shown(words="What it cost, in US dollars, as far as prices are known.", kind=Decimal, read=money),
    by_provider=Shown(words="The sums by provider.", kind=list[Named[Used]], read=named),
    by_model=Shown(words="The sums by model.", kind=list[Named[Used]], read=named),
    by_account=Shown(words="The sums by the connection's id.", kind=list[Named[Used]], read=named),
    by_api_key=Shown(words="The sums by the key's id.", kind=list[Named[Used]], read=named),
    by_combo=Shown(words="The sums by combo.", kind=list[Named[Used]], read=named),
    names=Shown(words="The names of keys and connections by their ids.", kind=list[Named[str]], read=named),
    step="How long a span is.",
    buckets="The spans in order, split as asked.",
    last10_minutes="The last ten minutes, the one under way last.",
    pending="Requests that are under way.",
    active_requests="The same by target.",
)
expose(
    Quota,
    "AccountQuota",
    "What is used of an allowance, in the provider's own unit.",
    used="How much is used.",
    total="How much there is; 100 where the provider tells percent; null: not known.",
    remaining="How much is left.",
    unlimited="Whether there is no limit.",
    reset_at="When it starts anew.",
)
expose(
    ConnectionUsage,
    "ConnectionUsage",
    "What one connection was used for.",
    connection_id=Shown(words="The connection's id.", kind=strawberry.ID),
    provider="The provider's or node's id.",
    name="What the operator calls it.",
    plan="The plan that the provider tells of; null: none.",
    quotas=Shown(words="What is left by the provider's own word, by name.", kind=list[Named[Quota]], read=named),
    last_hour="The sums of the last hour.",
    last_day="The sums of the last day.",
    last30_days="The sums of the last 30 days.",
    by_model=Shown(words="The sums of the last 30 days by model.", kind=list[Named[Used]], read=named),
    # A failure has a message too, and never null: one selection could not hold both.
    without=("message",),
    also={"note": _note},
)

HistoryResult = Annotated[History | Failed, strawberry.union("UsageHistoryResult")]
ConnectionResult = Annotated[ConnectionUsage | Failed, strawberry.union("ConnectionUsageResult")]


@strawberry.type
class Query:
    """Usage."""

    @asked("What was used in a time: sums, and a series of spans.")
    async def usage_history(self, info: Asked, period: Period | None = None) -> HistoryResult:
        found = await services_of(info).usage_history.read(period or Period())
        if len(found.buckets) > MOST_SPANS:
            raise fault(
                "period.step",
                f"that is {len(found.buckets)} spans, {MOST_SPANS} are allowed: "
                "take a longer step, a shorter time, or do not split them",
            )
        return found

    @asked("What one connection was used for.")
    async def connection_usage(self, info: Asked, id: strawberry.ID) -> ConnectionResult:
        return await services_of(info).usage_history.of_connection(id)
