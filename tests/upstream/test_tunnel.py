"""Ways through a proxy, over a real one: HTTP, HTTP over TLS and SOCKS 5, to plain and to TLS upstreams."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from pathlib import Path

import pytest
from yarl import URL

from omniroute.upstream.client import Endpoint, UpstreamClient
from omniroute.upstream.failures import AttemptFailed, FailureKind
from tests.fakes.proxy import FakeProxy
from tests.upstream.raw import Authority, always, answer, ask, authority, open_sockets, served

KINDS = pytest.mark.parametrize("kind", ["http", "https", "socks5"])
SECRETS = pytest.mark.parametrize("credentials", [None, ("us er", "p@ss:word")], ids=["open", "password"])


@pytest.fixture
async def client() -> AsyncIterator[UpstreamClient]:
    made = UpstreamClient(connect_timeout_s=2)
    yield made
    await made.close()


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """A certificate authority that the system trusts."""
    made = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


def proxy_of(kind: str, trusted: Authority, credentials: tuple[str, str] | None = None) -> FakeProxy:
    return FakeProxy(credentials, tls=trusted.context("localhost", "127.0.0.1") if kind == "https" else None)


def through(kind: str, proxy: FakeProxy, endpoint: Endpoint, login: str = "") -> Endpoint:
    return replace(endpoint, proxy=URL(f"{kind}://{login}localhost:{proxy.port}", encoded=True))


async def failure(work: Awaitable[object]) -> AttemptFailed:
    with pytest.raises(AttemptFailed) as caught:
        await work
    return caught.value


@KINDS
@SECRETS
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_an_upstream_is_reached_through_a_proxy_and_the_connection_is_used_again(
    kind: str, scheme: str, credentials: tuple[str, str] | None, client: UpstreamClient, trusted: Authority
) -> None:
    tls = trusted.context("localhost", "127.0.0.1") if scheme == "https" else None
    login = "us%20er:p%40ss%3Aword@" if credentials else ""
    async with served(always(answer(b"far " * 50_000)), tls) as target, proxy_of(kind, trusted, credentials) as proxy:
        url = URL(f"{scheme}://localhost:{target.port}/v1")
        where = through(kind, proxy, Endpoint(url=url, headers={}, local=True), login)
        for _ in range(2):
            assert await ask(client, where) == b"far " * 50_000
        assert proxy.seen == [f"localhost:{target.port}"]
        await client.close()


@KINDS
async def test_a_wrong_password_is_told_as_such(kind: str, client: UpstreamClient, trusted: Authority) -> None:
    async with proxy_of(kind, trusted, ("me", "right")) as proxy:
        where = Endpoint(url=URL("https://localhost:1/"), headers={}, local=True)
        for login in ("me:wrong@", ""):
            error = str(await failure(ask(client, through(kind, proxy, where, login))))
            assert "user name" in error
            assert "password" in error
            assert "wrong@" not in error
        assert proxy.seen == []


@KINDS
async def test_a_proxy_that_refuses_says_so(kind: str, client: UpstreamClient, trusted: Authority) -> None:
    async with proxy_of(kind, trusted) as proxy:
        proxy.refuses = True
        where = through(kind, proxy, Endpoint(url=URL("https://localhost:1/"), headers={}, local=True))
        error = str(await failure(ask(client, where)))
        assert "the proxy answered 403" in error or "its rules forbid it" in error


@KINDS
async def test_a_slow_proxy_runs_into_the_time_limit_and_leaves_nothing_open(kind: str, trusted: Authority) -> None:
    client = UpstreamClient(connect_timeout_s=0.3)
    before = open_sockets()
    async with proxy_of(kind, trusted) as proxy:
        proxy.slow_s = 30
        where = through(kind, proxy, Endpoint(url=URL("https://localhost:1/"), headers={}, local=True))
        assert (await failure(ask(client, where))).failure.kind is FailureKind.TIMEOUT
        await client.close()
    assert open_sockets() == before


@KINDS
async def test_nobody_at_the_proxys_address_is_told_as_the_proxys_fault(kind: str, client: UpstreamClient) -> None:
    where = Endpoint(
        url=URL("https://localhost:1/"), headers={}, local=True, proxy=URL(f"{kind}://127.0.0.1:9", encoded=True)
    )
    assert "could not connect to the proxy 127.0.0.1:9" in str(await failure(ask(client, where)))


@KINDS
@pytest.mark.parametrize(
    ("url", "local"), [("https://169.254.169.254/", True), ("https://10.0.0.1/", False), ("https://localhost/", False)]
)
async def test_a_proxy_is_no_way_around_the_guard(
    kind: str, url: str, *, local: bool, client: UpstreamClient, trusted: Authority
) -> None:
    async with proxy_of(kind, trusted) as proxy:
        await failure(ask(client, through(kind, proxy, Endpoint(url=URL(url), headers={}, local=local))))
        assert proxy.seen == []


@KINDS
async def test_a_proxy_at_a_metadata_address_is_never_spoken_to(kind: str, client: UpstreamClient) -> None:
    where = Endpoint(
        url=URL("https://api.example/"), headers={}, proxy=URL(f"{kind}://169.254.169.254:80", encoded=True)
    )
    assert "never allowed" in str(await failure(ask(client, where)))


async def test_something_that_does_not_speak_socks_is_told_as_such(client: UpstreamClient) -> None:
    async with served(always(answer(b"hello")), None) as server:
        url = URL(f"socks5://127.0.0.1:{server.port}", encoded=True)
        where = Endpoint(url=URL("https://localhost:1/"), headers={}, local=True, proxy=url)
        error = await failure(ask(client, where))
        assert error.failure.kind in {FailureKind.TRANSIENT, FailureKind.TIMEOUT}
