"""One connection's answers: however the bytes are cut, each ends as what it is, and nothing comes after its end."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.upstream.client import UpstreamClient
from omniroute.upstream.failures import AttemptFailed, FailureKind
from omniroute.upstream.http1 import MAX_HEAD
from tests.upstream.raw import Peer, always, answer, ask, chunked, once, served

TEXT = b"".join(b"data: %d\n\n" % number for number in range(200))


@pytest.fixture
async def client() -> AsyncIterator[UpstreamClient]:
    made = UpstreamClient(connect_timeout_s=5)
    yield made
    await made.close()


async def failure(client: UpstreamClient, data: bytes, *, reset: bool = False) -> AttemptFailed:
    """Ask a server that says `data` and closes; return the failure."""

    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.send(data)
        if reset:
            peer.reset()

    async with served(play) as server:
        with pytest.raises(AttemptFailed) as caught:
            await ask(client, server.endpoint())
        assert server.connections == 1, "a new connection is not tried twice"
    return caught.value


WHOLE = {
    "length": answer(TEXT, "Content-Type: text/event-stream"),
    "chunks": chunked(*TEXT.splitlines(keepends=True)),
    "chunk extensions and trailers": chunked(TEXT[:200], TEXT[200:])
    .replace(b"\r\nc8\r\n", b'\r\nC8;name="value";x\r\n')
    .removesuffix(b"\r\n")
    + b"Server-Timing: db;dur=1\r\nContent-Type: text/html\r\n\r\n",
    "until closed": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + TEXT,
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + TEXT,
    "interim": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(TEXT),
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: %d\n\n%b" % (len(TEXT), TEXT),
    "gzip": answer(gzip.compress(TEXT), "Content-Encoding: gzip"),
    "deflate": chunked(zlib.compress(TEXT), headers=("Content-Encoding: deflate",)),
    "raw deflate": answer(zlib.compress(TEXT, wbits=-15), "Content-Encoding: deflate"),
    "gzip in members": answer(gzip.compress(TEXT[:500]) + gzip.compress(TEXT[500:]), "Content-Encoding: x-gzip"),
}
KEPT = {"length", "chunks", "chunk extensions and trailers", "interim", "bare line feeds", "gzip", "deflate",
        "raw deflate", "gzip in members"}  # fmt: skip


@pytest.mark.parametrize("kind", WHOLE)
async def test_an_answer_is_read_whole_and_its_connection_kept_where_that_is_allowed(
    client: UpstreamClient, kind: str
) -> None:
    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.send(WHOLE[kind])
        if kind in KEPT:
            await peer.request()
            await peer.send(answer(b"second"))

    async with served(play) as server:
        assert await ask(client, server.endpoint()) == TEXT
        if kind in KEPT:
            assert await ask(client, server.endpoint()) == b"second"
            assert server.connections == 1


@pytest.mark.parametrize("kind", WHOLE)
@given(data=st.data())
async def test_any_segmentation_of_the_bytes_gives_the_same_answer(kind: str, data: st.DataObject) -> None:
    wire = WHOLE[kind]
    cuts = tuple(sorted(data.draw(st.sets(st.integers(1, len(wire) - 1), max_size=12))))

    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.send(wire, cut_at=cuts)

    client = UpstreamClient(connect_timeout_s=5)
    async with served(play) as server:
        got = await client.post(server.endpoint(), b"{}")
        assert await got.read(10**6) == TEXT
        assert got.status == 200
        got.close()
        await client.close()


async def test_byte_by_byte_is_the_same_answer(client: UpstreamClient) -> None:
    wire = chunked(TEXT[:40])

    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.send(wire, cut_at=tuple(range(1, len(wire))))

    async with served(play) as server:
        assert await ask(client, server.endpoint()) == TEXT[:40]


@given(cut=st.integers(1, len(answer(TEXT)) - 1), kind=st.sampled_from(["length", "chunks", "gzip"]))
async def test_an_answer_that_is_cut_anywhere_is_never_a_whole_one(cut: int, kind: str) -> None:
    wire = WHOLE[kind]
    client = UpstreamClient(connect_timeout_s=5)
    async with served(once(wire[: min(cut, len(wire) - 1)])) as server:
        with pytest.raises(AttemptFailed) as caught:
            await ask(client, server.endpoint())
        await client.close()
    head = wire.index(b"\r\n\r\n") + 4
    wanted = FailureKind.TRANSIENT if min(cut, len(wire) - 1) < head else FailureKind.TRUNCATED
    assert caught.value.failure.kind is wanted


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
async def test_answers_that_have_no_body_have_none_whatever_their_head_says(
    client: UpstreamClient, status: str
) -> None:
    head = f"HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\n".encode()
    async with served(always(head)) as server:
        for _ in range(2):
            assert await ask(client, server.endpoint()) == b""
        assert server.connections == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "closed unanswered"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "in the middle of the head"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "in the middle of the head"),
        (b"<html>this is no HTTP</html>\r\n\r\n", "not HTTP"),
        (b"HTTP/2 200\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 two hundred\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "another protocol"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "another protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "transfer encoding 'gzip, chunked'"),
        (answer(b"", f"X: {'y' * MAX_HEAD}"), "headers of more than"),
        (answer(b"", *(f"X-{number}: {'y' * 100}" for number in range(700))), "headers of more than"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 5000, "headers of more than"),
        (answer(b"x", "Content-Encoding: br"), "encoded as 'br', which was not asked for"),
        (answer(b"x", "Content-Encoding: zstd"), "encoded as 'zstd'"),
        (answer(b"x", "Content-Encoding: gzip, gzip"), "encoded as 'gzip, gzip'"),
    ],
)
async def test_what_is_no_answer_is_a_failed_try_that_says_so(client: UpstreamClient, data: bytes, words: str) -> None:
    error = await failure(client, data)
    assert error.failure.kind is FailureKind.TRANSIENT
    assert str(error).startswith("no answer: ")
    assert words in str(error)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "before the end of the answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "before the end of the answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "before the end of the answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello world\r\n0\r\n\r\n", "not HTTP"),
        (answer(b"this is not gzip", "Content-Encoding: gzip"), "makes no sense"),
        (answer(gzip.compress(TEXT)[:-9], "Content-Encoding: gzip"), "not whole"),
        (chunked()[:-2] + b"X: " + b"y" * 400_000 + b"\r\n\r\n", "headers of more than"),
    ],
)
async def test_a_body_that_is_not_what_was_promised_is_a_truncated_answer(
    client: UpstreamClient, data: bytes, words: str
) -> None:
    error = await failure(client, data)
    assert error.failure.kind is FailureKind.TRUNCATED
    assert words in str(error)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", FailureKind.TRANSIENT),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", FailureKind.TRUNCATED),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil closed", FailureKind.TRUNCATED),
    ],
)
async def test_a_reset_is_never_the_end_of_an_answer(client: UpstreamClient, data: bytes, kind: FailureKind) -> None:
    error = await failure(client, data, reset=True)
    assert error.failure.kind is kind
    assert "reset" in str(error).lower()


async def test_what_came_before_a_break_is_given_out_first(client: UpstreamClient) -> None:
    async with served(once(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")) as server:
        got = await client.post(server.endpoint(), b"{}")
        await server.emptied()
        assert await got.next() == b"short"
        for _ in range(2):
            with pytest.raises(AttemptFailed):
                await got.next()
        got.close()


@pytest.mark.parametrize("more", [answer(b"a second answer"), b"junk", b"HTTP/1.1 101 X\r\n\r\n"])
async def test_bytes_after_the_end_of_an_answer_cost_the_connection_and_never_reach_another_request(
    client: UpstreamClient, more: bytes
) -> None:
    async def play(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(answer(b"mine") + more)

    async with served(play) as server:
        for _ in range(3):
            assert await ask(client, server.endpoint()) == b"mine"
        assert server.connections == 3


async def test_bytes_that_come_while_nothing_is_asked_close_the_connection(client: UpstreamClient) -> None:
    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer(b"mine"))
        if peer.number == 1:
            await told.wait()
            await peer.send(answer(b"poison"))
        await peer.gone()

    told = asyncio.Event()
    async with served(play) as server:
        assert await ask(client, server.endpoint()) == b"mine"
        told.set()
        await server.emptied()
        assert await ask(client, server.endpoint()) == b"mine"
        assert server.connections == 2


async def test_a_greeting_before_the_request_is_no_answer(client: UpstreamClient) -> None:
    async def play(peer: Peer) -> None:
        await peer.send(b"SSH-2.0-OpenSSH_9.2\r\n")
        await peer.gone()

    async with served(play) as server:
        with pytest.raises(AttemptFailed) as caught:
            await ask(client, server.endpoint())
    assert caught.value.failure.kind is FailureKind.TRANSIENT


async def test_repeated_headers_are_joined_and_names_are_in_lower_case(client: UpstreamClient) -> None:
    async with served(always(answer(b"", "X-Two: a", "x-two: b", "RETRY-AFTER: 7", "Empty:"))) as server:
        got = await client.post(server.endpoint(), b"{}")
        assert got.headers == {"x-two": "a, b", "retry-after": "7", "empty": "", "content-length": "0"}
        got.close()


async def test_an_upgrade_that_is_only_offered_is_an_ordinary_answer(client: UpstreamClient) -> None:
    async with served(always(answer(b"hello", "Upgrade: h2c", "Connection: upgrade"))) as server:
        assert await ask(client, server.endpoint()) == b"hello"


async def test_a_head_that_drips_is_put_together(client: UpstreamClient) -> None:
    wire = answer(b"hello", "X-Slow: yes")

    async def play(peer: Peer) -> None:
        await peer.request()
        for number in range(len(wire)):
            await peer.send(wire[number : number + 1])
            await asyncio.sleep(0.001)

    async with served(play) as server:
        assert await ask(client, server.endpoint()) == b"hello"


async def test_a_head_that_drips_without_end_is_refused(client: UpstreamClient) -> None:
    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            await peer.send(b"y" * 1000)

    async with served(play) as server:
        with pytest.raises(AttemptFailed, match="headers of more than"):
            await ask(client, server.endpoint())
        await server.emptied()


async def test_the_headers_of_an_interim_answer_are_not_the_answers(client: UpstreamClient) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nContent-Encoding: br\r\nLink: </a>\r\n\r\n"
    async with served(always(early + answer(b"x"))) as server:
        got = await client.post(server.endpoint(), b"{}")
        assert got.headers == {"content-length": "1"}
        got.close()


async def test_an_answer_in_an_unknown_coding_closes_its_connection(client: UpstreamClient) -> None:
    async with served(always(answer(b"x", "Content-Encoding: zstd"))) as server:
        with pytest.raises(AttemptFailed):
            await ask(client, server.endpoint())
        await server.emptied()
