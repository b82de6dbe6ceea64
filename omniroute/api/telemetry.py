"""How quick providers are, and who is being served."""

from typing import Annotated

from pydantic import Field

from omniroute.api.operation import Call
from omniroute.api.shapes import adopt, shape
from omniroute.services.collection import Services
from omniroute.services.telemetry import LONGEST_MS, SHORTEST_MS, USUAL_MS, LiveView, Summary


@shape
class Window:
    """How far to look back, in milliseconds."""

    window_ms: Annotated[int, Field(ge=SHORTEST_MS, le=LONGEST_MS)] = USUAL_MS


@shape
class ShownSummary(Summary):
    """Latencies in milliseconds, each within one per cent."""


@shape
class ShownLive(LiveView):
    """Conversations of the last half hour, and the requests under way."""


async def summary(services: Services, call: Call[None, Window]) -> ShownSummary:
    """Tell the latencies of late."""
    return adopt(ShownSummary, services.telemetry.summary(call.query.window_ms))


async def sessions(services: Services, _call: Call[None, None]) -> ShownLive:
    """Tell who is being served."""
    return adopt(ShownLive, await services.telemetry.sessions())
