"""Responses requests: as clients write them, into the hub; and out of the hub, with every loss told."""

from typing import Any

import pytest
from openai.types.responses.response_create_params import ResponseCreateParams
from pydantic import TypeAdapter

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
from omniroute.formats.openai_responses import CODEC
from omniroute.formats.table import CODECS
from omniroute.kit.errors import Invalid

ORIGIN = "openai-responses"
_BODY = TypeAdapter(ResponseCreateParams)


def _decode(**body: Any) -> Request:
    return CODEC.decode_request({"model": "gpt-5", **body})


def _parts(*items: dict[str, Any]) -> tuple[Message, ...]:
    return _decode(input=list(items)).messages


def _sent(request: Request) -> dict[str, Any]:
    """The body for an upstream, which OpenAI's own types must know, and which must lose nothing."""
    encoded = CODEC.encode_request(request)
    assert encoded.losses == ()
    _check(encoded.body)
    return encoded.body


def _check(body: dict[str, Any]) -> None:
    """The types demand more than the service: an id of reasoning (Codex sends none), the detail of an image."""
    items = [{"id": "rs", **item} if item.get("type") == "reasoning" else item for item in body["input"]]
    _BODY.validate_python({**body, "input": [_detailed(item) for item in items]})


def _detailed(item: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(item.get("content"), list):
        return item
    content = [{"detail": "auto", **part} if part["type"] == "input_image" else part for part in item["content"]]
    return {**item, "content": content}


def _lost(request: Request) -> dict[str, str]:
    return {loss.path: loss.action for loss in CODEC.encode_request(request).losses}


def _asks(*messages: Message, origin: str = ORIGIN, **fields: Any) -> Request:
    return Request(model="gpt-5", messages=messages, origin=origin, **fields)


# ── input ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_string_is_what_the_user_says() -> None:
    assert _decode(input="Hello").messages == (Message(role=Role.USER, parts=(Text(text="Hello"),)),)


def test_messages_may_leave_their_type_out_and_say_their_content_as_a_string() -> None:
    assert _parts(
        {"role": "developer", "content": "Be brief."},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
    ) == (
        Message(role=Role.DEVELOPER, parts=(Text(text="Be brief."),)),
        Message(role=Role.USER, parts=(Text(text="Hi"),)),
    )


def test_a_stored_conversation_may_stand_for_the_input() -> None:
    assert _decode(previous_response_id="resp_1").messages == ()
    assert _decode(prompt={"id": "pmpt_1"}).extras == {"prompt": {"id": "pmpt_1"}}


def test_instructions_are_the_first_system_message() -> None:
    messages = _decode(instructions="Be kind.", input="Hi").messages
    assert messages[0] == Message(role=Role.SYSTEM, parts=(Text(text="Be kind."),))
    assert [message.role for message in messages] == [Role.SYSTEM, Role.USER]


def test_every_kind_of_content_is_read() -> None:
    (message,) = _parts(
        {
            "role": "user",
            "content": [
                {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"},
                {"type": "input_image", "image_url": "https://example.org/a.png"},
                {"type": "input_image", "file_id": "file-1"},
                {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
                {"type": "input_file", "filename": "a.pdf", "file_data": "JVBERi0="},
                {"type": "input_file", "file_url": "https://example.org/a.pdf"},
                {"type": "input_file", "file_id": "file-2"},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "mp3"}},
                {"type": "input_text", "text": "?", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}},
                {"type": "input_hologram", "hologram": 1},
            ],
        }
    )
    assert message.parts == (
        Media(kind="image", media_type="image/png", data="iVBORw0KGgo=", detail="low"),
        Media(kind="image", url="https://example.org/a.png"),
        Media(kind="image", file_id="file-1", origin=ORIGIN),
        Media(kind="document", media_type="application/pdf", data="JVBERi0=", name="a.pdf"),
        Media(kind="document", media_type="application/pdf", data="JVBERi0=", name="a.pdf"),
        Media(kind="document", url="https://example.org/a.pdf"),
        Media(kind="document", file_id="file-2", origin=ORIGIN),
        Media(kind="audio", media_type="audio/mpeg", data="UklGRg=="),
        Text(text="?", cache=CacheMark(ttl="30m")),
        Opaque(origin=ORIGIN, kind="input_hologram", raw={"type": "input_hologram", "hologram": 1}),
    )


def test_what_the_model_made_in_one_go_is_one_message() -> None:
    messages = _parts(
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "a"}],
            "encrypted_content": "S",
        },
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": [
                {"type": "output_text", "text": "Let me see", "annotations": [], "logprobs": []},
                {"type": "refusal", "refusal": "No."},
            ],
        },
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "ls", "arguments": "{}", "namespace": "fs"},
        {"type": "custom_tool_call", "call_id": "c2", "name": "patch", "input": "***"},
        {"type": "function_call_output", "call_id": "c1", "output": "a b"},
        {
            "type": "custom_tool_call_output",
            "call_id": "c2",
            "output": [
                {"type": "input_text", "text": "ok"},
                {"type": "input_image", "image_url": "https://example.org/a.png"},
            ],
        },
        {"role": "user", "content": "Thanks"},
    )
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    assert messages == (
        Message(
            role=Role.ASSISTANT,
            parts=(
                Thinking(text="a", summary=True, id="rs_1", state=State(origin=ORIGIN, value="S")),
                Text(text="Let me see"),
                Refusal(text="No."),
                Opaque(origin=ORIGIN, kind="web_search_call", raw=search),
                ToolCall(id="c1", name="ls", arguments="{}", namespace="fs", item_id="fc_1"),
                ToolCall(id="c2", name="patch", arguments="***", custom=True),
            ),
        ),
        Message(
            role=Role.TOOL,
            parts=(
                ToolResult(call_id="c1", parts=(Text(text="a b"),)),
                ToolResult(
                    call_id="c2",
                    parts=(Text(text="ok"), Media(kind="image", url="https://example.org/a.png")),
                    custom=True,
                ),
            ),
        ),
        Message(role=Role.USER, parts=(Text(text="Thanks"),)),
    )


def test_reasoning_without_id_and_with_null_content_is_read_as_codex_replays_it() -> None:
    (message,) = _parts({"type": "reasoning", "summary": [], "content": None, "encrypted_content": "gAAA"})
    assert message.parts == (Thinking(state=State(origin=ORIGIN, value="gAAA"), redacted=True),)


def test_reasoning_keeps_its_own_words_apart_from_a_summary() -> None:
    item = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "one"}, {"type": "summary_text", "text": "two"}],
        "content": [{"type": "reasoning_text", "text": "raw"}],
        "encrypted_content": "S",
    }
    (message,) = _parts(item)
    assert message.parts == (
        Thinking(text="raw", id="rs_1"),
        Thinking(text="one\n\ntwo", summary=True, id="rs_1", state=State(origin=ORIGIN, value="S")),
    )
    (written,) = _sent(_asks(message))["input"]
    assert written == {**item, "summary": [{"type": "summary_text", "text": "one\n\ntwo"}]}


def test_another_vendors_state_that_we_marked_is_that_vendors_again() -> None:
    (message,) = _parts(
        {
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": "omniroute.anthropic.EqQB",
        }
    )
    assert message.parts == (Thinking(text="hm", summary=True, state=State(origin="anthropic", value="EqQB")),)


def test_a_signature_carried_beside_a_call_returns_to_it() -> None:
    (message,) = _parts(
        {"type": "reasoning", "summary": [], "encrypted_content": "omniroute.part.2:c2gemini.SIG"},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call", "call_id": "c2", "name": "f", "arguments": "{}"},
    )
    states = [part.state for part in message.parts if isinstance(part, ToolCall)]
    assert states == [None, State(origin="gemini", value="SIG")]
    assert len(message.parts) == 2


def test_references_and_server_outputs_stay_as_they_are() -> None:
    reference = {"type": "item_reference", "id": "rs_9"}
    output = {"type": "computer_call_output", "call_id": "c", "output": {"type": "computer_screenshot"}}
    bare = {"type": "reasoning", "id": "rs_1", "summary": []}
    messages = _parts(reference, output, bare, {"id": "msg_7"})
    assert messages == (
        Message(role=Role.ASSISTANT, parts=(Opaque(origin=ORIGIN, kind="item_reference", raw=reference),)),
        Message(role=Role.USER, parts=(Opaque(origin=ORIGIN, kind="computer_call_output", raw=output),)),
        Message(
            role=Role.ASSISTANT,
            parts=(
                Opaque(origin=ORIGIN, kind="reasoning", raw=bare),
                Opaque(origin=ORIGIN, kind="item_reference", raw={"id": "msg_7"}),
            ),
        ),
    )
    assert _sent(_asks(*messages))["input"] == [reference, output, bare, {"id": "msg_7"}]


def test_what_stands_in_an_item_and_has_no_word_is_told() -> None:
    request = _decode(
        input=[{"role": "assistant", "phase": "commentary", "content": "x"}],
        tools=[{"type": "function", "name": "f", "parameters": None, "defer_loading": True}],
    )
    assert {loss.path for loss in request.unread} == {"input[0].phase", "tools[0].defer_loading"}


def test_every_kind_of_content_is_written_again() -> None:
    content = [
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"},
        {"type": "input_image", "file_id": "file-1"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        {"type": "input_file", "file_url": "https://example.org/a.pdf", "detail": "high"},
        {"type": "input_file", "filename": "b.pdf", "file_id": "file-2"},
        {"type": "input_text", "text": "?", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}},
        {"type": "input_text", "text": "!", "prompt_cache_breakpoint": {"mode": "explicit"}},
    ]
    item = {"type": "message", "role": "user", "content": content}
    assert _sent(_decode(input=[item]))["input"] == [item]
    odd = {
        "type": "message",
        "role": "user",
        "content": [
            {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
            {"type": "input_hologram", "hologram": 1},
        ],
    }
    assert CODEC.encode_request(_decode(input=[odd])).body["input"] == [odd]


def test_calls_are_written_again_with_their_ids() -> None:
    items = [
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "{}", "namespace": "n"},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c2", "name": "p", "input": "***"},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": "ok"},
    ]
    assert _sent(_decode(input=items))["input"] == items


def test_what_the_assistant_said_is_written_again() -> None:
    note = {"type": "url_citation", "url": "https://example.org", "title": "Ex", "start_index": 0, "end_index": 1}
    item = {
        "type": "message",
        "role": "assistant",
        "content": [
            {"type": "output_text", "text": "a", "annotations": [note]},
            {"type": "refusal", "refusal": "No."},
        ],
    }
    assert CODEC.encode_request(_decode(input=[item])).body["input"] == [item]


def test_a_mark_that_is_not_ours_is_plain_state() -> None:
    for sealed in ("omniroute.part.", "omniroute.part.x:y", "omniroute.part.9:c1a.b"):
        (message,) = _parts(
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
            {"type": "reasoning", "summary": [], "encrypted_content": sealed},
        )
        assert [part.state for part in message.parts if isinstance(part, ToolCall)] == [None]


def test_a_signature_whose_part_is_gone_is_left_out() -> None:
    (message,) = _parts(
        {"type": "reasoning", "summary": [], "encrypted_content": "omniroute.part.2:c2gemini.SIG"},
        {"type": "reasoning", "summary": [], "encrypted_content": "omniroute.part.0:gemini.SIG"},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
    )
    assert message.parts == (ToolCall(id="c1", name="f", arguments="{}"),)


# ── tools ───────────────────────────────────────────────────────────────────────────────────────────────────────

_SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
_NAMESPACE = {
    "type": "namespace",
    "name": "mcp__fs",
    "description": "Files.",
    "tools": [
        {"type": "function", "name": "read", "description": "Read.", "parameters": _SCHEMA, "strict": False},
        {"type": "custom", "name": "patch", "description": "Patch.", "format": {"type": "text"}},
    ],
}
_TOOLS = [
    {"type": "function", "name": "ls", "parameters": None, "strict": True},
    _NAMESPACE,
    {"type": "web_search", "external_web_access": True},
    {"type": "custom", "name": "sql", "format": {"type": "grammar", "syntax": "lark", "definition": "start: /a/"}},
]


def test_tools_of_every_kind_are_read_and_written_again() -> None:
    request = _decode(input="x", tools=_TOOLS)
    assert request.tools == (
        FunctionTool(name="ls", strict=True),
        FunctionTool(
            name="read",
            description="Read.",
            schema=_SCHEMA,
            strict=False,
            namespace="mcp__fs",
            namespace_description="Files.",
        ),
        CustomTool(
            name="patch",
            description="Patch.",
            grammar={"type": "text"},
            namespace="mcp__fs",
            namespace_description="Files.",
        ),
        ServerTool(origin=ORIGIN, kind="web_search", raw={"type": "web_search", "external_web_access": True}),
        CustomTool(name="sql", grammar={"type": "grammar", "syntax": "lark", "definition": "start: /a/"}),
    )
    assert _sent(request)["tools"] == _TOOLS


@pytest.mark.parametrize(
    ("spelled", "choice"),
    [
        ("auto", ToolChoice(mode="auto")),
        ("none", ToolChoice(mode="none")),
        ("required", ToolChoice(mode="required")),
        ({"type": "function", "name": "ls"}, ToolChoice(mode="required", names=("ls",))),
        ({"type": "custom", "name": "sql"}, ToolChoice(mode="required", names=("sql",))),
        (
            {
                "type": "allowed_tools",
                "mode": "auto",
                "tools": [{"type": "function", "name": "ls"}, {"type": "custom", "name": "sql"}],
            },
            ToolChoice(mode="auto", names=("ls", "sql")),
        ),
    ],
)
def test_tool_choice_is_read_and_written_again(spelled: Any, choice: ToolChoice) -> None:
    request = _decode(input="x", tools=_TOOLS, tool_choice=spelled)
    assert (request.tool_choice, request.extras) == (choice, {})
    assert _sent(request)["tool_choice"] == spelled


@pytest.mark.parametrize(
    "spelled",
    [
        {"type": "web_search_preview"},
        {"type": "mcp", "server_label": "s"},
        {"type": "allowed_tools", "mode": "required", "tools": [{"type": "mcp", "server_label": "s"}]},
    ],
)
def test_a_choice_of_a_server_tool_stays_an_extra(spelled: Any) -> None:
    request = _decode(input="x", tool_choice=spelled)
    assert request.extras == {"tool_choice": spelled}
    assert _sent(request)["tool_choice"] == spelled


# ── settings ────────────────────────────────────────────────────────────────────────────────────────────────────

_SETTINGS: dict[str, Any] = {
    "max_output_tokens": 500,
    "temperature": 0.5,
    "top_p": 0.9,
    "top_logprobs": 2,
    "parallel_tool_calls": False,
    "reasoning": {"effort": "high", "summary": "auto"},
    "text": {
        "format": {
            "type": "json_schema",
            "name": "n",
            "schema": {"type": "object"},
            "strict": True,
            "description": "d",
        },
        "verbosity": "low",
    },
    "include": ["reasoning.encrypted_content", "message.output_text.logprobs"],
    "service_tier": "flex",
    "user": "u-1",
    "metadata": {"a": "b"},
    "prompt_cache_key": "k",
    "previous_response_id": "resp_1",
    "store": False,
}


def test_settings_are_read() -> None:
    request = _decode(input="x", stream=True, **_SETTINGS)
    assert request == Request(
        model="gpt-5",
        messages=(Message(role=Role.USER, parts=(Text(text="x"),)),),
        parallel_tool_calls=False,
        sampling=Sampling(max_tokens=500, temperature=0.5, top_p=0.9, logprobs=True, top_logprobs=2),
        reasoning=Reasoning(effort="high", summary="auto"),
        output=OutputFormat(kind="schema", schema={"type": "object"}, name="n", description="d", strict=True),
        stream=True,
        service_tier="flex",
        verbosity="low",
        user="u-1",
        metadata={"a": "b"},
        cache_key="k",
        previous_response_id="resp_1",
        store=False,
        origin=ORIGIN,
    )


def test_settings_are_written_again() -> None:
    body = _sent(_decode(input="x", **_SETTINGS))
    assert body == {"model": "gpt-5", "input": [{"type": "message", "role": "user", "content": "x"}], **_SETTINGS}


def test_asking_for_the_state_of_reasoning_is_no_loss_anywhere() -> None:
    asked = {"include": ["reasoning.encrypted_content"]}
    request = _decode(input="x", **asked)
    assert request.extras == {}
    assert CODEC.encode_request(request).body["include"] == asked["include"]
    told = {form: codec.encode_request(request) for form, codec in CODECS.items() if form is not CODEC.format}
    assert {form: encoded.losses for form, encoded in told.items()} == dict.fromkeys(told, ())
    assert {form: encoded.body for form, encoded in told.items()} == {
        form: codec.encode_request(_decode(input="x")).body for form, codec in CODECS.items() if form in told
    }, "and it asks nobody to think"


def test_fields_that_the_hub_has_no_word_for_are_extras() -> None:
    extras = {
        "truncation": "auto",
        "background": False,
        "client_metadata": {"x": "y"},
        "max_tool_calls": 3,
        "include": ["file_search_call.results"],
        "reasoning": {"context": "auto"},
        "text": {"format": {"type": "grammar"}},
    }
    request = _decode(input="x", **extras)
    assert request.extras == extras
    assert {key: CODEC.encode_request(request).body[key] for key in extras if key not in {"include", "reasoning"}} == {
        key: value for key, value in extras.items() if key not in {"include", "reasoning"}
    }


def test_safety_identifier_is_the_user_where_no_other_is_named() -> None:
    assert _decode(input="x", safety_identifier="s").user == "s"
    both = _decode(input="x", safety_identifier="s", user="u")
    assert (both.user, both.extras) == ("u", {"safety_identifier": "s"})


def test_a_plain_text_format_is_no_format() -> None:
    assert _decode(input="x", text={"format": {"type": "text"}}).output is None
    assert _decode(input="x", text={"format": {"type": "json_object"}}).output == OutputFormat(kind="json")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": "x", "model": None}, "model"),
        ({}, "input"),
        ({"input": 5}, "input"),
        ({"input": ["x"]}, "input[0]"),
        ({"input": [{"role": "wizard", "content": "x"}]}, "input[0].role"),
        ({"input": [{"role": "user"}]}, "input[0].content"),
        ({"input": [{"role": "user", "content": [{"text": "x"}]}]}, "input[0].content[0].type"),
        ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0].image_url"),
        ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "input[0].content[0].file_data"),
        ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input[0].content[0].input_audio"),
        ({"input": [{"type": "function_call", "name": "f", "arguments": "{}"}]}, "input[0].call_id"),
        ({"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": {}}]}, "input[0].arguments"),
        ({"input": [{"type": "function_call_output", "call_id": "c"}]}, "input[0].output"),
        ({"input": [{"type": "reasoning", "summary": "x"}]}, "input[0].summary"),
        ({"input": "x", "temperature": "hot"}, "temperature"),
        ({"input": "x", "max_output_tokens": 1.5}, "max_output_tokens"),
        ({"input": "x", "stream": "yes"}, "stream"),
        ({"input": "x", "tools": [{"type": "function"}]}, "tools[0].name"),
        (
            {"input": "x", "tools": [{"type": "namespace", "name": "n", "tools": [{"type": "custom"}]}]},
            "tools[0].tools[0].name",
        ),
        ({"input": "x", "tool_choice": "maybe"}, "tool_choice"),
        ({"input": "x", "tool_choice": {"type": "allowed_tools", "tools": []}}, "tool_choice.mode"),
        ({"input": "x", "tool_choice": {"type": "allowed_tools", "mode": "x", "tools": []}}, "tool_choice.mode"),
        ({"input": "x", "text": {"format": {}}}, "text.format.type"),
        ({"input": "x", "metadata": {"a": 1}}, "metadata.a"),
    ],
)
def test_what_cannot_be_understood_is_named_as_the_client_spells_it(body: dict[str, Any], param: str) -> None:
    with pytest.raises(Invalid) as raised:
        _decode(**body)
    assert raised.value.param == param


# ── Codex ───────────────────────────────────────────────────────────────────────────────────────────────────────

_CODEX: dict[str, Any] = {
    "model": "gpt-5-codex",
    "stream": True,
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "prompt_cache_key": "0199-thread",
    "client_metadata": {"session_id": "0199"},
    "reasoning": {"summary": "auto"},
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [
        {"type": "function", "name": "shell", "description": "Run.", "strict": False, "parameters": _SCHEMA},
        _NAMESPACE,
        {"type": "web_search", "external_web_access": False},
    ],
    "input": [
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "You are Codex."}]},
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Sandbox: none."}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "List the files."}]},
        {"type": "reasoning", "summary": [], "content": None, "encrypted_content": "gAAAA"},
        {"type": "function_call", "name": "read", "namespace": "mcp__fs", "arguments": "{}", "call_id": "call_1"},
        {"type": "function_call_output", "id": "fco_1", "call_id": "call_1", "output": "a.txt"},
    ],
}


def test_a_second_turn_of_codex_is_read() -> None:
    request = CODEC.decode_request(_CODEX)
    assert [message.role for message in request.messages] == ["developer", "developer", "user", "assistant", "tool"]
    assert request.messages[3].parts == (
        Thinking(redacted=True, state=State(origin=ORIGIN, value="gAAAA")),
        ToolCall(id="call_1", name="read", arguments="{}", namespace="mcp__fs"),
    )
    assert request.extras == {"client_metadata": {"session_id": "0199"}}
    assert request.unread == ()


def test_a_second_turn_of_codex_is_written_again() -> None:
    body = _sent(CODEC.decode_request(_CODEX))
    said = {"developer": ["You are Codex.", "Sandbox: none."], "user": ["List the files."]}
    assert body["input"] == [
        *({"type": "message", "role": role, "content": text} for role, texts in said.items() for text in texts),
        {"type": "reasoning", "summary": [], "encrypted_content": "gAAAA"},
        {"type": "function_call", "name": "read", "namespace": "mcp__fs", "arguments": "{}", "call_id": "call_1"},
        {"type": "function_call_output", "call_id": "call_1", "output": "a.txt"},
    ]
    assert {key: value for key, value in body.items() if key != "input"} == {
        key: value for key, value in _CODEX.items() if key != "input"
    }


# ── losses and foreign requests ─────────────────────────────────────────────────────────────────────────────────


def test_whatever_the_format_cannot_say_is_told() -> None:
    sampling = Sampling(
        top_k=1, min_p=0.1, frequency_penalty=1, presence_penalty=1, seed=1, stop=("x",), n=2, logit_bias={"1": 1.0}
    )
    request = _asks(
        Message(role=Role.USER, parts=(Text(text="x"),), name="Ann"),
        origin="openai-chat",
        sampling=sampling,
        service_tier="standard_only",
        tool_choice=ToolChoice(mode="none", names=("f",)),
        tools=(
            FunctionTool(name="f", cache=CacheMark()),
            ServerTool(origin="anthropic", kind="web_search_20250305", raw={}),
        ),
        extras={"logit_processors": 1},
        reasoning=Reasoning(budget=2000, include=True, enabled=True),
    )
    assert _lost(request) == {
        "messages[0].name": "dropped",
        "extras.logit_processors": "dropped",
        "sampling.top_k": "dropped",
        "sampling.min_p": "dropped",
        "sampling.frequency_penalty": "dropped",
        "sampling.presence_penalty": "dropped",
        "sampling.seed": "dropped",
        "sampling.stop": "dropped",
        "sampling.logit_bias": "dropped",
        "sampling.n": "dropped",
        "tools[0].cache": "dropped",
        "tools[1]": "dropped",
        "tool_choice.names": "mapped",
        "service_tier": "dropped",
        "reasoning.budget": "mapped",
        "reasoning.include": "mapped",
    }


def test_parts_that_have_no_place_are_told() -> None:
    signed = State(origin="gemini", value="s")
    request = _asks(
        Message(
            role=Role.USER,
            parts=(
                Media(kind="video", url="https://example.org/v"),
                Media(kind="audio", media_type="audio/ogg", data="AA=="),
                Media(kind="image", file_id="f", origin="anthropic"),
                Media(kind="image"),
                Media(kind="document"),
                Media(kind="image", url="https://example.org/i", name="i"),
                Media(kind="document", media_type="application/pdf", data="AA=="),
                Text(text="x", cache=CacheMark(ttl="5m")),
                Opaque(origin="anthropic", kind="search_result", raw={}),
            ),
        ),
        Message(
            role=Role.ASSISTANT,
            parts=(
                Thinking(text="mine", state=State(origin="anthropic", value="s")),
                Thinking(text="nobody's"),
                Text(text="a", state=signed, citations=(Citation(origin="anthropic", raw={}),), cache=CacheMark()),
                Media(kind="image", url="https://example.org/i"),
                ToolCall(id="c", name="f", state=signed, cache=CacheMark()),
            ),
        ),
        Message(role=Role.TOOL, parts=(ToolResult(call_id="c", name="g", is_error=True, cache=CacheMark()),)),
        Message(role=Role.USER),
        origin="anthropic",
    )
    assert _lost(request) == {
        "messages[0].parts[0]": "dropped",
        "messages[0].parts[1]": "dropped",
        "messages[0].parts[2]": "dropped",
        "messages[0].parts[3]": "dropped",
        "messages[0].parts[4]": "dropped",
        "messages[0].parts[5].name": "dropped",
        "messages[0].parts[6].name": "mapped",
        "messages[0].parts[7].cache": "dropped",
        "messages[0].parts[8]": "dropped",
        "messages[1].parts[0]": "dropped",
        "messages[1].parts[1]": "dropped",
        "messages[1].parts[2].state": "dropped",
        "messages[1].parts[2].citations": "dropped",
        "messages[1].parts[2].cache": "dropped",
        "messages[1].parts[3]": "dropped",
        "messages[1].parts[4].state": "dropped",
        "messages[1].parts[4].cache": "dropped",
        "messages[2].parts[0].is_error": "dropped",
        "messages[2].parts[0].cache": "dropped",
        "messages[2].parts[0].name": "dropped",
        "messages[3]": "dropped",
    }
    body = CODEC.encode_request(request).body
    _check(body)
    assert "gemini" not in repr(body)
    assert [part.get("filename") for part in body["input"][0]["content"]] == [None, "document.pdf", None]
    assert [item.get("type") for item in body["input"]] == [
        "message",
        "message",
        "function_call",
        "function_call_output",
    ]


def test_a_foreign_request_keeps_its_meaning_where_the_formats_defaults_differ() -> None:
    request = _asks(
        Message(role=Role.SYSTEM, parts=(Text(text="Be kind."),)),
        Message(role=Role.USER, parts=(Text(text="Hi"),)),
        Message(role=Role.ASSISTANT, parts=(ToolCall(id="c", name="f"),)),
        Message(role=Role.TOOL, parts=(ToolResult(call_id="c", name="f"),)),
        origin="openai-chat",
        tools=(FunctionTool(name="f"),),
        reasoning=Reasoning(effort="low"),
    )
    assert _sent(request) == {
        "model": "gpt-5",
        "instructions": "Be kind.",
        "input": [
            {"type": "message", "role": "user", "content": "Hi"},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": ""},
        ],
        "tools": [{"type": "function", "name": "f", "parameters": None, "strict": False}],
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "low"},
    }


def test_our_own_state_that_came_by_another_client_goes_home_as_a_summary() -> None:
    thought = Thinking(text="hm", state=State(origin=ORIGIN, value="gAAAA"))
    body = _sent(_asks(Message(role=Role.ASSISTANT, parts=(thought,)), origin="anthropic"))
    assert body["input"] == [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "gAAAA"}
    ]


@pytest.mark.parametrize(
    ("reasoning", "written", "lost"),
    [
        (Reasoning(budget=1024), {"effort": "low", "summary": "auto"}, {"reasoning.budget": "mapped"}),
        (Reasoning(budget=8192), {"effort": "medium", "summary": "auto"}, {"reasoning.budget": "mapped"}),
        (Reasoning(budget=60000), {"effort": "high", "summary": "auto"}, {"reasoning.budget": "mapped"}),
        (Reasoning(budget=60000, effort="low"), {"effort": "low", "summary": "auto"}, {"reasoning.budget": "mapped"}),
        (Reasoning(adaptive=True), {"summary": "auto"}, {"reasoning.adaptive": "mapped"}),
        (Reasoning(adaptive=True, effort="xhigh"), {"effort": "xhigh", "summary": "auto"}, {}),
        (Reasoning(enabled=False), None, {"reasoning.enabled": "dropped"}),
        (Reasoning(enabled=False, effort="none"), {"effort": "none"}, {}),
    ],
)
def test_every_way_to_ask_for_thought_is_said_as_an_effort(
    reasoning: Reasoning, written: dict[str, str] | None, lost: dict[str, str]
) -> None:
    encoded = CODEC.encode_request(_asks(origin="anthropic", reasoning=reasoning))
    assert encoded.body.get("reasoning") == written
    assert {loss.path: loss.action for loss in encoded.losses} == lost


def test_any_json_is_a_json_object() -> None:
    assert _sent(_asks(output=OutputFormat(kind="json")))["text"] == {"format": {"type": "json_object"}}


def test_a_format_without_name_gets_one() -> None:
    request = _asks(origin="gemini", output=OutputFormat(kind="schema", schema={"type": "object"}))
    assert CODEC.encode_request(request).body["text"] == {
        "format": {"type": "json_schema", "name": "response", "schema": {"type": "object"}}
    }


def test_tools_of_one_namespace_are_one_group_wherever_they_stood() -> None:
    tools = (FunctionTool(name="a", namespace="n"), FunctionTool(name="b"), FunctionTool(name="c", namespace="n"))
    written = CODEC.encode_request(_asks(tools=tools)).body["tools"]
    assert [(tool["name"], [inner["name"] for inner in tool.get("tools", ())]) for tool in written] == [
        ("n", ["a", "c"]),
        ("b", []),
    ]


def test_a_server_tool_in_a_namespace_stays_there() -> None:
    group = {"type": "namespace", "name": "n", "description": "d", "tools": [{"type": "mcp", "server_label": "s"}]}
    request = _decode(input="x", tools=[group])
    assert request.tools == (ServerTool(origin=ORIGIN, kind="mcp", raw=group),)
    assert CODEC.encode_request(request).body["tools"] == [group]


def test_content_strayed_into_another_role_is_said_all_the_same() -> None:
    request = _asks(
        Message(role=Role.TOOL, parts=(ToolResult(call_id="c"), Text(text="and"))),
        Message(role=Role.USER, parts=(Refusal(text="no"), Text(text="x", citations=(Citation(origin="x", raw={}),)))),
        Message(role=Role.ASSISTANT, parts=(Opaque(origin="gemini", kind="executable_code", raw={}),)),
        Message(role=Role.TOOL, parts=(ToolResult(call_id="c", parts=(Opaque(origin="x", kind="y", raw={}),)),)),
    )
    assert _lost(request) == {
        "messages[1].parts[0]": "mapped",
        "messages[1].parts[1].citations": "dropped",
        "messages[2].parts[0]": "dropped",
        "messages[3].parts[0].parts[0]": "dropped",
    }
    assert [item.get("role") for item in CODEC.encode_request(request).body["input"]] == [None, "user", "user", None]


def test_a_loss_is_a_sentence() -> None:
    (loss,) = CODEC.encode_request(_asks(sampling=Sampling(seed=1))).losses
    assert loss == Loss(path="sampling.seed", reason="the format has no such setting")
