"""The request log read with filters: complete, without gap or repeat, the same on both databases."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from omniroute.storage import request_logs
from omniroute.storage.database import Database
from omniroute.storage.request_logs import LogFilter, Position
from omniroute.storage.rows import AttemptRow, RequestRow
from omniroute.storage.usage import UsageRows
from tests.storage.test_usage import BAD, ROW, START

PAID = AttemptRow(
    number=1,
    provider="groq",
    connection_id="con_9",
    model="small",
    latency_us=100,
    status=200,
    failure="answer",
    message="it is not JSON",
    input_tokens=50,
    output_tokens=6,
    cost_nano=1_000,
)


@pytest.fixture
def usage(database: Database) -> UsageRows:
    return UsageRows(database)


def mixed() -> list[RequestRow]:
    """Sixty rows in which each filter of the test meets some."""
    rows = []
    for number in range(60):
        row = replace(ROW, id=f"req_{number:03}", started_at=START + number // 3 * 1000, attempts=())
        if number % 5 == 0:
            row = replace(row, outcome="failed", status=503, error_kind="overloaded", error_message="busy_100% now")
        if number % 7 == 0:
            row = replace(row, key_id="key_2", combo="coding", requested_model="coding")
        if number % 11 == 0:
            row = replace(row, provider="anthropic", connection_id="con_2", model="claude")
        if number % 13 == 0:
            row = replace(row, outcome="client_closed", status=499, user_agent="Busy Box")
        rows.append(row)
    return rows


FILTERS: dict[str, tuple[LogFilter, Callable[[RequestRow], bool]]] = {
    "all": (LogFilter(), lambda _row: True),
    "ok": (LogFilter(is_failure=False), lambda row: row.outcome == "ok"),
    "error": (LogFilter(is_failure=True), lambda row: row.outcome != "ok"),
    "status": (LogFilter(status=503), lambda row: row.status == 503),
    "good status": (LogFilter(status=200), lambda row: row.status == 200),
    "outcome": (LogFilter(outcome="client_closed"), lambda row: row.outcome == "client_closed"),
    "model asked for": (LogFilter(model="coding"), lambda row: row.requested_model == "coding"),
    "model that answered": (LogFilter(model="claude"), lambda row: row.model == "claude"),
    "provider": (LogFilter(provider="anthropic"), lambda row: row.provider == "anthropic"),
    "connection": (LogFilter(connection_id="con_2"), lambda row: row.connection_id == "con_2"),
    "key": (LogFilter(key_id="key_2"), lambda row: row.key_id == "key_2"),
    "combo": (LogFilter(combo="coding"), lambda row: row.combo == "coding"),
    "time": (
        LogFilter(since=START + 3000, until=START + 9000),
        lambda row: START + 3000 <= row.started_at < START + 9000,
    ),
    "several": (LogFilter(combo="coding", status=503), lambda row: row.combo == "coding" and row.status == 503),
    "text": (LogFilter(text="BUSY"), lambda row: "busy" in f"{row.error_message}{row.user_agent}".lower()),
    "signs of LIKE": (LogFilter(text="busy_100%"), lambda row: row.error_message is not None),
    "no text": (LogFilter(text="busy%now"), lambda _row: False),
    "text and model": (
        LogFilter(text="busy", model="claude"),
        lambda row: row.model == "claude" and "busy" in f"{row.error_message}{row.user_agent}".lower(),
    ),
}


async def read_all(usage: UsageRows, only: LogFilter, limit: int) -> list[str]:
    seen: list[str] = []
    before: Position | None = None
    for _ in range(200):
        page = await usage.page(limit, before, only)
        seen += [row.id for row in page.rows]
        before = page.following
        if before is None:
            return seen
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("searched", [10_000, 7])
async def test_every_filter_gives_its_rows_once_however_they_are_paged(
    usage: UsageRows, monkeypatch: pytest.MonkeyPatch, searched: int
) -> None:
    monkeypatch.setattr(request_logs, "SEARCHED", searched)
    rows = mixed()
    await usage.write(rows)
    for name, (only, holds) in FILTERS.items():
        expected = [row.id for row in reversed(rows) if holds(row)]
        for limit in (4, 60, 100):
            assert await read_all(usage, only, limit) == expected, (name, limit)


async def test_one_request_is_read_in_full(usage: UsageRows) -> None:
    decision = {"reason": "priority: first of 3", "groups": [{"candidates": [{"score": 0.5}]}]}
    row = replace(ROW, decision=decision)
    await usage.write([row])
    assert await usage.find(row.id) == row
    assert await usage.find("req_none") is None


async def test_an_answer_that_was_not_taken_counts_for_the_target_that_gave_it(usage: UsageRows) -> None:
    row = replace(ROW, combo="ladder", cost_nano=124_456, attempts=(PAID, replace(BAD, number=2)))
    await usage.write([row])
    assert (await usage.find(row.id)) == row
    minute = START // 60_000
    by_model = {one.name: one for one in await usage.sums(minute, minute + 1, step=60, by="model")}
    assert (by_model["small"].requests, by_model["small"].cost_nano, by_model["small"].input_tokens) == (0, 1_000, 50)
    assert (by_model["gpt-5"].requests, by_model["gpt-5"].cost_nano) == (1, 123_456)


async def test_sums_are_spans_of_any_length_by_any_column(usage: UsageRows) -> None:
    rows = [
        replace(ROW, id=f"req_{minute}", started_at=START + minute * 60_000, combo="c" if minute % 2 else None)
        for minute in range(180)
    ]
    await usage.write(rows)
    first = START // 60_000
    hours = await usage.sums(first, first + 180, step=60)
    assert sum(one.requests for one in hours) == 180
    assert all(one.minute % 60 == 0 for one in hours)
    assert [one.requests for one in hours if one.minute >= first and one.minute + 60 <= first + 180] == [60] * (
        len(hours) - (2 if first % 60 else 0)
    )
    combos = {one.name: one.requests for one in await usage.sums(first, first + 180, step=10**9, by="combo")}
    assert combos == {"": 90, "c": 90}
    only = await usage.sums(first, first + 10, step=1, only={"combo": "c"})
    assert [one.requests for one in only] == [1] * 5
    assert only[-1].last_minute == only[-1].minute
    assert await usage.sums(first + 500, first + 600, step=1) == ()
