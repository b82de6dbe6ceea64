"""The list of what does not come through says each thing once, and nothing of no pair."""

import pytest

from tests.pairs.bench import PAIRS
from tests.pairs.table import CAPABILITIES, ROWS, Row, lost


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.capability} {row.kind}")
def test_a_row_is_the_answer_for_some_pair(row: Row) -> None:
    assert row.capability in CAPABILITIES
    assert row.reason
    assert bool(row.header) == (row.kind == "dropped")
    assert any(lost(row.capability, pair) is row for pair in PAIRS), "a row that another one hides says nothing"


def test_nothing_that_a_client_can_say_of_text_and_tools_is_ever_lost() -> None:
    for capability in ("text", "system", "turns", "call", "parallel calls", "tool result", "picture", "usage", "limit"):
        assert not [pair for pair in PAIRS if lost(capability, pair)]
