"""The clock of the jobs: what a schedule may be, and when a job is due after its last run."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.services.job_values import Job, Progress
from omniroute.services.timetable import Clockwork, flaw


async def _nothing(_progress: Progress) -> str:
    return "done"


def job(schedule: str = "1h", jitter_s: int = 0) -> Job:
    return Job(name="tidy", description="Tidy up.", schedule=schedule, work=_nothing, jitter_s=jitter_s)


@pytest.mark.parametrize("text", ["15m", "6h", "1d", "10s", "30 3 * * *", "*/5 * * * *", "0 4 * * 0", "0 4 * * 1-5,7"])
def test_spans_and_crontabs_are_schedules(text: str) -> None:
    assert flaw(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("9s", "a span is from"),
        ("999999d", "a span is from"),
        ("soon", "write a span"),
        ("* * * *", "write a span"),
        ("61 * * * *", "write a span"),
        ("0 4 * * 8", "write a span"),
        ("0 4 * * 5-2", "write a span"),
        ("0 0 30 2 *", "there is no such time"),
        ("* " * 60, "at most 100"),
    ],
)
def test_what_is_none_is_told_why(text: str, reason: str) -> None:
    assert reason in (flaw(text) or "")


@given(st.text(max_size=120))
def test_no_text_breaks_the_check(text: str) -> None:
    assert flaw(text) is None or isinstance(flaw(text), str)


class Place:
    """A clockwork and what it called."""

    def __init__(self) -> None:
        self.called: list[tuple[str, bool]] = []
        self.rang = asyncio.Event()
        self.clockwork = Clockwork(self.due)

    def due(self, name: str, was_missed: bool) -> None:
        self.called.append((name, was_missed))
        self.rang.set()


async def test_a_span_counts_from_the_last_run() -> None:
    place = Place()
    last = datetime.now(UTC) - timedelta(minutes=20)
    place.clockwork.plan(job("1h"), "1h", last)
    assert place.clockwork.next_at("tidy") == last + timedelta(hours=1)
    place.clockwork.close()


async def test_what_was_missed_is_due_soon_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omniroute.services.timetable._SOON_S", 0.01)
    place = Place()
    place.clockwork.plan(job("30 3 * * *"), "30 3 * * *", datetime.now(UTC) - timedelta(days=3))
    async with asyncio.timeout(5):
        await place.rang.wait()
    assert place.called == [("tidy", True)]
    following = place.clockwork.next_at("tidy")
    assert following is not None
    assert timedelta() < following - datetime.now(UTC) <= timedelta(days=1, hours=1)
    place.clockwork.close()


async def test_a_crontab_that_was_not_missed_waits_for_its_time() -> None:
    place = Place()
    place.clockwork.plan(job(), "0 4 * * 0", datetime.now(UTC))
    due = place.clockwork.next_at("tidy")
    assert due is not None
    assert due.astimezone().strftime("%a %H:%M") == "Sun 04:00"  # 0 is Sunday, as in every crontab
    place.clockwork.close()


async def test_a_span_that_never_ran_is_due_at_once_and_not_with_all_others() -> None:
    place = Place()
    before = datetime.now(UTC)
    place.clockwork.plan(job("1d", jitter_s=600), "1d", None)
    due = place.clockwork.next_at("tidy")
    assert due is not None
    assert timedelta(seconds=4) < due - before < timedelta(seconds=610)
    place.clockwork.close()


async def test_a_job_that_was_taken_out_is_never_due() -> None:
    place = Place()
    place.clockwork.plan(job(), "1h", None)
    place.clockwork.drop("tidy")
    place.clockwork.drop("tidy")
    assert place.clockwork.next_at("tidy") is None
    place.clockwork.close()
