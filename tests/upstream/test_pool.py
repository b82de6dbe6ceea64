"""Idle connections: used again while they are fresh, dropped when they are not, and none is left behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from omniroute.upstream.client import Endpoint, UpstreamClient
from omniroute.upstream.dial import Dialler
from omniroute.upstream.failures import AttemptFailed, FailureKind
from omniroute.upstream.heads import Origin
from omniroute.upstream.http1 import Connection
from omniroute.upstream.names import system_lookup
from omniroute.upstream.pool import MAX_IDLE, Pool
from tests.upstream.raw import Peer, Served, always, answer, ask, open_sockets, served


@pytest.fixture
async def client() -> AsyncIterator[UpstreamClient]:
    made = UpstreamClient(connect_timeout_s=10)
    yield made
    await made.close()


def origin_of(server: Served, *, local: bool = True) -> Origin:
    return Origin("http", "127.0.0.1", server.port, local, None)


async def used(pool: Pool, origin: Origin) -> Connection:
    """Open a connection and let it serve a request."""
    connection = await Dialler(timeout_s=5, lookup=system_lookup).dial(origin, pool)
    pool.add(connection)
    await connection.exchange(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    while await connection.next():
        pass
    return connection


async def test_the_connection_given_back_last_is_used_first() -> None:
    pool = Pool()
    async with served(always(answer(b"x"))) as server:
        made = [await used(pool, origin_of(server)) for _ in range(3)]
        for connection in made:
            pool.give(connection)
        assert len(pool) == 3
        assert [pool.take(origin_of(server)) for _ in range(4)] == [made[2], made[1], made[0], None]
        await pool.close()
        await server.emptied()


async def test_connections_are_not_shared_between_what_is_local_and_what_is_not() -> None:
    pool = Pool()
    async with served(always(answer(b"x"))) as server:
        connection = await used(pool, origin_of(server))
        pool.give(connection)
        assert pool.take(origin_of(server, local=False)) is None
        assert pool.take(origin_of(server)) is connection
        await pool.close()


async def test_a_connection_that_was_idle_for_too_long_is_closed_when_it_is_asked_for() -> None:
    pool = Pool()
    async with served(always(answer(b"x"))) as server:
        connection = await used(pool, origin_of(server))
        pool.give(connection)
        connection.idle_since -= 60
        assert pool.take(origin_of(server)) is None
        await server.emptied()
        await pool.close()


async def test_a_connection_that_nobody_asks_for_is_closed_after_its_time() -> None:
    pool = Pool(keep_s=0.05)
    async with served(always(answer(b"x"))) as server:
        for connection in [await used(pool, origin_of(server)) for _ in range(3)]:
            pool.give(connection)
        await server.emptied()
        assert (len(pool), pool.open) == (0, 0)
        await pool.close()


async def test_a_connection_that_its_peer_closed_is_gone_by_itself() -> None:
    pool = Pool()
    close = asyncio.Event()

    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer(b"x"))
        await close.wait()

    async with served(play) as server:
        pool.give(await used(pool, origin_of(server)))
        close.set()
        async with asyncio.timeout(5):
            while pool.open:
                await asyncio.sleep(0.005)
        assert len(pool) == 0
        assert pool.take(origin_of(server)) is None
        await pool.close()


async def test_no_more_than_a_sane_number_is_kept() -> None:
    pool = Pool()
    async with served(always(answer(b"x"))) as server:
        made = [await used(pool, origin_of(server)) for _ in range(MAX_IDLE + 5)]
        for connection in made:
            pool.give(connection)
        assert len(pool) == MAX_IDLE
        await pool.close()
        await server.emptied()


async def test_a_connection_whose_answer_was_not_read_is_not_kept() -> None:
    pool = Pool()
    async with served(always(answer(b"x"))) as server:
        connection = await used(pool, origin_of(server))
        await connection.exchange(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        pool.give(connection)
        assert len(pool) == 0
        await server.emptied()
        await pool.close()


async def test_a_closed_pool_has_closed_everything_and_takes_nothing() -> None:
    pool = Pool()
    before = open_sockets()
    async with served(always(answer(b"x"))) as server:
        idle, busy, late = [await used(pool, origin_of(server)) for _ in range(3)]
        pool.give(idle)
        await pool.close()
        assert pool.open == 0
        assert busy.closed
        pool.give(late)
        assert len(pool) == 0
        await server.emptied()
    assert open_sockets() == before


async def test_a_thousand_requests_at_once_each_get_their_own_answer(client: UpstreamClient) -> None:
    async def play(peer: Peer) -> None:
        while True:
            body = (await peer.request()).split(b"\r\n\r\n", 1)[1]
            await asyncio.sleep(0.05)
            await peer.send(answer(body[::-1]))

    async with served(play) as server:
        for _ in range(2):
            bodies = [b"%06d" % number for number in range(1000)]
            got = await asyncio.gather(*(ask(client, server.endpoint(), body) for body in bodies))
            assert got == [body[::-1] for body in bodies]
        assert server.connections <= 2000 - MAX_IDLE
        await client.close()
        await server.emptied()


async def test_a_stale_connection_is_replaced_once_by_a_new_one_even_where_more_are_idle(
    client: UpstreamClient,
) -> None:
    """All idle connections die at the moment they are used, as behind a restarted balancer."""
    bodies: list[bytes] = []

    async def play(peer: Peer) -> None:
        await peer.request()
        await asyncio.sleep(0.05)
        await peer.send(answer(b"first"))
        if peer.number <= 5:
            await peer.request()
            peer.reset()
        else:
            bodies.append(await peer.request())
            await peer.send(answer(b"second"))

    async with served(play) as server:
        await asyncio.gather(*(ask(client, server.endpoint()) for _ in range(5)))
        assert server.connections == 5
        assert await ask(client, server.endpoint(), b"again") == b"first"
        assert server.connections == 6


async def test_a_pooled_connection_that_breaks_after_its_first_byte_is_not_tried_again(client: UpstreamClient) -> None:
    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer(b"first"))
        await peer.request()
        await peer.send(b"H")

    async with served(play) as server:
        await ask(client, server.endpoint())
        with pytest.raises(AttemptFailed) as caught:
            await ask(client, server.endpoint())
        assert caught.value.failure.kind is FailureKind.TRANSIENT
        assert server.connections == 1


async def test_a_closed_client_sends_nothing_more() -> None:
    client = UpstreamClient(connect_timeout_s=5)
    async with served(always(answer(b"x"))) as server:
        await ask(client, server.endpoint())
        await client.close()
        with pytest.raises(AttemptFailed, match="stopping"):
            await ask(client, server.endpoint())
        await server.emptied()


async def test_a_request_under_way_ends_when_the_client_is_closed() -> None:
    client = UpstreamClient(connect_timeout_s=5)
    asked = asyncio.Event()

    async def play(peer: Peer) -> None:
        await peer.request()
        asked.set()
        await peer.gone()

    async def end(endpoint: Endpoint) -> None:
        with pytest.raises(AttemptFailed) as caught:
            await ask(client, endpoint)
        assert caught.value.failure.kind is FailureKind.TRANSIENT

    async with served(play) as server, asyncio.TaskGroup() as group:
        group.create_task(end(server.endpoint()))
        await asked.wait()
        await client.close()
