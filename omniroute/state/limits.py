"""Who has used how much of a minute, and how many calls are under way, in memory: the state of routing/limits.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from omniroute.routing.limits import Meter, Rates, Refusal, brought, ended, judged, taken, undone

_MOST_IDLE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One scope with limits. `scope` tells scopes apart, `name` is how people call it."""

    scope: str
    name: str
    rates: Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Whose limit stands in the way, and which."""

    bound: Bound
    refusal: Refusal


class Limiter(Protocol):
    """What admission needs. `take` is all or nothing over its bounds, also where many processes share them."""

    async def take(self, bounds: Sequence[Bound], tokens: int, now: float) -> Refused | None:
        """Count one call as begun in every scope, or say which limit stands in the way."""
        ...

    def end(self, bounds: Sequence[Bound], began: float, more_tokens: int) -> None:
        """Count a call as over; it used `more_tokens` than it was taken with. Never waits."""
        ...

    def undo(self, bounds: Sequence[Bound], began: float, tokens: int) -> None:
        """Take back a `take`: the call is not made after all. Never waits."""
        ...

    async def meter(self, scope: str, now: float) -> Meter:
        """Return what a scope has used."""
        ...


class MemoryLimiter:
    """The limiter of one process. Nothing waits inside, so that each method is one step."""

    def __init__(self) -> None:
        self._meters: dict[str, Meter] = {}

    async def take(self, bounds: Sequence[Bound], tokens: int, now: float) -> Refused | None:
        """Count one call as begun in every scope, or say which limit stands in the way longest."""
        meters = self._meters
        found: list[Meter] = []
        worst: Refused | None = None
        for bound in bounds:
            meter = brought(meters.get(bound.scope) or _NEW, now)
            refusal = judged(meter, bound.rates, now, tokens)
            if refusal is not None and (worst is None or refusal.wait_s > worst.refusal.wait_s):
                worst = Refused(bound=bound, refusal=refusal)
            found.append(meter)
        if worst is not None:
            return worst
        for bound, meter in zip(bounds, found, strict=True):
            meters[bound.scope] = taken(meter, now, tokens)
        if len(meters) > _MOST_IDLE:
            self._forget(now)
        return None

    def end(self, bounds: Sequence[Bound], began: float, more_tokens: int) -> None:
        """Count a call as over."""
        for bound in bounds:
            meter = self._meters.get(bound.scope)
            if meter is not None:
                self._meters[bound.scope] = ended(meter, began, more_tokens)

    def undo(self, bounds: Sequence[Bound], began: float, tokens: int) -> None:
        """Take back a `take`."""
        for bound in bounds:
            meter = self._meters.get(bound.scope)
            if meter is not None:
                gap = bound.rates.gap_s or 0.0
                self._meters[bound.scope] = undone(meter, began, tokens, meter.last - gap)

    async def meter(self, scope: str, now: float) -> Meter:
        """Return what a scope has used."""
        return brought(self._meters.get(scope) or _NEW, now)

    def _forget(self, now: float) -> None:
        """Drop the scopes that hold nothing any more: deleted keys and the like."""
        for scope, meter in list(self._meters.items()):
            if not meter.open and not brought(meter, now).requests.slots:
                del self._meters[scope]


_NEW = Meter()
