"""A secret never shows itself, and an operator can still recognise it."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.kit import json
from omniroute.kit.secret import Secret


@given(value=st.text(min_size=1).filter(lambda text: text not in "Secret(****)"))
def test_no_spelling_of_a_secret_shows_it(value: str) -> None:
    secret = Secret(value)
    assert {repr(secret), str(secret), f"{secret}", f"{secret!r}", f"{secret!s}"} == {"Secret(****)"}
    assert repr([secret]) == "[Secret(****)]"
    assert secret.reveal() == value


def test_a_traceback_does_not_show_it() -> None:
    secret = Secret("sk-very-secret")
    try:
        raise ValueError(secret)  # noqa: TRY301 - what a careless caller would do
    except ValueError as error:
        text = "".join(traceback.format_exception(error))
    assert "very" not in text


def test_json_cannot_hold_it() -> None:
    with pytest.raises(TypeError):
        json.dumps({"key": Secret("sk-very-secret")})


@given(value=st.text(max_size=100))
def test_a_hint_shows_at_most_seven_characters_and_nothing_of_a_short_one(value: str) -> None:
    hint = Secret(value).hint()
    if len(value) < 16:
        assert hint == "****"
    else:
        assert hint == f"{value[:3]}****{value[-4:]}"


def test_secrets_are_equal_by_value_and_work_in_sets() -> None:
    assert {Secret("a"), Secret("a"), Secret("b")} == {Secret("a"), Secret("b")}
    assert Secret("a") != "a"
