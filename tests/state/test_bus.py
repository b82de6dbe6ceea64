"""The bus: events reach every listener in order, and a slow one loses the oldest and slows nobody."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from omniroute.kit.events import ConfigurationChanged, Happening
from omniroute.state.bus import Bus, Subscription


def event(number: int) -> ConfigurationChanged:
    return ConfigurationChanged(noun="keys", id=str(number))


def numbers(events: list[Happening]) -> list[int]:
    return [int(one.id or "") for one in events if isinstance(one, ConfigurationChanged)]


async def drained(subscription: Subscription) -> list[int]:
    """Return what is queued, and end the subscription."""
    subscription.close()
    return numbers([one async for one in subscription])


async def test_every_listener_gets_every_event_in_order() -> None:
    bus = Bus()
    with bus.subscribe() as one, bus.subscribe() as other:
        for number in range(5):
            bus.publish(event(number))
        assert await drained(one) == await drained(other) == [0, 1, 2, 3, 4]


@given(limit=st.integers(1, 20), count=st.integers(0, 60))
def test_a_slow_listener_loses_the_oldest_and_hears_how_many(limit: int, count: int) -> None:
    async def check() -> None:
        bus = Bus()
        with bus.subscribe(limit) as slow:
            for number in range(count):
                bus.publish(event(number))
            assert slow.missed() == max(count - limit, 0)
            assert slow.missed() == 0, "each loss is told once"
            assert await drained(slow) == list(range(max(count - limit, 0), count))

    asyncio.run(check())


async def test_a_listener_waits_for_what_comes() -> None:
    bus = Bus()
    with bus.subscribe() as subscription:
        heard = asyncio.create_task(drained_later(subscription, 3))
        for number in range(3):
            await asyncio.sleep(0)
            bus.publish(event(number))
        assert await asyncio.wait_for(heard, 5) == [0, 1, 2]


async def drained_later(subscription: Subscription, count: int) -> list[int]:
    events: list[Happening] = []
    async for one in subscription:
        events.append(one)
        if len(events) == count:
            break
    return numbers(events)


async def test_nobody_listens_once_the_context_has_ended() -> None:
    bus = Bus()
    assert not bus.wanted
    with bus.subscribe() as subscription:
        assert bus.wanted
    assert not bus.wanted
    bus.publish(event(1))
    assert await drained(subscription) == []


async def test_closing_the_bus_ends_every_listener_after_what_is_queued() -> None:
    bus = Bus()
    with bus.subscribe() as one, bus.subscribe() as other:
        waiting = asyncio.create_task(drained_later(other, 99))
        await asyncio.sleep(0)
        bus.publish(event(7))
        bus.close()
        assert numbers([item async for item in one]) == [7]
        assert await asyncio.wait_for(waiting, 5) == [7]
