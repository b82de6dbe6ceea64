"""Gemini requests: as Google's SDKs, its CLI and other clients write them, and as its service takes them."""

import base64
from typing import Any

import pytest
from google.genai import types

from omniroute.formats.gemini import CODEC
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
from omniroute.kit.errors import Invalid
from omniroute.kit.json import dumps
from tests.formats.oddities import oddities
from tests.formats.speaking import assistant, paths, system, tool, user

SKIP = "skip_thought_signature_validator"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n\xff\xfe\xfb").decode()

GEMINI_CLI: Json = {
    "contents": [
        {"role": "user", "parts": [{"text": "This is the Gemini CLI. We are setting up the context for our chat."}]},
        {"role": "user", "parts": [{"text": "Read notes.txt"}]},
        {
            "role": "model",
            "parts": [
                {
                    "functionCall": {"id": "call_7", "name": "read_file", "args": {"file_path": "notes.txt"}},
                    "thoughtSignature": SKIP,
                }
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "call_7", "name": "read_file", "response": {"output": "secret: 42"}}}
            ],
        },
    ],
    "systemInstruction": {"role": "user", "parts": [{"text": "You are an interactive CLI agent."}]},
    "tools": [
        {
            "functionDeclarations": [
                {
                    "name": "read_file",
                    "description": "Reads a file.",
                    "parametersJsonSchema": {
                        "type": "object",
                        "properties": {"file_path": {"type": "string"}, "offset": {"type": "number"}},
                        "required": ["file_path"],
                    },
                }
            ]
        }
    ],
    "generationConfig": {
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 8192},
    },
}


EVERYTHING: Json = {
    **GEMINI_CLI,
    "contents": [
        *GEMINI_CLI["contents"],
        {"parts": [{"inlineData": {"mimeType": "image/png", "data": PNG}}, {"fileData": {"fileUri": "gs://a/b"}}]},
        {
            "role": "model",
            "parts": [{"text": "hm", "thought": True, "thoughtSignature": "c2ln"}, {"executableCode": {}}],
        },
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["read_file"]}},
    "generationConfig": {
        **GEMINI_CLI["generationConfig"],
        "stopSequences": ["x"],
        "responseMimeType": "application/json",
        "responseSchema": {
            "type": "OBJECT",
            "properties": {"a": {"type": "ARRAY", "items": {"anyOf": [{"type": "STRING"}]}, "nullable": True}},
            "required": ["a"],
        },
    },
}


def read(body: Json) -> Request:
    return CODEC.decode_request(body)


def asked(*contents: Any, **fields: Any) -> Request:
    return read({"contents": list(contents), **fields})


def turn(*parts: Any, role: str = "user") -> Json:
    return {"role": role, "parts": list(parts)}


def written(*messages: Message, **fields: Any) -> Json:
    return CODEC.encode_request(Request(model="gemini-3-pro", messages=messages, **fields)).body


def lost(*messages: Message, **fields: Any) -> list[str]:
    return paths(CODEC.encode_request(Request(model="gemini-3-pro", messages=messages, **fields)).losses)


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_gemini_cli_sends_is_read_whole() -> None:
    request = read(GEMINI_CLI)
    call = ToolCall(id="call_7", name="read_file", arguments='{"file_path":"notes.txt"}')
    assert request.messages == (
        system("You are an interactive CLI agent."),
        user("This is the Gemini CLI. We are setting up the context for our chat."),
        user("Read notes.txt"),
        assistant(call),
        tool(ToolResult(call_id="call_7", name="read_file", parts=(Text(text="secret: 42"),))),
    )
    schema = GEMINI_CLI["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"]
    assert request.tools == (FunctionTool(name="read_file", description="Reads a file.", schema=schema),)
    assert request.sampling == Sampling(temperature=1, top_p=0.95, top_k=64)
    assert request.reasoning == Reasoning(budget=8192, include=True)
    assert (request.model, request.stream, request.extras, request.unread) == ("", False, {}, ())


def test_what_gemini_cli_sends_goes_home_as_it_came() -> None:
    body = CODEC.encode_request(read(GEMINI_CLI)).body
    assert body["contents"][1]["parts"] == GEMINI_CLI["contents"][2]["parts"]
    assert body["contents"][2]["parts"] == GEMINI_CLI["contents"][3]["parts"]
    assert body["generationConfig"] == GEMINI_CLI["generationConfig"]
    assert body["tools"][0]["functionDeclarations"][0]["parameters"]["required"] == ["file_path"]


def test_snake_case_is_read_like_camel_case() -> None:
    snake = read(
        {
            "contents": [
                turn({"inline_data": {"mime_type": "image/png", "data": PNG}}),
                turn({"function_call": {"name": "f", "args": {"a_b": 1}}, "thought_signature": "c2ln"}, role="model"),
                turn({"function_response": {"name": "f", "response": {"result": "ok"}}}, role="function"),
            ],
            "system_instruction": "Be brief.",
            "generation_config": {
                "max_output_tokens": 5,
                "stop_sequences": ["x"],
                "response_mime_type": "application/json",
            },
            "tools": [{"function_declarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}],
            "tool_config": {"function_calling_config": {"mode": "any", "allowed_function_names": ["f"]}},
            "safety_settings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        }
    )
    assert snake.messages == (
        system("Be brief."),
        user(Media(kind="image", media_type="image/png", data=PNG)),
        assistant(ToolCall(id="call_0", name="f", arguments='{"a_b":1}', state=State(origin="gemini", value="c2ln"))),
        tool(ToolResult(call_id="call_0", name="f", parts=(Text(text="ok"),))),
    )
    assert snake.sampling == Sampling(max_tokens=5, stop=("x",))
    assert snake.output == OutputFormat(kind="json")
    assert snake.tool_choice == ToolChoice(mode="required", names=("f",))
    assert snake.extras == {"safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]}


@pytest.mark.parametrize(
    "instruction",
    [
        "Be kind.",
        {"parts": [{"text": "Be kind."}]},
        {"parts": {"text": "Be kind."}},
        {"text": "Be kind."},
        ["Be kind."],
    ],
)
def test_a_system_instruction_may_be_text_parts_or_content(instruction: Any) -> None:
    assert asked(turn({"text": "Hi"}), systemInstruction=instruction).messages == (system("Be kind."), user("Hi"))


@pytest.mark.parametrize("contents", ["Hi", ["Hi"], turn({"text": "Hi"}), {"parts": {"text": "Hi"}}, [turn("Hi")]])
def test_contents_may_be_a_text_one_content_or_a_list(contents: Any) -> None:
    assert read({"contents": contents}).messages == (user("Hi"),)


def test_pythons_url_safe_base64_becomes_standard() -> None:
    data = base64.urlsafe_b64encode(base64.b64decode(PNG)).decode()
    assert "_" in data or "-" in data
    request = asked(turn({"inlineData": {"mimeType": "image/png", "data": data}}))
    assert request.messages == (user(Media(kind="image", media_type="image/png", data=PNG)),)
    body = CODEC.encode_request(request).body
    assert body["contents"][0]["parts"] == [{"inlineData": {"mimeType": "image/png", "data": PNG}}]


@pytest.mark.parametrize(
    ("file", "media"),
    [
        (
            {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/x", "mimeType": "video/mp4"},
            Media(
                kind="video",
                media_type="video/mp4",
                file_id="https://generativelanguage.googleapis.com/v1beta/files/x",
                origin="gemini",
            ),
        ),
        ({"fileUri": "https://example.com/a.png"}, Media(kind="image", url="https://example.com/a.png")),
        ({"fileUri": "https://youtu.be/abc"}, Media(kind="video", url="https://youtu.be/abc")),
    ],
)
def test_files_are_googles_or_anyones(file: Json, media: Media) -> None:
    assert asked(turn({"fileData": file})).messages == (user(media),)


def test_responses_without_ids_find_their_calls_by_name_and_order() -> None:
    request = asked(
        turn(
            {"functionCall": {"name": "f"}},
            {"functionCall": {"name": "g"}},
            {"functionCall": {"name": "f"}},
            role="model",
        ),
        turn(
            {"functionResponse": {"name": "f", "response": {"output": "1"}}},
            {"functionResponse": {"name": "f", "response": {"output": "2"}}},
            {"functionResponse": {"name": "g", "response": {"output": "3"}}},
        ),
        turn({"functionCall": {"name": "f"}}, role="model"),
        turn({"functionResponse": {"name": "f", "response": {}}}, {"functionResponse": {"name": "h", "response": {}}}),
    )
    found = [part.call_id for message in request.messages for part in message.parts if isinstance(part, ToolResult)]
    assert found == ["call_0", "call_2", "call_1", "call_3", "call_h"]


def test_what_follows_a_response_in_the_same_content_is_the_users() -> None:
    request = asked(turn({"functionResponse": {"name": "f", "response": {"output": "x"}}}, {"text": "go on"}))
    assert [message.role for message in request.messages] == [Role.TOOL, Role.USER]


@pytest.mark.parametrize(
    ("response", "text", "is_error"),
    [
        ({"output": "done"}, "done", False),
        ({"result": {"a": 1}}, '{"a":1}', False),
        ({"error": "no such file"}, "no such file", True),
        ({"temp": 20, "unit": "C"}, '{"temp":20,"unit":"C"}', False),
        ({"output": "a", "error": "b"}, '{"output":"a","error":"b"}', False),
    ],
)
def test_a_response_says_what_came_out_or_what_went_wrong(response: Json, text: str, is_error: bool) -> None:
    request = asked(turn({"functionResponse": {"id": "c", "name": "f", "response": response}}))
    assert request.messages == (tool(ToolResult(call_id="c", name="f", parts=(Text(text=text),), is_error=is_error)),)


def test_a_response_may_hold_media() -> None:
    parts = [{"inlineData": {"mimeType": "image/png", "data": PNG}}]
    answered = {"functionResponse": {"id": "c", "name": "shot", "response": {"output": "see"}, "parts": parts}}
    request = asked(turn(answered))
    image = Media(kind="image", media_type="image/png", data=PNG)
    assert request.messages == (tool(ToolResult(call_id="c", name="shot", parts=(Text(text="see"), image))),)
    assert CODEC.encode_request(request).body["contents"] == [turn(answered)]


def test_thoughts_and_their_signatures_are_kept_apart_from_text() -> None:
    request = asked(
        turn(
            {"text": "hm", "thought": True},
            {"text": "Yes.", "thoughtSignature": "c2ln"},
            {"thoughtSignature": "eA=="},
            role="model",
        )
    )
    signed = State(origin="gemini", value="c2ln")
    last = Text(text="", state=State(origin="gemini", value="eA=="))
    assert request.messages == (assistant(Thinking(text="hm"), Text(text="Yes.", state=signed), last),)


@pytest.mark.parametrize(
    "stand_in", [SKIP, base64.b64encode(SKIP.encode()).decode(), "context_engineering_is_the_way_to_go"]
)
def test_googles_stand_in_is_nobodys_signature(stand_in: str) -> None:
    request = asked(turn({"functionCall": {"name": "f"}, "thoughtSignature": stand_in}, role="model"))
    assert request.messages == (assistant(ToolCall(id="call_0", name="f", arguments="{}")),)


def test_blocks_of_googles_own_go_home_as_they_came() -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "print(1)"}, "thoughtSignature": "c2ln"}
    ran = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}}
    request = asked(turn({"text": "run"}), turn(code, ran, role="model"))
    assert request.messages[1].parts == (
        Opaque(origin="gemini", kind="executableCode", raw=code),
        Opaque(origin="gemini", kind="codeExecutionResult", raw=ran),
    )
    assert CODEC.encode_request(request).body["contents"][1]["parts"] == [code, ran]


def test_tools_that_google_runs_stand_beside_functions() -> None:
    request = asked(
        turn({"text": "x"}), tools=[{"functionDeclarations": [{"name": "f"}], "googleSearch": {}}, {"urlContext": {}}]
    )
    assert request.tools == (
        FunctionTool(name="f"),
        ServerTool(origin="gemini", kind="googleSearch", raw={"googleSearch": {}}),
        ServerTool(origin="gemini", kind="urlContext", raw={"urlContext": {}}),
    )
    assert CODEC.encode_request(request).body["tools"] == [
        {"functionDeclarations": [{"name": "f"}]},
        {"googleSearch": {}},
        {"urlContext": {}},
    ]


def test_upper_case_types_become_json_schema() -> None:
    parameters = {"type": "OBJECT", "properties": {"n": {"type": "INTEGER", "nullable": True}}, "required": ["n"]}
    request = asked(turn({"text": "x"}), tools=[{"functionDeclarations": [{"name": "f", "parameters": parameters}]}])
    schema = {"type": "object", "properties": {"n": {"type": ["integer", "null"]}}, "required": ["n"]}
    assert request.tools == (FunctionTool(name="f", schema=schema),)
    assert CODEC.encode_request(request).body["tools"] == [
        {"functionDeclarations": [{"name": "f", "parameters": parameters}]}
    ]


@pytest.mark.parametrize(
    ("calling", "choice"),
    [
        ({"mode": "AUTO"}, ToolChoice(mode="auto")),
        ({"mode": "ANY"}, ToolChoice(mode="required")),
        ({"mode": "NONE"}, ToolChoice(mode="none")),
        ({"mode": "VALIDATED"}, ToolChoice(mode="auto")),
        ({"mode": "VALIDATED", "allowedFunctionNames": ["f"]}, ToolChoice(mode="auto", names=("f",))),
        ({"mode": "ANY", "allowedFunctionNames": ["f"]}, ToolChoice(mode="required", names=("f",))),
    ],
)
def test_the_choice_of_tools_is_read_and_goes_home(calling: Json, choice: ToolChoice) -> None:
    config = {"functionCallingConfig": calling, "retrievalConfig": {"languageCode": "de"}}
    tools = [{"functionDeclarations": [{"name": "f"}]}]
    request = asked(turn({"text": "x"}), tools=tools, toolConfig=config)
    assert request.tool_choice == choice
    assert CODEC.encode_request(request).body["toolConfig"] == config


@pytest.mark.parametrize(
    ("thinking", "reasoning"),
    [
        ({"thinkingBudget": 0}, Reasoning(enabled=False)),
        ({"thinkingBudget": -1}, Reasoning(adaptive=True)),
        ({"thinkingBudget": 2048, "includeThoughts": True}, Reasoning(budget=2048, include=True)),
        ({"thinkingLevel": "HIGH"}, Reasoning(effort="high")),
    ],
)
def test_thinking_is_a_budget_or_a_level(thinking: Json, reasoning: Reasoning) -> None:
    request = asked(turn({"text": "x"}), generationConfig={"thinkingConfig": thinking})
    assert request.reasoning == reasoning
    assert CODEC.encode_request(request).body["generationConfig"] == {"thinkingConfig": thinking}


def test_the_whole_generation_config_is_read_and_goes_home() -> None:
    config = {
        "maxOutputTokens": 10,
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "frequencyPenalty": 0.1,
        "presencePenalty": 0.2,
        "seed": 7,
        "candidateCount": 2,
        "responseLogprobs": True,
        "logprobs": 3,
        "stopSequences": ["END"],
        "responseMimeType": "application/json",
        "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
        "responseModalities": ["TEXT"],
        "speechConfig": {"languageCode": "de"},
    }
    request = asked(
        turn({"text": "x"}), generationConfig=config, cachedContent="cachedContents/1", labels={"team": "a"}
    )
    assert request.output == OutputFormat(
        kind="schema", schema={"type": "object", "properties": {"a": {"type": "string"}}}
    )
    assert request.extras == {
        "generationConfig": {"responseModalities": ["TEXT"], "speechConfig": {"languageCode": "de"}},
        "cachedContent": "cachedContents/1",
        "labels": {"team": "a"},
    }
    encoded = CODEC.encode_request(request)
    assert encoded.body["generationConfig"] == config
    assert encoded.losses == ()


def test_what_nobody_reads_is_noted_where_it_stood() -> None:
    request = asked(
        turn({"file_data": {"fileUri": "https://youtu.be/a"}, "video_metadata": {"fps": 2}}),
        tools=[{"functionDeclarations": [{"name": "f", "behavior": "NON_BLOCKING"}]}],
    )
    assert paths(request.unread) == ["contents[0].parts[0].video_metadata", "tools[0].functionDeclarations[0].behavior"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "contents"),
        ({"contents": []}, "contents"),
        ({"contents": [{"role": "bot", "parts": []}]}, "contents[0].role"),
        ({"contents": [turn({"text": 5})]}, "contents[0].parts[0].text"),
        ({"contents": [turn({"inline_data": {}})]}, "contents[0].parts[0].inline_data"),
        ({"contents": [turn({"function_call": {}})]}, "contents[0].parts[0].function_call.name"),
        ({"contents": "x", "generation_config": {"top_k": "many"}}, "generation_config.top_k"),
        ({"contents": "x", "generationConfig": {"topP": True}}, "generationConfig.topP"),
        ({"contents": "x", "tools": [{"functionDeclarations": [{}]}]}, "tools[0].functionDeclarations[0].name"),
        (
            {"contents": "x", "toolConfig": {"functionCallingConfig": {"mode": "SOME"}}},
            "toolConfig.functionCallingConfig.mode",
        ),
        ({"contents": "x", "system_instruction": {"parts": [{"inlineData": {}}]}}, "system_instruction.parts[0]"),
    ],
)
def test_a_wrong_field_is_named_as_the_client_spelled_it(body: Json, param: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(body)
    assert caught.value.param == param


def test_no_odd_request_is_answered_with_anything_but_invalid() -> None:
    for odd in oddities(EVERYTHING):
        try:
            request = CODEC.decode_request(odd)
        except Invalid:
            continue
        dumps(CODEC.encode_request(request).body)


# ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_turns_alternate_and_results_keep_together() -> None:
    body = written(
        system("A"),
        Message(role=Role.DEVELOPER, parts=(Text(text="B"),)),
        user("one"),
        user("two"),
        assistant("sure", ToolCall(id="c1", name="f", arguments='{"a":1}'), ToolCall(id="c2", name="g")),
        tool(ToolResult(call_id="c1", parts=(Text(text="x"),))),
        tool(ToolResult(call_id="c2", parts=(Text(text="y"),), is_error=True)),
        user("and?"),
    )
    assert body["systemInstruction"] == {"parts": [{"text": "A"}, {"text": "B"}]}
    assert body["contents"] == [
        turn({"text": "one"}, {"text": "two"}),
        turn(
            {"text": "sure"},
            {"functionCall": {"id": "c1", "name": "f", "args": {"a": 1}}, "thoughtSignature": SKIP},
            {"functionCall": {"id": "c2", "name": "g", "args": {}}},
            role="model",
        ),
        turn(
            {"functionResponse": {"id": "c1", "name": "f", "response": {"output": "x"}}},
            {"functionResponse": {"id": "c2", "name": "g", "response": {"error": "y"}}},
            {"text": "and?"},
        ),
    ]


def test_system_words_in_the_middle_are_said_as_the_user_and_told() -> None:
    messages = (user("a"), assistant("b"), system("be brief"))
    assert written(*messages)["contents"][-1] == turn({"text": "be brief"})
    assert lost(*messages) == ["messages[2]"]


def test_system_words_alone_become_the_question() -> None:
    assert written(system("Say hi")) == {"contents": [turn({"text": "Say hi"})]}
    assert lost(system("Say hi")) == ["messages"]


def call(number: int, state: State | None = None) -> ToolCall:
    return ToolCall(id=f"c{number}", name="f", arguments="{}", state=state)


def result(number: int) -> Message:
    return tool(ToolResult(call_id=f"c{number}", name="f", parts=(Text(text="x"),)))


def signatures(*messages: Message) -> list[list[str | None]]:
    turns = written(*messages)["contents"]
    return [[part.get("thoughtSignature") for part in turn["parts"]] for turn in turns if turn["role"] == "model"]


def test_the_stand_in_is_written_only_where_the_api_demands_a_signature() -> None:
    own = State(origin="gemini", value="c2ln")
    assert signatures(
        user("first"),
        assistant(call(1)),  # an earlier turn: not checked
        result(1),
        assistant("done"),
        user("second"),
        assistant(call(2), call(3)),  # the first call of a step, and no other
        tool(*result(2).parts, *result(3).parts),
        assistant(call(4, own)),  # signed by Google itself
        result(4),
        assistant("thinking aloud", call(5)),
        result(5),
    ) == [[None], [None], [SKIP, None], ["c2ln"], [None, SKIP]]


def test_a_question_after_old_calls_needs_no_stand_in() -> None:
    assert signatures(user("a"), assistant(call(1)), result(1), assistant("b"), user("c")) == [[None], [None]]


def test_another_vendors_signature_is_never_sent() -> None:
    foreign = State(origin="anthropic", value="ErUBCkYIB")
    messages = (
        user("a"),
        assistant(Thinking(text="hm", state=foreign), Thinking(redacted=True, state=foreign), call(1, foreign)),
        result(1),
    )
    assert "ErUBCkYIB" not in str(written(*messages))
    assert written(*messages)["contents"][1]["parts"][0] == {"text": "hm", "thought": True}
    assert lost(*messages) == ["messages[1].parts[0].state", "messages[1].parts[1]", "messages[1].parts[2].state"]


def test_gemini_signatures_go_home() -> None:
    own = State(origin="gemini", value="c2ln")
    body = written(user("a"), assistant(Thinking(text="hm", state=own), Text(text="b", state=own)))
    assert [part["thoughtSignature"] for part in body["contents"][1]["parts"]] == ["c2ln", "c2ln"]


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("plain", {"output": "plain"}),
        ('{"a":1}', {"a": 1}),
        ('{"a": 1}', {"output": '{"a": 1}'}),  # another spelling would not come back as it was
        ('{"output":"x"}', {"output": '{"output":"x"}'}),
        ("{broken", {"output": "{broken"}),
        ("[1]", {"output": "[1]"}),
    ],
)
def test_results_are_objects_and_come_back_as_the_text_they_were(text: str, response: Json) -> None:
    body = written(tool(ToolResult(call_id="c", name="f", parts=(Text(text=text),))))
    assert body["contents"][0]["parts"][0]["functionResponse"]["response"] == response
    assert read(body).messages[0].parts == (ToolResult(call_id="c", name="f", parts=(Text(text=text),)),)


def test_every_part_that_gemini_cannot_take_is_told() -> None:
    messages = (
        Message(role=Role.USER, name="ann", parts=(Text(text="x", cache=CacheMark()), Text(text=""))),
        user(
            Media(kind="document", file_id="file_1", origin="anthropic"),
            Media(kind="image", media_type="image/png", data=PNG, name="a.png", detail="high"),
            Opaque(origin="anthropic", kind="search_result", raw={}),
        ),
        assistant(
            Refusal(text="no"),
            ToolCall(id="c", name="f", arguments="not json"),
            ToolCall(id="d", name="sh", arguments="ls", custom=True, namespace="n"),
        ),
        tool(ToolResult(call_id="gone")),
    )
    assert lost(*messages) == [
        "messages[0].name",
        "messages[0].parts[0].cache",
        "messages[0].parts[1]",
        "messages[1].parts[0]",
        "messages[1].parts[1].name",
        "messages[1].parts[1].detail",
        "messages[1].parts[2]",
        "messages[2].parts[0]",
        "messages[2].parts[1].arguments",
        "messages[2].parts[2].namespace",
        "messages[2].parts[2].arguments",
        "messages[3].parts[0].name",
    ]


def test_every_setting_that_gemini_cannot_take_is_told() -> None:
    fields: Json = {
        "tools": (
            CustomTool(name="sh", grammar={"type": "grammar"}),
            ServerTool(origin="anthropic", kind="web_search_20250305", raw={}),
            FunctionTool(
                name="f",
                schema={"type": "object", "properties": {"a": {"type": "string", "format": "uri"}}},
                strict=True,
            ),
        ),
        "parallel_tool_calls": False,
        "sampling": Sampling(min_p=0.1, logit_bias={"1": 2}, stop=("a", "b", "c", "d", "e", "f")),
        "user": "u",
        "store": True,
        "previous_response_id": "r",
        "extras": {"future": 1},
        "origin": "openai-chat",
    }
    assert set(lost(user("x"), **fields)) == {
        "tools[0]",
        "tools[0].grammar",
        "tools[1]",
        "tools[2].schema.properties.a.format",
        "tools[2].strict",
        "parallel_tool_calls",
        "sampling.min_p",
        "sampling.logit_bias",
        "sampling.stop[5]",
        "user",
        "store",
        "previous_response_id",
        "extras.future",
    }


@pytest.mark.parametrize(
    ("model", "reasoning", "thinking"),
    [
        ("gemini-2.5-flash", Reasoning(effort="medium"), {"thinkingBudget": 8192}),
        ("models/gemini-2.5-pro", Reasoning(effort="high"), {"thinkingBudget": 24576}),
        ("gemini-3-pro-preview", Reasoning(effort="minimal"), {"thinkingLevel": "MINIMAL"}),
        ("gemini-3-pro-preview", Reasoning(effort="xhigh"), {"thinkingLevel": "HIGH"}),
        ("gemini-3-flash", Reasoning(enabled=False), {"thinkingBudget": 0}),
        ("gemini-3-flash", Reasoning(enabled=True, budget=900), {"thinkingBudget": 900, "includeThoughts": True}),
        ("gemini-2.5-pro", Reasoning(adaptive=True, effort="low"), {"thinkingBudget": -1, "includeThoughts": True}),
        ("gemini-3-pro", Reasoning(effort="low", summary="auto"), {"thinkingLevel": "LOW", "includeThoughts": True}),
    ],
)
def test_effort_is_a_budget_for_older_models_and_a_level_for_newer_ones(
    model: str, reasoning: Reasoning, thinking: Json
) -> None:
    request = Request(model=model, messages=(user("x"),), reasoning=reasoning, origin="anthropic")
    assert CODEC.encode_request(request).body["generationConfig"]["thinkingConfig"] == thinking


def test_what_is_written_is_what_googles_types_know() -> None:
    body = written(
        system("s"),
        user("x", Media(kind="image", media_type="image/png", data=PNG)),
        assistant(ToolCall(id="c", name="f", arguments='{"a":1}')),
        tool(ToolResult(call_id="c", parts=(Text(text="y"),))),
        tools=(FunctionTool(name="f", schema={"type": "object", "properties": {"a": {"type": ["integer", "null"]}}}),),
        tool_choice=ToolChoice(mode="auto", names=("f",)),
        output=OutputFormat(kind="schema", schema={"type": "object", "properties": {"a": {"type": "string"}}}),
        sampling=Sampling(max_tokens=3),
        reasoning=Reasoning(effort="low"),
    )
    for content in [*body["contents"], body["systemInstruction"]]:
        types.Content.model_validate(content)
    for entry in body["tools"]:
        types.Tool.model_validate(entry)
    types.ToolConfig.model_validate(body["toolConfig"])
    types.GenerationConfig.model_validate(body["generationConfig"])
    assert set(body) == {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig"}
