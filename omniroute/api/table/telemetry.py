"""How quick providers are, and who is being served. Rows of the operation table."""

from omniroute.api import telemetry
from omniroute.api.operation import Operation
from omniroute.edge.admission import Policy

OPERATIONS = (
    Operation(
        id="getTelemetry",
        method="GET",
        path="/api/telemetry/summary",
        tag="monitoring",
        summary="Latency (p50, p95, p99) by provider and model",
        policy=Policy.ADMIN,
        handler=telemetry.summary,
        query=telemetry.Window,
        answer=telemetry.ShownSummary,
    ),
    Operation(
        id="listSessions",
        method="GET",
        path="/api/sessions",
        tag="monitoring",
        summary="Live sessions, and the requests under way",
        policy=Policy.ADMIN,
        handler=telemetry.sessions,
        answer=telemetry.ShownLive,
    ),
)
