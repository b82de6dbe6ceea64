"""Room at a connection and for a model: what their limits let through. A target without room is passed over."""

import time

from omniroute.formats.events import Fault
from omniroute.gateway.call import Call
from omniroute.gateway.estimate import most_of
from omniroute.gateway.places import Place
from omniroute.gateway.queue import Queue
from omniroute.gateway.snapshot import Route
from omniroute.state.limits import Limiter, Refused


class Rooms:
    """Lets tries in, and out again."""

    def __init__(self, limiter: Limiter, queue: Queue) -> None:
        self._limiter = limiter
        self._queue = queue

    async def enter(self, call: Call, route: Route) -> Refused | None:
        """Take a place for a try, or say which limit is in the way."""
        tokens = 0
        if any(bound.rates.tokens_per_minute is not None for bound in route.bounds):
            call.most = call.most or most_of(call, call.limits.default_output_tokens)
            tokens = call.most.total
        now = time.monotonic()
        refused = await self._limiter.take(route.bounds, tokens, now)
        if refused is None:
            call.place = Place(route.bounds, now, tokens)
        return refused

    def leave(self, call: Call) -> None:
        """Give the place back: the try failed, or the call is over. Its tokens count as what was used."""
        place, call.place = call.place, None
        if place is None:
            return
        used = 0 if call.usage is None else (call.usage.input or 0) + (call.usage.output or 0)
        self._limiter.end(place.bounds, place.began, used - place.tokens if place.tokens else 0)
        self._queue.wake()

    async def wait(self, call: Call, since: float, refused: Refused) -> bool:
        """Wait for room; return False when the call may not wait (any more)."""
        return await self._queue.turn(call.limits, since, refused.refusal.wait_s)


def full(refused: Refused, model: str) -> Fault:
    """What the client hears when no target of its model has room."""
    bound, refusal = refused.bound, refused.refusal
    return Fault(
        kind="rate_limit",
        message=f"No target of {model!r} has room: {said(refused)}.",
        status=429,
        code="no_room",
        param=bound.scope.partition(":")[0],
        retry_after_s=min(refusal.wait_s, 60.0),
    )


def said(refused: Refused) -> str:
    """Say which limit stands in the way."""
    limit, name = refused.refusal.limit, refused.bound.name
    match refused.refusal.kind:
        case "requests":
            return f"the limit of {name} is {limit:g} requests per minute"
        case "tokens":
            return f"the limit of {name} is {limit:g} tokens per minute"
        case "concurrency":
            return f"the limit of {name} is {limit:g} requests at once"
        case "pace":
            return f"the requests of {name} must be {limit * 1000:g} ms apart"
