"""Two runs of one suite side by side: both shares as bars on one scale, and what that means in a sentence."""

from collections.abc import Sequence

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.pages.eval_parts import asked, interval
from omniroute.ui.parts import card, tag, text
from omniroute.ui.visit import Visit

COMPARE = Document("""
query CompareEvals($first: ID!, $second: ID!) {
  compareEvalRuns(first: $first, second: $second) {
    cases firstOnly secondOnly difference low high p verdict firstCostUsd secondCostUsd
  }
}""")
_SURE_P = 0.001


async def show_comparison(visit: Visit, place: ui.element, first: Data, second: Data) -> None:
    """Compare two runs, and show in `place` what comes of it."""
    data = None
    if first["suiteId"] == second["suiteId"]:
        data = await visit.tell(COMPARE, {"first": first["id"], "second": second["id"]})
        if data is None:
            return
    with place, card(visit.say("evals.comparison"), hint=first["suiteName"] if data else ""):
        if data is None:
            text(visit.say("evals.other_suites"), "p", "soft")
        else:
            _show(visit, first, second, data["compareEvalRuns"])


def _show(visit: Visit, first: Data, second: Data, found: Data) -> None:
    text(sentence(visit, first, second, found), "p", "strong")
    with ui.element("div").classes("eval-pair"):
        for run, cost in ((first, found["firstCostUsd"]), (second, found["secondCostUsd"])):
            text(asked(visit, run), "div", "cut")
            interval(visit, run["summary"])
            text(f"{run['summary']['passRate']} %", classes="num strong")
            text(figures.dollars(cost), classes="num soft small")
        text("", "div")
        with ui.element("div").classes("eval-scale faint small num").props('aria-hidden="true"'):
            for words in ("0 %", "50 %", "100 %"):
                text(words)
    text(visit.say("evals.bars", cases=found["cases"]), "p", "faint small")
    _alone(visit, first, found["firstOnly"])
    _alone(visit, second, found["secondOnly"])


def sentence(visit: Visit, first: Data, second: Data, found: Data) -> str:
    """Say which is better, how surely, and by how much."""
    chance = f"p < {_SURE_P}" if found["p"] < _SURE_P else f"p = {found['p']:.3f}"
    values = {
        "difference": f"{found['difference']:+.0f}",
        "low": f"{found['low']:+.0f}",
        "high": f"{found['high']:+.0f}",
        "chance": chance,
    }
    one, other = asked(visit, first), asked(visit, second)
    if found["verdict"] == "FIRST":
        return visit.say("evals.better", better=one, worse=other, second=other, **values)
    if found["verdict"] == "SECOND":
        return visit.say("evals.better", better=other, worse=one, second=other, **values)
    return visit.say("evals.unclear", second=other, **values)


def _alone(visit: Visit, run: Data, cases: Sequence[str]) -> None:
    if not cases:
        return
    with ui.element("div").classes("row-line wraps"):
        text(visit.say("evals.alone", model=asked(visit, run)), classes="soft small")
        for one in cases:
            tag(one)
