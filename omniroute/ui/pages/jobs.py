"""Jobs: what is done by the clock, when it is due, how it went, and one started by hand; as it happens."""

from typing import Any

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Form
from omniroute.ui.pages.job_runs import Runs, told
from omniroute.ui.pages.settings_group import Field, Group, show_group
from omniroute.ui.parts import button, card, icon_button, meter, page_head, text
from omniroute.ui.visit import Visit

_RUN = "id job cause outcome startedAt tookMs message fraction"
_JOB = f"name description enabled schedule defaultSchedule running nextRunAt lastRun {{ {_RUN} }}"
JOBS = Document(f"query Jobs {{ jobs {{ {_JOB} }} }}")
FEED = Document(f"subscription JobFeed {{ jobFeed {{ jobs {{ {_JOB} }} }} }}")
START = Document(f"mutation RunJob($name: ID!) {{ runJob(name: $name) {{ ... on JobRun {{ id }} {FAILURE} }} }}")
CHANGE = Document(f"""
mutation ChangeJob($name: ID!, $input: JobChange!) {{
  updateJob(name: $name, input: $input) {{ ... on Job {{ name }} {FAILURE} }}
}}""")
_TOLD = (
    "backup", "connection-checks", "account-tokens", "model-discovery", "sync", "prices", "retention", "answer-cache",
    "stored-responses", "sign-ins",
)  # fmt: skip
_KEPT = ("requestLogDays", "requestLogRows", "usageDays", "auditDays")
KEEPING = Document(f"query Keeping {{ retentionSettings {{ {' '.join(_KEPT)} }} }}")
SET_KEEPING = Document(f"""
mutation SetKeeping($input: RetentionSettingsChange!) {{
  updateRetentionSettings(input: $input) {{ ... on RetentionSettings {{ auditDays }} {FAILURE} }}
}}""")
_KEEPING_GROUP = Group(
    name="keeping", query=KEEPING, update=SET_KEEPING, fields=tuple(Field(path=one) for one in _KEPT)
)


async def show(visit: Visit) -> None:
    """Build the page."""
    say = visit.say
    with page_head(say("jobs.title"), say("jobs.about")):
        pass
    data = await visit.ask(JOBS)
    with card():
        lines = ui.element("div").classes("lines")
    runs = Runs(visit, [one["name"] for one in data["jobs"]])
    await runs.load()
    with lines:
        shown = {one["name"]: _Line(visit, one) for one in data["jobs"]}

        async def hear(news: Data) -> None:
            for one in news["jobFeed"]["jobs"]:
                if one["name"] in shown:
                    shown[one["name"]].show(one)
            await runs.refresh()

        visit.watch(FEED, hear)
    await show_group(visit, _KEEPING_GROUP)


class _Line:
    """One job."""

    def __init__(self, visit: Visit, job: Data) -> None:
        self._visit = visit
        # A question outlives the line's being drawn anew.
        self._questions = ui.element("div").classes("questions")
        self._box = ui.element("div").classes("line job")
        self._job: Data = {}
        self.show(job)

    def show(self, job: Data) -> None:
        """Draw the job anew, where something of it changed."""
        if job == self._job:
            return
        self._job = job
        say, name = self._visit.say, job["name"]
        self._box.clear()
        with self._box:
            with ui.element("div").classes("grow"):
                text(name, "div", "strong")
                text(say(f"job_about.{name}") if name in _TOLD else job["description"], "div", "soft small")
                self._last(job)
            with ui.element("div").classes("job-when"):
                text(job["schedule"], "div", "mono")
                due = say("jobs.next", time=self._visit.time(job["nextRunAt"], with_date=True))
                text(due if job["nextRunAt"] else say("jobs.off"), "div", "faint small num")
            with ui.element("div").classes("row-line key-acts"):
                start = button(say("jobs.run"), self._start, icon="play_arrow")
                start.props["aria-label"] = say("jobs.run_one", name=name)
                start.set_enabled(not job["running"])
                icon_button("schedule", say("jobs.plan_one", name=name), self._plan)
                switch = ui.switch(value=job["enabled"], on_change=self._switch)
                switch.props["aria-label"] = say("jobs.switch_one", name=name)

    def _last(self, job: Data) -> None:
        run = job["lastRun"]
        if run is None:
            text(self._visit.say("jobs.never"), "div", "faint small")
            return
        told(self._visit, run)
        if job["running"] and run["fraction"] is not None:
            meter(run["fraction"], warn_at=2)

    async def _start(self) -> None:
        await self._visit.act(START, {"name": self._job["name"]})

    async def _switch(self, event: ValueChangeEventArguments[bool | None]) -> None:
        await self._visit.act(CHANGE, {"name": self._job["name"], "input": {"enabled": bool(event.value)}})

    def _plan(self) -> None:
        """Ask for another schedule; left empty it goes back to the job's own."""
        say, job = self._visit.say, self._job
        with self._questions:
            form = Form(self._visit, say("jobs.plan_one", name=job["name"]), say("jobs.plan_about"))
        with form.body():
            form.line(
                "schedule", say("jobs.schedule"), job["schedule"], hint=say("jobs.own", schedule=job["defaultSchedule"])
            )

        def variables(given: dict[str, Any]) -> Data:
            return {"name": job["name"], "input": given}

        async def done(_result: Data) -> None: ...

        form.act(say("act.save"), CHANGE, variables, done)
        form.dialog.open()
