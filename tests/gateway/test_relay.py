"""Streams on their way: the network's cuts change nothing, and what the client gets is what the upstream said."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.formats.events import Fault
from omniroute.formats.fold import unfold
from omniroute.formats.framing import MAX_FRAME_BYTES, Frame, SseDeframer
from omniroute.formats.hub import Choice, Format, Request, Response, Seed, Text, Usage
from omniroute.formats.table import CODECS
from omniroute.gateway.chat_relay import ChatRelay, NotAnAnswer, whole_usage
from omniroute.gateway.relay import Finished, Relay, Tapped, Translation, error_event, events_of, whole_events
from omniroute.kit import json
from tests.formats.strategies import responses

SEED = Seed(id="0" * 12, created=1_700_000_000, model="m")
REQUEST = Request(model="m", stream=True)


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that a relay gives: bytes for the client, and what the pump learns."""

    out: bytes
    started: bool
    finished: bool
    fault: Fault | None
    usage: Usage | None


def run(relay: Relay, pieces: Sequence[bytes]) -> Verdict:
    """Feed a relay as the pump does: until the end or a fault."""
    out = [relay.feed(piece) for piece in pieces if relay.fault is None]
    if relay.fault is None:
        out.append(relay.end())
    return Verdict(b"".join(out), relay.started, relay.finished, relay.fault, relay.usage)


def cut_at(data: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


PLACES = st.lists(st.integers(0, 10_000), max_size=12)


def chunk(delta: dict[str, object] | None = None, finish: str | None = None, **more: object) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return b"data: " + json.dumps({"id": "c", "choices": choices, **more})


ROLE = chunk({"role": "assistant", "content": ""})
HELLO = chunk({"content": "Hello, wörld ☃"})
TOOL = chunk({"tool_calls": [{"index": 0, "id": "call_1", "function": {"name": "f", "arguments": ""}}]})
STOP = chunk({}, "stop")
USAGE = chunk(None, usage={"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8})
NULL_USAGE = chunk({"content": "x"}, usage=None)
ODD = chunk({"content": "y", "vendor_delta": {"usage": 1}}, vendor_field=[1, None, "☃"])
DONE = b"data: [DONE]"
COMMENT = b": keep-alive"
NAMED = b"event: message\nid: 7\n" + HELLO
NO_SPACE = HELLO.replace(b"data: ", b"data:")
SPLIT = b'data: {"choices":[{"delta":\ndata: {"content":"z"}}]}'
ERROR = b'data: {"error":{"message":"too busy","code":503}}'
MALFORMED = b'data: {{"choices": []}'
GOOD = (ROLE, HELLO, TOOL, STOP, USAGE, NULL_USAGE, ODD, COMMENT, NAMED, NO_SPACE, SPLIT)
EVENTS = st.lists(st.sampled_from((*GOOD, *GOOD, DONE, ERROR, MALFORMED)), max_size=8)


def chat(data: bytes, *, places: Sequence[int] = (), wants_usage: bool = False) -> Verdict:
    return run(ChatRelay(client_wants_usage=wants_usage), cut_at(data, places))


def stream(*events: bytes, end: bytes = b"\n") -> bytes:
    return b"".join(event.replace(b"\n", end) + end + end for event in events)


def frames(data: bytes) -> list[Frame]:
    deframer = SseDeframer()
    return deframer.feed(data) + deframer.end()


@given(
    events=EVENTS,
    places=PLACES,
    end=st.sampled_from([b"\n", b"\r\n", b"\r"]),
    wants_usage=st.booleans(),
    lost=st.integers(0, 6),
)
def test_any_cut_of_a_chat_stream_gives_the_same_bytes_and_verdict(
    events: list[bytes], places: list[int], end: bytes, wants_usage: bool, lost: int
) -> None:
    data = stream(*events, end=end)
    data = data[: len(data) - lost]
    assert chat(data, places=places, wants_usage=wants_usage) == chat(data, wants_usage=wants_usage)


@given(
    data=st.binary(max_size=60)
    | st.text("data: {}[]\"',:\n\r1nulltruefasechoicesdeltaerrorusage", max_size=60).map(str.encode)
)
def test_any_bytes_are_relayed_or_judged_and_nothing_is_raised(data: bytes) -> None:
    whole = chat(data)
    by_byte = run(ChatRelay(client_wants_usage=False), [bytes([one]) for one in data])
    assert frames(by_byte.out) == frames(whole.out)
    assert (by_byte.started, by_byte.finished, by_byte.usage) == (whole.started, whole.finished, whole.usage)
    assert (by_byte.fault is None) == (whole.fault is None)


@given(pieces=st.lists(st.sampled_from([*GOOD, DONE, b"\n", b"\r\n", b"\r", b"\n\n"]), max_size=12), places=PLACES)
def test_mixed_line_ends_change_bytes_at_most_between_events(pieces: list[bytes], places: list[int]) -> None:
    data = b"".join(pieces)
    cut, whole = chat(data, places=places), chat(data)
    assert frames(cut.out) == frames(whole.out)
    assert (cut.started, cut.finished, cut.usage) == (whole.started, whole.finished, whole.usage)


@given(
    events=st.lists(st.sampled_from([ROLE, HELLO, TOOL, ODD, COMMENT, NAMED, NO_SPACE, SPLIT, NULL_USAGE]), max_size=6)
)
def test_a_client_that_asked_for_usage_gets_every_byte_as_it_came(events: list[bytes]) -> None:
    data = stream(*events, STOP, USAGE, DONE)
    verdict = chat(data, wants_usage=True)
    assert verdict.out == data
    assert verdict.usage == Usage(input=3, output=5)
    assert verdict.finished
    assert verdict.fault is None


@given(events=st.lists(st.sampled_from([ROLE, HELLO, TOOL, ODD, COMMENT, NAMED, NO_SPACE, SPLIT]), max_size=6))
def test_the_usage_event_is_hidden_from_who_did_not_ask_and_nothing_else(events: list[bytes]) -> None:
    verdict = chat(stream(*events, STOP, USAGE, DONE))
    assert verdict.out == stream(*events, STOP, DONE)
    assert verdict.usage == Usage(input=3, output=5)


def test_usage_beside_a_choice_stays_whoever_asked() -> None:
    both = chunk({"content": "x"}, "stop", usage={"prompt_tokens": 3, "completion_tokens": 5})
    assert chat(stream(both, DONE)).out == stream(both, DONE)
    assert chat(stream(both, DONE)).usage == Usage(input=3, output=5)


def test_a_null_usage_is_taken_out_only_where_usage_is_hidden() -> None:
    data = stream(NULL_USAGE, STOP, DONE)
    assert b'"usage":null' in data
    assert chat(data, wants_usage=True).out == data
    assert chat(data).out == data.replace(b',"usage":null', b"")


def test_the_words_of_a_null_usage_inside_a_text_stay() -> None:
    quoted = chunk({"content": 'say ,"usage":null to me'})
    assert chat(stream(quoted, STOP, DONE)).out == stream(quoted, STOP, DONE)


def test_unknown_fields_pass_through_untouched() -> None:
    assert chat(stream(ODD, STOP, DONE)).out == stream(ODD, STOP, DONE)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_missing_end_mark_is_added_after_a_finish(end: bytes) -> None:
    assert frames(chat(stream(HELLO, STOP, end=end)).out) == frames(stream(HELLO, STOP, DONE))


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r"])
def test_a_last_event_without_its_blank_line_counts(end: bytes) -> None:
    verdict = chat(stream(HELLO, STOP) + DONE + end)
    assert verdict.fault is None
    assert verdict.finished
    assert frames(verdict.out) == frames(stream(HELLO, STOP, DONE))


def test_an_end_mark_finishes_a_stream_whose_provider_gives_no_reason() -> None:
    verdict = chat(stream(HELLO, DONE))
    assert verdict.finished
    assert verdict.fault is None


@pytest.mark.parametrize("events", [(), (ROLE,), (COMMENT,), (ROLE, HELLO), (ROLE, TOOL, USAGE), (DONE,)])
def test_a_stream_without_a_finish_was_cut_and_gets_no_end_mark(events: tuple[bytes, ...]) -> None:
    verdict = chat(stream(*events))
    assert verdict.fault is not None
    assert verdict.fault.kind == "truncated"
    assert not verdict.finished
    assert verdict.out == stream(*(event for event in events if event is not USAGE))


def test_a_chunk_that_is_no_json_is_a_fault_and_what_came_before_it_passes() -> None:
    verdict = chat(stream(ROLE, HELLO, MALFORMED, HELLO))
    assert verdict.out == stream(ROLE, HELLO)
    assert verdict.fault is not None
    assert "malformed chunk" in verdict.fault.message


@pytest.mark.parametrize(
    "payload",
    [
        b'{"x":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"choices":[{"delta":{"x":' + b"[" * 2000 + b"]" * 2000 + b"}}]}",
        b'{"choices":[],"usage":{"prompt_tokens":"\xff"}}',
        b'{"error":"\xff"}',
        b'{"choices":{}}',
        b'{"choices":[1]}',
        b"[]",
        b"null",
        b"",
    ],
)
def test_hostile_chunks_are_a_fault_and_never_a_crash(payload: bytes) -> None:
    verdict = chat(stream(HELLO, b"data: " + payload))
    assert verdict.fault is not None
    assert verdict.fault.status == 502
    assert verdict.out == stream(HELLO)


@pytest.mark.parametrize(
    ("payload", "status", "message"),
    [
        (b'{"error":{"message":"too busy","code":503}}', 503, "too busy"),
        (b'{"error":{"message":"slow down","code":"rate_limit_exceeded"}}', 502, "slow down"),
        (b'{"error":{}}', 502, "the provider sent an error"),
        (b'{"error":"plain words"}', 502, "plain words"),
        (b'{"error":{"message":"odd","code":200}}', 502, "odd"),
    ],
)
def test_an_error_event_is_a_fault_with_the_providers_words(payload: bytes, status: int, message: str) -> None:
    verdict = chat(stream(HELLO, b"data: " + payload))
    assert verdict.fault is not None
    assert (verdict.fault.status, verdict.fault.message) == (status, message)
    assert verdict.out == stream(HELLO)


@pytest.mark.parametrize(
    ("event", "says_something"),
    [
        (ROLE, False),
        (COMMENT, False),
        (USAGE, False),
        (chunk({"content": None}), False),
        (chunk({"role": "assistant", "content": "", "tool_calls": []}), False),
        (HELLO, True),
        (TOOL, True),
        (chunk({"reasoning_content": "hm"}), True),
        (chunk({"refusal": "no"}), True),
        (STOP, True),
        (NAMED, True),
        (SPLIT, True),
    ],
)
def test_a_stream_has_started_when_something_was_said(event: bytes, says_something: bool) -> None:
    relay = ChatRelay(client_wants_usage=False)
    relay.feed(stream(event))
    assert relay.started is says_something


def test_an_event_without_end_is_given_up() -> None:
    relay = ChatRelay(client_wants_usage=False)
    relay.feed(b"data: {" + b" " * (MAX_FRAME_BYTES + 1))
    assert relay.fault is not None
    assert "longer than" in relay.fault.message


# ── whole answers ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_usage_of_a_whole_answer_is_read() -> None:
    body = b'{"choices":[{}],"usage":{"prompt_tokens":3,"completion_tokens":5},"more":1}'
    assert whole_usage(body) == (Usage(input=3, output=5), None)
    assert whole_usage(b'{"choices":[{}],"service_tier":"flex"}') == (None, "flex")
    assert whole_usage(b'{"choices":[{}],"usage":null,"error":null}') == (None, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 502),
        (b"<html>", 502),
        (b"{}", 502),
        (b'{"choices":[]}', 502),
        (b'{"choices":null}', 502),
        (b'{"error":{"code":429}}', 429),
        (b'{"error":"words","choices":[{}]}', 502),
        (b'{"choices":[{}],"usage":{"prompt_tokens":"\xff"}}', 502),
        (b'{"error":"\xff"}', 502),
        (b'{"choices":' + b"[" * 5000, 502),
    ],
)
def test_a_whole_body_that_is_no_answer_is_told_apart(body: bytes, status: int) -> None:
    with pytest.raises(NotAnAnswer) as caught:
        whole_usage(body)
    assert caught.value.status == status


# ── every format ────────────────────────────────────────────────────────────────────────────────────────────────

FORMATS = st.sampled_from(list(Format))


def spelled(form: Format, response: Response, fault: Fault | None = None, events: int | None = None) -> bytes:
    """Spell a response as a stream of a format; with a fault after some events."""
    encoder = CODECS[form].encoder(SEED, REQUEST)
    out = [encoder.feed(event) for event in list(unfold(response))[:events]]
    out.append(encoder.end() if fault is None else encoder.feed(fault))
    return b"".join(out)


@st.composite
def upstream_streams(draw: st.DrawFn) -> tuple[Format, bytes]:
    """A stream of any format: whole, cut anywhere, or with an error in it."""
    form, response = draw(FORMATS), draw(responses)
    fault = draw(st.none() | st.just(Fault(kind="overloaded", message="busy", status=503)))
    data = spelled(form, response, fault, draw(st.integers(1, 6)) if fault else None)
    return form, data[: draw(st.none() | st.integers(0, len(data)))]


@given(upstream=upstream_streams(), places=PLACES)
def test_any_cut_of_a_tapped_stream_gives_the_same_bytes_and_verdict(
    upstream: tuple[Format, bytes], places: list[int]
) -> None:
    form, data = upstream
    cut = run(Tapped(CODECS[form], SEED), cut_at(data, places))
    assert cut == run(Tapped(CODECS[form], SEED), [data])


@given(upstream=upstream_streams(), client=FORMATS, places=PLACES)
def test_any_cut_of_a_translated_stream_gives_the_same_bytes_and_verdict(
    upstream: tuple[Format, bytes], client: Format, places: list[int]
) -> None:
    form, data = upstream

    def translated(pieces: Sequence[bytes]) -> Verdict:
        return run(Translation(CODECS[form], CODECS[client], SEED, REQUEST), pieces)

    assert translated(cut_at(data, places)) == translated([data])


@given(form=FORMATS, response=responses)
def test_a_tapped_stream_is_the_upstreams_bytes(form: Format, response: Response) -> None:
    data = spelled(form, response)
    verdict = run(Tapped(CODECS[form], SEED), [data])
    assert verdict.out == data
    assert (verdict.started, verdict.finished, verdict.fault) == (True, True, None)


SAID = Response(
    id="1",
    model="m",
    created=1,
    choices=(Choice(parts=(Text(text="one two"),)),),
    usage=Usage(input=3, output=5),
)


@pytest.mark.parametrize("form", Format)
def test_the_usage_of_a_tapped_stream_is_read(form: Format) -> None:
    usage = run(Tapped(CODECS[form], SEED), [spelled(form, SAID)]).usage
    assert usage is not None
    assert (usage.input, usage.output) == (3, 5)


@pytest.mark.parametrize("form", Format)
def test_a_fault_in_a_tapped_stream_stops_it_after_what_was_said_before(form: Format) -> None:
    data = spelled(form, SAID, Fault(kind="overloaded", message="busy", status=503), events=3)
    verdict = run(Tapped(CODECS[form], SEED), [data])
    assert verdict.fault is not None
    assert "busy" in verdict.fault.message
    assert data.startswith(verdict.out)
    assert b"one two" in verdict.out
    assert b"busy" not in verdict.out


@pytest.mark.parametrize("form", Format)
def test_a_tapped_stream_that_stops_in_the_middle_was_truncated(form: Format) -> None:
    encoder = CODECS[form].encoder(SEED, REQUEST)
    data = b"".join(encoder.feed(event) for event in list(unfold(SAID))[:3])
    verdict = run(Tapped(CODECS[form], SEED), [data])
    assert verdict.fault is not None
    assert verdict.fault.kind == "truncated"
    assert not verdict.finished


@pytest.mark.parametrize("form", [Format.ANTHROPIC, Format.GEMINI, Format.OPENAI_RESPONSES, Format.OLLAMA])
def test_a_tapped_event_without_end_is_given_up(form: Format) -> None:
    relay = Tapped(CODECS[form], SEED)
    for _ in range(MAX_FRAME_BYTES // 2**22 + 1):
        relay.feed(b"data: {" + b" " * 2**22)
    assert relay.fault is not None
    assert "longer than" in relay.fault.message


@pytest.mark.parametrize("form", Format)
def test_an_error_event_is_whole_and_holds_the_words(form: Format) -> None:
    fault = Fault(kind="truncated", message="the provider stopped", status=502)
    codec = CODECS[form]
    for relay in (Tapped(codec, SEED), Finished(None), Translation(codec, codec, SEED, REQUEST)):
        event = error_event(codec, SEED, relay, fault)
        assert b"the provider stopped" in event
        assert event.endswith(b"\n")
        if codec.stream_media_type == "text/event-stream":
            assert whole_events(event) == len(event)


@given(data=st.text("a:\r\n", max_size=30).map(str.encode))
def test_cutting_into_events_loses_nothing_and_what_counts_as_whole_ends_with_one(data: bytes) -> None:
    pieces = list(events_of(data))
    assert b"".join(pieces) == data
    whole = whole_events(data)
    assert 0 <= whole <= len(data)
    blank = (b"\n\n", b"\r\r", b"\r\n\r\n", b"\n\r\n", b"\r\n\n", b"\n\r", b"\r\r\n")
    assert all(piece.endswith(blank) for piece in pieces[:-1])
