"""The demo provider: OpenAI's own types read every answer, and the script does what the model's name says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from omniroute.formats.framing import SseDeframer
from omniroute.upstream.demo.provider import FINGERPRINT, LABEL, MODELS, models, play
from omniroute.upstream.demo.samples import sample
from omniroute.upstream.demo.script import Script
from omniroute.upstream.demo.words import pieces, tokens

Json = dict[str, Any]

CITY: Json = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
    "required": ["city", "days"],
}
TOOLS = [{"type": "function", "function": {"name": name, "parameters": CITY}} for name in ("sun", "rain", "snow")]


def ask(model: str = "echo", text: str = "hello there", **more: Any) -> Script:
    body: Json = {"model": model, "messages": [{"role": "user", "content": text}]} | more
    return play(body, answer_id="ab12", created=1_767_225_600)


def whole(script: Script) -> ChatCompletion:
    assert script.status == 200
    assert script.body is not None
    return ChatCompletion.model_validate_json(script.body, strict=True)


def streamed(script: Script) -> list[ChatCompletionChunk]:
    frames = SseDeframer().feed(b"".join(step.data for step in script.steps))
    assert frames[-1].data == b"[DONE]"
    return [ChatCompletionChunk.model_validate_json(frame.data, strict=True) for frame in frames[:-1]]


def error(script: Script) -> Json:
    assert script.body is not None
    found: Json = json.loads(script.body)["error"]
    assert set(found) == {"message", "type", "param", "code"}
    return found


def test_echo_answers_the_last_user_text_word_by_word() -> None:
    said = whole(ask())
    assert said.choices[0].message.content == f"{LABEL}hello there"
    assert said.choices[0].finish_reason == "stop"
    chunks = streamed(ask(stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    words = [chunk.choices[0].delta.content for chunk in chunks[1:-1]]
    assert words == ["[demo]", " hello", " there"]
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert all(step.delay_s > 0 for step in ask(stream=True).steps[1:])


@pytest.mark.parametrize("model", ["echo", "story", "tools", "think", "json", "vision"])
@pytest.mark.parametrize("stream", [True, False])
def test_every_answer_says_that_it_is_a_demo(model: str, *, stream: bool) -> None:
    script = ask(model, stream=stream)
    assert "x-omniroute-demo" in dict(script.headers)
    answers = streamed(script) if stream else [whole(script)]
    assert {answer.system_fingerprint for answer in answers} == {FINGERPRINT}


@pytest.mark.parametrize("model", ["echo", "story", "tools", "think", "json"])
@pytest.mark.parametrize("limit", [None, 1, 3, 7])
@pytest.mark.parametrize("count", [1, 2])
def test_a_stream_and_a_whole_answer_agree(model: str, limit: int | None, count: int) -> None:
    more: Json = {"tools": TOOLS, "n": count, "max_tokens": limit}
    said = whole(ask(model, **more))
    chunks = streamed(ask(model, stream=True, stream_options={"include_usage": True}, **more))
    assert len(said.choices) == count
    for choice in said.choices:
        mine = [part for chunk in chunks for part in chunk.choices if part.index == choice.index]
        assert "".join(part.delta.content or "" for part in mine) == (choice.message.content or "")
        written = [call for part in mine for call in part.delta.tool_calls or []]
        for index, call in enumerate(choice.message.tool_calls or []):
            assert call.type == "function"
            fragments = [one.function for one in written if one.index == index]
            assert "".join(one.arguments or "" for one in fragments if one) == call.function.arguments
        assert mine[-1].finish_reason == choice.finish_reason
    assert chunks[-1].choices == []
    assert chunks[-1].usage == said.usage


def test_usage_in_a_stream_comes_only_when_asked_for_and_then_last() -> None:
    plain = ask(stream=True)
    assert b"usage" not in b"".join(step.data for step in plain.steps)
    asked = ask(stream=True, stream_options={"include_usage": True})
    before = asked.steps[:-2]
    assert all(b'"usage":null' in step.data for step in before)
    assert b'"choices":[]' in asked.steps[-2].data


def test_usage_counts_what_was_written() -> None:
    said = whole(ask("think", "why", n=2))
    assert said.usage
    assert said.usage.completion_tokens_details
    text = said.choices[0].message.content or ""
    thought = str(said.choices[0].message.to_dict()["reasoning_content"])
    assert said.usage.completion_tokens == 2 * (tokens(text) + tokens(thought))
    assert said.usage.completion_tokens_details.reasoning_tokens == 2 * tokens(thought)
    assert said.usage.total_tokens == said.usage.prompt_tokens + said.usage.completion_tokens


def test_a_length_limit_and_a_stop_sequence_end_the_answer() -> None:
    short = whole(ask(text="one two three four", max_completion_tokens=3))
    assert short.choices[0].message.content == "[demo] one two"
    assert short.choices[0].finish_reason == "length"
    assert short.usage
    assert short.usage.completion_tokens == 3
    stopped = whole(ask(text="one two three four", stop=["four", " three"]))
    assert stopped.choices[0].message.content == "[demo] one two"
    assert stopped.choices[0].finish_reason == "stop"


def test_tools_are_called_in_parallel_then_summed_up() -> None:
    first = whole(ask("tools", tools=TOOLS)).choices[0]
    calls = first.message.tool_calls or []
    assert first.finish_reason == "tool_calls"
    assert [call.to_dict()["function"] for call in calls] == [
        {"name": name, "arguments": '{"city":"demo","days":2}'} for name in ("sun", "rain")
    ]
    talk = [
        {"role": "user", "content": "weather?"},
        first.message.to_dict(),
        *({"role": "tool", "tool_call_id": call.id, "content": "dry"} for call in calls),
    ]
    after = whole(ask("tools", tools=TOOLS, messages=talk)).choices[0]
    assert after.message.content == f"{LABEL}The tools answered: dry; dry"


def test_tool_choice_and_parallel_calls_are_honoured() -> None:
    def names(**more: Any) -> list[str]:
        calls = whole(ask("tools", tools=TOOLS, **more)).choices[0].message.tool_calls or []
        return [str(call.to_dict()["function"]["name"]) for call in calls]  # type: ignore[index]

    assert names(parallel_tool_calls=False) == ["sun"]
    assert names(tool_choice="none") == []
    assert names(tool_choice={"type": "function", "function": {"name": "snow"}}) == ["snow"]
    assert names(tool_choice="required") == ["sun", "rain"]


def test_json_fits_the_schema_and_vision_names_what_it_got() -> None:
    shape = {"type": "json_schema", "json_schema": {"name": "w", "schema": CITY}}
    said = whole(ask("json", response_format=shape)).choices[0].message.content or ""
    assert json.loads(said) == {"city": "demo", "days": 2}
    parts = [
        {"type": "text", "text": "what is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,aGVsbG8="}},
    ]
    seen = whole(ask("vision", messages=[{"role": "user", "content": parts}])).choices[0].message.content or ""
    # The hash of "hello".
    assert seen.count("5 bytes, sha256 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824") == 2
    assert "image (image/png)" in seen
    assert "file (application/pdf) a.pdf" in seen


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_a_models_name_or_a_word_in_the_text_makes_it_fail(status: int) -> None:
    for script in (ask(f"fail-{status}"), ask(text=f"please [[fail:{status}]]", stream=True)):
        assert script.status == status
        assert error(script)["message"].startswith("Demo provider:")
        assert dict(script.headers).get("retry-after") == ("7" if status == 429 else None)


@pytest.mark.parametrize("by_word", [True, False])
def test_slow_stall_cut_and_error_break_a_stream(*, by_word: bool) -> None:
    def broken(name: str) -> Script:
        text = "one two three four"
        return ask("echo", f"[[{name}]] {text}", stream=True) if by_word else ask(name, text, stream=True)

    assert broken("slow").delay_s > 1
    assert broken("slow").ending == "end"
    stall, cut, fault = broken("stall"), broken("cut"), broken("error")
    assert (stall.ending, cut.ending, fault.ending) == ("hang", "cut", "end")
    for script in (stall, cut, fault):
        assert b'finish_reason":null' in script.steps[0].data
        assert b"[DONE]" not in script.steps[-1].data
    assert not cut.steps[-1].data.endswith(b"\n\n")
    assert b'"error"' in fault.steps[-1].data


def test_whole_answers_break_too() -> None:
    for name, ending in (("stall", "hang"), ("cut", "cut")):
        script = ask(name)
        assert script.body is None
        assert script.ending == ending
    assert error(ask("error"))["type"] == "server_error"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"model": None}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "smell"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "tool", "tool_call_id": "c", "content": "x"}]}, "messages[0].role"),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"id": "c", "type": "function"}]}]},
            "messages[0].tool_calls[0].function",
        ),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": "5"}, "max_tokens"),
        ({"n": 1000}, "n"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"tools": [{"name": "x"}]}, "tools[0].type"),
        ({"tools": [{"type": "function", "name": "x"}]}, "tools[0].function.name"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
    ],
)
def test_a_malformed_request_is_refused_with_the_fields_name(change: Json, param: str) -> None:
    script = ask(**change)
    assert script.status == 400
    found = error(script)
    assert found["type"] == "invalid_request_error"
    assert found["param"] == param


def test_calls_left_without_results_are_refused() -> None:
    calls = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    talk = [{"role": "assistant", "tool_calls": calls}, {"role": "user", "content": "and?"}]
    assert "c1" in error(ask(messages=talk))["message"]


def test_what_is_no_object_and_a_model_that_is_not_there_are_refused() -> None:
    assert play([1], answer_id="1", created=0).status == 400
    missing = ask("gpt-9")
    assert missing.status == 404
    assert error(missing)["code"] == "model_not_found"


def test_the_model_list_names_every_model_that_answers() -> None:
    assert [model["id"] for model in models(0)] == list(MODELS)
    assert all(ask(name).status != 404 for name in MODELS if name != "fail-404")


@given(st.text())
def test_pieces_joined_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert all(len(piece.strip()) <= 12 for piece in pieces(text))


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": 3}, 3),
        ({"enum": ["b", "a"]}, "b"),
        ({"type": ["null", "integer"], "maximum": -4}, -4),
        ({"type": "integer", "exclusiveMinimum": 4, "multipleOf": 5}, 5),
        ({"type": "string", "minLength": 6, "maxLength": 6}, "demo.."),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"anyOf": [{"type": "number"}, {"type": "string"}]}, 1),
        ({"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}, {"a": "demo"}),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "integer"}}}, 1),
        ({"allOf": [{"properties": {"a": {}}}, {"required": ["b"]}]}, {"a": "demo", "b": "demo"}),
        ({"type": "object", "required": ["x"]}, {"x": "demo"}),
        (True, None),
    ],
)
def test_samples_fit_their_schema(schema: Any, value: Any) -> None:
    assert sample(schema) == value


def test_a_schema_that_holds_itself_has_a_finite_sample() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}, "required": ["left"]}
    assert len(json.dumps(sample(tree))) < 100_000
