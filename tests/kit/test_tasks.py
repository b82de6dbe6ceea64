"""Background work: kept alive, heard of when it fails, ended on stop."""

import asyncio

import structlog

from omniroute.kit.tasks import Background


async def test_work_runs_although_nobody_waits_for_it() -> None:
    background, done = Background(), asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        done.set()

    background.start(work(), "work")
    async with asyncio.timeout(5):
        await done.wait()


async def test_a_failure_is_logged_with_its_name_and_hurts_nobody() -> None:
    background = Background()

    async def work() -> None:
        raise ValueError("broken")

    with structlog.testing.capture_logs() as logs:
        await asyncio.wait([background.start(work(), "the sweep")])
        await asyncio.sleep(0)
    (line,) = logs
    assert (line["log_level"], line["task"]) == ("error", "the sweep")
    assert str(line["exc_info"]) == "broken"


async def test_stopping_cancels_what_runs_and_waits_until_it_has_ended() -> None:
    background, ended = Background(), []

    async def work(number: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            ended.append(number)

    for number in range(3):
        background.start(work(number), "work")
    await asyncio.sleep(0)
    with structlog.testing.capture_logs() as logs:
        await background.stop()
    assert sorted(ended) == [0, 1, 2]
    assert logs == []
