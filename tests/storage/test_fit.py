"""What does not fit a column is refused with its name, or made to fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.kit.errors import Unprocessable
from omniroute.storage.fit import bounded, clipped, require_fit
from omniroute.storage.tables import nodes


@pytest.mark.parametrize(
    ("name", "value"),
    [("name", "x" * 201), ("name", "a\0b"), ("prefix", "half \ud83d"), ("created_at", 2**63), ("created_at", -(2**64))],
)
def test_a_value_that_no_column_holds_is_refused_by_its_field(name: str, value: object) -> None:
    with pytest.raises(Unprocessable) as caught:
        require_fit(nodes, {"id": "n", name: value})
    assert caught.value.param == name
    assert [fault.field for fault in caught.value.details] == [name]


def test_values_that_fit_pass_unchanged() -> None:
    values = {"name": "ä" * 200, "base_url": "x" * 10_000, "headers_sealed": None, "created_at": 2**63 - 1}
    assert require_fit(nodes, values) == values


@given(st.text(st.characters(codec=None), max_size=40), st.integers(0, 50))
def test_clipped_text_is_short_and_can_be_written(text: str, length: int) -> None:
    made = clipped(text, length)
    assert len(made) <= length
    assert "\0" not in made
    assert len(made.encode("utf-8")) >= len(made)


@given(st.text(max_size=40).filter(lambda text: "\0" not in text))
def test_clipping_leaves_fitting_text_alone(text: str) -> None:
    assert clipped(text, 40) == text
    assert clipped(text, None) == text


@given(st.integers(-(2**70), 2**70))
def test_bounded_numbers_have_64_bits(number: int) -> None:
    assert -(2**63) <= bounded(number) < 2**63
    if abs(number) < 2**63:
        assert bounded(number) == number
