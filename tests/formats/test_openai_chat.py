"""OpenAI chat requests: as clients write them, and as upstreams are asked."""

import hashlib
from typing import Any

import pytest

from omniroute.formats.hub import (
    CacheMark,
    CustomTool,
    FunctionTool,
    Media,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
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
from omniroute.formats.openai_chat import CODEC
from omniroute.kit.errors import Invalid
from omniroute.kit.json import dumps
from tests.formats.speaking import (
    assistant,
    paths,
    system,
    tool,
    user,
)

Body = dict[str, Any]

ANTHROPIC = State(origin="anthropic", value="sig==")
GEMINI = State(origin="gemini", value="Z2VtaW5p")


def body(*messages: Body, **fields: object) -> Body:
    return {"model": "gpt-5", "messages": list(messages) or [{"role": "user", "content": "hi"}], **fields}


def decoded(*messages: Body, **fields: object) -> Request:
    return CODEC.decode_request(body(*messages, **fields))


# ── requests in ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_conversation_with_all_its_roles_is_read() -> None:
    request = decoded(
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "name": "ann", "content": [{"type": "text", "text": "Weather?"}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"c":"Oslo"}'}},
                {"id": "call_2", "type": "custom", "custom": {"name": "shell", "input": "ls"}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
        {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "a.txt"}]},
        {"role": "system", "content": "Now in French."},
        {"role": "assistant", "content": "Il pleut.", "refusal": None, "annotations": []},
    )
    assert request.messages == (
        Message(role=Role.DEVELOPER, parts=(Text(text="Be brief."),)),
        Message(role=Role.USER, name="ann", parts=(Text(text="Weather?"),)),
        assistant(
            ToolCall(id="call_1", name="weather", arguments='{"c":"Oslo"}'),
            ToolCall(id="call_2", name="shell", arguments="ls", custom=True),
        ),
        tool(
            ToolResult(call_id="call_1", parts=(Text(text="rain"),)),
            ToolResult(call_id="call_2", parts=(Text(text="a.txt"),)),
        ),
        system("Now in French."),
        assistant("Il pleut."),
    )
    assert request.unread == ()


def test_every_setting_finds_its_place() -> None:
    request = decoded(
        max_completion_tokens=100,
        max_tokens=7,
        temperature=1.5,
        top_p=0.9,
        top_k=40,
        stop="END",
        n=2,
        seed=1,
        logprobs=True,
        top_logprobs=3,
        logit_bias={"50256": -100},
        frequency_penalty=0.1,
        presence_penalty=-0.1,
        reasoning_effort="high",
        verbosity="low",
        service_tier="flex",
        user="u",
        metadata={"k": "v"},
        prompt_cache_key="p",
        store=False,
        parallel_tool_calls=False,
        stream=True,
        stream_options={"include_usage": True},
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True},
        },
        modalities=["text"],
        audio=None,
    )
    assert request.sampling == Sampling(
        max_tokens=100,
        temperature=1.5,
        top_p=0.9,
        top_k=40,
        stop=("END",),
        n=2,
        seed=1,
        logprobs=True,
        top_logprobs=3,
        logit_bias={"50256": -100},
        frequency_penalty=0.1,
        presence_penalty=-0.1,
    )
    assert request.reasoning == Reasoning(effort="high")
    assert request.output == OutputFormat(kind="schema", name="n", schema={"type": "object"}, strict=True)
    assert (request.stream, request.include_usage, request.store) == (True, True, False)
    assert (request.user, request.metadata, request.cache_key) == ("u", {"k": "v"}, "p")
    assert (request.origin, request.extras, request.unread) == ("openai-chat", {"modalities": ["text"]}, ())


def test_usage_in_a_stream_is_wanted_only_when_asked_for() -> None:
    assert not decoded(stream=True).include_usage
    assert not decoded(stream=True, stream_options={"include_obfuscation": False}).include_usage
    assert decoded().include_usage


def test_media_in_all_spellings_become_standard_base64_or_urls() -> None:
    request = decoded(
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,-_-_YQ", "detail": "low"}},
                {"type": "image_url", "image_url": "https://example.com/a.png"},
                {"type": "image_url", "image_url": {"url": "data:;base64,iVBORw0KGgoAAAA="}},
                {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0x"}},
                {"type": "file", "file": {"file_id": "file-1"}},
                {"type": "video_url", "video_url": {"url": "https://example.com/v.mp4"}},
                {"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
                {"type": "holo", "holo": 3},
            ],
        }
    )
    assert request.messages[0].parts == (
        Media(kind="image", media_type="image/png", data="+/+/YQ==", detail="low"),
        Media(kind="image", url="https://example.com/a.png"),
        Media(kind="image", media_type="image/png", data="iVBORw0KGgoAAAA="),
        Media(kind="audio", media_type="audio/mpeg", data="AAAA"),
        Media(kind="document", media_type="application/pdf", data="JVBERi0x", name="a.pdf"),
        Media(kind="document", file_id="file-1", origin="openai-chat"),
        Media(kind="video", url="https://example.com/v.mp4"),
        Text(text="x", cache=CacheMark(ttl="1h")),
        Opaque(origin="openai-chat", kind="holo", raw={"type": "holo", "holo": 3}),
    )


def test_reasoning_comes_back_from_a_client_with_its_signatures() -> None:
    request = decoded(
        {"role": "user", "content": "hi"},
        {
            "role": "assistant",
            "content": "Hello",
            "reasoning_content": "hm",
            "reasoning_details": [
                {"type": "reasoning.text", "text": "hm", "signature": "omniroute.anthropic.sig=="},
                {"type": "reasoning.encrypted", "data": "own"},
            ],
            "extra_content": {"google": {"thought_signature": "omniroute.gemini.Z2VtaW5p"}},
            "tool_calls": [
                {
                    "id": "c",
                    "type": "function",
                    "function": {"name": "f", "arguments": "{}"},
                    "extra_content": {"google": {"thought_signature": "omniroute.gemini.Z2VtaW5p"}},
                }
            ],
        },
    )
    assert request.messages[1] == assistant(
        Thinking(text="hm", state=ANTHROPIC),
        Thinking(redacted=True, state=State(origin="openai-chat", value="own")),
        Text(text="Hello", state=GEMINI),
        ToolCall(id="c", name="f", arguments="{}", state=GEMINI),
    )


@pytest.mark.parametrize(
    ("fields", "thoughts"),
    [
        ({"reasoning_content": "a"}, [Thinking(text="a")]),
        ({"reasoning": "a"}, [Thinking(text="a")]),
        (
            {"reasoning": "a", "reasoning_details": [{"type": "reasoning.text", "signature": "s"}]},
            [Thinking(text="a", state=State(origin="openai-chat", value="s"))],
        ),
        (
            {"reasoning_details": [{"type": "reasoning.summary", "summary": "b"}, {"type": "x"}, 7]},
            [Thinking(text="b")],
        ),
    ],
)
def test_reasoning_is_read_from_whichever_field_has_it(fields: Body, thoughts: list[Thinking]) -> None:
    request = decoded({"role": "user", "content": "q"}, {"role": "assistant", "content": "x", **fields})
    assert request.messages[1] == assistant(*thoughts, "x")


def test_tools_of_all_kinds_are_read() -> None:
    request = decoded(
        tools=[
            {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}},
            {"type": "custom", "custom": {"name": "c", "format": {"type": "text"}}},
            {"type": "web_search", "size": 1},
        ],
        tool_choice={
            "type": "allowed_tools",
            "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "f"}}]},
        },
    )
    assert request.tools == (
        FunctionTool(name="f", description="d", schema={"type": "object"}),
        CustomTool(name="c", grammar={"type": "text"}),
        ServerTool(origin="openai-chat", kind="web_search", raw={"type": "web_search", "size": 1}),
    )
    assert request.tool_choice == ToolChoice(mode="required", names=("f",))


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("none", ToolChoice(mode="none")),
        ("required", ToolChoice(mode="required")),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice(mode="required", names=("f",))),
        ({"type": "custom", "custom": {"name": "f"}}, ToolChoice(mode="required", names=("f",))),
        ({"type": "auto"}, ToolChoice(mode="auto")),
    ],
)
def test_a_choice_of_tools_is_read(choice: object, expected: ToolChoice) -> None:
    assert decoded(tool_choice=choice).tool_choice == expected


def test_functions_of_before_there_were_tools_are_read_as_tools() -> None:
    request = decoded(
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "r"},
        functions=[{"name": "f", "parameters": {}}],
        function_call={"name": "f"},
    )
    assert request.tools == (FunctionTool(name="f", schema={}),)
    assert request.tool_choice == ToolChoice(mode="required", names=("f",))
    call, result = request.messages[0].parts[0], request.messages[1].parts[0]
    assert isinstance(call, ToolCall)
    assert isinstance(result, ToolResult)
    assert call.id == result.call_id
    assert paths(request.unread) == ["functions"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"reasoning_effort": "none"}, Reasoning(enabled=False)),
        ({"reasoning": {"effort": "low", "exclude": True}}, Reasoning(effort="low", include=False)),
        ({"reasoning": {"max_tokens": 2000}}, Reasoning(budget=2000)),
        ({"reasoning": {"enabled": True}}, Reasoning(enabled=True)),
    ],
)
def test_the_amount_of_reasoning_is_read(given: Body, expected: Reasoning) -> None:
    assert decoded(**given).reasoning == expected


def test_what_is_not_understood_is_noted_with_its_place() -> None:
    request = decoded(
        {"role": "user", "content": [{"type": "text", "text": "x", "mood": "good"}], "weight": 1},
        tools=[{"type": "function", "function": {"name": "f", "examples": []}}],
    )
    assert paths(request.unread) == ["messages[0].content[0].mood", "messages[0].weight", "tools[0].function.examples"]


@pytest.mark.parametrize(
    ("bad", "param"),
    [
        ({"messages": [{"role": "user"}]}, "model"),
        ({"model": 5, "messages": []}, "model"),
        ({"model": "m"}, "messages"),
        ({"model": "m", "messages": []}, "messages"),
        ({"model": "m", "messages": "hi"}, "messages"),
        (body({"content": "x"}), "messages[0].role"),
        (body({"role": "wizard", "content": "x"}), "messages[0].role"),
        (body({"role": "user", "content": 5}), "messages[0].content"),
        (body({"role": "user", "content": ["x"]}), "messages[0].content[0]"),
        (body({"role": "user", "content": [{}]}), "messages[0].content[0].type"),
        (body({"role": "user", "content": [{"type": "text"}]}), "messages[0].content[0].text"),
        (body({"role": "user", "content": [{"type": "image_url"}]}), "messages[0].content[0].image_url"),
        (body({"role": "user", "content": [{"type": "file", "file": {}}]}), "messages[0].content[0].file"),
        (body({"role": "tool", "content": "x"}), "messages[0].tool_call_id"),
        (body({"role": "assistant", "tool_calls": [{"id": "c"}]}), "messages[0].tool_calls[0].function"),
        (body({"role": "assistant", "tool_calls": {}}), "messages[0].tool_calls"),
        (body(temperature="hot"), "temperature"),
        (body(temperature=True), "temperature"),
        (body(max_tokens=1.5), "max_tokens"),
        (body(stop=[1]), "stop"),
        (body(stream="yes"), "stream"),
        (body(tools=[{"type": "function"}]), "tools[0].function"),
        (body(tools=[{"type": "function", "function": {}}]), "tools[0].function.name"),
        (body(tool_choice="sometimes"), "tool_choice"),
        (body(tool_choice={"type": "x"}), "tool_choice.type"),
        (body(response_format={"type": "xml"}), "response_format.type"),
        (body(response_format={"type": "json_schema"}), "response_format.json_schema"),
        (body(metadata={"k": 1}), "metadata.k"),
        (body(logit_bias={"k": "x"}), "logit_bias.k"),
    ],
)
def test_a_wrong_field_is_named(bad: Body, param: str) -> None:
    with pytest.raises(Invalid) as raised:
        CODEC.decode_request(bad)
    assert raised.value.param == param


def test_a_body_that_is_no_object_is_refused() -> None:
    with pytest.raises(Invalid):
        CODEC.decode_request([])  # type: ignore[arg-type]


# ── requests out ────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_an_anthropic_client_says_is_said_in_chat() -> None:
    request = Request(
        model="gpt-5",
        messages=(
            system("Be brief."),
            user("look", Media(kind="image", media_type="image/png", data="AAAA")),
            assistant(
                Thinking(text="hm", state=ANTHROPIC), "I'll look.", ToolCall(id="toolu_1", name="f", arguments="{}")
            ),
            tool(
                ToolResult(
                    call_id="toolu_1",
                    parts=(Text(text="seen"), Media(kind="image", media_type="image/png", data="BBBB")),
                    is_error=True,
                )
            ),
            user("go on"),
        ),
        tools=(FunctionTool(name="f", schema={"type": "object"}, cache=CacheMark()),),
        sampling=Sampling(max_tokens=9, top_k=4, stop=("x",)),
        reasoning=Reasoning(enabled=True, budget=10000),
        stream=True,
        user="u" * 70,
        origin="anthropic",
        extras={"container": "c"},
    )
    encoded = CODEC.encode_request(request)
    assert encoded.body == {
        "model": "gpt-5",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "look"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                ],
            },
            {
                "role": "assistant",
                "content": "I'll look.",
                "reasoning_content": "hm",
                "tool_calls": [{"id": "toolu_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "toolu_1", "content": "seen"},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Shown by the tool call toolu_1:"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,BBBB"}},
                ],
            },
            {"role": "user", "content": "go on"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "max_tokens": 9,
        "stop": ["x"],
        "reasoning_effort": "medium",
        "stream": True,
        "stream_options": {"include_usage": True},
        "user": hashlib.sha256(b"u" * 70).hexdigest(),
    }
    assert paths(encoded.losses) == [
        "messages[2].parts[0].state",
        "messages[3].parts[0].is_error",
        "messages[3].parts[0].parts[1]",
        "tools[0].cache",
        "reasoning.budget",
        "user",
        "sampling.top_k",
        "extras.container",
    ]


def test_a_thought_of_another_vendor_is_left_out_and_never_forged() -> None:
    request = Request(model="m", messages=(assistant(Thinking(redacted=True, state=ANTHROPIC), "x"),))
    encoded = CODEC.encode_request(request)
    assert encoded.body["messages"] == [{"role": "assistant", "content": "x"}]
    assert paths(encoded.losses) == ["messages[0].parts[0]"]


def test_what_googles_openai_endpoint_signed_goes_back_to_it() -> None:
    own = State(origin="openai-chat", value="Z2VtaW5p")
    parts = (Text(text="x", state=own), ToolCall(id="c", name="f", arguments="{}", state=own))
    encoded = CODEC.encode_request(Request(model="m", messages=(assistant(*parts),)))
    said = encoded.body["messages"][0]
    assert said["extra_content"] == {"google": {"thought_signature": "Z2VtaW5p"}}
    assert said["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "Z2VtaW5p"}}
    assert encoded.losses == ()


def test_what_gemini_signed_is_no_business_of_a_chat_upstream() -> None:
    parts = (Text(text="x", state=GEMINI), ToolCall(id="c", name="f", arguments="{}", state=GEMINI))
    encoded = CODEC.encode_request(Request(model="m", messages=(assistant(*parts),)))
    assert "extra_content" not in dumps(encoded.body).decode()
    assert paths(encoded.losses) == ["messages[0].parts[1].state", "messages[0].parts[0].state"]


def test_results_follow_their_calls_without_a_gap() -> None:
    shown = Media(kind="image", url="https://example.com/a.png")
    results = [ToolResult(call_id=f"c{n}", parts=(shown,)) for n in range(2)]
    encoded = CODEC.encode_request(Request(model="m", messages=(tool(*results), assistant("ok"))))
    assert [message["role"] for message in encoded.body["messages"]] == ["tool", "tool", "user", "assistant"]
    assert len(encoded.body["messages"][2]["content"]) == 4


def test_tools_with_long_or_grouped_names_get_plain_ones() -> None:
    tools = (FunctionTool(name="n" * 100), FunctionTool(name="read", namespace="mcp__fs"))
    encoded = CODEC.encode_request(Request(model="m", messages=(user("x"),), tools=tools))
    names = [sent["function"]["name"] for sent in encoded.body["tools"]]
    assert [len(name) for name in names] == [64, len("mcp__fs__read")]
    assert paths(encoded.losses) == ["tools[0].name", "tools[1].name"]


def test_choices_among_tools_are_said() -> None:
    tools = (FunctionTool(name="a"), CustomTool(name="b"))

    def said(choice: ToolChoice) -> object:
        return CODEC.encode_request(Request(model="m", tools=tools, tool_choice=choice)).body["tool_choice"]

    assert said(ToolChoice(mode="auto")) == "auto"
    assert said(ToolChoice(mode="required", names=("b",))) == {"type": "custom", "custom": {"name": "b"}}
    assert said(ToolChoice(mode="auto", names=("a", "b"))) == {
        "type": "allowed_tools",
        "allowed_tools": {
            "mode": "auto",
            "tools": [{"type": "function", "function": {"name": "a"}}, {"type": "custom", "custom": {"name": "b"}}],
        },
    }


def test_a_choice_without_tools_is_left_out_for_openai_refuses_it() -> None:
    encoded = CODEC.encode_request(Request(model="m", tool_choice=ToolChoice(mode="auto"), parallel_tool_calls=True))
    assert encoded.body == {"model": "m", "messages": []}
    assert paths(encoded.losses) == ["tool_choice", "parallel_tool_calls"]


@pytest.mark.parametrize(
    ("media", "reason"),
    [
        (Media(kind="video", url="https://example.com/v.mp4"), "video"),
        (Media(kind="audio", media_type="audio/ogg", data="AAAA"), "wav or mp3"),
        (Media(kind="document", url="https://example.com/d.pdf"), "by URL"),
        (Media(kind="document", file_id="f", origin="anthropic"), "file store"),
        (Media(kind="image", file_id="f", origin="anthropic"), "file store"),
    ],
)
def test_media_that_chat_does_not_take_are_told_as_lost(media: Media, reason: str) -> None:
    encoded = CODEC.encode_request(Request(model="m", messages=(user(media, "x"),)))
    assert encoded.body["messages"] == [{"role": "user", "content": "x"}]
    assert [(loss.path, reason in loss.reason) for loss in encoded.losses] == [("messages[0].parts[0]", True)]


def test_a_text_document_is_said_as_text() -> None:
    document = Media(kind="document", media_type="text/plain", data="aMOp")
    encoded = CODEC.encode_request(Request(model="m", messages=(user(document),)))
    assert encoded.body["messages"][0]["content"] == "hé"
    assert [loss.action for loss in encoded.losses] == ["mapped"]
