"""Kept answers in two layers: what memory lets go the database has, and a database that is away hurts nobody."""

from collections.abc import Sequence

import pytest

from omniroute.gateway import archive as module
from omniroute.gateway.archive import Archive
from omniroute.kit.errors import Unavailable
from omniroute.storage.answers import Answers
from omniroute.storage.database import Database
from omniroute.storage.rows import AnswerRow
from tests.services.parts import ManualClock


class Rows(Answers):
    """The real table behind a connection that can be away."""

    away = False

    async def put(self, rows: Sequence[AnswerRow]) -> None:
        self._reach()
        await super().put(rows)

    async def find(self, digest: bytes, now_ms: int) -> AnswerRow | None:
        self._reach()
        return await super().find(digest, now_ms)

    def _reach(self) -> None:
        if self.away:
            raise Unavailable("the database is away")


@pytest.fixture
def rows(database: Database) -> Rows:
    return Rows(database)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def archive(rows: Rows, clock: ManualClock) -> Archive:
    return Archive(rows, clock)


def answer(number: int, clock: ManualClock, size: int = 10) -> AnswerRow:
    now = clock.now_ms()
    return AnswerRow(
        digest=bytes([number]) * 32,
        format="openai-chat",
        provider="mine",
        model="m",
        created_at=now,
        expires_at=now + 60_000,
        body=b"x" * size,
    )


async def test_an_answer_is_at_hand_at_once_and_stored_behind(archive: Archive, clock: ManualClock) -> None:
    one = answer(1, clock)
    archive.keep(one, 500)
    assert archive.at_hand(one.digest) == one
    assert archive.waiting == 1
    await archive.flush()
    assert archive.waiting == 0
    assert await archive.stored() == 1


async def test_what_memory_let_go_comes_back_from_the_database(archive: Archive, clock: ManualClock) -> None:
    for number in range(3):
        archive.keep(answer(number, clock), 2)
    await archive.flush()
    first = answer(0, clock)
    assert archive.at_hand(first.digest) is None
    assert archive.is_stored(first.digest)
    assert await archive.fetch(first.digest) == first
    assert archive.at_hand(first.digest) == first


async def test_a_new_process_learns_what_is_stored(rows: Rows, clock: ManualClock) -> None:
    before = Archive(rows, clock)
    before.keep(answer(1, clock), 500)
    await before.flush()
    after = Archive(rows, clock)
    await after.learn()
    assert after.is_stored(answer(1, clock).digest)
    assert await after.fetch(answer(1, clock).digest) is not None


async def test_nothing_outlives_its_time(archive: Archive, clock: ManualClock) -> None:
    one = answer(1, clock)
    archive.keep(one, 500)
    await archive.flush()
    assert await archive.tidy() == 0
    clock.advance(60)
    assert await archive.tidy() == 1
    assert archive.at_hand(one.digest) is None
    assert await archive.fetch(one.digest) is None


async def test_a_database_that_is_away_costs_the_copy_only(
    archive: Archive, rows: Rows, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    rows.away = True
    one = answer(1, clock)
    archive.keep(one, 500)
    await archive.flush()
    assert archive.waiting == 0
    assert archive.at_hand(one.digest) == one
    assert await archive.fetch(bytes(32)) is None
    assert "the database takes none" in capsys.readouterr().out


async def test_what_waits_is_bounded(archive: Archive, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_WAITING", 3)
    for number in range(10):
        archive.keep(answer(number, clock), 500)
    assert archive.waiting == 3


async def test_clearing_forgets_both_layers(archive: Archive, clock: ManualClock) -> None:
    for number in range(3):
        archive.keep(answer(number, clock), 500)
    await archive.flush()
    archive.keep(answer(9, clock), 500)
    assert await archive.clear() == 4
    await archive.flush()
    assert await archive.stored() == 0
    assert not archive.shelf
