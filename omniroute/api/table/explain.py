"""Questions about routing that send nothing. Rows of the operation table."""

from omniroute.api import explain
from omniroute.api.operation import Operation
from omniroute.edge.admission import Policy
from omniroute.kit.errors import NotFound

OPERATIONS = (
    Operation(
        id="dryRun",
        method="POST",
        path="/api/routing/dry-run",
        tag="routing",
        summary="Say which target would serve a request now, and why; nothing is sent",
        policy=Policy.ADMIN,
        handler=explain.dry_run,
        body=explain.NewDryRun,
        answer=explain.ShownDryRun,
        errors=(NotFound,),
        example={"model": "coding", "body": {"messages": [{"role": "user", "content": "Hello"}]}},
    ),
    Operation(
        id="replayRequests",
        method="POST",
        path="/api/routing/replay",
        tag="routing",
        summary="Let a combo choose for recorded requests: what they would have cost, how quick and available",
        policy=Policy.ADMIN,
        handler=explain.replay,
        body=explain.NewReplay,
        answer=explain.ShownReplay,
        errors=(NotFound,),
        example={"strategy": "cost-optimized", "targets": ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"]},
    ),
)
