"""The request log and its sums: complete, replayable, the same on both databases."""

import asyncio
import time
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from omniroute.storage import tables
from omniroute.storage.database import Database
from omniroute.storage.rows import AttemptRow, MinuteRow, RequestRow
from omniroute.storage.usage import UsageRows

START = 28_333_333 * 60_000
GOOD = AttemptRow(number=2, provider="openai", connection_id="con_1", model="gpt-5", latency_us=900, status=200)
BAD = AttemptRow(
    number=1,
    provider="openai",
    connection_id="con_2",
    model="gpt-5",
    latency_us=300,
    status=429,
    failure="rate_limited",
    message="slow down",
)
ROW = RequestRow(
    id="req_1",
    started_at=START,
    key_id="key_1",
    address="127.0.0.1",
    user_agent="openai-python",
    format="openai_chat",
    path="/v1/chat/completions",
    requested_model="fast",
    stream=True,
    outcome="ok",
    status=200,
    provider="openai",
    connection_id="con_1",
    model="gpt-5",
    latency_us=1200,
    first_token_us=400,
    input_tokens=100,
    output_tokens=20,
    cache_read_tokens=50,
    cache_write_tokens=5,
    reasoning_tokens=7,
    usage_source="final",
    cost_nano=123_456,
    price_version="2026-01",
    losses=("cache_control", "top_k"),
    attempts=(BAD, GOOD),
)
REFUSED = RequestRow(
    id="req_2",
    started_at=START + 1,
    key_id=None,
    address=None,
    user_agent=None,
    format="ollama",
    path="/api/chat",
    requested_model="",
    stream=False,
    outcome="refused",
    status=401,
    provider=None,
    connection_id=None,
    model=None,
    latency_us=10,
    error_kind="unauthenticated",
    error_message="no key",
)


@pytest.fixture
def usage(database: Database) -> UsageRows:
    return UsageRows(database)


def _many(count: int, *, start: int = 0) -> list[RequestRow]:
    return [replace(ROW, id=f"req_{number:06}", started_at=START + number) for number in range(start, start + count)]


async def test_rows_come_back_as_they_were_written_newest_first(usage: UsageRows) -> None:
    assert await usage.write([ROW, REFUSED]) == 2
    assert await usage.recent(10) == (REFUSED, ROW)


async def test_one_plain_attempt_is_not_stored_apart(usage: UsageRows, database: Database) -> None:
    await usage.write([replace(ROW, attempts=(GOOD,)), replace(ROW, id="req_3", attempts=(BAD,))])
    async with database.reading() as connection:
        assert (await connection.execute(select(tables.request_attempts.c.request_id))).scalars().all() == ["req_3"]
        counts = select(tables.request_logs.c.attempts)
        assert (await connection.execute(counts)).scalars().all() == [1, 1]


async def test_nothing_to_write_is_no_error(usage: UsageRows) -> None:
    assert await usage.write([]) == 0


async def test_a_replay_changes_nothing(usage: UsageRows) -> None:
    await usage.write([ROW, REFUSED])
    sums = await usage.minutes(0)
    assert await usage.write([ROW, REFUSED]) == 0
    assert await usage.recent(10) == (REFUSED, ROW)
    assert await usage.minutes(0) == sums


async def test_a_replay_of_a_part_adds_only_the_rest(usage: UsageRows) -> None:
    rows = _many(5)
    await usage.write(rows[:3])
    assert await usage.write([*rows[1:], rows[4]]) == 2
    assert [row.requests for row in await usage.minutes(0)] == [5]


async def test_a_replay_by_several_at_once_counts_each_row_once(usage: UsageRows) -> None:
    rows = _many(200)
    written = await asyncio.gather(*(usage.write(rows[part * 20 :]) for part in range(6)))
    assert sum(written) == 200
    sums = await usage.minutes(0)
    assert sum(row.requests for row in sums) == 200
    assert sum(row.cost_nano for row in sums) == 200 * 123_456


async def test_the_sums_are_kept_by_minute_key_and_target(usage: UsageRows) -> None:
    await usage.write([ROW, replace(ROW, id="req_3", outcome="truncated", first_token_us=None), REFUSED])
    await usage.write(
        [replace(ROW, id="req_4", outcome="client_closed"), replace(ROW, id="req_5", started_at=START - 1)]
    )
    minute = START // 60_000
    one = MinuteRow(
        minute=minute - 1,
        key_id="key_1",
        provider="openai",
        connection_id="con_1",
        model="gpt-5",
        combo="",
        requests=1,
        failures=0,
        input_tokens=100,
        output_tokens=20,
        cache_read_tokens=50,
        cache_write_tokens=5,
        reasoning_tokens=7,
        cost_nano=123_456,
        latency_us=1200,
        first_token_us=400,
        first_token_count=1,
    )
    three = replace(
        one,
        minute=minute,
        requests=3,
        failures=1,
        input_tokens=300,
        output_tokens=60,
        cache_read_tokens=150,
        cache_write_tokens=15,
        reasoning_tokens=21,
        cost_nano=370_368,
        latency_us=3600,
        first_token_us=800,
        first_token_count=2,
    )
    found = await usage.minutes(0)
    assert [row for row in found if row.key_id] == [one, three]
    refused = next(row for row in found if not row.key_id)
    assert (refused.provider, refused.model, refused.requests, refused.failures) == ("", "", 1, 1)
    assert refused.input_tokens == refused.cost_nano == refused.first_token_count == 0
    assert all(row.minute == minute for row in await usage.minutes(minute))


async def test_pages_follow_one_another_without_gap_or_repeat(usage: UsageRows) -> None:
    rows = _many(25)
    # Several in one millisecond: the id decides among them.
    await usage.write([replace(row, started_at=START + number // 4) for number, row in enumerate(rows)])
    seen: list[str] = []
    before: tuple[int, str] | None = None
    while page := await usage.recent(4, before):
        seen += [row.id for row in page]
        before = (page[-1].started_at, page[-1].id)
    assert seen == [row.id for row in reversed(rows)]


async def test_a_batch_larger_than_a_statement_is_written_whole(usage: UsageRows, database: Database) -> None:
    rows = _many(2500)
    assert await usage.write(rows) == 2500
    assert await usage.write(rows) == 0
    async with database.reading() as connection:
        for table, count in ((tables.request_logs, 2500), (tables.request_attempts, 5000)):
            assert await connection.scalar(select(func.count()).select_from(table)) == count


async def test_one_odd_row_does_not_cost_the_batch(usage: UsageRows) -> None:
    odd = replace(
        ROW,
        id="req_9",
        user_agent="x" * 5000,
        requested_model="nul \0 and half \ud83d",
        model="m" * 300,
        input_tokens=10**30,
        cost_nano=-(10**30),
        error_message="\udfff" * 10,
        losses=("half \ud83d",),
        attempts=(replace(BAD, message="\0", model="m" * 300, latency_us=10**20),),
    )
    assert await usage.write([ROW, odd]) == 2
    found = next(row for row in await usage.recent(2) if row.id == "req_9")
    assert found.user_agent == "x" * 256
    assert found.requested_model == "nul \ufffd and half ?"
    assert found.input_tokens == 2**63 - 1
    assert found.losses == ("half \ud83d",)
    assert found.attempts[0].message == "\ufffd"
    assert {row.model for row in await usage.minutes(0)} == {"gpt-5", "m" * 256}


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_five_hundred_rows_take_little_of_the_processor(usage: UsageRows) -> None:
    took: list[float] = []
    for batch in range(6):
        rows = [replace(row, attempts=(GOOD,)) for row in _many(500, start=batch * 500)]
        started = time.process_time()
        await usage.write(rows)
        took.append(time.process_time() - started)
    # About 12 ms here; the limit leaves room for a slow machine, not for twice the work.
    assert min(took) < 0.03
