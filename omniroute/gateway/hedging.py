"""A second target is asked when the first takes long to begin; whoever answers first is taken, the other is cancelled.

Each of the two runs in a task of its own, with a copy of the request and limits of its own for each wait. What the
one that was overtaken is known to have used stands on its try, and in the cost of the request.
"""

import asyncio
import copy
from collections.abc import Iterator
from typing import Generic, TypeVar

from omniroute.gateway.call import Call
from omniroute.gateway.cooling import Permit
from omniroute.gateway.leg import Leg
from omniroute.gateway.refreshing import Refreshing
from omniroute.gateway.rooms import Rooms
from omniroute.gateway.snapshot import Route
from omniroute.gateway.telling import AllFailed
from omniroute.gateway.walk import Walk
from omniroute.gateway.watch import Reason, Watch, Watches
from omniroute.gateway.ways import Way

B = TypeVar("B")
R = TypeVar("R")


class Hedge(Generic[B, R]):
    """The race of one request. `after_s` is how long the first target has before a second one is asked."""

    def __init__(
        self, walk: Walk, way: Way[B, R], *, watches: Watches, refreshing: Refreshing, rooms: Rooms, after_s: float
    ) -> None:
        self._walk = walk
        self._way = way
        self._watches = watches
        self._refreshing = refreshing
        self._rooms = rooms
        self._after_s = after_s
        self._legs: dict[asyncio.Task[B | None], Leg[B, R]] = {}
        self._ended_by: str | None = None  # None: the request itself was ended
        self._begun: B | None = None

    async def first(self, routes: Iterator[tuple[Route, Permit]], watch: Watch) -> B | None:
        """Return what the first target that answers has begun, None when none does."""
        try:
            winner = await self._race(routes, watch)
        finally:
            await self._give_up()
        if winner is None:
            return None
        leg, begun = winner
        _take_over(self._walk.call, leg.call)
        if leg.trial is not None:
            self._walk.answered(leg.trial)
        return begun

    async def _race(self, routes: Iterator[tuple[Route, Permit]], watch: Watch) -> tuple[Leg[B, R], B] | None:
        """Return the leg that answers first with what it has begun, None when none does."""
        may_hedge = True
        while self._legs or self._start(routes):
            # The legs have limits of their own; this task waits for them as long as the request may take.
            watch.wait(Reason.TOTAL, watch.total_s)
            done, _ = await asyncio.wait(
                self._legs, timeout=self._after_s if may_hedge else None, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                may_hedge = False
                self._start(routes)
            winner = self._winner(done)
            if winner is not None:
                return winner
        return None

    def _start(self, routes: Iterator[tuple[Route, Permit]]) -> bool:
        """Ask the next target, if there is one."""
        found = next(routes, None)
        if found is None:
            return False
        route, permit = found
        call = copy.copy(self._walk.call)
        leg = Leg(self._walk, self._way, route, permit, call=call, refreshing=self._refreshing, rooms=self._rooms)
        task = asyncio.create_task(self._run(leg), name="leg")  # noqa: TID251 - `first` waits for its end
        self._legs[task] = leg
        return True

    async def _run(self, leg: Leg[B, R]) -> B | None:
        with self._watches.beside() as watch:
            return await leg.run(watch)

    def _winner(self, done: set[asyncio.Task[B | None]]) -> tuple[Leg[B, R], B] | None:
        """Return the first of those done that answered; raise AllFailed when one says that nobody could do better."""
        for task in [one for one in self._legs if one in done]:
            try:
                begun = task.result()
            except AllFailed:
                self._ended_by = "another target refused the request for good"
                raise
            leg = self._legs.pop(task)
            if begun is not None:
                self._ended_by = "another target answered first"
                self._begun = begun
                return leg, begun
        return None

    async def _give_up(self) -> None:
        """Cancel whoever still runs, let go of what nobody wants, and note both."""
        legs = list(self._legs.items())
        for task, _ in legs:
            task.cancel()
        try:
            await asyncio.gather(*(task for task, _ in legs), return_exceptions=True)
        except asyncio.CancelledError:
            if self._begun is not None:
                self._way.drop(self._begun)
            raise
        for task, leg in legs:
            self._rooms.leave(leg.call)
            begun = None if task.cancelled() or task.exception() is not None else task.result()
            usage = leg.call.usage
            if begun is not None:
                usage = self._way.usage(begun)
                self._way.drop(begun)
            if leg.trial is None or (begun is None and not task.cancelled()):
                continue  # it had not begun, or failed, which is noted
            self._walk.overtaken(leg.trial, self._ended_by, usage)


def _take_over(call: Call, from_leg: Call) -> None:
    """Take over what the leg that won found out about the request."""
    call.request = from_leg.request
    call.losses = from_leg.losses
    call.place = from_leg.place
    call.first_token_at = from_leg.first_token_at
