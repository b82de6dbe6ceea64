"""Dry runs of policies: on a request that is described, or on the last ones that were recorded."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.outcome import Failed
from omniroute.graphql.policies import PolicyHeaderInput, headers_of
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.services.policies import PolicyDraft
from omniroute.services.policy_trials import (
    RecordedVerdict,
    Rehearsal,
    SampleRequest,
    TrialCount,
    TrialMatch,
    Verdict,
)


class Ruling(StrEnum):
    """What becomes of a request."""

    ALLOW = "allow"
    DENY = "deny"


_ID = Shown(words="The policy's id; `unsaved` for one that is not saved.", kind=strawberry.ID)
_NAME = "The policy's name."
_STATE = "Whether it acts outside of dry runs."
_Draft = Annotated[
    PolicyDraft | None, strawberry.argument(description="A policy that is not saved, to be looked at as well.")
]
_Last = Annotated[int, strawberry.argument(description="How many of the last requests: 1 to 1,000.")]


@asked("A stable word for why it is refused; null: it is served.")
def _code(self: Verdict) -> str | None:
    return self.code


@asked("What its client would read; null: it is served.")
def _message(self: Verdict) -> str | None:
    return self.message


enumerate_(Ruling, "PolicyRuling", "What becomes of a request.", ALLOW="It is served.", DENY="It is refused.")
accept(
    SampleRequest,
    "SampleRequestInput",
    "A request in words.",
    model="The model's name as a client would write it.",
    key_id=Taken(words="The id of the key that it would come with.", kind=strawberry.ID | None, read=str),
    format="The wire format that the client would speak.",
    input_tokens="How many tokens would go in.",
    output_tokens="How long an answer it would ask for at most, in tokens.",
    address="The address that it would come from.",
    headers=Taken(words="Its headers.", kind=list[PolicyHeaderInput] | None, read=headers_of),
    tags=Taken(words="Its tags.", kind=list[str] | None, read=tuple),
    at="When it would come; left out: now.",
    cost_today_usd=Taken(
        words="What its key would have spent today, in US dollars; left out: what it has.",
        kind=Decimal | None,
        read=float,
    ),
    cost_month_usd=Taken(
        words="What its key would have spent this month, in US dollars; left out: what it has.",
        kind=Decimal | None,
        read=float,
    ),
)
expose(
    TrialMatch,
    "PolicyMatch",
    "A policy that matches, and what it does.",
    id=_ID,
    name=_NAME,
    state=_STATE,
    effects="What it does, for people.",
)
expose(
    Verdict,
    "PolicyVerdict",
    "What becomes of a request.",
    verdict=Shown(words="Whether it is served.", kind=Ruling, read=Ruling),
    model="The name that is served in the end.",
    providers="Where that leads.",
    max_tokens="How many tokens its answer may have; null: no policy says.",
    matches="The policies that match, in order.",
    # A failure has fields of these names too, and never null: one selection could not hold both.
    without=("code", "message"),
    also={"refusal_code": _code, "refusal_message": _message},
)
expose(
    RecordedVerdict,
    "RecordedVerdict",
    "What would have become of a request of the log.",
    request_id=Shown(words="The request's id.", kind=strawberry.ID),
    started_at="When it came.",
    requested_model="The model's name as the client wrote it.",
    key_id=Shown(words="The id of the key that asked.", kind=strawberry.ID | None),
    verdict="What would have become of it.",
)
expose(
    TrialCount,
    "PolicyTrialCount",
    "How many requests a policy matches.",
    id=_ID,
    name=_NAME,
    state=_STATE,
    matched="How many.",
)
expose(
    Rehearsal,
    "PolicyRehearsal",
    "What would have become of the last requests. Their headers are not known; costs are those of now.",
    looked_at="How many requests were looked at.",
    denied="How many would have been refused.",
    rerouted="How many would have gone elsewhere.",
    counts="How many each policy matches.",
    requests="The requests that a policy matches, the newest first.",
)

VerdictResult = Annotated[Verdict | Failed, strawberry.union("PolicyDryRunResult")]
RehearsalResult = Annotated[Rehearsal | Failed, strawberry.union("PolicyRehearsalResult")]


@strawberry.type
class Query:
    """Dry runs. All policies count as active, drafts too; nothing is counted, nothing is sent."""

    @asked("What policies would do to a request that is described.")
    async def policy_dry_run(self, info: Asked, request: SampleRequest, draft: _Draft = None) -> VerdictResult:
        return await services_of(info).policy_trials.sample(request, draft)

    @asked("What policies would have done to the last requests that were recorded.")
    async def policy_rehearsal(self, info: Asked, last: _Last = 100, draft: _Draft = None) -> RehearsalResult:
        return await services_of(info).policy_trials.last(last, draft)
