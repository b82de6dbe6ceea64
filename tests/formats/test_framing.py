"""Bytes to frames: the event-stream rules of the HTML standard, NDJSON, and streams that mean harm."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.formats.framing import Deframer, Frame, FrameTooLong, NdjsonDeframer, SseDeframer, sse

STREAM = (
    b"\xef\xbb\xbf: a comment\r\n"
    b'event: message_start\r\ndata: {"a": "\xc3\xa9\xf0\x9f\x92\xa5"}\r\n\r\n'
    b"data:no space\rdata: second line\r\r"
    b"id: 7\nretry: 10\nevent: without data\n\n"
    b"data\n\n"
    b"data: \xff\xfe\x00 no UTF-8\n\n"
    b"data: [DONE]\n\n"
)  # fmt: skip
FRAMES = [
    Frame("message_start", '{"a": "é💥"}'.encode()),
    Frame("", b"no space\nsecond line"),
    Frame("", b""),
    Frame("", b"\xff\xfe\x00 no UTF-8"),
    Frame("", b"[DONE]"),
]


def frames(deframer: Deframer, *pieces: bytes) -> list[Frame]:
    return [frame for piece in pieces for frame in deframer.feed(piece)] + deframer.end()


def test_an_event_stream_is_read_as_the_standard_says() -> None:
    assert frames(SseDeframer(), STREAM) == FRAMES


@pytest.mark.parametrize("place", range(len(STREAM) + 1))
def test_a_cut_at_any_byte_changes_nothing(place: int) -> None:
    assert frames(SseDeframer(), STREAM[:place], STREAM[place:]) == FRAMES


def test_bytes_one_by_one_change_nothing() -> None:
    assert frames(SseDeframer(), *(STREAM[place : place + 1] for place in range(len(STREAM)))) == FRAMES


@given(
    data=st.lists(st.sampled_from([b"\r", b"\n", b"data: x", b"event: y", b":", b"\xc3", b""]), max_size=30),
    cut=st.data(),
)
def test_line_ends_of_all_kinds_mean_the_same_however_they_are_cut(data: list[bytes], cut: st.DataObject) -> None:
    whole = b"".join(data)
    place = cut.draw(st.integers(0, len(whole)))
    assert frames(SseDeframer(), whole[:place], whole[place:]) == frames(SseDeframer(), whole)
    assert frames(NdjsonDeframer(), *data) == frames(NdjsonDeframer(), whole)
    plain = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert frames(SseDeframer(), plain) == frames(SseDeframer(), whole)


def test_an_event_whose_blank_line_never_came_is_given_at_the_end() -> None:
    assert frames(SseDeframer(), b"event: e\ndata: x") == [Frame("e", b"x")]


def test_a_second_end_gives_nothing() -> None:
    deframer = SseDeframer()
    assert frames(deframer, b"data: x") == [Frame("", b"x")]
    assert deframer.end() == []


def test_what_is_spelled_is_what_is_read() -> None:
    assert frames(SseDeframer(), sse(b'{"a":1}', "ping") + sse(b"[DONE]")) == [
        Frame("ping", b'{"a":1}'),
        Frame("", b"[DONE]"),
    ]


def test_lines_of_json_skip_blanks_and_need_no_last_newline() -> None:
    assert frames(NdjsonDeframer(), b'{"a":', b"1}\n\n \r\n", b'{"b":2}') == [
        Frame("", b'{"a":1}'),
        Frame("", b'{"b":2}'),
    ]


@pytest.mark.parametrize("size", [1, 7, 65536])
def test_a_line_of_ten_megabytes_costs_time_in_its_length_only(size: int) -> None:
    count = 200_000 if size == 1 else 10_000_000 // size
    piece = b"x" * size
    began = time.perf_counter()
    deframer = SseDeframer()
    deframer.feed(b"data: ")
    for _ in range(count):
        deframer.feed(piece)
    found = deframer.feed(b"\n\n")
    assert [len(frame.data) for frame in found] == [count * size]
    # Quadratic joining would take minutes.
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize("deframer", [SseDeframer(limit=100), NdjsonDeframer(limit=100)])
def test_a_line_over_the_limit_is_refused_before_it_is_kept(deframer: Deframer) -> None:
    deframer.feed(b"data: " + b"x" * 90)
    with pytest.raises(FrameTooLong):
        deframer.feed(b"x" * 90)


@pytest.mark.parametrize("deframer", [SseDeframer(limit=100), NdjsonDeframer(limit=100)])
def test_a_line_over_the_limit_is_refused_within_one_chunk(deframer: Deframer) -> None:
    with pytest.raises(FrameTooLong):
        deframer.feed(b"\n" + b"x" * 200 + b"\n\n")


def test_an_event_of_many_lines_over_the_limit_is_refused() -> None:
    deframer = SseDeframer(limit=100)
    with pytest.raises(FrameTooLong):
        deframer.feed(b"data: 0123456789\n" * 11)


def test_many_events_within_the_limit_are_no_fault() -> None:
    assert len(frames(SseDeframer(limit=100), b"data: 0123456789\n\n" * 1000)) == 1000
