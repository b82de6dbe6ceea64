"""What the client gets of an answer that is kept: the same bytes, save where the gateway knows more."""

import pytest

from omniroute.formats.framing import SseDeframer, sse
from omniroute.formats.hub import Json
from omniroute.gateway.capture import Capture, Keep
from omniroute.gateway.downstream import Headers
from omniroute.kit.json import dumps, loads

DONE: Json = {"id": "resp_1", "status": "completed", "previous_response_id": None, "store": False, "output": []}


class Client:
    """A client that writes down what it gets."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = ()
        self.body = b""
        self.finished = False

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        self.status, self.headers, self.body, self.finished = status, headers, body, True

    async def start(self, status: int, headers: Headers) -> None:
        self.status, self.headers = status, headers

    async def write(self, data: bytes) -> None:
        self.body += data

    async def finish(self) -> None:
        self.finished = True

    async def gone(self) -> None:
        raise NotImplementedError


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def kept() -> list[Json]:
    return []


def capture(client: Client, keep: Keep | None, previous: str | None = None) -> Capture:
    return Capture(client, previous=previous, keep=keep)


def event(kind: str, response: Json) -> bytes:
    return sse(dumps({"type": kind, "response": response}), kind)


async def test_a_whole_answer_is_told_what_the_gateway_knows(client: Client, kept: list[Json]) -> None:
    body = dumps(DONE)
    headers = [(b"content-length", str(len(body)).encode()), (b"x-request-id", b"req_1")]
    await capture(client, kept.append, "resp_0").answer(200, headers, body)
    assert loads(client.body) == {**DONE, "previous_response_id": "resp_0", "store": True}
    assert kept == [loads(client.body)]
    assert dict(client.headers) == {b"content-length": str(len(client.body)).encode(), b"x-request-id": b"req_1"}


async def test_what_needs_no_change_stays_as_it_was_to_the_byte(client: Client, kept: list[Json]) -> None:
    odd = dumps({**DONE, "store": True}).replace(b":", b" :  ")
    await capture(client, kept.append).answer(200, [], odd)
    assert client.body == odd
    assert len(kept) == 1
    streamed = Client()
    raw = b"event: response.completed\r\ndata: " + dumps({"type": "response.completed", "response": loads(odd)})
    await capture(streamed, kept.append).write(raw + b"\r\n\r\n")
    assert streamed.body == raw + b"\r\n\r\n"
    assert len(kept) == 2


@pytest.mark.parametrize("status", ["failed", "in_progress", "queued", "cancelled"])
async def test_an_answer_that_did_not_end_well_is_not_kept(client: Client, kept: list[Json], status: str) -> None:
    caught = capture(client, kept.append)
    await caught.answer(200, [], dumps({**DONE, "status": status}))
    await caught.write(event(f"response.{status}", {**DONE, "status": status}))
    assert kept == []


async def test_errors_pass(client: Client, kept: list[Json]) -> None:
    await capture(client, kept.append, "resp_0").answer(429, [], b'{"error":{"message":"slow down"}}')
    assert (client.status, client.body, kept) == (429, b'{"error":{"message":"slow down"}}', [])


async def test_in_a_stream_only_response_objects_are_touched(client: Client, kept: list[Json]) -> None:
    delta = sse(b'{"type":"response.output_text.delta","delta":"say \\"response\\": 5"}', "response.output_text.delta")
    odd = sse(b'{"type":"x","response":"text"}', "x")
    pieces = [event("response.created", {**DONE, "status": "in_progress"}), b": keep-alive\n\n", delta, odd]
    caught = capture(client, kept.append, "resp_0")
    await caught.start(200, [(b"content-type", b"text/event-stream")])
    await caught.write(b"".join(pieces))
    await caught.write(event("response.incomplete", {**DONE, "status": "incomplete"}))
    await caught.finish()
    assert client.finished
    assert b": keep-alive\n\n" + delta + odd in client.body
    frames = SseDeframer().feed(client.body)
    told = [loads(frame.data)["response"] for frame in (frames[0], frames[-1])]
    assert [(one["previous_response_id"], one["store"]) for one in told] == [("resp_0", True)] * 2
    assert kept == [told[-1]]


async def test_an_answer_that_is_not_kept_is_told_where_it_came_from(client: Client) -> None:
    await capture(client, None, "resp_0").answer(200, [], dumps(DONE))
    assert loads(client.body) == {**DONE, "previous_response_id": "resp_0"}
