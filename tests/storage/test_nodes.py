"""Custom endpoints come back as they were stored, with their headers sealed in the table."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from omniroute.kit.errors import Conflict, NotFound, Unprocessable
from omniroute.kit.secret import Secret
from omniroute.storage import tables
from omniroute.storage.connections import Connections
from omniroute.storage.database import Database
from omniroute.storage.nodes import Nodes
from omniroute.storage.rows import ConnectionRow, NodeRow
from omniroute.storage.secrets import DamagedSecret, Sealer, WrongKey

NODE = NodeRow(
    id="nod_1",
    name="Küche",
    prefix="kitchen",
    format="openai_chat",
    base_url="https://models.example/v1",
    headers={"x-team": Secret("blue"), "authorization": Secret("Bearer topsecret")},
    is_local=True,
    created_at=2,
    updated_at=3,
)


@pytest.fixture
def nodes(database: Database, sealer: Sealer) -> Nodes:
    return Nodes(database, sealer)


async def test_a_node_comes_back_as_it_was_stored(nodes: Nodes) -> None:
    await nodes.add(NODE)
    assert await nodes.get("nod_1") == NODE
    assert await nodes.list() == (NODE,)


async def test_nodes_are_listed_oldest_first(nodes: Nodes) -> None:
    older = replace(NODE, id="nod_2", prefix="cellar", headers={}, created_at=1)
    await nodes.add(NODE)
    await nodes.add(older)
    assert await nodes.list() == (older, NODE)


async def test_header_values_are_not_in_the_table(nodes: Nodes, database: Database) -> None:
    await nodes.add(NODE)
    async with database.reading() as connection:
        stored = str((await connection.execute(select(tables.nodes))).all())
    assert "topsecret" not in stored
    assert "x-team" not in stored


async def test_an_update_replaces_all_but_the_id(nodes: Nodes) -> None:
    await nodes.add(NODE)
    changed = replace(NODE, name="Cellar", prefix="cellar", headers={}, is_local=False, updated_at=9)
    await nodes.update(changed)
    assert await nodes.list() == (changed,)


async def test_a_prefix_belongs_to_one_node(nodes: Nodes) -> None:
    other = replace(NODE, id="nod_2", prefix="cellar")
    await nodes.add(NODE)
    await nodes.add(other)
    with pytest.raises(Conflict):
        await nodes.add(replace(NODE, id="nod_3"))
    with pytest.raises(Conflict):
        await nodes.update(replace(other, prefix="kitchen"))
    assert await nodes.list() == (NODE, other)


async def test_what_is_not_there_is_not_found(nodes: Nodes) -> None:
    with pytest.raises(NotFound, match="nod_1"):
        await nodes.get("nod_1")
    with pytest.raises(NotFound, match="nod_1"):
        await nodes.update(NODE)
    with pytest.raises(NotFound, match="nod_1"):
        await nodes.delete("nod_1")


async def test_a_value_that_is_too_long_is_refused_on_both_databases(nodes: Nodes) -> None:
    with pytest.raises(Unprocessable, match="prefix"):
        await nodes.add(replace(NODE, prefix="x" * 65))


async def test_a_deleted_node_takes_its_connections_along(nodes: Nodes, database: Database, sealer: Sealer) -> None:
    connections = Connections(database, sealer)
    await nodes.add(NODE)
    await connections.add(ConnectionRow(id="con_1", provider="nod_1", name="a", created_at=1, updated_at=1))
    await connections.add(ConnectionRow(id="con_2", provider="openai", name="b", created_at=1, updated_at=1))
    await nodes.delete("nod_1")
    assert await nodes.list() == ()
    assert [row.id for row in await connections.list()] == ["con_2"]


async def test_headers_copied_to_another_row_do_not_open(nodes: Nodes, database: Database) -> None:
    await nodes.add(NODE)
    await nodes.add(replace(NODE, id="nod_2", prefix="cellar", headers={}))
    stolen = select(tables.nodes.c.headers_sealed).where(tables.nodes.c.id == "nod_1").scalar_subquery()
    async with database.transaction() as connection:
        await connection.execute(
            tables.nodes.update().where(tables.nodes.c.id == "nod_2").values(headers_sealed=stolen)
        )
    with pytest.raises(DamagedSecret, match="nod_2"):
        await nodes.get("nod_2")


async def test_another_key_does_not_open_them(nodes: Nodes, database: Database) -> None:
    await nodes.add(NODE)
    with pytest.raises(WrongKey):
        await Nodes(database, Sealer(bytes(32))).list()
