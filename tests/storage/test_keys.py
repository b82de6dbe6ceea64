"""Clients' keys come back as they were stored."""

from dataclasses import replace

import pytest

from omniroute.kit.errors import Conflict, NotFound
from omniroute.storage.database import Database
from omniroute.storage.keys import Keys
from omniroute.storage.rows import KeyRow

KEY = KeyRow(
    id="key_1",
    name="laptop",
    digest=bytes(range(32)),
    hint="om-****1234",
    scopes=frozenset({"inference", "admin"}),
    is_active=False,
    expires_at=99,
    created_at=2,
    updated_at=3,
)
OTHER = KeyRow(id="key_2", name="ci", digest=b"\xff" * 32, hint="", scopes=frozenset(), created_at=1, updated_at=1)


@pytest.fixture
def keys(database: Database) -> Keys:
    return Keys(database)


async def test_keys_come_back_as_they_were_stored_oldest_first(keys: Keys) -> None:
    await keys.add(KEY)
    await keys.add(OTHER)
    assert await keys.get("key_1") == KEY
    assert await keys.list() == (OTHER, KEY)


async def test_a_digest_belongs_to_one_key(keys: Keys) -> None:
    await keys.add(KEY)
    await keys.add(OTHER)
    with pytest.raises(Conflict):
        await keys.add(replace(KEY, id="key_3"))
    with pytest.raises(Conflict):
        await keys.update(replace(OTHER, digest=KEY.digest))


async def test_an_update_replaces_all_but_the_id(keys: Keys) -> None:
    await keys.add(KEY)
    changed = replace(OTHER, id="key_1", scopes=frozenset({"inference"}))
    await keys.update(changed)
    assert await keys.list() == (changed,)


async def test_a_deleted_key_is_gone(keys: Keys) -> None:
    await keys.add(KEY)
    await keys.delete("key_1")
    assert await keys.list() == ()


async def test_what_is_not_there_is_not_found(keys: Keys) -> None:
    with pytest.raises(NotFound, match="key_1"):
        await keys.get("key_1")
    with pytest.raises(NotFound, match="key_1"):
        await keys.update(KEY)
    with pytest.raises(NotFound, match="key_1"):
        await keys.delete("key_1")
