"""Whole answers that are none, and bodies that are too large: each SDK raises the right exception with useful words."""

import json
from dataclasses import dataclass

import pytest

from omniroute.formats.hub import Format
from tests.fakes.reply import Reply
from tests.pairs.bench import MOST_BYTES, PAIRS, Bench, Pair
from tests.pairs.expected import CLASSES
from tests.pairs.talk import Ask, Refused, User

pytestmark = pytest.mark.asyncio(loop_scope="session")

TURNS = (User(text="Tell me about the sea and the sky"),)
PAGE = b"<!DOCTYPE html><html><head><title>Be right back</title></head><body>Maintenance</body></html>"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """What the upstream answers, the status that the client hears, and words that its user can go by."""

    status: int = 200
    media_type: str = "application/json"
    body: bytes = b""
    heard: int = 502
    words: str


def _said(**error: object) -> bytes:
    return json.dumps(error).encode()


BROKEN = {
    "cut JSON": Broken(body=b'{"id": "x", "model": "fake-large", "choi', words="not JSON"),
    "a web page": Broken(media_type=HTML, body=PAGE, words="Be right back"),
    "a web page said to be JSON": Broken(body=PAGE, words="Be right back"),
    "an empty body": Broken(body=b"", words="empty"),
    "white space": Broken(body=b" \r\n", words="empty"),
    "a list": Broken(body=b"[1, 2]", words="list"),
    "null": Broken(body=b"null", words="null"),
    "something else": Broken(body=_said(status="ok", uptime=12), words="not one of"),
    "plain words": Broken(media_type="text/plain", body=b"upstream connect error", words="upstream connect error"),
    "bytes that are no text": Broken(body=b"\xff\xfe\x00{", words="not JSON"),
    "an error in a 200": Broken(body=_said(error={"message": "The engine overheated"}), words="The engine overheated"),
    "a limit in a 200": Broken(body=_said(error={"message": "Slow down", "code": 429}), heard=429, words="Slow down"),
    "an error of one word": Broken(body=_said(error="overheated"), words="overheated"),
    "500 in plain words": Broken(status=500, media_type="text/plain", body=b"The fan is off", words="The fan is off"),
    "502 with a page": Broken(status=502, media_type=HTML, body=PAGE, words="Be right back"),
    "503 without a word": Broken(status=503, heard=503, words="503"),
    "500 with cut JSON": Broken(status=500, body=b'{"error": {"message": "The f', words="The f"),
}


@pytest.mark.parametrize("pair", PAIRS, ids=str)
async def test_a_whole_answer_that_is_none_raises_in_every_sdk(bench: Bench, pair: Pair) -> None:
    upstream = bench.upstreams[pair.upstream]
    heard = {}
    for name, broken in BROKEN.items():
        bench.forget()
        upstream.canned = Reply(status=broken.status, media_type=broken.media_type, body=broken.body)
        told = await bench.try_to(pair, Ask(model=pair.model, turns=TURNS))
        assert isinstance(told, Refused), (name, told)
        assert broken.words in told.message, (name, told.message)
        heard[name] = (told.kind, told.status)
    assert heard == {name: (CLASSES[pair.client][broken.heard], broken.heard) for name, broken in BROKEN.items()}


@pytest.mark.parametrize("pair", PAIRS, ids=str)
async def test_what_comes_in_the_place_of_a_stream_raises_in_every_sdk(bench: Bench, pair: Pair) -> None:
    upstream = bench.upstreams[pair.upstream]
    heard = {}
    for name, broken in BROKEN.items():
        bench.forget()
        upstream.canned = Reply(status=broken.status, media_type=broken.media_type, body=broken.body)
        told = await bench.try_to(pair, Ask(model=pair.model, turns=TURNS, stream=True))
        assert isinstance(told, Refused), (name, told)
        assert told.message
        if broken.media_type == HTML or name.startswith("an error"):
            assert broken.words in told.message, (name, told.message)
        heard[name] = (told.kind, told.status)
    assert heard == {name: (CLASSES[pair.client][broken.heard], broken.heard) for name, broken in BROKEN.items()}


@pytest.mark.parametrize("pair", PAIRS, ids=str)
async def test_an_answer_of_another_content_type_is_heard_all_the_same(bench: Bench, pair: Pair) -> None:
    bench.upstreams[pair.upstream].faults.push("wrong_content_type")
    heard = await bench.ask(pair, Ask(model=pair.model, turns=TURNS))
    assert heard.text == TURNS[0].text


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("client", sorted({pair.client for pair in PAIRS}))
async def test_a_body_over_the_limit_is_refused_in_the_sdks_own_words(bench: Bench, client: str, stream: bool) -> None:
    pair = Pair(client, Format.OPENAI_CHAT)
    told = await bench.try_to(pair, Ask(model=pair.model, turns=(User(text="x" * (2 * MOST_BYTES)),), stream=stream))
    assert isinstance(told, Refused), told
    assert (told.kind, told.status) == (CLASSES[client][413], 413)
    assert f"over {MOST_BYTES} bytes" in told.message
    assert not bench.upstreams[pair.upstream].generations
