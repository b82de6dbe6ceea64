"""Logs are kept as long as an operator says, by age and by number, and sums outlive the requests."""

import pytest

from omniroute.kit.errors import Unprocessable
from omniroute.services.job_values import Progress
from omniroute.services.retention import KeepingChange
from omniroute.storage.rows import AttemptRow, RequestRow
from tests.services.parts import Parts

_DAY_MS = 86_400_000


def request(number: int, at_ms: int) -> RequestRow:
    failed = AttemptRow(
        number=1, provider="p", connection_id="c", model="m", latency_us=1, status=500, failure="overload", message="x"
    )
    return RequestRow(
        id=f"req_{number:04}", started_at=at_ms, key_id=None, address=None, user_agent=None, format="ollama", path="/",
        requested_model="m", stream=False, outcome="failed", status=502, provider="p", connection_id="c", model="m",
        latency_us=5, attempts=(failed,),
    )  # fmt: skip


@pytest.fixture
async def filled(parts: Parts) -> Parts:
    """A thousand and two hundred requests, three hundred a day for four days."""
    now = parts.clock.now_ms()
    rows = [request(number, now - (number // 300) * _DAY_MS - 1_000) for number in range(1_200)]
    await parts.usage_rows.write(rows)
    return parts


async def applied(parts: Parts) -> str:
    return await parts.retention.apply(Progress(lambda _fraction, _text: None))


async def test_what_is_young_enough_stays(filled: Parts) -> None:
    assert await applied(filled) == "0 requests, 0 sums and 0 audit entries removed"


async def test_what_is_too_old_goes_with_its_attempts(filled: Parts) -> None:
    await filled.retention.update(KeepingChange(request_log_days=2))
    assert await applied(filled) == "600 requests, 0 sums and 0 audit entries removed"
    left = await filled.usage_rows.recent(1_000)
    assert len(left) == 600
    assert all(one.attempts for one in left)
    assert await filled.usage_rows.find("req_0900") is None
    assert len(await filled.usage_rows.minutes(0)) == 4


async def test_what_is_too_much_goes_the_oldest_first(filled: Parts) -> None:
    await filled.retention.update(KeepingChange(request_log_rows=450))
    await applied(filled)
    left = [one.id for one in await filled.usage_rows.recent(1_000)]
    assert len(left) == 300  # a day's requests share one moment here, and none of them may hide behind another
    assert "req_0299" in left


async def test_sums_go_by_their_own_age(filled: Parts) -> None:
    await filled.retention.update(KeepingChange(usage_days=1))
    assert await applied(filled) == "0 requests, 3 sums and 0 audit entries removed"


async def test_a_number_out_of_range_is_refused_by_name(parts: Parts) -> None:
    with pytest.raises(Unprocessable) as refused:
        await parts.retention.update(KeepingChange(audit_days=-1))
    assert refused.value.param == "auditDays"
