"""Compressed answers: any cut of the bytes gives the same text, and no input more than a step at a time."""

import gzip
import zlib
from collections.abc import Callable, Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.upstream.decoding import STEP_BYTES, Broken, Unpacker, unpacker


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-15)


PACKERS: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "raw": ("deflate", raw_deflate),
}


def unpacked(what: Unpacker, pieces: list[bytes]) -> bytes:
    out = []
    for piece in pieces:
        what.feed(piece)
        while plain := what.take():
            assert len(plain) <= STEP_BYTES
            out.append(plain)
    return b"".join(out)


@pytest.mark.parametrize("kind", PACKERS)
@given(text=st.binary(max_size=2000), cuts=st.sets(st.integers(0, 2000)))
def test_any_cut_gives_the_same_text(kind: str, text: bytes, cuts: set[int]) -> None:
    coding, pack = PACKERS[kind]
    packed = pack(text)
    places = [0, *sorted(cut for cut in cuts if cut < len(packed)), len(packed)]
    what = Unpacker(coding)
    assert unpacked(what, [packed[a:b] for a, b in pairwise(places)]) == text
    assert what.is_whole


@pytest.mark.parametrize("kind", PACKERS)
# A step and 21 bytes more: the last input of a raw deflate stream is used up while there is still output to come.
@pytest.mark.parametrize("size", [STEP_BYTES - 1, STEP_BYTES, STEP_BYTES + 1, STEP_BYTES + 21, 3 * STEP_BYTES])
def test_a_text_as_long_as_a_step_is_neither_cut_nor_doubled(kind: str, size: int) -> None:
    coding, pack = PACKERS[kind]
    what = Unpacker(coding)
    assert unpacked(what, [pack(bytes(size))]) == bytes(size)
    assert what.is_whole


@given(cut=st.integers(0, 60))
def test_gzip_members_follow_one_another_and_what_is_no_member_is_left_out(cut: int) -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0\0"
    assert unpacked(Unpacker("gzip"), [packed[:cut], packed[cut:]]) == b"one two"


@given(packed=st.binary(max_size=200), coding=st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_give_text_or_are_called_broken(packed: bytes, coding: str) -> None:
    try:
        unpacked(Unpacker(coding), [packed])
    except Broken:
        return


def test_a_text_that_is_cut_off_is_not_whole() -> None:
    what = Unpacker("gzip")
    unpacked(what, [gzip.compress(b"text" * 100)[:-1]])
    assert not what.is_whole


def test_nothing_at_all_is_whole() -> None:
    assert Unpacker("gzip").is_whole


def test_plain_codings_need_no_unpacking_and_unknown_ones_are_refused() -> None:
    assert unpacker("identity") is None
    assert unpacker("") is None
    assert unpacker(" GZIP ") is not None
    with pytest.raises(Broken, match="'br'"):
        unpacker("br")
