"""The OpenAPI document against what is really there."""

import re
from pathlib import Path
from typing import Any

import pytest

from omniroute.api import openapi
from omniroute.api.operation import Described, Operation, expanded
from omniroute.api.shapes import adapter
from omniroute.api.table import OPERATIONS
from omniroute.kit.json import dumps
from tests.api.serving import Served

FILE = Path(__file__).parents[2] / "openapi" / "openapi.yaml"
METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")
ROWS = expanded(OPERATIONS)


def test_the_file_is_the_newest_document() -> None:
    assert FILE.read_text(encoding="utf-8") == openapi.text(), "run `omniroute openapi`"


def test_operations_have_ids_of_their_own_and_paths_only_once() -> None:
    assert len({one.id for one in ROWS}) == len(ROWS)
    assert len({(one.method, one.path) for one in ROWS}) == len(ROWS)


async def test_what_is_documented_is_served_and_nothing_else(api: Served) -> None:
    documented = {(method.upper(), path) for path, item in openapi.document()["paths"].items() for method in item}
    ours = {(one.method, one.path) for one in ROWS if one.handler is not None}
    for path in {path for _, path in ours}:
        for method in METHODS:
            answer = await api.anonymous(method, re.sub(r"\{\w+\}", "x_1", path))
            assert (answer.status_code != 405) == ((method, path) in ours), (method, path)
    assert documented == {(one.method, one.path) for one in ROWS}


async def test_the_document_is_served_to_anyone(api: Served) -> None:
    answer = await api.anonymous("GET", "/openapi.json")
    assert answer.json() == openapi.document()
    assert answer.json()["openapi"] == "3.1.0"


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(_references(one) for one in value.values()))
    if isinstance(value, list):
        return set().union(*(_references(one) for one in value))
    return set()


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    document = openapi.document()
    shared = document["components"]
    named = {f"#/components/{kind}/{name}" for kind in ("schemas", "headers") for name in shared[kind]}
    assert _references(document) == named


@pytest.mark.parametrize("row", [one for one in ROWS if one.example is not None], ids=lambda one: one.id)
def test_an_example_is_what_the_operation_reads(row: Operation) -> None:
    if not isinstance(row.body, Described):
        adapter(row.body).validate_json(dumps(row.example))
    else:
        assert set(row.body.schema.get("required", ())) <= {*row.example, *row.files}


def test_every_operation_that_reads_a_body_shows_an_example() -> None:
    assert [one.id for one in ROWS if one.body is not None and one.example is None] == []


def undescribed(schema: Any, name: str) -> list[str]:
    """Return the fields of a schema that do not say what they mean."""
    if isinstance(schema, list):
        return [found for one in schema for found in undescribed(one, name)]
    if not isinstance(schema, dict):
        return []
    fields = schema.get("properties") or {}
    found = [f"{name}.{word}" for word, one in fields.items() if not one.get("description")]
    below = [undescribed(one, f"{name}.{word}") for word, one in fields.items()]
    rest = [undescribed(one, name) for word, one in schema.items() if word in {"items", "anyOf"}]
    return found + [one for more in (*below, *rest) for one in more]


def test_every_field_says_what_it_means() -> None:
    schemas = openapi.document()["components"]["schemas"]
    bare = [one for name, schema in schemas.items() for one in undescribed(schema, name)]
    assert bare == [], "say it in omniroute/api/glossary.py"


def test_every_parameter_says_what_it_means() -> None:
    for path, item in openapi.document()["paths"].items():
        for method, operation in item.items():
            for one in operation.get("parameters", ()):
                assert one.get("description"), f"{method} {path}: {one['name']} (omniroute/api/glossary.py)"


def test_every_link_leads_to_an_operation_with_that_parameter() -> None:
    by_id = {one.id: one for one in ROWS}
    for row in ROWS:
        for link in row.links:
            assert f"{{{link.parameter}}}" in by_id[link.to].path, f"{row.id} -> {link.to}"


def test_whatever_can_be_made_leads_to_its_reading_changing_and_deleting() -> None:
    paths = {(one.method, one.path): one for one in ROWS}
    for row in ROWS:
        below = [one for (_, path), one in paths.items() if path == f"{row.path}/{{id}}" and row.method == "POST"]
        wanted = {one.id for one in below if one.method in {"GET", "PUT", "DELETE"}}
        assert wanted <= {link.to for link in row.links}, row.id


def test_every_guarded_operation_names_its_credentials() -> None:
    for item in openapi.document()["paths"].values():
        for operation in item.values():
            assert ("401" in operation["responses"]) or operation["security"] == []
