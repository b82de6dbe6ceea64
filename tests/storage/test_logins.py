"""Operators' sign-ins."""

from dataclasses import replace

import pytest

from omniroute.storage.database import Database
from omniroute.storage.logins import Logins
from omniroute.storage.rows import LoginRow

LOGIN = LoginRow(digest=b"\1" * 32, created_at=1, expires_at=100, address="::1", user_agent="Firefox")
LATER = replace(LOGIN, digest=b"\2" * 32, expires_at=200)


@pytest.fixture
def logins(database: Database) -> Logins:
    return Logins(database)


async def test_a_sign_in_is_found_by_its_digest(logins: Logins) -> None:
    await logins.add(LOGIN)
    assert await logins.find(LOGIN.digest) == LOGIN
    assert await logins.find(LATER.digest) is None


async def test_a_sign_out_ends_one_and_can_be_repeated(logins: Logins) -> None:
    await logins.add(LOGIN)
    await logins.add(LATER)
    for _ in range(2):
        await logins.delete(LOGIN.digest)
    assert await logins.find(LOGIN.digest) is None
    assert await logins.find(LATER.digest) == LATER


async def test_all_can_be_ended(logins: Logins) -> None:
    await logins.add(LOGIN)
    await logins.add(LATER)
    assert await logins.delete_all() == 2
    assert await logins.find(LATER.digest) is None


async def test_expired_ones_are_removed_and_counted(logins: Logins) -> None:
    await logins.add(LOGIN)
    await logins.add(LATER)
    assert await logins.delete_expired(99) == 0
    assert await logins.delete_expired(100) == 1
    assert await logins.find(LATER.digest) == LATER


async def test_a_long_browser_name_is_cut(logins: Logins) -> None:
    await logins.add(replace(LOGIN, user_agent="x" * 1000 + "\0"))
    found = await logins.find(LOGIN.digest)
    assert found is not None
    assert found.user_agent == "x" * 256
