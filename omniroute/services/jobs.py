"""Jobs: work that is done by the clock, or when an operator says so. Each run is recorded, and a failure harms nobody.

What there is to do stands in one table, a line a job; an operator may switch a job off or give it another schedule. A
run that was missed while the gateway was away is made up for once. A job never runs twice at the same time.
"""

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from omniroute.kit.acting import Act, acting
from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict, NotFound, OmniError
from omniroute.kit.events import ConfigurationChanged, JobChanged
from omniroute.kit.ids import new_id
from omniroute.kit.log import redactor
from omniroute.kit.tasks import Background
from omniroute.services.changes import Changed, kept
from omniroute.services.job_values import Cause, Job, JobChange, JobRun, JobState, Outcome, Progress, Timetable
from omniroute.services.moments import moment
from omniroute.services.rules import fault
from omniroute.state.bus import Bus
from omniroute.storage.audit_rows import AuditDraft
from omniroute.storage.job_runs import JobRuns
from omniroute.storage.rows import JobRunRow
from omniroute.storage.settings import SettingGroups

log = structlog.get_logger(__name__)

MOST_RUNS = 1_000  # on one page
KEPT_RUNS = 500  # of each job
_GROUP = "jobs"
_LOST = "the gateway was stopped before it was done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What holds for one job: an operator's choice over the table's line."""

    enabled: bool = True
    schedule: str | None = None


class Jobs:
    """Runs jobs and tells of them. One process of an installation starts the clock."""

    def __init__(
        self,
        *,
        runs: JobRuns,
        groups: SettingGroups,
        bus: Bus,
        background: Background,
        clock: Clock,
        changed: Changed,
        note: Callable[[AuditDraft], Awaitable[None]],
    ) -> None:
        """`note` tells the audit log."""
        self._runs = runs
        self._groups = groups
        self._bus = bus
        self._background = background
        self._clock = clock
        self._changed = changed
        self._audit = note
        self._jobs: Mapping[str, Job] = {}
        self._plans: Mapping[str, Plan] = {}
        self._last: dict[str, JobRun] = {}
        self._running: dict[str, JobRun] = {}
        self._timetable: Timetable | None = None
        self._loading = asyncio.Lock()
        self._is_loaded = False

    def take(self, jobs: Sequence[Job]) -> None:
        """Take the table of what there is to do; jobs call services, so it comes when those are there."""
        self._jobs = {job.name: job for job in jobs}

    # ── what operators see and do ───────────────────────────────────────────────────────────────────────────────

    async def list(self) -> tuple[JobState, ...]:
        """Return all jobs."""
        await self._loaded()
        return self.states()

    async def get(self, name: str) -> JobState:
        """Return one job; raise NotFound."""
        job = self._job(name)
        await self._loaded()
        return self._state(job)

    async def history(self, limit: int, job: str | None = None, before: str | None = None) -> tuple[JobRun, ...]:
        """Return the newest runs, of one job or of all; `before` is the id of the last one of the page above."""
        if job is not None:
            self._job(job)
        return tuple(self._shown(row) for row in await self._runs.page(limit, job, before))

    async def run(self, name: str) -> JobRun:
        """Start a job now, also one that is off; raise NotFound, or Conflict while it runs."""
        job = self._job(name)
        await self._loaded()
        if name in self._running:
            raise Conflict(f"{name} is running already: wait until it is done", code="already_running")
        return self._begin(job, Cause.MANUAL)

    async def update(self, name: str, change: JobChange) -> JobState:
        """Switch a job, or give it another schedule; raise NotFound, or Unprocessable on a bad schedule."""
        job = self._job(name)
        await self._loaded()
        old = self._plan(name)
        schedule = kept(change.schedule, old.schedule)
        if schedule is not None:
            schedule = schedule.strip()
            await asyncio.to_thread(_require_schedule, schedule)
        new = Plan(enabled=kept(change.enabled, old.enabled), schedule=None if schedule == job.schedule else schedule)
        self._plans = {**self._plans, name: new}
        stored = {one: _written(plan) for one, plan in self._plans.items() if plan != Plan()}
        await self._groups.put(_GROUP, stored)
        self._replan(job)
        self._tell(name)
        await self._changed(ConfigurationChanged(noun="jobs", id=name))
        return self._state(job)

    def states(self) -> tuple[JobState, ...]:
        """Return all jobs as they are known in memory, for the live feed."""
        return tuple(self._state(job) for job in self._jobs.values())

    # ── the clock ───────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self, make: Callable[[Callable[[str, bool], None]], Timetable]) -> None:
        """Begin to run jobs by the clock; `make` gets what to call with a job's name, and whether it was missed."""
        self._timetable = make(self._due)
        await self._reload()
        for job in self._jobs.values():
            self._replan(job)
        self._background.start(self._follow(), "changes of the jobs")

    async def _reload(self) -> None:
        """Read everything anew: the process begins, or a restored backup has brought other settings and runs."""
        await self._runs.interrupt(_LOST, spared=[run.id for run in self._running.values()])
        before, self._is_loaded = self._plans, False
        await self._loaded()
        for job in self._jobs.values():
            # Whoever keeps its plan keeps its time too.
            if self._plan(job.name) != before.get(job.name, Plan()):
                self._replan(job)
            self._tell(job.name)

    async def _follow(self) -> None:
        with self._bus.subscribe() as heard:
            async for event in heard:
                if isinstance(event, ConfigurationChanged) and event.noun == "everything":
                    await self._reload()

    def stop(self) -> None:
        """Begin no further runs; those under way end with the background."""
        if self._timetable is not None:
            self._timetable.close()
            self._timetable = None

    def _due(self, name: str, was_missed: bool) -> None:  # noqa: FBT001 - handed around as a plain callable
        if name not in self._running:
            self._begin(self._jobs[name], Cause.MISSED if was_missed else Cause.SCHEDULE)

    def _replan(self, job: Job) -> None:
        if self._timetable is None:
            return
        plan = self._plan(job.name)
        if not plan.enabled:
            self._timetable.drop(job.name)
            return
        last = self._last.get(job.name)
        self._timetable.plan(job, plan.schedule or job.schedule, None if last is None else last.started_at)

    # ── one run ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, job: Job, cause: Cause) -> JobRun:
        run = JobRun(
            id=new_id("run"),
            job=job.name,
            cause=cause,
            outcome=Outcome.RUNNING,
            started_at=moment(self._clock.now_ms()),
            took_ms=None,
            message="",
        )
        self._running[job.name] = self._last[job.name] = run
        self._tell(job.name)
        self._background.start(self._perform(job, run), f"job {job.name}")
        return run

    async def _perform(self, job: Job, run: JobRun) -> None:
        began = self._clock.monotonic()
        outcome, message = Outcome.INTERRUPTED, _LOST

        def progress(fraction: float | None, text: str) -> None:
            self._note(replace(run, message=text, fraction=fraction))

        try:
            await self._record(run)
            with acting(Act(kind="job", surface="job", name=job.name, operation=run.id)):
                outcome, message = await _done(job, Progress(progress))
                if job.is_audited or outcome is not Outcome.OK:
                    await self._audit(
                        AuditDraft(action="jobs.run", target=job.name, outcome=outcome.value, detail=message)
                    )
        finally:
            took = int((self._clock.monotonic() - began) * 1000)
            ended = replace(run, outcome=outcome, took_ms=took, message=redactor.clean(message))
            del self._running[job.name]
            self._last[job.name] = ended
            self._tell(job.name)
            await self._record(ended)
        if outcome is Outcome.FAILED:
            log.warning("a job failed", job=job.name, reason=ended.message)
        await self._prune(job.name)

    def _note(self, run: JobRun) -> None:
        self._running[run.job] = self._last[run.job] = run
        self._tell(run.job)

    async def _record(self, run: JobRun) -> None:
        """Store a run. What cannot be stored is told to the log, as the work itself may still go on."""
        row = JobRunRow(
            id=run.id,
            job=run.job,
            cause=run.cause.value,
            started_at=round(run.started_at.timestamp() * 1000),
            took_ms=run.took_ms,
            outcome=run.outcome.value,
            message=run.message,
        )
        try:
            await self._runs.put(row)
        except (OmniError, TimeoutError) as error:
            log.warning("the run of a job was not recorded", job=run.job, error=str(error))

    async def _prune(self, name: str) -> None:
        try:
            await self._runs.prune(name, KEPT_RUNS)
        except (OmniError, TimeoutError) as error:
            log.warning("old runs of a job stay for now", job=name, error=str(error))

    def _tell(self, name: str) -> None:
        if self._bus.wanted:
            self._bus.publish(JobChanged(name=name))

    # ── what is known ───────────────────────────────────────────────────────────────────────────────────────────

    async def _loaded(self) -> None:
        """Read what operators chose, and the last runs, unless that is known."""
        async with self._loading:
            if self._is_loaded:
                return
            stored = await self._groups.get(_GROUP) or {}
            self._plans = {name: _read(value) for name, value in stored.items()}
            found = await self._runs.latest()
            # What is in memory is newer: a restored backup must not make up for what was done since.
            self._last = {name: self._shown(row) for name, row in found.items()} | self._last
            self._is_loaded = True

    def _job(self, name: str) -> Job:
        job = self._jobs.get(name)
        if job is None:
            raise NotFound(f"there is no job {name[:100]!r}: GET /api/jobs lists them", code="no_such_job")
        return job

    def _plan(self, name: str) -> Plan:
        return self._plans.get(name) or Plan()

    def _state(self, job: Job) -> JobState:
        plan = self._plan(job.name)
        return JobState(
            name=job.name,
            description=job.description,
            enabled=plan.enabled,
            schedule=plan.schedule or job.schedule,
            default_schedule=job.schedule,
            running=job.name in self._running,
            next_run_at=None if self._timetable is None else self._timetable.next_at(job.name),
            last_run=self._last.get(job.name),
        )

    def _shown(self, row: JobRunRow) -> JobRun:
        running = self._running.get(row.job)
        if running is not None and running.id == row.id:
            return running
        return JobRun(
            id=row.id,
            job=row.job,
            cause=Cause(row.cause),
            outcome=Outcome(row.outcome),
            started_at=moment(row.started_at),
            took_ms=row.took_ms,
            message=row.message,
        )


async def _done(job: Job, progress: Progress) -> tuple[Outcome, str]:
    """Do a job's work, whatever comes of it."""
    try:
        async with asyncio.timeout(job.longest_s):
            return Outcome.OK, await job.work(progress)
    except OmniError as error:
        return Outcome.FAILED, error.message
    except TimeoutError:
        return Outcome.FAILED, f"it took longer than {job.longest_s:g} s, or something that it waited for did"
    except Exception as error:
        # The rim of the jobs: whatever went wrong is this run's end, and nobody else's.
        log.exception("a job failed", job=job.name)
        return Outcome.FAILED, f"{type(error).__name__}: the gateway's log says more"


def _require_schedule(text: str) -> None:
    """Raise Unprocessable on a schedule that cannot be read; loads the timetable's library at its first use."""
    reason = importlib.import_module("omniroute.services.timetable").flaw(text)
    if reason is not None:
        raise fault("schedule", reason)


def _written(plan: Plan) -> dict[str, Any]:
    return {"enabled": plan.enabled, "schedule": plan.schedule}


def _read(value: Mapping[str, Any]) -> Plan:
    return Plan(enabled=value["enabled"], schedule=value["schedule"])
