"""Suites run against models and combos, or on answers that are handed in; the results are kept and compared."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict, NotFound
from omniroute.kit.ids import new_id
from omniroute.kit.tasks import Background
from omniroute.services.evals.asking import Judged, ask, handed_in
from omniroute.services.evals.runs import NANO, EvalComparison, EvalRun, EvalSuite, RunState, compared, run_of, suite_of
from omniroute.services.evals.suites import Case, Suite, Suites
from omniroute.services.feeds import Tick
from omniroute.services.names import LONGEST_MODEL
from omniroute.services.playground import Ask
from omniroute.services.rules import fault, line, within
from omniroute.storage.evals import Evals as EvalRows
from omniroute.storage.rows import EvalResultRow, EvalRunRow

MOST_AT_ONCE = 32
MOST_MODELS = 10
MOST_RUNS = 200
LONGEST_OUTPUT = 100_000
_MOST_RUNNING = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalDraft:
    """What to run: a suite against `models`, or with none of them on `outputs` (case id → answer).

    `parallel` cases are asked at once; once a run has spent `max_cost_usd` it asks no more. `judge` is the model that
    judges where a case names none.
    """

    suite_id: str
    models: Sequence[str] = ()
    outputs: Mapping[str, str] | None = None
    judge: str | None = None
    parallel: int = 4
    max_cost_usd: Decimal | None = None


@dataclass(slots=True)
class _UnderWay:
    """A run that is asking: what it spent, and the event of its next news."""

    task: asyncio.Task[None] | None = None
    spent: Decimal = Decimal(0)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False

    def tell(self) -> None:
        """Wake those that watch."""
        self.changed.set()
        self.changed = asyncio.Event()


class Evals:
    """Runs suites in the background, at most some runs at once."""

    def __init__(self, *, suites: Suites, rows: EvalRows, ask: Ask, background: Background, clock: Clock) -> None:
        self._suites = suites
        self._rows = rows
        self._ask = ask
        self._background = background
        self._clock = clock
        self._running: dict[str, _UnderWay] = {}

    async def suites(self) -> Sequence[EvalSuite]:
        """Return all suites, the shipped ones first."""
        return [suite_of(one) for one in await asyncio.to_thread(self._suites.all)]

    async def suite(self, suite_id: str) -> EvalSuite:
        """Return one suite; raise NotFound."""
        return suite_of(await asyncio.to_thread(self._suites.get, suite_id))

    async def recover(self) -> None:
        """End the runs that an earlier process left behind."""
        await self._rows.abandon(self._clock.now_ms(), "the gateway stopped meanwhile")

    async def start(self, draft: EvalDraft) -> Sequence[EvalRun]:
        """Begin a run for each model and return them as they begin; answers that are handed in are checked at once."""
        suite = await asyncio.to_thread(self._suites.get, draft.suite_id)
        judge = None if draft.judge is None else line(draft.judge, "judge", most=LONGEST_MODEL)
        within(draft.parallel, "parallel", least=1, most=MOST_AT_ONCE)
        if bool(draft.models) == (draft.outputs is not None):
            raise fault("models", "models or outputs: name the models to ask, or hand in their answers, not both")
        if draft.outputs is not None:
            return [await self._check(suite, draft.outputs, judge)]
        models = [line(model, "models", most=LONGEST_MODEL) for model in draft.models]
        if len(models) > MOST_MODELS or len(set(models)) < len(models):
            raise fault("models", f"models must be different, and at most {MOST_MODELS}")
        if len(self._running) + len(models) > _MOST_RUNNING:
            raise Conflict(f"{_MOST_RUNNING} runs are under way; wait for one to end, or stop one.")
        return [await self._begin(suite, model, judge, draft) for model in models]

    async def runs(self, most: int = 50) -> Sequence[EvalRun]:
        """Return the newest runs."""
        rows = await self._rows.list(within(most, "limit", least=1, most=MOST_RUNS))
        results = await self._rows.results([row.id for row in rows])
        return [run_of(row, [one for one in results if one.run_id == row.id]) for row in rows]

    async def get(self, run_id: str) -> EvalRun:
        """Return one run as far as it is; raise NotFound."""
        row = await self._rows.get(run_id)
        if row is None:
            raise NotFound("There is no such run.")
        return run_of(row, await self._rows.results([run_id]))

    async def watch(self, run_id: str) -> AsyncGenerator[Tick[EvalRun], None]:
        """Give a run as it is, and again whenever a case is done, until it ends."""
        state = self._running.get(run_id)
        while state is not None and not state.is_over:
            changed = state.changed
            yield Tick(value=await self.get(run_id))
            await changed.wait()
        yield Tick(value=await self.get(run_id))

    async def compare(self, first: str, second: str) -> EvalComparison:
        """Compare two runs of one suite; raise NotFound, or Unprocessable for runs of different suites."""
        one, other = await self.get(first), await self.get(second)
        if one.suite_id != other.suite_id:
            raise fault("second", f"second must be a run of {one.suite_id}, as the first, not of {other.suite_id}")
        return compared(one, other)

    async def stop(self, run_id: str) -> EvalRun:
        """Ask no more; what was answered stays. Raise NotFound."""
        run = await self.get(run_id)
        state = self._running.get(run_id)
        if state is not None and state.task is not None:
            state.task.cancel()
            await asyncio.wait([state.task])
            run = await self.get(run_id)
        return run

    async def delete(self, run_id: str) -> None:
        """Remove a run and its results; one under way is stopped first. Raise NotFound."""
        await self.stop(run_id)
        await self._rows.delete(run_id)

    # ── running ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _begin(self, suite: Suite, model: str, judge: str | None, draft: EvalDraft) -> EvalRun:
        row = await self._row(suite, model)
        state = self._running[row.id] = _UnderWay()
        state.task = self._background.start(self._run(row.id, suite, model, judge, draft), f"eval {row.id}")
        return run_of(row, ())

    async def _row(self, suite: Suite, model: str | None) -> EvalRunRow:
        row = EvalRunRow(
            id=new_id("eval"),
            suite_id=suite.id,
            suite_name=suite.name,
            model=model,
            state=RunState.RUNNING,
            cases=len(suite.cases),
            started_at=self._clock.now_ms(),
        )
        await self._rows.begin(row)
        return row

    async def _run(self, run_id: str, suite: Suite, model: str, judge: str | None, draft: EvalDraft) -> None:
        state, ended = self._running[run_id], RunState.FAILED
        error: str | None = "an error of the gateway"
        cases = iter(enumerate(suite.cases))

        async def work() -> None:
            for position, case in cases:
                if draft.max_cost_usd is not None and state.spent >= draft.max_cost_usd:
                    return
                judged = await ask(self._ask, case, model, judge)
                state.spent += judged.answer.cost_usd or 0
                await self._keep(run_id, position, case, judged)
                state.tell()

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(draft.parallel, len(suite.cases))):
                    group.create_task(work())
            left = next(cases, None)
            ended, error = (RunState.DONE, None) if left is None else (RunState.STOPPED, "its budget is spent")
        except asyncio.CancelledError:
            ended, error = RunState.STOPPED, "it was stopped"
            raise
        finally:
            await self._end(run_id, ended, error)

    async def _end(self, run_id: str, ended: RunState, error: str | None) -> None:
        state = self._running.pop(run_id)
        await self._rows.end(run_id, ended, self._clock.now_ms(), error)
        state.is_over = True
        state.tell()

    async def _check(self, suite: Suite, outputs: Mapping[str, str], judge: str | None) -> EvalRun:
        known = {case.id for case in suite.cases}
        if unknown := sorted(set(outputs) - known):
            raise fault("outputs", f"outputs: {suite.id} has no case {unknown[0]}")
        if any(len(text) > LONGEST_OUTPUT for text in outputs.values()):
            raise fault("outputs", f"outputs: an answer is longer than {LONGEST_OUTPUT} characters")
        row = await self._row(suite, None)
        for position, case in enumerate(suite.cases):
            if case.id in outputs:
                judged = await handed_in(self._ask, case, outputs[case.id], judge)
                await self._keep(row.id, position, case, judged)
        await self._rows.end(row.id, RunState.DONE, self._clock.now_ms(), None)
        return await self.get(row.id)

    async def _keep(self, run_id: str, position: int, case: Case, judged: Judged) -> None:
        cost = judged.answer.cost_usd
        await self._rows.add(
            EvalResultRow(
                run_id=run_id,
                case_id=case.id,
                position=position,
                case_name=case.name,
                passed=not judged.faults and judged.error is None,
                output=judged.answer.text[:LONGEST_OUTPUT],
                faults="\n".join(" ".join(one.split()) for one in judged.faults),
                error=judged.error,
                latency_ms=judged.answer.latency_ms,
                cost_usd_nano=None if cost is None else int(cost * NANO),
                request_id=judged.request_id,
            )
        )
