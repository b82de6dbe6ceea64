"""Ollama chat requests: as its clients write them, and as its server takes them."""

from typing import Any

import ollama
import pytest

from omniroute.formats.hub import (
    CacheMark,
    CustomTool,
    FunctionTool,
    Json,
    Media,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    Refusal,
    Request,
    Role,
    Sampling,
    ServerTool,
    State,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from omniroute.formats.ollama import CODEC
from omniroute.kit.errors import Invalid
from omniroute.kit.json import dumps, loads
from tests.formats.oddities import oddities
from tests.formats.speaking import assistant, paths, system, tool, user

PNG = "iVBORw0KGgoAAAA="
SCHEMA: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

EVERYTHING: Json = {
    "model": "m",
    "messages": [
        {"role": "user", "content": "x", "images": [PNG]},
        {
            "role": "assistant",
            "content": "",
            "thinking": "hm",
            "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": {"a": 1}}}],
        },
        {"role": "tool", "tool_name": "f", "tool_call_id": "c", "content": "y"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA}}],
    "options": {"num_predict": 5, "stop": ["x"], "num_ctx": 8},
    "format": SCHEMA,
    "think": True,
    "stream": False,
}


def asked(*messages: Json, **fields: Any) -> Request:
    return CODEC.decode_request({"model": "qwen3", "messages": list(messages), **fields})


def written(*messages: Message, **fields: Any) -> Json:
    return CODEC.encode_request(Request(model="qwen3", messages=messages, **fields)).body


def lost(*messages: Message, **fields: Any) -> list[str]:
    return paths(CODEC.encode_request(Request(model="qwen3", messages=messages, **fields)).losses)


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_conversation_with_tools_is_read() -> None:
    request = asked(
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather?", "images": [PNG]},
        {
            "role": "assistant",
            "content": "",
            "thinking": "hm",
            "tool_calls": [{"function": {"name": "get_weather", "arguments": {"city": "Zürich"}}}],
        },
        {"role": "tool", "tool_name": "get_weather", "content": "rain"},
        {"role": "system", "content": "Be briefer."},
        tools=[{"type": "function", "function": {"name": "get_weather", "description": "d", "parameters": SCHEMA}}],
        keep_alive="5m",
    )
    assert request == Request(
        model="qwen3",
        messages=(
            system("Be brief."),
            user("Weather?", Media(kind="image", media_type="image/png", data=PNG)),
            assistant(Thinking(text="hm"), ToolCall(id="call_0", name="get_weather", arguments='{"city":"Zürich"}')),
            tool(ToolResult(call_id="call_0", name="get_weather", parts=(Text(text="rain"),))),
            system("Be briefer."),
        ),
        tools=(FunctionTool(name="get_weather", description="d", schema=SCHEMA),),
        stream=True,
        origin="ollama",
        extras={"keep_alive": "5m"},
    )


@pytest.mark.parametrize(("fields", "stream"), [({}, True), ({"stream": True}, True), ({"stream": False}, False)])
def test_a_request_streams_unless_it_says_no(fields: Json, *, stream: bool) -> None:
    assert asked({"role": "user", "content": "x"}, **fields).stream is stream


def test_results_find_their_calls_by_id_by_name_or_by_order() -> None:
    def calls(*names: str) -> Json:
        return {"role": "assistant", "tool_calls": [{"function": {"name": name, "arguments": {}}} for name in names]}

    request = asked(
        calls("f", "g", "f"),
        {"role": "tool", "tool_name": "g", "content": "1"},
        {"role": "tool", "tool_name": "f", "content": "2"},
        {"role": "tool", "content": "3"},
        {"role": "assistant", "tool_calls": [{"id": "x9", "function": {"name": "h", "arguments": '{"a":1}'}}]},
        {"role": "tool", "tool_call_id": "x9", "content": "4"},
        {"role": "tool", "tool_name": "nobody", "content": "5"},
    )
    found = [part.call_id for message in request.messages for part in message.parts if isinstance(part, ToolResult)]
    assert found == ["call_1", "call_0", "call_2", "x9", "call_nobody"]
    assert [message.role for message in request.messages] == [Role.ASSISTANT, Role.TOOL, Role.ASSISTANT, Role.TOOL]


def test_options_are_read_and_those_of_ollama_alone_go_home() -> None:
    options = {
        "num_predict": 10,
        "temperature": 0.5,
        "top_k": 40,
        "top_p": 0.9,
        "min_p": 0.05,
        "seed": 7,
        "stop": ["END"],
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
        "repeat_penalty": 1.1,
        "num_ctx": 8192,
    }
    request = asked({"role": "user", "content": "x"}, options=options, logprobs=True, top_logprobs=2)
    assert request.sampling == Sampling(
        max_tokens=10,
        temperature=0.5,
        top_k=40,
        top_p=0.9,
        min_p=0.05,
        seed=7,
        stop=("END",),
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logprobs=True,
        top_logprobs=2,
    )
    assert request.extras == {"options": {"repeat_penalty": 1.1, "num_ctx": 8192}}
    body = CODEC.encode_request(request).body
    assert body["options"] == options
    assert (body["logprobs"], body["top_logprobs"]) == (True, 2)


@pytest.mark.parametrize("most", [-1, -2])
def test_no_limit_is_no_limit_and_goes_home(most: int) -> None:
    request = asked({"role": "user", "content": "x"}, options={"num_predict": most})
    assert request.sampling.max_tokens is None
    assert CODEC.encode_request(request).body["options"] == {"num_predict": most}


@pytest.mark.parametrize(
    ("think", "reasoning"),
    [
        (True, Reasoning(enabled=True)),
        (False, Reasoning(enabled=False)),
        ("low", Reasoning(enabled=True, effort="low")),
        ("high", Reasoning(enabled=True, effort="high")),
    ],
)
def test_thinking_is_a_switch_or_an_effort(think: Any, reasoning: Reasoning) -> None:
    request = asked({"role": "user", "content": "x"}, think=think)
    assert request.reasoning == reasoning
    assert CODEC.encode_request(request).body["think"] == think


@pytest.mark.parametrize(
    ("form", "output"),
    [
        ("json", OutputFormat(kind="json")),
        (SCHEMA, OutputFormat(kind="schema", schema=SCHEMA)),
        ("", None),
    ],
)
def test_the_format_is_json_a_schema_or_nothing(form: Any, output: OutputFormat | None) -> None:
    request = asked({"role": "user", "content": "x"}, format=form)
    assert request.output == output
    assert CODEC.encode_request(request).body.get("format", "") == form


@pytest.mark.parametrize(
    ("image", "media_type"),
    [
        (PNG, "image/png"),
        ("/9j/4AAQ", "image/jpeg"),
        ("data:image/webp;base64,UklGRg==", "image/webp"),
    ],
)
def test_images_are_known_by_their_beginning(image: str, media_type: str) -> None:
    part = asked({"role": "user", "content": "", "images": [image]}).messages[0].parts[0]
    assert isinstance(part, Media)
    assert (part.media_type, part.data) == (media_type, image.rpartition(",")[2])


def test_a_request_without_messages_has_the_model_loaded() -> None:
    assert CODEC.decode_request({"model": "m"}).messages == ()


def test_what_nobody_reads_is_noted() -> None:
    request = asked({"role": "user", "content": "x", "mood": "good"})
    assert paths(request.unread) == ["messages[0].mood"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": []}, "model"),
        ({"model": "m", "messages": "x"}, "messages"),
        ({"model": "m", "messages": [{"content": "x"}]}, "messages[0].role"),
        ({"model": "m", "messages": [{"role": "bot"}]}, "messages[0].role"),
        ({"model": "m", "messages": [{"role": "user", "content": [1]}]}, "messages[0].content"),
        ({"model": "m", "messages": [{"role": "user", "images": [1]}]}, "messages[0].images[0]"),
        ({"model": "m", "messages": [{"role": "assistant", "tool_calls": [{}]}]}, "messages[0].tool_calls[0].function"),
        (
            {
                "model": "m",
                "messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": 5}}]}],
            },
            "messages[0].tool_calls[0].function.arguments",
        ),
        ({"model": "m", "options": {"top_k": "many"}}, "options.top_k"),
        ({"model": "m", "think": 5}, "think"),
        ({"model": "m", "format": "xml"}, "format"),
        ({"model": "m", "stream": "yes"}, "stream"),
        ({"model": "m", "tools": [{"type": "magic"}]}, "tools[0]"),
    ],
)
def test_a_wrong_field_is_named(body: Json, param: str) -> None:
    with pytest.raises(Invalid) as caught:
        CODEC.decode_request(body)
    assert caught.value.param == param


def test_what_ollamas_own_types_write_is_read() -> None:
    given = {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
    offered = ollama.Tool.model_validate({"type": "function", "function": given})
    call = ollama.Message.ToolCall(
        function=ollama.Message.ToolCall.Function(name="get_weather", arguments={"city": "x"})
    )
    messages = [
        ollama.Message(role="user", content="x"),
        ollama.Message(role="assistant", tool_calls=[call]),
        ollama.Message(role="tool", tool_name="get_weather", content="rain"),
    ]
    request = asked(
        *(message.model_dump(exclude_none=True) for message in messages),
        tools=[offered.model_dump(exclude_none=True)],
    )
    assert [message.role for message in request.messages] == [Role.USER, Role.ASSISTANT, Role.TOOL]
    assert request.tools == (
        FunctionTool(name="get_weather", schema={"type": "object", "properties": {"city": {"type": "string"}}}),
    )


def test_no_odd_request_is_answered_with_anything_but_invalid() -> None:
    for odd in oddities(EVERYTHING):
        try:
            request = CODEC.decode_request(odd)
        except Invalid:
            continue
        dumps(CODEC.encode_request(request).body)


# ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_conversation_is_written_as_ollama_takes_it() -> None:
    body = written(
        system("A"),
        user("look", Media(kind="image", media_type="image/png", data=PNG)),
        assistant(
            Thinking(text="hm"), "sure", ToolCall(id="c1", name="f", arguments='{"a":1}'), ToolCall(id="c2", name="g")
        ),
        tool(ToolResult(call_id="c1", parts=(Text(text="x"),)), ToolResult(call_id="c2", parts=(Text(text="y"),))),
        Message(role=Role.DEVELOPER, parts=(Text(text="B"),)),
        tools=(FunctionTool(name="f", schema=SCHEMA), FunctionTool(name="g")),
        sampling=Sampling(max_tokens=5, stop=("x",)),
    )
    assert body == {
        "model": "qwen3",
        "messages": [
            {"role": "system", "content": "A"},
            {"role": "user", "content": "look", "images": [PNG]},
            {
                "role": "assistant",
                "content": "sure",
                "thinking": "hm",
                "tool_calls": [
                    {"id": "c1", "function": {"name": "f", "arguments": {"a": 1}}},
                    {"id": "c2", "function": {"name": "g", "arguments": {}}},
                ],
            },
            {"role": "tool", "content": "x", "tool_call_id": "c1", "tool_name": "f"},
            {"role": "tool", "content": "y", "tool_call_id": "c2", "tool_name": "g"},
            {"role": "system", "content": "B"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "f", "parameters": SCHEMA}},
            {"type": "function", "function": {"name": "g", "parameters": {"type": "object", "properties": {}}}},
        ],
        "options": {"num_predict": 5, "stop": ["x"]},
        "stream": False,
    }
    for message in body["messages"]:
        ollama.Message.model_validate({key: value for key, value in message.items() if key != "images"})
    for offered in body["tools"]:
        ollama.Tool.model_validate(offered)


def test_unicode_stays_itself() -> None:
    assert "Grüezi 😀".encode() in dumps(written(user("Grüezi 😀")))


@pytest.mark.parametrize(
    ("reasoning", "think"),
    [
        (Reasoning(effort="minimal"), "low"),
        (Reasoning(effort="xhigh"), "high"),
        (Reasoning(effort="none"), False),
        (Reasoning(budget=1000), True),
        (Reasoning(adaptive=True), True),
        (Reasoning(enabled=True, include=True), True),
        (Reasoning(include=True), None),
    ],
)
def test_every_amount_of_thinking_has_its_nearest_word(reasoning: Reasoning, think: Any) -> None:
    assert written(user("x"), reasoning=reasoning).get("think") == think


def test_the_choice_of_tools_is_made_by_what_is_offered() -> None:
    tools = (FunctionTool(name="f"), FunctionTool(name="g"))

    def offered(choice: ToolChoice) -> list[str]:
        body = written(user("x"), tools=tools, tool_choice=choice)
        return [entry["function"]["name"] for entry in body.get("tools", ())]

    assert offered(ToolChoice(mode="auto")) == ["f", "g"]
    assert offered(ToolChoice(mode="none")) == []
    assert offered(ToolChoice(mode="required", names=("g",))) == ["g"]
    assert lost(user("x"), tools=tools, tool_choice=ToolChoice(mode="required")) == ["tool_choice"]


def test_every_part_that_ollama_cannot_take_is_told() -> None:
    foreign = State(origin="anthropic", value="sig")
    messages = (
        Message(role=Role.USER, name="ann", parts=(Text(text="a", cache=CacheMark()), Text(text="b"))),
        user(
            Media(kind="image", url="https://example.com/a.png"),
            Media(kind="document", media_type="application/pdf", data="JVBERi0="),
            Media(kind="image", media_type="image/png", data=PNG, detail="low", name="a.png"),
            Opaque(origin="anthropic", kind="search_result", raw={}),
        ),
        assistant(
            Thinking(text="t", state=foreign),
            Thinking(redacted=True, state=foreign),
            Refusal(text="no"),
            ToolCall(id="c", name="f", arguments="not json", state=foreign),
        ),
        tool(ToolResult(call_id="c", is_error=True, parts=(Media(kind="audio", data="x"),))),
    )
    assert lost(*messages) == [
        "messages[0].name",
        "messages[0].parts[0].cache",
        "messages[0]",
        "messages[1].parts[0]",
        "messages[1].parts[1]",
        "messages[1].parts[2].name",
        "messages[1].parts[2].detail",
        "messages[1].parts[3]",
        "messages[2].parts[0].state",
        "messages[2].parts[1]",
        "messages[2].parts[2]",
        "messages[2].parts[3].state",
        "messages[2].parts[3].arguments",
        "messages[3].parts[0].is_error",
        "messages[3].parts[0].parts[0]",
    ]
    assert "sig" not in str(loads(dumps(written(*messages))))


def test_every_setting_that_ollama_cannot_take_is_told() -> None:
    fields: Json = {
        "tools": (
            CustomTool(name="sh", grammar={}),
            ServerTool(origin="gemini", kind="googleSearch", raw={}),
            FunctionTool(name="f", strict=True, cache=CacheMark()),
        ),
        "parallel_tool_calls": False,
        "sampling": Sampling(n=2, logit_bias={"1": 2}),
        "reasoning": Reasoning(summary="auto", include=False, budget=5),
        "user": "u",
        "metadata": {"a": "b"},
        "store": True,
        "extras": {"future": 1},
        "origin": "openai-chat",
    }
    assert set(lost(user("x"), **fields)) == {
        "tools[0]",
        "tools[0].grammar",
        "tools[1]",
        "tools[2].strict",
        "tools[2].cache",
        "parallel_tool_calls",
        "sampling.n",
        "sampling.logit_bias",
        "reasoning.summary",
        "reasoning.include",
        "reasoning.budget",
        "user",
        "metadata",
        "store",
        "extras.future",
    }
