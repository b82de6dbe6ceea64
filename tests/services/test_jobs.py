"""Jobs: recorded, startable by hand, planned otherwise, and harmless when they fail."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest

from omniroute.kit.errors import Conflict, NotFound, Unavailable, Unprocessable
from omniroute.kit.events import ConfigurationChanged, JobChanged
from omniroute.kit.tasks import Background
from omniroute.services.job_values import Cause, Job, JobChange, JobRun, JobState, Outcome, Progress
from omniroute.services.jobs import Jobs
from omniroute.state.bus import Bus
from omniroute.storage.audit_rows import AuditDraft
from omniroute.storage.database import Database
from omniroute.storage.job_runs import JobRuns
from omniroute.storage.settings import SettingGroups
from tests.services.parts import ManualClock


class Clockwork:
    """A timetable that rings when a test says so."""

    def __init__(self, due: Callable[[str, bool], None]) -> None:
        self.due = due
        self.planned: dict[str, tuple[str, datetime | None]] = {}
        self.closed = False

    def plan(self, job: Job, schedule: str, last_at: datetime | None) -> None:
        self.planned[job.name] = schedule, last_at

    def drop(self, name: str) -> None:
        self.planned.pop(name, None)

    def next_at(self, _name: str) -> datetime | None:
        return None

    def close(self) -> None:
        self.closed = True


class Place:
    """Jobs, one of which does what a test tells it to."""

    def __init__(self, database: Database) -> None:
        self.runs = JobRuns(database)
        self.groups = SettingGroups(database)
        self.bus = Bus()
        self.background = Background()
        self.clock = ManualClock()
        self.changes: list[ConfigurationChanged] = []
        self.audited: list[AuditDraft] = []
        self.go = asyncio.Event()
        self.error: Exception | None = None
        self.clockwork: Clockwork | None = None
        self.jobs = self.made()

    def made(self) -> Jobs:
        made = Jobs(
            runs=self.runs,
            groups=self.groups,
            bus=self.bus,
            background=self.background,
            clock=self.clock,
            changed=self.changed,
            note=self.note,
        )
        lines = [("tidy", self.tidy), ("quick", self.quick)]
        made.take([Job(name=name, description="Tidy up.", schedule="1h", work=work) for name, work in lines])
        return made

    async def changed(self, event: ConfigurationChanged) -> None:
        self.changes.append(event)

    async def note(self, draft: AuditDraft) -> None:
        self.audited.append(draft)

    async def tidy(self, progress: Progress) -> str:
        progress.report("half of it", 0.5)
        await self.go.wait()
        self.clock.advance(2)
        if self.error is not None:
            raise self.error
        return "all is tidy"

    async def quick(self, _progress: Progress) -> str:
        return "done"

    async def start(self) -> Clockwork:
        await self.jobs.start(self.make)
        assert self.clockwork is not None
        return self.clockwork

    def make(self, due: Callable[[str, bool], None]) -> Clockwork:
        self.clockwork = Clockwork(due)
        return self.clockwork

    async def ended(self, name: str = "tidy") -> JobRun:
        """Wait for the end of a run, and return it as it is stored."""
        self.go.set()
        async with asyncio.timeout(5):
            while (await self.jobs.get(name)).running:
                await asyncio.sleep(0.002)
            while (found := await self.jobs.history(1, name)) and found[0].outcome is Outcome.RUNNING:
                await asyncio.sleep(0.002)
        return found[0]


@pytest.fixture
async def place(database: Database) -> AsyncIterator[Place]:
    made = Place(database)
    yield made
    await made.background.stop()


async def test_a_run_by_hand_is_seen_while_it_goes_on_and_recorded(place: Place) -> None:
    run = await place.jobs.run("tidy")
    assert (run.cause, run.outcome, run.took_ms) == (Cause.MANUAL, Outcome.RUNNING, None)
    async with asyncio.timeout(5):
        while not (state := await place.jobs.get("tidy")).last_run or not state.last_run.fraction:
            await asyncio.sleep(0.002)
    assert state.running
    assert (state.last_run.message, state.last_run.fraction) == ("half of it", 0.5)
    with pytest.raises(Conflict):
        await place.jobs.run("tidy")
    ended = await place.ended()
    assert (ended.id, ended.outcome, ended.message, ended.took_ms) == (run.id, Outcome.OK, "all is tidy", 2_000)


async def test_a_failure_is_this_runs_end_and_nobody_elses(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.error = Unavailable("the provider sleeps")
    await place.jobs.run("tidy")
    assert (await place.ended()).message == "the provider sleeps"
    place.error = ValueError("sk-0123456789abcdef0123 was wrong")
    await place.jobs.run("tidy")
    ended = await place.ended()
    assert [(one.action, one.target, one.outcome) for one in place.audited] == [("jobs.run", "tidy", "failed")] * 2
    assert (ended.outcome, ended.message) == (Outcome.FAILED, "ValueError: the gateway's log says more")
    assert "Traceback" in capsys.readouterr().out
    place.error = None
    await place.jobs.run("tidy")
    assert (await place.ended()).outcome is Outcome.OK


async def test_what_takes_too_long_is_ended(place: Place) -> None:
    place.jobs.take([Job(name="tidy", description="Tidy.", schedule="1h", work=place.tidy, longest_s=0.01)])
    await place.jobs.run("tidy")
    async with asyncio.timeout(5):
        while (await place.jobs.get("tidy")).running:
            await asyncio.sleep(0.002)
    last = (await place.jobs.get("tidy")).last_run
    assert last is not None
    assert (last.outcome, last.message[:30]) == (Outcome.FAILED, "it took longer than 0.01 s, or")


async def test_a_stop_marks_what_runs_as_interrupted(place: Place) -> None:
    run = await place.jobs.run("tidy")
    async with asyncio.timeout(5):
        while not await place.jobs.history(1):
            await asyncio.sleep(0.002)
    await place.background.stop()
    assert [(one.id, one.outcome) for one in await place.jobs.history(9)] == [(run.id, Outcome.INTERRUPTED)]


async def test_what_a_killed_process_left_running_is_interrupted_at_the_next_start(place: Place) -> None:
    run = await place.jobs.run("tidy")
    async with asyncio.timeout(5):
        while not await place.jobs.history(1):
            await asyncio.sleep(0.002)
    place.jobs = place.made()  # another process, which never heard the end of it
    clockwork = await place.start()
    found = await place.jobs.history(9)
    assert [(one.id, one.outcome) for one in found] == [(run.id, Outcome.INTERRUPTED)]
    assert clockwork.planned["tidy"] == ("1h", run.started_at)
    assert clockwork.planned["quick"] == ("1h", None)


async def test_the_clock_starts_jobs_and_never_one_twice_at_a_time(place: Place) -> None:
    clockwork = await place.start()
    clockwork.due("tidy", True)
    clockwork.due("tidy", False)
    assert (await place.ended()).cause is Cause.MISSED
    clockwork.due("tidy", False)
    assert (await place.ended()).cause is Cause.SCHEDULE
    assert len(await place.jobs.history(9)) == 2
    place.jobs.stop()
    assert clockwork.closed


async def test_a_job_can_be_switched_off_and_planned_otherwise_for_good(place: Place) -> None:
    clockwork = await place.start()
    off = await place.jobs.update("tidy", JobChange(enabled=False))
    assert not off.enabled
    assert "tidy" not in clockwork.planned
    on = await place.jobs.update("tidy", JobChange(enabled=True, schedule=" 0 4 * * 1-5 "))
    assert (on.schedule, on.default_schedule, clockwork.planned["tidy"][0]) == ("0 4 * * 1-5", "1h", "0 4 * * 1-5")
    assert place.changes[-1] == ConfigurationChanged(noun="jobs", id="tidy")
    place.jobs = place.made()
    assert (await place.jobs.get("tidy")).schedule == "0 4 * * 1-5"
    back = await place.jobs.update("tidy", JobChange(schedule=None))
    assert back.schedule == "1h"
    assert await place.groups.get("jobs") == {}


async def test_a_bad_schedule_and_an_unknown_job_are_refused(place: Place) -> None:
    with pytest.raises(Unprocessable, match="write a span"):
        await place.jobs.update("tidy", JobChange(schedule="now and then"))
    for call in (place.jobs.get("nothing"), place.jobs.run("nothing"), place.jobs.update("nothing", JobChange())):
        with pytest.raises(NotFound):
            await call
    with pytest.raises(NotFound):
        await place.jobs.history(1, "nothing")


async def test_a_restored_backup_brings_its_plans_and_makes_up_for_nothing_that_was_done(place: Place) -> None:
    clockwork = await place.start()
    await place.jobs.run("quick")
    ended = await place.ended("quick")
    await place.runs.prune("quick", 0)
    await place.groups.put("jobs", {"tidy": {"enabled": True, "schedule": "2h"}})
    place.bus.publish(ConfigurationChanged(noun="everything"))
    async with asyncio.timeout(5):
        while clockwork.planned["tidy"][0] != "2h":
            await asyncio.sleep(0.002)
    assert clockwork.planned["quick"] == ("1h", None)  # its time is as it was
    assert (await place.jobs.get("quick")).last_run == ended


async def test_every_step_is_told_on_the_bus(place: Place) -> None:
    with place.bus.subscribe() as heard:
        await place.jobs.run("tidy")
        await place.ended()
        assert heard.drain() == [JobChanged(name="tidy")] * 3


async def test_runs_come_in_pages_and_old_ones_go(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omniroute.services.jobs.KEPT_RUNS", 3)
    for _ in range(5):
        await place.jobs.run("quick")
        await place.ended("quick")
    async with asyncio.timeout(5):
        while len(found := await place.jobs.history(9)) != 3:
            await asyncio.sleep(0.002)
    assert [one.id for one in await place.jobs.history(2, "quick", found[0].id)] == [one.id for one in found[1:]]
    assert await place.jobs.history(9, "tidy") == ()


async def test_a_database_that_is_away_does_not_stop_the_work(place: Place, database: Database) -> None:
    await place.jobs.list()
    place.go.set()
    await database.close()

    class Away(JobRuns):
        async def put(self, _run: object) -> None:
            raise Unavailable("away")

    place.jobs._runs = Away(database)
    await place.jobs.run("tidy")
    async with asyncio.timeout(5):
        while (state := await place.jobs.get("tidy")).running:
            await asyncio.sleep(0.002)
    assert isinstance(state, JobState)
    assert state.last_run is not None
    assert state.last_run.outcome is Outcome.OK
