"""Reading JSON of which nobody vouches."""

from collections.abc import Callable
from typing import Any

import pytest

from omniroute.formats.loose import count_in, list_in, number_in, object_in, objects_in, text_in

GIVEN: dict[str, Any] = {
    "text": "x",
    "count": 3,
    "number": 1.5,
    "list": [1, {}],
    "object": {"a": 1},
    "yes": True,
    "minus": -1,
}


@pytest.mark.parametrize(
    ("read", "found", "nothing"),
    [
        (text_in, {"text": "x"}, None),
        (count_in, {"count": 3}, None),
        (number_in, {"count": 3, "number": 1.5, "minus": -1}, None),
        (list_in, {"list": [1, {}]}, []),
        (objects_in, {"list": [{}]}, []),
        (object_in, {"object": {"a": 1}}, {}),
    ],
)
def test_a_value_of_another_type_counts_as_absent(
    read: Callable[[Any, str], Any], found: dict[str, Any], nothing: Any
) -> None:
    for key in (*GIVEN, "missing"):
        assert read(GIVEN, key) == found.get(key, nothing)
    assert [read(odd, "text") for odd in (None, "x", 5, ["text"])] == [nothing] * 4


def test_numbers_without_end_are_none() -> None:
    assert number_in({"a": float("inf")}, "a") is None
    assert number_in({"a": float("nan")}, "a") is None
