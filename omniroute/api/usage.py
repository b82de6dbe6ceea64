"""What was asked of the gateway."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from omniroute.api.operation import Call
from omniroute.api.shapes import shape
from omniroute.services.collection import Services
from omniroute.services.request_log import MOST, LoggedRequest


@shape
class Page:
    """Which part of the log to show: `before` is the `cursor` of the last row of the page above."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = 100
    before: Annotated[str, Field(max_length=100)] | None = None


async def request_logs(services: Services, call: Call[None, Page]) -> Sequence[LoggedRequest]:
    """List requests, the newest first."""
    return await services.request_log.recent(call.query.limit, call.query.before)
