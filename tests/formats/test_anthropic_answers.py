"""Anthropic answers, streams and errors: as Anthropic and its imitators give them, and as its own SDK reads ours."""

from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types import Message as SdkMessage
from anthropic.types import RawMessageStreamEvent
from hypothesis import given
from pydantic import TypeAdapter

from omniroute.formats.anthropic import CODEC
from omniroute.formats.events import ChoiceEnd, Delta, Event, Fault, Finish, PartEnd, PartStart, Start
from omniroute.formats.fold import unfold
from omniroute.formats.hub import (
    Choice,
    Citation,
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
from tests.formats import strategies
from tests.formats.speaking import ASKED, SEED, answer, assistant, events_of, folded, stream, told

Body = dict[str, Any]

OWN = State(origin="anthropic", value="sig==")
GEMINI = State(origin="gemini", value="Z2VtaW5p")
SDK_EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)


def message(*content: Body, **fields: object) -> Response:
    raw = {"id": "msg_1", "type": "message", "role": "assistant", "model": "x", "content": list(content)}
    return CODEC.decode_response({**raw, "stop_reason": "end_turn", "stop_sequence": None, **fields}, SEED)


# ── answers in ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_of_anthropic_is_read() -> None:
    response = message(
        {"type": "thinking", "thinking": "hm", "signature": "sig=="},
        {"type": "text", "text": "Hi", "citations": None},
        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": "é"}},
        stop_reason="tool_use",
        usage={
            "input_tokens": 10,
            "cache_creation_input_tokens": 20,
            "cache_read_input_tokens": 30,
            "output_tokens": 5,
            "output_tokens_details": {"thinking_tokens": 2},
            "service_tier": "standard",
        },
    )
    assert response.choices == (
        Choice(
            parts=(
                Thinking(text="hm", state=OWN),
                Text(text="Hi"),
                ToolCall(id="toolu_1", name="f", arguments='{"a":"é"}'),
            ),
            stop=Stop.TOOL_CALLS,
        ),
    )
    assert response.usage == Usage(input=60, output=5, cache_read=30, cache_write=20, reasoning=2)
    assert (response.id, response.created, response.service_tier) == ("msg_1", SEED.created, "default")


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", Stop.END),
        ("max_tokens", Stop.LENGTH),
        ("model_context_window_exceeded", Stop.LENGTH),
        ("stop_sequence", Stop.STOP_SEQUENCE),
        ("pause_turn", Stop.PAUSE),
        ("refusal", Stop.REFUSAL),
        ("news", Stop.OTHER),
    ],
)
def test_stop_reasons_are_read(reason: str, stop: Stop) -> None:
    assert message(stop_reason=reason).choices[0].stop is stop


def test_what_an_imitator_leaves_out_is_borne() -> None:
    response = CODEC.decode_response({"content": [{"type": "tool_use", "name": "f"}, 7, {"type": "text"}]}, SEED)
    assert response.id == "msg_0123abcd"
    assert response.choices[0].parts == (ToolCall(id="toolu_0123abcd_0", name="f", arguments="{}"),)
    assert response.usage is None


# ── answers out ─────────────────────────────────────────────────────────────────────────────────────────────────


@given(response=strategies.responses)
def test_every_answer_is_one_for_anthropics_sdk(response: Response) -> None:
    raw = CODEC.encode_response(response, ASKED)
    parsed = SdkMessage.model_validate(raw)
    assert parsed.id.startswith("msg_")
    assert {"stop_reason", "stop_sequence", "usage"} <= raw.keys()


@given(response=strategies.responses)
def test_every_event_of_a_stream_is_one_for_anthropics_sdk(response: Response) -> None:
    events = told(CODEC, unfold(response))
    for event in events:
        SDK_EVENT.validate_python(event)
    assert events[0]["type"] == "message_start"
    assert [event["type"] for event in events[-2:]] == ["message_delta", "message_stop"]


@given(response=strategies.responses)
def test_blocks_are_numbered_and_only_one_is_open(response: Response) -> None:
    opened: list[int] = []
    is_open = False
    for event in told(CODEC, unfold(response)):
        if event["type"] == "content_block_start":
            assert not is_open
            opened.append(event["index"])
            is_open = True
        elif event["type"] in {"content_block_delta", "content_block_stop"}:
            assert (is_open, event["index"]) == (True, opened[-1])
            is_open = event["type"] == "content_block_delta"
    assert opened == list(range(len(opened)))


def sdk(data: bytes, media_type: str = "text/event-stream") -> anthropic.Anthropic:
    """Anthropic's own client, whose server answers with `data`."""

    def serve(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=data, headers={"content-type": media_type})

    client = httpx2.Client(transport=httpx2.MockTransport(serve))
    return anthropic.Anthropic(api_key="k", base_url="http://gateway", http_client=client)


def encoded_stream(*events: Event, request: Request = ASKED) -> bytes:
    encoder = CODEC.encoder(SEED, request)
    return b"".join([encoder.feed(event) for event in events]) + encoder.end()


def test_anthropics_client_puts_a_stream_together() -> None:
    response = Response(
        id="1",
        model="m",
        created=1,
        choices=(
            Choice(
                parts=(
                    Thinking(text="hm", state=OWN),
                    Text(text="Héllo 💥"),
                    ToolCall(id="a", name="f", arguments='{"n":[1]}'),
                    ToolCall(id="b", name="f", arguments=""),
                ),
                stop=Stop.TOOL_CALLS,
            ),
        ),
        usage=Usage(input=10, output=4, cache_read=6, reasoning=1),
    )
    data = encoded_stream(*unfold(response))
    with (
        sdk(CODEC.heartbeat + data) as client,
        client.messages.stream(model="m", max_tokens=9, messages=[{"role": "user", "content": "x"}]) as events,
    ):
        final = events.get_final_message()
    thought, text, first, second = final.content
    assert thought.type == "thinking"
    assert (thought.thinking, thought.signature) == ("hm", "sig==")
    assert text.type == "text"
    assert text.text == "Héllo 💥"
    assert first.type == second.type == "tool_use"
    assert (first.input, second.input) == ({"n": [1]}, {})
    assert final.stop_reason == "tool_use"
    assert (final.usage.input_tokens, final.usage.cache_read_input_tokens, final.usage.output_tokens) == (4, 6, 4)


def test_anthropics_client_raises_the_error_within_a_stream() -> None:
    data = encoded_stream(Start(id="1", model="m", created=1), Fault(kind="overloaded", message="Busy."), Finish())
    assert b"message_stop" not in data
    with (
        sdk(data) as client,
        pytest.raises(anthropic.APIStatusError, match=r"Busy\."),
        client.messages.stream(model="m", max_tokens=9, messages=[]) as events,
    ):
        events.get_final_message()


def test_parts_that_come_mixed_are_told_one_after_the_other() -> None:
    events: list[Event] = [
        Start(id="1", model="m", created=1),
        PartStart(index=0, part=ToolCall(id="a", name="f")),
        Delta(index=0, text='{"n"'),
        PartStart(index=1, part=ToolCall(id="b", name="g")),
        Delta(index=1, text="{"),
        Delta(index=0, text=":1}"),
        PartStart(index=2, part=Text(text="")),
        Delta(index=2, text="t"),
        PartEnd(index=0),
        Delta(index=1, text="}"),
        PartEnd(index=1),
        ChoiceEnd(stop=Stop.TOOL_CALLS),
        Finish(),
    ]
    assert folded(CODEC, encoded_stream(*events)).choices[0].parts == (
        ToolCall(id="a", name="f", arguments='{"n":1}'),
        ToolCall(id="b", name="g", arguments="{}"),
        Text(text="t"),
    )


def test_of_several_choices_the_first_is_told() -> None:
    choices = (Choice(parts=(Text(text="one"),)), Choice(parts=(Text(text="two"),), stop=Stop.LENGTH))
    response = Response(id="1", model="m", created=1, choices=choices)
    assert CODEC.encode_response(response, ASKED)["content"][0]["text"] == "one"
    heard = folded(CODEC, encoded_stream(*unfold(response))).choices
    assert heard == (choices[0],)


def test_calls_are_acted_on_only_when_the_reason_says_so() -> None:
    assert CODEC.encode_response(answer(ToolCall(id="a", name="f")), ASKED)["stop_reason"] == "tool_use"
    assert told(CODEC, unfold(answer(ToolCall(id="a", name="f"))))[-2]["delta"]["stop_reason"] == "tool_use"


def test_a_call_under_a_plain_name_is_told_under_the_clients_own() -> None:
    long = "mcp__" + "n" * 100
    request = Request(model="m", tools=(FunctionTool(name=long),))
    plain = CODEC.encode_request(request).body["tools"][0]["name"]
    assert plain != long
    call = answer(ToolCall(id="a", name=plain, arguments="{}"))
    assert CODEC.encode_response(call, request)["content"][0]["name"] == long
    assert told(CODEC, unfold(call), request)[1]["content_block"]["name"] == long


def test_what_anthropics_blocks_cannot_show_is_told_as_text_or_not_at_all() -> None:
    foreign = Citation(origin="openai-chat", raw={}, url="https://e.com")
    parts = (
        Refusal(text="No."),
        Media(kind="image", url="https://e.com/i.png"),
        Media(kind="image", media_type="image/png", data="AAAA"),
        Opaque(origin="gemini", kind="executableCode", raw={}),
        Text(text="x", citations=(foreign,)),
    )
    shown = [Text(text="No."), Text(text="![image](https://e.com/i.png)"), Text(text="x")]
    assert list(message(*CODEC.encode_response(answer(*parts), ASKED)["content"]).choices[0].parts) == shown
    assert list(folded(CODEC, encoded_stream(*unfold(answer(*parts)))).choices[0].parts) == shown


def test_signatures_that_no_block_has_a_field_for_come_back_with_the_next_turn() -> None:
    parts = (
        Thinking(text="unsigned"),
        Thinking(text="hm", state=GEMINI),
        Thinking(redacted=True, state=GEMINI),
        Text(text="x", state=GEMINI),
        ToolCall(id="a", name="f", arguments="{}", state=GEMINI),
        ToolCall(id="b", name="f", arguments="{}"),
    )
    raw = CODEC.encode_response(answer(*parts), ASKED)
    body = {"model": "m", "max_tokens": 1, "messages": [{"role": "assistant", "content": raw["content"]}]}
    assert CODEC.decode_request(body).messages == (assistant(*parts),)
    assert folded(CODEC, encoded_stream(*unfold(answer(*parts)))).choices[0].parts == parts
    # All that is not Anthropic's own can be told by its mark, so that none of it is sent to Anthropic.
    signatures = [block["signature"] for block in raw["content"] if "signature" in block]
    assert all(signature.startswith("omniroute.") for signature in signatures)


# ── streams in ──────────────────────────────────────────────────────────────────────────────────────────────────


def opened(index: int, **block: object) -> Body:
    return {"type": "content_block_start", "index": index, "content_block": block}


def more(index: int, kind: str, **delta: object) -> Body:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **delta}}


def closed(index: int) -> Body:
    return {"type": "content_block_stop", "index": index}


STARTED: Body = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "x",
        "content": [],
        "usage": {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 1, "service_tier": "priority"},
    },
}
STOPPED: Body = {
    "type": "message_delta",
    "delta": {"stop_reason": "stop_sequence", "stop_sequence": "END"},
    "usage": {"output_tokens": 42},
}
OVER: Body = {"type": "message_stop"}


def test_a_stream_of_anthropic_is_read() -> None:
    data = stream(
        STARTED,
        {"type": "ping"},
        opened(0, type="thinking", thinking="", signature=""),
        more(0, "thinking_delta", thinking="h"),
        more(0, "thinking_delta", thinking="m"),
        more(0, "signature_delta", signature="sig=="),
        closed(0),
        opened(1, type="redacted_thinking", data="sig=="),
        closed(1),
        opened(2, type="text", text=""),
        more(2, "text_delta", text="Hé"),
        more(2, "text_delta", text="llo"),
        more(2, "citations_delta", citation={"type": "char_location", "document_title": "D"}),
        more(2, "news_delta", news="x"),
        closed(2),
        opened(3, type="tool_use", id="toolu_1", name="f", input={}),
        more(3, "input_json_delta", partial_json=""),
        more(3, "input_json_delta", partial_json='{"a"'),
        more(3, "input_json_delta", partial_json=":1}"),
        closed(3),
        opened(4, type="server_tool_use", id="s", name="web_search", input={}),
        more(4, "input_json_delta", partial_json='{"query":"q"}'),
        closed(4),
        STOPPED,
        OVER,
        event=True,
    )
    cited = Citation(origin="anthropic", raw={"type": "char_location", "document_title": "D"}, title="D")
    server = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}}
    assert folded(CODEC, data) == Response(
        id="msg_1",
        model="x",
        created=SEED.created,
        choices=(
            Choice(
                parts=(
                    Thinking(text="hm", state=OWN),
                    Thinking(redacted=True, state=OWN),
                    Text(text="Héllo", citations=(cited,)),
                    ToolCall(id="toolu_1", name="f", arguments='{"a":1}'),
                    Opaque(origin="anthropic", kind="server_tool_use", raw=server),
                ),
                stop=Stop.STOP_SEQUENCE,
                stop_sequence="END",
            ),
        ),
        usage=Usage(input=15, output=42, cache_read=5),
        service_tier="priority",
    )


@pytest.mark.parametrize(
    ("blocks", "part"),
    [
        # no deltas at all: Anthropic's way of calling without arguments, and imitators' of giving them at once
        ([opened(0, type="tool_use", id="a", name="f", input={})], ToolCall(id="a", name="f", arguments="{}")),
        (
            [opened(0, type="tool_use", id="a", name="f", input={"n": 1})],
            ToolCall(id="a", name="f", arguments='{"n":1}'),
        ),
        ([opened(0, type="text", text="at once")], Text(text="at once")),
        ([opened(0, type="thinking", thinking="at once")], Thinking(text="at once")),
    ],
)
def test_blocks_that_are_told_at_their_start_are_read(blocks: list[Body], part: object) -> None:
    assert folded(CODEC, stream(STARTED, *blocks, closed(0), STOPPED, OVER)).choices[0].parts == (part,)


def test_blocks_that_never_closed_are_closed_by_the_stop() -> None:
    data = stream(STARTED, opened(0, type="text", text=""), more(0, "text_delta", text="x"), STOPPED)
    assert folded(CODEC, data).choices[0].parts == (Text(text="x"),)


def test_usage_may_be_told_at_the_end_only() -> None:
    late = {**STOPPED, "usage": {"input_tokens": 7, "cache_read_input_tokens": 3, "output_tokens": 2}}
    start = {"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 0, "output_tokens": 0}}}
    assert folded(CODEC, stream(start, late, OVER)).usage == Usage(input=10, output=2, cache_read=3)
    assert folded(CODEC, stream({"type": "message_start", "message": {}}, OVER)).usage is None


@pytest.mark.parametrize(
    "data", [b"", stream(STARTED), stream(STARTED, opened(0, type="text", text="x")), stream(OVER)]
)
def test_a_stream_without_an_end_is_truncated(data: bytes) -> None:
    fault = events_of(CODEC, data)[-1]
    assert isinstance(fault, Fault)
    assert fault.kind == "truncated"


@pytest.mark.parametrize(
    ("frame", "kind", "message"),
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "overloaded", "Overloaded"),
        ({"error": {"message": "boom"}}, "upstream", "boom"),
        ("oops", "upstream", "The upstream sent a frame that is no JSON: 'oops'"),
    ],
)
def test_an_error_in_a_stream_is_a_fault_and_ends_it(frame: Body | str, kind: str, message: str) -> None:
    fault = events_of(CODEC, stream(STARTED, frame, STOPPED, OVER))[-1]
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.message) == (kind, message)


# ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("invalid_request", "invalid_request_error"),
        ("authentication", "authentication_error"),
        ("permission", "permission_error"),
        ("not_found", "not_found_error"),
        ("too_large", "request_too_large"),
        ("rate_limit", "rate_limit_error"),
        ("overloaded", "overloaded_error"),
        ("timeout", "timeout_error"),
        ("upstream", "api_error"),
        ("truncated", "api_error"),
    ],
)
def test_errors_have_anthropics_types(kind: str, type_: str) -> None:
    error = CODEC.encode_error(Fault(kind=kind, message="m", attempts=({"target": "a"},)))
    assert error == {"type": "error", "error": {"type": type_, "message": "m", "attempts": [{"target": "a"}]}}
