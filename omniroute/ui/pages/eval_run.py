"""One run of a suite: the sums so far, and each case with what was wrong with its answer."""

from functools import partial

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.pages.eval_parts import DELETE, FEED, RUNNING, STOP, SUMMARY, asked, interval, state
from omniroute.ui.parts import Stat, button, card, confirmed, empty, page_head, pill, text
from omniroute.ui.visit import Visit

RUN = Document(f"""
query EvalRun($id: ID!) {{
  evalRun(id: $id) {{
    id suiteName model state caseCount startedAt error summary {{ {SUMMARY} }}
    results {{ caseId caseName passed output details error durationMs costUsd requestId }}
  }}
}}""")


async def show(visit: Visit, id: str) -> None:  # noqa: A002 - the address's own name for it
    """Build the page."""
    data = await visit.tell(RUN, {"id": id})
    if data is None:
        with card(), empty("search_off", visit.say("evals.missing"), visit.say("evals.missing_about")):
            button(visit.say("evals.back"), lambda: ui.navigate.to("/evals"), kind="main")
        return
    _Page(visit, data["evalRun"])


class _Page:
    def __init__(self, visit: Visit, run: Data) -> None:
        self._visit = visit
        self._id: str = run["id"]
        self._seen = -1
        say = visit.say
        with page_head(asked(visit, run), f"{run['suiteName']} · {visit.time(run['startedAt'], with_date=True)}"):
            button(say("evals.back"), lambda: ui.navigate.to("/evals"), icon="west")
            self._stop = button(say("evals.stop"), self._end, icon="stop", kind="bad")
            self._delete = button(say("act.delete"), partial(self._remove, run), icon="delete")
        self._state = ui.element("div").classes("row-line wraps").props('role="status"')
        with ui.element("div").classes("stats"):
            self._share, self._passed = Stat(say("evals.share")), Stat(say("evals.passed"))
            self._time, self._cost = Stat(say("evals.mean_time")), Stat(say("col.cost"))
        self._bar = ui.element("div")
        with card(say("evals.results"), hint=say("evals.results_hint")):
            self._results = ui.element("div").classes("lines")
        self._show(run)
        if run["state"] == RUNNING:
            visit.watch(FEED, self._hear, {"id": run["id"]}, until=lambda: self._has_ended)

    async def _hear(self, data: Data) -> None:
        news = data["evalFeed"]
        if news["summary"]["total"] != self._seen or news["state"] != RUNNING:
            found = await self._visit.ask(RUN, {"id": self._id})
            self._show(found["evalRun"])

    def _show(self, run: Data) -> None:
        say, summary = self._visit.say, run["summary"]
        self._seen = summary["total"]
        self._has_ended = run["state"] != RUNNING
        self._stop.set_visibility(run["state"] == RUNNING)
        self._delete.set_visibility(run["state"] != RUNNING)
        self._state.clear()
        with self._state:
            state(self._visit, run)
            text(say("evals.so_far", done=summary["total"], all=run["caseCount"]), classes="num soft")
            if run["error"]:
                text(run["error"], classes="tone-bad wrap")
        some = summary["total"] > 0
        sure = say("evals.interval", low=f"{summary['low']:.0f}", high=f"{summary['high']:.0f}") if some else ""
        self._share.show(f"{summary['passRate']} %" if some else figures.NOTHING, sure)
        self._passed.show(f"{summary['passed']}/{summary['total']}", say("evals.failed", count=summary["failed"]))
        self._time.show(figures.duration(summary["meanDurationMs"]))
        self._cost.show(figures.dollars(summary["costUsd"]))
        self._bar.clear()
        if some:
            with self._bar:
                interval(self._visit, summary)
        self._results.clear()
        with self._results:
            if not run["results"]:
                text(say("evals.waits"), "p", "soft")
            for one in sorted(run["results"], key=lambda one: one["passed"]):
                _case(self._visit, one)

    async def _end(self) -> None:
        await self._visit.act(STOP, {"id": self._id})

    async def _remove(self, run: Data) -> None:
        say = self._visit.say
        question = say("evals.delete_ask", suite=run["suiteName"], model=asked(self._visit, run))
        if await confirmed(self._visit, question, say("evals.delete_about"), say("act.delete")):
            await self._visit.act(DELETE, {"id": self._id})
            ui.navigate.to("/evals")


def _case(visit: Visit, result: Data) -> None:
    say = visit.say
    with ui.element("div").classes("line eval-case"):
        pill(
            say("evals.case_passed") if result["passed"] else say("evals.case_failed"),
            "good" if result["passed"] else "bad",
        )
        with ui.element("div").classes("grow"):
            text(result["caseName"], "div", "strong")
            for words in filter(None, (result["error"], *([] if result["passed"] else result["details"]))):
                text(words, "div", "small tone-bad wrap")
            if result["output"]:
                with ui.expansion(say("evals.answer")).props("dense dense-toggle").classes("small soft w-full"):
                    text(result["output"], "div", "said mono")
        text(figures.duration(result["durationMs"]), classes="num soft small")
        text(figures.dollars(result["costUsd"]), classes="num soft small")
        if result["requestId"]:
            ui.link(say("playground.request"), f"/logs/{result['requestId']}").classes("small")
