"""docs/translation.md says what the codecs do."""

from pathlib import Path

import pytest

from omniroute.formats.hub import Format
from scripts.translation import ANSWERS, DROPPED, KEPT, REQUESTS, answer_cell, client_can_say, page, request_cell

PAGE = Path(__file__).parents[2] / "docs" / "translation.md"


def test_the_page_is_what_the_codecs_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run ./dev docs"


@pytest.mark.parametrize("form", Format)
def test_what_every_client_can_say_every_upstream_gets(form: Format) -> None:
    common = [name for name, request in REQUESTS.items() if all(client_can_say(request, one) for one in Format)]
    assert len(common) >= 10
    assert {name: request_cell(REQUESTS[name], form) for name in common} == dict.fromkeys(common, KEPT)


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("name", ["text", "thought", "tool call", "parallel tool calls", "stop: length"])
def test_the_heart_of_an_answer_reaches_every_client(name: str, form: Format) -> None:
    assert answer_cell(ANSWERS[name], form) == KEPT


@pytest.mark.parametrize("home", Format)
def test_a_signature_goes_home_or_nowhere(home: Format) -> None:
    cells = {form: request_cell(REQUESTS[f"thought signed by {home.value}"], form) for form in Format}
    assert all(cell == DROPPED for form, cell in cells.items() if form is not home)
