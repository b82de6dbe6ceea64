"""Reducing JSON Schemas to what Gemini takes: laws over any schema, then tools as MCP servers declare them."""

from typing import Any

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from omniroute.formats.gemini.json_schema import json_schema
from omniroute.formats.hub import Json, Loss
from omniroute.formats.losses import Losses
from omniroute.formats.schemas import FORMATS, KEYWORDS, MAX_NODES, reduce_parameters, reduce_schema
from tests.formats.oddities import oddities


def reduce(schema: Any) -> tuple[Json, tuple[Loss, ...]]:
    losses = Losses()
    return reduce_schema(schema, "s", losses), losses.all()


def reduced(schema: Any) -> Json:
    return reduce(schema)[0]


def parameters(schema: Any) -> Json | None:
    return reduce_parameters(schema, "s", Losses())


def check_words(schema: Json) -> None:
    """Only the table's keywords, each beside a type it belongs to."""
    if "anyOf" in schema:
        assert set(schema) == {"anyOf"}
        assert len(schema["anyOf"]) > 1
        for option in schema["anyOf"]:
            check_words(option)
        return
    kind = schema["type"].lower()
    for key in schema:
        assert kind in KEYWORDS[key], (key, kind)
    if "format" in schema:
        assert schema["format"] in FORMATS[kind]
    for name in schema.get("required", []):
        assert name in schema["properties"]
    if kind == "array":
        check_words(schema["items"])
    for inner in schema.get("properties", {}).values():
        check_words(inner)
    assert all(isinstance(value, str) and value for value in schema.get("enum", ["x"]))


# ── laws ────────────────────────────────────────────────────────────────────────────────────────────────────────

NAMES = st.sampled_from(["a", "b", "format", "type", "properties", "$ref", "größe"])
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["", "x", "y"]), st.just(1.5))
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null", "STRING", "any"])
REFS = st.sampled_from(
    ["#", "#/$defs/a", "#/$defs/b", "#/definitions/a", "#/properties/a", "http://elsewhere", "#/no/where"]
)


def _schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    named = st.dictionaries(NAMES, inner, max_size=3)
    many = st.lists(inner, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.one_of(TYPES, st.lists(TYPES, max_size=3)),
            "description": st.sampled_from(["d", "", "größe"]),
            "title": st.just("t"),
            "default": VALUES,
            "nullable": st.booleans(),
            "properties": named,
            "required": st.lists(NAMES, max_size=3),
            "additionalProperties": st.one_of(st.booleans(), inner),
            "patternProperties": named,
            "items": st.one_of(inner, many),
            "prefixItems": many,
            "anyOf": many,
            "oneOf": many,
            "allOf": many,
            "not": inner,
            "$ref": REFS,
            "$defs": named,
            "definitions": named,
            "$schema": st.just("http://json-schema.org/draft-07/schema#"),
            "enum": st.lists(VALUES, max_size=3),
            "const": VALUES,
            "format": st.sampled_from(["date-time", "uri", "int32", "float", "email", "enum"]),
            "pattern": st.just("^a"),
            "minLength": st.integers(0, 3),
            "minimum": st.one_of(st.integers(-3, 3), st.just("1")),
            "exclusiveMinimum": st.one_of(st.booleans(), st.integers(-3, 3), st.just(0.5)),
            "exclusiveMaximum": st.integers(-3, 3),
            "multipleOf": st.integers(1, 3),
            "uniqueItems": st.booleans(),
            "minItems": st.integers(0, 3),
            "strict": st.booleans(),
        },
    )


LEAVES = st.one_of(
    st.booleans(), st.none(), st.fixed_dictionaries({}, optional={"type": TYPES, "$ref": REFS, "const": VALUES})
)
ANY_SCHEMA = st.recursive(LEAVES, _schemas, max_leaves=12)


@given(ANY_SCHEMA)
def test_a_reduced_schema_uses_only_words_that_gemini_knows(schema: Any) -> None:
    check_words(reduced(schema))


@given(ANY_SCHEMA)
def test_reducing_twice_is_reducing_once_and_loses_nothing_more(schema: Any) -> None:
    once = reduced(schema)
    again, losses = reduce(once)
    assert again == once
    assert losses == ()


@given(ANY_SCHEMA)
def test_googles_own_types_take_a_reduced_schema(schema: Any) -> None:
    types.Schema.model_validate(reduced(schema))


@given(ANY_SCHEMA)
def test_a_reduced_schema_read_back_is_reduced_to_the_same(schema: Any) -> None:
    once = reduced(schema)
    assert reduced(json_schema(once, "s")) == once


@given(ANY_SCHEMA)
def test_parameters_are_an_object_with_properties_or_nothing(schema: Any) -> None:
    found = parameters(schema)
    if found is not None:
        assert found["type"] == "OBJECT"
        assert found["properties"]
        check_words(found)
        assert parameters(found) == found


def test_no_odd_value_in_a_schema_breaks_anything() -> None:
    for odd in (odd for schema in (PLAYWRIGHT_FORM, NOTION_PAGE) for odd in oddities(schema)):
        check_words(reduced(odd))
        parameters(odd)


@given(ANY_SCHEMA)
def test_the_schema_given_is_left_as_it_was(schema: Any) -> None:
    before = repr(schema)
    parameters(schema)
    assert repr(schema) == before


# ── examples ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, {"type": "STRING"}),
        ({"type": ["string", "null"]}, {"type": "STRING", "nullable": True}),
        ({"type": "string", "format": "uri"}, {"type": "STRING"}),
        ({"type": "string", "format": "date-time"}, {"type": "STRING", "format": "date-time"}),
        ({"const": "on"}, {"type": "STRING", "enum": ["on"]}),
        ({"enum": ["a", "b", None]}, {"type": "STRING", "enum": ["a", "b"], "nullable": True}),
        ({"type": "integer", "enum": [1, 2]}, {"type": "INTEGER", "description": "Allowed values: 1, 2."}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "INTEGER", "minimum": 1}),
        ({"type": "integer", "exclusiveMaximum": 10.5}, {"type": "INTEGER", "maximum": 10}),
        ({"type": "number", "exclusiveMinimum": 0}, {"type": "NUMBER", "minimum": 0}),
        ({"type": "number", "minimum": 3, "exclusiveMinimum": 1}, {"type": "NUMBER", "minimum": 3}),
        ({"type": "array"}, {"type": "ARRAY", "items": {"type": "STRING"}}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"type": "OBJECT"}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "STRING", "nullable": True}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]}),
        ({"description": "anything"}, {"type": "STRING", "description": "anything"}),
        (True, {"type": "STRING"}),
        ({"type": "integer", "minLength": 3}, {"type": "INTEGER"}),
        ({"type": "boolean", "enum": [True, False]}, {"type": "BOOLEAN"}),
        ({"type": "object", "required": ["x"]}, {"type": "OBJECT"}),
    ],
)
def test_keywords_have_their_near_words(schema: Any, expected: Json) -> None:
    assert reduced(schema) == expected


def test_branches_that_become_alike_are_said_once() -> None:
    assert reduced({"description": "d", "anyOf": [{"anyOf": [None, {"description": "d"}]}]}) == {
        "type": "STRING",
        "description": "d",
    }


def test_what_stands_beside_any_of_moves_into_its_branches() -> None:
    schema = {
        "description": "who",
        "type": "object",
        "properties": {"id": {"type": "string"}},
        "required": ["id"],
        "oneOf": [{"properties": {"name": {"type": "string"}}, "required": ["name"]}, {"description": "no name"}],
    }
    text = {"type": "STRING"}
    assert reduced(schema) == {
        "anyOf": [
            {
                "description": "who",
                "type": "OBJECT",
                "properties": {"id": text, "name": text},
                "required": ["id", "name"],
            },
            {"description": "no name", "type": "OBJECT", "properties": {"id": text}, "required": ["id"]},
        ]
    }


def test_every_loss_is_told_with_its_path() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"url": {"type": "string", "format": "uri"}, "n": {"type": "number", "multipleOf": 2}},
        "required": ["url", "gone"],
        "additionalProperties": False,
        "strict": True,
    }
    paths = {(loss.path, loss.action) for loss in reduce(schema)[1]}
    assert paths == {
        ("s.$schema", "dropped"),
        ("s.properties.url.format", "dropped"),
        ("s.properties.n.multipleOf", "dropped"),
        ("s.required", "dropped"),
        ("s.additionalProperties", "dropped"),
        ("s.strict", "dropped"),
    }


def test_references_are_put_in_place_and_what_stands_beside_them_counts_too() -> None:
    schema = {
        "type": "object",
        "properties": {
            "from": {"$ref": "#/$defs/Place", "description": "where from"},
            "to": {"allOf": [{"$ref": "#/$defs/Place"}], "description": "where to"},
        },
        "$defs": {"Place": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
    }
    place = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]}
    schema_found, losses = reduce(schema)
    assert schema_found["properties"] == {
        "from": {**place, "description": "where from"},
        "to": {**place, "description": "where to"},
    }
    assert losses == ()


def test_a_schema_that_holds_itself_is_unrolled_and_cut() -> None:
    schema = {
        "$ref": "#/$defs/Node",
        "$defs": {
            "Node": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
                },
            }
        },
    }
    found, losses = reduce(schema)
    inner = found["properties"]["children"]["items"]["properties"]["children"]["items"]
    assert inner == {"type": "OBJECT"}
    assert [loss.reason for loss in losses] == ["#/$defs/Node is recursive: cut here"]


def test_a_schema_that_doubles_itself_at_every_step_stays_small() -> None:
    steps = {
        f"d{n}": {"type": "object", "properties": {k: {"$ref": f"#/$defs/d{n + 1}"} for k in "ab"}} for n in range(40)
    }
    found, losses = reduce({"$ref": "#/$defs/d0", "$defs": {**steps, "d40": {"type": "string"}}})
    assert len(losses) <= MAX_NODES + 2
    assert "too large" in losses[0].reason
    assert found["type"] == "OBJECT"


def test_a_very_deep_schema_is_cut_not_a_crash() -> None:
    schema: Json = {"type": "string"}
    for _ in range(400):
        schema = {"type": "object", "properties": {"a": schema}}
    assert reduced(schema)["type"] == "OBJECT"


@pytest.mark.parametrize(
    "schema", [{}, {"type": "object"}, {"type": "object", "properties": {}}, None, {"type": "string"}]
)
def test_a_function_that_takes_nothing_has_no_parameters(schema: Any) -> None:
    assert parameters(schema) is None


def test_alternative_parameter_lists_become_one() -> None:
    found = parameters(
        {
            "anyOf": [
                {
                    "type": "object",
                    "properties": {"id": {"type": "string"}, "x": {"type": "integer"}},
                    "required": ["id", "x"],
                },
                {
                    "type": "object",
                    "properties": {"id": {"type": "string"}, "y": {"type": "integer"}},
                    "required": ["id", "y"],
                },
            ]
        }
    )
    assert found is not None
    assert set(found["properties"]) == {"id", "x", "y"}
    assert found["required"] == ["id"]


PLAYWRIGHT_FORM: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "fields": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "description": "Field name"},
                    "type": {"type": "string", "enum": ["textbox", "checkbox"]},
                    "value": {"anyOf": [{"type": "string", "maxLength": 100}, {"type": "boolean"}]},
                },
                "required": ["name", "type", "value"],
                "additionalProperties": False,
            },
        },
        "data": {"type": "object", "propertyNames": {"type": "string"}, "additionalProperties": {}},
        "timeout": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9007199254740991},
    },
    "required": ["fields"],
    "additionalProperties": False,
}

NOTION_PAGE: Json = {
    "type": "object",
    "properties": {
        "parent": {"oneOf": [{"$ref": "#/definitions/page"}, {"$ref": "#/definitions/database"}]},
        "icon": {"type": ["object", "null"], "properties": {"emoji": {"type": "string"}}},
        "version": {"const": 2},
        "created": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "uniqueItems": True, "items": {"type": "string", "minLength": 1}},
        "point": {"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}]},
    },
    "required": ["parent", "properties"],
    "definitions": {
        "page": {
            "type": "object",
            "properties": {"page_id": {"type": "string", "format": "uuid"}},
            "required": ["page_id"],
        },
        "database": {"type": "object", "properties": {"database_id": {"type": "string"}}, "required": ["database_id"]},
    },
}


def test_tools_of_real_servers_are_taken_by_google() -> None:
    form, page = parameters(PLAYWRIGHT_FORM), parameters(NOTION_PAGE)
    assert form is not None
    assert page is not None
    for schema in (form, page):
        check_words(schema)
        types.FunctionDeclaration.model_validate({"name": "f", "parameters": schema})
    assert form["properties"]["fields"]["items"]["properties"]["value"] == {
        "anyOf": [{"type": "STRING", "maxLength": 100}, {"type": "BOOLEAN"}]
    }
    assert form["properties"]["data"] == {"type": "OBJECT"}
    assert page["properties"]["icon"]["nullable"] is True
    assert page["properties"]["point"]["items"] == {"type": "NUMBER"}
    assert page["properties"]["version"] == {"type": "INTEGER", "description": "Allowed values: 2."}
    assert page["required"] == ["parent"]


def test_googles_schema_is_read_as_json_schema() -> None:
    schema = {
        "type": "OBJECT",
        "properties": {
            "kind": {"type": "STRING", "enum": ["a"], "nullable": True, "max_length": "7"},
            "list": {"type": "ARRAY", "min_items": 1, "items": {"type": "TYPE_UNSPECIFIED"}},
            "any": {"any_of": [{"type": "STRING"}], "nullable": True},
        },
        "propertyOrdering": ["kind"],
    }
    assert json_schema(schema, "s") == {
        "type": "object",
        "properties": {
            "kind": {"type": ["string", "null"], "enum": ["a", None], "maxLength": 7},
            "list": {"type": "array", "minItems": 1, "items": {}},
            "any": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "propertyOrdering": ["kind"],
    }
