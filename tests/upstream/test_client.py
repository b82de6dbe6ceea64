"""The hot path's HTTP client against real servers: pools, connections that died, answers that break or grow."""

import asyncio
import gzip
import json
import resource
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager

import pytest
from yarl import URL

from omniroute.upstream.client import Answer, Endpoint, HttpAnswer, UpstreamClient
from omniroute.upstream.failures import AttemptFailed, FailureKind, of_break
from tests.fakes.upstream import FakeUpstream

ASK = json.dumps({"model": "fake-large", "messages": [{"role": "user", "content": "Hello"}]}).encode()
STREAM = json.dumps({**json.loads(ASK), "stream": True}).encode()
LIMIT = 1024 * 1024


@pytest.fixture
async def client() -> AsyncIterator[UpstreamClient]:
    made = UpstreamClient(connect_timeout_s=0.5)
    yield made
    await made.close()


def endpoint(fake: FakeUpstream, *, local: bool = True, host: str | None = None) -> Endpoint:
    url = URL(f"{fake.api_url}/chat/completions")
    headers = {"Authorization": f"Bearer {fake.key}", "Content-Type": "application/json"}
    return Endpoint(url=url.with_host(host) if host else url, headers=headers, local=local)


async def ask(client: UpstreamClient, where: Endpoint, body: bytes = ASK) -> bytes:
    answer = await client.post(where, body)
    try:
        return await answer.read(LIMIT)
    finally:
        answer.close()


# One connection's part of a hand-made server: reads and writes as it likes, and how often it was called.
Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], Awaitable[None]]


@asynccontextmanager
async def server(play: Play) -> AsyncIterator[Endpoint]:
    """Run a server that does as `play` says with each request; give the endpoint that leads there."""
    count = 0
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line
                )
                await reader.readexactly(length)
                count += 1
                await play(reader, writer, count)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = running.sockets[0].getsockname()[1]
    try:
        yield Endpoint(url=URL(f"http://127.0.0.1:{port}/v1/chat/completions"), headers={}, local=True)
    finally:
        running.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await running.wait_closed()


def saying(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    return ("\r\n".join(head) + "\r\n\r\n").encode() + body


async def failure(work: Awaitable[object]) -> AttemptFailed:
    with pytest.raises(AttemptFailed) as caught:
        await work
    return caught.value


async def test_requests_one_after_another_share_a_connection(client: UpstreamClient, fake_openai: FakeUpstream) -> None:
    for _ in range(5):
        await ask(client, endpoint(fake_openai))
    assert (fake_openai.connections, len(fake_openai.requests)) == (1, 5)


async def test_a_stream_read_to_its_end_gives_its_connection_back(
    client: UpstreamClient, fake_openai: FakeUpstream
) -> None:
    for _ in range(3):
        assert (await ask(client, endpoint(fake_openai), STREAM)).endswith(b"data: [DONE]\n\n")
    assert fake_openai.connections == 1


async def test_an_answer_left_unread_drops_its_connection(client: UpstreamClient, fake_openai: FakeUpstream) -> None:
    fake_openai.faults.push("endless_stream")
    answer = await client.post(endpoint(fake_openai), STREAM)
    assert await answer.next()
    answer.close()
    await fake_openai.disconnected()
    await ask(client, endpoint(fake_openai))
    assert fake_openai.connections == 2


async def test_many_requests_at_once_each_get_a_connection(client: UpstreamClient, fake_openai: FakeUpstream) -> None:
    answers = await asyncio.gather(*(ask(client, endpoint(fake_openai)) for _ in range(50)))
    assert all(json.loads(answer)["choices"] for answer in answers)


async def test_what_is_sent_is_the_body_and_the_endpoints_own_headers(
    client: UpstreamClient, fake_openai: FakeUpstream
) -> None:
    await ask(client, endpoint(fake_openai))
    (request,) = fake_openai.requests
    assert request.raw == ASK
    assert request.bearer == fake_openai.key
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["user-agent"].startswith("omniroute/")
    assert "cookie" not in request.headers


async def test_cookies_of_an_upstream_are_not_kept(client: UpstreamClient) -> None:
    heads: list[bytes] = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        await reader.readexactly(len(ASK))
        writer.write(saying(b"{}", "set-cookie: session=1; Path=/", "connection: close"))
        writer.close()

    running = await asyncio.start_server(play, "127.0.0.1", 0)
    url = URL(f"http://localhost:{running.sockets[0].getsockname()[1]}/")
    for _ in range(2):
        await ask(client, Endpoint(url=url, headers={}, local=True))
    running.close()
    assert len(heads) == 2
    assert b"cookie" not in heads[1].lower()


async def test_redirects_are_not_followed(client: UpstreamClient, fake_openai: FakeUpstream) -> None:
    async def play(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _count: int) -> None:
        writer.write(saying(b"", f"location: {endpoint(fake_openai).url}", status="307 Temporary Redirect"))

    async with server(play) as where:
        answer = await client.post(where, ASK)
        assert answer.status == 307
        assert await answer.read(LIMIT) == b""
        answer.close()
    assert not fake_openai.requests


async def test_headers_have_their_names_in_lower_case_however_they_were_sent(client: UpstreamClient) -> None:
    async def play(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _count: int) -> None:
        writer.write(saying(b"{}", "RETRY-AFTER: 7"))

    async with server(play) as where:
        answer = await client.post(where, ASK)
        assert answer.headers["retry-after"] == "7"
        answer.close()


async def test_a_pooled_connection_that_is_closed_in_the_servers_hand_is_replaced_unseen(
    client: UpstreamClient, fake_openai: FakeUpstream
) -> None:
    await ask(client, endpoint(fake_openai))
    fake_openai.faults.push("keepalive_closed")
    assert json.loads(await ask(client, endpoint(fake_openai)))["choices"]
    assert (fake_openai.connections, len(fake_openai.requests)) == (2, 3)


def reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


async def test_a_pooled_connection_that_is_reset_is_replaced_unseen(client: UpstreamClient) -> None:
    async def play(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int) -> None:
        if count == 2:
            reset(writer)
        else:
            writer.write(saying(b"answer %d" % count))

    async with server(play) as where:
        assert await ask(client, where) == b"answer 1"
        assert await ask(client, where) == b"answer 3"


@pytest.mark.parametrize("end", [lambda writer: writer.close(), reset])
async def test_a_new_connection_that_ends_unanswered_is_not_tried_again_as_the_request_may_have_been_served(
    client: UpstreamClient, end: Callable[[asyncio.StreamWriter], None]
) -> None:
    counts: list[int] = []

    async def play(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int) -> None:
        counts.append(count)
        end(writer)

    async with server(play) as where:
        error = await failure(client.post(where, ASK))
    assert error.failure.kind is FailureKind.TRANSIENT
    assert counts == [1]


async def test_a_pooled_connection_is_replaced_once_and_no_more(client: UpstreamClient) -> None:
    async def play(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int) -> None:
        if count == 1:
            writer.write(saying(b"{}"))
        else:
            writer.close()

    async with server(play) as where:
        await ask(client, where)
        error = await failure(client.post(where, ASK))
    assert error.failure.kind is FailureKind.TRANSIENT


async def test_nobody_listening_is_a_failed_try(client: UpstreamClient) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = await failure(client.post(Endpoint(url=URL(f"http://127.0.0.1:{port}/"), headers={}, local=True), ASK))
    assert error.failure.kind is FailureKind.TRANSIENT
    assert error.failure.status is None
    assert str(error).startswith("no answer: ")


async def test_a_server_that_does_not_take_the_connection_is_given_up_in_time(client: UpstreamClient) -> None:
    # A listener whose queue is full leaves further connections hanging.
    with socket.socket() as full, ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        url = URL(f"http://127.0.0.1:{full.getsockname()[1]}/")
        began = asyncio.get_running_loop().time()
        error = await failure(client.post(Endpoint(url=url, headers={}, local=True), ASK))
        took = asyncio.get_running_loop().time() - began
    assert error.failure.kind is FailureKind.TIMEOUT
    assert took < 3


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1"])
async def test_a_refused_address_is_a_failed_try_and_nothing_is_sent(
    client: UpstreamClient, fake_openai: FakeUpstream, host: str
) -> None:
    where = endpoint(fake_openai, local=False, host=host)
    error = await failure(client.post(where, ASK))
    assert error.failure.kind is FailureKind.TRANSIENT
    assert fake_openai.connections == 0


@pytest.mark.parametrize("host", ["169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "100.100.100.200"])
async def test_metadata_addresses_are_refused_at_the_moment_of_connecting_too(
    client: UpstreamClient, host: str
) -> None:
    error = await failure(client.post(Endpoint(url=URL(f"http://{host}/"), headers={}, local=True), ASK))
    assert "never allowed" in str(error)


async def test_the_pools_are_apart_so_that_a_local_connection_opens_nothing_for_others(
    client: UpstreamClient, fake_openai: FakeUpstream
) -> None:
    await ask(client, endpoint(fake_openai, local=True))
    error = await failure(client.post(endpoint(fake_openai, local=False), ASK))
    assert "private address" in str(error)
    assert len(fake_openai.requests) == 1


@pytest.mark.parametrize("fault", ["cut_mid_chunk", "cut_at_boundary", "reset"])
async def test_a_body_that_breaks_off_is_a_truncated_answer(
    client: UpstreamClient, fake_openai: FakeUpstream, fault: str
) -> None:
    fake_openai.faults.push(fault)  # type: ignore[arg-type]
    answer = await client.post(endpoint(fake_openai), STREAM)
    error = await failure(answer.read(LIMIT))
    answer.close()
    assert error.failure.kind is FailureKind.TRUNCATED


async def test_a_body_over_the_limit_is_not_collected(client: UpstreamClient, fake_openai: FakeUpstream) -> None:
    fake_openai.faults.push("endless_stream")
    answer = await client.post(endpoint(fake_openai), STREAM)
    error = await failure(answer.read(100_000))
    answer.close()
    assert "over 100000 bytes" in str(error)
    assert (await fake_openai.disconnected()).sent < 10 * LIMIT


async def test_a_compressed_answer_is_unpacked(client: UpstreamClient, fake_openai: FakeUpstream) -> None:
    fake_openai.faults.push("gzip")
    assert (await ask(client, endpoint(fake_openai), STREAM)).endswith(b"data: [DONE]\n\n")


async def test_a_small_answer_that_unpacks_to_gigabytes_is_bounded(client: UpstreamClient) -> None:
    piece = gzip.compress(bytes(64 * LIMIT), 9)
    bomb = piece * 32  # 2 GB of nothing; gzip allows members in a row

    async def play(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _count: int) -> None:
        writer.write(saying(bomb, "content-encoding: gzip"))
        await writer.drain()

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with server(play) as where:
        answer = await client.post(where, ASK)
        error = await failure(answer.read(8 * LIMIT))
        answer.close()
    assert "over" in str(error)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    assert grown < 160, f"memory grew by {grown} MB"


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_an_answer_that_is_no_http_is_a_failed_try(client: UpstreamClient, answer: bytes) -> None:
    async def play(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _count: int) -> None:
        writer.write(answer)
        writer.close()

    async with server(play) as where:
        error = await failure(client.post(where, ASK))
    assert error.failure.kind is FailureKind.TRANSIENT


@pytest.mark.parametrize(
    "head",
    [
        saying(b"not gzip at all", "content-encoding: gzip"),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort",
    ],
)
async def test_a_body_that_is_not_what_its_head_says_is_a_failed_try(client: UpstreamClient, head: bytes) -> None:
    async def play(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _count: int) -> None:
        writer.write(head)
        writer.close()

    async with server(play) as where:
        error = await failure(ask(client, where))
    assert error.failure.kind in {FailureKind.TRUNCATED, FailureKind.TRANSIENT}


async def test_an_error_answer_is_an_answer(client: UpstreamClient, fake_openai: FakeUpstream) -> None:
    fake_openai.faults.push("503")
    answer = await client.post(endpoint(fake_openai), ASK)
    assert answer.status == 503
    assert b"error" in await answer.read(LIMIT)
    answer.close()


async def test_a_transport_serves_its_own_scheme_without_a_socket() -> None:
    class Canned:
        async def post(self, endpoint: Endpoint, body: bytes) -> Answer:
            raise AttemptFailed(of_break(FailureKind.RATE, f"{endpoint.url} {len(body)}"))

    client = UpstreamClient(connect_timeout_s=1, transports={"demo": Canned()})
    error = await failure(client.post(Endpoint(url=URL("demo://in/process"), headers={}), ASK))
    assert str(error) == f"demo://in/process {len(ASK)}"
    await client.close()


async def test_a_closed_client_leaves_no_connection_open(fake_openai: FakeUpstream) -> None:
    client = UpstreamClient(connect_timeout_s=1)
    fake_openai.faults.push("endless_stream")
    answer = await client.post(endpoint(fake_openai), STREAM)
    assert isinstance(answer, HttpAnswer)
    await client.close()
    await fake_openai.disconnected()
    answer.close()


def test_an_endpoint_does_not_show_its_headers() -> None:
    shown = repr(Endpoint(url=URL("https://api.example/v1"), headers={"Authorization": "Bearer hidden"}))
    assert "hidden" not in shown
