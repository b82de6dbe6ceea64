"""Responses answers and streams, written for clients and read from upstreams; OpenAI's own types judge each event."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import Response as OpenAIResponse
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from omniroute.formats.events import ChoiceEnd, Delta, Event, Fault, Finish, PartEnd, PartStart, Start
from omniroute.formats.fold import StreamFault, fold, unfold
from omniroute.formats.hub import (
    Choice,
    Citation,
    CustomTool,
    FunctionTool,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Request,
    Response,
    Role,
    Seed,
    State,
    Stop,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Usage,
)
from omniroute.formats.openai_responses import CODEC
from omniroute.formats.wrapping import as_function
from omniroute.kit.json import dumps, loads

ORIGIN = "openai-responses"
SEED = Seed(id="5eed", created=1_700_000_000, model="gpt-5")
_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
_REQUEST = Request(model="gpt-5", origin=ORIGIN)
_USAGE = Usage(input=10, output=20, cache_read=4, cache_write=1, reasoning=5)
_READ = FunctionTool(name="read", namespace="fs")


def _bytes(events: Iterable[Event], request: Request = _REQUEST) -> bytes:
    encoder = CODEC.encoder(SEED, request)
    return b"".join([*(encoder.feed(event) for event in events), encoder.end()])


def _events(data: bytes) -> list[dict[str, Any]]:
    """The events of a stream as a client sees them; each is checked to be what OpenAI's SDK knows."""
    deframer = CODEC.deframer()
    frames = [*deframer.feed(data), *deframer.end()]
    events = [loads(frame.data) for frame in frames]
    assert [frame.event for frame in frames] == [event["type"] for event in events]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    for event in events:
        _EVENT.validate_python(event)
    return events


def _read(data: bytes, cuts: Iterable[int] = ()) -> list[Event]:
    """What an upstream's bytes, cut in pieces, say."""
    deframer, decoder = CODEC.deframer(), CODEC.decoder(SEED)
    places = [0, *sorted(cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(places)]
    frames = [frame for piece in pieces for frame in deframer.feed(piece)]
    return [*(event for frame in [*frames, *deframer.end()] for event in decoder.feed(frame)), *decoder.end()]


def _answer(*parts: Part, stop: Stop = Stop.END, **more: Any) -> Response:
    choice = Choice(parts=parts, stop=stop, logprobs=more.pop("logprobs", None))
    return Response(id="resp_1", model="gpt-5", created=5, choices=(choice,), **{"usage": _USAGE, **more})


def _types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]


def _nameless(response: Response) -> Response:
    """Without the ids that this format gives items which had none, and with thoughts as the summaries they became."""
    choices = tuple(replace(choice, parts=tuple(map(_nameless_part, choice.parts))) for choice in response.choices)
    return replace(response, choices=choices)


def _nameless_part(part: Part) -> Part:
    if isinstance(part, ToolCall):
        return replace(part, item_id=None)
    return replace(part, id=None, summary=not part.redacted) if isinstance(part, Thinking) else part


# ── whole answers ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_whole_answer_has_every_field_and_repeats_the_request() -> None:
    request = CODEC.decode_request(
        {
            "model": "gpt-5",
            "instructions": "Be kind.",
            "input": "Hi",
            "temperature": 0.5,
            "metadata": {"a": "b"},
            "tools": [{"type": "function", "name": "f", "parameters": None, "strict": True}],
            "tool_choice": "required",
            "reasoning": {"effort": "low"},
            "text": {"verbosity": "low"},
            "truncation": "auto",
            "previous_response_id": "resp_0",
            "max_output_tokens": 99,
        }
    )
    body = CODEC.encode_response(_answer(Text(text="Hello")), request)
    OpenAIResponse.model_validate(body)
    assert body == {
        "id": "resp_1",
        "object": "response",
        "created_at": 5,
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": "Be kind.",
        "max_output_tokens": 99,
        "max_tool_calls": None,
        "metadata": {"a": "b"},
        "model": "gpt-5",
        "output": [
            {
                "type": "message",
                "id": "msg_1_0",
                "status": "completed",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}],
            }
        ],
        "parallel_tool_calls": True,
        "previous_response_id": "resp_0",
        "prompt_cache_key": None,
        "prompt_cache_retention": None,
        "reasoning": {"effort": "low", "summary": None},
        "safety_identifier": None,
        "service_tier": None,
        "store": False,
        "temperature": 0.5,
        "text": {"format": {"type": "text"}, "verbosity": "low"},
        "tool_choice": "required",
        "tools": [{"type": "function", "name": "f", "parameters": None, "strict": True}],
        "top_logprobs": 0,
        "top_p": None,
        "truncation": "auto",
        "usage": {
            "input_tokens": 10,
            "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
            "output_tokens": 20,
            "output_tokens_details": {"reasoning_tokens": 5},
            "total_tokens": 30,
        },
        "user": None,
    }


def test_an_id_of_another_format_gets_the_prefix() -> None:
    answer = replace(_answer(Text(text="x")), id="chatcmpl-7")
    body = CODEC.encode_response(answer, _REQUEST)
    assert body["id"] == "resp_chatcmpl-7"
    assert body["output"][0]["id"] == "msg_chatcmpl-7_0"


@pytest.mark.parametrize(
    ("stop", "status", "reason", "back"),
    [
        (Stop.END, "completed", None, Stop.END),
        (Stop.STOP_SEQUENCE, "completed", None, Stop.END),
        (Stop.PAUSE, "completed", None, Stop.END),
        (Stop.LENGTH, "incomplete", "max_output_tokens", Stop.LENGTH),
        (Stop.CONTENT_FILTER, "incomplete", "content_filter", Stop.CONTENT_FILTER),
        (Stop.REFUSAL, "incomplete", "content_filter", Stop.CONTENT_FILTER),
    ],
)
def test_why_an_answer_ended_is_said_by_status_and_reason(
    stop: Stop, status: str, reason: str | None, back: Stop
) -> None:
    body = CODEC.encode_response(_answer(Text(text="x"), stop=stop), _REQUEST)
    OpenAIResponse.model_validate(body)
    assert body["status"] == status
    assert body["incomplete_details"] == (None if reason is None else {"reason": reason})
    assert body["output"][0]["status"] == status
    assert CODEC.decode_response(body, SEED).choices[0].stop is back


def test_an_answer_that_calls_tools_ended_for_them() -> None:
    body = CODEC.encode_response(_answer(ToolCall(id="c", name="f", arguments="{}"), stop=Stop.TOOL_CALLS), _REQUEST)
    assert CODEC.decode_response(body, SEED).choices[0].stop is Stop.TOOL_CALLS


def test_usage_that_nobody_told_is_null() -> None:
    assert CODEC.encode_response(_answer(usage=None), _REQUEST)["usage"] is None
    assert CODEC.encode_response(_answer(usage=Usage()), _REQUEST)["usage"] is None
    half = CODEC.encode_response(_answer(usage=Usage(output=5)), _REQUEST)["usage"]
    assert (half["input_tokens"], half["output_tokens"], half["total_tokens"]) == (0, 5, 5)


def test_neighbouring_texts_are_one_message_and_a_tool_parts_them() -> None:
    parts = (Text(text="a"), Refusal(text="b"), ToolCall(id="c", name="f", arguments="{}"), Text(text="d"))
    output = CODEC.encode_response(_answer(*parts), _REQUEST)["output"]
    assert [(item["type"], len(item.get("content", ()))) for item in output] == [
        ("message", 2),
        ("function_call", 0),
        ("message", 1),
    ]


def test_citations_of_other_vendors_are_url_citations_and_our_own_are_as_they_were() -> None:
    own = {"type": "file_citation", "file_id": "f", "filename": "a", "index": 3}
    citations = (
        Citation(origin=ORIGIN, raw=own),
        Citation(origin="anthropic", raw={}, url="https://example.org", title="Ex"),
        Citation(origin="gemini", raw={}, url="https://example.org/b", start=1, end=2),
        Citation(origin="anthropic", raw={"type": "char_location"}),
    )
    events = _events(_bytes(unfold(_answer(Text(text="four", citations=citations)))))
    notes = [event["annotation"] for event in events if event["type"] == "response.output_text.annotation.added"]
    whole = {"type": "url_citation", "url": "https://example.org", "title": "Ex", "start_index": 0, "end_index": 4}
    part = {"url": "https://example.org/b", "title": "https://example.org/b", "start_index": 1, "end_index": 2}
    assert notes == [own, whole, {"type": "url_citation", **part}]
    assert events[-1]["response"]["output"][0]["content"][0]["annotations"] == notes


def test_a_picture_is_what_openais_own_tool_makes() -> None:
    picture = Media(kind="image", media_type="image/webp", data="UklGRg==")
    events = _events(_bytes(unfold(_answer(picture))))
    assert events[-1]["response"]["output"][0]["type"] == "image_generation_call"
    assert fold(_read(_bytes(unfold(_answer(picture))))).choices[0].parts == (picture,)


def test_what_this_format_cannot_show_is_left_out() -> None:
    parts = (
        Opaque(origin="anthropic", kind="server_tool_use", raw={"type": "server_tool_use"}),
        Media(kind="audio", media_type="audio/wav", data="AA=="),
        ToolResult(call_id="c"),
        Text(text="x"),
    )
    output = CODEC.encode_response(_answer(*parts), _REQUEST)["output"]
    assert [item["type"] for item in output] == ["message"]


def test_another_choice_than_the_first_has_no_place() -> None:
    answer = replace(
        _answer(Text(text="a")), choices=(Choice(parts=(Text(text="a"),)), Choice(parts=(Text(text="b"),)))
    )
    output = CODEC.encode_response(answer, _REQUEST)["output"]
    assert [content["text"] for item in output for content in item["content"]] == ["a"]


def test_log_probabilities_stand_at_the_text() -> None:
    tokens = [{"token": "x", "logprob": -0.5, "bytes": [120], "top_logprobs": []}]
    call = ToolCall(id="c", name="f", arguments="{}")
    hidden = Opaque(origin="gemini", kind="executable_code", raw={})
    for after in ((), (call,), (Refusal(text="r"),), (Refusal(text="r"), call), (hidden,), (Refusal(text="r"), hidden)):
        parts: tuple[Part, ...] = (Text(text="x"), *after)
        answer = _answer(*parts, logprobs=tokens)
        body = CODEC.encode_response(answer, _REQUEST)
        OpenAIResponse.model_validate(body)
        assert body["output"][0]["content"][0]["logprobs"] == tokens
        assert CODEC.decode_response(body, SEED).choices[0].logprobs == tokens
        assert fold(_read(_bytes(unfold(answer)))).choices[0].logprobs == tokens


# ── tools of the client ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["fs__read", "read"])
def test_a_namespace_lost_on_the_way_is_restored_on_the_call(name: str) -> None:
    request = replace(_REQUEST, tools=(_READ,))
    events = _events(_bytes(unfold(_answer(ToolCall(id="c", name=name, arguments="{}"))), request))
    calls = [event["item"] for event in events if "item" in event]
    assert [(call["name"], call["namespace"]) for call in calls] == [("read", "fs")] * 2


def test_a_namespace_that_came_through_stays() -> None:
    body = CODEC.encode_response(_answer(ToolCall(id="c", name="read", namespace="other", arguments="{}")), _REQUEST)
    assert body["output"][0]["namespace"] == "other"


def test_a_custom_tool_that_the_upstream_knew_as_a_function_is_called_with_its_text() -> None:
    tool = CustomTool(name="patch")
    assert as_function(tool).name == "patch"
    call = ToolCall(id="c", name="patch", arguments='{"input":"*** Begin\\n"}')
    events = _events(_bytes(unfold(_answer(call)), replace(_REQUEST, tools=(tool,))))
    assert _types(events)[2:-1] == [
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
    ]
    assert events[-1]["response"]["output"] == [
        {
            "type": "custom_tool_call",
            "id": "ctc_1_0",
            "call_id": "c",
            "name": "patch",
            "input": "*** Begin\n",
            "status": "completed",
        }
    ]


def test_a_call_without_arguments_holds_an_empty_object() -> None:
    events = _events(_bytes(unfold(_answer(ToolCall(id="c", name="f")))))
    deltas = [event["delta"] for event in events if event["type"].endswith("arguments.delta")]
    assert deltas == ["{}"]
    assert events[-1]["response"]["output"][0]["arguments"] == "{}"


def test_a_call_without_id_gets_one() -> None:
    body = CODEC.encode_response(_answer(ToolCall(id="", name="f", arguments="{}")), _REQUEST)
    assert body["output"][0]["call_id"] == "call_1_0"


# ── streams ─────────────────────────────────────────────────────────────────────────────────────────────────────

_FULL = (
    Thinking(text="hm", state=State(origin=ORIGIN, value="gAAA"), summary=True),
    Thinking(state=State(origin="anthropic", value="red"), redacted=True),
    Text(text="Grüße 🌍"),
    Refusal(text="No."),
    ToolCall(id="c1", name="f", arguments='{"a": 1}', state=State(origin="gemini", value="sig")),
    ToolCall(id="c2", name="patch", arguments="***", custom=True),
    Opaque(
        origin=ORIGIN,
        kind="web_search_call",
        raw={"type": "web_search_call", "id": "ws", "status": "completed", "action": {"type": "search", "query": "q"}},
    ),
)


def test_a_stream_has_the_whole_sequence_of_events() -> None:
    events = _events(_bytes(unfold(_answer(*_FULL, stop=Stop.TOOL_CALLS))))
    assert _types(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "content_part.added",
        "refusal.delta",
        "refusal.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",  # the signature of the call that follows
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
        "output_item.added",
        "output_item.done",
        "completed",
    ]


def test_items_carry_their_state_and_ids_that_are_their_own() -> None:
    output = _events(_bytes(unfold(_answer(*_FULL))))[-1]["response"]["output"]
    assert [item.get("encrypted_content") for item in output if item["type"] == "reasoning"] == [
        "gAAA",
        "omniroute.anthropic.red",
        "omniroute.part.2:c1gemini.sig",
    ]
    assert len({item["id"] for item in output}) == len(output)
    assert all(item["status"] == "completed" for item in output)


def test_the_done_events_and_the_last_one_say_the_same() -> None:
    events = _events(_bytes(unfold(_answer(*_FULL))))
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert events[-1]["response"]["output"] == done
    assert events[-1]["response"] == CODEC.encode_response(_answer(*_FULL), _REQUEST)


def test_calls_that_grow_side_by_side_keep_their_places() -> None:
    stream: list[Event] = [
        Start(id="resp_1", model="m", created=5),
        PartStart(index=0, part=Text(text="")),
        Delta(index=0, text="a"),
        PartStart(index=1, part=ToolCall(id="c1", name="f")),
        PartStart(index=2, part=ToolCall(id="c2", name="g")),
        Delta(index=1, text="{"),
        Delta(index=2, text="["),
        Delta(index=0, text="b"),
        Delta(index=1, text="}"),
        Delta(index=2, text="]"),
        PartEnd(index=1),
        PartEnd(index=2),
        PartEnd(index=0),
        ChoiceEnd(stop=Stop.TOOL_CALLS),
        Finish(usage=_USAGE),
    ]
    output = _events(_bytes(stream))[-1]["response"]["output"]
    assert [item.get("arguments") or item["content"][0]["text"] for item in output] == ["ab", "{}", "[]"]
    assert fold(_read(_bytes(stream))).choices[0].parts == (
        Text(text="ab"),
        ToolCall(id="c1", name="f", arguments="{}", item_id="fc_1_1"),
        ToolCall(id="c2", name="g", arguments="[]", item_id="fc_1_2"),
    )


def test_a_call_that_was_cut_is_incomplete() -> None:
    events = _events(
        _bytes(unfold(_answer(Text(text="x"), ToolCall(id="c", name="f", arguments='{"a'), stop=Stop.LENGTH)))
    )
    assert events[-1]["type"] == "response.incomplete"
    assert [item["status"] for item in events[-1]["response"]["output"]] == ["completed", "incomplete"]


def test_the_signature_of_a_text_follows_its_message_and_comes_back() -> None:
    signed = Text(text="a", state=State(origin="gemini", value="sig"))
    answer = _answer(signed, Text(text="b"))
    output = _events(_bytes(unfold(answer)))[-1]["response"]["output"]
    assert [item["type"] for item in output] == ["message", "reasoning", "message"]
    assert fold(_read(_bytes(unfold(answer)))).choices[0].parts == (signed, Text(text="b"))
    replayed = CODEC.decode_request({"model": "m", "input": output}).messages
    assert replayed == (Message(role=Role.ASSISTANT, parts=(signed, Text(text="b"))),)


def test_a_signature_that_comes_late_is_carried_too() -> None:
    late = State(origin="gemini", value="late")
    stream: list[Event] = [
        Start(id="resp_1", model="m", created=5),
        PartStart(index=0, part=Text(text="a", state=late)),
        PartEnd(index=0),
        PartStart(index=1, part=Text(text="b")),
        PartStart(index=2, part=ToolCall(id="c", name="f", arguments="{}")),
        Delta(index=2, state=late),
        PartEnd(index=2),
        PartEnd(index=1),
        ChoiceEnd(stop=Stop.TOOL_CALLS),
        Finish(),
    ]
    events = _events(_bytes(stream))
    output = events[-1]["response"]["output"]
    assert [item["type"] for item in output] == ["message", "reasoning", "message", "function_call", "reasoning"]
    (message,) = CODEC.decode_request({"model": "m", "input": output}).messages
    assert [getattr(part, "state", None) for part in message.parts] == [late, None, late]


def test_the_whole_text_of_a_choice_that_never_ended_is_kept() -> None:
    stream: list[Event] = [Start(id="resp_1", model="m", created=5), PartStart(index=0, part=Text(text="a")), Finish()]
    output = _events(_bytes(stream))[-1]["response"]["output"]
    assert output[0]["content"][0]["text"] == "a"


def test_events_about_parts_that_are_not_shown_say_nothing() -> None:
    stream: list[Event] = [
        Start(id="resp_1", model="m", created=5),
        PartStart(index=0, part=Media(kind="audio", media_type="audio/wav", data="AA==")),
        Delta(index=0, text="x"),
        PartEnd(index=0),
        Delta(index=7, text="y", logprobs=[{"token": "y", "logprob": 0}]),
        Finish(),
    ]
    assert _types(_events(_bytes(stream))) == ["created", "in_progress", "completed"]


def test_usage_of_the_start_is_not_forgotten() -> None:
    stream: list[Event] = [
        Start(id="resp_1", model="m", created=5, usage=Usage(input=7, cache_read=3)),
        ChoiceEnd(stop=Stop.END),
        Finish(usage=Usage(output=2), service_tier="flex"),
    ]
    last = _events(_bytes(stream))[-1]["response"]
    assert (last["usage"]["input_tokens"], last["usage"]["output_tokens"], last["service_tier"]) == (7, 2, "flex")


def test_the_model_shown_is_the_one_that_was_asked_for() -> None:
    stream: list[Event] = [Start(id="resp_1", model="upstream-name", created=5), Finish()]
    assert _events(_bytes(stream))[0]["response"]["model"] == "gpt-5"


# ── faults ──────────────────────────────────────────────────────────────────────────────────────────────────────

_FAULT = Fault(kind="rate_limit", message="Slow down.", status=429)


def test_a_fault_is_an_error_event_and_a_failed_response() -> None:
    stream = [*list(unfold(_answer(Text(text="a"), ToolCall(id="c", name="f", arguments="{}"))))[:5], _FAULT, Finish()]
    events = _events(_bytes(stream))
    error, failed = events[-2:]
    nested = {"message": "Slow down.", "type": "rate_limit_error", "param": None, "code": "rate_limit_exceeded"}
    assert {key: value for key, value in error.items() if key != "sequence_number"} == {
        "type": "error",
        "code": "rate_limit_exceeded",
        "message": "Slow down.",
        "param": None,
        "error": nested,
    }
    assert failed["type"] == "response.failed"
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["error"] == {"code": "rate_limit_exceeded", "message": "Slow down."}
    assert [item["type"] for item in failed["response"]["output"]] == ["message"]


def test_a_fault_before_the_start_is_said_too() -> None:
    assert _types(_events(_bytes([_FAULT]))) == ["error", "failed"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(kind="invalid_request", message="m", code="unknown_tool"), "invalid_prompt"),
        (Fault(kind="invalid_request", message="m", code="context_length_exceeded"), "context_length_exceeded"),
        (Fault(kind="authentication", message="m"), "invalid_prompt"),
        (Fault(kind="overloaded", message="m"), "server_error"),
        (Fault(kind="unheard of", message="m"), "server_error"),
    ],
)
def test_a_failed_response_says_whether_to_try_again(fault: Fault, code: str) -> None:
    encoder = CODEC.encoder(SEED, _REQUEST)
    failed = loads(encoder.feed(fault).rsplit(b"data: ", 1)[1])
    assert failed["response"]["error"] == {"code": code, "message": "m"}


def test_a_fault_of_ours_is_read_as_what_it_was() -> None:
    for kind in ("rate_limit", "overloaded", "truncated", "invalid_request", "timeout", "upstream"):
        (read,) = _read(_bytes([Fault(kind=kind, message="m")]))
        assert isinstance(read, Fault)
        assert (read.kind, read.message) == (kind, "m")


def test_an_http_error_has_all_four_keys_and_the_attempts() -> None:
    assert CODEC.encode_error(Fault(kind="not_found", message="No such model.", status=404)) == {
        "error": {"message": "No such model.", "type": "not_found_error", "param": None, "code": None}
    }
    tried = CODEC.encode_error(replace(_FAULT, attempts=({"provider": "a"},), code="x", param="model"))
    assert tried["error"]["attempts"] == [{"provider": "a"}]
    assert (tried["error"]["code"], tried["error"]["param"]) == ("x", "model")


def test_an_http_error_of_openai_is_read() -> None:
    body = dumps({"error": {"message": "Bad.", "type": "invalid_request_error", "param": "input", "code": "c"}})
    assert CODEC.decode_error(400, body) == Fault(
        kind="invalid_request", message="Bad.", status=400, code="c", param="input"
    )
    assert CODEC.decode_error(502, b"<html><title>Bad gateway</title></html>").kind == "upstream"


# ── a real upstream ─────────────────────────────────────────────────────────────────────────────────────────────


def _wire(*events: dict[str, Any]) -> bytes:
    return b"".join(
        b"event: %b\ndata: %b\n\n" % (event["type"].encode(), dumps({**event, "sequence_number": n}))
        for n, event in enumerate(events)
    )


def _shell(status: str, **more: Any) -> dict[str, Any]:
    response = {"id": "resp_up", "object": "response", "created_at": 1_750_000_000, "model": "gpt-5-2025", "output": []}
    return {"type": f"response.{status}", "response": {**response, "status": status, **more}}


def _item(kind: str, place: int, **item: Any) -> dict[str, Any]:
    return {"type": f"response.output_item.{kind}", "output_index": place, "item": item}


def _at(kind: str, place: int, item_id: str, **more: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "output_index": place, "item_id": item_id, **more}


_URL = {"type": "url_citation", "url": "https://example.org", "title": "Ex", "start_index": 0, "end_index": 5}
_SEARCH = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}}
_TOKENS = [{"token": "Grüße", "logprob": -0.1, "top_logprobs": []}]
_WIRE_USAGE = {
    "input_tokens": 75,
    "input_tokens_details": {"cached_tokens": 64},
    "output_tokens": 186,
    "output_tokens_details": {"reasoning_tokens": 128},
    "total_tokens": 261,
}
_MESSAGE = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant"}
_REASONED = {
    "type": "reasoning",
    "id": "rs_1",
    "encrypted_content": "gAAA2",
    "summary": [{"type": "summary_text", "text": "**One**"}, {"type": "summary_text", "text": "Two"}],
}
_CALLED = {"type": "function_call", "id": "fc_1", "status": "completed", "call_id": "call_1", "name": "get_weather"}
_PATCHED = {"type": "custom_tool_call", "id": "ctc_1", "status": "completed", "call_id": "call_2", "name": "patch"}

_UPSTREAM = _wire(
    _shell("created"),
    _shell("in_progress"),
    _item("added", 0, **{**_REASONED, "summary": [], "encrypted_content": "gAAA1"}),
    _at("reasoning_summary_part.added", 0, "rs_1", summary_index=0, part={"type": "summary_text", "text": ""}),
    _at("reasoning_summary_text.delta", 0, "rs_1", summary_index=0, delta="**On", obfuscation="x1"),
    _at("reasoning_summary_text.delta", 0, "rs_1", summary_index=0, delta="e**", obfuscation="x"),
    _at("reasoning_summary_text.done", 0, "rs_1", summary_index=0, text="**One**"),
    _at("reasoning_summary_part.done", 0, "rs_1", summary_index=0, part={"type": "summary_text", "text": "**One**"}),
    _at("reasoning_summary_part.added", 0, "rs_1", summary_index=1, part={"type": "summary_text", "text": ""}),
    _at("reasoning_summary_text.delta", 0, "rs_1", summary_index=1, delta="Two"),
    _item("done", 0, **_REASONED),
    _item("added", 1, **{**_SEARCH, "status": "in_progress"}),
    _at("web_search_call.searching", 1, "ws_1"),
    _item("done", 1, **_SEARCH),
    _item("added", 2, **_MESSAGE, content=[]),
    _at("content_part.added", 2, "msg_1", content_index=0, part={"type": "output_text", "text": "", "annotations": []}),
    _at("output_text.delta", 2, "msg_1", content_index=0, delta="Grüße", logprobs=_TOKENS),
    _at("output_text.annotation.added", 2, "msg_1", content_index=0, annotation_index=0, annotation=_URL),
    _at("output_text.done", 2, "msg_1", content_index=0, text="Grüße", logprobs=[]),
    _at(
        "content_part.done",
        2,
        "msg_1",
        content_index=0,
        part={"type": "output_text", "text": "Grüße", "annotations": [_URL]},
    ),
    _at("content_part.added", 2, "msg_1", content_index=1, part={"type": "refusal", "refusal": ""}),
    _at("refusal.delta", 2, "msg_1", content_index=1, delta="No."),
    _at("refusal.done", 2, "msg_1", content_index=1, refusal="No."),
    _item(
        "done",
        2,
        **_MESSAGE,
        content=[
            {"type": "output_text", "text": "Grüße", "annotations": [_URL]},
            {"type": "refusal", "refusal": "No."},
        ],
    ),
    _item("added", 3, **{**_CALLED, "status": "in_progress"}, arguments=""),
    _at("function_call_arguments.delta", 3, "fc_1", delta='{"ci'),
    _at("function_call_arguments.delta", 3, "fc_1", delta='ty":"Bern"}'),
    _at("function_call_arguments.done", 3, "fc_1", arguments='{"city":"Bern"}'),
    _item("done", 3, **_CALLED, arguments='{"city":"Bern"}'),
    _item("added", 4, **_PATCHED, input=""),
    _at("custom_tool_call_input.delta", 4, "ctc_1", delta="***"),
    _at("custom_tool_call_input.done", 4, "ctc_1", input="***"),
    _item("done", 4, **_PATCHED, input="***"),
    _shell(
        "completed",
        service_tier="default",
        usage=_WIRE_USAGE,
        output=[
            _REASONED,
            _SEARCH,
            {
                **_MESSAGE,
                "content": [
                    {"type": "output_text", "text": "Grüße", "annotations": [_URL], "logprobs": _TOKENS},
                    {"type": "refusal", "refusal": "No."},
                ],
            },
            {**_CALLED, "arguments": '{"city":"Bern"}'},
            {**_PATCHED, "input": "***"},
        ],
    ),
)
_UPSTREAM_ANSWER = Response(
    id="resp_up",
    model="gpt-5-2025",
    created=1_750_000_000,
    choices=(
        Choice(
            parts=(
                Thinking(text="**One**\n\nTwo", summary=True, id="rs_1", state=State(origin=ORIGIN, value="gAAA2")),
                Opaque(origin=ORIGIN, kind="web_search_call", raw=_SEARCH),
                Text(
                    text="Grüße",
                    citations=(
                        Citation(origin=ORIGIN, raw=_URL, url="https://example.org", title="Ex", start=0, end=5),
                    ),
                ),
                Refusal(text="No."),
                ToolCall(id="call_1", name="get_weather", arguments='{"city":"Bern"}', item_id="fc_1"),
                ToolCall(id="call_2", name="patch", arguments="***", custom=True, item_id="ctc_1"),
            ),
            stop=Stop.TOOL_CALLS,
            logprobs=_TOKENS,
        ),
    ),
    usage=Usage(input=75, output=186, cache_read=64, reasoning=128),
    service_tier="default",
)


def test_a_real_stream_is_read() -> None:
    assert fold(_read(_UPSTREAM)) == _UPSTREAM_ANSWER


def test_every_part_of_a_real_stream_ends_once_before_the_choice_does() -> None:
    events = _read(_UPSTREAM)
    ends = [event.index for event in events if isinstance(event, PartEnd)]
    assert ends == [0, 1, 2, 3, 4, 5]
    assert isinstance(events[-2], ChoiceEnd)
    assert isinstance(events[-1], Finish)


def test_the_whole_answer_of_an_upstream_is_what_its_stream_said() -> None:
    last = loads(_UPSTREAM.rsplit(b"data: ", 1)[1])["response"]
    assert CODEC.decode_response(last, SEED) == _UPSTREAM_ANSWER


@given(st.sets(st.integers(0, len(_UPSTREAM)), max_size=40))
def test_cuts_do_not_matter(cuts: set[int]) -> None:
    assert _read(_UPSTREAM, cuts) == _read(_UPSTREAM)


def test_one_byte_at_a_time_does_not_matter() -> None:
    assert _read(_UPSTREAM, range(1, len(_UPSTREAM))) == _read(_UPSTREAM)


def test_a_server_that_sends_no_deltas_is_read_from_what_it_repeats() -> None:
    events = [
        event
        for event in (loads(line[6:]) for line in _UPSTREAM.splitlines() if line.startswith(b"data: "))
        if event["type"] in ("response.created", "response.output_item.done", "response.completed")
    ]
    assert fold(_read(_wire(*events))) == _UPSTREAM_ANSWER
    assert fold(_read(_wire(*events[-1:]))) == _UPSTREAM_ANSWER


def test_a_server_that_leaves_indices_out_is_read_by_item_ids() -> None:
    events = [loads(line[6:]) for line in _UPSTREAM.splitlines() if line.startswith(b"data: ")]
    bare = [{key: value for key, value in event.items() if key != "output_index"} for event in events]
    assert fold(_read(_wire(*bare))) == _UPSTREAM_ANSWER


def test_events_without_any_name_are_about_what_came_last() -> None:
    stream = _wire(
        _shell("created"),
        {"type": "response.output_text.delta", "delta": "a"},
        {"type": "response.output_text.delta", "delta": "b"},
        {"type": "response.output_text.annotation.added", "annotation": None},
        _shell("completed", output=[]),
    )
    assert fold(_read(stream)).choices[0].parts == (Text(text="ab"),)


def test_items_whose_end_never_came_are_completed_from_the_finished_answer() -> None:
    whole = {**_MESSAGE, "content": [{"type": "output_text", "text": "abc", "annotations": [_URL]}]}
    called = {**_CALLED, "arguments": "{}"}
    for named in (True, False):
        renamed = {} if named else {"id": "other"}
        stream = _wire(
            _shell("created"),
            _item("added", 0, **_MESSAGE, content=[]),
            _at("output_text.delta", 0, "msg_1", content_index=0, delta="a"),
            _item("added", 1, **_CALLED, arguments=""),
            _shell("completed", output=[{**whole, **renamed}, {**called, **renamed}, _SEARCH]),
        )
        text, call = fold(_read(stream)).choices[0].parts
        assert isinstance(text, Text)
        assert (text.text, len(text.citations)) == ("abc", 1)
        assert isinstance(call, ToolCall)
        assert call.arguments == "{}"


def test_an_item_of_another_kind_at_the_same_place_is_another_item() -> None:
    stream = _wire(
        _shell("created"),
        _item("added", 0, **_CALLED, arguments=""),
        _at("function_call_arguments.delta", 0, "fc_1", delta="{}"),
        _shell("completed", output=[{**_MESSAGE, "content": [{"type": "output_text", "text": "x"}]}]),
    )
    (call,) = fold(_read(stream)).choices[0].parts
    assert isinstance(call, ToolCall)
    assert call.arguments == "{}"


def test_content_of_an_unknown_kind_is_passed_over() -> None:
    content = [{"type": "hologram"}, {"type": "output_text", "text": "x", "annotations": []}]
    stream = _wire(
        _shell("created"),
        _at("content_part.added", 0, "msg_1", content_index=0, part={"type": "hologram"}),
        _item("done", 0, **_MESSAGE, content=content),
        _shell("completed"),
    )
    assert fold(_read(stream)).choices[0].parts == (Text(text="x"),)


def test_reasoning_in_its_own_words_is_no_summary() -> None:
    done = {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}
    stream = _wire(
        _shell("created"),
        _item("added", 0, type="reasoning", id="rs_1", summary=[]),
        _at("content_part.added", 0, "rs_1", content_index=0, part={"type": "reasoning_text", "text": ""}),
        _at("reasoning_text.delta", 0, "rs_1", content_index=0, delta="hm"),
        _at("reasoning_text.done", 0, "rs_1", content_index=0, text="hm"),
        _item("done", 0, **done),
        _shell("completed", output=[done]),
    )
    assert fold(_read(stream)).choices[0].parts == (Thinking(text="hm", id="rs_1"),)


def test_reasoning_that_shows_nothing_is_redacted_or_no_thought_at_all() -> None:
    sealed = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    bare = {"type": "reasoning", "id": "rs_2", "summary": []}
    stream = _wire(_shell("created"), _item("done", 0, **sealed), _item("done", 1, **bare), _shell("completed"))
    assert fold(_read(stream)).choices[0].parts == (
        Thinking(id="rs_1", redacted=True, state=State(origin=ORIGIN, value="gAAA")),
        Opaque(origin=ORIGIN, kind="reasoning", raw=bare),
    )


@pytest.mark.parametrize(
    ("details", "stop"),
    [
        ({"reason": "max_output_tokens"}, Stop.LENGTH),
        ({"reason": "content_filter"}, Stop.CONTENT_FILTER),
        ({"reason": "steered"}, Stop.OTHER),
        (None, Stop.OTHER),
    ],
)
def test_an_incomplete_stream_tells_why(details: dict[str, str] | None, stop: Stop) -> None:
    stream = _wire(_shell("created"), _shell("incomplete", incomplete_details=details, usage=_WIRE_USAGE))
    answer = fold(_read(stream))
    assert answer.choices[0].stop is stop
    assert answer.usage == Usage(input=75, output=186, cache_read=64, reasoning=128)


_LIMITED = {"code": "rate_limit_exceeded", "message": "Rate limit reached. Please try again in 6.57s."}


@pytest.mark.parametrize(
    ("event", "kind", "code"),
    [
        ({"type": "error", "param": None, **_LIMITED}, "rate_limit", "rate_limit_exceeded"),
        ({"type": "error", "error": {"type": "tokens", **_LIMITED}}, "rate_limit", "rate_limit_exceeded"),
        (_shell("failed", error=_LIMITED), "rate_limit", "rate_limit_exceeded"),
        (_shell("failed", error={"code": "server_error", "message": "Oops"}), "upstream", "server_error"),
        (_shell("failed", error=None), "upstream", None),
        (_shell("cancelled", error=None), "upstream", None),
    ],
)
def test_a_failure_in_a_stream_is_a_fault(event: dict[str, Any], kind: str, code: str | None) -> None:
    events = _read(_wire(_shell("created"), event, _shell("completed")))
    assert isinstance(events[0], Start)
    (fault,) = events[1:]
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.code) == (kind, code)
    assert fault.message
    assert fault.retry_after_s == (6.57 if kind == "rate_limit" else None)


def test_an_error_without_type_is_a_fault() -> None:
    (fault,) = _read(b'data: {"error":{"message":"No.","code":"invalid_api_key"}}\n\n')
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.message) == ("authentication", "No.")


def test_a_stream_that_was_cut_is_a_fault() -> None:
    for cut in (0, _UPSTREAM.index(b"response.completed") - 7):
        fault = _read(_UPSTREAM[:cut])[-1]
        assert isinstance(fault, Fault)
        assert fault.kind == "truncated"


@pytest.mark.parametrize("data", [b"data: {oops\n\n", b"data: [1]\n\n"])
def test_a_frame_that_is_no_object_is_a_fault(data: bytes) -> None:
    (fault,) = _read(data + _UPSTREAM)
    assert isinstance(fault, Fault)
    assert fault.kind == "upstream"


def test_nothing_is_read_after_the_end_and_a_done_mark_is_no_frame() -> None:
    assert _read(_UPSTREAM + b"data: [DONE]\n\n" + _UPSTREAM) == _read(_UPSTREAM)


def test_a_whole_answer_that_failed_raises() -> None:
    with pytest.raises(StreamFault) as raised:
        CODEC.decode_response(_shell("failed", error=_LIMITED)["response"], SEED)
    assert raised.value.fault.kind == "rate_limit"


def test_an_answer_without_head_has_the_seeds() -> None:
    answer = CODEC.decode_response({"output": "?", "usage": {"input_tokens": "many"}}, SEED)
    assert (answer.id, answer.model, answer.created) == ("5eed", "gpt-5", 1_700_000_000)
    assert answer.usage == Usage()


# ── laws ────────────────────────────────────────────────────────────────────────────────────────────────────────

_WORDS = st.text(max_size=12)
_IDS = st.from_regex(r"[A-Za-z0-9|_-]{1,12}", fullmatch=True)
_STATES = st.builds(
    State, origin=st.sampled_from([ORIGIN, "anthropic", "gemini"]), value=st.text(min_size=1, max_size=9)
)
_PARTS = st.one_of(
    st.builds(Text, text=_WORDS, state=st.none() | _STATES),
    st.builds(Refusal, text=_WORDS),
    st.builds(Thinking, text=_WORDS, state=st.none() | _STATES),
    st.builds(Thinking, redacted=st.just(value=True), state=_STATES),
    st.builds(
        ToolCall, id=_IDS, name=st.sampled_from(["f", "g"]), arguments=st.text(min_size=1), state=st.none() | _STATES
    ),
    st.builds(ToolCall, id=_IDS, name=st.just("p"), arguments=_WORDS, custom=st.just(value=True)),
)


def _once(parts: list[Part]) -> list[Part]:
    """Calls have ids of their own."""
    ids: set[str] = set()
    kept = []
    for part in parts:
        if not isinstance(part, ToolCall) or part.id not in ids:
            kept.append(part)
        ids |= {part.id} if isinstance(part, ToolCall) else set()
    return kept


@given(st.lists(_PARTS, max_size=6).map(_once), st.sampled_from([Stop.LENGTH, Stop.CONTENT_FILTER]))
def test_what_is_written_is_read_again(parts: list[Part], stop: Stop) -> None:
    answer = _answer(*parts, stop=stop)
    data = _bytes(unfold(answer))
    _events(data)
    streamed = fold(_read(data))
    assert _nameless(streamed) == _nameless(answer)
    assert CODEC.decode_response(CODEC.encode_response(answer, _REQUEST), SEED) == streamed
    assert fold(_read(_bytes(unfold(streamed)))) == streamed


@given(st.lists(_PARTS, min_size=1, max_size=6).map(_once))
def test_what_a_client_sends_back_is_what_it_got(parts: list[Part]) -> None:
    output = CODEC.encode_response(_answer(*parts), _REQUEST)["output"]
    (message,) = CODEC.decode_request({"model": "m", "input": output}).messages
    assert tuple(map(_nameless_part, message.parts)) == tuple(map(_nameless_part, parts))
