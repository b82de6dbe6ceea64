"""What was asked, and what it cost. The path with an id comes last, as it would take all others."""

from collections.abc import Sequence

from omniroute.api import usage
from omniroute.api.operation import Operation, links
from omniroute.edge.admission import Policy
from omniroute.kit.errors import NotFound
from omniroute.services.request_log import LoggedRequest

OPERATIONS = (
    Operation(
        id="listRequestLogs",
        method="GET",
        path="/api/usage/request-logs",
        tag="usage",
        summary="List AI requests, the newest first; the header X-Next-Cursor asks for the next page",
        policy=Policy.ADMIN,
        handler=usage.request_logs,
        query=usage.Page,
        answer=Sequence[LoggedRequest],
        links=links("/0/id", "getRequestLog"),
    ),
    Operation(
        id="getRequestLog",
        method="GET",
        path="/api/usage/request-logs/{id}",
        tag="usage",
        summary="Show one AI request in full: why it went where, every attempt, losses and cost",
        policy=Policy.ADMIN,
        handler=usage.request_log,
        answer=usage.ShownRequest,
        errors=(NotFound,),
    ),
    Operation(
        id="listUsageLines",
        method="GET",
        path="/api/usage/logs",
        tag="usage",
        summary="List AI requests as lines of text, those under way first",
        policy=Policy.ADMIN,
        handler=usage.lines,
        query=usage.Lines,
        answer=Sequence[str],
    ),
    Operation(
        id="getUsageHistory",
        method="GET",
        path="/api/usage/history",
        tag="usage",
        summary="Sum up what was used, by minute, hour or day, and by key, model, provider, connection and combo",
        policy=Policy.ADMIN,
        handler=usage.history,
        query=usage.HistoryQuery,
        answer=usage.ShownHistory,
    ),
    Operation(
        id="getConnectionUsage",
        method="GET",
        path="/api/usage/{connectionId}",
        tag="usage",
        summary="Sum up what one connection was used for",
        policy=Policy.ADMIN,
        handler=usage.of_connection,
        answer=usage.ShownConnectionUsage,
        errors=(NotFound,),
    ),
)
