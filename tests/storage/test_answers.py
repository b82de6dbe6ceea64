"""Answers that may be given again, on both kinds of database."""

from dataclasses import replace

import pytest

from omniroute.storage.answers import Answers
from omniroute.storage.database import Database
from omniroute.storage.rows import AnswerRow

ROW = AnswerRow(
    digest=bytes(32),
    format="openai-chat",
    provider="mine",
    model="m",
    created_at=10,
    expires_at=100,
    input_tokens=5,
    output_tokens=2,
    cost_nano=7,
    dropped=("sampling.seed",),
    body=b'{"id":"chatcmpl-1"}' * 100,
)


def row(number: int, **more: int) -> AnswerRow:
    return replace(ROW, digest=bytes([number]) * 32, **more)  # type: ignore[arg-type]  # all of them are times


@pytest.fixture
def answers(database: Database) -> Answers:
    return Answers(database)


async def test_an_answer_comes_back_as_it_was_until_its_time(answers: Answers) -> None:
    await answers.put([ROW, row(1)])
    assert await answers.find(ROW.digest, 99) == ROW
    assert await answers.find(ROW.digest, 100) is None
    assert await answers.find(b"x" * 32, 0) is None
    assert await answers.count(99) == 2
    assert await answers.digests(99) == {ROW.digest, row(1).digest}
    assert await answers.digests(100) == set()


async def test_a_newer_answer_takes_the_place_of_the_old_one(answers: Answers) -> None:
    newer = replace(ROW, created_at=20, expires_at=200, body=b"{}", dropped=(), cost_nano=None)
    await answers.put([ROW])
    await answers.put([newer])
    assert await answers.find(ROW.digest, 0) == newer


async def test_the_expired_and_the_oldest_go(answers: Answers) -> None:
    await answers.put([row(number, created_at=number, expires_at=50 if number == 5 else 100) for number in range(1, 6)])
    assert await answers.trim(50, 10) == 1
    assert await answers.trim(50, 2) == 2
    assert await answers.digests(0) == {row(3).digest, row(4).digest}
    assert await answers.clear() == 2
    assert await answers.count(0) == 0


async def test_odd_figures_and_long_names_are_made_to_fit(answers: Answers) -> None:
    await answers.put([replace(ROW, model="m" * 300 + "\0", cost_nano=2**70)])
    found = await answers.find(ROW.digest, 0)
    assert found is not None
    assert (len(found.model), found.cost_nano) == (256, 2**63 - 1)


async def test_only_a_database_that_others_write_to_is_shared(answers: Answers, database_kind: str) -> None:
    assert answers.is_shared is (database_kind == "postgresql")
