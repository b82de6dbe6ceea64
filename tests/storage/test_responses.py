"""Answers that clients may go on from."""

from dataclasses import replace

import pytest

from omniroute.storage.database import Database
from omniroute.storage.responses import Responses
from omniroute.storage.rows import ResponseRow

ROW = ResponseRow(key_id="key_1", id="resp_1", created_at=10, expires_at=100, input=b"[]", response=b'{"id":"resp_1"}')


@pytest.fixture
def responses(database: Database) -> Responses:
    return Responses(database)


async def test_an_answer_is_found_by_its_key_and_its_id_only(responses: Responses) -> None:
    other = replace(ROW, key_id="key_2", input=b'["other"]')
    await responses.put([ROW, other])
    assert await responses.find("key_1", "resp_1") == ROW
    assert await responses.find("key_2", "resp_1") == other
    assert await responses.find("", "resp_1") is None
    assert await responses.find("key_1", "resp_2") is None


async def test_a_newer_answer_takes_the_place_of_one_with_its_id(responses: Responses) -> None:
    newer = replace(ROW, created_at=11, expires_at=101, input=b"[1]", response=b"{}")
    await responses.put([ROW])
    await responses.put([newer])
    assert await responses.find("key_1", "resp_1") == newer


async def test_one_is_deleted_once(responses: Responses) -> None:
    await responses.put([ROW])
    assert not await responses.delete("key_2", "resp_1")
    assert await responses.delete("key_1", "resp_1")
    assert not await responses.delete("key_1", "resp_1")
    assert await responses.find("key_1", "resp_1") is None


async def test_what_expired_or_is_too_old_is_removed_and_counted(responses: Responses) -> None:
    await responses.put([ROW, replace(ROW, id="resp_2", created_at=20), replace(ROW, id="resp_3", expires_at=50)])
    assert await responses.delete_expired(49, 9) == 0
    assert await responses.delete_expired(50, 9) == 1
    assert await responses.delete_expired(50, 10) == 1
    assert await responses.find("key_1", "resp_2") is not None
    assert await responses.delete_expired(100, 0) == 1


async def test_bytes_come_back_as_they_were(responses: Responses) -> None:
    odd = replace(ROW, input=b'["\\u0000 \\ud800"]', response=b"{}" + b" " * 3_000_000)
    await responses.put([odd])
    assert await responses.find("key_1", "resp_1") == odd
