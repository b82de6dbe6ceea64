"""The recorder and its spill file: a record is in the database, in the file or in memory, and never nowhere."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.gateway import record
from omniroute.gateway.record import BATCH_ROWS, Recorder, Spill
from omniroute.kit.errors import Unavailable
from omniroute.storage.database import Database
from omniroute.storage.rows import AttemptRow, RequestRow
from omniroute.storage.usage import UsageRows

ROW = RequestRow(
    id="req_0",
    started_at=1_700_000_000_000,
    key_id="key_1",
    address="127.0.0.1",
    user_agent="tests",
    format="openai_chat",
    path="/v1/chat/completions",
    requested_model="fast",
    stream=True,
    outcome="ok",
    status=200,
    provider="mine",
    connection_id="con_1",
    model="fake-large",
    latency_us=1200,
    first_token_us=400,
    input_tokens=100,
    output_tokens=20,
    cost_nano=123,
    price_version="2026",
    losses=("tools[0]: not carried",),
    attempts=(
        AttemptRow(number=1, provider="mine", connection_id="con_0", model="x", latency_us=1, failure="rate"),
        AttemptRow(number=2, provider="mine", connection_id="con_1", model="x", latency_us=2, status=200),
    ),
)


def rows(count: int, start: int = 0) -> list[RequestRow]:
    return [replace(ROW, id=f"req_{start + number:05}") for number in range(count)]


class Store:
    """A database that can be away, slow or broken: it stands between the recorder and the real one."""

    def __init__(self, usage: UsageRows) -> None:
        self._usage = usage
        self.trouble: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.batches: list[int] = []

    async def write(self, batch: Sequence[RequestRow]) -> int:
        await self.gate.wait()
        if self.trouble is not None:
            raise self.trouble
        new = await self._usage.write(batch)
        self.batches.append(len(batch))
        return new


@pytest.fixture
def usage(database: Database) -> UsageRows:
    return UsageRows(database)


@pytest.fixture
def store(usage: UsageRows) -> Store:
    return Store(usage)


@pytest.fixture
def spill(tmp_path: Path) -> Spill:
    return Spill(tmp_path / "spill.jsonl")


@pytest.fixture
def recorder(store: Store, spill: Spill) -> Recorder:
    return Recorder(store.write, spill)


AWAY = (Unavailable("The database does not answer."), OSError("gone"), TimeoutError(), ValueError("a fault of ours"))


@asynccontextmanager
async def running(recorder: Recorder) -> AsyncIterator[None]:
    """Let the recorder write by itself."""
    task = asyncio.create_task(recorder.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def stored(usage: UsageRows) -> set[str]:
    return {row.id for row in await usage.recent(10_000)}


def take(recorder: Recorder, taken: Sequence[RequestRow]) -> None:
    for row in taken:
        recorder.take(row)


async def test_what_was_taken_is_in_the_database_after_a_flush(recorder: Recorder, usage: UsageRows) -> None:
    recorder.take(ROW)
    assert recorder.waiting == 1
    await recorder.flush()
    assert recorder.waiting == 0
    assert await usage.recent(10) == (ROW,)


async def test_records_are_written_without_anybody_asking(recorder: Recorder, store: Store, usage: UsageRows) -> None:
    async with running(recorder):
        take(recorder, rows(3))
        await until(lambda: sum(store.batches) == 3)
    assert len(await stored(usage)) == 3


async def test_a_full_batch_does_not_wait_for_its_time(
    recorder: Recorder, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "BATCH_S", 3600)
    async with running(recorder):
        take(recorder, rows(BATCH_ROWS))
        await until(lambda: sum(store.batches) == BATCH_ROWS)


async def test_many_records_go_in_batches(recorder: Recorder, store: Store) -> None:
    take(recorder, rows(2 * BATCH_ROWS + 1))
    await recorder.flush()
    assert store.batches == [BATCH_ROWS, BATCH_ROWS, 1]


@pytest.mark.parametrize("trouble", AWAY)
async def test_while_the_database_is_away_records_go_to_the_spill_file_and_come_back(
    recorder: Recorder, store: Store, spill: Spill, usage: UsageRows, trouble: Exception
) -> None:
    store.trouble = trouble
    recorder.take(ROW)
    await recorder.flush()
    assert recorder.waiting == 0
    assert spill.read() == [ROW]
    store.trouble = None
    await recorder.flush()
    assert not spill.exists()
    assert await usage.recent(10) == (ROW,)


async def test_whatever_the_database_says_the_recorder_goes_on(
    recorder: Recorder, store: Store, spill: Spill, usage: UsageRows
) -> None:
    async with running(recorder):
        for number, trouble in enumerate(AWAY):
            store.trouble = trouble
            recorder.take(replace(ROW, id=f"req_{number}"))
            await until(lambda: recorder.waiting == 0)
        await until(spill.exists)
        store.trouble = None
        await until(lambda: not spill.exists())
    assert len(await stored(usage)) == len(AWAY)


async def test_the_spill_file_is_read_back_under_steady_load_too(
    recorder: Recorder, store: Store, spill: Spill, usage: UsageRows
) -> None:
    store.trouble = OSError("gone")
    recorder.take(ROW)
    await recorder.flush()
    store.trouble = None
    recorder.take(replace(ROW, id="req_1"))
    await recorder.flush()
    assert not spill.exists()
    assert await stored(usage) == {"req_0", "req_1"}


async def test_a_slow_database_is_given_up_for_the_spill_file(
    recorder: Recorder, store: Store, spill: Spill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "WRITE_LIMIT_S", 0.05)
    store.gate.clear()
    recorder.take(ROW)
    await recorder.flush()
    assert spill.read() == [ROW]


async def test_while_the_database_stays_away_the_spill_file_is_not_tried_at_every_turn(
    recorder: Recorder, store: Store, spill: Spill
) -> None:
    spill.add(rows(1))
    store.trouble = OSError("gone")
    await recorder.flush()
    store.trouble = None
    await recorder.flush()
    assert store.batches == []
    assert spill.exists()
    recorder._replay_at = 0.0
    await recorder.flush()
    assert store.batches == [1]
    assert not spill.exists()


async def test_replaying_twice_changes_nothing(recorder: Recorder, spill: Spill, usage: UsageRows) -> None:
    # A crash between the write and the removal of the file leaves both.
    await usage.write(rows(3))
    sums = await usage.minutes(0)
    spill.add(rows(3))
    await recorder.flush()
    assert await stored(usage) == {row.id for row in rows(3)}
    assert await usage.minutes(0) == sums
    assert not spill.exists()


async def test_a_batch_that_failed_half_way_is_written_once(
    recorder: Recorder, store: Store, usage: UsageRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "BATCH_ROWS", 2)
    write, calls = store.write, 0

    async def second_fails(batch: Sequence[RequestRow]) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError("gone")
        return await write(batch)

    recorder._write = second_fails
    take(recorder, rows(4))
    await recorder.flush()
    await recorder.flush()
    assert await stored(usage) == {row.id for row in rows(4)}
    assert sum(one.requests for one in await usage.minutes(0)) == 4


async def test_a_last_line_cut_by_a_crash_is_left_out_and_the_next_record_is_not(spill: Spill, tmp_path: Path) -> None:
    spill.add(rows(2))
    file = tmp_path / "spill.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    spill.add(rows(2, start=2))
    assert [row.id for row in spill.read()] == ["req_00000", "req_00002", "req_00003"]


@given(cut=st.integers(0, 3000))
def test_a_cut_anywhere_loses_the_cut_record_only(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    file = tmp_path_factory.mktemp("spill") / "spill.jsonl"
    spill = Spill(file)
    spill.add(rows(3))
    whole = file.read_bytes()
    file.write_bytes(whole[: min(cut, len(whole))])
    kept = file.read_bytes().count(b"\n")
    spill.add(rows(1, start=9))
    found = [row.id for row in spill.read()]
    assert found[:kept] == [row.id for row in rows(kept)]
    assert found[-1] == "req_00009"


@given(
    text=st.text(st.characters(codec=None), max_size=30),
    number=st.integers(-(2**63), 2**63 - 1),
)
def test_any_record_survives_the_spill_file(tmp_path_factory: pytest.TempPathFactory, text: str, number: int) -> None:
    spill = Spill(tmp_path_factory.mktemp("spill") / "spill.jsonl")
    odd = replace(ROW, requested_model=text, error_message=text, input_tokens=number, losses=(text,))
    spill.add([odd, ROW])
    assert spill.read() == [odd, ROW]


async def test_where_the_disk_takes_nothing_either_records_stay_in_memory(
    recorder: Recorder, store: Store, usage: UsageRows, tmp_path: Path
) -> None:
    recorder._spill = Spill(tmp_path / "no such folder" / "spill.jsonl")
    store.trouble = OSError("gone")
    take(recorder, rows(3))
    await recorder.flush()
    assert recorder.waiting == 3
    store.trouble = None
    await recorder.flush()
    assert len(await stored(usage)) == 3


async def test_memory_is_bounded_and_the_newest_records_are_kept(
    recorder: Recorder, store: Store, usage: UsageRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MAX_WAITING", 5)
    recorder._spill = Spill(tmp_path / "no such folder" / "spill.jsonl")
    store.trouble = OSError("gone")
    take(recorder, rows(8))
    await recorder.flush()
    store.trouble = None
    await recorder.flush()
    assert await stored(usage) == {row.id for row in rows(5, start=3)}


async def test_closing_writes_what_waits(recorder: Recorder, usage: UsageRows) -> None:
    async with running(recorder):
        take(recorder, rows(4))
    await recorder.close()
    assert len(await stored(usage)) == 4


async def test_closing_while_the_database_is_away_spills(recorder: Recorder, store: Store, spill: Spill) -> None:
    store.trouble = OSError("gone")
    take(recorder, rows(4))
    await recorder.close()
    assert spill.read() == rows(4)


async def test_a_write_that_is_cancelled_loses_nothing(recorder: Recorder, store: Store, usage: UsageRows) -> None:
    store.gate.clear()
    take(recorder, rows(2))
    async with running(recorder):
        await until(lambda: recorder.waiting == 0)
        recorder.take(replace(ROW, id="req_late"))
    assert recorder.waiting == 3
    store.gate.set()
    await recorder.close()
    assert await stored(usage) == {"req_00000", "req_00001", "req_late"}


async def test_the_next_process_finds_what_the_last_one_spilled(
    recorder: Recorder, store: Store, spill: Spill, usage: UsageRows
) -> None:
    store.trouble = OSError("gone")
    take(recorder, rows(4))
    await recorder.close()
    store.trouble = None
    await Recorder(store.write, spill).flush()
    assert len(await stored(usage)) == 4
