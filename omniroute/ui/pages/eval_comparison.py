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
    for run, cost in ((first, found["firstCostUsd"]), (second, found["secondCostUsd"])):
        with ui.element("div").classes("eval-side"):
            text(asked(visit, run), "div", "cut")
            interval(visit, run["summary"])
            text(f"{run['summary']['passRate']} %", "div", "num strong right")
            text(figures.dollars(cost), "div", "num soft small right")
    with ui.element("div").classes("eval-side").props('aria-hidden="true"'):
        text("", "div")
        with ui.element("div").classes("eval-scale interval-place faint small num"):
            for words in ("0 %", "50 %", "100 %"):
                text(words)
    text(visit.say("evals.bars", cases=found["cases"]), "p", "faint small")
    _alone(visit, first, found["firstOnly"])
    _alone(visit, second, found["secondOnly"])


def sentence(visit: Visit, first: Data, second: Data, found: Data) -> str:
    """Say which is better, how surely, and by how much."""
    one, other = asked(visit, first), asked(visit, second)
    more, low, high = found["difference"], found["low"], found["high"]
    if found["verdict"] == "FIRST":
        one, other, more, low, high = other, one, -more, -high, -low
    name = "evals.unclear" if found["verdict"] == "UNCLEAR" else "evals.better"
    return visit.say(
        name,
        one=other,
        other=one,
        difference=f"{more:+.0f}",
        low=f"{low:+.0f}",
        high=f"{high:+.0f}",
        chance=f"p < {_SURE_P}" if found["p"] < _SURE_P else f"p = {found['p']:.3f}",
    )


def _alone(visit: Visit, run: Data, cases: Sequence[str]) -> None:
    if not cases:
        return
    with ui.element("div").classes("row-line wraps"):
        text(visit.say("evals.alone", model=asked(visit, run)), classes="soft small")
        for one in cases:
            tag(one)
