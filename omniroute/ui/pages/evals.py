"""Evals: suites to run on models and combos, runs as they go on, and two of them side by side."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Form
from omniroute.ui.models import names
from omniroute.ui.pages.eval_comparison import show_comparison
from omniroute.ui.pages.eval_parts import DELETE, FEED, RUNNING, STOP, SUMMARY, asked, outcome, state
from omniroute.ui.parts import button, card, confirmed, empty, icon_button, page_head, tag, text
from omniroute.ui.visit import Visit

EVALS = Document(f"""
query Evals {{
  evalSuites {{ id name description caseCount }}
  evalRuns {{ id suiteId suiteName model state caseCount startedAt error summary {{ {SUMMARY} }} }}
  models {{ id ownedBy }}
}}""")
START = Document(f"""
mutation StartEvals($input: EvalRunInput!) {{
  startEvals(input: $input) {{ ... on EvalRunList {{ runs {{ id }} }} {FAILURE} }}
}}""")
_PAIR = 2


async def show(visit: Visit) -> None:
    """Build the page."""
    page = _Page(visit)
    await page.load()


class _Page:
    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._models: list[str] = []
        self._runs: dict[str, Data] = {}
        self._chosen: list[str] = []
        say = visit.say
        with page_head(say("evals.title"), say("evals.about")):
            pass
        with card(say("evals.suites"), hint=say("evals.suites_hint")):
            self._suites = ui.element("div").classes("tiles")
        self._comparison = ui.element("div").classes("stack").props('aria-live="polite"')
        with card(say("evals.runs"), hint=say("evals.runs_hint")):
            self._list = ui.element("div").classes("lines")

    async def load(self) -> None:
        """Ask anew, and show."""
        data = await self._visit.ask(EVALS)
        self._models = names(data["models"])
        self._runs = {one["id"]: one for one in data["evalRuns"]}
        self._chosen = [one for one in self._chosen if one in self._runs]
        self._suites.clear()
        with self._suites:
            for one in data["evalSuites"]:
                self._suite(one)
        self._list.clear()
        with self._list:
            if not self._runs:
                with empty("fact_check", self._visit.say("evals.none"), self._visit.say("evals.none_about")):
                    pass
            for one in self._runs.values():
                _Line(self._visit, self, one, is_chosen=one["id"] in self._chosen)

    def _suite(self, suite: Data) -> None:
        say = self._visit.say
        with ui.element("div").classes("tile suite"):
            with ui.element("div").classes("row-line"):
                text(suite["name"], "h3", "suite-name grow")
                tag(say("evals.cases", count=suite["caseCount"]))
            text(suite["description"], "p", "soft small grow")
            with ui.element("div").classes("row-line"):
                made = button(say("evals.run"), partial(self._ask, suite), icon="play_arrow")
                made.props["aria-label"] = say("evals.run_one", name=suite["name"])

    def _ask(self, suite: Data) -> None:
        """Ask which models, and how much they may spend."""
        say = self._visit.say
        form = Form(self._visit, say("evals.run_one", name=suite["name"]), say("evals.run_about"))
        with form.body():
            models = ui.select(
                self._models, label=say("evals.models"), multiple=True, with_input=True, new_value_mode="add-unique"
            ).props("use-chips")
            form.add("models", models, list)
            form.amount("maxCostUsd", say("evals.budget"), "1", hint=say("evals.budget_hint"))
            judges = {"": say("evals.no_judge"), **{one: one for one in self._models}}
            form.choice("judge", say("evals.judge"), judges, "")
            form.number("parallel", say("evals.parallel"), 4)

        def variables(given: Mapping[str, Any]) -> Data:
            return {"input": {"suiteId": suite["id"], **{name: one for name, one in given.items() if one or one == 0}}}

        async def done(_result: Data) -> None:
            await self.load()

        form.act(say("evals.run"), START, variables, done)
        form.dialog.open()

    async def choose(self, run: str, event: ValueChangeEventArguments[bool | None]) -> None:
        """Take a run into the comparison, or out of it."""
        self._chosen = [one for one in self._chosen if one != run]
        if event.value:
            self._chosen.append(run)
        await self._compare()

    async def note(self, run: Data) -> None:
        """Keep what a run came to; once it has ended, what it is compared with is reckoned anew."""
        self._runs[run["id"]] = run
        if run["id"] in self._chosen and run["state"] != RUNNING:
            await self._compare()

    async def _compare(self) -> None:
        self._comparison.clear()
        if len(self._chosen) < _PAIR:
            return
        first, second = (self._runs[one] for one in self._chosen[-_PAIR:])
        await show_comparison(self._visit, self._comparison, first, second)

    async def delete(self, run: Data) -> None:
        """Delete a run once that is sure."""
        say = self._visit.say
        question = say("evals.delete_ask", suite=run["suiteName"], model=asked(self._visit, run))
        if await confirmed(self._visit, question, say("evals.delete_about"), say("act.delete")):
            await self._visit.act(DELETE, {"id": run["id"]})
            await self.load()
            await self._compare()


class _Line:
    """One run, which follows its own news until it ends."""

    def __init__(self, visit: Visit, page: _Page, run: Data, *, is_chosen: bool) -> None:
        self._visit = visit
        self._page = page
        self._run = run
        say = visit.say
        name = f"{run['suiteName']} · {asked(visit, run)}"
        with ui.element("div").classes("line eval-run"):
            box = ui.checkbox(value=is_chosen, on_change=partial(page.choose, run["id"])).props("dense")
            box.props["aria-label"] = say("evals.compare_one", name=name)
            with ui.element("div").classes("grow"):
                ui.link(asked(visit, run), f"/evals/{run['id']}").classes("strong plain-link cut block")
                text(f"{run['suiteName']} · {visit.time(run['startedAt'], with_date=True)}", "div", "faint small cut")
            self._state = ui.element("div").classes("row-line eval-state")
            self._acts = ui.element("div").classes("row-line")
        self._show()
        if run["state"] == RUNNING:
            with self._state:
                visit.watch(FEED, self._hear, {"id": run["id"]}, until=lambda: self._run["state"] != RUNNING)

    async def _hear(self, data: Data) -> None:
        self._run = {**self._run, **data["evalFeed"]}
        self._show()
        await self._page.note(self._run)

    def _show(self) -> None:
        say, run = self._visit.say, self._run
        is_running = run["state"] == RUNNING
        self._state.clear()
        with self._state:
            outcome(self._visit, run)
            if is_running:
                text(say("evals.so_far", done=run["summary"]["total"], all=run["caseCount"]), classes="num soft small")
            state(self._visit, run)
        self._acts.clear()
        with self._acts:
            if is_running:
                icon_button("stop", say("evals.stop"), self._stop)
            else:
                icon_button("delete", say("act.delete"), partial(self._page.delete, run))

    async def _stop(self) -> None:
        await self._visit.act(STOP, {"id": self._run["id"]})
