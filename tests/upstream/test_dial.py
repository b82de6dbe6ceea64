"""How connections come about: addresses in turn, TLS that is checked, proxies, and a time limit over all of it."""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Awaitable, Sequence
from pathlib import Path

import pytest
from yarl import URL

from omniroute.upstream.client import Endpoint, UpstreamClient
from omniroute.upstream.dial import Dialler
from omniroute.upstream.failures import AttemptFailed, FailureKind
from omniroute.upstream.heads import Origin, Proxy
from omniroute.upstream.http1 import Connection
from omniroute.upstream.pool import Pool
from tests.upstream.raw import Authority, Peer, Served, always, answer, ask, authority, open_sockets, served


@pytest.fixture
async def client() -> AsyncIterator[UpstreamClient]:
    made = UpstreamClient(connect_timeout_s=3)
    yield made
    await made.close()


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """A certificate authority that the system trusts."""
    made = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


async def failure(work: Awaitable[object]) -> AttemptFailed:
    with pytest.raises(AttemptFailed) as caught:
        await work
    return caught.value


async def dialled(addresses: Sequence[str], port: int, *, timeout_s: float = 3) -> tuple[Connection, Pool]:
    """Connect to a name with these addresses."""

    async def lookup(_host: str) -> Sequence[str]:
        return addresses

    pool = Pool()
    origin = Origin("http", "many.example", port, True, None)
    return await Dialler(timeout_s=timeout_s, lookup=lookup).dial(origin, pool), pool


async def test_addresses_are_tried_in_turn() -> None:
    async with served(always(answer(b"x"))) as server:
        connection, _ = await dialled(["127.0.0.7", "::1", "127.0.0.1"], server.port)
        await connection.exchange(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        connection.abort()
        await server.emptied()


async def test_an_address_that_swallows_everything_does_not_take_the_time_of_the_next(full_port: int) -> None:
    async with served_at(full_port, "127.0.0.2") as server:
        began = asyncio.get_running_loop().time()
        connection, _ = await dialled(["127.0.0.1", "127.0.0.2"], full_port)
        assert asyncio.get_running_loop().time() - began < 2.5
        connection.abort()
        assert server.sockets


@pytest.fixture
def full_port() -> object:
    """A port of 127.0.0.1 whose queue is full: connecting to it hangs."""
    with socket.socket() as full, socket.socket() as one, socket.socket() as two:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (one, two):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield full.getsockname()[1]


async def _silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


class served_at:  # noqa: N801 - reads as the context it is
    """A server on a port and address of the test's choice that closes what it accepts."""

    def __init__(self, port: int, host: str) -> None:
        self._port, self._host = port, host

    async def __aenter__(self) -> asyncio.Server:
        self._server = await asyncio.start_server(_silent, self._host, self._port)
        return self._server

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()
        await asyncio.sleep(0)


async def test_when_no_address_answers_the_last_ones_trouble_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = await failure(dialled(["127.0.0.7", "127.0.0.1"], port))
    assert error.failure.kind is FailureKind.TRANSIENT
    assert str(error) == f"no answer: could not connect to many.example:{port}: Connection refused"


async def test_of_several_addresses_only_the_allowed_are_dialled() -> None:
    error = await failure(dialled(["169.254.169.254", "fe80::1"], 80))
    assert "never allowed" in str(error)
    assert error.failure.kind is FailureKind.TRANSIENT


async def test_a_name_that_does_not_exist_is_told(client: UpstreamClient) -> None:
    error = await failure(ask(client, Endpoint(url=URL("http://nothing.invalid/"), headers={}, local=True)))
    assert error.failure.kind is FailureKind.TRANSIENT
    assert "could not resolve nothing.invalid" in str(error)


async def test_an_ipv6_address_is_reached(client: UpstreamClient) -> None:
    seen: list[bytes] = []

    async def play(peer: Peer) -> None:
        seen.append(await peer.request())
        await peer.send(answer(b"six"))

    async with served(play, host="::1") as server:
        assert await ask(client, server.endpoint("[::1]")) == b"six"
        assert b"\r\nhost: [::1]:%d\r\n" % server.port in seen[0]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_tls_is_spoken_with_a_host_that_its_certificate_names(
    client: UpstreamClient, trusted: Authority, host: str
) -> None:
    before = open_sockets()
    async with served(always(answer(b"secret " * 100_000)), trusted.context("localhost", "127.0.0.1")) as server:
        for _ in range(3):
            assert await ask(client, server.endpoint(host)) == b"secret " * 100_000
        assert server.connections == 1
        await client.close()
        await server.emptied()
    assert open_sockets() <= before


async def test_the_dot_at_the_end_of_a_name_is_no_part_of_what_a_certificate_names(trusted: Authority) -> None:
    async def lookup(_host: str) -> Sequence[str]:
        return ["127.0.0.1"]

    async with served(always(answer(b"x")), trusted.context("dotted.example")) as server:
        origin = Origin("https", "dotted.example.", server.port, True, None)
        connection = await Dialler(timeout_s=3, lookup=lookup).dial(origin, Pool())
        connection.abort()
        await server.emptied()


async def test_the_name_and_the_protocol_are_told_in_the_handshake(client: UpstreamClient, trusted: Authority) -> None:
    names: list[str | None] = []
    chosen: list[str | None] = []
    context = trusted.context("localhost")
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    async def play(peer: Peer) -> None:
        chosen.append(peer.writer.get_extra_info("ssl_object").selected_alpn_protocol())
        await always(answer(b"x"))(peer)

    async with served(play, context) as server:
        await ask(client, server.endpoint("localhost"))
    assert (names, chosen) == (["localhost"], ["http/1.1"])


async def test_a_certificate_of_another_host_is_not_accepted(client: UpstreamClient, trusted: Authority) -> None:
    async with served(always(answer(b"x")), trusted.context("other.example")) as server:
        error = await failure(ask(client, server.endpoint("localhost")))
        await server.emptied()
        assert error.failure.kind is FailureKind.TRANSIENT
        assert f"the certificate of localhost:{server.port} was not accepted: Hostname mismatch" in str(error)


async def test_a_certificate_of_an_unknown_authority_is_not_accepted(client: UpstreamClient, tmp_path: Path) -> None:
    async with served(always(answer(b"x")), authority(tmp_path).context("localhost")) as server:
        error = await failure(ask(client, server.endpoint("localhost")))
        assert "was not accepted: " in str(error)


async def test_a_certificate_that_has_expired_is_not_accepted(client: UpstreamClient, trusted: Authority) -> None:
    async with served(always(answer(b"x")), trusted.context("localhost", days=-1)) as server:
        error = await failure(ask(client, server.endpoint("localhost")))
        assert "expired" in str(error)


async def test_a_server_that_does_not_speak_tls_is_told(client: UpstreamClient) -> None:
    async def play(peer: Peer) -> None:
        await peer.send(b"220 mail.example ESMTP\r\n")
        await peer.gone()

    async with served(play) as server:
        server.tls = True
        error = await failure(ask(client, server.endpoint("localhost")))
        assert error.failure.kind is FailureKind.TRANSIENT


async def test_a_handshake_that_does_not_end_is_given_up() -> None:
    async def play(peer: Peer) -> None:
        await peer.gone()

    client = UpstreamClient(connect_timeout_s=0.3)
    before = open_sockets()
    async with served(play) as server:
        server.tls = True
        error = await failure(ask(client, server.endpoint("localhost")))
        assert error.failure.kind is FailureKind.TIMEOUT
        assert str(error) == "could not connect in time"
        await server.emptied()
        await client.close()
    assert open_sockets() <= before


async def test_a_connection_that_breaks_in_tls_is_a_truncated_answer(
    client: UpstreamClient, trusted: Authority
) -> None:
    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer(b"0123456789")[:-5])

    async with served(play, trusted.context("localhost")) as server:
        error = await failure(ask(client, server.endpoint("localhost")))
        assert error.failure.kind is FailureKind.TRUNCATED


async def test_cancelling_while_connecting_leaves_no_socket(client: UpstreamClient, trusted: Authority) -> None:
    before = open_sockets()
    async with served(always(answer(b"x")), trusted.context("localhost")) as server:
        for number in range(30):
            task = asyncio.create_task(ask(client, server.endpoint("localhost")))
            for _ in range(number):
                await asyncio.sleep(0)
            await asyncio.sleep(0.0002 * number)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert await ask(client, server.endpoint("localhost")) == b"x"
        await client.close()
        await server.emptied()
    assert open_sockets() <= before


def through(proxy: Served, endpoint: Endpoint, user: str = "") -> Endpoint:
    return Endpoint(
        url=endpoint.url,
        headers=endpoint.headers,
        local=endpoint.local,
        proxy=URL(f"http://{user}127.0.0.1:{proxy.port}"),
    )


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def test_a_proxy_gets_the_whole_address_of_a_plain_request(client: UpstreamClient) -> None:
    seen: list[bytes] = []

    async def play(peer: Peer) -> None:
        while True:
            seen.append(await peer.request())
            await peer.send(answer(b"by proxy"))

    async with served(play) as proxy:
        where = Endpoint(
            url=URL("http://10.1.2.3:8080/v1?a=b"), headers={}, local=True,
            proxy=URL(f"http://us%20er:pa%3Ass@127.0.0.1:{proxy.port}"),
        )  # fmt: skip
        for _ in range(2):
            assert await ask(client, where) == b"by proxy"
        assert proxy.connections == 1
    assert seen[0].startswith(b"POST http://10.1.2.3:8080/v1?a=b HTTP/1.1\r\nhost: 10.1.2.3:8080\r\n")
    assert b"\r\nproxy-authorization: Basic " + base64.b64encode(b"us er:pa:ss") in seen[0]


async def test_a_proxy_opens_a_tunnel_for_tls_and_sees_nothing_of_the_request(
    client: UpstreamClient, trusted: Authority
) -> None:
    heads: list[bytes] = []

    async def play(peer: Peer) -> None:
        heads.append(await peer.request())
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        await peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(relay(peer.reader, writer))
                group.create_task(relay(reader, peer.writer))
        finally:
            writer.close()

    async with served(always(answer(b"secret")), trusted.context("localhost")) as target, served(play) as proxy:
        where = through(proxy, target.endpoint("localhost"), "me:pw@")
        for _ in range(2):
            assert await ask(client, where) == b"secret"
        assert (proxy.connections, target.connections) == (1, 1)
        await client.close()
    (head,) = heads
    assert head.startswith(b"CONNECT localhost:%d HTTP/1.1\r\nhost: localhost:%d\r\n" % (target.port, target.port))
    assert b"\r\nproxy-authorization: Basic " + base64.b64encode(b"me:pw") in head


async def test_a_proxy_that_refuses_a_tunnel_is_a_failed_try(client: UpstreamClient) -> None:
    async with served(always(answer(b"no", status="407 Proxy Authentication Required"))) as proxy:
        where = through(proxy, Endpoint(url=URL("https://127.0.0.1:1/"), headers={}, local=True))
        error = await failure(ask(client, where))
        assert "the proxy answered 407" in str(error)
        await proxy.emptied()


async def test_a_proxy_is_no_way_around_the_guard(client: UpstreamClient) -> None:
    async with served(always(answer(b"x"))) as proxy:
        where = through(proxy, Endpoint(url=URL("http://169.254.169.254/"), headers={}, local=True))
        assert "never allowed" in str(await failure(ask(client, where)))
        where = through(proxy, Endpoint(url=URL("https://127.0.0.1/"), headers={}, local=False))
        assert "private address" in str(await failure(ask(client, where)))
        assert proxy.connections == 0


async def test_a_proxy_of_an_unknown_kind_is_refused_with_the_reason(client: UpstreamClient) -> None:
    where = Endpoint(url=URL("https://api.example/"), headers={}, proxy=URL("socks4://proxy.example:3128"))
    assert "not http or https or socks5" in str(await failure(ask(client, where)))


def test_a_proxys_password_is_not_shown() -> None:
    shown = repr(Origin("https", "a.example", 443, False, Proxy(host="p", port=1, username="u", password="abc")))
    assert "abc" not in shown
