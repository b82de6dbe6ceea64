"""The operations on jobs. Rows of the operation table."""

from collections.abc import Sequence

from omniroute.api import jobs
from omniroute.api.operation import Operation
from omniroute.edge.admission import Policy
from omniroute.kit.errors import Conflict, NotFound
from omniroute.services.job_values import JobRun

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="listJobs",
        method="GET",
        path="/api/jobs",
        tag="jobs",
        summary="List jobs: what is done by the clock, when next, and how it went last",
        policy=Policy.ADMIN,
        handler=jobs.show_all,
        answer=jobs.JobList,
    ),
    Operation(
        id="listJobRuns",
        method="GET",
        path="/api/jobs/history",
        tag="jobs",
        summary="List runs of jobs, the newest first; the header X-Next-Cursor asks for the next page",
        policy=Policy.ADMIN,
        handler=jobs.history,
        query=jobs.RunsQuery,
        answer=Sequence[JobRun],
        errors=(NotFound,),
    ),
    Operation(
        id="getJob",
        method="GET",
        path="/api/jobs/{name}",
        tag="jobs",
        summary="Show one job",
        policy=Policy.ADMIN,
        handler=jobs.show,
        answer=jobs.ShownJob,
        errors=(NotFound,),
        named={"name": "sign-ins"},
        volatile=("running", "nextRunAt", "lastRun"),
    ),
    Operation(
        id="updateJob",
        method="PUT",
        also=("PATCH",),
        path="/api/jobs/{name}",
        tag="jobs",
        summary="Switch a job on or off, or give it another schedule; what is left out stays",
        policy=Policy.ADMIN,
        handler=jobs.update,
        body=jobs.JobUpdate,
        answer=jobs.ShownJob,
        errors=(NotFound,),
        example={"enabled": True, "schedule": "45 4 * * 0"},
        named={"name": "sign-ins"},
    ),
    Operation(
        id="runJob",
        method="POST",
        path="/api/jobs/{name}/run",
        tag="jobs",
        summary="Start a job now, also one that is off; its run is under way when this answers",
        policy=Policy.ADMIN,
        handler=jobs.run,
        answer=jobs.StartedJob,
        status=202,
        errors=(NotFound, Conflict),
        named={"name": "sign-ins"},
    ),
    Operation(
        id="getRetention",
        method="GET",
        path="/api/retention",
        tag="jobs",
        summary="Show how long logs are kept",
        policy=Policy.ADMIN,
        handler=jobs.show_retention,
        answer=jobs.ShownRetention,
    ),
    Operation(
        id="updateRetention",
        method="PUT",
        also=("PATCH",),
        path="/api/retention",
        tag="jobs",
        summary="Change how long logs are kept; the job `retention` carries it out",
        policy=Policy.ADMIN,
        handler=jobs.update_retention,
        body=jobs.RetentionUpdate,
        answer=jobs.ShownRetention,
        example={"requestLogDays": 30, "requestLogRows": 500000},
    ),
)
