"""What a transaction changes is found in the audit log, with no word from whoever changed it, and without secrets."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, insert, update

from omniroute.kit.acting import Act, acting
from omniroute.kit.json import loads
from omniroute.kit.secret import Secret
from omniroute.storage import tables
from omniroute.storage.aliases import Aliases
from omniroute.storage.all_tables import metadata
from omniroute.storage.audit import AuditFilter, AuditRows
from omniroute.storage.audit_rows import AuditRow
from omniroute.storage.database import Database
from omniroute.storage.meta import Meta
from omniroute.storage.proxies import Proxies
from omniroute.storage.rows import AliasRow, ProxyRow
from omniroute.storage.secrets import Sealer
from omniroute.storage.settings import SettingGroups
from omniroute.storage.trail import LEFT_OUT
from tests.services.parts import ManualClock


@pytest.fixture
def audit(database: Database, sealer: Sealer) -> AuditRows:
    return AuditRows(database, sealer, ManualClock())


async def told(audit: AuditRows) -> list[AuditRow]:
    """Return all rows, the oldest first."""
    return list(reversed(await audit.page(1_000, AuditFilter())))


def differs(row: AuditRow) -> tuple[object, object]:
    return loads(row.before or "null"), loads(row.after or "null")


def alias(name: str, target: str) -> dict[str, object]:
    return {"pattern": name, "target": target, "position": 1, "created_at": 1, "updated_at": 1}


async def test_a_row_that_is_made_changed_and_removed_is_told_each_time(database: Database, audit: AuditRows) -> None:
    table = tables.model_aliases
    async with database.transaction() as connection:
        await connection.execute(insert(table), [alias("fast", "a"), alias("slow", "b")])
    async with database.transaction() as connection:
        await connection.execute(update(table).where(table.c.pattern == "fast").values(target="c", updated_at=2))
    async with database.transaction() as connection:
        await connection.execute(delete(table))
    rows = await told(audit)
    assert [(row.action, row.target) for row in rows] == [
        ("model_aliases.create", "fast"),
        ("model_aliases.create", "slow"),
        ("model_aliases.update", "fast"),
        ("model_aliases.delete", "fast"),
        ("model_aliases.delete", "slow"),
    ]
    assert differs(rows[0]) == (None, {"pattern": "fast", "position": 1, "target": "a"})
    assert differs(rows[2]) == ({"target": "a"}, {"target": "c"})
    assert differs(rows[3])[0] == {"pattern": "fast", "position": 1, "target": "c"}


async def test_what_stays_as_it_was_is_not_told(database: Database, audit: AuditRows) -> None:
    table = tables.model_aliases
    async with database.transaction() as connection:
        await connection.execute(insert(table), alias("fast", "a"))
    async with database.transaction() as connection:
        await connection.execute(update(table).values(target="a", updated_at=9))
    async with database.transaction() as connection:  # there and back again
        await connection.execute(update(table).values(target="b"))
        await connection.execute(update(table).values(target="a"))
    assert len(await told(audit)) == 1


async def test_what_is_rolled_back_is_not_told(database: Database, audit: AuditRows) -> None:
    async def fail() -> None:
        async with database.transaction() as connection:
            await connection.execute(insert(tables.model_aliases), alias("fast", "a"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.transaction() as connection:
        await connection.execute(insert(tables.model_aliases), alias("slow", "b"))
    assert [row.target for row in await told(audit)] == ["slow"]


async def test_secrets_are_told_of_and_never_told(database: Database, sealer: Sealer, audit: AuditRows) -> None:
    secret = "open sesame, said nobody"
    proxies, meta, groups = Proxies(database, sealer), Meta(database, sealer), SettingGroups(database)
    row = ProxyRow(id="global", kind="http", host="p.test", port=1, username="u", password=Secret(secret), updated_at=1)
    await proxies.change([row], [])
    await proxies.change([replace(row, password=Secret(f"{secret} twice"))], [])
    await meta.put("password_hash", secret)
    await groups.put("mail", {"host": "m.test", "smtpPassword": secret, "inner": [{"apiKey": secret}]})
    rows = await told(audit)
    assert secret not in repr(rows)
    assert differs(rows[0])[1] == {
        "host": "p.test", "id": "global", "kind": "http", "password_sealed": "[secret]", "port": 1, "username": "u",
    }  # fmt: skip
    assert differs(rows[1]) == ({"password_sealed": "[secret]"}, {"password_sealed": "[another secret]"})
    assert differs(rows[2])[1] == {"name": "password_hash", "value": "[secret]"}
    value = {"host": "m.test", "inner": [{"apiKey": "[secret]"}], "smtpPassword": "[secret]"}
    assert differs(rows[3])[1] == {"name": "mail", "value": value}


async def test_whoever_acts_stands_beside_it(database: Database, audit: AuditRows) -> None:
    act = Act(kind="key", surface="rest", id="key_1", name="Laptop", address="10.0.0.7", request_id="req_1")
    with acting(act):
        await Aliases(database).put(AliasRow(pattern="fast", target="a", position=1, created_at=1, updated_at=1))
    await SettingGroups(database).put("routing", {"a": 1})
    first, second = await told(audit)
    assert (first.actor_kind, first.actor_id, first.actor, first.address) == ("key", "key_1", "Laptop", "10.0.0.7")
    assert (second.actor_kind, second.actor, second.request_id) == ("system", "gateway", None)
    assert act.recorded == 1


async def test_very_many_rows_at_once_are_summed_up(database: Database, audit: AuditRows) -> None:
    async with database.transaction() as connection:
        await connection.execute(insert(tables.model_aliases), [alias(f"a{number}", "x") for number in range(130)])
    rows = await told(audit)
    assert len(rows) == 101
    assert (rows[-1].action, rows[-1].detail) == ("model_aliases.create", "and 30 rows more")


def test_every_table_that_is_left_out_is_there() -> None:
    assert set(LEFT_OUT) <= set(metadata.tables)
