"""The timetable: each job is one line that names what it calls.

A schedule is a span or a crontab's five fields in local time; an operator may choose another one for an installation.
"""

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Sequence

from omniroute.assembly.data_plane import DataPlane
from omniroute.assembly.stores import Stores
from omniroute.services.audit import Audit
from omniroute.services.collection import Services
from omniroute.services.connection_checks import ConnectionChecks
from omniroute.services.job_values import Job, Progress, Work
from omniroute.services.jobs import Jobs

_DAY_S = 86_400


def build_jobs(stores: Stores, plane: DataPlane, audit: Audit) -> Jobs:
    """Return the service; it has nothing to do before `timetable` has told it."""
    return Jobs(
        runs=stores.job_runs,
        groups=stores.settings,
        bus=plane.bus,
        background=plane.background,
        clock=plane.clock,
        changed=plane.changed,
        note=audit.note,
    )


def timetable(services: Services, plane: DataPlane) -> Sequence[Job]:
    """Return what there is to do."""
    return (
        Job(
            name="backup",
            description="Make the backup that is due by the settings of backups, and remove those no longer kept.",
            schedule="1h",
            work=_backup(services),
            jitter_s=600,
            longest_s=_DAY_S,
            is_audited=True,
        ),
        Job(
            name="connection-checks",
            description="Ask each connection that is not left alone for its models, and tell which do not answer.",
            schedule="15m",
            work=_connection_checks(services, plane),
            jitter_s=300,
        ),
        Job(
            name="account-tokens",
            description="Renew the tokens of signed-in accounts that end soon.",
            schedule="1m",
            work=_counted(services.oauth_tokens.refresh_due, "tokens renewed"),
        ),
        Job(
            name="model-discovery",
            description="Ask each connection which models it has, and keep what it tells of them.",
            schedule="12h",
            work=_discovery(services),
            jitter_s=1800,
            longest_s=_DAY_S,
        ),
        Job(
            name="sync",
            description="Bring the configuration in line with the remote, where synchronisation is on.",
            schedule="15m",
            work=_sync(services),
            jitter_s=60,
        ),
        Job(
            name="prices",
            description="Take over the prices of the installed version, where an upgrade brought new ones.",
            schedule="1d",
            work=_prices(plane),
            jitter_s=600,
        ),
        Job(
            name="retention",
            description="Remove what is too old or too much from the request log, its sums and the audit log.",
            schedule="50 3 * * *",
            work=services.retention.apply,
            jitter_s=600,
            longest_s=_DAY_S,
            is_audited=True,
        ),
        Job(
            name="answer-cache",
            description="Remove answers from the cache that have expired or are too many.",
            schedule="5m",
            work=_counted(plane.archive.tidy, "answers removed"),
            jitter_s=30,
        ),
        Job(
            name="stored-responses",
            description="Remove responses that clients may not go on from any more.",
            schedule="1h",
            work=_counted(plane.kept.expire, "responses removed"),
            jitter_s=300,
        ),
        Job(
            name="sign-ins",
            description="Remove sign-ins that are over.",
            schedule="6h",
            work=_counted(services.login.expire, "sign-ins removed"),
            jitter_s=600,
        ),
    )


async def start_jobs(jobs: Jobs) -> None:
    """Start the clock. Its library is loaded now, and not on the way to the first request."""
    module = await asyncio.to_thread(importlib.import_module, "omniroute.services.timetable")
    await jobs.start(module.Clockwork)


def _counted(work: Callable[[], Awaitable[int]], words: str) -> Work:
    """Make a job of what returns how many things it dealt with."""

    async def run(_progress: Progress) -> str:
        return f"{await work():,} {words}"

    return run


def _connection_checks(services: Services, plane: DataPlane) -> Work:
    return ConnectionChecks(
        providers=services.providers,
        checks=services.checks,
        is_cooling=lambda connection_id: plane.cooling.health(connection_id).status == "cooling",
        clock=plane.clock,
    ).run


def _prices(plane: DataPlane) -> Work:
    async def run(_progress: Progress) -> str:
        is_new = await asyncio.to_thread(plane.prices.reload)
        return f"version {plane.prices.version}, {'taken over' if is_new else 'as before'}"

    return run


def _discovery(services: Services) -> Work:
    async def run(_progress: Progress) -> str:
        found = await services.model_discovery.discover_all()
        return f"{len(found):,} connections asked"

    return run


def _sync(services: Services) -> Work:
    async def run(_progress: Progress) -> str:
        return "done" if await services.sync.scheduled() is not None else "nothing done"

    return run


def _backup(services: Services) -> Work:
    async def run(_progress: Progress) -> str:
        made = await services.backups.scheduled()
        return "none is due" if made is None else f"{made.id} made, {made.size:,} bytes"

    return run
