"""How the gateway fares."""

from omniroute.api import system
from omniroute.api.operation import Operation
from omniroute.edge.admission import Policy

OPERATIONS = (
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
)
