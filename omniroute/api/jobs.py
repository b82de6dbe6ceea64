"""Jobs: what is done by the clock, how it went, and starting one by hand."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from pydantic import MISSING, Field

from omniroute.api.operation import ID_PATTERN, Call, Reply
from omniroute.api.shapes import WHOLE, adopt, shape
from omniroute.services.collection import Services
from omniroute.services.job_values import LONGEST_SCHEDULE, JobChange, JobRun, JobState
from omniroute.services.jobs import MOST_RUNS
from omniroute.services.retention import MOST_DAYS, MOST_ROWS, Keeping, KeepingChange

_Name = Annotated[str, Field(pattern=f"^{ID_PATTERN}$")]


@shape
class JobList:
    """All jobs."""

    jobs: Sequence[JobState]


@shape
class ShownJob(JobState):
    """One job as it stands."""


@shape
class JobUpdate(JobChange):
    """What to change; null as `schedule` goes back to the job's own."""

    schedule: Annotated[str, Field(min_length=1, max_length=LONGEST_SCHEDULE)] | MISSING | None = MISSING


_Days = Annotated[int, Field(ge=0, le=MOST_DAYS), WHOLE]


@shape
class ShownRetention(Keeping):
    """How long logs are kept; 0 keeps all."""


@shape
class RetentionUpdate(KeepingChange):
    """What to change; 0 keeps all."""

    request_log_days: _Days | MISSING = MISSING
    request_log_rows: Annotated[int, Field(ge=0, le=MOST_ROWS), WHOLE] | MISSING = MISSING
    usage_days: _Days | MISSING = MISSING
    audit_days: _Days | MISSING = MISSING


@shape
class StartedJob(JobRun):
    """A run that has just begun."""


@shape
class RunsQuery:
    """Which runs, and which part of them."""

    job: _Name | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_RUNS)] = 100
    cursor: Annotated[str, Field(pattern=f"^{ID_PATTERN}$")] | None = None


async def show_all(services: Services, _call: Call[None, None]) -> JobList:
    """List jobs."""
    return JobList(jobs=await services.jobs.list())


async def show(services: Services, call: Call[None, None]) -> ShownJob:
    """Show one job."""
    return adopt(ShownJob, await services.jobs.get(call.params["name"]))


async def update(services: Services, call: Call[JobUpdate, None]) -> ShownJob:
    """Switch a job, or give it another schedule."""
    return adopt(ShownJob, await services.jobs.update(call.params["name"], call.body))


async def run(services: Services, call: Call[None, None]) -> StartedJob:
    """Start a job now."""
    return adopt(StartedJob, await services.jobs.run(call.params["name"]))


async def history(services: Services, call: Call[None, RunsQuery]) -> Reply:
    """List runs, the newest first."""
    query = call.query
    found = await services.jobs.history(query.limit + 1, query.job, query.cursor)
    shown = found[: query.limit]
    if len(found) <= query.limit:
        return Reply(value=shown)
    following = shown[-1].id
    more = {"job": query.job} if query.job else {}
    link = f"</api/jobs/history?{urlencode({'cursor': following, 'limit': query.limit, **more})}>"
    return Reply(value=shown, headers={"x-next-cursor": following, "link": f'{link}; rel="next"'})


async def show_retention(services: Services, _call: Call[None, None]) -> ShownRetention:
    """Show how long logs are kept."""
    return adopt(ShownRetention, await services.retention.get())


async def update_retention(services: Services, call: Call[RetentionUpdate, None]) -> ShownRetention:
    """Change how long logs are kept."""
    return adopt(ShownRetention, await services.retention.update(call.body))
