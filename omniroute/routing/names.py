"""What a model's name means: a provider's model, a combo, an alias, or a plain name; and whether names go in circles.

The order is fixed: a provider's prefix wins, then a combo's exact name, then an alias (exact, then with wildcards in
the operator's order), and what is left is a plain name.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

MAX_ALIASES = 5
MAX_COMBOS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An alias: a name, in which `*` stands for any text and `?` for one character, and what it means."""

    pattern: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """All names: the prefixes of providers, what each combo's targets are called, the aliases."""

    prefixes: Collection[str]
    combos: Mapping[str, Sequence[str]]
    exact: Mapping[str, Rule]
    wild: Sequence[Rule]

    def has_prefix(self, name: str) -> bool:
        """Whether the name begins with a provider's prefix."""
        prefix, slash, rest = name.partition("/")
        return bool(slash and rest) and prefix in self.prefixes

    def alias(self, name: str) -> Rule | None:
        """Return the alias that covers the name, if any."""
        rule = self.exact.get(name)
        if rule is not None:
            return rule
        return next((one for one in self.wild if matches(one.pattern, name)), None)


class Tangled(Exception):
    """Names that lead in a circle, or on and on; `way` is how they went."""

    def __init__(self, way: Sequence[str], reason: str) -> None:
        super().__init__(f"{' → '.join(way)}: {reason}")
        self.way = tuple(way)
        self.reason = reason


def gathered(prefixes: Collection[str], combos: Mapping[str, Sequence[str]], rules: Iterable[Rule]) -> Names:
    """Return the names; `rules` stand in the operator's order."""
    listed = list(rules)
    return Names(
        prefixes=prefixes,
        combos=combos,
        exact={rule.pattern: rule for rule in listed if not is_wild(rule.pattern)},
        wild=[rule for rule in listed if is_wild(rule.pattern)],
    )


def is_wild(pattern: str) -> bool:
    """Whether a name has wildcards."""
    return "*" in pattern or "?" in pattern


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern covers a name: `*` is any text, `?` one character, the rest itself."""
    return expression(pattern).fullmatch(name) is not None


@lru_cache(maxsize=1024)
def expression(pattern: str) -> re.Pattern[str]:
    """Spell a pattern as an expression that never looks back past a star, so that no pattern makes it slow."""
    first, *others = (_literal(part) for part in re.split(r"\*+", pattern))
    middle = "".join(f"(?>.*?{part})" for part in others[:-1])
    return re.compile(f"{first}{middle}.*{others[-1]}" if others else first, re.DOTALL)


def _literal(part: str) -> str:
    return ".".join(re.escape(piece) for piece in part.split("?"))


def check_all(names: Names) -> None:
    """Raise Tangled when any combo or alias leads in a circle, or on for too long."""
    for name in (*names.combos, *names.exact, *(rule.target for rule in names.wild)):
        check(names, name)


def check(names: Names, name: str) -> None:
    """Follow a name wherever it leads; raise Tangled on a circle, or when it goes on for too long."""
    _follow(names, name, (), aliases=0, combos=0)


def _follow(names: Names, name: str, way: tuple[str, ...], *, aliases: int, combos: int) -> None:
    here = (*way, name)
    if name in way:
        raise Tangled(here, "that is a circle")
    if names.has_prefix(name):
        return
    targets = names.combos.get(name)
    if targets is not None:
        if combos >= MAX_COMBOS:
            raise Tangled(here, f"combos may stand in one another {MAX_COMBOS} deep at most")
        for target in targets:
            _follow(names, target, here, aliases=aliases, combos=combos + 1)
        return
    rule = names.alias(name)
    if rule is None:
        return
    if aliases >= MAX_ALIASES:
        raise Tangled(here, f"an alias may lead over {MAX_ALIASES} aliases at most")
    _follow(names, rule.target, here, aliases=aliases + 1, combos=combos)
