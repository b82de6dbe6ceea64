"""What an answer must be like to be taken."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.formats.hub import Choice, OutputFormat, Part, Refusal, Response, Stop, Text, ToolCall
from omniroute.kit import json
from omniroute.routing.checks import AnswerChecks, objection

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
        "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}
JSON = OutputFormat(kind="json")
SHAPED = OutputFormat(kind="schema", schema=SCHEMA)


def said(*parts: Part, stop: Stop = Stop.END) -> Response:
    return Response(id="1", model="m", created=0, choices=(Choice(parts=parts, stop=stop),))


def text(words: str, stop: Stop = Stop.END) -> Response:
    return said(Text(text=words), stop=stop)


@pytest.mark.parametrize(
    ("checks", "response", "output", "words"),
    [
        (AnswerChecks(), text("Hello"), None, None),
        (AnswerChecks(), text("  "), None, "fewer than 1"),
        (AnswerChecks(min_characters=10), text("Hello"), None, "fewer than 10"),
        (AnswerChecks(), text("Hel", Stop.LENGTH), None, "length"),
        (AnswerChecks(), text("Hel", Stop.CONTENT_FILTER), None, "content_filter"),
        (AnswerChecks(complete=False), text("Hel", Stop.LENGTH), None, None),
        (AnswerChecks(), said(Refusal(text="I can't")), None, "refused"),
        (AnswerChecks(min_characters=0, no_refusal=False), said(Refusal(text="I can't")), None, None),
        (AnswerChecks(pattern=r"\d+"), text("none"), None, "pattern"),
        (AnswerChecks(pattern=r"\d+"), text("it is 42"), None, None),
        (AnswerChecks(), text("{"), JSON, "not JSON"),
        (AnswerChecks(), text("3"), JSON, "not a JSON object"),
        (AnswerChecks(valid_json=False), text("{"), JSON, None),
        (AnswerChecks(), text('{"a": 1}'), JSON, None),
        (AnswerChecks(), said(ToolCall(id="1", name="f", arguments="{}")), SHAPED, None),
        (AnswerChecks(), Response(id="1", model="m", created=0, choices=()), None, "no choices"),
    ],
)
def test_an_answer_is_held_against_the_checks(
    checks: AnswerChecks, response: Response, output: OutputFormat | None, words: str | None
) -> None:
    found = objection(checks, response, output)
    assert (found is None) if words is None else (found is not None and words in found)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"name": "x", "age": 3}, None),
        ({"name": "x", "age": 3.0, "tags": ["a"], "next": {"name": "y", "age": 1}}, None),
        ({"name": "x", "age": 3, "next": None}, None),
        ({"name": "x"}, "$.age is missing"),
        ({"name": 3, "age": 3}, "$.name is not of type string"),
        ({"name": "", "age": 3}, "$.name breaks minLength 1"),
        ({"name": "x", "age": -1}, "$.age breaks minimum 0"),
        ({"name": "x", "age": True}, "$.age is not of type integer"),
        ({"name": "x", "age": 3, "more": 1}, "$.more is not allowed"),
        ({"name": "x", "age": 3, "tags": ["c"]}, "$.tags[0] is none"),
        ({"name": "x", "age": 3, "tags": ["a", "a", "a"]}, "breaks maxItems 2"),
        ({"name": "x", "age": 3, "next": {"name": "y"}}, "$.next fits none"),
        ([], "$ is not of type object"),
    ],
)
def test_json_is_held_against_the_schema_that_was_asked_for(value: Any, words: str | None) -> None:
    found = objection(AnswerChecks(), text(json.dumps(value).decode()), SHAPED)
    assert (found is None) if words is None else (found is not None and words in found)


def test_a_schema_that_refers_to_itself_for_ever_ends() -> None:
    loop = OutputFormat(kind="schema", schema={"$ref": "#"})
    assert objection(AnswerChecks(), text("{}"), loop) is None


@given(
    schema=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["type", "properties", "items", "anyOf", "$ref", "enum", "x"]), inner)
        ),
        max_leaves=10,
    )
)
def test_no_schema_whatever_it_is_breaks_the_check(schema: Any) -> None:
    output = OutputFormat(kind="schema", schema=schema if isinstance(schema, dict) else {"items": schema})
    found = objection(AnswerChecks(), text('{"x": [1, "a", null]}'), output)
    assert found is None or re.search(r"\$", found)
