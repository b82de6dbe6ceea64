"""The operations on suites and their runs. Rows of the operation table."""

from collections.abc import Sequence

from omniroute.api import evals
from omniroute.api.operation import Operation, links
from omniroute.api.shapes import Done
from omniroute.edge.admission import Policy
from omniroute.kit.errors import Conflict, Invalid, NotFound
from omniroute.services.evals.runs import EvalSuite

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="listEvalSuites",
        method="GET",
        path="/api/evals",
        tag="evals",
        summary="List suites, those that come with the gateway first",
        policy=Policy.ADMIN,
        handler=evals.suites,
        answer=Sequence[EvalSuite],
    ),
    Operation(
        id="startEvals",
        method="POST",
        path="/api/evals",
        tag="evals",
        summary="Run a suite against models or combos, or check answers that are handed in",
        description="A run goes on in the background (202); answers that are handed in are checked at once (200).",
        policy=Policy.ADMIN,
        handler=evals.start,
        body=evals.NewEvalRuns,
        answer=evals.EvalRuns,
        variants=(202,),
        errors=(Conflict, NotFound, Invalid),
        example={"suiteId": "golden-set", "outputs": {"sum": "42"}},
        links=links("/runs/0/id", "getEvalRun", "stopEvalRun", "deleteEvalRun"),
    ),
    Operation(
        id="listEvalRuns",
        method="GET",
        path="/api/evals/runs",
        tag="evals",
        summary="List runs, the newest first",
        policy=Policy.ADMIN,
        handler=evals.runs,
        query=evals.RunsQuery,
        answer=evals.EvalRuns,
    ),
    Operation(
        id="compareEvalRuns",
        method="GET",
        path="/api/evals/compare",
        tag="evals",
        summary="Compare two runs of one suite: which is better, how surely, and what it costs",
        policy=Policy.ADMIN,
        handler=evals.compare,
        query=evals.PairQuery,
        answer=evals.ShownEvalComparison,
        errors=(NotFound,),
    ),
    Operation(
        id="getEvalRun",
        method="GET",
        path="/api/evals/runs/{id}",
        tag="evals",
        summary="Show a run as far as it is",
        policy=Policy.ADMIN,
        handler=evals.run,
        answer=evals.ShownEvalRun,
        errors=(NotFound,),
    ),
    Operation(
        id="stopEvalRun",
        method="POST",
        path="/api/evals/runs/{id}/stop",
        tag="evals",
        summary="Ask no more in a run; what was answered stays",
        policy=Policy.ADMIN,
        handler=evals.stop,
        answer=evals.ShownEvalRun,
        errors=(NotFound,),
    ),
    Operation(
        id="deleteEvalRun",
        method="DELETE",
        path="/api/evals/runs/{id}",
        tag="evals",
        summary="Delete a run and its results",
        policy=Policy.ADMIN,
        handler=evals.delete,
        answer=Done,
        errors=(NotFound,),
    ),
    Operation(
        id="getEvalSuite",
        method="GET",
        path="/api/evals/{suiteId}",
        tag="evals",
        summary="Show one suite",
        policy=Policy.ADMIN,
        handler=evals.suite,
        answer=evals.ShownEvalSuite,
        errors=(NotFound, Invalid),
        named={"suiteId": "golden-set"},
    ),
)
