"""One target of a walk, tried until it answers or is given up: again after a pause, or with a renewed credential."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Generic, TypeVar

from omniroute.gateway.call import Call
from omniroute.gateway.cooling import FREELY, Permit
from omniroute.gateway.refreshing import Refreshing
from omniroute.gateway.rooms import Rooms
from omniroute.gateway.snapshot import Route, Target
from omniroute.gateway.trial import Trial
from omniroute.gateway.walk import Walk
from omniroute.gateway.watch import Reason, Watch
from omniroute.gateway.ways import Way
from omniroute.upstream.failures import AttemptFailed, Failure, FailureKind

B = TypeVar("B")
R = TypeVar("R")


class Leg(Generic[B, R]):
    """One target's part of a walk. `trial` is the latest try."""

    __slots__ = ("_permit", "_refreshing", "_retried", "_rooms", "_walk", "_way", "call", "route", "trial")

    def __init__(
        self,
        walk: Walk,
        way: Way[B, R],
        route: Route,
        permit: Permit,
        *,
        call: Call,
        refreshing: Refreshing,
        rooms: Rooms,
    ) -> None:
        """`call` is the request, or its copy for a leg that runs beside another one."""
        self.call = call
        self.route = route
        self.trial: Trial | None = None
        self._walk = walk
        self._way = way
        self._permit = permit
        self._refreshing = refreshing
        self._rooms = rooms
        self._retried = 0

    async def run(self, watch: Watch) -> B | None:
        """Return what the target has begun to answer, None when it failed; raise AllFailed when no other could help."""
        walk = self._walk
        target: Target | None = self.route.target
        if not await self._has_room():
            return None
        while target is not None:
            trial = self.trial = walk.begin(self.route, target, self._permit)
            self._permit = FREELY  # the first try alone is the probe
            begun: B | None = None
            try:
                begun = await self._way.begin(self.call, trial, watch)
            except AttemptFailed as error:
                target = await self._after(trial, error.failure, watch)
            else:
                return begun
            finally:
                walk.end(trial, answered=begun is not None)
        self._rooms.leave(self.call)
        return None

    async def _has_room(self) -> bool:
        """Take a place under the limits of the connection and the model, or pass the target over."""
        if not self.route.bounds:
            return True
        refused = await self._rooms.enter(self.call, self.route)
        if refused is not None:
            self._walk.passed_over(refused, self._permit)
        return refused is None

    async def _after(self, trial: Trial, failure: Failure, watch: Watch) -> Target | None:
        """Note a failed try; return where to try again, None to go on to the next target."""
        walk, target = self._walk, trial.target
        if failure.kind is FailureKind.AUTH and target.refresh is not None and target is self.route.target:
            watch.wait(Reason.TOTAL, watch.total_s)
            headers = await self._refreshing.renewed(target.connection_id, target.refresh)
            if headers is not None:
                walk.noted(trial, failure)
                return _with_headers(target, headers)
        delay_s = walk.delay(trial, failure, self._retried)
        if delay_s is None:
            walk.failed(trial, failure)
            return None
        self._retried += 1
        walk.noted(trial, failure)
        watch.wait(Reason.TOTAL, watch.total_s)
        await asyncio.sleep(delay_s)
        return target


def _with_headers(target: Target, headers: Mapping[str, str]) -> Target:
    """Return the same target with another credential."""
    return replace(target, whole=replace(target.whole, headers=headers), stream=replace(target.stream, headers=headers))
