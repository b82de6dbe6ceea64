"""What was asked of the gateway, and what was used."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from pydantic import Field

from omniroute.api.operation import Call, Reply
from omniroute.api.shapes import QueryTime, adopt, shape
from omniroute.services.collection import Services
from omniroute.services.history import By, ConnectionUsage, History, Period, Step
from omniroute.services.request_log import LONGEST_SEARCH, MOST, MOST_LINES, LoggedRequest, Wanted

_Name = Annotated[str, Field(min_length=1, max_length=256)]


@shape
class Page(Wanted):
    """Which requests, and which part of them.

    `cursor` (or `before`) is the `cursor` of the last row of the page above, or what its header X-Next-Cursor said.
    """

    limit: Annotated[int, Field(ge=1, le=MOST)] = 100
    before: Annotated[str, Field(max_length=100)] | None = None
    cursor: Annotated[str, Field(max_length=100)] | None = None
    status: Annotated[str, Field(pattern="^(ok|error|[1-5][0-9]{2})$")] | None = None
    outcome: Annotated[str, Field(pattern="^(ok|failed|truncated|client_closed|refused)$")] | None = None
    model: _Name | None = None
    provider: _Name | None = None
    connection: _Name | None = None
    key: _Name | None = None
    combo: _Name | None = None
    since: QueryTime | None = None
    until: QueryTime | None = None
    search: Annotated[str, Field(min_length=1, max_length=LONGEST_SEARCH)] | None = None


@shape
class Lines:
    """How many lines."""

    limit: Annotated[int, Field(ge=1, le=MOST_LINES)] = MOST_LINES


@shape
class HistoryQuery(Period):
    """Which time (the last day without any), in spans of which length, split by what."""

    since: QueryTime | None = None
    until: QueryTime | None = None
    step: Step = Step.HOUR
    by: By | None = None


@shape
class ShownRequest(LoggedRequest):
    """One AI request in full: the decision, every attempt, what was lost in translation, and the cost."""


@shape
class ShownHistory(History):
    """What was used in a period: totals, sums by provider, model, connection, key and combo, and a series of spans."""


@shape
class ShownConnectionUsage(ConnectionUsage):
    """What one connection was used for."""


async def request_logs(services: Services, call: Call[None, Page]) -> Reply:
    """List requests, the newest first."""
    query = call.query
    page = await services.request_log.page(query.limit, query.cursor or query.before, query)
    if page.following is None:
        return Reply(value=page.requests)
    link = f"</api/usage/request-logs?{urlencode({'cursor': page.following, 'limit': query.limit})}>"
    return Reply(value=page.requests, headers={"x-next-cursor": page.following, "link": f'{link}; rel="next"'})


async def request_log(services: Services, call: Call[None, None]) -> ShownRequest:
    """Show one request in full."""
    return adopt(ShownRequest, await services.request_log.get(call.params["id"]))


async def lines(services: Services, call: Call[None, Lines]) -> Sequence[str]:
    """List requests as lines of text."""
    return await services.request_log.lines(call.query.limit)


async def history(services: Services, call: Call[None, HistoryQuery]) -> ShownHistory:
    """Sum up what was used."""
    return adopt(ShownHistory, await services.usage_history.read(call.query))


async def of_connection(services: Services, call: Call[None, None]) -> ShownConnectionUsage:
    """Sum up what one connection was used for."""
    return adopt(ShownConnectionUsage, await services.usage_history.of_connection(call.params["connectionId"]))
