"""Which target a request goes to first, and which next: walks a plan's tree only as far as it must.

At each group the members that take the request are put in order by the group's strategy; what is cooling comes after
everything else, and what named a time before which it will refuse is not tried. A conversation stays with the account
that it began with.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from omniroute.gateway.cooling import Cooling
from omniroute.gateway.snapshot import Choice, Option, Plan, Route
from omniroute.kit.errors import Invalid
from omniroute.routing import strategies
from omniroute.routing.conditions import Facts, holds
from omniroute.routing.strategies import Draw, Order, Strategy
from omniroute.state.recent import Recent
from omniroute.upstream.rates import Rate

MOST_SESSIONS = 10_000
SESSION_S = 3_600.0
_MILLION = 1_000_000  # prices are for a million tokens

Now = Callable[[], float]
# Whose conversation: the key, its session's name, the model asked for.
Session = tuple[str | None, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the choice goes by: the facts of the request, where the plan looks at them, and its conversation."""

    facts: Facts | None = None
    session: Session | None = None


class Chooser:
    """Gives the routes of a plan, the best first. `draw` is where chance comes from."""

    def __init__(self, cooling: Cooling, *, draw: Draw = random.random, now: Now = time.perf_counter) -> None:
        self._cooling = cooling
        self._draw = draw
        self._now = now
        self._sessions: Recent[Session, tuple[str, str]] = Recent(most=MOST_SESSIONS, keep_s=SESSION_S)

    def routes(self, plan: Plan, ask: Ask) -> Iterator[Route]:
        """Give the routes worth trying, each once; what comes late may have cooled down by the time it is asked for."""
        if len(plan.routes) == 1 and not plan.asks_facts:
            yield from self._cooling.order(plan.routes)
            return
        tried: set[tuple[str, str]] = set()
        late: list[Route] = []
        for route in self._in_order(plan, ask):
            if route.id in tried:
                continue
            tried.add(route.id)
            if self._cooling.is_free(route):
                yield route
            else:
                late.append(route)
        yield from self._cooling.order(late)

    def _in_order(self, plan: Plan, ask: Ask) -> Iterator[Route]:
        """Give every route that takes the request."""
        pinned = self._pinned(plan, ask)
        if pinned is not None:
            yield pinned
        is_empty = pinned is None
        speaks = plan.speaks
        for route in self._walk(plan.choice, ask):
            if speaks is None or route.target.format is speaks:
                is_empty = False
                yield route
        if is_empty:
            raise _nobody(plan)

    def _pinned(self, plan: Plan, ask: Ask) -> Route | None:
        """Return where the conversation was answered last, when that still takes the request."""
        if ask.session is None:
            return None
        found = self._sessions.get(ask.session, self._now())
        route = None if found is None else plan.by_id.get(found)
        if route is None or not self._cooling.is_free(route) or plan.speaks not in {None, route.target.format}:
            return None
        facts = ask.facts
        if facts is not None and not all(holds(condition, facts) for condition in route.conditions):
            return None
        return route

    def answered(self, route: Route, ask: Ask) -> None:
        """Remember who answered: the conversation stays there."""
        for scope, load in route.steps:
            scope.last_good = load
        if ask.session is not None:
            self._sessions.put(ask.session, route.id, self._now())

    def _walk(self, choice: Choice, ask: Ask) -> Iterator[Route]:
        for option in self._ordered(choice, ask):
            if option.inner is None:
                yield option.routes[0]
            else:
                yield from self._walk(option.inner, ask)

    def _ordered(self, choice: Choice, ask: Ask) -> Sequence[Option]:
        """Put a group's members in order: free ones by strategy, then what is cooling."""
        options: Sequence[Option] = choice.options
        facts = ask.facts
        if facts is not None:
            options = [one for one in options if one.condition is None or holds(one.condition, facts)]
        if len(options) < 2:  # noqa: PLR2004 - nothing to choose
            return options
        cooling: list[Option] = []
        if self._cooling.has_any:
            free: list[Option] = []
            for one in options:
                (free if self._is_free(one) else cooling).append(one)
            options = free
        look = _Look(choice=choice, options=options, facts=facts, draw=self._draw, now=self._now())
        order = _ORDERS[choice.strategy](look)
        return [*(options[place] for place in order), *cooling]

    def _is_free(self, option: Option) -> bool:
        return any(map(self._cooling.is_free, option.routes))


@dataclass(slots=True, kw_only=True)
class _Look:
    """One look at a group. Not frozen: one is made for each choice, and freezing costs more than the look."""

    choice: Choice
    options: Sequence[Option]
    facts: Facts | None
    draw: Draw
    now: float


def _in_order(look: _Look) -> Order:
    return strategies.in_order(len(look.options))


def _weighted(look: _Look) -> Order:
    return strategies.weighted([one.weight for one in look.options], look.draw)


def _round_robin(look: _Look) -> Order:
    choice = look.choice
    turn = choice.scope.turn
    choice.scope.turn = turn + 1
    return strategies.round_robin(len(look.options), turn, choice.sticky)


def _random(look: _Look) -> Order:
    return strategies.shuffled(len(look.options), look.draw)


def _least_used(look: _Look) -> Order:
    loads = [one.load for one in look.options]
    return strategies.least_used([load.in_flight for load in loads], [load.begun for load in loads])


def _cheapest(look: _Look) -> Order:
    assert look.facts is not None  # noqa: S101 - the plan asks for them
    facts = look.facts
    return strategies.cheapest([_price(one.rates, facts) for one in look.options])


def _price(rates: Sequence[Rate], facts: Facts) -> int | None:
    """Return about what the request would cost at the cheapest of these rates, in a millionth of nano-dollars."""
    lowest: int | None = None
    for rate in rates:
        prices = rate.at(facts.input_tokens)
        price = facts.input_tokens * prices.input + facts.output_tokens * prices.output + rate.request * _MILLION
        if lowest is None or price < lowest:
            lowest = price
    return lowest


def _strains(look: _Look) -> list[float]:
    return [one.load.strain(look.now) for one in look.options]


def _quickest(look: _Look) -> Order:
    return strategies.least_strained(_strains(look))


def _two_choices(look: _Look) -> Order:
    return strategies.two_choices(_strains(look), look.draw)


def _fill_first(look: _Look) -> Order:
    return strategies.fill_first([_is_full(one) for one in look.options])


def _is_full(option: Option) -> bool:
    return option.capacity is not None and option.load.in_flight >= option.capacity


def _last_good(look: _Look) -> Order:
    good = look.choice.scope.last_good
    found = (place for place, one in enumerate(look.options) if one.load is good)
    return strategies.last_good_first(len(look.options), next(found, None))


def _fitting(look: _Look) -> Order:
    assert look.facts is not None  # noqa: S101 - the plan asks for them
    tokens = look.facts.input_tokens + look.facts.output_tokens
    return strategies.fitting([one.window for one in look.options], tokens)


_ORDERS: Mapping[Strategy, Callable[[_Look], Order]] = {
    Strategy.PRIORITY: _in_order,
    Strategy.WEIGHTED: _weighted,
    Strategy.ROUND_ROBIN: _round_robin,
    Strategy.RANDOM: _random,
    Strategy.LEAST_USED: _least_used,
    Strategy.COST_OPTIMIZED: _cheapest,
    Strategy.LATENCY_OPTIMIZED: _quickest,
    Strategy.TWO_CHOICES: _two_choices,
    Strategy.FILL_FIRST: _fill_first,
    Strategy.LAST_KNOWN_GOOD: _last_good,
    Strategy.CONTEXT_OPTIMIZED: _fitting,
}


def _nobody(plan: Plan) -> Invalid:
    name = plan.requested if plan.combo is None else plan.combo.name
    return Invalid(
        f"no target of {name!r} takes this request: the conditions of each exclude it. Change them at /api/combos, or "
        "add a target without one",
        param="model",
        code="no_target_takes_it",
    )
