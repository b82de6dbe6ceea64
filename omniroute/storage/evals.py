"""Runs of suites, and the answers that they got."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, insert, select, update

from omniroute.storage import tables_operating
from omniroute.storage.database import Database
from omniroute.storage.fit import require_fit
from omniroute.storage.rows import EvalResultRow, EvalRunRow

_RUNS, _RESULTS = tables_operating.eval_runs, tables_operating.eval_results


class Evals:
    """The tables `eval_runs` and `eval_results`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, row: EvalRunRow) -> None:
        """Store a run that begins."""
        async with self._database.transaction() as connection:
            await connection.execute(insert(_RUNS), require_fit(_RUNS, asdict(row)))

    async def add(self, row: EvalResultRow) -> None:
        """Store the result of one case."""
        async with self._database.transaction() as connection:
            await connection.execute(insert(_RESULTS), require_fit(_RESULTS, asdict(row)))

    async def end(self, run_id: str, state: str, ended_at: int, error: str | None) -> None:
        """Note how a run ended; one that was deleted meanwhile stays so."""
        async with self._database.transaction() as connection:
            change = update(_RUNS).where(_RUNS.c.id == run_id)
            await connection.execute(change.values(state=state, ended_at=ended_at, error=error))

    async def abandon(self, ended_at: int, error: str) -> None:
        """End the runs that a process left behind."""
        async with self._database.transaction() as connection:
            change = update(_RUNS).where(_RUNS.c.state == "running")
            await connection.execute(change.values(state="stopped", ended_at=ended_at, error=error))

    async def list(self, most: int) -> tuple[EvalRunRow, ...]:
        """Return the newest runs."""
        query = select(_RUNS).order_by(_RUNS.c.started_at.desc(), _RUNS.c.id.desc()).limit(most)
        async with self._database.reading() as connection:
            return tuple(EvalRunRow(**row) for row in (await connection.execute(query)).mappings())

    async def get(self, run_id: str) -> EvalRunRow | None:
        """Return one run."""
        async with self._database.reading() as connection:
            found = (await connection.execute(select(_RUNS).where(_RUNS.c.id == run_id))).mappings().first()
        return EvalRunRow(**found) if found else None

    async def results(self, run_ids: Sequence[str]) -> tuple[EvalResultRow, ...]:
        """Return the results of several runs, each in the order of its suite."""
        query = select(_RESULTS).where(_RESULTS.c.run_id.in_(run_ids)).order_by(_RESULTS.c.run_id, _RESULTS.c.position)
        async with self._database.reading() as connection:
            return tuple(EvalResultRow(**row) for row in (await connection.execute(query)).mappings())

    async def delete(self, run_id: str) -> bool:
        """Remove a run with its results; return whether it was there."""
        async with self._database.transaction() as connection:
            return bool((await connection.execute(delete(_RUNS).where(_RUNS.c.id == run_id))).rowcount)
