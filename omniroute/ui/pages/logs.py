"""Logs: every request as it ended, filtered and page by page; what is new is announced and not pushed in."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

from nicegui import PageArguments, ui
from nicegui.events import GenericEventArguments

from omniroute.kit import json
from omniroute.ui import figures
from omniroute.ui.door import Data, Document, Refused
from omniroute.ui.pages.log_filter import CHOICES, FilterBar, LogFilter, read_filter
from omniroute.ui.parts import button, card, empty, page_head, table, text
from omniroute.ui.visit import Visit

_SIZE = 50
_EXPORTED = """
  id startedAt keyId address userAgent format path requestedModel combo stream outcome status provider connectionId
  model latencyMs firstTokenMs inputTokens outputTokens cacheReadTokens cacheWriteTokens reasoningTokens usageSource
  costUsd priceVersion errorKind errorMessage losses tags policies cache savedUsd
"""
LIST = Document(f"""
query Logs($first: Int!, $after: String, $filter: RequestLogFilter) {{
  requestLog(first: $first, after: $after, filter: $filter) {{
    edges {{ node {{ {_EXPORTED} key {{ name }} attempts {{ number }} }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}""")
NEWS = Document("""
subscription LogNews {
  requestFeed(intervalMs: 1000) { snapshot requests { id at status keyId model provider connectionId } }
}""")

_TONES = {"ok": "good", "refused": "warn", "client_closed": "", "failed": "bad", "truncated": "bad"}
# A cell that a spreadsheet would take for a formula is quoted: names of models come from clients.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def show(visit: Visit, address: PageArguments) -> None:
    """Build the page."""
    say = visit.say
    filter_ = read_filter(address.query_parameters)
    with page_head(say("logs.title"), say("logs.about")), ui.button(icon="download", color=None) as save:
        save.classes("act-plain").props(f'no-caps label="{say("logs.export")}"')
        menu = ui.menu()
    choices = await visit.ask(CHOICES)
    page = _Page(visit, filter_, choices)
    with menu:
        ui.menu_item("JSON", page.export_json)
        ui.menu_item("CSV", page.export_csv)
    await page.load()
    visit.watch(NEWS, page.show_news)


class _Page:
    """The filter, the list, and the way on."""

    def __init__(self, visit: Visit, filter_: LogFilter, choices: Data) -> None:
        self._visit = visit
        self._filter = filter_
        self._rows: list[Data] = []
        self._end: str | None = None
        self._new: set[str] = set()
        self._since = datetime.now(UTC)
        say = visit.say
        FilterBar(visit, filter_, choices, self._turn)
        with ui.element("div").props('role="status"'):
            self._bar = button(say("logs.new", count=0), self._newest, icon="arrow_upward").classes("news")
        self._bar.set_visibility(False)
        with card(classes="card-table"):
            self._table = _make_table(visit)
            self._empty = ui.element("div")
            with ui.element("div").classes("row-line pager"):
                self._count = text("", classes="faint small grow")
                self._back = button(say("logs.newest"), self._newest, icon="first_page")
                self._on = button(say("logs.older"), self._older, icon="chevron_right")

    async def _turn(self, filter_: LogFilter) -> None:
        """Show another page, and say so in the address bar."""
        self._filter = filter_
        address = json.dumps(f"/dashboard{filter_.address}").decode()
        ui.run_javascript(f"history.replaceState({{page: {address}}}, '', {address})")
        await self.load()

    async def _newest(self) -> None:
        await self._turn(LogFilter(**{**self._filter.given, "after": ""}))

    async def _older(self) -> None:
        await self._turn(LogFilter(**{**self._filter.given, "after": self._end or ""}))

    async def load(self) -> None:
        """Ask for the page, and show it."""
        self._new.clear()
        self._bar.set_visibility(False)
        self._since = datetime.now(UTC)
        self._table.props("loading")
        filter_ = self._filter
        try:
            data = await self._visit.ask(
                LIST,
                {
                    "first": _SIZE,
                    "after": filter_.after or None,
                    "filter": filter_.asked(self._since, self._visit.zone),
                },
            )
        except Refused as error:
            self._show([], None, str(error))
            return
        finally:
            self._table.props(remove="loading")
        if filter_ is self._filter:  # else the viewer has gone on meanwhile
            found = data["requestLog"]
            info = found["pageInfo"]
            self._show([one["node"] for one in found["edges"]], info["endCursor"] if info["hasNextPage"] else None)

    def _show(self, rows: list[Data], end: str | None, problem: str = "") -> None:
        self._rows, self._end = rows, end
        say = self._visit.say
        self._table.rows = [_row(self._visit, one) for one in rows]
        self._table.set_visibility(bool(rows))
        self._back.set_enabled(bool(self._filter.after))
        self._on.set_enabled(end is not None)
        self._count.text = say("logs.shown", count=len(rows)) if rows else ""
        self._empty.clear()
        if rows:
            return
        with self._empty:
            if problem:
                with empty("error", say("logs.problem"), problem):
                    pass
            elif self._filter.given:
                with empty("search_off", say("logs.none"), say("logs.none_about")):
                    button(say("logs.clear"), lambda: ui.navigate.to(LogFilter().address))
            else:
                with empty("receipt_long", say("logs.empty"), say("home.quiet_about")):
                    button(say("nav.endpoint"), lambda: ui.navigate.to("/endpoint"), kind="main")

    def show_news(self, data: Data) -> None:
        """Count what came since the list was read."""
        news = data["requestFeed"]
        if news["snapshot"]:
            return  # these were there when the list was read
        for one in news["requests"]:
            if one["status"] != "RUNNING" and self._filter.fits(one):
                self._new.add(one["id"])
        if not self._new:
            return
        # Events tell neither of combos nor of texts, so that under such a filter the number would be too high.
        is_sure = not (self._filter.combo or self._filter.search or self._filter.status)
        say = self._visit.say
        count = figures.count(len(self._new))
        self._bar.set_text(say("logs.new", count=count) if is_sure else say("logs.maybe_new"))
        self._bar.set_visibility(True)

    def export_json(self) -> None:
        """Hand out the page as JSON."""
        ui.download.content(json.dumps(self._rows), "requests.json", "application/json")

    def export_csv(self) -> None:
        """Hand out the page as CSV."""
        ui.download.content(as_csv(self._rows), "requests.csv", "text/csv")


def as_csv(rows: list[Data]) -> str:
    """Write rows as CSV with a line of names; lists are joined by spaces."""
    names = _EXPORTED.split()
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(names)
    lines.writerows([_cell(row[name]) for name in names] for row in rows)
    return written.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = " ".join(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _make_table(visit: Visit) -> ui.table:
    say = visit.say
    made = table(
        [
            {"name": "time", "label": say("col.time"), "classes": "num faint"},
            {"name": "state", "label": say("col.state")},
            {"name": "model", "label": say("col.model")},
            {"name": "provider", "label": say("col.provider")},
            {"name": "key", "label": say("col.key")},
            {"name": "first", "label": say("col.first_token"), "align": "right"},
            {"name": "took", "label": say("col.took"), "align": "right"},
            {"name": "tokens", "label": say("col.tokens"), "align": "right"},
            {"name": "cost", "label": say("col.cost"), "align": "right"},
        ],
        [],
    )
    made.add_slot(
        "body-cell-state",
        '<q-td :props="props"><span class="pill" :data-tone="props.row.tone">{{ props.value }}</span></q-td>',
    )
    made.add_slot(
        "body-cell-model",
        '<q-td :props="props"><a class="plain-link strong" :href="props.row.link">{{ props.value }}</a>'
        '<span class="faint small" v-if="props.row.actual"> → {{ props.row.actual }}</span>'
        '<span class="tag" v-for="one in props.row.marks" style="margin-left: 6px">{{ one }}</span></q-td>',
    )
    made.add_slot("no-data", "<span></span>")
    made.props('hide-bottom :rows-per-page-options="[0]"').classes("clickable")
    made.on("rowClick", _open)
    return made


def _open(event: GenericEventArguments) -> None:
    ui.navigate.to(f"/logs/{event.args[1]['id']}")


def _row(visit: Visit, one: Data) -> dict[str, Any]:
    say = visit.say
    marks = []
    if len(one["attempts"]) > 1:
        marks.append(say("logs.tries", count=len(one["attempts"])))
    if one["cache"] in {"hit", "similar", "replay"}:
        marks.append(say(f"cache.{one['cache']}"))
    asked, answered = one["requestedModel"], one["model"]
    tokens = f"{figures.count(one['inputTokens'])} → {figures.count(one['outputTokens'])}"
    return {
        "id": one["id"],
        "link": f"/dashboard/logs/{one['id']}",
        "time": visit.time(one["startedAt"], with_date=True),
        "state": say(f"outcome.{one['outcome']}")
        if one["outcome"] == "ok"
        else f"{one['status']} {_ending(visit, one)}",
        "tone": _TONES.get(one["outcome"], ""),
        "model": asked,
        "actual": answered if answered and not asked.endswith(answered) else "",
        "marks": marks,
        "provider": one["provider"] or figures.NOTHING,
        "key": (one["key"] or {}).get("name", figures.NOTHING),
        "first": figures.duration(one["firstTokenMs"]),
        "took": figures.duration(one["latencyMs"]),
        "tokens": tokens if one["inputTokens"] is not None else figures.NOTHING,
        "cost": figures.dollars(one["costUsd"]),
    }


def _ending(visit: Visit, one: Data) -> str:
    return visit.say(f"outcome.{one['outcome']}")
