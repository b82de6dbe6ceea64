"""A cascade: the lowest rung first, and up when it fails or when its answer does not pass the combo's checks.

A rung is one target of the combo, with all accounts below it. Only answers with a free rung above them are judged, so
that the highest one's is always taken. To be judged an answer must be whole, so the stream of a lower rung is held
until it ends and then sent at once; the highest rung streams as usual. What a refused answer cost is counted.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from omniroute.formats.events import Fault
from omniroute.formats.hub import OutputFormat, Response, Usage
from omniroute.gateway.snapshot import Plan, Route
from omniroute.gateway.traffic import Load
from omniroute.routing.checks import AnswerChecks, objection
from omniroute.routing.strategies import Strategy
from omniroute.upstream.failures import AttemptFailed, Failure, FailureKind

_PLAIN = AnswerChecks()


class Cascade:
    """One request's way up. `judges`: whether the answer of the route given last has to pass."""

    def __init__(self, plan: Plan, is_free: Callable[[Route], bool]) -> None:
        self._checks = (None if plan.config is None else plan.config.checks) or _PLAIN
        self._rungs = plan.choice.options
        self._is_free = is_free
        self._refused: set[Load] = set()
        self.judges = False

    @classmethod
    def of(cls, plan: Plan, is_free: Callable[[Route], bool]) -> "Cascade | None":
        """Return the cascade of a plan that is one."""
        return cls(plan, is_free) if plan.choice.strategy is Strategy.CASCADE else None

    def climb(self, routes: Iterator[Route]) -> Iterator[Route]:
        """Give the routes on, but none of a rung whose answer was refused."""
        for route in routes:
            if _rung(route) not in self._refused:
                self.judges = any(map(self._is_free, self._above(route)))
                yield route

    def _above(self, route: Route) -> Iterator[Route]:
        """Give all ways to the rungs above the route's own."""
        is_above = False
        for option in self._rungs:
            if is_above:
                yield from option.routes
            is_above = is_above or option.load is _rung(route)

    def judge(self, route: Route, response: Response, output: OutputFormat | None) -> None:
        """Raise AttemptFailed when the answer does not pass; `output` is what the request asked for."""
        wrong = objection(self._checks, response, output) if self.judges else None
        if wrong is None:
            return
        self.refuse(route)
        fault = Fault(kind="upstream", message=f"the answer was not taken: {wrong}", status=502, code="answer_refused")
        failure = Failure(kind=FailureKind.ANSWER, fault=fault, status=200)
        raise AttemptFailed(replace(failure, usage=response.usage or Usage()))

    def refuse(self, route: Route) -> None:
        """Go up: nothing of the route's rung is tried again."""
        self._refused.add(_rung(route))


def _rung(route: Route) -> Load:
    """Return the figures of the combo's own member that the route leads through, which stand for it."""
    return route.steps[0][1]
