"""OpenAI chat answers and errors: as OpenAI and its imitators give them, and as OpenAI's own SDK reads ours."""

from typing import Any

import httpx2
import openai
import pytest
from hypothesis import given
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from omniroute.formats.events import Fault, Start
from omniroute.formats.fold import unfold
from omniroute.formats.hub import (
    Choice,
    Citation,
    CustomTool,
    FunctionTool,
    Media,
    Opaque,
    Refusal,
    Request,
    Response,
    State,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from omniroute.formats.openai_chat import CODEC
from omniroute.kit.json import dumps
from tests.formats import strategies
from tests.formats.speaking import (
    ASKED,
    SEED,
    answer,
    assistant,
    folded,
    told,
)

Body = dict[str, Any]

ANTHROPIC = State(origin="anthropic", value="sig==")
GEMINI = State(origin="gemini", value="Z2VtaW5p")


# ── answers in ──────────────────────────────────────────────────────────────────────────────────────────────────


def completion(message: Body, reason: str = "stop", **fields: object) -> Response:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason, "logprobs": None}
    return CODEC.decode_response({"id": "chatcmpl-1", "created": 5, "model": "x", "choices": [choice], **fields}, SEED)


def test_an_answer_of_openai_is_read() -> None:
    response = completion(
        {
            "content": "Hi",
            "refusal": None,
            "annotations": [
                {
                    "type": "url_citation",
                    "url_citation": {"url": "https://e.com", "title": "E", "start_index": 0, "end_index": 2},
                }
            ],
        },
        usage={
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 0},
        },
        service_tier="default",
    )
    assert (response.id, response.created, response.model) == ("chatcmpl-1", 5, "x")
    assert response.usage == Usage(
        input=10, output=5, cache_read=4, audio_input=0, reasoning=3, audio_output=0, cache_write=None
    )
    text = response.choices[0].parts[0]
    assert isinstance(text, Text)
    assert text.citations[0].url == "https://e.com"
    assert response.service_tier == "default"


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({"content": "<think>\nhm</think>\n\nHi"}, [Thinking(text="hm"), Text(text="Hi")]),
        ({"content": "<think>\n\n</think>\n\nHi"}, [Text(text="Hi")]),
        ({"content": "<think>never closed"}, [Thinking(text="never closed")]),
        ({"content": "a <think>b</think>"}, [Text(text="a <think>b</think>")]),
        ({"content": "<thinking>"}, [Text(text="<thinking>")]),
        (
            {"reasoning_content": "r", "content": "<think>x</think>"},
            [Thinking(text="r"), Text(text="<think>x</think>")],
        ),
        ({"reasoning": "\n\nr", "content": "x"}, [Thinking(text="r"), Text(text="x")]),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "r"}]},
                    {"type": "text", "text": "x"},
                ]
            },
            [Thinking(text="r"), Text(text="x")],
        ),
        ({"content": None, "refusal": "No."}, [Refusal(text="No.")]),
        ({"content": ""}, []),
        (
            {"content": None, "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
            [Media(kind="image", media_type="image/png", data="AAAA")],
        ),
        (
            {"content": None, "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]},
            [ToolCall(id="call_0123abcd_0_0", name="f", arguments='{"a":1}')],
        ),
        (
            {"content": None, "function_call": {"name": "f", "arguments": "{}"}},
            [ToolCall(id="call_0123abcd_0_0", name="f", arguments="{}")],
        ),
        (
            {"content": None, "audio": {"id": "a", "data": "AAAA", "transcript": "t", "expires_at": 1}},
            [
                Opaque(
                    origin="openai-chat",
                    kind="audio",
                    raw={"id": "a", "data": "AAAA", "transcript": "t", "expires_at": 1},
                )
            ],
        ),
    ],
)
def test_answers_of_imitators_are_read(message: Body, parts: list[Any]) -> None:
    assert list(completion(message).choices[0].parts) == parts


def test_stop_after_tool_calls_is_a_stop_for_tool_calls() -> None:
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}]
    assert completion({"tool_calls": calls}).choices[0].stop is Stop.TOOL_CALLS
    assert completion({"content": "x"}, "length").choices[0].stop is Stop.LENGTH
    assert completion({"content": "x"}, "eos").choices[0].stop is Stop.OTHER


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "prompt_cache_hit_tokens": 8},
            Usage(input=10, output=5, cache_read=8),
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "cached_tokens": 6},
            Usage(input=10, output=5, cache_read=6),
        ),
        # Grok and Gemini's OpenAI endpoint: the total has reasoning that completion_tokens leave out.
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "total_tokens": 115,
                "completion_tokens_details": {"reasoning_tokens": 100},
            },
            Usage(input=10, output=105, reasoning=100),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 0, "total_tokens": 10}, Usage(input=10, output=0)),
        ({"prompt_tokens": 10}, Usage(input=10)),
        (None, None),
    ],
)
def test_usage_in_all_dialects_is_one_shape(usage: Body | None, expected: Usage | None) -> None:
    assert completion({"content": "x"}, usage=usage).usage == expected


# ── answers out ─────────────────────────────────────────────────────────────────────────────────────────────────


@given(response=strategies.responses)
def test_every_answer_is_one_for_openais_sdk(response: Response) -> None:
    raw = CODEC.encode_response(response, ASKED)
    parsed = ChatCompletion.model_validate(raw)
    assert parsed.id.startswith("chatcmpl-")
    for choice in raw["choices"]:
        assert {"index", "message", "logprobs", "finish_reason"} <= choice.keys()
        assert {"role", "content", "refusal"} <= choice["message"].keys()


@given(response=strategies.responses)
def test_every_chunk_is_one_for_openais_sdk(response: Response) -> None:
    chunks = told(CODEC, unfold(response))
    parsed = [ChatCompletionChunk.model_validate(chunk) for chunk in chunks]
    assert parsed[0].choices[0].delta.role == "assistant"
    assert len({chunk.id for chunk in parsed}) == 1


def sdk(data: bytes, media_type: str) -> openai.OpenAI:
    """OpenAI's own client, whose server answers with `data`."""

    def serve(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=data, headers={"content-type": media_type})

    client = httpx2.Client(transport=httpx2.MockTransport(serve))
    return openai.OpenAI(api_key="k", base_url="http://gateway/v1", http_client=client)


def encoded_stream(response: Response, request: Request = ASKED) -> bytes:
    encoder = CODEC.encoder(SEED, request)
    return b"".join([encoder.feed(event) for event in unfold(response)]) + encoder.end()


def test_openais_client_puts_a_stream_together() -> None:
    calls = [ToolCall(id=f"c{n}", name="f", arguments=f'{{"n":{n}}}') for n in range(2)]
    response = Response(
        id="1",
        model="m",
        created=1,
        choices=(Choice(parts=(Thinking(text="hm"), Text(text="Héllo 💥"), *calls), stop=Stop.TOOL_CALLS),),
        usage=Usage(input=3, output=2, cache_read=1),
    )
    with (
        sdk(encoded_stream(response), CODEC.stream_media_type) as client,
        client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "x"}]) as events,
    ):
        final = events.get_final_completion()
    message = final.choices[0].message
    assert message.content == "Héllo 💥"
    assert [call.function.arguments for call in message.tool_calls or ()] == ['{"n":0}', '{"n":1}']
    assert final.choices[0].finish_reason == "tool_calls"
    assert final.usage is not None
    assert (final.usage.prompt_tokens, final.usage.total_tokens) == (3, 5)


def test_openais_client_raises_the_error_within_a_stream() -> None:
    encoder = CODEC.encoder(SEED, ASKED)
    data = encoder.feed(Start(id="1", model="m", created=1))
    data += encoder.feed(Fault(kind="truncated", message="It broke.")) + encoder.end()
    assert b"[DONE]" not in data
    with sdk(data, CODEC.stream_media_type) as client:
        chunks = client.chat.completions.create(model="m", messages=[], stream=True)
        with pytest.raises(openai.APIError, match=r"It broke\."):
            list(chunks)


def test_the_usage_chunk_comes_last_and_only_when_asked_for() -> None:
    response = Response(id="1", model="m", created=1, choices=(Choice(),), usage=Usage(input=1, output=2))
    asked = told(CODEC, unfold(response))
    assert asked[-1]["choices"] == []
    assert asked[-1]["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    assert [chunk["usage"] for chunk in asked[:-1]] == [None] * (len(asked) - 1)
    silent = told(CODEC, unfold(response), Request(model="m", stream=True, include_usage=False))
    assert all(chunk["choices"] and "usage" not in chunk for chunk in silent)


def test_usage_that_nobody_told_is_not_made_up() -> None:
    assert CODEC.encode_response(answer("x"), ASKED)["usage"] is None
    assert all(chunk.get("usage") is None for chunk in told(CODEC, unfold(answer("x"))))


def test_a_call_of_a_wrapped_custom_tool_is_unwrapped() -> None:
    request = Request(model="m", tools=(CustomTool(name="patch"),))
    response = answer(ToolCall(id="c", name="patch", arguments='{"input":"*** Begin"}'))
    call = CODEC.encode_response(response, request)["choices"][0]["message"]["tool_calls"][0]
    assert call == {"id": "c", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}}
    deltas = [chunk["choices"][0]["delta"] for chunk in told(CODEC, unfold(response), request) if chunk["choices"]]
    pieces = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    assert "".join(piece["custom"].get("input", "") for piece in pieces) == "*** Begin"


def test_a_call_under_a_plain_name_is_told_under_the_clients_own() -> None:
    long = "n" * 100
    request = Request(model="m", tools=(FunctionTool(name=long),))
    plain = CODEC.encode_request(request).body["tools"][0]["function"]["name"]
    raw = CODEC.encode_response(answer(ToolCall(id="c", name=plain, arguments="{}")), request)
    assert raw["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == long


def test_a_citation_of_another_vendor_is_told_with_the_text_it_stands_for() -> None:
    cited = Citation(origin="anthropic", raw={}, url="https://e.com", title="E")
    parts = (Text(text="Well, "), Text(text="it rains.", citations=(cited, Citation(origin="anthropic", raw={}))))
    whole = CODEC.encode_response(answer(*parts), ASKED)["choices"][0]["message"]["annotations"]
    spot = {"url": "https://e.com", "title": "E", "start_index": 6, "end_index": 15}
    assert whole == [{"type": "url_citation", "url_citation": spot}]
    deltas = [chunk["choices"][0]["delta"] for chunk in told(CODEC, unfold(answer(*parts))) if chunk["choices"]]
    assert [delta["annotations"] for delta in deltas if "annotations" in delta] == [whole]


def test_foreign_signatures_go_out_marked_and_come_back_as_they_were() -> None:
    parts = (
        Thinking(text="one", state=ANTHROPIC),
        Thinking(text="two"),
        Thinking(redacted=True, state=ANTHROPIC),
        Text(text="x", state=GEMINI),
        ToolCall(id="c", name="f", arguments="{}", state=GEMINI),
    )
    message = CODEC.encode_response(answer(*parts), ASKED)["choices"][0]["message"]
    assert message["reasoning_content"] == "one\n\ntwo"
    assert message["reasoning_details"][0]["signature"] == "omniroute.anthropic.sig=="
    body = {"model": "m", "messages": [{"role": "user", "content": "q"}, message]}
    assert CODEC.decode_request(body).messages[1] == assistant(*parts)
    assert folded(CODEC, encoded_stream(answer(*parts))).choices[0].parts == parts


# ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "type_", "code"),
    [
        ("invalid_request", "invalid_request_error", None),
        ("authentication", "authentication_error", "invalid_api_key"),
        ("permission", "permission_error", "insufficient_permissions"),
        ("not_found", "invalid_request_error", "model_not_found"),
        ("rate_limit", "rate_limit_error", "rate_limit_exceeded"),
        ("upstream", "server_error", "upstream_error"),
        ("what", "server_error", "internal_error"),
    ],
)
def test_errors_hold_the_four_keys(kind: str, type_: str, code: str | None) -> None:
    error = CODEC.encode_error(Fault(kind=kind, message="m", param="p"))
    assert error == {"error": {"message": "m", "type": type_, "param": "p", "code": code}}


def test_an_error_tells_its_attempts() -> None:
    tried = {"target": "a", "kind": "timeout"}
    assert CODEC.encode_error(Fault(kind="upstream", message="m", attempts=(tried,)))["error"]["attempts"] == [tried]


@pytest.mark.parametrize(
    ("status", "raw", "kind", "message", "retry"),
    [
        (
            429,
            b'{"error":{"message":"Please try again in 1.5s.","type":"tokens","code":"rate_limit_exceeded"}}',
            "rate_limit",
            "Please try again in 1.5s.",
            1.5,
        ),
        (401, b'{"error":{"message":"Bad key","type":"invalid_request_error"}}', "authentication", "Bad key", None),
        (
            400,
            b'[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT","details":[{"retryDelay":"30s"}]}}]',
            "invalid_request",
            "m",
            30.0,
        ),
        (
            422,
            b'{"detail":[{"loc":["body","n"],"msg":"not a number"}]}',
            "invalid_request",
            "body.n: not a number",
            None,
        ),
        (404, b'{"error":"model not found"}', "not_found", "model not found", None),
        (500, b'{"message":"oops"}', "upstream", "oops", None),
        (
            502,
            b"<html><head><title>502 Bad&nbsp;Gateway</title>",
            "upstream",
            "The upstream answered 502 Bad Gateway with a web page: 502 Bad\xa0Gateway",
            None,
        ),
        (503, b"", "overloaded", "The upstream answered 503 Service Unavailable without a message.", None),
        (504, b"upstream  timed\nout", "timeout", "upstream timed out", None),
        (
            529,
            b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
            "overloaded",
            "Overloaded",
            None,
        ),
    ],
)
def test_failures_of_upstreams_in_any_shape_get_a_message(
    status: int, raw: bytes, kind: str, message: str, retry: float | None
) -> None:
    fault = CODEC.decode_error(status, raw)
    assert (fault.status, fault.kind, fault.message, fault.retry_after_s) == (status, kind, message, retry)


def test_text_goes_out_in_raw_utf_8() -> None:
    assert "Grüße 💥".encode() in encoded_stream(answer("Grüße 💥"))
    assert "Grüße".encode() in dumps(CODEC.encode_response(answer("Grüße"), ASKED))
