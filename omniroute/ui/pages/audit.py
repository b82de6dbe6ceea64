"""Audit: who did what and what was refused, with what differed before and after; and whether the log is whole."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import urlencode

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from omniroute.ui.door import Data, Document
from omniroute.ui.pages.audit_entry import show_entry
from omniroute.ui.parts import button, card, empty, page_head
from omniroute.ui.visit import Visit

_ENTRY = (
    "id timestamp action target outcome details actor actorId actorKind surface operation ipAddress requestId before "
    "after hash"
)
LOG = Document(f"""
query AuditLog($filter: AuditFilter, $after: String) {{
  auditLog(first: 50, after: $after, filter: $filter) {{
    edges {{ node {{ {_ENTRY} }} }}
    pageInfo {{ endCursor hasNextPage }}
  }}
}}""")
FEED = Document(
    "subscription AuditFeed { auditFeed { snapshot entries { action actor actorId target outcome surface } } }"
)
VERDICT = Document("query AuditVerdict { auditVerdict { ok rows faults } }")
_OUTCOMES = ("ok", "refused", "failed")
_SURFACES = ("rest", "graphql", "dashboard", "command", "job", "system")
_MOST = 1000


async def show(visit: Visit) -> None:
    """Build the page."""
    page = _Page(visit)
    await page.load()
    visit.watch(FEED, page.hear)


class _Page:
    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._filter: dict[str, str] = {}
        self._after: str | None = None
        self._end: str | None = None
        self._new = 0
        say = visit.say
        with page_head(say("audit.title"), say("audit.about")):
            self._check = button(say("audit.check"), self._verify, icon="verified_user")
            self._export = ui.link(say("audit.export"), "", new_tab=True).classes("plain-button")
        self._verdict = ui.element("div").props('role="status"')
        with ui.element("div").classes("filters").props(f'role="search" aria-label="{say("audit.filters")}"'):
            for name in ("action", "actor", "target"):
                made = ui.input(say(f"audit.{name}"), on_change=self._taker(name))
                made.props("outlined dense clearable debounce=400").classes("filter")
            for name, options in (("outcome", _OUTCOMES), ("surface", _SURFACES)):
                named = {one: say(f"audit_{name}.{one}") for one in options}
                choice = ui.select(named, label=say(f"audit.{name}"), on_change=self._taker(name))
                choice.props("outlined dense clearable options-dense").classes("filter")
        self._news = button("", self._first, icon="arrow_upward").classes("news")
        self._news.set_visibility(False)
        with card():
            self._list = ui.element("div").classes("lines")
            with ui.element("div").classes("row-line"):
                self._newest = button(say("jobs.newest"), self._first, icon="first_page")
                self._older = button(say("jobs.older"), self._next, icon="chevron_right")

    async def load(self) -> None:
        """Ask, and show."""
        self._export.props["href"] = f"/api/compliance/audit-log?{urlencode({**self._filter, 'limit': _MOST})}"
        self._export.update()
        data = await self._visit.tell(LOG, {"filter": self._filter, "after": self._after})
        if data is None:
            return
        found = data["auditLog"]
        info = found["pageInfo"]
        self._end = info["endCursor"] if info["hasNextPage"] else None
        self._newest.set_visibility(self._after is not None)
        self._older.set_visibility(self._end is not None)
        self._list.clear()
        with self._list:
            if not found["edges"]:
                with empty("policy", self._visit.say("audit.none"), self._visit.say("audit.none_about")):
                    pass
            for edge in found["edges"]:
                show_entry(self._visit, edge["node"])

    def hear(self, data: Data) -> None:
        """Count what came since the list was read."""
        news = data["auditFeed"]
        if news["snapshot"]:
            return  # these were there when the list was read
        self._new += sum(fits(self._filter, one) for one in news["entries"])
        self._news.set_text(self._visit.say("audit.new", count=self._new))
        self._news.set_visibility(self._new > 0)

    def _taker(self, name: str) -> Callable[[ValueChangeEventArguments[Any]], Coroutine[Any, Any, None]]:
        async def take(event: ValueChangeEventArguments[Any]) -> None:
            self._filter.pop(name, None)
            if event.value and event.value.strip():
                self._filter[name] = event.value.strip()
            await self._first()

        return take

    async def _first(self) -> None:
        self._after, self._new = None, 0
        self._news.set_visibility(False)
        await self.load()

    async def _next(self) -> None:
        self._after = self._end
        await self.load()

    async def _verify(self) -> None:
        self._check.props("loading")
        data = await self._visit.tell(VERDICT)
        self._check.props(remove="loading")
        if data is None or self._verdict.is_deleted:
            return
        found, say = data["auditVerdict"], self._visit.say
        self._verdict.clear()
        with self._verdict, ui.element("div").classes("card row-line"):
            if found["ok"]:
                ui.icon("verified_user").props("aria-hidden=true")
                ui.label(say("audit.whole", rows=found["rows"]))
            else:
                ui.icon("gpp_bad").props("aria-hidden=true").classes("tone-bad")
                ui.label(say("audit.broken", faults="; ".join(found["faults"]))).classes("tone-bad wrap")


def fits(filter_: Mapping[str, str], entry: Data) -> bool:
    """Tell whether an entry belongs to what is shown."""
    return all(
        value in {entry["actor"], entry["actorId"]} if name == "actor" else entry[name] == value
        for name, value in filter_.items()
    )
