"""The laws that every codec keeps, over whatever a request, an answer or a stream may hold.

1. Settling: what a format says of a thing, said again, stays the same (decode∘encode twice = once).
2. A stream says what the whole answer says.
3. How the network cuts the bytes makes no difference.
4. Across: where no loss is reported, a request survives the way through another format.
5. No silence: what does not arrive, of a request or an answer, is reported as a loss of just that place.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.formats.answer_words import AnswerLosses, is_usual
from omniroute.formats.codec import Codec
from omniroute.formats.events import Event, Fault
from omniroute.formats.fold import fold, unfold
from omniroute.formats.hub import Encoded, Format, Message, Request, Response, Role, Sampling, Seed
from omniroute.formats.table import CODECS
from omniroute.kit.json import dumps, loads
from tests.formats import strategies
from tests.formats.facts import answer_facts, facts, gone, is_reported, missing, story

SEED = Seed(id="0123abcd", created=1_700_000_000)
ASKED = Request(model="m", stream=True)

# A thousand examples on a busy machine take longer than any single test may.
pytestmark = pytest.mark.timeout(1200)

every_codec = pytest.mark.parametrize("codec", CODECS.values(), ids=[str(name) for name in CODECS])
every_pair = pytest.mark.parametrize(
    ("first", "second"),
    [pytest.param(CODECS[a], CODECS[b], id=f"{a} by way of {b}") for a, b in product(CODECS, CODECS) if a != b],
)


def encoded(codec: Codec, request: Request) -> Encoded:
    """A request as the format writes it, through real bytes."""
    written = codec.encode_request(request)
    return replace(written, body=loads(dumps(written.body)))


def read_back(codec: Codec, written: Encoded, request: Request) -> Request:
    """A body as the format reads it. Some formats have model and stream in the URL, where the surface finds them."""
    return replace(codec.decode_request(written.body), model=request.model, stream=request.stream)


def said(codec: Codec, request: Request) -> Request:
    """What the format can say of a request: its normal form."""
    return read_back(codec, encoded(codec, request), request)


def answered(codec: Codec, response: Response) -> Response:
    """What the format can say of an answer."""
    return codec.decode_response(loads(dumps(codec.encode_response(response, ASKED))), SEED)


def streamed(codec: Codec, events: Iterable[Event]) -> bytes:
    encoder = codec.encoder(SEED, ASKED)
    return b"".join([encoder.feed(event) for event in events]) + encoder.end()


def heard(codec: Codec, pieces: Iterable[bytes]) -> list[Event]:
    deframer, decoder = codec.deframer(), codec.decoder(SEED)
    frames = [frame for piece in pieces for frame in deframer.feed(piece)] + deframer.end()
    return [event for frame in frames for event in decoder.feed(frame)] + decoder.end()


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


# ── 1: settling ─────────────────────────────────────────────────────────────────────────────────────────────────


@every_codec
@given(request=strategies.requests())
def test_a_request_said_twice_is_the_request_said_once(codec: Codec, request: Request) -> None:
    once = said(codec, request)
    assert said(codec, once) == once


@every_codec
@given(response=strategies.responses)
def test_an_answer_said_twice_is_the_answer_said_once(codec: Codec, response: Response) -> None:
    once = answered(codec, response)
    assert answered(codec, once) == once


# ── 2: stream = answer ──────────────────────────────────────────────────────────────────────────────────────────


@every_codec
@given(response=strategies.responses)
def test_a_stream_says_what_the_whole_answer_says(codec: Codec, response: Response) -> None:
    folded = fold(heard(codec, [streamed(codec, unfold(response))]))
    assert answered(codec, folded) == answered(codec, response)


# ── 3: cuts ─────────────────────────────────────────────────────────────────────────────────────────────────────


@every_codec
@given(response=strategies.responses, places=st.lists(st.integers(0, 1 << 20), max_size=20))
def test_any_cut_of_the_bytes_gives_the_same_events(codec: Codec, response: Response, places: list[int]) -> None:
    data = streamed(codec, unfold(response))
    assert heard(codec, cut(data, places)) == heard(codec, [data])


@every_codec
@given(response=strategies.responses)
def test_bytes_that_come_one_by_one_give_the_same_events(codec: Codec, response: Response) -> None:
    data = streamed(codec, unfold(response))
    assert heard(codec, (data[place : place + 1] for place in range(len(data)))) == heard(codec, [data])


@every_codec
@given(response=strategies.responses, place=st.integers(0, 1 << 20))
def test_a_stream_that_is_cut_short_is_never_taken_for_a_whole_one(
    codec: Codec, response: Response, place: int
) -> None:
    data = streamed(codec, unfold(response))
    whole = heard(codec, [data])
    part = heard(codec, [data[: place % len(data)]])
    if isinstance(part[-1], Fault):
        assert len([event for event in part if isinstance(event, Fault)]) == 1
    else:
        # Only the very last mark is missing: nothing of the choices that were told. Without that mark nobody can know
        # that another choice was to come.
        told = {getattr(event, "choice", 0) for event in part}
        assert part[:-1] == [event for event in whole[:-1] if getattr(event, "choice", 0) in told]


# ── 4: across ───────────────────────────────────────────────────────────────────────────────────────────────────


def settings_of(request: Request) -> list[tuple[str, str]]:
    return sorted((fact.kind, fact.value) for fact in facts(replace(request, messages=())))


@every_pair
@given(request=strategies.plain_requests())
def test_what_both_formats_can_say_survives_the_way_through_the_other(
    first: Codec, second: Codec, request: Request
) -> None:
    before = said(first, request)
    written = encoded(second, before)
    # The Responses API has no stop sequences; all else that is plain is sayable everywhere.
    lost = {fact.path for fact in facts(before) if is_reported(fact, written.losses)}
    assert lost <= {"sampling.stop"}
    if lost:
        return
    after = read_back(first, encoded(first, read_back(second, written, before)), before)
    assert story(after) == story(before)
    assert settings_of(after) == settings_of(before)


@every_pair
@given(request=strategies.requests())
def test_where_no_loss_is_reported_everything_survives_the_way_through_another_format(
    first: Codec, second: Codec, request: Request
) -> None:
    before = said(first, request)
    written = encoded(second, before)
    lost = missing(before, read_back(second, written, before))
    assert [fact for fact in lost if not is_reported(fact, written.losses)] == []


# ── 5: no silence ───────────────────────────────────────────────────────────────────────────────────────────────


@every_codec
@given(request=strategies.requests())
def test_what_a_format_cannot_say_is_reported_where_it_stood(codec: Codec, request: Request) -> None:
    written = encoded(codec, request)
    lost = missing(request, read_back(codec, written, request))
    assert [fact for fact in lost if not is_reported(fact, written.losses)] == []


@every_codec
@given(response=strategies.answers)
def test_what_a_format_cannot_say_of_an_answer_is_reported_where_it_stood(codec: Codec, response: Response) -> None:
    losses = AnswerLosses(codec.words).whole(response)
    lost = gone(answer_facts(response), answer_facts(answered(codec, response)))
    assert [fact for fact in lost if not is_reported(fact, losses)] == []


@every_codec
@given(response=strategies.answers)
def test_nothing_is_reported_of_an_answer_that_arrives(codec: Codec, response: Response) -> None:
    losses = AnswerLosses(codec.words).whole(response)
    lost = gone(answer_facts(response), answer_facts(answered(codec, response)))
    assert [loss for loss in losses if not any(is_reported(fact, (loss,)) for fact in lost)] == []


@every_codec
@given(response=strategies.answers)
def test_a_stream_reports_what_the_whole_answer_reports(codec: Codec, response: Response) -> None:
    noted = AnswerLosses(codec.words)
    for event in unfold(response):
        if not is_usual(event):
            noted.note(event)
    assert sorted(noted.all(), key=str) == sorted(AnswerLosses(codec.words).whole(response), key=str)


# ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────


@every_codec
@pytest.mark.parametrize("kind", ["invalid_request", "authentication", "rate_limit", "overloaded", "timeout"])
def test_an_error_keeps_its_words_and_its_kind(codec: Codec, kind: str) -> None:
    status = {"invalid_request": 400, "authentication": 401, "rate_limit": 429, "overloaded": 503, "timeout": 504}[kind]
    fault = Fault(kind=kind, message="Es geht nicht. 💥", status=status)
    read = codec.decode_error(status, dumps(codec.encode_error(fault)))
    assert (read.kind, read.message, read.status) == (kind, fault.message, status)


@every_codec
@given(status=st.integers(400, 599), body=st.one_of(st.binary(max_size=200), strategies.json_values.map(dumps)))
def test_any_body_of_a_failure_gives_a_message(codec: Codec, status: int, body: bytes) -> None:
    fault = codec.decode_error(status, body)
    assert fault.message
    assert fault.status == status


@every_codec
def test_a_fault_ends_a_stream_without_an_end_mark(codec: Codec) -> None:
    response = Response(id="a_1", model="m", created=1, choices=())
    start = next(iter(unfold(response)))
    fault = Fault(kind="truncated", message="It broke.", status=502)
    events = heard(codec, [streamed(codec, [start, fault])])
    assert isinstance(events[-1], Fault)
    assert events[-1].message == "It broke."


# ── junk ────────────────────────────────────────────────────────────────────────────────────────────────────────


@every_codec
@given(frames=st.lists(st.one_of(strategies.json_values.map(dumps), st.binary(max_size=40)), max_size=5))
def test_no_frame_of_an_upstream_breaks_a_decoder(codec: Codec, frames: list[bytes]) -> None:
    end = b"\n" if codec.format is Format.OLLAMA else b"\n\n"
    data = b"".join((b"" if codec.format is Format.OLLAMA else b"data: ") + frame + end for frame in frames)
    events = heard(codec, [data])
    assert isinstance(events[-1], Fault)


@every_codec
@given(raw=st.dictionaries(strategies.names, strategies.json_values, max_size=4))
def test_no_answer_of_an_upstream_breaks_a_codec(codec: Codec, raw: dict[str, object]) -> None:
    assert isinstance(codec.decode_response(raw, SEED), Response)


def test_the_laws_see_every_format() -> None:
    assert set(CODECS) == set(Format)
    assert [codec.format for codec in CODECS.values()] == list(CODECS)


def test_the_plain_requests_are_not_empty() -> None:
    plain = Request(model="m", messages=(Message(role=Role.USER),), sampling=Sampling(max_tokens=1))
    assert facts(plain) != []
