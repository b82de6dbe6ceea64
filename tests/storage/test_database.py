"""Transactions on both databases, and what the drivers' failures become."""

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest
from sqlalchemy import String, select

from omniroute.kit.errors import Conflict, Unavailable
from omniroute.kit.settings import BadSetting
from omniroute.storage.database import Database, insert, insert_or_ignore, read_url, upsert, upsert_add
from omniroute.storage.tables import meta, usage_minutes
from tests.databases import Postgres


async def _value(database: Database, name: str) -> str | None:
    async with database.reading() as connection:
        found: str | None = await connection.scalar(select(meta.c.value).where(meta.c.name == name))
        return found


async def test_a_transaction_is_committed_at_its_end(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(insert(connection, meta), {"name": "a", "value": "1"})
    assert await _value(database, "a") == "1"


async def _write_and_fail(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(insert(connection, meta), {"name": "a", "value": "1"})
        raise LookupError


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(LookupError):
        await _write_and_fail(database)
    assert await _value(database, "a") is None


async def test_a_duplicate_is_a_conflict(database: Database) -> None:
    async def add() -> None:
        async with database.transaction() as connection:
            await connection.execute(insert(connection, meta), {"name": "a", "value": "1"})

    await add()
    with pytest.raises(Conflict):
        await add()


async def test_insert_or_ignore_keeps_the_first_and_upsert_the_last(database: Database) -> None:
    async with database.transaction() as connection:
        for value in ("1", "2"):
            await connection.execute(insert_or_ignore(connection, meta), {"name": "kept", "value": value})
            await connection.execute(upsert(connection, meta, ["value"]), {"name": "changed", "value": value})
    assert await _value(database, "kept") == "1"
    assert await _value(database, "changed") == "2"


async def test_upsert_add_sums_up(database: Database) -> None:
    row = {column.name: "" if isinstance(column.type, String) else 1 for column in usage_minutes.columns}
    async with database.transaction() as connection:
        for _ in range(3):
            await connection.execute(upsert_add(connection, usage_minutes, ["requests", "cost_nano"]), row)
        found = (await connection.execute(select(usage_minutes))).mappings().one()
    assert (found["requests"], found["cost_nano"], found["failures"]) == (3, 3, 1)


async def test_many_writers_at_once_lose_nothing(database: Database) -> None:
    async def count_up() -> None:
        async with database.transaction() as connection:
            held = await connection.scalar(select(meta.c.value).where(meta.c.name == "count").with_for_update())
            await connection.execute(
                upsert(connection, meta, ["value"]), {"name": "count", "value": str(int(held or 0) + 1)}
            )

    async with database.transaction() as connection:
        await connection.execute(insert(connection, meta), {"name": "count", "value": "0"})
    await asyncio.gather(*(count_up() for _ in range(40)))
    assert await _value(database, "count") == "40"


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_sqlite_is_set_up_to_last(database: Database) -> None:
    async with database.reading() as connection:
        names = ("journal_mode", "busy_timeout", "synchronous", "foreign_keys")
        found = [(await connection.exec_driver_sql(f"PRAGMA {name}")).scalar() for name in names]
    assert found == ["wal", 5000, 1, 1]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_readers_do_not_wait_for_a_writer_on_sqlite(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(insert(connection, meta), {"name": "a", "value": "1"})
        async with asyncio.timeout(2):
            assert await _value(database, "a") is None


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_sqlite_file_that_stays_locked_is_unavailable(database: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "storage.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    with pytest.raises(Unavailable, match="locked"):
        await _write_and_fail(database)
    assert time.monotonic() - started > 4
    other.close()


async def test_a_server_that_is_away_is_unavailable_and_the_password_stays_out(unused_tcp_port: int) -> None:
    database = Database(f"postgresql://omni:hunter22@127.0.0.1:{unused_tcp_port}/omni")
    with pytest.raises(Unavailable, match="DATABASE_URL") as caught:
        await _value(database, "a")
    assert "hunter22" not in caught.value.message
    await database.close()


async def test_a_database_that_does_not_exist_is_unavailable(postgres: Postgres) -> None:
    database = Database(postgres.url("nowhere"))
    with pytest.raises(Unavailable, match="nowhere"):
        await _value(database, "a")
    await database.close()


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_connections_that_the_server_ended_are_replaced(database: Database, postgres: Postgres) -> None:
    assert await _value(database, "absent") is None
    postgres.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname LIKE 'test_%'"
    )
    assert await _value(database, "absent") is None


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        ("postgres://u:p@h/n", "postgresql+asyncpg"),
        ("postgresql://u:p@h/n", "postgresql+asyncpg"),
        ("postgresql+psycopg://u:p@h/n", "postgresql+asyncpg"),
        ("sqlite:////tmp/x", "sqlite+aiosqlite"),
    ],
)
def test_a_url_needs_not_name_our_driver(text: str, driver: str) -> None:
    assert read_url(text).drivername == driver


def test_sslmode_is_spelled_as_the_driver_wants_it() -> None:
    assert dict(read_url("postgresql://h/n?sslmode=require").query) == {"ssl": "require"}


@pytest.mark.parametrize("text", ["", "nonsense", "mysql://h/n", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_cannot_be_used_is_a_bad_setting(text: str) -> None:
    with pytest.raises(BadSetting, match="DATABASE_URL"):
        read_url(text)
