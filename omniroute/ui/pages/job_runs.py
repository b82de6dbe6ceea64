"""How runs of jobs went, the newest first, page by page."""

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.parts import button, card, empty, pill, text
from omniroute.ui.visit import Visit

RUNS = Document("""
query JobRuns($job: ID, $after: String) {
  jobRuns(first: 20, after: $after, job: $job) {
    edges { node { id job cause outcome startedAt tookMs message fraction } }
    pageInfo { endCursor hasNextPage }
  }
}""")
_TONES = {"RUNNING": "live", "OK": "good", "FAILED": "bad", "INTERRUPTED": "warn"}


def told(visit: Visit, run: Data) -> None:
    """Write how a run went in a line."""
    say = visit.say
    with ui.element("div").classes("row-line wraps job-told"):
        pill(say(f"job_outcome.{run['outcome'].lower()}"), _TONES[run["outcome"]])
        text(visit.time(run["startedAt"], with_date=True), classes="num soft small")
        if run["tookMs"] is not None:
            text(figures.duration(run["tookMs"]), classes="num soft small")
        if run["cause"] != "SCHEDULE":
            text(say(f"job_cause.{run['cause'].lower()}"), classes="faint small")
        if run["message"]:
            text(run["message"], classes=f"small wrap {'tone-bad' if run['outcome'] == 'FAILED' else 'soft'}")


class Runs:
    """The card with the list; `refresh` reads the newest anew unless the viewer has gone on to older ones."""

    def __init__(self, visit: Visit, jobs: list[str]) -> None:
        self._visit = visit
        self._job: str | None = None
        self._after: str | None = None
        self._end: str | None = None
        say = visit.say
        with card(say("jobs.history")):
            choice = ui.select({one: one for one in jobs}, label=say("jobs.job"), on_change=self._choose)
            choice.props("outlined dense clearable options-dense").classes("filter job-choice")
            self._list = ui.element("div").classes("lines")
            with ui.element("div").classes("row-line"):
                self._newest = button(say("jobs.newest"), self._first, icon="first_page")
                self._older = button(say("jobs.older"), self._next, icon="chevron_right")

    async def load(self) -> None:
        """Ask, and show."""
        data = await self._visit.tell(RUNS, {"job": self._job, "after": self._after})
        if data is None:
            return
        found = data["jobRuns"]
        info = found["pageInfo"]
        self._end = info["endCursor"] if info["hasNextPage"] else None
        self._newest.set_visibility(self._after is not None)
        self._older.set_visibility(self._end is not None)
        self._list.clear()
        with self._list:
            if not found["edges"]:
                with empty("history", self._visit.say("jobs.no_runs"), self._visit.say("jobs.no_runs_about")):
                    pass
            for edge in found["edges"]:
                run = edge["node"]
                with ui.element("div").classes("line job-run"):
                    text(run["job"], classes="line-name cut")
                    told(self._visit, run)

    async def refresh(self) -> None:
        """Read the newest anew."""
        if self._after is None and not self._list.is_deleted:
            await self.load()

    async def _choose(self, event: ValueChangeEventArguments[str | None]) -> None:
        self._job = event.value
        await self._first()

    async def _first(self) -> None:
        self._after = None
        await self.load()

    async def _next(self) -> None:
        self._after = self._end
        await self.load()
