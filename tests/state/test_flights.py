"""One asks for all: who waits gets the answer, or its turn."""

import asyncio
from collections.abc import Awaitable

import pytest

from omniroute.state.flights import Flights, Turn


@pytest.fixture
def flights() -> Flights[str, int]:
    return Flights(most_waiting=3)


async def in_line(flights: Flights[str, int], count: int, limit_s: float = 5) -> list[asyncio.Task[int | Turn]]:
    """Let some wait, in order."""
    tasks = [asyncio.get_running_loop().create_task(flights.wait("k", limit_s)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def soon(work: Awaitable[int | Turn]) -> int | Turn:
    async with asyncio.timeout(5):
        return await work


async def test_all_get_the_answer(flights: Flights[str, int]) -> None:
    assert flights.lead("k")
    assert not flights.lead("k")
    waiting = await in_line(flights, 3)
    flights.land("k", 7)
    assert [await soon(one) for one in waiting] == [7, 7, 7]
    assert len(flights) == 0


async def test_after_a_failure_one_after_the_other_may_try(flights: Flights[str, int]) -> None:
    flights.lead("k")
    waiting = await in_line(flights, 3)
    assert flights.fail("k")
    assert await soon(waiting[0]) is Turn.LEAD
    assert not waiting[1].done()
    assert flights.fail("k")
    assert await soon(waiting[1]) is Turn.LEAD
    flights.land("k", 1)
    assert await soon(waiting[2]) == 1
    assert not flights.fail("k")


async def test_a_full_line_sends_away(flights: Flights[str, int]) -> None:
    flights.lead("k")
    await in_line(flights, 3)
    assert await soon(flights.wait("k", 5)) is Turn.ALONE
    flights.land("k", 1)


async def test_nobody_waits_for_ever(flights: Flights[str, int]) -> None:
    flights.lead("k")
    assert await soon(flights.wait("k", 0.01)) is Turn.ALONE
    assert not flights.fail("k"), "who left is not in line any more"


async def test_who_waits_for_what_nobody_asks_asks_itself(flights: Flights[str, int]) -> None:
    assert await soon(flights.wait("k", 5)) is Turn.LEAD
    assert not flights.lead("k")


async def test_a_turn_that_nobody_takes_goes_on_to_the_next(flights: Flights[str, int]) -> None:
    flights.lead("k")
    first, second = await in_line(flights, 2)
    flights.fail("k")
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await soon(second) is Turn.LEAD


async def test_who_leaves_the_line_leaves_no_gap(flights: Flights[str, int]) -> None:
    flights.lead("k")
    first, second = await in_line(flights, 2)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    flights.fail("k")
    assert await soon(second) is Turn.LEAD
