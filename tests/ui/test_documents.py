"""Every GraphQL document of the dashboard fits the schema, and every text is there in every language."""

import importlib
import pkgutil
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import parse, validate

from omniroute import ui
from omniroute.graphql.schema import build_schema
from omniroute.ui.door import Document
from omniroute.ui.words import LANGUAGES, chosen, say, table

_FOLDER = Path(ui.__file__).parent


def _documents() -> Iterator[tuple[str, Document]]:
    for module in pkgutil.walk_packages(ui.__path__, "omniroute.ui."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, Document):
                yield f"{module.name}.{name}", value


_DOCUMENTS = dict(_documents())


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_a_document_fits_the_schema(name: str) -> None:
    assert [error.message for error in validate(build_schema(), parse(_DOCUMENTS[name]))] == []


def test_documents_are_found() -> None:
    assert len(_DOCUMENTS) > 5


def _used() -> set[str]:
    """Return the names of texts in the source, as far as they are written out."""
    sources = "".join(path.read_text(encoding="utf-8") for path in _FOLDER.rglob("*.py"))
    spelled = re.findall(r'(?:say\(|group=|name=(?="nav\.))"([a-z_]+\.[a-z_0-9]+)"', sources)
    return {name for name in spelled if not name.endswith(".")}


def test_every_text_that_is_used_is_there_in_every_language() -> None:
    for language in LANGUAGES:
        assert _used() <= table(language).keys(), language


def test_languages_say_the_same_things_with_the_same_values() -> None:
    english = table("en")
    for language in LANGUAGES:
        other = table(language)
        assert other.keys() == english.keys()
        for name, words in english.items():
            assert _values(other[name]) == _values(words), name


def _values(words: str) -> set[str | None]:
    return {field for _, field, _, _ in string.Formatter().parse(words) if field is not None}


def test_a_language_is_the_chosen_one_or_the_browsers_first() -> None:
    assert chosen("de", "en") == "de"
    assert chosen(None, "fr-FR, de-DE;q=0.8, en;q=0.5") == "de"
    assert chosen("xx", "fr") == "en"
    assert say("de", "act.cancel") == "Abbrechen"


def test_no_page_names_a_colour_of_its_own() -> None:
    for path in _FOLDER.rglob("pages/*.py"):
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", path.read_text(encoding="utf-8")), path.name
