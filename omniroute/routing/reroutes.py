"""Whether the rerouting of policies leads in a circle: from a model, over other models, back to where it began."""

from collections.abc import Sequence

from omniroute.routing.names import matches
from omniroute.routing.policies import Rule


def circle_of(rules: Sequence[Rule]) -> tuple[Rule, ...] | None:
    """Return the rules that form a circle, the first one found, None when there is none.

    A rule leads on to another when that one names what it reroutes to, sends it somewhere else, and both can match one
    request. A rule that names no model takes whatever comes, and is the end of no way; one that reroutes to a model it
    names itself changes nothing for that model.
    """
    leading = [rule for rule in rules if rule.effects.reroute is not None]
    following = {rule: [other for other in leading if _leads_to(rule, other)] for rule in leading}
    done: set[Rule] = set()
    for rule in leading:
        found = _walk(rule, following, (), done)
        if found is not None:
            return found
    return None


def _walk(
    rule: Rule, following: dict[Rule, list[Rule]], way: tuple[Rule, ...], done: set[Rule]
) -> tuple[Rule, ...] | None:
    if rule in way:
        return way[way.index(rule) :]
    if rule in done:
        return None
    for other in following[rule]:
        found = _walk(other, following, (*way, rule), done)
        if found is not None:
            return found
    done.add(rule)
    return None


def _leads_to(rule: Rule, other: Rule) -> bool:
    target = rule.effects.reroute
    if rule is other or target is None or other.effects.reroute == target:
        return False
    return any(matches(pattern, target) for pattern in other.conditions.models) and _can_meet(rule, other)


def _can_meet(one: Rule, other: Rule) -> bool:
    """Whether one request can match both, as far as keys and formats tell."""
    for mine, theirs in (
        (one.conditions.keys, other.conditions.keys),
        (one.conditions.formats, other.conditions.formats),
    ):
        if mine and theirs and mine.isdisjoint(theirs):
            return False
    return True
