"""The live feeds, as clients by websocket and event stream hear them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from gql import gql
from gql.transport.exceptions import TransportError, TransportQueryError
from websockets.exceptions import ConnectionClosed

from omniroute.kit.errors import TooMany
from omniroute.kit.secret import Secret
from omniroute.services import feeds
from omniroute.services.login import Visitor
from tests.fakes.upstream import FakeUpstream
from tests.gateways import RunningGateway
from tests.graphql.asking import FAILURE, admin, ask, connected, following, streaming
from tests.graphql.test_guard import cookie

REQUESTS = """subscription ($filter: RequestFeedFilter) { requestFeed(filter: $filter, intervalMs: 50) {
    snapshot missed requests { id status model provider keyId httpStatus latencyMs inputTokens costUsd } } }"""


async def until(feed: AsyncIterator[Any], count: int) -> list[dict[str, Any]]:
    """Return the next `count` requests that the feed tells of."""
    told: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while len(told) < count:
            told += (await anext(feed))["requests"]
    return told


async def ended(feed: AsyncIterator[Any]) -> Any:
    """Return the last thing that a feed told before it ended by itself; None for nothing."""
    told = None
    async with asyncio.timeout(5):
        async for one in feed:
            told = one
    return told


async def test_the_request_feed_begins_with_a_snapshot_and_tells_what_happens(gateway: RunningGateway) -> None:
    await gateway.chat("demo/echo")
    await gateway.rows(1)
    async with connected(gateway) as client, following(client, REQUESTS) as feed:
        first = await anext(feed)
        assert first["snapshot"]
        assert [one["status"] for one in first["requests"]] == ["OK"]
        answer = await gateway.chat("demo/echo")
        begun, ended = await until(feed, 2)
        assert begun["id"] == ended["id"] == answer.headers["x-request-id"]
        assert (begun["status"], begun["latencyMs"]) == ("RUNNING", None)
        assert (ended["status"], ended["provider"], ended["httpStatus"]) == ("OK", "demo", 200)
        assert ended["costUsd"] == "0"
        assert ended["latencyMs"] > 0


async def test_the_request_feed_tells_only_what_is_wanted(gateway: RunningGateway) -> None:
    async with connected(gateway) as client:
        wanted = {"model": "demo/error", "statuses": ["FAILED", "REFUSED"]}
        async with following(client, REQUESTS, filter=wanted) as feed:
            await anext(feed)
            await gateway.chat("demo/echo")
            await gateway.chat("demo/error")
            (told,) = await until(feed, 1)
            assert told["model"] == "demo/error"
            assert told["status"] in {"FAILED", "REFUSED"}


async def test_usage_is_summed_over_the_window_by_what_was_asked_for(gateway: RunningGateway) -> None:
    query = """subscription { usageFeed(windowSeconds: 60, intervalMs: 50, by: KEY) {
        snapshot coveredSeconds total { requests inputTokens costUsd } groups { name sum { requests } } } }"""
    await gateway.chat("demo/echo")
    await gateway.rows(1)
    async with streaming(gateway, query) as responses:
        first = (await anext(responses))["data"]["usageFeed"]
        assert (first["snapshot"], first["total"]["requests"]) == (True, 1)
        await gateway.chat("demo/echo")
        async with asyncio.timeout(10):
            while (told := (await anext(responses))["data"]["usageFeed"])["total"]["requests"] < 2:
                pass
        key_id = (await ask(gateway, "{ apiKeys { id name } }"))["apiKeys"][0]["id"]
        assert told["groups"] == [{"name": key_id, "sum": {"requests": 2}}]
        assert told["total"]["inputTokens"] > 0


async def test_telemetry_tells_rates_and_percentiles(gateway: RunningGateway) -> None:
    query = """subscription { telemetryFeed(intervalMs: 50) { snapshot inFlight requestsPerSecond failureRate
        latency { p50 p95 p99 count } providers { provider requests failures } } }"""
    async with connected(gateway) as client, following(client, query) as feed:
        assert (await anext(feed))["latency"] == {"p50": None, "p95": None, "p99": None, "count": 0}
        await gateway.chat("demo/echo")
        async with asyncio.timeout(10):
            while (told := await anext(feed))["latency"]["count"] < 1:
                pass
        assert told["failureRate"] == 0
        assert told["latency"]["p50"] > 0
        assert told["providers"] == [{"provider": "demo", "requests": 1, "failures": 0}]


async def test_sessions_are_told_while_they_are_at_work(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    await gateway.connect(fake_openai, "up")
    query = """subscription { liveSessions(intervalMs: 50) { snapshot
        sessions { id name client model provider inFlight requests startedAt } } }"""
    async with connected(gateway) as client, following(client, query) as feed:
        assert (await anext(feed)) == {"snapshot": True, "sessions": []}
        body = {"model": "up/m", "messages": [{"role": "user", "content": "Hi"}]}
        headers = {**gateway.auth, "x-session-id": "talk-1", "user-agent": "tests/1"}
        await gateway.http.post(gateway.url + "/v1/chat/completions", json=body, headers=headers)
        async with asyncio.timeout(10):
            while True:
                (session,) = (await anext(feed))["sessions"]
                if session["requests"] == 1:
                    break
        assert (session["name"], session["client"], session["model"]) == ("talk-1", "tests/1", "up/m")
        assert (session["provider"], session["inFlight"]) == ("up", 0)


async def test_health_tells_when_a_connection_is_left_alone(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    (connection_id,) = await gateway.connect(fake_openai, "up")
    query = """subscription { healthFeed(intervalMs: 50) { snapshot
        connections { connectionId name provider status until reason } gone { connectionId } } }"""
    async with connected(gateway) as client, following(client, query) as feed:
        ids = {one["connectionId"]: one["status"] for one in (await anext(feed))["connections"]}
        assert ids[connection_id] == "ready"
        fake_openai.faults.always("401")
        await gateway.chat("up/m")
        async with asyncio.timeout(10):
            (told,) = (await anext(feed))["connections"]
        assert (told["connectionId"], told["status"]) == (connection_id, "cooling")
        assert told["until"]
        await gateway.admin("DELETE", f"/api/providers/{connection_id}")
        async with asyncio.timeout(10):
            while not (told := await anext(feed))["gone"]:
                pass
        assert told["gone"] == [{"connectionId": connection_id}]


async def test_changes_on_any_surface_are_told(gateway: RunningGateway) -> None:
    query = "subscription { configurationFeed { snapshot changes { noun id } } }"
    async with connected(gateway) as client, following(client, query) as feed:
        assert (await anext(feed)) == {"snapshot": True, "changes": []}
        await gateway.admin("PUT", "/api/models/alias", {"alias": "quick", "model": "demo/echo"})
        async with asyncio.timeout(10):
            assert (await anext(feed))["changes"] == [{"noun": "aliases", "id": "quick"}]


async def test_a_bad_interval_or_window_is_refused_by_field(gateway: RunningGateway) -> None:
    async with connected(gateway) as client:
        for field, arguments in (
            ("intervalMs", "intervalMs: 49"),
            ("windowSeconds", "windowSeconds: 3601"),
            ("intervalMs", "windowSeconds: 121, intervalMs: 999"),
        ):
            with pytest.raises(TransportQueryError) as refused:
                async with following(client, f"subscription {{ telemetryFeed({arguments}) {{ at }} }}") as feed:
                    await anext(feed)
            assert refused.value.errors
            assert refused.value.errors[0]["extensions"]["fields"][0]["field"] == field


async def test_what_a_key_has_open_ends_with_the_key(gateway: RunningGateway) -> None:
    made = await ask(gateway, """mutation { createApiKey(input: {name: "one", scopes: [ADMIN]}) {
        ... on CreatedApiKey { text key { id } } } }""")  # fmt: skip
    key = made["createApiKey"]
    shown = {"authorization": f"Bearer {key['text']}"}
    query = "subscription { healthFeed { snapshot } }"
    async with connected(gateway, payload=shown) as client, following(client, query) as feed:
        await anext(feed)
        async with streaming(gateway, query, shown) as responses:
            await anext(responses)
            delete = f"mutation ($id: ID!) {{ deleteApiKey(id: $id) {{ __typename {FAILURE} }} }}"
            async with asyncio.timeout(5):
                await ask(gateway, delete, id=key["key"]["id"])
                with pytest.raises((TransportError, ConnectionClosed)):
                    await ended(feed)
                last = await ended(responses)
            assert last["errors"][0]["extensions"]["code"] == "invalid_key"


async def test_what_a_session_has_open_ends_with_the_sign_out(gateway: RunningGateway) -> None:
    session = await cookie(gateway)
    query = "subscription { healthFeed { snapshot } }"
    async with connected(gateway, headers=session) as client, following(client, query) as feed:
        await anext(feed)
        async with asyncio.timeout(5):
            await gateway.http.post(gateway.url + "/api/auth/logout", json={}, headers=session)
            with pytest.raises((TransportError, ConnectionClosed)):
                await ended(feed)


async def test_feeds_end_when_the_gateway_stops(gateway: RunningGateway) -> None:
    query = "subscription { healthFeed { snapshot } }"
    async with connected(gateway) as client, following(client, query) as feed, streaming(gateway, query) as responses:
        await anext(feed)
        await anext(responses)
        gateway.gateway.begin_stop()
        assert await ended(feed) is None
        assert await ended(responses) is None


async def test_callers_may_hold_only_so_much_open(gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omniroute.graphql.routes.MOST_SUBSCRIPTIONS", 1)
    monkeypatch.setattr("omniroute.graphql.routes.MOST_SOCKETS", 1)
    query = "subscription { healthFeed { snapshot } }"
    async with connected(gateway) as client, following(client, query) as feed:
        await anext(feed)
        with pytest.raises(TransportQueryError, match="at most 1 subscriptions"):
            async with following(client, query) as other:
                await anext(other)
        with pytest.raises((TransportError, ConnectionClosed)):
            async with connected(gateway) as second:
                await second.execute(gql("{ health { status } }"))
        answer = await gateway.http.post(
            gateway.url + "/graphql", json={"query": query}, headers={**admin(gateway), "accept": "text/event-stream"}
        )
        assert answer.status_code == 429


async def test_nobody_listens_to_the_bus_when_no_feed_is_open(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "_LINGER_S", 0.0)
    bus = gateway.gateway.plane.bus
    assert not bus.wanted
    async with streaming(gateway, "subscription { healthFeed { snapshot } }") as responses:
        await anext(responses)
        assert bus.wanted
    async with asyncio.timeout(5):
        while bus.wanted:
            await asyncio.sleep(0.05)


async def test_the_door_gives_the_dashboard_the_same(gateway: RunningGateway) -> None:
    await gateway.gateway.services.login.start(Secret("a password of the tests"))
    door = (await gateway.gateway._surfaces.graphql()).door
    visitor = Visitor(address="127.0.0.1")
    told = await door.execute("query ($id: ID!) { provider(id: $id) { id } }", {"id": "openai"}, visitor)
    assert told == {"data": {"provider": {"id": "openai"}}}
    allowed = asyncio.Event()
    allowed.set()

    async def check() -> None:
        if not allowed.is_set():
            raise TooMany("gone")

    feed = door.subscribe("subscription { configurationFeed { snapshot } }", {}, visitor, check)
    assert await anext(feed) == {"data": {"configurationFeed": {"snapshot": True}}}
    allowed.clear()
    await gateway.admin("POST", "/api/keys", {"name": "another"})
    with pytest.raises(TooMany):
        await ended(feed)
