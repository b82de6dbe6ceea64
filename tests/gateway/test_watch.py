"""The sweep: every wait ends in time, for one reason, and a cancellation that others mean is left alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from omniroute.gateway.watch import Reason, Watch, Watches
from omniroute.kit.tasks import Background

Life = Callable[[Watch], Awaitable[None]]


class Place:
    """Requests under watch, the sweep running. `hung_up` is set when the client of every request hangs up."""

    def __init__(self, background: Background) -> None:
        self.background = background
        self.watches = Watches(background)
        self.hung_up = asyncio.Event()

    async def request(
        self, life: Life, *reasons: Reason, total_s: float = 60.0, began: asyncio.Event | None = None
    ) -> Reason | None:
        """Live one request; return for which of `reasons` the sweep ended it, None when it ended by itself."""

        async def gone() -> None:
            await self.hung_up.wait()

        watch = self.watches.begin(gone, total_s)
        if began is not None:
            began.set()
        try:
            await life(watch)
        except asyncio.CancelledError:
            reason = watch.claim(*reasons)
            if reason is None:
                raise
            return reason
        finally:
            self.watches.finish(watch)
        return None


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    background = Background()
    made = Place(background)
    background.start(made.watches.sweep(), "sweep")
    yield made
    await background.stop()
    assert len(made.watches) == 0


async def for_ever(_watch: Watch) -> None:
    await asyncio.Event().wait()


def waiting(reason: Reason, limit_s: float) -> Life:
    async def life(watch: Watch) -> None:
        watch.wait(reason, limit_s)
        await for_ever(watch)

    return life


@pytest.mark.parametrize("reason", [Reason.FIRST_BYTE, Reason.IDLE, Reason.BODY, Reason.CLIENT_STALLED])
async def test_a_wait_over_its_limit_is_ended_and_says_what_was_waited_for(place: Place, reason: Reason) -> None:
    async with asyncio.timeout(3):
        assert await place.request(waiting(reason, 0.05), reason) is reason


async def test_a_request_over_its_limit_in_all_is_ended_whatever_it_waits_for(place: Place) -> None:
    async with asyncio.timeout(3):
        assert await place.request(waiting(Reason.IDLE, 60), Reason.TOTAL, total_s=0.05) is Reason.TOTAL


async def test_a_request_that_keeps_hearing_is_left_alone(place: Place) -> None:
    async def life(watch: Watch) -> None:
        watch.wait(Reason.IDLE, 0.4)
        for _ in range(10):
            await asyncio.sleep(0.1)
            watch.touch()

    assert await place.request(life, Reason.IDLE) is None


async def test_a_client_that_hangs_up_ends_its_request(place: Place) -> None:
    async def life(watch: Watch) -> None:
        watch.body_read = True
        place.hung_up.set()
        await for_ever(watch)

    async with asyncio.timeout(3):
        assert await place.request(life, Reason.CLIENT_GONE) is Reason.CLIENT_GONE


async def test_nobody_listens_for_a_hang_up_while_the_request_itself_still_reads_the_body(place: Place) -> None:
    place.hung_up.set()

    async def life(_watch: Watch) -> None:
        await asyncio.sleep(0.6)

    assert await place.request(life, Reason.CLIENT_GONE) is None


async def test_a_cancellation_by_somebody_else_is_not_claimed(place: Place) -> None:
    began = asyncio.Event()
    task = asyncio.create_task(place.request(for_ever, *Reason, began=began))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_reason_that_was_not_asked_for_is_not_claimed(place: Place) -> None:
    task = asyncio.create_task(place.request(waiting(Reason.IDLE, 0.05), Reason.FIRST_BYTE))
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_when_others_cancel_too_their_will_is_done(place: Place) -> None:
    watches: list[Watch] = []

    async def life(watch: Watch) -> None:
        watches.append(watch)
        await for_ever(watch)

    began = asyncio.Event()
    task = asyncio.create_task(place.request(life, *Reason, began=began))
    await began.wait()
    await asyncio.sleep(0)
    watches[0].end(Reason.IDLE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_request_goes_on_after_a_claimed_wait_and_can_be_ended_again(place: Place) -> None:
    async def life(watch: Watch) -> None:
        watch.wait(Reason.FIRST_BYTE, 0.05)
        with pytest.raises(asyncio.CancelledError):
            await for_ever(watch)
        assert watch.claim(Reason.FIRST_BYTE) is Reason.FIRST_BYTE
        await asyncio.sleep(0)  # the next await is not cancelled once more
        watch.wait(Reason.IDLE, 0.05)
        await for_ever(watch)

    async with asyncio.timeout(5):
        assert await place.request(life, Reason.IDLE) is Reason.IDLE


async def test_stopping_ends_every_request(place: Place) -> None:
    tasks = []
    for _ in range(3):
        began = asyncio.Event()
        tasks.append(asyncio.create_task(place.request(for_ever, Reason.STOPPING, began=began)))
        await began.wait()
    assert len(place.watches) == 3
    place.watches.end_all(Reason.STOPPING)
    async with asyncio.timeout(3):
        assert await asyncio.gather(*tasks) == [Reason.STOPPING] * 3


async def test_a_request_is_ended_once_and_for_the_first_reason(place: Place) -> None:
    async def life(watch: Watch) -> None:
        watch.end(Reason.CLIENT_GONE)
        watch.end(Reason.STOPPING)
        await for_ever(watch)

    assert await place.request(life, Reason.CLIENT_GONE) is Reason.CLIENT_GONE


async def test_the_beat_is_asked_at_every_look_until_the_request_ends(place: Place) -> None:
    beaten = asyncio.Event()
    moments: list[float] = []

    async def sent() -> None:
        if len(moments) >= 2:
            beaten.set()

    def beat(now: float) -> Awaitable[None]:
        moments.append(now)
        return sent()

    async def life(watch: Watch) -> None:
        watch.beat = beat
        async with asyncio.timeout(3):
            await beaten.wait()

    assert await place.request(life) is None
    assert moments == sorted(moments)
