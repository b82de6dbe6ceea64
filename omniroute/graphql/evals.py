"""Suites, their runs as they go on, and two runs side by side."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Annotated, Any

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.outcome import Deleted, Failed, mutation
from omniroute.graphql.subscribing import feed
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.services.evals.runs import (
    EvalCase,
    EvalComparison,
    EvalResult,
    EvalRun,
    EvalSuite,
    EvalSummary,
    RunState,
    Verdict,
)
from omniroute.services.evals.service import EvalDraft
from omniroute.services.rules import fault

_Run = Annotated[strawberry.ID, strawberry.argument(description="The run's id.")]
_Limit = Annotated[int, strawberry.argument(description="How many at most, up to 200.")]

enumerate_(
    RunState,
    "EvalRunState",
    "How far a run is.",
    RUNNING="It asks.",
    DONE="Every case is done.",
    STOPPED="It asks no more; what was answered stays.",
    FAILED="The gateway made a mistake.",
)
enumerate_(
    Verdict,
    "EvalVerdict",
    "What comparing two runs says.",
    FIRST="The first is better.",
    SECOND="The second is better.",
    UNCLEAR="Chance alone may make such a difference.",
)
expose(
    EvalCase,
    "EvalCase",
    "A case of a suite.",
    id=Shown(words="Stable id.", kind=strawberry.ID),
    name="Its name.",
    model="A model that is suggested for it.",
    input="What is asked.",
    tags=Shown(words="Its labels.", kind=list[str], read=list),
)
expose(
    EvalSuite,
    "EvalSuite",
    "A suite of questions with known answers.",
    id=Shown(words="Stable id.", kind=strawberry.ID),
    name="Its name.",
    description="What it is for.",
    case_count="How many cases it has.",
    cases=Shown(words="Its cases.", kind=list[EvalCase], read=list),
)
expose(
    EvalResult,
    "EvalResult",
    "What came of one case.",
    case_id=Shown(words="The case.", kind=strawberry.ID),
    case_name="Its name.",
    passed="Whether every demand on the answer holds.",
    output="The answer.",
    details=Shown(words="What is wrong with the answer, for people.", kind=list[str], read=list),
    error="Why there is no answer.",
    duration_ms="How long the whole answer took, in milliseconds.",
    cost_usd="What it cost in US dollars, judges included.",
    request_id=Shown(words="Its request in the log.", kind=strawberry.ID | None),
)
expose(
    EvalSummary,
    "EvalSummary",
    "The sums of a run so far.",
    total="How many cases are done.",
    passed="How many were passed.",
    failed="How many were not.",
    pass_rate="The share that was passed, in percent.",
    low="The true share is at least this with 95 % confidence, in percent.",
    high="The true share is at most this with 95 % confidence, in percent.",
    mean_duration_ms="The mean time to a whole answer, in milliseconds.",
    cost_usd="What it cost in US dollars, judges included.",
)
expose(
    EvalRun,
    "EvalRun",
    "A run of a suite.",
    id=Shown(words="Stable id.", kind=strawberry.ID),
    suite_id=Shown(words="The suite.", kind=strawberry.ID),
    suite_name="The suite's name.",
    model="The model or combo that is asked; null: the answers were handed in.",
    state="How far it is.",
    case_count="How many cases there are.",
    started_at="When it began.",
    ended_at="When it ended.",
    error="Why it ended early.",
    results=Shown(words="What came of each case, in the suite's order.", kind=list[EvalResult], read=list),
    summary="The sums so far.",
)
expose(
    EvalComparison,
    "EvalComparison",
    "Two runs over the cases that both have.",
    first=Shown(words="The first run.", kind=strawberry.ID),
    second=Shown(words="The second run.", kind=strawberry.ID),
    cases="How many cases both have.",
    first_only=Shown(words="Cases that the first alone passed.", kind=list[str], read=list),
    second_only=Shown(words="Cases that the second alone passed.", kind=list[str], read=list),
    difference="How much more the second passed, in percentage points.",
    low="The true difference is at least this with 95 % confidence.",
    high="The true difference is at most this with 95 % confidence.",
    p="How likely chance alone makes such a difference, from 0 to 1.",
    verdict="Which is better.",
    first_cost_usd="What the compared cases cost in the first, in US dollars.",
    second_cost_usd="What the compared cases cost in the second, in US dollars.",
    words="All of this in a sentence.",
)


@strawberry.input(description="An answer that was got elsewhere.")
class EvalOutputInput:
    """A case and its answer."""

    case_id: strawberry.ID = strawberry.field(description="The case.")
    text: str = strawberry.field(description="The answer.")


def _outputs(given: Sequence[EvalOutputInput]) -> Mapping[str, str]:
    found = {str(one.case_id): one.text for one in given}
    if len(found) != len(given):
        raise fault("outputs", "outputs: a case stands there twice")
    return found


accept(
    EvalDraft,
    "EvalRunInput",
    "What to run: a suite against models or combos, or on answers that are handed in.",
    suite_id=Taken(words="The suite.", kind=strawberry.ID, read=str),
    models=Taken(words="The models or combos to ask, each in a run of its own.", kind=list[str], read=tuple),
    outputs=Taken(words="Answers that are handed in instead.", kind=list[EvalOutputInput] | None, read=_outputs),
    judge="The model that judges where a case names none.",
    parallel="How many cases are asked at once, up to 32.",
    max_cost_usd="Once a run has spent this many US dollars it asks no more.",
)


@strawberry.type
class Query:
    """Suites and runs."""

    @asked("All suites, those that come with the gateway first.")
    async def eval_suites(self, info: Asked) -> list[EvalSuite]:
        """List suites."""
        return list(await services_of(info).evals.suites())

    @asked("One suite.")
    async def eval_suite(self, info: Asked, id: strawberry.ID) -> EvalSuite:
        """Show one."""
        return await services_of(info).evals.suite(id)

    @asked("The newest runs.")
    async def eval_runs(self, info: Asked, limit: _Limit = 50) -> list[EvalRun]:
        """List runs."""
        return list(await services_of(info).evals.runs(limit))

    @asked("One run as far as it is.")
    async def eval_run(self, info: Asked, id: _Run) -> EvalRun:
        """Show one."""
        return await services_of(info).evals.get(id)

    @asked("Two runs of one suite side by side: which is better, how surely, and what it costs.")
    async def compare_eval_runs(self, info: Asked, first: _Run, second: _Run) -> EvalComparison:
        """Compare two."""
        return await services_of(info).evals.compare(first, second)


@strawberry.type(description="Runs that began; those on answers that were handed in are over.")
class EvalRunList:
    """Runs."""

    runs: list[EvalRun] = strawberry.field(description="One for each model.")


@strawberry.type
class Mutation:
    """Running, stopping and deleting."""

    @mutation("Run a suite against models or combos, or check answers that are handed in.")
    async def start_evals(
        self, info: Asked, input: EvalDraft
    ) -> Annotated[EvalRunList | Failed, strawberry.union("StartEvalsResult")]:
        """Begin."""
        return EvalRunList(runs=list(await services_of(info).evals.start(input)))

    @mutation("Ask no more in a run; what was answered stays.")
    async def stop_eval_run(
        self, info: Asked, id: _Run
    ) -> Annotated[EvalRun | Failed, strawberry.union("StopEvalRunResult")]:
        """Stop one."""
        return await services_of(info).evals.stop(id)

    @mutation("Delete a run and its results.")
    async def delete_eval_run(
        self, info: Asked, id: _Run
    ) -> Annotated[Deleted | Failed, strawberry.union("DeleteEvalRunResult")]:
        """Delete one."""
        await services_of(info).evals.delete(id)
        return Deleted(id=id)


@strawberry.type
class Subscription:
    """Runs as they go on."""

    @feed("A run as it is, and again whenever a case is done, until it ends.", EvalRun)
    async def eval_feed(self, info: Asked, id: _Run) -> AsyncGenerator[Any, None]:
        return services_of(info).evals.watch(id)
