"""Dialects driven by hand, without a network: what they ask, and what they make of the answers."""

import json
import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.formats.audio.sniff import FLAC, WAV, likely_ms, most_ms, sound_of
from omniroute.formats.audio.transcript import Span, cues
from omniroute.formats.embeddings.dialects import Style, openai_like, packed, unpacked
from omniroute.formats.embeddings.request import read_request
from omniroute.formats.exchange import NoResult, Spot, Told, multipart
from tests.v1.sounds import SOUNDS, flac, wav

FLOATS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=20)


class Bytes:
    """Bytes as a dialect sees a file."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @property
    def size(self) -> int:
        return len(self.data)

    def pieces(self) -> Iterator[bytes]:
        yield self.data

    def head(self, count: int) -> bytes:
        return self.data[:count]


@given(FLOATS)
def test_a_vector_survives_base64(vector: list[float]) -> None:
    assert unpacked(packed(vector)) == vector
    assert struct.calcsize(f"<{len(vector)}f") == 4 * len(vector)


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=40), st.integers(min_value=1, max_value=7))
def test_batches_are_small_enough_and_joined_in_order(texts: list[str], most: int) -> None:
    talk = openai_like(Style())(read_request({"input": texts}), Spot(model="m", most_at_once=most))
    asks = next(talk)
    bodies: list[Any] = [json.loads(b"".join(part for part in ask.body if isinstance(part, bytes))) for ask in asks]
    assert [text for body in bodies for text in body["input"]] == texts
    assert all(len(body["input"]) <= most for body in bodies)
    told = []
    for body in bodies:
        data = [{"index": place, "embedding": [float(len(text))]} for place, text in enumerate(body["input"])]
        usage = {"prompt_tokens": len(data)}
        told.append(Told(headers={}, body=json.dumps({"data": data[::-1], "usage": usage}).encode()))
    with pytest.raises(StopIteration) as end:
        talk.send(tuple(told))
    assert end.value.value.vectors == tuple([float(len(text))] for text in texts)
    assert end.value.value.usage.input == len(texts)


@given(st.binary(max_size=200))
def test_whatever_a_provider_answers_is_vectors_or_no_result(body: bytes) -> None:
    talk = openai_like(Style())(read_request({"input": "x"}), Spot(model="m"))
    next(talk)
    with pytest.raises(NoResult):
        talk.send((Told(headers={}, body=body),))


@pytest.mark.parametrize("kind", SOUNDS)
def test_every_kind_of_sound_is_known_by_its_beginning(kind: str) -> None:
    sound = sound_of(SOUNDS[kind])
    assert sound is not None
    assert sound.ending == kind.removeprefix("bare ")


@given(st.floats(min_value=0.1, max_value=5))
def test_a_sound_that_tells_its_length_is_believed(seconds: float) -> None:
    for sound, data in ((WAV, wav(seconds)), (FLAC, flac(seconds))):
        assert abs(likely_ms(sound, Bytes(data)) - seconds * 1000) <= 2
        assert most_ms(sound, Bytes(data)) == likely_ms(sound, Bytes(data))


@given(st.lists(st.tuples(st.integers(0, 3000), st.text(alphabet="ab.", min_size=1, max_size=9)), max_size=60))
def test_subtitles_hold_every_word_in_order_and_do_not_overlap(gaps: list[tuple[int, str]]) -> None:
    words, at = [], 0
    for gap, text in gaps:
        words.append(Span(start=at + gap, end=at + gap + 200, text=text))
        at += gap + 200
    made = cues(words)
    assert " ".join(one.text for one in made) == " ".join(one.text for one in words)
    assert all(one.end <= other.start for one, other in pairwise(made))
    assert all(one.end - one.start <= 7000 or " " not in one.text for one in made)


def test_a_name_cannot_break_out_of_a_form() -> None:
    ask = multipart([('a"\r\nx', "v")], [("f", 'n"\r\n\r\n', "audio/wav", Bytes(b"data"))], "mark")
    heads = [part for part in ask.body if isinstance(part, bytes)]
    assert all(b'\r\nx"' not in head and b'n"' not in head for head in heads)
