"""The client against a real gateway: types, refusals, and feeds that outlive their connection."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, nullcontext

import pytest

from omniroute.client import Blocking, Client, Denied, NotReachable, Refusal
from omniroute.client.generated import enums, inputs
from omniroute.client.generated.feeds import Feeds
from omniroute.client.generated.queries import Queries
from omniroute.kit.secret import Secret
from tests.gateways import GatewayMaker, RunningGateway


def of(gateway: RunningGateway) -> Client:
    return Client(gateway.url, gateway.admin_key)


async def test_every_query_that_needs_nothing_answers_in_types(gateway: RunningGateway) -> None:
    asked = 0
    async with of(gateway) as client:
        for name, method in vars(Queries).items():
            if name.startswith("_") or len(inspect.signature(method).parameters) > 1:
                continue
            # There is no remote to sync with.
            with pytest.raises(Refusal) if name == "sync_conflicts" else nullcontext():
                await getattr(client, name)()
            asked += 1
    assert asked > 25


async def test_what_is_made_comes_back_in_types_and_a_refusal_is_raised(gateway: RunningGateway) -> None:
    async with of(gateway) as client:
        draft = inputs.ComboInput(name="daily", targets=[inputs.ComboTargetInput(model="demo/echo", weight=3)])
        made = await client.create_combo(draft)
        assert (made.name, made.targets[0].weight, made.strategy) == ("daily", 3, enums.RoutingStrategy.PRIORITY)
        with pytest.raises(Refusal) as refused:
            await client.create_combo(draft)
        assert (refused.value.kind, refused.value.fields[0].field) == ("Conflicting", "name")
        with pytest.raises(Refusal) as missing:
            await client.delete_combo("combo_nothing")
        assert missing.value.kind == "Missing"


async def test_a_secret_goes_in_and_does_not_show(gateway: RunningGateway) -> None:
    draft = inputs.ProviderConnectionInput(provider="openai", name="work", api_key=Secret("sk-proj-0123456789abcdef"))
    assert "0123456789" not in repr(draft)
    async with of(gateway) as client:
        made = await client.create_provider_connection(draft)
        assert made.api_key_hint == "sk-****cdef"


async def test_a_wrong_key_is_denied_and_a_closed_port_is_not_reachable(gateway: RunningGateway) -> None:
    async with Client(gateway.url, "sk-omni-wrong") as client:
        with pytest.raises(Denied):
            await client.health()
        with pytest.raises(Denied):
            await anext(client.health_feed().heard())
    async with Client("http://127.0.0.1:9", gateway.admin_key) as client:
        with pytest.raises(NotReachable):
            await client.health()
        with pytest.raises(NotReachable):
            await anext(client.health_feed().heard())


async def test_every_feed_begins_with_a_snapshot(gateway: RunningGateway) -> None:
    async with of(gateway) as client:
        for name, method in vars(Feeds).items():
            needed = inspect.signature(method).parameters.values() if callable(method) else ()
            if name.startswith("_") or any(one.default is one.empty for one in needed if one.name != "self"):
                continue  # of one thing that has to be there first
            async with aclosing(getattr(client, name)().heard()) as feed, asyncio.timeout(10):
                first = await anext(feed)
                assert first.value.snapshot
                assert (first.gap_s, first.missed) == (0.0, 0)


async def test_a_feed_outlives_its_connection_and_says_how_long_it_was_away(gateway: RunningGateway) -> None:
    async with (
        _broken_off(gateway) as (url, breaks),
        Client(url, gateway.admin_key) as client,
        aclosing(client.configuration_feed().heard()) as feed,
        asyncio.timeout(20),
    ):
        assert (await anext(feed)).value.snapshot
        breaks.set()
        again = await anext(feed)
        assert again.value.snapshot
        assert again.gap_s > 0


def _plain(gateway: RunningGateway) -> tuple[str, bool]:
    with Blocking(gateway.url, gateway.admin_key) as client:
        status = client.ask(lambda one: one.health()).status
        heard = next(client.follow(lambda one: one.health_feed()))
        return status, heard.value.snapshot


async def test_a_script_without_asyncio_asks_and_follows_too(gateway: RunningGateway) -> None:
    assert await asyncio.to_thread(_plain, gateway) == ("HEALTHY", True)


async def test_a_feed_ends_as_denied_when_its_key_is_revoked(gateways: GatewayMaker) -> None:
    gateway = await gateways()
    async with of(gateway) as client:
        key = await client.create_api_key(inputs.ApiKeyInput(name="watch", scopes=[enums.KeyScope.ADMIN]))
        async with Client(gateway.url, key.text) as other, aclosing(other.budget_feed().heard()) as feed:
            async with asyncio.timeout(10):
                await anext(feed)
                await client.delete_api_key(key.key.id)
                with pytest.raises(Denied):
                    await anext(feed)


@asynccontextmanager
async def _broken_off(gateway: RunningGateway) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Stand between client and gateway; `breaks` cuts the first connection, once."""
    port = int(gateway.url.rpartition(":")[2])
    breaks, pumps, writers = asyncio.Event(), list[asyncio.Task[None]](), list[asyncio.StreamWriter]()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        except OSError:
            return

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        writers.extend((writer, back))
        pumps.extend((asyncio.create_task(pump(reader, back)), asyncio.create_task(pump(there, writer))))

    async def cut() -> None:
        await breaks.wait()
        for one in writers[:2]:
            one.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    cutting = asyncio.create_task(cut())
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", breaks
    finally:
        server.close()
        for writer in writers:
            writer.close()
        for task in (*pumps, cutting):
            task.cancel()
        await asyncio.gather(*pumps, cutting, return_exceptions=True)
