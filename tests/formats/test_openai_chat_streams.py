"""OpenAI chat streams: as OpenAI and its imitators send them."""

from typing import Any

import pytest

from omniroute.formats.events import Fault
from omniroute.formats.hub import Choice, Media, Opaque, Refusal, State, Stop, Text, Thinking, ToolCall, Usage
from omniroute.formats.openai_chat import CODEC
from tests.formats.speaking import (
    events_of,
    folded,
    stream,
)

Body = dict[str, Any]

GEMINI = State(origin="gemini", value="Z2VtaW5p")


# ── streams in ──────────────────────────────────────────────────────────────────────────────────────────────────


def chunk(delta: Body, reason: str | None = None, **fields: object) -> Body:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 5,
        "model": "x",
        "choices": [choice],
    } | fields


END = chunk({}, "stop")


def parts_of(*deltas: Body) -> list[Any]:
    return list(folded(CODEC, stream(*map(chunk, deltas), END, "[DONE]")).choices[0].parts)


def test_a_stream_of_openai_is_read() -> None:
    data = stream(
        chunk({"role": "assistant", "content": "", "refusal": None}),
        chunk({"content": "Hel"}),
        chunk({"content": "lo"}),
        END,
        {"id": "chatcmpl-1", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
        "[DONE]",
    )
    response = folded(CODEC, data)
    assert (response.id, response.created, response.model) == ("chatcmpl-1", 5, "x")
    assert response.choices == (Choice(parts=(Text(text="Hello"),), stop=Stop.END),)
    assert response.usage == Usage(input=1, output=2)


@pytest.mark.parametrize(
    ("deltas", "parts"),
    [
        # DeepSeek
        (
            [{"reasoning_content": "h"}, {"reasoning_content": "m"}, {"content": "x"}],
            [Thinking(text="hm"), Text(text="x")],
        ),
        # OpenRouter: the text twice, the signature last
        (
            [
                {"reasoning": "h", "reasoning_details": [{"type": "reasoning.text", "text": "h", "index": 0}]},
                {"reasoning": "h", "reasoning_details": [{"type": "reasoning.text", "text": "h", "index": 0}]},
                {"reasoning_details": [{"type": "reasoning.text", "signature": "s", "index": 0}]},
                {"content": "x"},
            ],
            [Thinking(text="hh", state=State(origin="openai-chat", value="s")), Text(text="x")],
        ),
        # think tags, cut anywhere
        (
            [{"content": piece} for piece in ("<thi", "nk>", "h", "m</th", "ink>\n", "\nx")],
            [Thinking(text="hm"), Text(text="x")],
        ),
        ([{"content": piece} for piece in ("<", "b>bold")], [Text(text="<b>bold")]),
        ([{"content": piece} for piece in ("<think>", "\n", "</think>", "x")], [Text(text="x")]),
        ([{"content": "<think>a </thin"}], [Thinking(text="a </thin")]),
        ([{"content": " <thi"}], [Text(text=" <thi")]),
        # a held-back beginning is not lost to what follows
        ([{"content": "<th"}, {"reasoning_content": "r"}], [Text(text="<th"), Thinking(text="r")]),
        # Mistral
        (
            [{"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "r"}]}]}, {"content": "x"}],
            [Thinking(text="r"), Text(text="x")],
        ),
        ([{"refusal": "N"}, {"refusal": "o."}], [Refusal(text="No.")]),
        (
            [{"images": [{"type": "image_url", "image_url": {"url": "https://e.com/i.png"}}]}],
            [Media(kind="image", url="https://e.com/i.png")],
        ),
        (
            [
                {"audio": {"id": "a", "data": "AA"}},
                {"audio": {"data": "BB", "transcript": "t"}},
                {"audio": {"expires_at": 1}},
            ],
            [
                Opaque(
                    origin="openai-chat",
                    kind="audio",
                    raw={"id": "a", "data": "AABB", "transcript": "t", "expires_at": 1},
                )
            ],
        ),
    ],
)
def test_streams_of_imitators_are_read(deltas: list[Body], parts: list[Any]) -> None:
    assert parts_of(*deltas) == parts


def call(index: int | None, name: str | None = None, call_id: str | None = None, arguments: str = "") -> Body:
    raw: Body = {"function": {"arguments": arguments} | ({"name": name} if name else {})}
    raw |= {"id": call_id, "type": "function"} if call_id else {}
    return {"tool_calls": [raw if index is None else {"index": index, **raw}]}


@pytest.mark.parametrize(
    "deltas",
    [
        [call(0, "f", "a"), call(0, arguments='{"n"'), call(0, arguments=":1}"), call(1, "g", "b", "{}")],
        # pieces that come mixed
        [
            call(0, "f", "a"),
            call(1, "g", "b"),
            call(0, arguments='{"n"'),
            call(1, arguments="{}"),
            call(0, arguments=":1}"),
        ],
        # index 0 for every call, each whole
        [call(0, "f", "a", '{"n":1}'), call(0, "g", "b", "{}")],
        # no index at all
        [call(None, "f", "a", '{"n":1}'), call(None, "g", "b", "{}")],
        # name and id in every piece
        [call(0, "f", "a", '{"n"'), call(0, "f", "a", ":1}"), call(1, "g", "b", "{}")],
        # empty ids behind the first
        [call(0, "f", "a", '{"n"'), call(0, "", "", ":1}"), call(1, "g", "b", "{}")],
    ],
)
def test_parallel_calls_are_told_apart_however_they_come(deltas: list[Body]) -> None:
    assert parts_of(*deltas) == [
        ToolCall(id="a", name="f", arguments='{"n":1}'),
        ToolCall(id="b", name="g", arguments="{}"),
    ]


def test_a_call_with_a_signature_and_one_without_an_id() -> None:
    signed = call(0, "f", "a", "{}")
    signed["tool_calls"][0]["extra_content"] = {"google": {"thought_signature": "omniroute.gemini.Z2VtaW5p"}}
    assert parts_of(signed, call(1, "g")) == [
        ToolCall(id="a", name="f", arguments="{}", state=GEMINI),
        ToolCall(id="call_0123abcd_0_1", name="g"),
    ]


def test_an_old_function_call_is_read() -> None:
    deltas = [{"function_call": {"name": "f", "arguments": ""}}, {"function_call": {"arguments": "{}"}}]
    assert parts_of(*deltas) == [ToolCall(id="call_0123abcd_0_0", name="f", arguments="{}")]


def test_a_stream_whose_choices_ended_needs_no_end_mark() -> None:
    assert folded(CODEC, stream(chunk({"content": "x"}), END)).choices[0].stop is Stop.END


@pytest.mark.parametrize("data", [b"", stream(chunk({"content": "x"})), stream("[DONE]")])
def test_a_stream_without_an_end_is_truncated(data: bytes) -> None:
    fault = events_of(CODEC, data)[-1]
    assert isinstance(fault, Fault)
    assert fault.kind == "truncated"


@pytest.mark.parametrize(
    ("frame", "kind", "message"),
    [
        ({"error": {"message": "Slow down.", "type": "rate_limit_error", "code": None}}, "rate_limit", "Slow down."),
        ({"error": {"message": "Too long.", "code": 400}}, "invalid_request", "Too long."),
        ({"error": "boom"}, "upstream", "boom"),
        ("<html>", "upstream", "The upstream sent a frame that is no JSON: '<html>'"),
        ("[1]", "upstream", "The upstream sent a frame that is no JSON: '[1]'"),
    ],
)
def test_an_error_in_a_stream_is_a_fault_and_ends_it(frame: Body | str, kind: str, message: str) -> None:
    events = events_of(CODEC, stream(chunk({"content": "x"}), frame, chunk({"content": "y"}), "[DONE]"))
    fault = events[-1]
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.message) == (kind, message)


def test_groqs_usage_and_the_tier_are_found() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    response = folded(CODEC, stream(chunk({}, "stop", x_groq={"usage": usage}, service_tier="flex"), "[DONE]"))
    assert (response.usage, response.service_tier) == (Usage(input=1, output=2), "flex")
