"""Suites run on the installation's own machine, with its providers and without a server."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from omniroute.commands.opened import opened
from omniroute.commands.prepare import Overrides
from omniroute.commands.prepare import run as run_now
from omniroute.commands.status_line import StatusLine
from omniroute.kit import json
from omniroute.kit.errors import Invalid
from omniroute.kit.json import BadJson
from omniroute.services.evals.runs import EvalComparison, EvalRun
from omniroute.services.evals.service import EvalDraft, Evals

_WIDTH = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to run."""

    suite: str
    models: Sequence[str]
    outputs: Path | None
    judge: str | None
    parallel: int
    max_cost: float | None


def list_all(overrides: Overrides) -> list[dict[str, Any]]:
    """Return all suites."""

    async def work() -> list[dict[str, Any]]:
        async with opened(overrides) as gateway:
            return [asdict(one) for one in await gateway.services.evals.suites()]

    return run_now(work())


def run(overrides: Overrides, wish: Wish, *, quiet: bool) -> dict[str, Any]:
    """Run a suite to its end; compare each further model with the first."""
    draft = EvalDraft(
        suite_id=wish.suite,
        models=tuple(wish.models),
        outputs=None if wish.outputs is None else _outputs(wish.outputs),
        judge=wish.judge,
        parallel=wish.parallel,
        max_cost_usd=None if wish.max_cost is None else Decimal(str(wish.max_cost)),
    )

    async def work() -> dict[str, Any]:
        async with opened(overrides) as gateway:
            evals = gateway.services.evals
            begun = await evals.start(draft)
            shown = _Progress(begun, StatusLine(quiet=quiet))
            runs = await asyncio.gather(*(_ended(evals, one.id, shown) for one in begun))
            shown.line.clear()
            compared = [await evals.compare(runs[0].id, other.id) for other in runs[1:]]
            return _told(runs, compared)

    return run_now(work())


async def _ended(evals: Evals, run_id: str, shown: "_Progress") -> EvalRun:
    """Follow a run to its end."""
    async for tick in evals.watch(run_id):
        shown.tell(tick.value)
    return await evals.get(run_id)


class _Progress:
    """One line on the terminal for all runs together."""

    def __init__(self, runs: Sequence[EvalRun], line: StatusLine) -> None:
        self.line = line
        self._runs = {one.id: one for one in runs}

    def tell(self, run: EvalRun) -> None:
        """Show how far they are."""
        self._runs[run.id] = run
        done = sum(one.summary.total for one in self._runs.values())
        total = sum(one.case_count for one in self._runs.values())
        passed = sum(one.summary.passed for one in self._runs.values())
        bar = "#" * (_WIDTH * done // max(1, total))
        self.line.tell(f"[{bar:<{_WIDTH}}] {done} of {total}, {passed} passed")


def _outputs(path: Path) -> Mapping[str, str]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, BadJson) as error:
        raise Invalid(f"{path} cannot be read: {error}.") from error
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise Invalid(f"{path} must hold a JSON object of answers by case, such as {{'sum': '42'}}.")
    return found


def _told(runs: Sequence[EvalRun], compared: Sequence[EvalComparison]) -> dict[str, Any]:
    return {
        "runs": [_plain(asdict(one)) for one in runs],
        "comparisons": [_plain(asdict(one)) for one in compared],
        "lowest": min(one.summary.pass_rate for one in runs),
        "lines": [line for one in runs for line in _lines(one)] + [one.words for one in compared],
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: money as the text of a decimal."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _lines(run: EvalRun) -> Iterator[str]:
    found = run.summary
    yield (
        f"{run.model or 'answers handed in'}: {found.passed} of {run.case_count} passed, {found.pass_rate} % "
        f"(95 %: {found.low:.0f} to {found.high:.0f}), {found.cost_usd:f} USD"
    )
    if run.error:
        yield f"  ended early: {run.error}"
    for one in run.results:
        if not one.passed:
            yield f"  {one.case_id}: {one.error or '; '.join(one.details)}"
