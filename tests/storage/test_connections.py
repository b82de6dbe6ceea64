"""Accounts at providers come back as they were stored, with their credential sealed in the table."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from omniroute.kit.errors import Conflict, NotFound
from omniroute.kit.secret import Secret
from omniroute.storage import tables
from omniroute.storage.connections import Connections
from omniroute.storage.database import Database
from omniroute.storage.rows import ConnectionRow
from omniroute.storage.secrets import Sealer

FULL = ConnectionRow(
    id="con_1",
    provider="openai",
    name="work",
    auth_type="apiKey",
    secret=Secret("sk-topsecret-topsecret"),
    secret_hint="sk-****cret",
    base_url="https://eu.example/v1",
    is_local=True,
    priority=2,
    weight=3,
    max_concurrent=4,
    default_model="gpt-5",
    is_active=False,
    source="discovered",
    found_models=("llama3", "qwen3:8b"),
    created_at=10,
    updated_at=11,
)
PLAIN = ConnectionRow(id="con_2", provider="anthropic", name="home", created_at=1, updated_at=1)


@pytest.fixture
def connections(database: Database, sealer: Sealer) -> Connections:
    return Connections(database, sealer)


@pytest.mark.parametrize("row", [FULL, PLAIN])
async def test_a_connection_comes_back_as_it_was_stored(connections: Connections, row: ConnectionRow) -> None:
    await connections.add(row)
    assert await connections.get(row.id) == row
    assert await connections.list() == (row,)


async def test_connections_are_listed_by_priority_and_then_by_age(connections: Connections) -> None:
    for number, (priority, created_at) in enumerate([(2, 1), (1, 9), (1, 5), (3, 0)]):
        await connections.add(replace(PLAIN, id=f"con_{number}", priority=priority, created_at=created_at))
    assert [row.id for row in await connections.list()] == ["con_2", "con_1", "con_0", "con_3"]


async def test_the_credential_is_not_in_the_table(connections: Connections, database: Database) -> None:
    await connections.add(FULL)
    async with database.reading() as connection:
        stored = str((await connection.execute(select(tables.connections))).all())
    assert "topsecret" not in stored


async def test_an_update_replaces_all_but_the_id(connections: Connections) -> None:
    await connections.add(FULL)
    await connections.add(PLAIN)
    changed = replace(PLAIN, id="con_1", secret=Secret("another secret"))
    await connections.update(changed)
    assert await connections.get("con_1") == changed
    assert await connections.get("con_2") == PLAIN


async def test_an_id_is_used_once(connections: Connections) -> None:
    await connections.add(FULL)
    with pytest.raises(Conflict):
        await connections.add(replace(PLAIN, id="con_1"))
    assert await connections.list() == (FULL,)


async def test_a_deleted_connection_is_gone(connections: Connections) -> None:
    await connections.add(FULL)
    await connections.add(PLAIN)
    await connections.delete("con_1")
    assert await connections.list() == (PLAIN,)


async def test_what_is_not_there_is_not_found(connections: Connections) -> None:
    with pytest.raises(NotFound, match="con_1"):
        await connections.get("con_1")
    with pytest.raises(NotFound, match="con_1"):
        await connections.update(FULL)
    with pytest.raises(NotFound, match="con_1"):
        await connections.delete("con_1")
