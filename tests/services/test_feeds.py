"""The live feeds on a bus of their own: snapshots, what slow subscribers miss, and that nobody is waited for."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from omniroute.kit.clock import SystemClock
from omniroute.kit.errors import Unprocessable
from omniroute.kit.events import BudgetWarning, ConfigurationChanged, RequestFinished, RequestStarted
from omniroute.kit.tasks import Background
from omniroute.routing.ledger import Budget, Unit
from omniroute.routing.periods import Period
from omniroute.services import feeds
from omniroute.services.breakers import BreakerState
from omniroute.services.feeds import Feeds, Tick
from omniroute.services.live_sources import MOST_TOLD
from omniroute.services.live_values import ConnectionState, Grouping, RequestFilter, RequestStatus
from omniroute.state.bus import Bus
from omniroute.state.ledger import Standing
from omniroute.storage.rows import RequestRow


class Live:
    """Feeds, and the hands to make things happen."""

    def __init__(self) -> None:
        self.bus = Bus()
        self.clock = SystemClock()
        self.background = Background()
        self.rows: list[RequestRow] = []
        self.states: list[ConnectionState] = []
        self.breakers: list[BreakerState] = []
        self.standings: list[Standing] = []
        self.feeds = Feeds(
            bus=self.bus,
            clock=self.clock,
            background=self.background,
            logged=self.logged,
            health=lambda: self.states,
            breakers=lambda: self.breakers,
            budgets=lambda: self.standings,
            jobs=tuple,
        )

    async def logged(self, _limit: int) -> Sequence[RequestRow]:
        return self.rows

    def start(self, name: str, **more: Any) -> None:
        at = self.clock.now_ms()
        given = {"key_id": "k", "model": "m", "stream": False, **more}
        self.bus.publish(RequestStarted(request_id=name, at_ms=at, **given))

    def finish(self, name: str, **more: Any) -> None:
        given = {
            "key_id": "k", "model": "m", "provider": "p", "connection_id": "c", "outcome": "ok", "status": 200,
            "latency_ms": 10.0, "first_token_ms": None, "input_tokens": 5, "output_tokens": 7, "cost_usd_nano": 250,
            **more,
        }  # fmt: skip
        self.bus.publish(RequestFinished(request_id=name, at_ms=self.clock.now_ms(), **given))


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    made = Live()
    yield made
    await made.background.stop()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as made:
        yield made


async def follow(stack: AsyncExitStack, feed: AsyncGenerator[Tick[Any], None]) -> AsyncGenerator[Tick[Any], None]:
    """Take a feed's snapshot; the feed is closed with the test."""
    stack.push_async_callback(feed.aclose)
    assert (await anext(feed)).value.snapshot
    return feed


async def soon(feed: AsyncGenerator[Tick[Any], None]) -> Any:
    async with asyncio.timeout(5):
        return (await anext(feed)).value


async def test_what_was_logged_before_is_in_the_first_snapshot(live: Live) -> None:
    live.rows = [
        RequestRow(
            id=f"r{number}", started_at=live.clock.now_ms() - 5_000, key_id="k", address=None, user_agent="a/1",
            format="openai-chat", path="/", requested_model="m", stream=False, outcome="ok", status=200, provider="p",
            connection_id="c", model="m", latency_us=2_000, input_tokens=3,
        )
        for number in range(2)
    ]  # fmt: skip
    told = (await anext(live.feeds.requests(RequestFilter(), 50))).value
    assert [one.id for one in told.requests] == ["r1", "r0"]
    usage = (await anext(live.feeds.usage(60, 50, Grouping.MODEL))).value
    assert (usage.total.requests, usage.total.input_tokens) == (2, 6)
    assert 4 <= usage.covered_seconds <= 6
    sessions = (await anext(live.feeds.sessions(50))).value
    assert [(one.client, one.requests) for one in sessions.sessions] == [("a/1", 2)]


async def test_a_slow_subscriber_loses_the_oldest_and_hears_how_many(live: Live, stack: AsyncExitStack) -> None:
    slow = await follow(stack, live.feeds.requests(RequestFilter(), 50))
    quick = await follow(stack, live.feeds.requests(RequestFilter(), 50))
    sent = 0
    for _ in range(feeds.QUEUED + 3):
        for _ in range(2):
            live.finish(f"r{sent}")
            sent += 1
        assert len((await soon(quick)).requests) == 2
    first = await soon(slow)
    assert first.missed == 6
    assert first.requests[0].id == "r6"
    assert (await soon(slow)).missed == 0


async def test_subscribers_who_ask_the_same_get_the_same_message(live: Live, stack: AsyncExitStack) -> None:
    one, other = [await follow(stack, live.feeds.requests(RequestFilter(), 50)) for _ in range(2)]
    live.finish("r")
    assert await anext(one) is await anext(other)


async def test_a_burst_is_cut_to_the_newest(live: Live, stack: AsyncExitStack) -> None:
    feed = await follow(stack, live.feeds.requests(RequestFilter(), 50))
    for number in range(MOST_TOLD + 10):
        live.finish(f"r{number}")
    told = await soon(feed)
    assert (told.missed, len(told.requests), told.requests[0].id) == (10, MOST_TOLD, "r10")


async def test_filters_look_at_key_model_provider_and_status(live: Live, stack: AsyncExitStack) -> None:
    wanted = [
        RequestFilter(key_id="mine"),
        RequestFilter(model="big"),
        RequestFilter(provider="other"),
        RequestFilter(statuses=frozenset({RequestStatus.FAILED})),
    ]
    followed = [await follow(stack, live.feeds.requests(one, 50)) for one in wanted]
    for name, more in (
        ("plain", {}),
        ("key", {"key_id": "mine"}),
        ("model", {"model": "big"}),
        ("provider", {"provider": "other"}),
        ("status", {"outcome": "failed"}),
    ):
        live.finish(name, **more)
    told = [[one.id for one in (await soon(feed)).requests] for feed in followed]
    assert told == [["key"], ["model"], ["provider"], ["status"]]


async def test_a_session_gathers_what_one_client_does(live: Live, stack: AsyncExitStack) -> None:
    feed = await follow(stack, live.feeds.sessions(50))
    live.start("a", session="talk", client="x/1")
    live.start("b", session="talk", client="x/1")
    (begun,) = (await soon(feed)).sessions
    assert (begun.name, begun.in_flight, begun.requests) == ("talk", 2, 0)
    live.finish("a")
    live.finish("b", outcome="failed")
    (ended,) = (await soon(feed)).sessions
    assert (ended.id, ended.in_flight, ended.requests, ended.failures) == (begun.id, 0, 2, 1)
    assert (ended.output_tokens, str(ended.cost_usd)) == (14, "5.00E-7")


async def test_a_slow_subscriber_of_changes_begins_again_with_a_snapshot(live: Live, stack: AsyncExitStack) -> None:
    slow = await follow(stack, live.feeds.sessions(50))
    quick = await follow(stack, live.feeds.sessions(50))
    for number in range(feeds.QUEUED + 1):
        live.finish(f"r{number}", key_id=f"k{number}")
        await soon(quick)
    again = await soon(slow)
    assert again.snapshot
    assert again.missed == feeds.QUEUED
    assert len(again.sessions) == feeds.QUEUED + 1


async def test_figures_are_told_while_something_goes_on(live: Live, stack: AsyncExitStack) -> None:
    feed = await follow(stack, live.feeds.telemetry(60, 50))
    live.start("a")
    live.finish("a", latency_ms=100.0, first_token_ms=20.0, outcome="failed")
    told = await soon(feed)
    assert told.failure_rate == 1
    assert told.latency.p50 == pytest.approx(100, rel=0.01)
    assert told.first_token.p99 == pytest.approx(20, rel=0.01)
    assert [(one.provider, one.failures) for one in told.providers] == [("p", 1)]


async def test_changes_of_state_are_told_once(live: Live, stack: AsyncExitStack) -> None:
    ready = ConnectionState(
        connection_id="c", name="n", provider="p", model=None, status="ready", until=None, reason=None
    )
    live.states = [ready]
    feed = await follow(stack, live.feeds.health(50))
    live.states = []
    told = await soon(feed)
    assert (told.connections, told.gone) == ((), (ready,))


async def test_breakers_are_told_when_they_turn_and_not_as_their_time_goes_by(
    live: Live, stack: AsyncExitStack
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    held = BreakerState(
        name="connection:c", state="CLOSED", failure_count=1, last_failure_time=at, provider="p", connection_id="c",
        connection="n", model=None, cooling=True, reason="rate", message="slow down", since=at, until=at,
        remaining_ms=1_000,
    )  # fmt: skip
    live.breakers = [held]
    feed = live.feeds.health(50)
    stack.push_async_callback(feed.aclose)
    assert (await anext(feed)).value.breakers == (held,)
    live.breakers = [replace(held, remaining_ms=500)]
    opened = replace(held, state="OPEN", failure_count=5)
    asyncio.get_running_loop().call_later(0.2, live.breakers.__setitem__, 0, opened)
    assert (await soon(feed)).breakers == (opened,)
    live.breakers = []
    told = await soon(feed)
    assert (told.breakers, told.forgotten) == ((), ("connection:c",))


async def test_budgets_are_told_as_they_stand_and_as_they_reach_a_threshold(live: Live, stack: AsyncExitStack) -> None:
    budget = Budget(key_id="", period=Period.DAILY, unit=Unit.USD, limit=10**9, thresholds=(50, 80))
    live.standings = [Standing(budget=budget, spent=600_000_000, reserved=0, since=0, resets_at=86_400_000)]
    feed = live.feeds.budgets()
    stack.push_async_callback(feed.aclose)
    (alert,) = (await anext(feed)).value.alerts
    assert (alert.key_id, alert.threshold, alert.spent, alert.limit) == (None, 50, Decimal("0.6"), Decimal(1))
    live.bus.publish(
        BudgetWarning(
            key_id="k", period="monthly", unit="tokens", threshold=80, spent=80, limit=100, resets_at_ms=86_400_000
        )
    )
    (alert,) = (await soon(feed)).alerts
    assert (alert.key_id, alert.period, alert.unit, alert.threshold) == ("k", Period.MONTHLY, Unit.TOKENS, 80)
    assert (alert.spent, alert.limit) == (Decimal(80), Decimal(100))


async def test_a_feed_ends_when_the_bus_closes(live: Live, stack: AsyncExitStack) -> None:
    feed = await follow(stack, live.feeds.configuration())
    live.bus.publish(ConfigurationChanged(noun="keys", id="k"))
    assert [one.noun for one in (await soon(feed)).changes] == ["keys"]
    live.bus.close()
    async with asyncio.timeout(5):
        assert [one async for one in feed] == []


async def test_intervals_and_windows_have_limits(live: Live) -> None:
    for make, field in (
        (lambda: live.feeds.sessions(49), "intervalMs"),
        (lambda: live.feeds.usage(0, 50, Grouping.KEY), "windowSeconds"),
        (lambda: live.feeds.telemetry(121, 999), "intervalMs"),
    ):
        with pytest.raises(Unprocessable) as refused:
            make()
        assert refused.value.param == field


async def test_without_subscribers_the_bus_has_no_listener(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "_LINGER_S", 0.0)
    feed = live.feeds.health(50)
    await anext(feed)
    assert live.bus.wanted
    await feed.aclose()
    async with asyncio.timeout(5):
        while live.bus.wanted:
            await asyncio.sleep(0.02)
    again = live.feeds.health(50)
    assert (await anext(again)).value.snapshot
    await again.aclose()
