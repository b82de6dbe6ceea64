"""The audit log: who did what, and whether the log is whole."""

from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import Field

from omniroute.api.operation import Call, Reply
from omniroute.api.shapes import QueryTime, adopt, shape
from omniroute.services.audit import MOST, MOST_SKIPPED, AuditQuery, AuditVerdict
from omniroute.services.collection import Services

_Word = Annotated[str, Field(min_length=1, max_length=256)]


@shape
class AuditPage(AuditQuery):
    """Which entries, and which part of them. `n` is another name of `limit`; `cursor` is better than `offset`."""

    action: _Word | None = None
    actor: _Word | None = None
    target: _Word | None = None
    outcome: Literal["ok", "refused", "failed"] | None = None
    surface: Literal["rest", "graphql", "dashboard", "command", "job", "system"] | None = None
    since: QueryTime | None = None
    until: QueryTime | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50
    n: Annotated[int, Field(ge=1, le=MOST)] | None = None
    offset: Annotated[int, Field(ge=0, le=MOST_SKIPPED)] = 0
    cursor: Annotated[str, Field(pattern="^[0-9]{1,18}$")] | None = None


@shape
class ShownVerdict(AuditVerdict):
    """What checking the log found."""


async def show(services: Services, call: Call[None, AuditPage]) -> Reply:
    """List entries, the newest first."""
    query = call.query
    limit = query.n or query.limit
    found = await services.audit.page(limit + 1, query, query.cursor, query.offset)
    shown = found[:limit]
    if len(found) <= limit:
        return Reply(value=shown)
    following = str(shown[-1].id)
    link = f"</api/compliance/audit-log?{urlencode({'cursor': following, 'limit': limit})}>"
    return Reply(value=shown, headers={"x-next-cursor": following, "link": f'{link}; rel="next"'})


async def verify(services: Services, _call: Call[None, None]) -> ShownVerdict:
    """Check the log from end to end."""
    return adopt(ShownVerdict, await services.audit.verify())
