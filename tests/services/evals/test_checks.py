"""Each demand of a case holds or is told in words."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from omniroute.kit.errors import Invalid
from omniroute.services.evals.checks import Answer, faults
from omniroute.services.evals.suites import SHIPPED, Case, parse


def found(check: dict[str, Any], text: str = "", **answer: Any) -> list[str]:
    case = msgspec.convert({"id": "a", "name": "A", "input": "?", "checks": [check]}, Case)
    return faults(case, Answer(text=text, **answer))


ONE = "{id: a, name: A, input: b, checks: [{exact: x}]}"
PERSON = {"type": "object", "required": ["age"], "properties": {"age": {"type": "integer"}}}
CALL = {"name": "get_weather", "arguments": {"city": "Paris"}}


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        ({"exact": "42"}, " 42\n", "42."),
        ({"contains": "paris"}, "It is Paris.", "It is Rome."),
        ({"contains": ["a", "b"]}, "a b", "a"),
        ({"absent": "sorry"}, "Yes", "Sorry, no"),
        ({"regex": "^\\d+$"}, "12", "twelve"),
        ({"jsonSchema": PERSON}, '```json\n{"age": 3}\n```', '{"age": "3"}'),
        ({"jsonSchema": PERSON}, '{"age": 3}', "age: 3"),
        ({"jsonSchema": {"$ref": "http://127.0.0.1:1/x"}}, None, "{}"),
        ({"number": {"value": 1250, "tolerance": 0.5}}, "about 7 items: 1,250.4", "1,251"),
        ({"number": {"value": 5}}, "The ball costs 5", "none"),
    ],
)
def test_a_demand_on_the_text_holds_or_not(check: dict[str, Any], right: str | None, wrong: str) -> None:
    assert right is None or found(check, right) == []
    assert len(found(check, wrong)) == 1


@pytest.mark.parametrize(
    ("calls", "holds"),
    [
        ([("get_weather", '{"city": "Paris", "unit": "c"}')], True),
        ([("other", "{}"), ("get_weather", '{"city": "Paris"}')], True),
        ([("get_weather", '{"city": "Rome"}')], False),
        ([("get_weather", "{")], False),
        ([], False),
    ],
)
def test_a_tool_is_called_with_at_least_these_arguments(calls: list[tuple[str, str]], holds: bool) -> None:
    assert (found({"toolCall": CALL}, calls=calls) == []) is holds


def test_time_and_cost_are_bounded() -> None:
    bounds = {"latencyMs": 100, "costUsd": 0.01}
    assert found(bounds, latency_ms=100.0, cost_usd=Decimal("0.01")) == []
    assert found(bounds, latency_ms=101.0, cost_usd=Decimal("0.02")) == [
        "took 101 ms, more than 100",
        "cost 0.02 USD, more than 0.01",
    ]


def test_the_suites_that_come_with_the_gateway_can_be_read() -> None:
    sizes = {path.stem: len(parse(path.read_text(), path.name).cases) for path in SHIPPED.glob("*.yaml")}
    assert sizes == {
        "golden-set": 10,
        "coding-proficiency": 5,
        "reasoning-logic": 5,
        "multilingual": 5,
        "translation": 5,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id: [", "not YAML"),
        ("id: a\nname: A\ncases: []", "cases"),
        ("id: a\nname: A\ncases: [{id: a, name: A, input: b, checks: [{exakt: x}]}]", "exakt"),
        ("id: a\nname: A\ncases: [&c {id: a, name: A, input: b, checks: [{exact: x}]}, *c]", "aliases"),
        (f"id: a\nname: A\ncases: [{ONE}, {ONE}]", "twice"),
    ],
)
def test_what_is_wrong_with_a_suite_is_told(text: str, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        parse(text, "mine.yaml")
