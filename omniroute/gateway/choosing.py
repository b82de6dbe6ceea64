"""Which target a request goes to first, and which next: walks a plan's tree only as far as it must.

At each group the members that take the request are put in order by the group's strategy; what is cooling comes after
everything else, and what named a time before which it will refuse is not tried. A conversation stays with the account
that it began with.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from omniroute.gateway.cascade import Cascade
from omniroute.gateway.decision import Ask, Look, Session
from omniroute.gateway.snapshot import Choice, Option, Plan, Route, Target
from omniroute.kit.errors import Invalid
from omniroute.routing import strategies
from omniroute.routing.breaker import Standing
from omniroute.routing.conditions import holds
from omniroute.routing.strategies import Draw, Order, Strategy
from omniroute.state.recent import Recent
from omniroute.upstream.rates import Rate

MOST_SESSIONS = 10_000
SESSION_S = 3_600.0
_MILLION = 1_000_000  # prices are for a million tokens

Now = Callable[[], float]


class Rest(Protocol):
    """What is left alone for now: gateway/cooling.py, or what a replay imagines."""

    @property
    def has_any(self) -> bool:
        """Whether anything may be cooling."""
        ...

    def is_free(self, route: Route) -> bool:
        """Whether nothing is held against the route's target now."""
        ...

    def order(self, routes: Sequence[Route]) -> list[Route]:
        """Return the routes worth trying now: free ones first, then the soonest free."""
        ...

    def held(self, target: Target) -> Standing | None:
        """Return what is held against a target, if anything."""
        ...


class Chooser:
    """Gives the routes of a plan, the best first. `draw` is where chance comes from."""

    def __init__(self, cooling: Rest, *, draw: Draw = random.random, now: Now = time.perf_counter) -> None:
        self._cooling = cooling
        self._draw = draw
        self._now = now
        self._sessions: Recent[Session, tuple[str, str]] = Recent(most=MOST_SESSIONS, keep_s=SESSION_S)

    def routes(self, plan: Plan, ask: Ask) -> Iterator[Route]:
        """Give the routes worth trying, each once; what comes late may have cooled down by the time it is asked for."""
        if len(plan.routes) == 1 and not plan.asks_facts:
            yield from self._cooling.order(plan.routes)
            return
        ask.cascade = Cascade.of(plan, self._cooling.is_free)
        routes = self._each_once(plan, ask)
        yield from routes if ask.cascade is None else ask.cascade.climb(routes)

    def _each_once(self, plan: Plan, ask: Ask) -> Iterator[Route]:
        """Give each route once: what is free as it comes, the rest at the end."""
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
        pinned = ask.pinned = self._pinned(plan, ask)
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
        if ask.session is None or ask.cascade is not None:
            return None
        look = self._sessions.peek if ask.is_dry else self._sessions.get
        found = look(ask.session, self._now())
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
        if len(options) < 2 and len(options) == len(choice.options):  # noqa: PLR2004 - nothing to choose
            return options
        look = Look(choice=choice, options=options, facts=facts, draw=self._draw, now=self._now(), is_dry=ask.is_dry)
        ask.looks.append(look)
        if self._cooling.has_any:
            self._sort_out(look)
        look.order = order = _ORDERS[choice.strategy](look)
        options = look.options
        return [*map(options.__getitem__, order), *look.cooling]

    def _sort_out(self, look: Look) -> None:
        """Part the members that are cooling from those that are free."""
        free: list[Option] = []
        cooling: list[Option] = []
        for one in look.options:
            (free if self._is_free(one) else cooling).append(one)
        look.options = free
        look.cooling = cooling
        look.held = [self._cooling.held(one.routes[0].target) for one in cooling]

    def _is_free(self, option: Option) -> bool:
        return any(map(self._cooling.is_free, option.routes))


def _in_order(look: Look) -> Order:
    return strategies.in_order(len(look.options))


def _weighted(look: Look) -> Order:
    look.scores = weights = [one.weight for one in look.options]
    return strategies.weighted(weights, look.draw)


def _round_robin(look: Look) -> Order:
    choice = look.choice
    turn = choice.scope.turn
    if not look.is_dry:
        choice.scope.turn = turn + 1
    return strategies.round_robin(len(look.options), turn, choice.sticky)


def _random(look: Look) -> Order:
    return strategies.shuffled(len(look.options), look.draw)


def _least_used(look: Look) -> Order:
    loads = [one.load for one in look.options]
    look.scores = in_flight = [load.in_flight for load in loads]
    return strategies.least_used(in_flight, [load.begun for load in loads])


def _cheapest(look: Look) -> Order:
    assert look.facts is not None  # noqa: S101 - the plan asks for them
    tokens_in, tokens_out = look.facts.input_tokens, look.facts.output_tokens
    look.scores = prices = [
        _lowest(one.rates, tokens_in, tokens_out)
        if one.flat is None
        else one.flat[0] * tokens_in + one.flat[1] * tokens_out + one.flat[2]
        for one in look.options
    ]
    return strategies.cheapest(prices)


def flat_price(rates: Sequence[Rate]) -> tuple[int, int, int] | None:
    """Return what one token in, one token out and a request cost, where that is the same for any request."""
    if len(rates) != 1 or rates[0].tiers:
        return None
    rate = rates[0]
    return rate.prices.input, rate.prices.output, rate.request * _MILLION


def _lowest(rates: Sequence[Rate], tokens_in: int, tokens_out: int) -> int | None:
    """Return about what the request would cost at the cheapest of these rates, in a millionth of nano-dollars."""
    lowest: int | None = None
    for rate in rates:
        prices = rate.at(tokens_in)
        price = tokens_in * prices.input + tokens_out * prices.output + rate.request * _MILLION
        if lowest is None or price < lowest:
            lowest = price
    return lowest


def _strains(look: Look) -> list[float]:
    now = look.now
    strains = [one.load.strain(now) for one in look.options]
    look.scores = strains
    return strains


def _quickest(look: Look) -> Order:
    return strategies.least_strained(_strains(look))


def _two_choices(look: Look) -> Order:
    return strategies.two_choices(_strains(look), look.draw)


def _fill_first(look: Look) -> Order:
    full = [one.capacity is not None and one.load.in_flight >= one.capacity for one in look.options]
    if True not in full:
        return strategies.in_order(len(full))
    look.scores = full
    return strategies.fill_first(full)


def _last_good(look: Look) -> Order:
    good = look.choice.scope.last_good
    found = (place for place, one in enumerate(look.options) if one.load is good)
    return strategies.last_good_first(len(look.options), next(found, None))


def _fitting(look: Look) -> Order:
    assert look.facts is not None  # noqa: S101 - the plan asks for them
    look.scores = windows = [one.window for one in look.options]
    return strategies.fitting(windows, look.facts.input_tokens + look.facts.output_tokens)


_ORDERS: Mapping[Strategy, Callable[[Look], Order]] = {
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
    Strategy.CASCADE: _in_order,
}


def _nobody(plan: Plan) -> Invalid:
    name = plan.requested if plan.combo is None else plan.combo.name
    return Invalid(
        f"no target of {name!r} takes this request: the conditions of each exclude it. Change them at /api/combos, or "
        "add a target without one",
        param="model",
        code="no_target_takes_it",
    )
