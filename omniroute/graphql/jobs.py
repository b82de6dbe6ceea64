"""Jobs: what is done by the clock, how it went, one started by hand, and a feed of all of it."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import accept
from omniroute.graphql.outcome import Failed, mutation
from omniroute.graphql.pages import PAGE, After, First, Page, checked, page
from omniroute.graphql.subscribing import Interval, feed
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.kit.errors import NotFound
from omniroute.services.job_values import Cause, JobChange, JobRun, JobState, Outcome
from omniroute.services.live_jobs import JobNews
from omniroute.services.retention import Keeping, KeepingChange

enumerate_(
    Cause,
    "JobCause",
    "Why a job ran.",
    SCHEDULE="It was due.",
    MISSED="It was due while the gateway was away.",
    MANUAL="An operator started it.",
)
enumerate_(
    Outcome,
    "JobOutcome",
    "How a run stands or ended.",
    RUNNING="It is under way.",
    OK="It was done.",
    FAILED="It failed.",
    INTERRUPTED="The gateway stopped before it was done.",
)
expose(
    JobRun,
    "JobRun",
    "One run of a job.",
    id=Shown(words="Stable id.", kind=strawberry.ID),
    job="The job's name.",
    cause="Why it ran.",
    outcome="How it stands or ended.",
    started_at="When it began.",
    took_ms="How long it took, in milliseconds; null while it runs.",
    message="What it did, why it failed, or how far it is.",
    fraction="Which part is done, from 0 to 1; null when that is not known.",
)
expose(
    JobState,
    "Job",
    "Work that is done by the clock.",
    name=Shown(words="Its name.", kind=strawberry.ID),
    description="What it does.",
    enabled="Whether it runs by the clock.",
    schedule="When it runs: a span such as 15m, 6h or 1d, or a crontab's five fields in local time.",
    default_schedule="The schedule that it has by itself.",
    running="Whether it is running now.",
    next_run_at="When it is due next; null while it is off.",
    last_run="The run under way, else the last one; null when there was none.",
)
expose(
    JobNews,
    "JobNews",
    snapshot="Whether this is the first message, with all jobs.",
    missed="How many things were dropped since the last message, because this subscriber is too slow.",
    jobs="The jobs that changed.",
)
accept(
    JobChange,
    "JobChange",
    "What to change; what is left out stays.",
    enabled="Whether it runs by the clock.",
    schedule="When it runs: a span such as 15m, 6h or 1d, or a crontab's five fields; null goes back to its own.",
)

expose(
    Keeping,
    "RetentionSettings",
    "How long logs are kept; 0 keeps all.",
    request_log_days="For how many days requests are kept in the log.",
    request_log_rows="How many requests the log holds at most.",
    usage_days="For how many days the sums by the minute are kept.",
    audit_days="For how many days the audit log is kept.",
)
accept(
    KeepingChange,
    "RetentionSettingsChange",
    "What to change; what is left out stays, and 0 keeps all.",
    request_log_days="For how many days requests are kept in the log.",
    request_log_rows="How many requests the log holds at most.",
    usage_days="For how many days the sums by the minute are kept.",
    audit_days="For how many days the audit log is kept.",
)


@strawberry.type
class Query:
    """Jobs."""

    @asked("All jobs.")
    async def jobs(self, info: Asked) -> list[JobState]:
        return list(await services_of(info).jobs.list())

    @asked("One job; null when there is none of this name.")
    async def job(self, info: Asked, name: strawberry.ID) -> JobState | None:
        try:
            return await services_of(info).jobs.get(name)
        except NotFound:
            return None

    @asked("How long logs are kept.")
    async def retention_settings(self, info: Asked) -> Keeping:
        return await services_of(info).retention.get()

    @asked("Runs of jobs, the newest first: of one job, or of all.")
    async def job_runs(
        self, info: Asked, first: First = PAGE, after: After = None, job: strawberry.ID | None = None
    ) -> Page[JobRun]:
        found = await services_of(info).jobs.history(checked(first) + 1, job, after)
        return page(found, first, after, lambda one: one.id)


@strawberry.type
class Mutation:
    """Starting and planning."""

    @mutation("Start a job now, also one that is off.")
    async def run_job(
        self, info: Asked, name: strawberry.ID
    ) -> Annotated[JobRun | Failed, strawberry.union("RunJobResult")]:
        return await services_of(info).jobs.run(name)

    @mutation("Change how long logs are kept; the job `retention` carries it out.")
    async def update_retention_settings(
        self, info: Asked, input: KeepingChange
    ) -> Annotated[Keeping | Failed, strawberry.union("UpdateRetentionSettingsResult")]:
        return await services_of(info).retention.update(input)

    @mutation("Switch a job on or off, or give it another schedule.")
    async def update_job(
        self, info: Asked, name: strawberry.ID, input: JobChange
    ) -> Annotated[JobState | Failed, strawberry.union("UpdateJobResult")]:
        return await services_of(info).jobs.update(name, input)


@strawberry.type
class Subscription:
    """The feed of jobs."""

    @feed("Jobs as they begin, go on and end.", JobNews)
    async def job_feed(self, info: Asked, interval_ms: Interval = 500) -> AsyncGenerator[Any, None]:
        return services_of(info).feeds.jobs(interval_ms)
