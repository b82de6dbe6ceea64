"""Analytics: what was spent and used, over any time, by what was asked for; all from sums, never from the log."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from nicegui import PageArguments, ui

from omniroute.kit import json
from omniroute.ui import charts, figures
from omniroute.ui.door import Data, Document, Refused
from omniroute.ui.pages.analytics_series import MEASURES, OTHERS, Series, by_hour, series_of
from omniroute.ui.parts import Stat, button, card, empty, page_head, table, text
from omniroute.ui.ranges import Range, RangeBar, period, read_range, step_for
from omniroute.ui.visit import Visit

_USED = """
  requests failures promptTokens completionTokens cachedTokens reasoningTokens cost avgLatencyMs avgFirstTokenMs
"""
USAGE = Document(f"""
query Analytics($period: UsagePeriod!, $hours: UsagePeriod!) {{
  usageHistory(period: $period) {{
    ... on UsageHistory {{
      since until step totalRequests totalFailures totalPromptTokens totalCompletionTokens totalCost
      byModel {{ name value {{ {_USED} }} }}
      byProvider {{ name value {{ {_USED} }} }}
      byAccount {{ name value {{ {_USED} }} }}
      byApiKey {{ name value {{ {_USED} }} }}
      byCombo {{ name value {{ {_USED} }} }}
      names {{ name value }}
      buckets {{ start name used {{ requests failures promptTokens completionTokens cost avgLatencyMs }} }}
    }}
    ... on Failure {{ message fields {{ field message }} }}
  }}
  hours: usageHistory(period: $hours) {{
    ... on UsageHistory {{ buckets {{ start used {{ requests }} }} }}
    ... on Failure {{ message }}
  }}
  telemetrySummary(windowMs: 3600000) {{
    ... on TelemetrySummary {{
      count p50 p95 p99
      providers {{ name value {{ count p50 p95 firstToken {{ p50 p95 }} }} }}
      models {{ name value {{ count p50 p95 firstToken {{ p50 p95 }} }} }}
    }}
    ... on Failure {{ message }}
  }}
  cache {{ semanticCache {{ hitRate hits tokensSaved savedUsd }} }}
}}""")
_LISTS = {
    "MODEL": "byModel", "PROVIDER": "byProvider", "KEY": "byApiKey", "CONNECTION": "byAccount", "COMBO": "byCombo",
}  # fmt: skip
_SPANS = ["1h", "24h", "7d", "30d", "90d"]
# A heat map of hours can look back so far: the schema gives at most 2,000 spans.
_MOST_HOURS = timedelta(days=80)


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """What is looked at, as the address names it."""

    range_: Range
    by: str = "MODEL"
    measure: str = "cost"

    @property
    def address(self) -> str:
        parts = {**self.range_.given, "by": self.by.lower(), "show": self.measure}
        return f"/analytics?{urlencode(parts)}"


async def show(visit: Visit, address: PageArguments) -> None:
    """Build the page."""
    query = address.query_parameters
    by, measure = query.get("by", "").upper(), query.get("show", "")
    view = _View(
        range_=read_range(query),
        by=by if by in _LISTS else "MODEL",
        measure=measure if measure in MEASURES else "cost",
    )
    with page_head(visit.say("analytics.title"), visit.say("analytics.about")):
        pass
    page = _Page(visit, view)
    await page.load()


class _Page:
    def __init__(self, visit: Visit, view: _View) -> None:
        self._visit = visit
        self._view = view
        self._data: Data = {}
        say = visit.say
        with ui.element("div").classes("row-line controls"):
            RangeBar(visit, view.range_, _SPANS, lambda range_: self._turn(replace(self._view, range_=range_)))
            ui.element("div").classes("bar-space")
            by = ui.select({one: say(f"by.{one.lower()}") for one in _LISTS}, label=say("analytics.by"), value=view.by)
            by.props("outlined dense options-dense").classes("filter")
            by.on_value_change(lambda event: self._turn(replace(self._view, by=event.value)))
        with ui.element("div").classes("stats"):
            self._stats = {one: Stat(say(f"analytics.{one}")) for one in ("spend", "requests", "failing", "tokens")}
            self._stats["cache"] = Stat(say("analytics.cache"))
            self._stats["saved"] = Stat(say("analytics.saved"))
        with card():
            measures = ui.toggle({one: say(f"measure.{one}") for one in MEASURES}, value=view.measure)
            measures.props(
                "no-caps unelevated dense color=none text-color=none toggle-color=chosen toggle-text-color=none"
            ).classes("toggle")
            measures.on_value_change(lambda event: self._measure(event.value))
            self._chart = ui.element("div")
        with card(classes="card-table"):
            self._table = ui.element("div")
        with ui.element("div").classes("grid-2"):
            with card(say("analytics.week"), hint=say("analytics.week_hint")):
                self._heat = ui.element("div")
            with card(say("analytics.speed"), hint=say("analytics.speed_hint")):
                self._speed = ui.element("div")

    async def _turn(self, view: _View) -> None:
        self._view = view
        self._note()
        await self.load()

    def _measure(self, name: str) -> None:
        self._view = replace(self._view, measure=name)
        self._note()
        self._draw()

    def _note(self) -> None:
        """Say in the address bar what is looked at."""
        address = json.dumps(f"/dashboard{self._view.address}").decode()
        ui.run_javascript(f"history.replaceState({{page: {address}}}, '', {address})")

    async def load(self) -> None:
        """Ask for the figures, and show them."""
        view = self._view
        since, until = view.range_.bounds(datetime.now(UTC), self._visit.zone)
        step = step_for(since, until)
        data = await self._visit.tell(
            USAGE,
            {
                "period": {**period(since, until), "step": step, "by": view.by},
                "hours": {**period(max(since, until - _MOST_HOURS), until), "step": "HOUR"},
            },
        )
        if data is None or view != self._view:
            return
        if "message" in data["usageHistory"]:
            raise Refused(data["usageHistory"]["message"])
        self._data = data
        self._show_stats(data)
        self._draw()
        self._draw_table()
        self._draw_heat()
        self._draw_speed()

    def _show_stats(self, data: Data) -> None:
        say = self._visit.say
        sums, kept = data["usageHistory"], data["cache"]["semanticCache"]
        requests, failures = sums["totalRequests"], sums["totalFailures"]
        self._stats["spend"].show(figures.dollars(sums["totalCost"]), _each(self._visit, sums))
        self._stats["requests"].show(figures.count(requests), say("analytics.failed", count=figures.count(failures)))
        share = failures / requests if requests else None
        tone = "bad" if share and share >= 0.1 else "warn" if share and share >= 0.03 else ""  # noqa: PLR2004 - as on Home
        self._stats["failing"].show(figures.share(share), "", tone)
        put_in, came = sums["totalPromptTokens"], sums["totalCompletionTokens"]
        note = say("log.in_out", before=figures.count(put_in), after=figures.count(came))
        self._stats["tokens"].show(figures.count(put_in + came), note)
        read = sum(one["value"]["cachedTokens"] for one in sums["byModel"])
        note = say("analytics.cache_tokens", count=figures.count(read))
        self._stats["cache"].show(figures.share(read / put_in if put_in else None), note)
        note = say("analytics.hits", count=figures.count(kept["hits"]), share=figures.share(kept["hitRate"]))
        self._stats["saved"].show(figures.dollars(kept["savedUsd"]), note)

    def _names(self) -> Callable[[str], str]:
        names = {one["name"]: one["value"] for one in self._data["usageHistory"]["names"]}
        return lambda name: names.get(name) or name or self._visit.say("analytics.nameless")

    def _draw(self) -> None:
        self._chart.clear()
        history, measure = self._data["usageHistory"], MEASURES[self._view.measure]
        found: Series = series_of(history, measure)
        with self._chart:
            if not history["buckets"]:
                with empty("insights", self._visit.say("analytics.none"), self._visit.say("analytics.none_about")):
                    button(self._visit.say("nav.endpoint"), lambda: ui.navigate.to("/endpoint"))
                return
            spell = self._names()
            labels = [self._visit.say("analytics.others") if name == OTHERS else spell(name) for name in found.names]
            chart = charts.over_time(labels, unit=measure.unit, stacked=measure.is_sum, height=300)
            charts.put(chart, *found.lines)

    def _draw_table(self) -> None:
        self._table.clear()
        with self._table:
            _groups(self._visit, self._data["usageHistory"][_LISTS[self._view.by]], self._names())

    def _draw_heat(self) -> None:
        self._heat.clear()
        say = self._visit.say
        with self._heat:
            days = [say(f"day.{number}") for number in range(7)]
            cells = by_hour(self._data["hours"].get("buckets", ()), self._visit.zone)
            # The week reads from Monday down, and a chart's axis goes up.
            turned = [(hour, 6 - day, value) for hour, day, value in cells]
            charts.heat([f"{hour:02}" for hour in range(24)], days[::-1], turned)

    def _draw_speed(self) -> None:
        self._speed.clear()
        summary = self._data["telemetrySummary"]
        with self._speed:
            if not summary.get("count"):
                with empty("speed", self._visit.say("analytics.no_speed"), self._visit.say("analytics.no_speed_about")):
                    pass
                return
            _speeds(self._visit, summary["providers" if self._view.by == "PROVIDER" else "models"])


def _each(visit: Visit, sums: Data) -> str:
    if not sums["totalRequests"]:
        return ""
    each = float(sums["totalCost"]) / sums["totalRequests"]
    return visit.say("analytics.each", amount=figures.dollars(f"{each:.9f}"))


def _groups(visit: Visit, groups: list[Data], spell: Callable[[str], str]) -> None:
    say = visit.say
    columns: list[dict[str, Any]] = [{"name": "name", "label": say("analytics.name"), "classes": "strong"}]
    numbers = ("requests", "failing", "put", "came", "cached", "cost", "first", "took")
    columns += [{"name": one, "label": say(f"analytics.col_{one}"), "align": "right"} for one in numbers]
    ordered = sorted(groups, key=lambda one: (-float(one["value"]["cost"]), -one["value"]["requests"]))
    made = table(columns, [_group_row(one["name"], spell(one["name"]), one["value"]) for one in ordered])
    made.props('hide-bottom :rows-per-page-options="[0]"' if len(ordered) <= 20 else "")  # noqa: PLR2004 - a screenful
    if not ordered:
        made.set_visibility(False)
        text(say("analytics.none"), "p", "soft pad")


def _group_row(name: str, label: str, used: Data) -> dict[str, Any]:
    return {
        "id": name,
        "name": label,
        "requests": figures.count(used["requests"]),
        "failing": figures.share(used["failures"] / used["requests"] if used["requests"] else None),
        "put": figures.count(used["promptTokens"]),
        "came": figures.count(used["completionTokens"]),
        "cached": figures.share(used["cachedTokens"] / used["promptTokens"] if used["promptTokens"] else None),
        "cost": figures.dollars(used["cost"]),
        "first": figures.duration(used["avgFirstTokenMs"]),
        "took": figures.duration(used["avgLatencyMs"]),
    }


def _speeds(visit: Visit, found: list[Data]) -> None:
    """Draw how long answers took: a bar to the median, a paler one to what 95 of 100 stay below."""
    shown = sorted(found, key=lambda one: -one["value"]["count"])[:10]
    most = max((one["value"]["p95"] or 0 for one in shown), default=0) or 1
    with ui.element("div").classes("lines"):
        for one in shown:
            value = one["value"]
            with ui.element("div").classes("bar-line"):
                with ui.element("div").classes("row-line"):
                    text(one["name"], classes="grow cut")
                    first = visit.say("analytics.first", time=figures.duration(value["firstToken"]["p50"]))
                    text(first, classes="faint small num")
                    both = f"{figures.duration(value['p50'])} / {figures.duration(value['p95'])}"
                    text(both, classes="num small").tooltip(visit.say("analytics.both"))
                with ui.element("div").classes("spread").props('aria-hidden="true"'):
                    ui.element("div").classes("spread-far").style(f"width: {(value['p95'] or 0) / most * 100:.1f}%")
                    ui.element("div").classes("spread-near").style(f"width: {(value['p50'] or 0) / most * 100:.1f}%")
