"""What was asked, and what it cost."""

from collections.abc import Sequence

from omniroute.api import usage
from omniroute.api.operation import Operation
from omniroute.edge.admission import Policy
from omniroute.services.request_log import LoggedRequest

OPERATIONS = (
    Operation(
        id="listRequestLogs",
        method="GET",
        path="/api/usage/request-logs",
        tag="usage",
        summary="List AI requests, the newest first",
        policy=Policy.ADMIN,
        handler=usage.request_logs,
        query=usage.Page,
        answer=Sequence[LoggedRequest],
    ),
)
