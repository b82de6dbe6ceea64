"""Answers in memory and behind it: a database that is away loses nothing, what is old goes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest

from omniroute.gateway import kept as module
from omniroute.gateway.kept import Kept
from omniroute.kit.errors import Unavailable
from omniroute.kit.tasks import Background
from omniroute.storage.database import Database
from omniroute.storage.responses import Responses
from omniroute.storage.rows import ResponseRow
from tests.services.parts import ManualClock

DAY_S = 86_400


class Rows(Responses):
    """The real table behind a connection that can be away."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.away = False
        self.tried_again = asyncio.Event()
        self._failures = 0

    async def put(self, rows: Sequence[ResponseRow]) -> None:
        if self.away:
            self._failures += 1
            if self._failures > 2:
                self.tried_again.set()
            raise Unavailable("the database is away")
        await super().put(rows)

    async def holds(self, name: str) -> bool:
        return await self.find("key_1", name) is not None


async def until(asked: Callable[[], Awaitable[bool]], *, there: bool = True) -> None:
    """Wait until the table says so."""
    async with asyncio.timeout(5):
        while await asked() != there:
            await asyncio.sleep(0.005)


@pytest.fixture
def rows(database: Database) -> Rows:
    return Rows(database)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def kept(rows: Rows, clock: ManualClock) -> Kept:
    return Kept(rows, clock, days=2)


@pytest.fixture
async def background() -> AsyncIterator[Background]:
    tasks = Background()
    yield tasks
    await tasks.stop()


def keep(kept: Kept, name: str, text: str = "") -> None:
    kept.keep("key_1", [{"role": "user", "content": text}], {"id": name, "output": []})


async def test_an_answer_is_there_at_once_and_stays_when_it_is_written(kept: Kept, rows: Rows) -> None:
    keep(kept, "resp_1", "Hello")
    before = await kept.find("key_1", "resp_1")
    assert before is not None
    assert await rows.find("key_1", "resp_1") is None
    assert await kept.flush()
    assert kept.waiting == 0
    assert await kept.find("key_1", "resp_1") == before
    assert before.input == b'[{"role":"user","content":"Hello"}]'


async def test_it_is_written_without_anybody_asking(kept: Kept, rows: Rows, background: Background) -> None:
    background.start(kept.run(), "kept")
    keep(kept, "resp_1")
    await until(lambda: rows.holds("resp_1"))


async def test_a_database_that_is_away_loses_nothing(
    kept: Kept, rows: Rows, background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    rows.away = True
    background.start(kept.run(), "kept")
    keep(kept, "resp_1")
    async with asyncio.timeout(5):
        await rows.tried_again.wait()
    assert await kept.find("key_1", "resp_1") is not None
    rows.away = False
    await until(lambda: rows.holds("resp_1"))


async def test_memory_is_bounded_and_the_oldest_goes_first(
    kept: Kept, rows: Rows, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING_BYTES", 2500)
    rows.away = True
    for number in range(3):
        keep(kept, f"resp_{number}", "x" * 1000)
    assert kept.waiting == 2
    assert "a stored response was lost" in capsys.readouterr().out
    assert await kept.find("key_1", "resp_0") is None
    assert await kept.find("key_1", "resp_2") is not None
    for number in (1, 2):
        keep(kept, f"resp_{number}", "y" * 1000)
    assert kept.waiting == 2, "an answer that takes another's place does not count twice"


async def test_closing_writes_what_waits_or_says_what_is_lost(
    kept: Kept, rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(kept, "resp_1")
    await kept.close()
    assert await rows.find("key_1", "resp_1") is not None
    rows.away = True
    keep(kept, "resp_2")
    await kept.close()
    assert "stored responses were lost" in capsys.readouterr().out


async def test_what_expired_is_not_found_and_then_removed(kept: Kept, rows: Rows, clock: ManualClock) -> None:
    keep(kept, "resp_1")
    await kept.flush()
    clock.advance(2 * DAY_S - 1)
    keep(kept, "resp_2")
    await kept.flush()
    assert await kept.find("key_1", "resp_1") is not None
    clock.advance(1)
    assert await kept.find("key_1", "resp_1") is None
    assert await kept.expire() == 1
    assert not await rows.holds("resp_1")
    assert await rows.find("key_1", "resp_2") is not None


async def test_fewer_days_hold_for_what_was_kept_before_and_none_empty_the_table(
    kept: Kept, rows: Rows, clock: ManualClock
) -> None:
    keep(kept, "resp_1")
    await kept.flush()
    clock.advance(DAY_S)
    assert await kept.find("key_1", "resp_1") is not None
    assert await Kept(rows, clock, days=1).find("key_1", "resp_1") is None
    none = Kept(rows, clock, days=0)
    assert not none.keeps
    assert await none.expire() == 1
    assert not await rows.holds("resp_1")


async def test_one_that_is_deleted_while_it_waits_does_not_come_back(kept: Kept, rows: Rows) -> None:
    keep(kept, "resp_1")
    assert not await kept.delete("key_2", "resp_1")
    assert await kept.delete("key_1", "resp_1")
    await kept.flush()
    assert await rows.find("key_1", "resp_1") is None
    assert not await kept.delete("key_1", "resp_1")


@pytest.mark.parametrize("name", ["", "x" * 257, "resp_\0", "resp_\ud800", 5, None])
async def test_an_id_that_no_table_can_hold_is_not_kept(kept: Kept, name: str) -> None:
    keep(kept, name)
    assert kept.waiting == 0
