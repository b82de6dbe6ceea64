"""What flows over one connection: as it comes, no faster than it is read, and what becomes of the connection."""

import asyncio
import random
import zlib
from collections.abc import AsyncIterator

import pytest

from omniroute.upstream.client import Endpoint, UpstreamClient
from omniroute.upstream.failures import AttemptFailed
from tests.upstream.raw import Peer, always, answer, ask, chunked, open_sockets, served


@pytest.fixture
async def client() -> AsyncIterator[UpstreamClient]:
    made = UpstreamClient(connect_timeout_s=5)
    yield made
    await made.close()


async def test_each_event_of_a_compressed_stream_comes_when_it_is_flushed(client: UpstreamClient) -> None:
    packer = zlib.compressobj(wbits=31)
    seen = asyncio.Event()

    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(5):
            packed = packer.compress(b"event %d" % number) + packer.flush(zlib.Z_SYNC_FLUSH)
            await peer.send(b"%x\r\n%b\r\n" % (len(packed), packed))
            await seen.wait()
            seen.clear()
        packed = packer.flush()
        await peer.send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed))
        await peer.gone()

    async with served(play) as server:
        got = await client.post(server.endpoint(), b"{}")
        for number in range(5):
            assert await got.next() == b"event %d" % number
            seen.set()
        assert await got.next() == b""
        got.close()


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_small_body_that_unpacks_to_a_huge_one_comes_in_small_pieces(
    client: UpstreamClient, coding: str
) -> None:
    bomb = zlib.compress(bytes(64 * 2**20), 9, wbits=31 if coding == "gzip" else 15)
    async with served(always(answer(bomb, f"Content-Encoding: {coding}"))) as server:
        got = await client.post(server.endpoint(), b"{}")
        size = 0
        while piece := await got.next():
            assert len(piece) <= 256 * 1024
            size += len(piece)
        got.close()
        assert size == 64 * 2**20
        with pytest.raises(AttemptFailed, match="over 1000000 bytes"):
            await ask(client, server.endpoint(), limit=10**6)


async def test_a_reader_that_does_not_read_stops_the_sender(client: UpstreamClient) -> None:
    sent = 0

    async def play(peer: Peer) -> None:
        nonlocal sent
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(1000):
            await peer.send(bytes(100_000))
            sent += 100_000
        await peer.gone()

    async with served(play) as server:
        got = await client.post(server.endpoint(), b"{}")
        assert await got.next()
        before = -1
        while sent != before:  # until it stands still
            before = sent
            await asyncio.sleep(0.1)
        assert sent < 40_000_000, "what the system's buffers and ours hold"
        rest = 0
        while piece := await got.next():
            assert len(piece) < 2**20
            rest += len(piece)
        got.close()
        assert sent == 100_000_000
        await client.close()
        await server.emptied()


async def test_a_large_request_arrives_whole(client: UpstreamClient) -> None:
    sizes: list[int] = []

    async def play(peer: Peer) -> None:
        while True:
            sizes.append(len((await peer.request()).split(b"\r\n\r\n", 1)[1]))
            await peer.send(answer(b"ok"))

    async with served(play) as server:
        for size in (0, 1, 65_535, 65_536, 5_000_000):
            await ask(client, server.endpoint(), bytes(size))
        assert sizes == [0, 1, 65_535, 65_536, 5_000_000]
        assert server.connections == 1


async def test_an_answer_before_the_request_was_taken_costs_the_connection(client: UpstreamClient) -> None:
    async def play(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.send(answer(b"too large", status="413 Content Too Large"))
        await peer.gone()

    async with served(play) as server:
        got = await client.post(server.endpoint(), bytes(20_000_000))
        assert got.status == 413
        assert await got.read(1000) == b"too large"
        got.close()
        await server.emptied()


async def test_cancelling_at_any_moment_leaves_no_socket_and_no_answer_of_another_request(
    client: UpstreamClient,
) -> None:
    async def play(peer: Peer) -> None:
        while True:
            request = await peer.request()
            body = request.split(b"\r\n\r\n", 1)[1]
            await peer.send(chunked(body, body), cut_at=(20, 60))

    chance = random.Random(7)
    before = open_sockets()
    async with served(play) as server:

        async def one(number: int) -> bool:
            try:
                async with asyncio.timeout(chance.random() * 0.01):
                    return await echoed(client, server.endpoint(), number)
            except TimeoutError:
                return True

        for first in range(0, 400, 20):
            assert all(await asyncio.gather(*(one(first + number) for number in range(20))))
        assert all(await asyncio.gather(*(echoed(client, server.endpoint(), number) for number in range(20))))
        await client.close()
        await server.emptied()
    assert open_sockets() <= before


async def echoed(client: UpstreamClient, endpoint: Endpoint, number: int) -> bool:
    body = b"%05d" % number * 10
    return await ask(client, endpoint, body) == body * 2


async def test_a_request_that_is_given_up_closes_its_connection_at_once(client: UpstreamClient) -> None:
    asked = asyncio.Event()

    async def play(peer: Peer) -> None:
        await peer.request()
        asked.set()
        await peer.gone()

    async with served(play) as server:
        request = asyncio.create_task(ask(client, server.endpoint()))
        await asked.wait()
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        await server.emptied()


async def test_an_upstream_that_hangs_up_without_reading_ends_the_request_at_once(client: UpstreamClient) -> None:
    async def play(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        peer.writer.write_eof()  # from now on it neither reads nor writes, yet keeps the connection
        await ended.wait()

    ended = asyncio.Event()
    async with served(play) as server, asyncio.timeout(5):
        with pytest.raises(AttemptFailed, match="closed unanswered"):
            await ask(client, server.endpoint(), bytes(20_000_000))
        ended.set()


async def test_an_answer_that_was_let_go_of_gives_nothing_more(client: UpstreamClient) -> None:
    async with served(always(answer(b"one"))) as server:
        got = await client.post(server.endpoint(), b"{}")
        assert await got.next() == b"one"
        got.close()
        got.close()
        with pytest.raises(AttemptFailed, match="let go of"):
            await got.next()
        assert await ask(client, server.endpoint()) == b"one"
        assert server.connections == 1


async def test_a_get_asks_without_a_body(client: UpstreamClient) -> None:
    seen: list[bytes] = []

    async def play(peer: Peer) -> None:
        while True:
            seen.append(await peer.request())
            await peer.send(answer(b"list"))

    async with served(play) as server:
        for _ in range(2):
            got = await client.get(server.endpoint(path="/v1/models?limit=3"))
            assert await got.read(100) == b"list"
            got.close()
        assert server.connections == 1
    assert seen[0].startswith(b"GET /v1/models?limit=3 HTTP/1.1\r\nhost: 127.0.0.1:")
    assert b"content-length" not in seen[0]
