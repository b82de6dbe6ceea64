"""Each fault does what it says, in every format: seen from plain HTTP clients and from a bare socket."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

from omniroute.formats.framing import Deframer, Frame, NdjsonDeframer, SseDeframer
from omniroute.formats.hub import Format
from tests.fakes.faults import STATUSES, Status
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream

TEXT = "one two three four five six seven"
_SAID = [{"role": "user", "content": TEXT}]
BODIES: dict[Format, tuple[str, str, dict[str, Any]]] = {
    Format.OPENAI_CHAT: ("/v1/chat/completions", "/v1/chat/completions", {"model": "m", "messages": _SAID}),
    Format.OPENAI_RESPONSES: ("/v1/responses", "/v1/responses", {"model": "m", "input": TEXT}),
    Format.ANTHROPIC: ("/v1/messages", "/v1/messages", {"model": "m", "max_tokens": 99, "messages": _SAID}),
    Format.GEMINI: (
        "/v1beta/models/m:generateContent",
        "/v1beta/models/m:streamGenerateContent?alt=sse",
        {"contents": [{"parts": [{"text": TEXT}]}]},
    ),
    Format.OLLAMA: ("/api/chat", "/api/chat", {"model": "m", "messages": _SAID}),
}
every_format = pytest.mark.parametrize("wire_format", list(Format))


def request_of(fake: FakeUpstream, *, stream: bool) -> tuple[str, dict[str, Any], dict[str, str]]:
    """Return the URL, body and headers of a good request."""
    whole, streamed, body = BODIES[fake.format]
    flag = {} if fake.format is Format.GEMINI else {"stream": stream}
    headers = {"authorization": f"Bearer {fake.key}", "anthropic-version": "2023-06-01"}
    if fake.format is Format.GEMINI:
        headers = {"x-goog-api-key": fake.key}
    return fake.base_url + (streamed if stream else whole), body | flag, headers


async def post(fake: FakeUpstream, *, stream: bool = True) -> httpx.Response:
    """Send a good request on a connection of its own."""
    url, body, headers = request_of(fake, stream=stream)
    async with httpx.AsyncClient(timeout=5) as client:
        return await client.post(url, json=body, headers=headers)


async def received(fake: FakeUpstream, limit: int | None = None) -> tuple[bytes, str]:
    """Return what comes of a streamed body (about `limit` bytes of it), and how it ended: properly, cut or reset."""
    url, body, headers = request_of(fake, stream=True)
    got = b""
    try:
        async with (
            httpx.AsyncClient(timeout=5) as client,
            client.stream("POST", url, json=body, headers=headers) as sent,
        ):
            async for data in sent.aiter_bytes():
                got += data
                if limit is not None and len(got) > limit:
                    break
    except httpx.RemoteProtocolError:
        return got, "cut"
    except httpx.ReadError:
        return got, "reset"
    return got, "properly"


def frames_of(fake: FakeUpstream, data: bytes) -> list[Frame]:
    """Cut a stream into its frames."""
    machine: Deframer = NdjsonDeframer() if fake.format is Format.OLLAMA else SseDeframer()
    return machine.feed(data)


def texts_in(frames: list[Frame]) -> int:
    """Count the words of the answer that came."""
    joined = b"".join(frame.data for frame in frames)
    return sum(f'{word}"'.encode() in joined for word in TEXT.split())


@every_format
async def test_a_healthy_stream_has_all_words_and_a_proper_end(fakes: MakeFake, wire_format: Format) -> None:
    fake = await fakes(wire_format)
    data, ending = await received(fake)
    assert ending == "properly"
    assert texts_in(frames_of(fake, data)) == 7


@every_format
@pytest.mark.parametrize("status", STATUSES)
async def test_a_status_is_answered_in_the_vendors_words(fakes: MakeFake, wire_format: Format, status: Status) -> None:
    fake = await fakes(wire_format)
    fake.faults.push(status, retry_after="7")
    fake.faults.push(status)
    first, second = await post(fake), await post(fake, stream=False)
    assert first.status_code == second.status_code == int(status)
    assert first.headers["retry-after"] == "7"
    assert "retry-after" not in second.headers
    assert first.json()["error"]
    assert (await post(fake)).status_code == 200


@every_format
async def test_a_slow_first_byte_waits_before_the_head(fakes: MakeFake, wire_format: Format) -> None:
    fake = await fakes(wire_format)
    fake.faults.push("slow_first_byte", delay_s=0.25)
    before = time.monotonic()
    assert (await post(fake)).status_code == 200
    assert time.monotonic() - before >= 0.25


@every_format
async def test_a_stall_says_something_and_then_nothing(fakes: MakeFake, wire_format: Format) -> None:
    fake = await fakes(wire_format)
    fake.faults.push("stall")
    url, body, headers = request_of(fake, stream=True)
    got: list[bytes] = []

    async def listen() -> None:
        async with (
            httpx.AsyncClient(timeout=httpx.Timeout(5, read=0.5)) as client,
            client.stream("POST", url, json=body, headers=headers) as sent,
        ):
            async for data in sent.aiter_bytes():
                got.append(data)  # noqa: PERF401 - what came before the silence must be kept

    with pytest.raises(httpx.ReadTimeout):
        await listen()
    assert 0 < texts_in(frames_of(fake, b"".join(got))) < 7
    assert (await fake.disconnected()).sent > 0


@every_format
async def test_cuts_leave_the_body_unfinished_where_they_say(fakes: MakeFake, wire_format: Format) -> None:
    fake = await fakes(wire_format)
    fake.faults.push("cut_mid_chunk")
    fake.faults.push("cut_at_boundary")
    fake.faults.push("cut_before_content")
    fake.faults.push("reset")
    (inside, inside_ended), (whole, whole_ended) = await received(fake), await received(fake)
    (none, none_ended), (lost, lost_ended) = await received(fake), await received(fake)
    assert [inside_ended, whole_ended, none_ended, lost_ended] == ["cut", "cut", "cut", "reset"]
    assert not inside.endswith(b"\n")
    assert whole.endswith(b"\n")
    assert 0 < texts_in(frames_of(fake, whole)) < 7
    assert texts_in(frames_of(fake, none)) == 0
    assert 0 < texts_in(frames_of(fake, lost)) < 7
    assert fake.disconnects == []


@every_format
@pytest.mark.parametrize("name", ["cut_mid_chunk", "cut_at_boundary", "cut_before_content"])
async def test_whole_bodies_are_cut_too(fakes: MakeFake, wire_format: Format, name: Any) -> None:
    fake = await fakes(wire_format)
    fake.faults.push(name)
    with pytest.raises(httpx.RemoteProtocolError):
        await post(fake, stream=False)


@every_format
async def test_an_early_end_is_proper_http_but_no_finished_answer(fakes: MakeFake, wire_format: Format) -> None:
    fake = await fakes(wire_format)
    fake.faults.push("end_early")
    data, ending = await received(fake)
    assert ending == "properly"
    assert 0 < texts_in(frames_of(fake, data)) < 7
    assert (await received(fake))[0].startswith(data[:20])


@every_format
async def test_errors_hide_in_a_200_first_or_in_the_middle_or_whole(fakes: MakeFake, wire_format: Format) -> None:
    fake = await fakes(wire_format)
    fake.faults.push("error_in_200")
    fake.faults.push("error_mid_stream")
    fake.faults.push("error_json_in_200")
    fake.faults.push("error_in_200")
    first, middle = await post(fake), await post(fake)
    plain, whole = await post(fake), await post(fake, stream=False)
    assert {answer.status_code for answer in (first, middle, plain, whole)} == {200}
    assert b"error" in frames_of(fake, first.content)[0].data
    assert texts_in(frames_of(fake, middle.content)) > 0
    assert b"error" in frames_of(fake, middle.content)[-1].data
    assert plain.headers["content-type"] == "application/json"
    assert plain.json()["error"]
    assert whole.json()["error"]


@every_format
async def test_a_malformed_chunk_stands_between_good_ones(fakes: MakeFake, wire_format: Format) -> None:
    fake = await fakes(wire_format)
    fake.faults.push("malformed_chunk")
    data, ending = await received(fake)
    assert ending == "properly"
    assert sum(not _is_json(frame.data) for frame in frames_of(fake, data) if frame.data != b"[DONE]") == 1
    assert texts_in(frames_of(fake, data)) == 7


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


@every_format
async def test_a_page_of_html_an_empty_stream_and_a_wrong_type(fakes: MakeFake, wire_format: Format) -> None:
    fake = await fakes(wire_format)
    fake.faults.push("html_error")
    fake.faults.push("empty_stream")
    fake.faults.push("wrong_content_type")
    page, empty, wrong = await post(fake), await post(fake), await post(fake)
    assert page.status_code == 502
    assert page.text.startswith("<!DOCTYPE html>")
    assert empty.status_code == 200
    assert empty.content == b""
    assert wrong.headers["content-type"].startswith("text/plain")
    assert texts_in(frames_of(fake, wrong.content)) == 7


@every_format
async def test_an_endless_stream_ends_only_when_the_client_goes(fakes: MakeFake, wire_format: Format) -> None:
    fake = await fakes(wire_format)
    fake.faults.push("endless_stream")
    data, _ = await received(fake, limit=100_000)
    assert len(data) > 100_000
    gone = await fake.disconnected()
    assert gone.request is fake.requests[0]


@every_format
async def test_a_huge_line_is_one_frame_of_its_size(fakes: MakeFake, wire_format: Format) -> None:
    fake = await fakes(wire_format)
    fake.faults.push("huge_line", size=1_000_000)
    data, ending = await received(fake)
    assert ending == "properly"
    longest = max(frames_of(fake, data), key=lambda frame: len(frame.data))
    assert len(longest.data) > 1_000_000
    assert _is_json(longest.data)


@every_format
async def test_no_done_leaves_off_the_end_mark_alone(fakes: MakeFake, wire_format: Format) -> None:
    fake = await fakes(wire_format)
    fake.faults.push("no_done")
    without, ending = await received(fake)
    with_mark, _ = await received(fake)
    assert ending == "properly"
    left_off = len(frames_of(fake, with_mark)) - len(frames_of(fake, without))
    assert left_off == (1 if wire_format in (Format.OPENAI_CHAT, Format.ANTHROPIC) else 0)
    assert texts_in(frames_of(fake, without)) == 7


@every_format
@pytest.mark.parametrize("stream", [True, False])
async def test_gzip_is_what_the_header_says(fakes: MakeFake, wire_format: Format, *, stream: bool) -> None:
    fake = await fakes(wire_format)
    await post(fake)  # so that both answers below speak of the same cached tokens
    fake.faults.push("gzip")
    packed, plain = await post(fake, stream=stream), await post(fake, stream=stream)
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.num_bytes_downloaded != len(packed.content)
    assert len(packed.content) == len(plain.content)


@every_format
async def test_keepalive_closed_takes_a_request_on_a_used_connection_and_never_answers(
    fakes: MakeFake, wire_format: Format
) -> None:
    fake = await fakes(wire_format)
    fake.faults.push("keepalive_closed")
    url, body, headers = request_of(fake, stream=True)
    async with httpx.AsyncClient(timeout=5) as client:
        assert (await client.post(url, json=body, headers=headers)).status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(url, json=body, headers=headers)
        assert (await client.post(url, json=body, headers=headers)).status_code == 200
    assert [request.reused for request in fake.requests] == [False, True, False]
    assert fake.connections == 2


@every_format
async def test_a_hang_up_is_seen_at_once_even_before_the_head(fakes: MakeFake, wire_format: Format) -> None:
    fake = await fakes(wire_format)
    fake.faults.push("disconnect_watch")
    url, body, headers = request_of(fake, stream=True)
    with pytest.raises(httpx.ReadTimeout):
        async with httpx.AsyncClient(timeout=httpx.Timeout(5, read=0.2)) as client:
            await client.post(url, json=body, headers=headers)
    gone = await fake.disconnected()
    assert gone.sent == 0
    assert 0.1 < gone.after_s < 5


async def test_a_default_fault_strikes_until_it_is_cleared_and_spares_the_model_list(fakes: MakeFake) -> None:
    fake = await fakes(Format.OPENAI_CHAT)
    fake.faults.always("503")
    fake.faults.push("429", times=2)
    assert [(await post(fake)).status_code for _ in range(4)] == [429, 429, 503, 503]
    async with httpx.AsyncClient() as client:
        listed = await client.get(f"{fake.base_url}/v1/models", headers={"authorization": f"Bearer {fake.key}"})
    assert listed.status_code == 200
    fake.faults.clear()
    assert (await post(fake)).status_code == 200
    assert len(fake.generations) == 5


async def test_on_a_bare_socket_a_cut_is_half_a_chunk_and_then_the_end(fakes: MakeFake) -> None:
    fake = await fakes(Format.OPENAI_CHAT)
    fake.faults.push("cut_mid_chunk")
    url, body, headers = request_of(fake, stream=True)
    host, _, port = url.removeprefix("http://").partition("/")[0].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    payload = json.dumps(body).encode()
    lines = ["POST /v1/chat/completions HTTP/1.1", "host: fake", f"content-length: {len(payload)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join((*lines, "", "")).encode() + payload)
    got = await reader.read()
    writer.close()
    size, _, rest = got.rpartition(b"\r\ndata: ")
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    announced = int(size.rpartition(b"\r\n")[2], 16)
    assert 0 < len(b"data: " + rest) < announced


async def test_a_paced_stream_comes_in_pieces(fakes: MakeFake) -> None:
    fake = await fakes(Format.ANTHROPIC)
    fake.pace_s = 0.02
    before = time.monotonic()
    data, ending = await received(fake)
    assert ending == "properly"
    assert time.monotonic() - before > 0.02 * len(frames_of(fake, data)) * 0.9


@pytest.mark.parametrize(
    ("wire_format", "headers", "status"),
    [
        (Format.OPENAI_CHAT, {}, 401),
        (Format.OPENAI_CHAT, {"x-api-key": "fake-key"}, 401),
        (Format.OPENAI_RESPONSES, {"authorization": "Bearer wrong"}, 401),
        (Format.ANTHROPIC, {"x-goog-api-key": "fake-key", "anthropic-version": "2023-06-01"}, 401),
        (Format.ANTHROPIC, {"x-api-key": "fake-key"}, 400),
        (Format.ANTHROPIC, {"x-api-key": "fake-key", "anthropic-version": "2023-06-01"}, 200),
        (Format.GEMINI, {"authorization": "Bearer fake-key"}, 401),
        (Format.GEMINI, {}, 403),
        (Format.GEMINI, {"x-goog-api-key": "wrong"}, 400),
        (Format.OLLAMA, {}, 200),
        (Format.OLLAMA, {"authorization": "Bearer wrong"}, 401),
    ],
)
async def test_a_key_in_the_wrong_header_is_no_key(
    fakes: MakeFake, wire_format: Format, headers: dict[str, str], status: int
) -> None:
    fake = await fakes(wire_format)
    url, body, _ = request_of(fake, stream=False)
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, json=body, headers=headers)
    assert answer.status_code == status


async def test_without_alt_sse_gemini_streams_one_json_array(fakes: MakeFake) -> None:
    fake = await fakes(Format.GEMINI)
    url, body, headers = request_of(fake, stream=True)
    async with httpx.AsyncClient() as client:
        answer = await client.post(url.removesuffix("?alt=sse"), json=body, headers=headers)
    chunks = answer.json()
    assert "".join(chunk["candidates"][0]["content"]["parts"][0]["text"] for chunk in chunks) == TEXT


async def test_a_fault_of_the_fake_itself_fails_the_test() -> None:
    async def ask_what_the_fake_cannot_read() -> None:
        async with FakeUpstream(Format.OPENAI_RESPONSES) as fake, httpx.AsyncClient() as client:
            url, body, headers = request_of(fake, stream=False)
            with pytest.raises(httpx.RemoteProtocolError):
                await client.post(url, json=body | {"tools": [1]}, headers=headers)

    with pytest.raises(AttributeError):
        await ask_what_the_fake_cannot_read()
