"""JSON: what goes in comes out, the one repair is made, and everything else that is no JSON is refused."""

import json as standard

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.kit.errors import Invalid
from omniroute.kit.json import BadJson, dumps, loads

# Text with lone surrogates, which JavaScript clients can send.
ANY_TEXT = st.text(st.characters(codec=None))
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(value=VALUES)
def test_what_is_written_reads_back_the_same(value: object) -> None:
    assert loads(dumps(value)) == value


@given(value=VALUES)
def test_what_is_written_is_json_to_anybody_and_utf_8(value: object) -> None:
    assert standard.loads(dumps(value).decode("utf-8")) == value


def test_a_lone_surrogate_escape_is_kept_and_written_as_its_escape() -> None:
    assert loads(rb'{"text":"a\ud800b"}') == {"text": "a\ud800b"}
    assert dumps("a\ud800b") == rb'"a\ud800b"'


def test_text_is_written_in_raw_utf_8_and_compact() -> None:
    assert dumps({"größe": ["☃", 1]}) == '{"größe":["☃",1]}'.encode()


def test_integers_over_64_bits_are_written_in_full() -> None:
    assert dumps([2**200]) == b"[%d]" % 2**200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a":1,}',
        b"{'a':1}",
        b"NaN",
        b"Infinity",
        rb'["\ud800", NaN]',
        rb'["\ud800", -Infinity]',
        rb'"\ud800" x',
        rb'["\ud800"',
        b"\xff",
        b'"\xff"',
        b'"\\u0041 \xff"',  # a good escape elsewhere must not open the door to bad bytes
        b'"\\ud800 \xff"',
        b'"\xed\xa0\x80"',  # a surrogate in raw UTF-8
        b"[" * 100_000,
        rb'["\ud800"' + b",[" * 100_000,
    ],
)
def test_what_is_not_json_is_refused(data: bytes) -> None:
    with pytest.raises(BadJson):
        loads(data)


@given(data=st.binary(max_size=40))
def test_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    try:
        value = loads(data)
    except BadJson:
        return
    assert loads(dumps(value)) == value


def test_bytes_text_and_views_are_read_alike() -> None:
    data = rb'{"a":"\ud83d"}'
    assert loads(data) == loads(bytearray(data)) == loads(memoryview(data)) == loads(data.decode())


def test_deep_values_are_written_up_to_a_limit_and_then_refused_as_the_senders_fault() -> None:
    deep: list[object] = []
    for _ in range(400):
        deep = [deep]
    assert dumps(deep) == b"[" * 401 + b"]" * 401
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Invalid, match="nested too deeply"):
        dumps(deep)
