"""What runs of suites look like to people: results, sums with their uncertainty, and two runs side by side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from omniroute.services.evals.statistics import difference, share
from omniroute.services.evals.suites import Suite
from omniroute.services.moments import moment, moment_or_none
from omniroute.storage.rows import EvalResultRow, EvalRunRow

NANO = Decimal(10) ** 9


class RunState(StrEnum):
    """How far a run is."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class Verdict(StrEnum):
    """What comparing two runs says."""

    FIRST = "first"
    SECOND = "second"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalCase:
    """A case of a suite, without its checks. `model` is only suggested."""

    id: str
    name: str
    model: str | None
    input: str
    tags: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalSuite:
    """A suite."""

    id: str
    name: str
    description: str
    case_count: int
    cases: Sequence[EvalCase]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalResult:
    """What came of one case. `details` says what is wrong with the answer, `error` why there is none.

    `duration_ms` is that of the whole answer; None where it was handed in.
    """

    case_id: str
    case_name: str
    passed: bool
    output: str
    details: Sequence[str]
    error: str | None
    duration_ms: float | None
    cost_usd: Decimal | None
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalSummary:
    """The sums of a run so far. `pass_rate` is in percent of what was asked.

    The true rate lies between `low` and `high` percent with 95 % confidence.
    """

    total: int
    passed: int
    failed: int
    pass_rate: int
    low: float
    high: float
    mean_duration_ms: float | None
    cost_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalRun:
    """A run of a suite. `model` None: the answers were handed in. `case_count` is how many there are to ask."""

    id: str
    suite_id: str
    suite_name: str
    model: str | None
    state: RunState
    case_count: int
    started_at: datetime
    ended_at: datetime | None
    error: str | None
    results: Sequence[EvalResult]
    summary: EvalSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalComparison:
    """Two runs over the cases that both have. `first_only` and `second_only` are cases that one of them passed alone.

    The second passes `difference` percentage points more, truly between `low` and `high` with 95 % confidence; `p` is
    how likely chance alone makes such a difference. Costs are those of the compared cases.
    """

    first: str
    second: str
    cases: int
    first_only: Sequence[str]
    second_only: Sequence[str]
    difference: float
    low: float
    high: float
    p: float
    verdict: Verdict
    first_cost_usd: Decimal
    second_cost_usd: Decimal
    words: str


def suite_of(suite: Suite) -> EvalSuite:
    """Return a suite as it is shown."""
    cases = [
        EvalCase(id=case.id, name=case.name, model=case.model, input=case.input, tags=tuple(case.tags))
        for case in suite.cases
    ]
    return EvalSuite(
        id=suite.id, name=suite.name, description=suite.description, case_count=len(cases), cases=tuple(cases)
    )


def run_of(row: EvalRunRow, rows: Sequence[EvalResultRow]) -> EvalRun:
    """Return a run as it is shown."""
    results = [_result(one) for one in rows]
    return EvalRun(
        id=row.id,
        suite_id=row.suite_id,
        suite_name=row.suite_name,
        model=row.model,
        state=RunState(row.state),
        case_count=row.cases,
        started_at=moment(row.started_at),
        ended_at=moment_or_none(row.ended_at),
        error=row.error,
        results=tuple(results),
        summary=_summary(results),
    )


def compared(first: EvalRun, second: EvalRun) -> EvalComparison:
    """Compare two runs of one suite."""
    before, after = ({one.case_id: one for one in run.results} for run in (first, second))
    both = [case for case in before if case in after]
    only_first = tuple(case for case in both if before[case].passed and not after[case].passed)
    only_second = tuple(case for case in both if after[case].passed and not before[case].passed)
    found = difference(len(only_first), len(only_second), len(both))
    better = Verdict.SECOND if found.share.value > 0 else Verdict.FIRST
    verdict = better if found.is_clear else Verdict.UNCLEAR
    costs = tuple(_cost(results[case] for case in both) for results in (before, after))
    return EvalComparison(
        first=first.id,
        second=second.id,
        cases=len(both),
        first_only=only_first,
        second_only=only_second,
        difference=found.share.value * 100,
        low=found.share.low * 100,
        high=found.share.high * 100,
        p=found.p,
        verdict=verdict,
        first_cost_usd=costs[0],
        second_cost_usd=costs[1],
        words=_words(first, second, verdict, costs),
    )


def _words(first: EvalRun, second: EvalRun, verdict: Verdict, costs: Sequence[Decimal]) -> str:
    names = {Verdict.FIRST: first.model or first.id, Verdict.SECOND: second.model or second.id}
    cost = f"{names[Verdict.FIRST]} cost {costs[0]:f} USD, {names[Verdict.SECOND]} {costs[1]:f} USD."
    if verdict is Verdict.UNCLEAR:
        return f"No clear difference on these cases. {cost}"
    return f"{names[verdict]} is better on these cases. {cost}"


def _result(row: EvalResultRow) -> EvalResult:
    return EvalResult(
        case_id=row.case_id,
        case_name=row.case_name,
        passed=row.passed,
        output=row.output,
        details=tuple(row.faults.splitlines()),
        error=row.error,
        duration_ms=row.latency_ms,
        cost_usd=None if row.cost_usd_nano is None else Decimal(row.cost_usd_nano) / NANO,
        request_id=row.request_id,
    )


def _summary(results: Sequence[EvalResult]) -> EvalSummary:
    passed = sum(one.passed for one in results)
    rate = share(passed, len(results))
    durations = [one.duration_ms for one in results if one.duration_ms is not None]
    return EvalSummary(
        total=len(results),
        passed=passed,
        failed=len(results) - passed,
        pass_rate=round(rate.value * 100),
        low=rate.low * 100,
        high=rate.high * 100,
        mean_duration_ms=sum(durations) / len(durations) if durations else None,
        cost_usd=_cost(results),
    )


def _cost(results: Iterable[EvalResult]) -> Decimal:
    return sum((one.cost_usd for one in results if one.cost_usd is not None), Decimal(0))
