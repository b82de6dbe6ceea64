"""Names: looked up once by however many ask, asked again when the answer is old or was none."""

import asyncio
import socket

import pytest

from omniroute.upstream.names import Names


async def test_a_name_of_this_machine_is_found() -> None:
    assert "127.0.0.1" in await Names().lookup("localhost")


async def test_a_name_that_does_not_exist_is_an_error_each_time() -> None:
    names = Names()
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            await names.lookup("nothing.invalid")


async def test_many_who_ask_at_once_get_the_very_same_answer_and_so_does_who_comes_soon_after() -> None:
    names = Names()
    first, *others = await asyncio.gather(*(names.lookup("localhost") for _ in range(50)))
    assert all(other is first for other in others)
    assert await names.lookup("localhost") is first


async def test_an_old_answer_is_asked_for_again() -> None:
    names = Names()
    first = await names.lookup("localhost")
    names._known["localhost"].until = 0
    again = await names.lookup("localhost")
    assert again == first
    assert again is not first


async def test_who_gives_up_waiting_hinders_nobody() -> None:
    names = Names()
    tasks = [asyncio.create_task(names.lookup("localhost")) for _ in range(5)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    assert (await asyncio.gather(*tasks, return_exceptions=True))[1:].count(await names.lookup("localhost")) == 4
