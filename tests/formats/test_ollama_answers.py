"""Ollama answers, streams, errors and /api/generate: as its server gives them, and as its own client reads ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ollama
import pytest

from omniroute.formats.codec import Encoder
from omniroute.formats.events import ChoiceEnd, Delta, Event, Fault, Finish, PartEnd, PartStart, Start
from omniroute.formats.fold import StreamFault, fold, unfold
from omniroute.formats.framing import Frame
from omniroute.formats.hub import (
    Choice,
    Json,
    Media,
    OutputFormat,
    Reasoning,
    Refusal,
    Request,
    Response,
    Sampling,
    State,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from omniroute.formats.ollama import CODEC
from omniroute.formats.ollama.generate import (
    GenerateEncoder,
    decode_generate,
    encode_generate_response,
)
from omniroute.formats.ollama.loading import load_chat, load_generate
from omniroute.kit.errors import Invalid
from omniroute.kit.json import dumps, loads
from tests.formats.oddities import oddities
from tests.formats.serving import serving
from tests.formats.speaking import ASKED, SEED, events_of, folded, paths, system, told, user

PNG = "iVBORw0KGgoAAAA="
TIME = "2024-07-22T20:33:28.123648951+02:00"
SECONDS = 1721673208


def line(message: Json | None = None, **fields: Any) -> Json:
    said = {"role": "assistant", "content": "", **(message or {})}
    return {"model": "qwen3:8b", "created_at": TIME, "message": said, "done": False, **fields}


def lines(*given: Json) -> bytes:
    return b"".join(dumps(one) + b"\n" for one in given)


FIGURES: Json = {
    "done": True,
    "done_reason": "stop",
    "total_duration": 4883583458,
    "load_duration": 1334875,
    "prompt_eval_count": 26,
    "prompt_eval_duration": 342546000,
    "eval_count": 282,
    "eval_duration": 4535599000,
}
CALL: Json = {"function": {"name": "get_weather", "arguments": {"city": "Zürich"}}}


# ── answers in ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_of_ollama_is_read() -> None:
    body = line({"content": "Grüezi", "thinking": "hm", "tool_calls": [CALL, {"id": "x7", **CALL}]}, **FIGURES)
    assert CODEC.decode_response(body, SEED) == Response(
        id="0123abcd",
        model="qwen3:8b",
        created=SECONDS,
        choices=(
            Choice(
                parts=(
                    Thinking(text="hm"),
                    Text(text="Grüezi"),
                    ToolCall(id="call_0123abcd_0", name="get_weather", arguments='{"city":"Zürich"}'),
                    ToolCall(id="x7", name="get_weather", arguments='{"city":"Zürich"}'),
                ),
                stop=Stop.TOOL_CALLS,
            ),
        ),
        usage=Usage(input=26, output=282),
    )


@pytest.mark.parametrize(
    ("reason", "stop"),
    [("stop", Stop.END), ("length", Stop.LENGTH), ("load", Stop.END), (None, Stop.END), ("odd", Stop.OTHER)],
)
def test_every_reason_is_understood(reason: str | None, stop: Stop) -> None:
    body = line({"content": "x"}, done=True, done_reason=reason)
    assert CODEC.decode_response(body, SEED).choices[0].stop is stop


def test_logprobs_and_pictures_are_kept() -> None:
    tokens = [{"token": "x", "logprob": -0.1, "bytes": [120], "top_logprobs": []}]
    body = line({"content": "x", "images": [PNG]}, done=True, logprobs=tokens)
    choice = CODEC.decode_response(body, SEED).choices[0]
    assert choice.logprobs == tokens
    assert choice.parts == (Text(text="x"), Media(kind="image", media_type="image/png", data=PNG))


def test_an_error_in_the_place_of_an_answer_is_a_fault() -> None:
    with pytest.raises(StreamFault, match="model runner has stopped"):
        CODEC.decode_response({"error": "model runner has stopped"}, SEED)


# ── answers out ─────────────────────────────────────────────────────────────────────────────────────────────────

RICH = Response(
    id="r9",
    model="house-model",
    created=1_700_000_000,
    choices=(
        Choice(
            parts=(
                Thinking(text="hm", state=State(origin="anthropic", value="sig")),
                Text(text="Grüezi 😀"),
                Refusal(text=" Not that."),
                Media(kind="image", media_type="image/png", data=PNG),
                ToolCall(id="c1", name="f", arguments='{"a":[1,2]}'),
                ToolCall(id="c2", name="g", arguments=""),
            ),
            stop=Stop.TOOL_CALLS,
        ),
    ),
    usage=Usage(input=10, output=30, cache_read=4, reasoning=12),
)


def test_an_answer_is_written_with_every_field_of_ollama() -> None:
    assert CODEC.encode_response(RICH, ASKED) == {
        "model": "house-model",
        "created_at": "2023-11-14T22:13:20Z",
        "message": {
            "role": "assistant",
            "content": "Grüezi 😀 Not that.",
            "thinking": "hm",
            "tool_calls": [
                {"id": "c1", "function": {"name": "f", "arguments": {"a": [1, 2]}}},
                {"id": "c2", "function": {"name": "g", "arguments": {}}},
            ],
        },
        "done": True,
        "done_reason": "stop",
        "total_duration": 0,
        "load_duration": 0,
        "prompt_eval_count": 10,
        "prompt_eval_duration": 0,
        "eval_count": 30,
        "eval_duration": 0,
    }


def test_ollamas_types_read_our_answers() -> None:
    read = ollama.ChatResponse.model_validate(loads(dumps(CODEC.encode_response(RICH, ASKED))))
    assert (read.message.content, read.message.thinking) == ("Grüezi 😀 Not that.", "hm")
    assert [call.function.arguments for call in read.message.tool_calls or ()] == [{"a": [1, 2]}, {}]
    assert (read.done, read.done_reason, read.prompt_eval_count, read.eval_count) == (True, "stop", 10, 30)


# ── streams ─────────────────────────────────────────────────────────────────────────────────────────────────────

STREAM = (
    line({"thinking": "I "}),
    line({"thinking": "think"}),
    line({"content": "Grü"}),
    line({"content": "ezi 😀"}),
    line({"tool_calls": [CALL]}),
    line(**FIGURES),
)


def test_a_stream_of_ollama_is_read_whatever_the_cuts() -> None:
    assert events_of(CODEC, lines(*STREAM)) == [
        Start(id="0123abcd", model="qwen3:8b", created=SECONDS),
        PartStart(index=0, part=Thinking()),
        Delta(index=0, text="I "),
        Delta(index=0, text="think"),
        PartEnd(index=0),
        PartStart(index=1, part=Text(text="")),
        Delta(index=1, text="Grü"),
        Delta(index=1, text="ezi 😀"),
        PartEnd(index=1),
        PartStart(index=2, part=ToolCall(id="call_0123abcd_0", name="get_weather")),
        Delta(index=2, text='{"city":"Zürich"}'),
        PartEnd(index=2),
        ChoiceEnd(stop=Stop.TOOL_CALLS),
        Finish(usage=Usage(input=26, output=282)),
    ]


def test_a_stream_says_what_the_whole_says() -> None:
    whole = line({"thinking": "I think", "content": "Grüezi 😀", "tool_calls": [CALL]}, **FIGURES)
    assert folded(CODEC, lines(*STREAM)) == CODEC.decode_response(whole, SEED)


@pytest.mark.parametrize("cut", range(len(STREAM)))
def test_a_stream_that_is_never_done_is_truncated(cut: int) -> None:
    last = events_of(CODEC, lines(*STREAM[:cut]))[-1]
    assert isinstance(last, Fault)
    assert last.kind == "truncated"


def test_an_error_in_a_stream_is_a_fault_and_the_last_word() -> None:
    events = events_of(CODEC, lines(STREAM[0], {"error": "an error was encountered while running the model"}, *STREAM))
    assert [event for event in events if isinstance(event, Fault)] == [events[-1]]
    assert "while running" in str(events[-1])


def test_no_odd_value_of_an_upstream_breaks_anything() -> None:
    samples = [*STREAM, line({"images": [PNG]}, logprobs=[{"token": "x", "logprob": -1}], **FIGURES)]
    for odd in (odd for sample in samples for odd in oddities(sample)):
        decoder, encoder = CODEC.decoder(SEED), CODEC.encoder(SEED, ASKED)
        for event in [*decoder.feed(Frame("", dumps(odd))), *decoder.end()]:
            encoder.feed(event)
        if isinstance(odd, dict) and "error" not in odd:
            CODEC.encode_response(CODEC.decode_response(odd, SEED), ASKED)


def test_our_lines_end_with_exactly_one_that_is_done() -> None:
    given = told(CODEC, unfold(RICH))
    assert [one["done"] for one in given] == [False] * (len(given) - 1) + [True]
    assert given[-1]["message"] == {"role": "assistant", "content": ""}
    assert (given[-1]["prompt_eval_count"], given[-1]["eval_count"]) == (10, 30)
    for one in given:
        ollama.ChatResponse.model_validate(one)
    assert "images" not in str(given)  # Ollama's Python client refuses an answer with any
    assert fold(events_of(CODEC, lines(*given))) == CODEC.decode_response(CODEC.encode_response(RICH, ASKED), SEED)


def test_arguments_in_fragments_are_told_in_one_piece() -> None:
    pieces = [Delta(index=0, text=text) for text in ('{"a"', ":", "1}")]
    start = Start(id="r", model="m", created=0)
    events: list[Event] = [start, PartStart(index=0, part=ToolCall(id="c", name="f")), *pieces, PartEnd(index=0)]
    assert [one["message"]["tool_calls"] for one in told(CODEC, events)] == [
        [{"id": "c", "function": {"name": "f", "arguments": {"a": 1}}}]
    ]


def test_only_the_first_choice_is_told() -> None:
    both = Response(
        id="r", model="m", created=0, choices=(Choice(parts=(Text(text="a"),)), Choice(parts=(Text(text="b"),)))
    )
    assert [one["message"]["content"] for one in told(CODEC, unfold(both))] == ["a", ""]
    assert CODEC.encode_response(both, ASKED)["message"]["content"] == "a"


# ── errors and the client ───────────────────────────────────────────────────────────────────────────────────────


def test_failures_are_one_sentence() -> None:
    fault = Fault(kind="not_found", message="model 'x' not found", status=404)
    assert CODEC.encode_error(fault) == {"error": "model 'x' not found"}
    read = CODEC.decode_error(404, b'{"error":"model \'x\' not found"}')
    assert (read.kind, read.message) == ("not_found", "model 'x' not found")


@contextmanager
def _client(body: bytes, media_type: str = "application/json", status: int = 200) -> Iterator[ollama.Client]:
    with serving(body, media_type, status) as url, ollama.Client(host=url) as client:
        yield client


def _bytes(events: list[Event], encoder: Encoder) -> bytes:
    told_bytes = [CODEC.heartbeat]
    for event in events:
        told_bytes += [encoder.feed(event), CODEC.heartbeat]
    return b"".join(told_bytes) + encoder.end()


def test_ollamas_client_reads_whole_answers_and_streams() -> None:
    with _client(dumps(CODEC.encode_response(RICH, ASKED))) as client:
        assert client.chat(model="m", messages=[]).message.content == "Grüezi 😀 Not that."
    body = _bytes(list(unfold(RICH)), CODEC.encoder(SEED, ASKED))
    with _client(body, CODEC.stream_media_type) as client:
        chunks = list(client.chat(model="m", messages=[], stream=True))
    assert "".join(chunk.message.content or "" for chunk in chunks) == "Grüezi 😀 Not that."
    calls = [call for chunk in chunks for call in chunk.message.tool_calls or ()]
    assert [call.function.name for call in calls] == ["f", "g"]
    assert chunks[-1].eval_count == 30


def test_ollamas_client_raises_our_errors() -> None:
    fault = Fault(kind="rate_limit", message="Zu viel. 💥", status=429)
    with _client(dumps(CODEC.encode_error(fault)), status=429) as client:
        with pytest.raises(ollama.ResponseError) as caught:
            client.chat(model="m", messages=[])
        with pytest.raises(ollama.ResponseError):
            list(client.chat(model="m", messages=[], stream=True))
    assert (caught.value.error, caught.value.status_code) == ("Zu viel. 💥", 429)
    body = _bytes([*list(unfold(RICH))[:3], fault], CODEC.encoder(SEED, ASKED))
    with _client(body, CODEC.stream_media_type) as client, pytest.raises(ollama.ResponseError, match="Zu viel"):
        list(client.chat(model="m", messages=[], stream=True))


# ── /api/generate ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_prompt_is_asked_as_a_user() -> None:
    request = decode_generate(
        {
            "model": "llava",
            "prompt": "What is this?",
            "system": "Be brief.",
            "images": [PNG],
            "format": "json",
            "think": True,
            "options": {"temperature": 0, "num_ctx": 100},
            "keep_alive": -1,
            "stream": False,
        }
    )
    assert request == Request(
        model="llava",
        messages=(system("Be brief."), user("What is this?", Media(kind="image", media_type="image/png", data=PNG))),
        sampling=Sampling(temperature=0),
        reasoning=Reasoning(enabled=True),
        output=OutputFormat(kind="json"),
        stream=False,
        origin="ollama",
        extras={"keep_alive": -1, "options": {"num_ctx": 100}},
    )


def test_what_only_a_completion_can_do_is_noted_as_lost() -> None:
    lost = {"suffix": "}", "template": "{{ .Prompt }}", "raw": True, "context": [1, 2]}
    assert paths(decode_generate({"model": "m", "prompt": "x", **lost}).unread) == list(lost)
    assert decode_generate({"model": "m", "prompt": "x", "suffix": "", "raw": False}).unread == ()


def test_an_empty_prompt_has_the_model_loaded() -> None:
    request = decode_generate({"model": "m", "prompt": "", "system": "s"})
    assert request.messages == ()
    said = ollama.GenerateResponse.model_validate(load_generate(request, 0))
    assert (said.response, said.done, said.done_reason) == ("", True, "load")
    assert ollama.ChatResponse.model_validate(load_chat(request, 0)).message.content == ""
    assert load_generate(decode_generate({"model": "m", "prompt": "Hi"}), 0) is None


@pytest.mark.parametrize("keep_alive", [0, 0.0, "0", "0s", "0m"])
def test_a_model_that_is_not_kept_is_unloaded(keep_alive: object) -> None:
    request = CODEC.decode_request({"model": "m", "messages": [], "keep_alive": keep_alive})
    assert (load_chat(request, 0) or {})["done_reason"] == "unload"


def test_a_prompt_that_is_no_text_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        decode_generate({"model": "m", "prompt": ["x"]})
    assert caught.value.param == "prompt"


def test_ollamas_client_reads_generated_answers_and_streams() -> None:
    with _client(dumps(encode_generate_response(RICH, ASKED))) as client:
        whole = client.generate(model="m", prompt="x")
    assert (whole.response, whole.thinking, whole.done_reason) == ("Grüezi 😀 Not that.", "hm", "stop")
    assert whole.image == PNG
    body = _bytes(list(unfold(RICH)), GenerateEncoder(SEED, ASKED))
    with _client(body, CODEC.stream_media_type) as client:
        chunks = list(client.generate(model="m", prompt="x", stream=True))
    assert "".join(chunk.response or "" for chunk in chunks) == "Grüezi 😀 Not that."
    assert "".join(chunk.thinking or "" for chunk in chunks) == "hm"
    assert [chunk.done for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1].prompt_eval_count == 10
