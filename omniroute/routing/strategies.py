"""In which order the members of a group are tried: every strategy is a pure function from figures to an order.

A member is its place in the figures handed in, which stand in the operator's order. The answer lists places, the first
to be tried first. Chance comes in as `draw`, a function that gives numbers from 0 to below 1.
"""

import math
from collections.abc import Callable, Sequence
from enum import StrEnum

Draw = Callable[[], float]
Order = list[int]

# How fast a latency that nobody renews fades: a slow member is tried again some time later.
FADE_S = 30.0
# What a member without any answer yet is taken for, so that it is tried soon, yet not by everybody at once.
UNKNOWN_S = 1e-6


class Strategy(StrEnum):
    """How a group chooses."""

    PRIORITY = "priority"
    WEIGHTED = "weighted"
    ROUND_ROBIN = "round-robin"
    RANDOM = "random"
    LEAST_USED = "least-used"
    COST_OPTIMIZED = "cost-optimized"
    LATENCY_OPTIMIZED = "latency-optimized"
    TWO_CHOICES = "p2c"
    FILL_FIRST = "fill-first"
    LAST_KNOWN_GOOD = "last-known-good"
    CONTEXT_OPTIMIZED = "context-optimized"
    CASCADE = "cascade"


def in_order(count: int) -> Order:
    """Keep the operator's order."""
    return list(range(count))


def weighted(weights: Sequence[int], draw: Draw) -> Order:
    """Draw the first by weight; the rest follow by descending weight. Without any weight each is as likely."""
    if not weights:
        return []
    total = sum(weights)
    first = _drawn(weights, draw() * total) if total else int(draw() * len(weights))
    rest = sorted((place for place in range(len(weights)) if place != first), key=lambda place: -weights[place])
    return [first, *rest]


def _drawn(weights: Sequence[int], mark: float) -> int:
    """Return the place whose share of the total the mark falls into; one without weight has no share."""
    last = 0
    for place, weight in enumerate(weights):
        if weight <= 0:
            continue
        if mark < weight:
            return place
        mark -= weight
        last = place
    return last


def round_robin(count: int, turn: int, sticky: int) -> Order:
    """Begin one further at every `sticky`-th turn, and go round from there."""
    if not count:
        return []
    start = turn // sticky % count
    return [*range(start, count), *range(start)]


def shuffled(count: int, draw: Draw) -> Order:
    """Put them in an order of chance, each as likely."""
    places = list(range(count))
    for last in range(count - 1, 0, -1):
        other = int(draw() * (last + 1))
        places[last], places[other] = places[other], places[last]
    return places


def least_used(in_flight: Sequence[int], used: Sequence[int]) -> Order:
    """Begin with the fewest requests under way, and among equals with the fewest ever."""
    return sorted(range(len(in_flight)), key=lambda place: (in_flight[place], used[place]))


def cheapest(prices: Sequence[float | None]) -> Order:
    """Begin with the lowest price; unknown ones come last."""
    known = [math.inf if price is None else price for price in prices]
    return sorted(range(len(known)), key=known.__getitem__)


def least_strained(strains: Sequence[float]) -> Order:
    """Begin with the one that would answer soonest."""
    return sorted(range(len(strains)), key=strains.__getitem__)


def two_choices(strains: Sequence[float], draw: Draw) -> Order:
    """Draw two and begin with the less strained one: nearly as good as the best, without a rush on it."""
    count = len(strains)
    if count < 2:  # noqa: PLR2004 - nothing to draw
        return list(range(count))
    one = int(draw() * count)
    other = (one + 1 + int(draw() * (count - 1))) % count
    first, second = (one, other) if strains[one] <= strains[other] else (other, one)
    return [first, second, *(place for place in range(count) if place not in {first, second})]


def fill_first(full: Sequence[bool]) -> Order:
    """Keep the operator's order, but begin with those that have room."""
    return sorted(range(len(full)), key=full.__getitem__)


def last_good_first(count: int, last_good: int | None) -> Order:
    """Begin with the one that answered last; the others keep their order."""
    if last_good is None:
        return list(range(count))
    return [last_good, *(place for place in range(count) if place != last_good)]


def fitting(windows: Sequence[int | None], tokens: int) -> Order:
    """Leave out those whose context window is known to be too small; when all are, the largest come first."""
    fit = [place for place, window in enumerate(windows) if window is None or window >= tokens]
    return fit or sorted(range(len(windows)), key=lambda place: -(windows[place] or 0))  # all are known: none fits


def strain(latency_s: float | None, idle_s: float, in_flight: int) -> float:
    """Return how long an answer might take: the latency last seen, faded with time, for each request under way."""
    faded = UNKNOWN_S if latency_s is None else max(latency_s * math.exp(-idle_s / FADE_S), UNKNOWN_S)
    return faded * (in_flight + 1)


def peak_latency(before_s: float | None, idle_s: float, seen_s: float) -> float:
    """Return the latency after one more answer: a rise counts at once, a fall bit by bit (peak EWMA)."""
    if before_s is None or seen_s >= before_s:
        return seen_s
    kept = math.exp(-idle_s / FADE_S)
    return before_s * kept + seen_s * (1 - kept)
