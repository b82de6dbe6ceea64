"""Questions about routing that send nothing: where a request would go now, and what would have been."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.named import NamedShare, shared
from omniroute.graphql.outcome import Failed
from omniroute.graphql.scalars import Long, money
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.services.explain import (
    Candidate,
    DryRun,
    DryRunDraft,
    Fared,
    Replay,
    ReplayDraft,
    ReplayedTarget,
)


class CandidateState(StrEnum):
    """How a target stands for a request."""

    CHOSEN = "chosen"
    NEXT = "next"
    COOLING = "cooling"
    SKIPPED = "skipped"


enumerate_(
    CandidateState,
    "CandidateState",
    "How a target stands for a request.",
    CHOSEN="It would be asked first.",
    NEXT="It would be asked when those before it fail.",
    COOLING="It is left alone now, and asked last if at all.",
    SKIPPED="It would not be asked.",
)
accept(
    DryRunDraft,
    "RouteInput",
    "A request that is not sent.",
    model="The model's name as a client would write it.",
    format="The wire format of the body.",
    body=Taken(words="The request's body; left out: only the model's name counts.", kind=JSON | None),
    stream="Whether the answer would be streamed.",
    key="The id of the key that it would come with.",
    session="The name of its conversation.",
)
expose(
    Candidate,
    "RouteCandidate",
    "One target that a request could go to.",
    position="Which try it would be, from 1; null: none.",
    state=Shown(words="How it stands.", kind=CandidateState, read=CandidateState),
    reason="Why it stands so.",
    provider="The provider's id, or a node's prefix.",
    connection_id=Shown(words="The connection's id.", kind=strawberry.ID),
    connection="The connection's name.",
    model="The model, as the provider calls it.",
    format="The wire format that it is asked in.",
    score="What the strategy goes by, where it is a figure.",
    score_unit="What the figure is in.",
    estimated_cost_usd=Shown(
        words="What the request would cost there, in US dollars, as estimated; null: the price is not known.",
        kind=Decimal | None,
        read=money,
    ),
    context_window="How many tokens the model takes; null: not known.",
    losses="What of the request its format could not carry.",
)
expose(
    DryRun,
    "Route",
    "Where a request would go now, and why.",
    model="The model's name as it was given.",
    combo="The combo that the name leads to.",
    strategy="How a target is chosen.",
    resolved="How the name came to mean it.",
    decision="The decision in a few words.",
    input_tokens="Tokens that would go in, as estimated.",
    output_tokens="Tokens that may come out, as estimated.",
    chosen="The target that would be asked first; null: there is none.",
    candidates="The targets, in the order in which they would be asked.",
    candidate_count="How many targets there are in all.",
)
accept(
    ReplayDraft,
    "ReplayInput",
    "What to try on recorded requests: a combo, or a strategy over targets.",
    combo="The name of a combo; left out: give a strategy and targets.",
    strategy="How a target is chosen; left out: as the combo does.",
    targets="Names of models to choose from: at most 32.",
    since="From when on; left out: from the first.",
    until="Up to when; left out: until now.",
    limit="How many of the newest requests: 1 to 20,000.",
    seed="What chance goes by: the same seed gives the same answer.",
)
expose(
    Fared,
    "Fared",
    "How requests fared.",
    cost_usd=Shown(words="What they cost, in US dollars, as far as prices are known.", kind=Decimal, read=money),
    latency_p50_ms="Half of the answers took less than this, in milliseconds.",
    latency_p95_ms="95 of 100 answers took less than this, in milliseconds.",
    availability="The share that was answered, from 0 to 1.",
    attempts=Shown(words="How many tries were made.", kind=Long),
    share=Shown(words="The share of the answers by target.", kind=list[NamedShare], read=shared),
)
expose(
    ReplayedTarget,
    "ReplayedTarget",
    "What a target was taken to be like.",
    target="The target.",
    observed="How many tries that is known from.",
    basis="Whose tries these are: `connection`, `model`, `everything` or `nothing`.",
    failure_rate="The share of tries that fail, from 0 to 1.",
    refusal_rate="The share of its answers that a cascade does not take, from 0 to 1.",
    latency_p50_ms="Half of its tries take less than this, in milliseconds.",
    priced="Whether its price is known.",
)
expose(
    Replay,
    "Replay",
    "What would have been, beside what was, over the same requests.",
    requests="How many requests these are.",
    since="When the first of them came.",
    until="When the last of them came.",
    seed="What chance went by.",
    strategy="How a target was chosen.",
    replayed="How they would have fared.",
    actual="How they fared.",
    targets="What the targets were taken to be like.",
    notes="What to bear in mind.",
)

RouteResult = Annotated[DryRun | Failed, strawberry.union("RouteResult")]
ReplayResult = Annotated[Replay | Failed, strawberry.union("ReplayResult")]


@strawberry.type
class Query:
    """Questions about routing."""

    @asked("Where a request would go now, and why; nothing is sent.")
    async def route(self, info: Asked, input: DryRunDraft) -> RouteResult:
        return await services_of(info).explain.dry_run(input)

    @asked("What recorded requests would have cost, and how quick and available they would have been.")
    async def replay(self, info: Asked, input: ReplayDraft) -> ReplayResult:
        return await services_of(info).explain.replay(input)
