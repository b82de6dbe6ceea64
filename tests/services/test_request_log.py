"""The request log, page by page."""

import pytest

from omniroute.kit.errors import Unprocessable
from omniroute.storage.rows import AttemptRow, RequestRow
from tests.services.parts import Parts


def row(number: int, started_at: int) -> RequestRow:
    return RequestRow(
        id=f"req_{number:04x}",
        started_at=started_at,
        key_id="key_1",
        address="127.0.0.1",
        user_agent="tests",
        format="openai-chat",
        path="/v1/chat/completions",
        requested_model="demo/echo",
        stream=False,
        outcome="ok",
        status=200,
        provider="demo",
        connection_id="conn_1",
        model="echo",
        latency_us=12_500,
        input_tokens=3,
        cost_nano=1_500_000,
        attempts=(
            AttemptRow(
                number=1, provider="demo", connection_id="conn_1", model="echo", latency_us=500, failure="timeout"
            ),
            AttemptRow(
                number=2,
                provider="demo",
                connection_id="conn_1",
                model="echo",
                started_us=700,
                latency_us=900,
                status=200,
            ),
        ),
    )


async def test_pages_follow_one_another_without_gap_or_repeat(parts: Parts) -> None:
    # Several began in the same millisecond, so the time alone cannot be the cursor.
    await parts.usage_rows.write([row(number, 1_800_000_000_000 + number // 4) for number in range(10)])
    seen: list[str] = []
    cursor = None
    while page := await parts.request_log.recent(3, cursor):
        seen += [one.id for one in page]
        cursor = page[-1].cursor
    assert seen == [f"req_{number:04x}" for number in reversed(range(10))]


async def test_figures_come_in_the_units_that_people_read(parts: Parts) -> None:
    await parts.usage_rows.write([row(1, 1_800_000_000_000)])
    (found,) = await parts.request_log.recent(10)
    assert (found.latency_ms, found.cost_usd, found.output_tokens) == (12.5, 0.0015, None)
    assert [(one.number, one.failure, one.started_ms, one.latency_ms) for one in found.attempts] == [
        (1, "timeout", 0, 0.5),
        (2, None, 0.7, 0.9),
    ]


@pytest.mark.parametrize("cursor", ["", "abc", "1", "-x", "99999999999999999999-x", "1-\0"])
async def test_a_cursor_that_no_answer_held_is_refused(parts: Parts, cursor: str) -> None:
    with pytest.raises(Unprocessable):
        await parts.request_log.recent(10, cursor)


@pytest.mark.parametrize("limit", [0, -1, 1001])
async def test_a_page_has_bounds(parts: Parts, limit: int) -> None:
    with pytest.raises(Unprocessable):
        await parts.request_log.recent(limit)
