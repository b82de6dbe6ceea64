"""Anthropic Messages requests: as clients write them (Claude Code above all), and as upstreams are asked."""

from typing import Any

import pytest

from omniroute.formats.anthropic import CODEC
from omniroute.formats.hub import (
    CacheMark,
    Citation,
    CustomTool,
    FunctionTool,
    Loss,
    Media,
    Message,
    Opaque,
    OutputFormat,
    Part,
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
from omniroute.kit.errors import Invalid
from tests.formats.speaking import assistant, paths, system, tool, user

Body = dict[str, Any]

OWN = State(origin="anthropic", value="sig==")
GEMINI = State(origin="gemini", value="Z2VtaW5p")
CALL = ToolCall(id="toolu_1", name="f", arguments='{"a":1}')
RESULT = ToolResult(call_id="toolu_1", parts=(Text(text="r"),))


def body(*messages: Body, **fields: object) -> Body:
    said = list(messages) or [{"role": "user", "content": "hi"}]
    return {"model": "claude", "max_tokens": 100, "messages": said, **fields}


def decoded(*messages: Body, **fields: object) -> Request:
    return CODEC.decode_request(body(*messages, **fields))


def encoded(*messages: Message, **fields: Any) -> tuple[Body, list[str]]:
    """The body, and where something was lost."""
    sampling = fields.pop("sampling", Sampling(max_tokens=100))
    written = CODEC.encode_request(
        Request(model="claude", messages=messages or (user("hi"),), sampling=sampling, **fields)
    )
    return written.body, paths(written.losses)


# ── requests in ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_request_of_claude_code_is_read() -> None:
    request = decoded(
        {"role": "user", "content": [{"type": "text", "text": "fix it", "cache_control": {"type": "ephemeral"}}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "sig=="},
                {"type": "redacted_thinking", "data": "hidden"},
                {"type": "text", "text": "Reading."},
                {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"path": "é", "n": [1]}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": "text",
                    "cache_control": {"type": "ephemeral", "ttl": "1h"},
                },
                {"type": "text", "text": "and then"},
            ],
        },
        {"role": "system", "content": "Mid-conversation."},
        system=[
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1"},
            {"type": "text", "text": "You are Claude Code.", "cache_control": {"type": "ephemeral"}},
        ],
        tools=[{"name": "Read", "description": "d", "input_schema": {"type": "object"}}],
        thinking={"type": "adaptive"},
        output_config={"effort": "high"},
        context_management={"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        metadata={"user_id": '{"device_id":"d"}'},
        stream=True,
    )
    assert request.messages == (
        Message(
            role=Role.SYSTEM,
            parts=(
                Text(text="x-anthropic-billing-header: cc_version=2.1"),
                Text(text="You are Claude Code.", cache=CacheMark()),
            ),
        ),
        user(Text(text="fix it", cache=CacheMark())),
        assistant(
            Thinking(text="hm", state=OWN),
            Thinking(redacted=True, state=State(origin="anthropic", value="hidden")),
            "Reading.",
            ToolCall(id="toolu_1", name="Read", arguments='{"path":"é","n":[1]}'),
        ),
        tool(ToolResult(call_id="toolu_1", parts=(Text(text="text"),), cache=CacheMark(ttl="1h"))),
        user("and then"),
        system("Mid-conversation."),
    )
    assert request.tools == (FunctionTool(name="Read", description="d", schema={"type": "object"}),)
    assert request.reasoning == Reasoning(adaptive=True, effort="high")
    assert request.user == '{"device_id":"d"}'
    assert request.extras == {"context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}}
    assert (request.stream, request.include_usage, request.unread) == (True, True, ())


def test_media_of_all_sources_are_read() -> None:
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"}
    request = decoded(
        {
            "role": "user",
            "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "-_-_YQ"}},
                {"type": "image", "source": {"type": "url", "url": "https://e.com/a.png"}},
                {"type": "image", "source": {"type": "file", "file_id": "f"}},
                {"type": "document", "title": "T", "source": pdf, "context": "c"},
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hé"}},
                {"type": "document", "source": {"type": "content", "content": "x"}},
                {"type": "search_result", "source": "s", "title": "t", "content": []},
            ],
        }
    )
    assert request.messages[0].parts == (
        Media(kind="image", media_type="image/png", data="+/+/YQ=="),
        Media(kind="image", url="https://e.com/a.png"),
        Media(kind="image", file_id="f", origin="anthropic"),
        Media(kind="document", media_type="application/pdf", data="JVBERi0x", name="T"),
        Media(kind="document", media_type="text/plain", data="aMOp"),
        Opaque(
            origin="anthropic",
            kind="document",
            raw={"type": "document", "source": {"type": "content", "content": "x"}},
        ),
        Opaque(
            origin="anthropic",
            kind="search_result",
            raw={"type": "search_result", "source": "s", "title": "t", "content": []},
        ),
    )
    assert request.unread == (
        Loss(path="messages[0].content[3].context", reason="the gateway has no word for this field"),
    )


def test_results_with_images_and_errors_are_read() -> None:
    shown = {"type": "image", "source": {"type": "url", "url": "https://e.com/a.png"}}
    request = decoded(
        {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "a", "is_error": True, "content": [shown]},
                {"type": "tool_result", "tool_use_id": "b"},
            ],
        },
    )
    assert request.messages[0] == assistant(ToolCall(id="a", name="f", arguments="{}"))
    assert request.messages[1] == tool(
        ToolResult(call_id="a", is_error=True, parts=(Media(kind="image", url="https://e.com/a.png"),)),
        ToolResult(call_id="b"),
    )


def test_citations_and_server_blocks_are_kept_as_they_are() -> None:
    cited = {"type": "web_search_result_location", "url": "https://e.com", "title": "E", "cited_text": "c"}
    server = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}}
    request = decoded(
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": [server, {"type": "text", "text": "x", "citations": [cited]}]},
    )
    assert request.messages[1] == assistant(
        Opaque(origin="anthropic", kind="server_tool_use", raw=server),
        Text(text="x", citations=(Citation(origin="anthropic", raw=cited, url="https://e.com", title="E"),)),
    )
    assert CODEC.encode_request(request).body["messages"][1]["content"][0] == server


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, Reasoning(enabled=True, budget=2000)),
        ({"thinking": {"type": "disabled"}}, Reasoning(enabled=False)),
        ({"thinking": {"type": "adaptive", "display": "omitted"}}, Reasoning(adaptive=True, include=False)),
        ({"thinking": {"type": "between_tools"}}, Reasoning(enabled=True)),
        ({"output_config": {"effort": "low"}}, Reasoning(effort="low")),
        ({}, None),
    ],
)
def test_the_amount_of_thinking_is_read(given: Body, expected: Reasoning | None) -> None:
    assert decoded(**given).reasoning == expected


@pytest.mark.parametrize("given", [{"output_config": {"format": {}}}, {"output_format": {}}])
def test_structured_output_is_read_in_its_new_and_old_place(given: Body) -> None:
    inner = next(iter(given.values()))
    inner.get("format", inner).update({"type": "json_schema", "schema": {"type": "object"}})
    assert decoded(**given).output == OutputFormat(kind="schema", schema={"type": "object"})


@pytest.mark.parametrize(
    ("raw", "choice", "parallel"),
    [
        ({"type": "auto", "disable_parallel_tool_use": True}, ToolChoice(mode="auto"), False),
        ({"type": "any"}, ToolChoice(mode="required"), None),
        ({"type": "tool", "name": "f"}, ToolChoice(mode="required", names=("f",)), None),
        ({"type": "none"}, ToolChoice(mode="none"), None),
    ],
)
def test_a_choice_of_tools_is_read(raw: Body, choice: ToolChoice, parallel: bool | None) -> None:
    request = decoded(tool_choice=raw)
    assert (request.tool_choice, request.parallel_tool_calls) == (choice, parallel)


def test_anthropics_own_tools_stay_as_they_are() -> None:
    raw = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}
    assert decoded(tools=[raw]).tools == (ServerTool(origin="anthropic", kind="web_search_20250305", raw=raw),)


@pytest.mark.parametrize(
    ("bad", "param"),
    [
        ({"messages": []}, "model"),
        ({"model": "m"}, "messages"),
        ({"model": "m", "messages": {}}, "messages"),
        (body({"role": "tool", "content": "x"}), "messages[0].role"),
        (body({"role": "user", "content": 1}), "messages[0].content"),
        (body({"role": "user", "content": [{"text": "x"}]}), "messages[0].content[0].type"),
        (body({"role": "user", "content": [{"type": "text", "text": 1}]}), "messages[0].content[0].text"),
        (body({"role": "user", "content": [{"type": "image"}]}), "messages[0].content[0].source"),
        (
            body({"role": "user", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": "x"}]}),
            "messages[0].content[0].input",
        ),
        (
            body({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": [{}]}]}),
            "messages[0].content[0].content[0].type",
        ),
        (body(system=5), "system"),
        (body(max_tokens="many"), "max_tokens"),
        (body(tools=[{"description": "d"}]), "tools[0].name"),
        (body(tool_choice={"type": "some"}), "tool_choice.type"),
        (body(thinking={"budget_tokens": 1}), "thinking.type"),
        (body(output_config={"format": {"type": "xml"}}), "output_config.format.type"),
        (body(metadata=[]), "metadata"),
    ],
)
def test_a_wrong_field_is_named(bad: Body, param: str) -> None:
    with pytest.raises(Invalid) as raised:
        CODEC.decode_request(bad)
    assert raised.value.param == param


# ── requests out ────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_an_openai_client_says_is_said_to_anthropic() -> None:
    written, lost = encoded(
        system("Be brief."),
        Message(role=Role.DEVELOPER, parts=(Text(text="And kind."),)),
        user("look", Media(kind="image", media_type="image/jpg", data="/9j/AA==", detail="high")),
        assistant(ToolCall(id="call_1", name="f"), ToolCall(id="call_2", name="f", arguments='{"a":1}')),
        tool(ToolResult(call_id="call_1", parts=(Text(text="one"),))),
        tool(ToolResult(call_id="call_2", parts=(Text(text="two"),), is_error=True)),
        user("go on"),
        tools=(FunctionTool(name="f", strict=True), CustomTool(name="c")),
        tool_choice=ToolChoice(mode="required"),
        parallel_tool_calls=False,
        sampling=Sampling(temperature=1.5, stop=("x", "\n"), seed=1, n=2),
        output=OutputFormat(kind="schema", schema={"type": "object"}, name="n"),
        service_tier="default",
        user="u",
        stream=True,
        origin="openai-chat",
        extras={"modalities": ["text"]},
    )
    assert written == {
        "model": "claude",
        "system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "And kind."}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "look"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "/9j/AA=="}},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "tool_use", "id": "call_1", "name": "f", "input": {}},
                    {"type": "tool_use", "id": "call_2", "name": "f", "input": {"a": 1}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "call_1", "content": "one"},
                    {"type": "tool_result", "tool_use_id": "call_2", "content": "two", "is_error": True},
                    {"type": "text", "text": "go on"},
                ],
            },
        ],
        "tools": [
            {"name": "f", "input_schema": {"type": "object", "properties": {}}, "strict": True},
            {
                "name": "c",
                "input_schema": {
                    "type": "object",
                    "properties": {"input": {"type": "string"}},
                    "required": ["input"],
                },
            },
        ],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        "temperature": 1,
        "stop_sequences": ["x"],
        "max_tokens": 8192,
        "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
        "stream": True,
        "metadata": {"user_id": "u"},
        "service_tier": "standard_only",
    }
    assert lost == [
        "messages[2].parts[1].detail",
        "tools[1]",
        "sampling.temperature",
        "sampling.stop",
        "sampling.n",
        "output.name",
        "sampling.seed",
        "extras.modalities",
    ]


def turns(*messages: Message) -> tuple[list[tuple[str, Any]], list[str]]:
    written, lost = encoded(*messages)
    return [(turn["role"], turn["content"]) for turn in written["messages"]], lost


def use(call_id: str = "toolu_1", given: object = None) -> Body:
    return {"type": "tool_use", "id": call_id, "name": "f", "input": {"a": 1} if given is None else given}


def result(content: object = "r", call_id: str = "toolu_1", **more: object) -> Body:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content, **more}


def text(said: str) -> Body:
    return {"type": "text", "text": said}


def test_turns_of_one_role_are_joined_and_results_go_first() -> None:
    assert turns(user("a"), user("b"), assistant("x"), assistant(CALL), user("c"), tool(RESULT)) == (
        [
            ("user", [text("a"), text("b")]),
            ("assistant", [text("x"), use()]),
            ("user", [result(), text("c")]),
        ],
        [],
    )


def test_a_user_speaks_first_even_where_none_did() -> None:
    assert turns(assistant("x")) == ([("user", "."), ("assistant", "x")], ["messages"])
    assert turns(system("s")) == ([("user", ".")], ["messages"])


def test_a_result_without_its_call_is_told_as_text() -> None:
    assert turns(user("a"), tool(RESULT)) == (
        [("user", [text("a"), text("Result of the tool call toolu_1:"), text("r")])],
        ["messages[1].parts[0]"],
    )


def test_a_call_without_its_result_gets_one_that_says_so() -> None:
    missing = result("No result was given.", is_error=True)
    assert turns(user("a"), assistant(CALL), user("b")) == (
        [("user", "a"), ("assistant", [use()]), ("user", [missing, text("b")])],
        ["messages"],
    )


def test_a_call_at_the_very_end_is_left_alone() -> None:
    assert turns(user("a"), assistant(CALL)) == ([("user", "a"), ("assistant", [use()])], [])


def test_a_second_result_of_one_call_is_told_as_text() -> None:
    told, lost = turns(user("a"), assistant(CALL), tool(RESULT, RESULT))
    assert told[-1] == ("user", [result(), text("Result of the tool call toolu_1:"), text("r")])
    assert lost == ["messages[2].parts[1]"]


def test_a_system_message_in_the_middle_keeps_its_place() -> None:
    assert turns(user("a"), assistant("b"), system("s"), user("c")) == (
        [("user", "a"), ("assistant", "b"), ("user", [text("<system>\ns\n</system>"), text("c")])],
        ["messages[2]"],
    )


def test_blank_texts_are_left_out_for_the_api_refuses_them() -> None:
    assert turns(user("a", "", " \n"), assistant("x \n")) == (
        [("user", "a"), ("assistant", "x")],
        ["messages[0].parts[2]", "messages[1].parts[0].text"],
    )


@pytest.mark.parametrize(
    ("arguments", "given", "lost"),
    [
        ("", {}, []),
        ("  ", {}, []),
        ('{"b":{"c":[1.5,null]}}', {"b": {"c": [1.5, None]}}, []),
        ("[1]", {"input": "[1]"}, ["messages[1].parts[0].arguments"]),
        ('{"cut":', {"input": '{"cut":'}, ["messages[1].parts[0].arguments"]),
    ],
)
def test_arguments_become_an_object(arguments: str, given: Body, lost: list[str]) -> None:
    call = ToolCall(id="toolu_1", name="f", arguments=arguments)
    told, losses = turns(user("a"), assistant(call))
    assert told[-1] == ("assistant", [use(given=given)])
    assert losses == lost


def test_ids_in_other_characters_are_changed_alike_in_call_and_result() -> None:
    call = ToolCall(id="functions.f:0", name="f", arguments='{"a":1}')
    told, lost = turns(user("a"), assistant(call), tool(ToolResult(call_id="functions.f:0", parts=(Text(text="r"),))))
    changed = told[1][1][0]["id"]
    assert changed.startswith("functions_f_0_")
    assert told[2] == ("user", [result(call_id=changed)])
    assert lost == ["messages[1].parts[0].id", "messages[2].parts[0].call_id"]


def test_thoughts_go_back_only_with_anthropics_own_signature() -> None:
    told, lost = turns(
        user("a"),
        assistant(
            Thinking(text="one", state=OWN),
            Thinking(text="two"),
            Thinking(text="three", state=GEMINI),
            Thinking(redacted=True, state=OWN),
            Refusal(text="No."),
        ),
    )
    assert told[1] == (
        "assistant",
        [
            {"type": "thinking", "thinking": "one", "signature": "sig=="},
            {"type": "redacted_thinking", "data": "sig=="},
            text("No."),
        ],
    )
    assert lost == ["messages[1].parts[1]", "messages[1].parts[2]", "messages[1].parts[4]"]


@pytest.mark.parametrize(
    "media",
    [
        Media(kind="audio", media_type="audio/wav", data="AAAA"),
        Media(kind="image", media_type="image/bmp", data="AAAA"),
        Media(kind="image", file_id="f", origin="openai-chat"),
        Media(kind="document", media_type="application/msword", data="AAAA"),
    ],
)
def test_media_that_anthropic_does_not_take_are_told_as_lost(media: Media) -> None:
    assert turns(user("a", media)) == ([("user", "a")], ["messages[0].parts[1]"])


def test_documents_are_told_by_their_kind() -> None:
    told, lost = turns(
        user(
            Media(kind="document", media_type="application/pdf", data="JVBERi0x", name="T"),
            Media(kind="document", media_type="text/markdown", data="aMOp"),
            Media(kind="document", url="https://e.com/d.pdf", cache=CacheMark(ttl="30m")),
        )
    )
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"}
    cache = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    assert told[0][1] == [
        {"type": "document", "source": pdf, "title": "T"},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hé"}},
        {"type": "document", "source": {"type": "url", "url": "https://e.com/d.pdf"}, **cache},
    ]
    assert lost == ["messages[0].parts[2].cache.ttl"]


# ── thinking ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("reasoning", "max_tokens", "expected", "lost"),
    [
        (Reasoning(effort="high"), 100, {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}, []),
        (
            Reasoning(effort="minimal"),
            100,
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
            ["reasoning.effort"],
        ),
        (Reasoning(effort="none"), 100, {"thinking": {"type": "disabled"}}, []),
        (Reasoning(enabled=False), 100, {"thinking": {"type": "disabled"}}, []),
        (Reasoning(enabled=True), 100, {"thinking": {"type": "adaptive"}}, []),
        (
            Reasoning(adaptive=True, include=True),
            100,
            {"thinking": {"type": "adaptive", "display": "summarized"}},
            [],
        ),
        (Reasoning(budget=2000), 8000, {"thinking": {"type": "enabled", "budget_tokens": 2000}}, []),
        (
            Reasoning(budget=2000),
            None,
            {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 10192},
            [],
        ),
        (Reasoning(budget=10), 8000, {"thinking": {"type": "enabled", "budget_tokens": 1024}}, ["reasoning.budget"]),
        (Reasoning(budget=9000), 8000, {"thinking": {"type": "enabled", "budget_tokens": 6000}}, ["reasoning.budget"]),
        (Reasoning(budget=2000), 1000, {}, ["reasoning.budget"]),
        (Reasoning(summary="auto"), 100, {"thinking": {"type": "adaptive"}}, ["reasoning.summary"]),
        (Reasoning(include=False), 100, {}, ["reasoning.include"]),
    ],
)
def test_the_amount_of_thinking_is_said(
    reasoning: Reasoning, max_tokens: int | None, expected: Body, lost: list[str]
) -> None:
    written, losses = encoded(reasoning=reasoning, sampling=Sampling(max_tokens=max_tokens))
    plain = {"model": "claude", "messages": [{"role": "user", "content": "hi"}], "max_tokens": max_tokens}
    assert written == plain | expected
    assert losses == lost


def test_thinking_rules_out_a_temperature() -> None:
    sampling = Sampling(max_tokens=100, temperature=0.5, top_k=3)
    written, lost = encoded(reasoning=Reasoning(effort="high"), sampling=sampling)
    assert "temperature" not in written
    assert lost == ["sampling.temperature", "sampling.top_k"]
    assert encoded(reasoning=Reasoning(enabled=False), sampling=sampling)[1] == []


def test_a_forced_tool_rules_out_thinking() -> None:
    written, lost = encoded(
        reasoning=Reasoning(effort="high"), tools=(FunctionTool(name="f"),), tool_choice=ToolChoice(mode="required")
    )
    assert "thinking" not in written
    assert lost == ["reasoning"]


@pytest.mark.parametrize(
    ("thought", "lost"), [((Thinking(text="hm", state=OWN),), []), ((), ["reasoning"])], ids=["signed", "unsigned"]
)
def test_a_budget_needs_a_signed_thought_before_the_calls_under_way(thought: tuple[Part, ...], lost: list[str]) -> None:
    messages = (user("a"), assistant(*thought, CALL), tool(RESULT))
    losses = encoded(*messages, reasoning=Reasoning(budget=2000), sampling=Sampling(max_tokens=9000))[1]
    assert losses == lost
    assert encoded(*messages, reasoning=Reasoning(adaptive=True))[1] == []


# ── the rest ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_temperature_goes_before_top_p() -> None:
    written, lost = encoded(sampling=Sampling(max_tokens=1, temperature=0.5, top_p=0.9))
    assert (written["temperature"], "top_p" in written, lost) == (0.5, False, ["sampling.top_p"])


def test_a_choice_among_some_tools_leaves_the_others_out() -> None:
    tools = tuple(FunctionTool(name=name) for name in "abc")
    written, lost = encoded(tools=tools, tool_choice=ToolChoice(mode="auto", names=("a", "c")))
    assert [given["name"] for given in written["tools"]] == ["a", "c"]
    assert written["tool_choice"] == {"type": "auto"}
    assert lost == ["tool_choice.names", "tools[1]"]


def test_one_named_tool_is_named() -> None:
    tools = (FunctionTool(name="a"), FunctionTool(name="b", namespace="ns"))
    written, lost = encoded(tools=tools, tool_choice=ToolChoice(mode="required", names=("b",)))
    assert written["tool_choice"] == {"type": "tool", "name": "ns__b"}
    assert lost == ["tools[1].name"]


def test_a_schema_names_its_type() -> None:
    written, _ = encoded(tools=(FunctionTool(name="f", schema={"properties": {}}),))
    assert written["tools"][0]["input_schema"] == {"type": "object", "properties": {}}


def test_marks_for_the_cache_stand_where_they_stood() -> None:
    given = body(
        {
            "role": "user",
            "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "5m"}}],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "a", "name": "f", "input": {}, "cache_control": {"type": "ephemeral"}}
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": "r", "cache_control": {"type": "ephemeral"}}
            ],
        },
        system=[{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
        tools=[{"name": "f", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}}],
    )
    written = CODEC.encode_request(CODEC.decode_request(given))
    assert written.body == given
    assert written.losses == ()


def test_fields_of_anthropics_own_go_back_to_anthropic_and_nowhere_else() -> None:
    request = decoded(mcp_servers=[{"type": "url"}], container="c")
    assert CODEC.encode_request(request).body["mcp_servers"] == [{"type": "url"}]
    assert CODEC.encode_request(request).body["container"] == "c"
