"""The audit log proves itself: whatever is changed, removed or moved is found, and what is pruned stays proven."""

import asyncio

import pytest
from sqlalchemy import delete, insert, update

from omniroute.kit.acting import Act
from omniroute.kit.errors import Unauthenticated, Unprocessable
from omniroute.services.audit import REFUSALS_A_MINUTE, AuditQuery
from omniroute.storage import tables
from omniroute.storage.audit import AuditRows
from omniroute.storage.audit_rows import AuditDraft
from omniroute.storage.database import Database
from omniroute.storage.secrets import Sealer
from tests.services.parts import Parts

LOG, HEAD = tables.audit_log, tables.audit_head


@pytest.fixture
async def filled(parts: Parts) -> Parts:
    """A log of ten entries, a day apart."""
    for number in range(1, 11):
        await parts.audit.note(AuditDraft(action="test", target=f"t{number}", after=f'{{"n":{number}}}'))
        parts.clock.advance(86_400)
    return parts


async def faults(parts: Parts) -> str:
    found = await parts.audit.verify()
    assert found.ok == (not found.faults)
    return "; ".join(found.faults)


async def test_a_log_that_nobody_touched_is_whole(filled: Parts) -> None:
    told: list[tuple[int, int]] = []
    found = await filled.audit.verify(lambda done, total: told.append((done, total)))
    assert (found.ok, found.rows, told) == (True, 10, [(10, 10)])


async def test_an_empty_log_is_whole(parts: Parts) -> None:
    assert (await parts.audit.verify()).ok


@pytest.mark.parametrize("column", [one.name for one in LOG.columns if one.name not in {"seq", "previous", "hash"}])
async def test_a_changed_row_is_found_whatever_was_changed(filled: Parts, database: Database, column: str) -> None:
    value = 5 if column == "at" else "x"
    async with database.transaction() as connection:
        await connection.execute(update(LOG).where(LOG.c.seq == 4).values({column: value}))
    assert await faults(filled) == "row 4 was changed"


async def test_a_missing_row_is_found(filled: Parts, database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(delete(LOG).where(LOG.c.seq.in_([3, 4, 5])))
    assert await faults(filled) == "rows 3 to 5 are missing"


async def test_missing_first_and_last_rows_are_found(filled: Parts, database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(delete(LOG).where(LOG.c.seq.in_([1, 10])))
    assert await faults(filled) == ("row 1 is missing; the last rows are missing: the log ends at 9 instead of 10")


async def test_rows_in_another_order_are_found(filled: Parts, database: Database) -> None:
    async with database.transaction() as connection:
        for old, new in ((4, 99), (5, 4), (99, 5)):
            await connection.execute(update(LOG).where(LOG.c.seq == old).values(seq=new))
    assert "row 4 does not follow the row before it; row 4 was changed" in await faults(filled)


async def test_a_log_written_anew_by_someone_without_the_key_is_found(filled: Parts, database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(delete(LOG))
        await connection.execute(delete(HEAD))
    forged = AuditRows(database, Sealer(bytes(32)), filled.clock)
    for _ in range(3):
        await forged.note(AuditDraft(action="nothing happened"))
    assert await faults(filled) == "the end of the log is not sealed with this installation's key"


async def test_an_emptied_log_is_found(filled: Parts, database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(delete(LOG))
    assert await faults(filled) == "the last rows are missing: the log ends at 0 instead of 10"


async def test_what_is_pruned_leaves_a_log_that_proves_itself(filled: Parts, database: Database) -> None:
    assert await filled.audit.prune(5) == 5  # entry 6 is five days old to the millisecond
    assert await filled.audit.prune(5) == 0
    assert (await filled.audit.verify()).ok
    assert [one.id for one in await filled.audit.page(50, AuditQuery())][-1] == 6
    filled.clock.advance(86_400)
    assert await filled.audit.prune(5) == 1
    assert (await filled.audit.verify()).ok
    await filled.audit.note(AuditDraft(action="afterwards"))
    assert (await filled.audit.verify()).ok
    async with database.transaction() as connection:
        await connection.execute(delete(LOG).where(LOG.c.seq == 7))
    assert "row 7 is missing" in await faults(filled)


async def test_a_checkpoint_cannot_be_forged(filled: Parts, database: Database) -> None:
    async with database.transaction() as connection:
        row = dict((await connection.execute(LOG.select().where(LOG.c.seq == 5))).mappings().one())
        await connection.execute(delete(LOG).where(LOG.c.seq <= 5))
        await connection.execute(insert(LOG), row | {"action": "audit.checkpoint", "detail": "sealed, I swear"})
    assert "row 5 says that older rows were removed" in await faults(filled)


async def test_the_newest_row_is_never_pruned(filled: Parts) -> None:
    filled.clock.advance(86_400 * 400)
    assert await filled.audit.prune(1) == 9
    assert (await filled.audit.verify()).ok


async def test_entries_come_by_filter_and_page(filled: Parts) -> None:
    await filled.audit.note(AuditDraft(action="other", outcome="failed", detail="why not"))
    first = await filled.audit.page(4, AuditQuery(action="test"))
    assert [one.target for one in first] == ["t10", "t9", "t8", "t7"]
    more = await filled.audit.page(4, AuditQuery(action="test"), str(first[-1].id))
    assert [one.target for one in more] == ["t6", "t5", "t4", "t3"]
    assert [one.target for one in await filled.audit.page(2, AuditQuery(action="test"), skip=4)] == ["t6", "t5"]
    assert [one.details for one in await filled.audit.page(9, AuditQuery(outcome="failed"))] == ["why not"]
    since = first[1].timestamp
    assert [one.target for one in await filled.audit.page(9, AuditQuery(action="test", since=since))] == ["t10", "t9"]
    assert [one.target for one in await filled.audit.page(1, AuditQuery(until=since))] == ["t8"]
    assert len(await filled.audit.page(99, AuditQuery(actor="gateway", surface="system"))) == 11
    with pytest.raises(Unprocessable):
        await filled.audit.page(1, AuditQuery(), "x")


async def test_a_flood_of_refusals_is_counted_and_not_told_one_by_one(parts: Parts) -> None:
    act, error = Act(kind="nobody", surface="rest", operation="listKeys"), Unauthenticated("sign in")
    for _ in range(REFUSALS_A_MINUTE + 7):
        await parts.audit.refused(act, error)
    parts.clock.advance(61)
    await parts.audit.refused(act, error)
    told = await parts.audit.page(100, AuditQuery())
    assert len(told) == REFUSALS_A_MINUTE + 2
    assert (told[1].action, told[1].details) == ("refusals", "and 7 more, not told one by one")


async def test_two_writers_at_once_make_one_chain(parts: Parts, database: Database, sealer: Sealer) -> None:
    other = Database(database.url.render_as_string(hide_password=False))
    writers = [AuditRows(database, sealer, parts.clock), AuditRows(other, sealer, parts.clock)]
    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(writers[number % 2].note(AuditDraft(action="race", target=str(number))))
    await other.close()
    found = await parts.audit.verify()
    assert (found.faults, found.rows) == ((), 20)
