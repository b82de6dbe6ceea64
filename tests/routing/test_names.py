"""What names mean, and that no circle gets by."""

import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.routing.names import MAX_ALIASES, MAX_COMBOS, Names, Rule, Tangled, check, check_all, gathered, matches

TEXT = st.text("ab/.*?", max_size=8)


def names(aliases: Mapping[str, str], combos: Mapping[str, list[str]] | None = None) -> Names:
    rules = [Rule(pattern=pattern, target=target) for pattern, target in aliases.items()]
    return gathered({"openai", "own"}, combos or {}, rules)


def slow_match(pattern: str, name: str) -> bool:
    """The meaning of a pattern, letter by letter."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(slow_match(pattern[1:], name[start:]) for start in range(len(name) + 1))
    return bool(name) and pattern[0] in {"?", name[0]} and slow_match(pattern[1:], name[1:])


@given(pattern=TEXT, name=st.text("ab/.\n", max_size=8))
def test_a_pattern_means_what_its_letters_say(pattern: str, name: str) -> None:
    assert matches(pattern, name) == slow_match(pattern, name)


def test_no_pattern_is_slow() -> None:
    began = time.perf_counter()
    assert not matches("*a" * 100 + "b", "a" * 250)
    assert time.perf_counter() - began < 1


def test_the_first_pattern_that_covers_a_name_counts_and_an_exact_one_wins() -> None:
    known = names({"claude-*": "one", "claude-opus-?": "two", "claude-opus-5": "three"})
    found = [known.alias(name) for name in ("claude-opus-4", "claude-opus-5", "gpt")]
    assert [one and one.target for one in found] == ["one", "three", None]


def test_a_prefix_wins_over_every_other_name() -> None:
    check_all(names({"openai/x": "openai/x"}))


@pytest.mark.parametrize(
    "known",
    [
        names({"a": "a"}),
        names({"a": "b", "b": "a"}),
        names({"gpt-*": "gpt-5"}),
        names({}, {"one": ["own/m", "two"], "two": ["one"]}),
        names({"x": "one"}, {"one": ["x"]}),
        names({"x-*": "one"}, {"one": ["own/m", "x-1"]}),
        names({"*": "one"}, {"one": ["plain"]}),
    ],
)
def test_a_circle_is_found_whatever_it_leads_over(known: Names) -> None:
    with pytest.raises(Tangled, match="circle"):
        check_all(known)


def test_a_name_may_be_reached_on_two_ways() -> None:
    check_all(names({"x": "low"}, {"top": ["left", "right"], "left": ["low"], "right": ["x"], "low": ["own/m"]}))


def test_depth_has_a_limit() -> None:
    chain = {f"a{number}": f"a{number + 1}" for number in range(MAX_ALIASES)}
    check_all(names(chain))
    with pytest.raises(Tangled, match="5 aliases"):
        check(names({**chain, "b": "a0"}), "b")
    nested = {f"c{number}": [f"c{number + 1}"] for number in range(MAX_COMBOS)}
    check_all(names({}, nested))
    with pytest.raises(Tangled, match="3 deep"):
        check(names({}, {**nested, f"c{MAX_COMBOS}": ["own/m"]}), "c0")


def test_the_way_is_told() -> None:
    with pytest.raises(Tangled, match="a → b → a: that is a circle"):
        check(names({"a": "b", "b": "a"}), "a")
