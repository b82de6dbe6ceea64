"""Runs of jobs: what the timetable did, when, and how it went. Ids sort by age, so the newest is the greatest."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, func, select, update

from omniroute.storage import tables
from omniroute.storage.database import Database, upsert
from omniroute.storage.fit import clipped, lengths
from omniroute.storage.rows import JobRunRow

RUNNING, INTERRUPTED = "running", "interrupted"
_TABLE = tables.job_runs
_CHANGED = ("took_ms", "outcome", "message")
_LENGTHS = lengths(_TABLE)
_PIECE = 1_000


class JobRuns:
    """The table `job_runs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, run: JobRunRow) -> None:
        """Store a run, or how far one is that is there."""
        values = asdict(run) | {"message": clipped(run.message, _LENGTHS["message"])}
        async with self._database.transaction() as connection:
            await connection.execute(upsert(connection, _TABLE, _CHANGED), values)

    async def latest(self) -> dict[str, JobRunRow]:
        """Return the newest run of each job."""
        newest = select(func.max(_TABLE.c.id)).group_by(_TABLE.c.job)
        async with self._database.reading() as connection:
            found = await connection.execute(select(_TABLE).where(_TABLE.c.id.in_(newest)))
            return {row["job"]: JobRunRow(**row) for row in found.mappings()}

    async def page(self, limit: int, job: str | None = None, before: str | None = None) -> Sequence[JobRunRow]:
        """Return the newest runs, of one job or of all; `before` is the id of the last one of the page above."""
        query = select(_TABLE).order_by(_TABLE.c.id.desc()).limit(limit)
        if job is not None:
            query = query.where(_TABLE.c.job == job)
        if before is not None:
            query = query.where(_TABLE.c.id < before)
        async with self._database.reading() as connection:
            return [JobRunRow(**row) for row in (await connection.execute(query)).mappings()]

    async def interrupt(self, message: str, *, spared: Sequence[str] = ()) -> int:
        """Mark runs that nobody is at any more, save those that are `spared`; return how many there were."""
        stale = update(_TABLE).where(_TABLE.c.outcome == RUNNING, _TABLE.c.id.not_in(spared))
        stale = stale.values(outcome=INTERRUPTED, message=message)
        async with self._database.transaction() as connection:
            return (await connection.execute(stale)).rowcount

    async def prune(self, job: str, keep: int) -> int:
        """Remove all but the newest `keep` runs of a job, in pieces; return how many went."""
        edge = select(_TABLE.c.id).where(_TABLE.c.job == job).order_by(_TABLE.c.id.desc()).offset(keep).limit(1)
        async with self._database.reading() as connection:
            last = await connection.scalar(edge)
        gone = 0
        while last is not None:
            old = select(_TABLE.c.id).where(_TABLE.c.job == job, _TABLE.c.id <= last).limit(_PIECE)
            async with self._database.transaction() as connection:
                count = (await connection.execute(delete(_TABLE).where(_TABLE.c.id.in_(old)))).rowcount
            gone += count
            if count < _PIECE:
                break
        return gone
