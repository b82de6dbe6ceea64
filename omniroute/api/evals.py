"""Suites, their runs, and two runs side by side."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from omniroute.api.operation import Call, Reply
from omniroute.api.shapes import WHOLE, Done, adopt, shape
from omniroute.services.collection import Services
from omniroute.services.evals.runs import EvalComparison, EvalRun, EvalSuite, RunState
from omniroute.services.evals.service import LONGEST_OUTPUT, MOST_AT_ONCE, MOST_MODELS, MOST_RUNS, EvalDraft
from omniroute.services.names import LONGEST_MODEL

_Model = Annotated[str, Field(min_length=1, max_length=LONGEST_MODEL)]
_Id = Annotated[str, Field(min_length=1, max_length=64)]
_Output = Annotated[str, Field(max_length=LONGEST_OUTPUT)]


@shape
class NewEvalRuns(EvalDraft):
    """What to run: a suite against models or combos, or on answers that are handed in."""

    suite_id: _Id
    models: Annotated[Sequence[_Model], Field(max_length=MOST_MODELS)] = ()
    outputs: Mapping[str, _Output] | None = None
    judge: _Model | None = None
    parallel: Annotated[int, WHOLE, Field(ge=1, le=MOST_AT_ONCE)] = 4
    max_cost_usd: Annotated[Decimal, Field(gt=0, le=1_000_000)] | None = None


@shape
class EvalRuns:
    """Runs."""

    runs: Sequence[EvalRun]


@shape
class ShownEvalSuite(EvalSuite):
    """A suite."""


@shape
class ShownEvalRun(EvalRun):
    """A run of a suite, as far as it is."""


@shape
class ShownEvalComparison(EvalComparison):
    """Two runs side by side."""


@shape
class RunsQuery:
    """How many runs to list."""

    limit: Annotated[int, Field(ge=1, le=MOST_RUNS)] = 50


@shape
class PairQuery:
    """Which runs to compare."""

    first: _Id
    second: _Id


async def suites(services: Services, _call: Call[None, None]) -> Sequence[EvalSuite]:
    """List suites."""
    return await services.evals.suites()


async def suite(services: Services, call: Call[None, None]) -> ShownEvalSuite:
    """Show one suite."""
    return adopt(ShownEvalSuite, await services.evals.suite(call.params["suiteId"]))


async def start(services: Services, call: Call[NewEvalRuns, None]) -> Reply:
    """Begin runs; answers that are handed in are checked at once."""
    runs = await services.evals.start(call.body)
    is_over = all(run.state is not RunState.RUNNING for run in runs)
    return Reply(value=EvalRuns(runs=runs), status=200 if is_over else 202)


async def runs(services: Services, call: Call[None, RunsQuery]) -> EvalRuns:
    """List runs."""
    return EvalRuns(runs=await services.evals.runs(call.query.limit))


async def run(services: Services, call: Call[None, None]) -> ShownEvalRun:
    """Show one run."""
    return adopt(ShownEvalRun, await services.evals.get(call.params["id"]))


async def stop(services: Services, call: Call[None, None]) -> ShownEvalRun:
    """Stop a run."""
    return adopt(ShownEvalRun, await services.evals.stop(call.params["id"]))


async def compare(services: Services, call: Call[None, PairQuery]) -> ShownEvalComparison:
    """Compare two runs."""
    return adopt(ShownEvalComparison, await services.evals.compare(call.query.first, call.query.second))


async def delete(services: Services, call: Call[None, None]) -> Done:
    """Delete a run."""
    await services.evals.delete(call.params["id"])
    return Done(message="run deleted")
