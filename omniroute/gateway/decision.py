"""What was known and looked at when a target was chosen, and how that is told afterwards.

While a request is served only references are noted: the figures that a strategy went by, the order that it gave, what
was left out. They become text and JSON when somebody asks, or when the record is written.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from omniroute.gateway.cascade import Cascade
from omniroute.gateway.snapshot import Choice, Option, Plan, Route
from omniroute.kit.json import JsonObject
from omniroute.routing.breaker import Standing
from omniroute.routing.conditions import Facts
from omniroute.routing.strategies import Order, Strategy

# Whose conversation: the key, its session's name, the model asked for.
Session = tuple[str | None, str, str]

_NANO_A_MILLION = 1_000_000  # a price score is in millionths of nano-dollars
_MOST_CANDIDATES = 32
_MOST_GROUPS = 8

_Draw = Callable[[], float]


@dataclass(slots=True, kw_only=True, eq=False)
class Look:
    """One look at a group. Not frozen: one is made for each choice, and freezing costs more than the look.

    `scores` are what the strategy went by, for each of `options`; `order` are places in them, the first to be tried
    first. `cooling` are members left for later. With `is_dry` nothing may be changed by looking.
    """

    choice: Choice
    options: Sequence[Option]
    facts: Facts | None
    draw: _Draw
    now: float
    is_dry: bool = False
    cooling: Sequence[Option] = ()
    held: Sequence[Standing | None] = ()  # why each of `cooling` is
    scores: Sequence[float | None] | None = None
    order: Order = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class Ask:
    """What a choice goes by (the facts of the request where the plan looks at them, its conversation), and its course.

    `pinned` is where the conversation was answered last; `looks` are the groups looked at, in the order they were.
    """

    facts: Facts | None = None
    session: Session | None = None
    is_dry: bool = False
    cascade: Cascade | None = None
    pinned: Route | None = None
    looks: list[Look] = field(default_factory=list)


def headline(plan: Plan, ask: Ask, route_id: tuple[str, str] | None, tries: int) -> str:
    """Say in a few words how the target was chosen; `tries` is how many targets were tried."""
    if plan.is_single:
        return plan.reason
    if ask.pinned is not None and ask.pinned.id == route_id:
        words = "the conversation stays with its account"
    elif ask.looks:
        words = _place(ask.looks[0], route_id)
    else:
        words = "the only target"
    strategy = plan.choice.strategy.value
    return f"{strategy}: {words}" if tries < 2 else f"{strategy}: {words}, after {tries - 1} failed"  # noqa: PLR2004


def _place(look: Look, route_id: tuple[str, str] | None) -> str:
    """Say which member of the group the route belongs to."""
    if look.order:
        first = look.options[look.order[0]]
        if first.routes[0].id == route_id or any(route.id == route_id for route in first.routes):
            return f"{_FIRSTS[look.choice.strategy]} of {len(look.choice.options)}"
    for number, option in enumerate(ordered(look), 1):
        if any(route.id == route_id for route in option.routes):
            return f"number {number} of {len(look.choice.options)}"
    return f"one of {len(look.choice.options)}"


_FIRSTS = {
    Strategy.PRIORITY: "first",
    Strategy.WEIGHTED: "drawn by weight",
    Strategy.ROUND_ROBIN: "the turn",
    Strategy.RANDOM: "drawn",
    Strategy.LEAST_USED: "the least used",
    Strategy.COST_OPTIMIZED: "the cheapest",
    Strategy.LATENCY_OPTIMIZED: "the quickest",
    Strategy.TWO_CHOICES: "the quicker of two drawn",
    Strategy.FILL_FIRST: "first with room",
    Strategy.LAST_KNOWN_GOOD: "the last good one",
    Strategy.CONTEXT_OPTIMIZED: "first that fits",
    Strategy.CASCADE: "the lowest rung",
}


def ordered(look: Look) -> Iterator[Option]:
    """Give the members in the order in which they are tried."""
    for place in look.order:
        yield look.options[place]
    yield from look.cooling


def told(plan: Plan, ask: Ask, route_id: tuple[str, str] | None, tries: int) -> JsonObject:
    """Return the decision as it is stored: of each group looked at, its members with what counted for or against them.

    A plan with a single target has nothing but its reason.
    """
    if plan.is_single:
        return {"reason": plan.reason}
    made: JsonObject = {"reason": headline(plan, ask, route_id, tries), "name": plan.reason}
    if ask.facts is not None:
        facts = ask.facts
        made["facts"] = {
            "inputTokens": facts.input_tokens,
            "outputTokens": facts.output_tokens,
            "tools": facts.tools,
            "images": facts.images,
        }
    if ask.pinned is not None:
        made["session"] = _named(ask.pinned)
    made["groups"] = [_group(look) for look in ask.looks[:_MOST_GROUPS]]
    return made


def _group(look: Look) -> JsonObject:
    made: JsonObject = {
        "strategy": look.choice.strategy.value,
        "candidates": [_candidate(look, place) for place in look.order[:_MOST_CANDIDATES]],
    }
    skipped = list(_skipped(look))[:_MOST_CANDIDATES]
    if skipped:
        made["skipped"] = [{**_member(option), "why": why} for option, why in skipped]
    return made


def _candidate(look: Look, place: int) -> JsonObject:
    made = _member(look.options[place])
    if look.scores is not None:
        made["score"] = shown_score(look, look.scores[place])
    return made


def shown_score(look: Look, score: float | None) -> float | None:
    """Return a score in units that people read; SCORES says which."""
    if score is None or look.choice.strategy is not Strategy.COST_OPTIMIZED:
        return None if score is None else round(score, 6)
    return round(score / _NANO_A_MILLION / 1e9, 9)


# What each strategy's score is, for those that have one.
SCORES = {
    Strategy.WEIGHTED: "weight",
    Strategy.LEAST_USED: "requests under way",
    Strategy.COST_OPTIMIZED: "estimated US dollars",
    Strategy.LATENCY_OPTIMIZED: "expected seconds",
    Strategy.TWO_CHOICES: "expected seconds",
    Strategy.FILL_FIRST: "1 when full",
    Strategy.CONTEXT_OPTIMIZED: "context window in tokens",
}


def _skipped(look: Look) -> Iterator[tuple[Option, str]]:
    """Give the members that were not in the order, or came after it, each with the reason."""
    for option, held in zip(look.cooling, look.held, strict=False):
        yield option, "cooling" if held is None else f"cooling ({held.reason}): {held.message[:200]}"
    taken = {id(option) for option in (*look.options, *look.cooling)}
    for option in look.choice.options:
        if id(option) not in taken:
            yield option, "its condition excludes the request"
    if len(look.order) < len(look.options):
        tried = set(look.order)
        for place, option in enumerate(look.options):
            if place not in tried:
                yield option, f"its context window of {option.window} tokens is too small"


def why_not(look: Look) -> list[tuple[Option, str]]:
    """Return the members that were passed over, each with the reason."""
    return list(_skipped(look))


def _member(option: Option) -> JsonObject:
    made = _named(option.routes[0])
    if len(option.routes) > 1:
        made["accounts"] = len(option.routes)
    return made


def _named(route: Route) -> JsonObject:
    target = route.target
    return {"provider": target.provider, "model": target.model, "connection": target.connection_name}
