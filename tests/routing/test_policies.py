"""Laws of policies, over rules and requests of every kind."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from omniroute.routing.addresses import AddressSet, network_of
from omniroute.routing.policies import (
    Conditions,
    Effects,
    Limits,
    Period,
    Rule,
    State,
    Tokens,
    Window,
    decide,
    holds,
)
from omniroute.routing.reroutes import circle_of

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A request."""

    key_id: str | None = "key_1"
    format: str = "openai-chat"
    address: str | None = "10.0.0.1"
    tags: Collection[str] = ()
    at: datetime = NOW
    size: Tokens = field(default_factory=lambda: Tokens(input=100, output=500))
    headers: dict[str, str] = field(default_factory=dict)
    cost: float = 0.0

    def header(self, name: str) -> str | None:
        return self.headers.get(name)

    def tokens(self) -> Tokens:
        return self.size

    def providers(self, model: str) -> Collection[str]:
        return {model.partition("/")[0]}

    def spent_usd(self, period: Period) -> float:
        return self.cost * (1 if period is Period.DAY else 10)


_names = st.sampled_from(["a/x", "a/y", "b/x", "combo"])
_some = st.none() | st.integers(0, 1000)
conditions = st.builds(
    Conditions,
    keys=st.frozensets(st.sampled_from(["key_1", "key_2"]), max_size=2),
    models=st.lists(st.sampled_from(["a/*", "*", "b/x", "co?bo"]), max_size=2).map(tuple),
    providers=st.frozensets(st.sampled_from(["a", "b"]), max_size=1),
    formats=st.frozensets(st.sampled_from(["openai-chat", "gemini"]), max_size=2),
    min_input_tokens=_some,
    max_input_tokens=_some,
    cost_today_usd=st.none() | st.floats(0, 10),
    tags=st.lists(st.sampled_from(["red", "b*"]), max_size=2).map(tuple),
)
effects = st.builds(
    Effects,
    deny=st.booleans(),
    reroute=st.none() | _names,
    max_tokens=st.none() | st.integers(1, 1000),
    require_tags=st.lists(st.sampled_from(["red", "b*"]), max_size=2).map(tuple),
    limits=st.none() | st.builds(Limits, requests_per_minute=st.integers(1, 9)),
    stop=st.booleans(),
)


@st.composite
def rules(draw: st.DrawFn) -> list[Rule]:
    count = draw(st.integers(0, 6))
    return [
        Rule(
            id=f"pol_{n}",
            name=f"rule {n}",
            state=draw(st.sampled_from(State)),
            conditions=draw(conditions),
            effects=draw(effects),
        )
        for n in range(count)
    ]


samples = st.builds(
    Sample,
    key_id=st.sampled_from([None, "key_1", "key_2", "key_3"]),
    format=st.sampled_from(["openai-chat", "gemini"]),
    tags=st.lists(st.sampled_from(["red", "blue", "x"]), max_size=2),
    size=st.builds(Tokens, input=st.integers(0, 1000), output=st.just(500)),
    cost=st.floats(0, 10),
)


@given(rules(), samples, _names)
def test_what_is_not_active_changes_nothing(all_rules: list[Rule], sample: Sample, model: str) -> None:
    active = [rule for rule in all_rules if rule.state is State.ACTIVE]
    whole, alone = decide(all_rules, sample, model), decide(active, sample, model)
    assert (whole.model, whole.max_tokens, whole.limits) == (alone.model, alone.max_tokens, alone.limits)
    assert (whole.refusal and whole.refusal.rule) == (alone.refusal and alone.refusal.rule)
    assert [one.rule for one in whole.matches if one.acted] == [one.rule for one in alone.matches]
    assert State.DRAFT not in {one.rule.state for one in whole.matches}


@given(rules(), samples, _names)
def test_the_trail_is_in_order_and_ends_with_a_refusal(all_rules: list[Rule], sample: Sample, model: str) -> None:
    decision = decide(all_rules, sample, model)
    places = [all_rules.index(one.rule) for one in decision.matches]
    assert places == sorted(set(places))
    if decision.refusal is not None:
        assert decision.matches[-1].rule is decision.refusal.rule
        assert decision.refusal.rule.name in decision.refusal.message


@given(rules(), samples, _names)
def test_a_cap_is_the_lowest_of_those_that_acted(all_rules: list[Rule], sample: Sample, model: str) -> None:
    decision = decide(all_rules, sample, model)
    caps = [one.rule.effects.max_tokens for one in decision.matches if one.acted]
    assert decision.max_tokens == min((cap for cap in caps if cap is not None), default=None)


@given(rules(), samples, _names)
def test_the_model_is_that_of_the_last_reroute_that_acted(all_rules: list[Rule], sample: Sample, model: str) -> None:
    decision = decide(all_rules, sample, model)
    targets = [one.rule.effects.reroute for one in decision.matches if one.acted and one.rule.effects.reroute]
    assert decision.model == (targets[-1] if targets else model)


@given(rules(), samples, _names)
def test_a_rehearsal_is_what_happens_once_all_are_active(all_rules: list[Rule], sample: Sample, model: str) -> None:
    made_active = [
        Rule(id=one.id, name=one.name, state=State.ACTIVE, conditions=one.conditions, effects=one.effects)
        for one in all_rules
    ]
    rehearsed, real = decide(all_rules, sample, model, rehearsed=True), decide(made_active, sample, model)
    assert [one.rule.id for one in rehearsed.matches] == [one.rule.id for one in real.matches]
    assert (rehearsed.model, rehearsed.max_tokens) == (real.model, real.max_tokens)


@given(conditions, samples, _names)
def test_saying_more_never_lets_more_in(given_conditions: Conditions, sample: Sample, model: str) -> None:
    narrower = replace(given_conditions, formats=frozenset({"gemini"}) & (given_conditions.formats or {"gemini"}))
    if narrower.formats and holds(narrower, sample, model):
        assert holds(given_conditions, sample, model)


def test_no_condition_at_all_holds_for_anything() -> None:
    assert holds(Conditions(), Sample(key_id=None, address=None), "x")


def test_what_is_dear_is_asked_only_when_a_rule_needs_it() -> None:
    class Careful(Sample):
        def tokens(self) -> Tokens:
            raise AssertionError("counted")

        def providers(self, model: str) -> Collection[str]:
            raise AssertionError(f"resolved {model}")

        def spent_usd(self, period: Period) -> float:
            raise AssertionError(f"looked up {period}")

    plain = Conditions(models=("a/*",), formats=frozenset({"openai-chat"}), headers=(("x-team", "r*"),))
    assert holds(plain, Careful(headers={"x-team": "red"}), "a/x")
    dear = Conditions(keys=frozenset({"key_9"}), min_input_tokens=1, providers=frozenset({"a"}), cost_today_usd=1)
    assert not holds(dear, Careful(), "a/x")


def test_costs_count_by_day_and_by_month() -> None:
    assert holds(Conditions(cost_today_usd=2.0), Sample(cost=2.0), "x")
    assert not holds(Conditions(cost_today_usd=2.01), Sample(cost=2.0), "x")
    assert holds(Conditions(cost_month_usd=20.0), Sample(cost=2.0), "x")


def test_addresses_count_in_every_spelling() -> None:
    office = Conditions(addresses=AddressSet([network_of("10.0.0.0/8")]))
    assert holds(office, Sample(address="::ffff:10.2.3.4"), "x")
    assert not holds(office, Sample(address="11.0.0.1"), "x")
    assert not holds(office, Sample(address=None), "x")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_a_night_over_midnight_belongs_to_the_day_it_begins_on() -> None:
    friday_night = Window(start=22 * 60, end=6 * 60, weekdays=frozenset({4}), zone=UTC)
    assert [friday_night.covers(one) for one in (at(6, 21, 59), at(6, 22), at(7, 5, 59), at(7, 6), at(7, 22))] == [
        False, True, True, False, False,
    ]  # fmt: skip
    assert not friday_night.covers(at(6, 3)), "that night began on Thursday"


def test_a_time_is_that_of_its_zone_in_summer_and_in_winter() -> None:
    office = Window(start=9 * 60, end=17 * 60, zone=ZoneInfo("Europe/Helsinki"))
    assert office.covers(datetime(2026, 1, 5, 7, 0, tzinfo=UTC))
    assert not office.covers(datetime(2026, 1, 5, 6, 59, tzinfo=UTC))
    assert office.covers(datetime(2026, 7, 6, 6, 0, tzinfo=UTC))


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 7 * 1440 - 1))
def test_a_window_and_its_complement_share_out_the_week(start: int, end: int, minute: int) -> None:
    moment = NOW + timedelta(minutes=minute)
    one, other = Window(start=start, end=end, zone=UTC), Window(start=end, end=start, zone=UTC)
    if start != end:
        assert one.covers(moment) != other.covers(moment)


def rule(name: str, models: tuple[str, ...], target: str, **more: frozenset[str]) -> Rule:
    return Rule(
        id=name,
        name=name,
        state=State.ACTIVE,
        conditions=Conditions(models=models, **more),  # type: ignore[arg-type]  # keys or formats
        effects=Effects(reroute=target),
    )


def test_circles_of_reroutes_are_found() -> None:
    there, back = rule("there", ("a",), "b"), rule("back", ("b",), "a")
    assert circle_of([there, back]) == (there, back)
    wide = [rule("1", ("a*",), "b1"), rule("2", ("b?",), "c"), rule("3", ("c",), "a2")]
    assert circle_of(wide) == tuple(wide)


def test_what_is_no_circle_is_let_be() -> None:
    assert circle_of([rule("all small", ("gpt-*",), "gpt-mini")]) is None
    assert circle_of([rule("1", ("a",), "b"), rule("2", ("b",), "c"), rule("3", ("a",), "c")]) is None
    assert circle_of([rule("1", (), "b"), rule("2", ("b",), "c")]) is None
    mine, yours = frozenset({"key_1"}), frozenset({"key_2"})
    assert circle_of([rule("1", ("a",), "b", keys=mine), rule("2", ("b",), "a", keys=yours)]) is None
    assert circle_of([rule("1", ("a",), "b", keys=mine), rule("2", ("b",), "a")]) is not None


@given(rules(), _names)
def test_rules_without_a_circle_never_bring_back_a_model_that_was_left(all_rules: list[Rule], model: str) -> None:
    active = [one for one in all_rules if one.state is State.ACTIVE and one.conditions.models]
    if circle_of(active) is not None:
        return
    decision = decide(active, Sample(), model)
    way = [model, *(one.rule.effects.reroute for one in decision.matches if one.rule.effects.reroute)]
    steps = [name for n, name in enumerate(way) if n == 0 or name != way[n - 1]]
    assert len(steps) == len(set(steps))
