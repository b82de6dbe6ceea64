"""The client follows from the schema: its documents are valid, and its types say what the schema says."""

from pathlib import Path

from graphql import GraphQLSchema, build_schema, parse, validate

from omniroute.client.asking import DOCUMENTS
from omniroute.graphql.limits import MOST_TOKENS, check_cost, check_extent
from omniroute.graphql.schema import SNAPSHOT
from scripts import client as made

FOLDER = Path(made.FOLDER)


def schema() -> GraphQLSchema:
    return build_schema(SNAPSHOT.read_text(encoding="utf-8"))


def test_every_field_has_a_document_that_the_schema_takes_within_its_limits() -> None:
    known = schema()
    roots = (known.query_type, known.mutation_type, known.subscription_type)
    assert set(DOCUMENTS) == {name for root in roots if root for name in root.fields}
    for name, text in DOCUMENTS.items():
        document = parse(text, max_tokens=MOST_TOKENS)
        assert validate(known, document) == [], name
        check_extent(document)
        (operation,) = document.definitions
        check_cost(known, document, operation, {"first": 50})  # type: ignore[arg-type]  # there is only one


def test_what_is_committed_is_what_the_schema_gives(tmp_path: Path) -> None:
    for name, text in made.formatted(schema(), tmp_path):
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"{name}: run ./dev docs"
