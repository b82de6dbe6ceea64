"""How the gateway fares."""

from omniroute.api import metrics, system
from omniroute.api.operation import Described, Operation
from omniroute.api.shapes import Done
from omniroute.edge.admission import Policy
from omniroute.kit.errors import TooMany

_NAME = Described(
    name="Greeting",
    schema={
        "type": "object",
        "description": "Who is here.",
        "required": ["name", "version", "status"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "description": "Always OmniRoute."},
            "version": {"type": "string", "description": "The gateway's version."},
            "status": {"type": "string", "enum": ["ok", "stopping"], "description": "Whether it takes requests."},
        },
    },
)


def _probe(name: str, path: str, summary: str, variants: tuple[int, ...] = ()) -> Operation:
    return Operation(
        id=name,
        method="GET",
        path=path,
        tag="system",
        summary=summary,
        policy=Policy.PUBLIC,
        answer=_NAME,
        variants=variants,
    )


OPERATIONS = (
    _probe("getGreeting", "/", "Who is here"),
    _probe("getLiveness", "/healthz", "Whether the process is alive"),
    _probe("getReadiness", "/readyz", "Whether to send it requests; 503 while it stops", (503,)),
    Operation(
        id="getInitialState",
        method="GET",
        path="/api/init",
        tag="system",
        summary="Whether the gateway is set up",
        policy=Policy.PUBLIC,
        handler=system.initial,
        answer=system.InitialState,
    ),
    Operation(
        id="getHealth",
        method="GET",
        path="/api/monitoring/health",
        tag="system",
        summary="How the gateway fares; 503 when it cannot serve",
        policy=Policy.PUBLIC,
        handler=system.health,
        answer=system.HealthState,
        variants=(503,),
    ),
    Operation(
        id="getMetrics",
        method="GET",
        path="/metrics",
        tag="system",
        summary="Metrics for Prometheus; for a key with the scope metrics or admin, or anyone by METRICS_PUBLIC",
        policy=Policy.METRICS,
        handler=metrics.show,
        media=metrics.PROMETHEUS,
    ),
    Operation(
        id="restart",
        method="POST",
        path="/api/restart",
        tag="system",
        summary="Let requests under way finish, then begin again; off unless ALLOW_RESTART says so",
        policy=Policy.ADMIN,
        handler=system.restart,
        body=system.Confirmation,
        answer=system.Restarting,
        errors=(TooMany,),
        example={"password": "correct horse battery staple"},
    ),
    Operation(
        id="shutdown",
        method="POST",
        path="/api/shutdown",
        tag="system",
        summary="Let requests under way finish, then end; off unless ALLOW_RESTART says so",
        policy=Policy.ADMIN,
        handler=system.shutdown,
        body=system.Confirmation,
        answer=Done,
        errors=(TooMany,),
        example={"password": "correct horse battery staple"},
    ),
)
