"""The operations on policies. Rows of the operation table."""

from omniroute.api import policies
from omniroute.api.operation import Operation, links
from omniroute.api.shapes import Done
from omniroute.edge.admission import Policy
from omniroute.kit.errors import Conflict, NotFound

_EXAMPLE = {
    "name": "opus only for research",
    "priority": 10,
    "state": "shadow",
    "conditions": {"models": ["*opus*"], "time": {"weekdays": ["sat", "sun"], "zone": "Europe/Helsinki"}},
    "effects": {"reroute": "anthropic/claude-haiku-4-5", "maxTokens": 4096},
}

OPERATIONS = (
    Operation(
        id="listPolicies",
        method="GET",
        path="/api/policies",
        tag="policies",
        summary="List policies, circuit breakers and what is locked for now",
        policy=Policy.ADMIN,
        handler=policies.show_all,
        answer=policies.PolicyList,
    ),
    Operation(
        id="savePolicy",
        method="POST",
        path="/api/policies",
        tag="policies",
        summary="Make a policy, change the one named by id, or unlock an address that guessed passwords",
        policy=Policy.ADMIN,
        handler=policies.post,
        body=policies.PolicyPost,
        answer=policies.ShownPolicy | policies.Unlocked,
        variants=(201,),
        errors=(NotFound, Conflict),
        example=_EXAMPLE,
        links=links("/id", "getPolicy", "updatePolicy", "deletePolicy"),
    ),
    Operation(
        id="deleteNamedPolicy",
        method="DELETE",
        path="/api/policies",
        tag="policies",
        summary="Delete the policy that the query names",
        policy=Policy.ADMIN,
        handler=policies.delete_named,
        query=policies.PolicyQuery,
        answer=Done,
        errors=(NotFound,),
    ),
    Operation(
        id="dryRunPolicies",
        method="POST",
        path="/api/policies/dry-run",
        tag="policies",
        summary="Say what policies would do to a request, or would have done to the last ones; nothing is done",
        policy=Policy.ADMIN,
        handler=policies.dry_run,
        body=policies.DryRun,
        answer=policies.DryRunResult,
        errors=(NotFound,),
        example={"request": {"model": "anthropic/claude-opus-4-5", "inputTokens": 1200}, "policy": _EXAMPLE},
    ),
    Operation(
        id="getPolicy",
        method="GET",
        path="/api/policies/{id}",
        tag="policies",
        summary="Show one policy",
        policy=Policy.ADMIN,
        handler=policies.show,
        answer=policies.ShownPolicy,
        errors=(NotFound,),
    ),
    Operation(
        id="updatePolicy",
        method="PUT",
        also=("PATCH",),
        path="/api/policies/{id}",
        tag="policies",
        summary="Change a policy; what is left out stays",
        policy=Policy.ADMIN,
        handler=policies.update,
        body=policies.PolicyUpdate,
        answer=policies.ShownPolicy,
        errors=(NotFound, Conflict),
        example={"state": "active"},
    ),
    Operation(
        id="deletePolicy",
        method="DELETE",
        path="/api/policies/{id}",
        tag="policies",
        summary="Delete a policy",
        policy=Policy.ADMIN,
        handler=policies.delete,
        answer=Done,
        errors=(NotFound,),
    ),
)
