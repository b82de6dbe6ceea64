"""Suites are run, followed, bounded, stopped, kept and compared."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from omniroute.kit.errors import Conflict, NotFound, Unprocessable
from omniroute.kit.tasks import Background
from omniroute.services.evals.runs import EvalRun, RunState, Verdict
from omniroute.services.evals.service import EvalDraft, Evals
from omniroute.services.evals.suites import Suites
from omniroute.services.playground import PlaygroundEnd, PlaygroundNews
from omniroute.storage.database import Database
from omniroute.storage.evals import Evals as EvalRows
from tests.services.parts import ManualClock

SUITE = """\
id: mine
name: Mine
cases:
{cases}
"""
CASE = "  - {{id: c{number}, name: C{number}, input: 'question {number}', checks: [{{contains: right}}]}}"


class Models:
    """Answers as a gateway does: `good` is always right, `bad` never, `broken` does not answer, `slow` waits."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.open = asyncio.Event()

    async def __call__(self, body: Mapping[str, Any]) -> AsyncGenerator[PlaygroundNews, None]:
        model = body["model"]
        self.asked.append(body["messages"][-1]["content"])
        if model == "slow":
            await self.open.wait()
        said = {"good": "right", "judge": "PASS", "strict": "FAIL"}.get(model, "wrong")
        error = "no such model" if model == "broken" else None
        end = PlaygroundEnd(
            request_id=f"req_{len(self.asked)}",
            outcome="failed" if error else "ok",
            status=404 if error else 200,
            provider="demo",
            model=model,
            latency_ms=12.5,
            first_token_ms=1.0,
            input_tokens=1,
            output_tokens=1,
            reasoning_tokens=None,
            cost_usd=Decimal("0.001"),
            attempts=1,
            calls=(),
            error=error,
        )
        yield PlaygroundNews(text=said[:2])
        yield PlaygroundNews(text=said[2:], end=end)


@pytest.fixture
def models() -> Models:
    return Models()


@pytest.fixture
def evals(database: Database, models: Models, tmp_path: Path) -> Evals:
    folder = tmp_path / "evals"
    folder.mkdir()
    cases = "\n".join(CASE.format(number=number) for number in range(12))
    (folder / "mine.yaml").write_text(SUITE.format(cases=cases))
    rows = EvalRows(database)
    return Evals(suites=Suites(folder), rows=rows, ask=models, background=Background(), clock=ManualClock())


async def ended(evals: Evals, run: EvalRun) -> EvalRun:
    async with asyncio.timeout(10):
        states = [tick.value async for tick in evals.watch(run.id)]
    totals = [state.summary.total for state in states]
    assert totals == sorted(totals)
    return await evals.get(run.id)


async def test_a_suite_is_run_and_its_results_are_kept(evals: Evals) -> None:
    begun = await evals.start(EvalDraft(suite_id="mine", models=("good", "bad", "broken")))
    assert [run.state for run in begun] == [RunState.RUNNING] * 3
    good, bad, broken = [await ended(evals, run) for run in begun]
    assert (good.state, good.summary.passed, good.summary.pass_rate) == (RunState.DONE, 12, 100)
    assert [one.case_id for one in good.results] == [f"c{number}" for number in range(12)]
    assert (good.summary.cost_usd, good.summary.mean_duration_ms) == (Decimal("0.012"), 12.5)
    assert 70 < good.summary.low < good.summary.high == 100
    assert bad.results[0].details == ('expected it to contain "right"',)
    assert (broken.summary.passed, broken.results[0].error) == (0, "no such model")
    assert [run.id for run in await evals.runs()] == [broken.id, bad.id, good.id]


async def test_two_runs_are_compared(evals: Evals) -> None:
    begun = await evals.start(EvalDraft(suite_id="mine", models=("bad", "good")))
    bad, good = [await ended(evals, run) for run in begun]
    found = await evals.compare(bad.id, good.id)
    assert (found.verdict, found.cases, len(found.second_only), found.first_only) == (Verdict.SECOND, 12, 12, ())
    assert (found.difference, found.second_cost_usd) == (100, Decimal("0.012"))
    assert "good is better" in found.words
    assert (await evals.compare(good.id, good.id)).verdict is Verdict.UNCLEAR
    other = await evals.start(EvalDraft(suite_id="golden-set", outputs={"sum": "42"}))
    with pytest.raises(Unprocessable, match="must be a run of mine"):
        await evals.compare(good.id, other[0].id)


async def test_what_is_handed_in_is_checked_at_once(evals: Evals, models: Models) -> None:
    (run,) = await evals.start(EvalDraft(suite_id="golden-set", outputs={"sum": "42", "capital": "Rome"}))
    assert (run.state, run.model, [one.passed for one in run.results]) == (RunState.DONE, None, [True, False])
    assert models.asked == []


async def test_a_run_stops_at_its_budget(evals: Evals) -> None:
    draft = EvalDraft(suite_id="mine", models=("good",), parallel=1, max_cost_usd=Decimal("0.0025"))
    run = await ended(evals, (await evals.start(draft))[0])
    assert (run.state, run.summary.total, run.error) == (RunState.STOPPED, 3, "its budget is spent")


async def test_a_run_can_be_stopped_and_deleted(evals: Evals, models: Models) -> None:
    (run,) = await evals.start(EvalDraft(suite_id="mine", models=("slow",), parallel=2))
    while len(models.asked) < 2:
        await asyncio.sleep(0)
    stopped = await evals.stop(run.id)
    assert (stopped.state, stopped.error) == (RunState.STOPPED, "it was stopped")
    assert len(models.asked) == 2
    await evals.delete(run.id)
    with pytest.raises(NotFound):
        await evals.get(run.id)


async def test_what_a_process_left_behind_is_ended(evals: Evals) -> None:
    (run,) = await evals.start(EvalDraft(suite_id="mine", models=("slow",)))
    await evals.recover()
    assert (await evals.get(run.id)).state is RunState.STOPPED
    await evals.stop(run.id)


@pytest.mark.parametrize(("judge", "passed"), [("judge", True), ("strict", False), (None, False)])
async def test_another_model_judges(evals: Evals, tmp_path: Path, judge: str | None, passed: bool) -> None:
    case = "  - {id: a, name: A, input: q, checks: [{judge: {rubric: be kind}}]}"
    (tmp_path / "evals" / "judged.yaml").write_text(SUITE.format(cases=case).replace("mine", "judged"))
    draft = EvalDraft(suite_id="judged", models=("good",), judge=judge)
    run = await ended(evals, (await evals.start(draft))[0])
    assert run.results[0].passed is passed
    assert run.summary.cost_usd == Decimal("0.001") * (2 if judge else 1)


@pytest.mark.parametrize(
    "draft",
    [
        EvalDraft(suite_id="mine"),
        EvalDraft(suite_id="mine", models=("a",), outputs={}),
        EvalDraft(suite_id="mine", models=("a", "a")),
        EvalDraft(suite_id="mine", models=("a",), parallel=0),
        EvalDraft(suite_id="mine", outputs={"x": ""}),
    ],
)
async def test_what_cannot_be_run_is_told(evals: Evals, draft: EvalDraft) -> None:
    with pytest.raises(Unprocessable):
        await evals.start(draft)


async def test_there_is_an_end_to_runs_at_once(evals: Evals) -> None:
    many = tuple(f"slow-{number}" for number in range(10))
    with pytest.raises(NotFound, match="golden-set"):
        await evals.start(EvalDraft(suite_id="unknown", models=many))
    begun = [(await evals.start(EvalDraft(suite_id="mine", models=("slow",))))[0] for _ in range(20)]
    with pytest.raises(Conflict, match="20 runs"):
        await evals.start(EvalDraft(suite_id="mine", models=("slow",)))
    for run in begun:
        await evals.stop(run.id)
