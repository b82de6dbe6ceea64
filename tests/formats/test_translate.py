"""Translation from end to end: bodies, answers and streams of bytes between any two formats."""

from itertools import product

import pytest

from omniroute.formats import anthropic, openai_chat
from omniroute.formats.codec import Codec
from omniroute.formats.events import Event, Fault, Finish
from omniroute.formats.fold import unfold
from omniroute.formats.framing import MAX_FRAME_BYTES
from omniroute.formats.hub import Choice, Request, Response, Seed, Stop, Text, ToolCall, Usage
from omniroute.formats.table import CODECS
from omniroute.formats.translate import StreamTranslator, encode_request
from omniroute.kit.json import dumps, loads
from tests.formats.speaking import ASKED, folded, paths

SEED = Seed(id="0123abcd", created=1_700_000_000, model="asked-for")

every_pair = pytest.mark.parametrize(
    ("upstream", "client"),
    [pytest.param(CODECS[a], CODECS[b], id=f"{a} for {b}") for a, b in product(CODECS, CODECS)],
)

RESPONSE = Response(
    id="id_1",
    model="upstreams-name",
    created=1_700_000_000,
    choices=(
        Choice(
            parts=(Text(text="Grüße 💥"), ToolCall(id="call_1", name="f", arguments='{"a":1}')), stop=Stop.TOOL_CALLS
        ),
    ),
    usage=Usage(input=10, output=5),
)


def bytes_of(codec: Codec, response: Response = RESPONSE) -> bytes:
    encoder = codec.encoder(SEED, ASKED)
    return b"".join([encoder.feed(event) for event in unfold(response)]) + encoder.end()


def translated(upstream: Codec, client: Codec, data: bytes) -> tuple[bytes, list[Event]]:
    seen: list[Event] = []
    translator = StreamTranslator(upstream=upstream, client=client, seed=SEED, request=ASKED, watch=seen.append)
    said = b"".join(translator.feed(data[place : place + 7]) for place in range(0, len(data), 7))
    return said + translator.end(), seen


@every_pair
def test_a_stream_of_any_format_reaches_a_client_of_any_other(upstream: Codec, client: Codec) -> None:
    data, seen = translated(upstream, client, bytes_of(upstream))
    heard = folded(client, data)
    text, call = heard.choices[0].parts
    assert text == Text(text="Grüße 💥")
    assert isinstance(call, ToolCall)
    assert (call.name, loads(call.arguments)) == ("f", {"a": 1})
    assert heard.usage is not None
    assert (heard.usage.input, heard.usage.output) == (10, 5)
    assert heard.model in {"asked-for", ""}
    assert isinstance(seen[-1], Finish)


@every_pair
def test_a_whole_answer_of_any_format_reaches_a_client_of_any_other(upstream: Codec, client: Codec) -> None:
    raw = loads(dumps(upstream.encode_response(RESPONSE, ASKED)))
    said = client.encode_response(upstream.decode_response(raw, SEED), ASKED)
    heard = client.decode_response(said, SEED)
    assert heard.choices[0].parts[0] == Text(text="Grüße 💥")
    assert heard.choices[0].stop is Stop.TOOL_CALLS


@every_pair
def test_a_stream_that_breaks_ends_in_the_clients_own_error(upstream: Codec, client: Codec) -> None:
    whole = bytes_of(upstream)
    data, seen = translated(upstream, client, whole[: len(whole) // 3])
    assert isinstance(seen[-1], Fault)
    assert seen[-1].kind == "truncated"
    deframer, decoder = client.deframer(), client.decoder(SEED)
    events = [event for frame in [*deframer.feed(data), *deframer.end()] for event in decoder.feed(frame)]
    assert isinstance(events[-1], Fault)
    assert events[-1].message == seen[-1].message


def test_a_line_without_an_end_is_a_fault() -> None:
    translator = StreamTranslator(upstream=openai_chat.CODEC, client=anthropic.CODEC, seed=SEED, request=ASKED)
    assert translator.feed(b"data: ".ljust(MAX_FRAME_BYTES, b"x")) == b""
    assert translator.feed(b"x" * 10).startswith(b"event: error\n")
    assert translator.end() == b""


def test_an_error_of_the_gateways_own_ends_the_stream() -> None:
    translator = StreamTranslator(upstream=openai_chat.CODEC, client=anthropic.CODEC, seed=SEED, request=ASKED)
    said = translator.fail(Fault(kind="timeout", message="Too slow.", status=504))
    assert b'"timeout_error"' in said
    assert translator.end() == b""


def test_a_last_event_without_its_blank_line_still_counts() -> None:
    data, seen = translated(anthropic.CODEC, openai_chat.CODEC, bytes_of(anthropic.CODEC).rstrip(b"\n"))
    assert isinstance(seen[-1], Finish)
    assert data.endswith(b"data: [DONE]\n\n")


def test_the_losses_of_reading_come_before_those_of_writing() -> None:
    body = {
        "model": "m",
        "max_tokens": 5,
        "top_k": 3,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "x", "mood": "good"}]}],
    }
    request = anthropic.CODEC.decode_request(body)
    encoded = encode_request(request, openai_chat.CODEC)
    assert encoded.body == {"model": "m", "messages": [{"role": "user", "content": "x"}], "max_tokens": 5}
    assert paths(encoded.losses) == ["messages[0].content[0].mood", "sampling.top_k"]
    assert isinstance(request, Request)
