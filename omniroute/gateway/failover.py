"""Walks a plan until one target answers: one after the other, or with hedging a second one beside the first.

What is held against whom decides who is let through (gateway/cooling.py); how often one is tried, gateway/leg.py.
"""

import time
from collections.abc import Iterator
from typing import TypeVar

from omniroute.gateway.attempt import Attempt
from omniroute.gateway.call import Call
from omniroute.gateway.choosing import Chooser
from omniroute.gateway.cooling import FREELY, Cooling, Permit
from omniroute.gateway.decision import Ask
from omniroute.gateway.facts import facts_for
from omniroute.gateway.hedging import Hedge
from omniroute.gateway.leg import Leg
from omniroute.gateway.refreshing import Refreshing
from omniroute.gateway.reply import StreamReply
from omniroute.gateway.rooms import Rooms, full
from omniroute.gateway.session import session_of
from omniroute.gateway.snapshot import Plan, Route
from omniroute.gateway.telling import AllFailed, held_off
from omniroute.gateway.walk import Walk
from omniroute.gateway.watch import Reason, Watch, Watches
from omniroute.gateway.ways import AsStream, AsWhole, Way
from omniroute.upstream.failures import of_fault

B = TypeVar("B")
R = TypeVar("R")


class Failover:
    """Tries the targets of a call's plan in order."""

    def __init__(
        self,
        attempt: Attempt,
        cooling: Cooling,
        chooser: Chooser,
        *,
        refreshing: Refreshing,
        rooms: Rooms,
        watches: Watches,
        max_attempts: int,
    ) -> None:
        self._attempt = attempt
        self._cooling = cooling
        self._chooser = chooser
        self._refreshing = refreshing
        self._rooms = rooms
        self._watches = watches
        self._max_attempts = max_attempts
        self._whole = AsWhole(attempt)

    async def whole(self, call: Call, watch: Watch) -> bytes:
        """Return the body of the first whole answer; raise AllFailed when there is none."""
        return await self._walk(call, watch, self._whole)

    async def stream(self, call: Call, watch: Watch, reply: StreamReply) -> None:
        """Stream the first answer that begins; raise AllFailed when none does."""
        await self._walk(call, watch, AsStream(self._attempt, reply))
        self._note_cut(call)

    async def by(self, call: Call, watch: Watch, way: Way[B, R]) -> R:
        """Answer in a way of one's own; raise AllFailed when no target does."""
        result = await self._walk(call, watch, way)
        self._note_cut(call)
        return result

    def _note_cut(self, call: Call) -> None:
        """Hold a stream that was cut against its target."""
        if call.outcome == "truncated" and call.fault is not None and call.target is not None:
            self._cooling.failed(call.target, of_fault(call.fault))

    async def _walk(self, call: Call, watch: Watch, way: Way[B, R]) -> R:
        """Return what the first target that answers gave."""
        plan, ask = _asked(call)
        walk = Walk(call, plan, ask, cooling=self._cooling, chooser=self._chooser)
        limits = plan.limits
        if limits.has_times:
            call.hurry(limits.timeout_ms, limits.first_byte_timeout_ms)
        since = time.monotonic()
        while (found := await self._first(walk, watch, way)) is None:
            # Every target that could be tried is full: with a queue the request waits for room.
            watch.wait(Reason.TOTAL, watch.total_s)
            refused, walk.refused = walk.refused, None
            if refused is None or walk.tries:
                raise AllFailed(walk.told())
            if not await self._rooms.wait(call, since, refused):
                raise AllFailed(full(refused, call.model))
        return await way.finish(call, found, watch)

    async def _first(self, walk: Walk, watch: Watch, way: Way[B, R]) -> B | None:
        """Return what the first target that answers has begun, None when none does."""
        limits, call = walk.plan.limits, walk.call
        if limits.hedge_after_ms and len(walk.plan.by_id) > 1:
            hedge = Hedge(
                walk,
                way,
                watches=self._watches,
                refreshing=self._refreshing,
                rooms=self._rooms,
                after_s=limits.hedge_after_ms / 1000,
            )
            return await hedge.first(self._routes(walk), watch)
        for route, permit in self._routes(walk):
            leg = Leg(walk, way, route, permit, call=call, refreshing=self._refreshing, rooms=self._rooms)
            begun = await leg.run(watch)
            if begun is not None and leg.trial is not None:
                walk.answered(leg.trial)
                return begun
        return None

    def _routes(self, walk: Walk) -> Iterator[tuple[Route, Permit]]:
        """Return the routes to try; raise AllFailed, at the first, when none may be tried now."""
        plan = walk.plan
        if plan.is_single and not self._cooling.has_any:
            return iter(((plan.routes[0], FREELY),))
        return self._chosen(walk)

    def _chosen(self, walk: Walk) -> Iterator[tuple[Route, Permit]]:
        plan, call = walk.plan, walk.call
        most = plan.limits.max_attempts
        # Who lists targets wants each of them tried.
        listed = self._max_attempts if plan.combo is None else max(self._max_attempts, len(plan.choice.options))
        count = 0
        for route in self._chooser.routes(plan, walk.ask):
            if count and call.is_late():
                return
            permit = self._cooling.admit(route)
            if permit is None:
                continue
            count += 1
            yield route, permit
            is_enough = count >= listed if most is None else walk.tries >= most
            if is_enough:
                return
        if not count:
            raise AllFailed(held_off(call, walk.refusals()))


def _asked(call: Call) -> tuple[Plan, Ask]:
    """Return the plan, and what it goes by: only what it looks at is found out."""
    plan = call.plan
    assert plan is not None  # noqa: S101 - the pipeline resolves first
    if plan.is_single:
        return plan, _PLAIN
    facts = facts_for(call) if plan.asks_facts else None
    session = session_of(call) if len(plan.routes) > 1 else None
    call.ask = ask = Ask(facts=facts, session=session)
    return plan, ask


_PLAIN = Ask()
