"""Home: what happens now."""

from collections import deque
from datetime import datetime
from typing import Any

from nicegui import ui

from omniroute.ui import charts, figures, theme
from omniroute.ui.door import Data, Document
from omniroute.ui.pages import welcome
from omniroute.ui.parts import Stat, button, card, empty, page_head, pill, text
from omniroute.ui.visit import Visit

TELEMETRY = Document("""
subscription HomeTelemetry {
  telemetryFeed(windowSeconds: 60, intervalMs: 1000) {
    at inFlight requestsPerSecond failureRate outputTokensPerSecond
    firstToken { p50 p95 }
    providers { provider requests failures firstToken { p50 } latency { p50 } }
  }
}""")
USAGE = Document("""
subscription HomeUsage {
  usageFeed(windowSeconds: 3600, intervalMs: 2000, by: MODEL) {
    total { requests failures inputTokens outputTokens costUsd }
    groups { name sum { requests costUsd } }
  }
}""")
SESSIONS = Document("""
subscription HomeSessions { liveSessions(intervalMs: 1000) { snapshot sessions { id inFlight } ended } }""")
HEALTH = Document("""
subscription HomeHealth {
  healthFeed(intervalMs: 500) {
    snapshot connections { connectionId name provider model status until reason } gone { connectionId model }
  }
}""")
FAILURES = Document("""
subscription HomeFailures {
  requestFeed(filter: { statuses: [FAILED, TRUNCATED, REFUSED] }, intervalMs: 250) {
    snapshot requests { id at model provider status httpStatus latencyMs }
  }
}""")

_POINTS = 300
_FAILURES_SHOWN = 8
_MODELS_SHOWN = 6


async def show(visit: Visit) -> None:
    """Build the page."""
    if await welcome.is_due(visit):
        ui.navigate.to("/welcome")
        return
    with page_head(visit.say("home.title"), visit.say("home.about")):
        button(visit.say("home.connect"), lambda: ui.navigate.to("/providers"), icon="add", kind="main")
    with ui.element("div").classes("stats"):
        stats = _Stats(visit)
    with ui.element("div").classes("grid-wide"):
        with card(visit.say("home.load"), hint=visit.say("home.load_hint")):
            load = _Load(visit)
        with card(visit.say("home.models"), hint=visit.say("home.last_hour")):
            models = _Models(visit)
    with ui.element("div").classes("grid-2"):
        with card(visit.say("home.health")):
            health = _Health(visit)
        with card(visit.say("home.failures")):
            failures = _Failures(visit)

    def telemetry(data: Data) -> None:
        news = data["telemetryFeed"]
        stats.show_telemetry(news)
        load.show(news)
        health.show_speed(news["providers"])

    def usage(data: Data) -> None:
        news = data["usageFeed"]
        stats.show_usage(news["total"])
        models.show(news["groups"])

    visit.watch(TELEMETRY, telemetry)
    visit.watch(USAGE, usage)
    visit.watch(SESSIONS, stats.show_sessions)
    visit.watch(HEALTH, health.show)
    visit.watch(FAILURES, failures.show)


class _Stats:
    """The row of figures."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._sessions: dict[str, int] = {}
        self._rate = Stat(visit.say("home.rate"))
        self._errors = Stat(visit.say("home.errors"))
        self._first = Stat(visit.say("home.first_token"))
        self._spend = Stat(visit.say("home.spend"))
        self._tokens = Stat(visit.say("home.tokens"))
        self._active = Stat(visit.say("home.sessions"))

    def show_telemetry(self, news: Data) -> None:
        say = self._visit.say
        failing = news["failureRate"]
        self._rate.show(figures.rate(news["requestsPerSecond"]), say("home.in_flight", count=news["inFlight"]))
        tone = "bad" if failing >= 0.1 else "warn" if failing >= 0.03 else ""  # noqa: PLR2004 - where people look up
        self._errors.show(figures.share(failing), say("home.last_minute"), tone)
        first = news["firstToken"]
        self._first.show(figures.duration(first["p50"]), say("home.p95", time=figures.duration(first["p95"])))

    def show_usage(self, total: Data) -> None:
        say = self._visit.say
        self._spend.show(
            figures.dollars(total["costUsd"]), say("home.requests", count=figures.count(total["requests"]))
        )
        tokens = total["inputTokens"] + total["outputTokens"]
        self._tokens.show(figures.count(tokens), say("home.tokens_out", count=figures.count(total["outputTokens"])))

    def show_sessions(self, data: Data) -> None:
        news = data["liveSessions"]
        if news["snapshot"]:
            self._sessions.clear()
        self._sessions.update({one["id"]: one["inFlight"] for one in news["sessions"]})
        for gone in news["ended"]:
            self._sessions.pop(gone, None)
        busy = sum(1 for flying in self._sessions.values() if flying)
        self._active.show(str(len(self._sessions)), self._visit.say("home.busy", count=busy))


class _Load:
    """Requests a second as they come, with the failing part below."""

    def __init__(self, visit: Visit) -> None:
        self._all: deque[tuple[int, float | None]] = deque(maxlen=_POINTS)
        self._failing: deque[tuple[int, float | None]] = deque(maxlen=_POINTS)
        self._chart = charts.over_time([visit.say("home.rate"), visit.say("home.failing")], height=250)
        self._chart.options["color"] = [theme.SERIES[0], theme.BAD]

    def show(self, news: Data) -> None:
        at = int(datetime.fromisoformat(news["at"]).timestamp() * 1000)
        rate = news["requestsPerSecond"]
        self._all.append((at, round(rate, 2)))
        self._failing.append((at, round(rate * news["failureRate"], 3)))
        charts.put(self._chart, tuple(self._all), tuple(self._failing))


class _Models:
    """Which models are asked for most."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._place = ui.element("div").classes("lines")
        self._shown: list[Any] = []

    def show(self, groups: list[Data]) -> None:
        top = groups[:_MODELS_SHOWN]
        if top == self._shown and self._shown:
            return
        self._shown = top
        self._place.clear()
        most = max((one["sum"]["requests"] for one in top), default=0)
        with self._place:
            if not top:
                with empty("insights", self._visit.say("home.quiet"), self._visit.say("home.quiet_about")):
                    button(self._visit.say("nav.endpoint"), lambda: ui.navigate.to("/endpoint"))
            for one in top:
                _bar_line(one["name"], one["sum"], most)


def _bar_line(name: str, total: Data, most: int) -> None:
    with ui.element("div").classes("bar-line"):
        with ui.element("div").classes("row-line"):
            text(name or figures.NOTHING, classes="grow cut")
            text(figures.count(total["requests"]), classes="num soft small")
            text(figures.dollars(total["costUsd"]), classes="num small")
        with ui.element("div").classes("bar-meter"):
            ui.element("div").style(f"width: {total['requests'] / max(most, 1) * 100:.1f}%")


class _Health:
    """Every connection: how it stands, how quick it is."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._states: dict[tuple[str, str | None], Data] = {}
        self._speed: dict[str, Data] = {}
        self._place = ui.element("div").classes("lines")

    def show(self, data: Data) -> None:
        news = data["healthFeed"]
        if news["snapshot"]:
            self._states.clear()
        self._states.update({(one["connectionId"], one["model"]): one for one in news["connections"]})
        for gone in news["gone"]:
            self._states.pop((gone["connectionId"], gone["model"]), None)
        self._draw()

    def show_speed(self, providers: list[Data]) -> None:
        speed = {one["provider"]: one for one in providers}
        if speed != self._speed:
            self._speed = speed
            self._draw()

    def _draw(self) -> None:
        self._place.clear()
        with self._place:
            if not self._states:
                say = self._visit.say
                with empty("power", say("home.no_connections"), say("home.no_connections_about")):
                    button(say("home.connect"), lambda: ui.navigate.to("/providers"), kind="main")
            for state in self._states.values():
                self._line(state)

    def _line(self, state: Data) -> None:
        speed = self._speed.get(state["provider"])
        with ui.element("div").classes("line"):
            with ui.element("div").classes("grow"):
                text(state["name"], "div", "cut strong")
                about = state["provider"] + (f" · {state['model']}" if state["model"] else "")
                text(
                    state["reason"] if state["status"] != "ready" and state["reason"] else about,
                    "div",
                    "cut faint small",
                )
            if speed is not None:
                text(figures.duration(speed["firstToken"]["p50"] or speed["latency"]["p50"]), classes="num soft small")
            is_ready = state["status"] == "ready"
            words = self._visit.say("state.ready") if is_ready else self._visit.say("state.cooling")
            if not is_ready and state["until"]:
                words = self._visit.say("state.cooling_until", time=self._visit.time(state["until"]))
            pill(words, "good" if is_ready else "warn")


class _Failures:
    """The latest requests that did not end well."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._rows: deque[Data] = deque(maxlen=_FAILURES_SHOWN)
        self._place = ui.element("div").classes("lines")

    def show(self, data: Data) -> None:
        news = data["requestFeed"]
        if not news["requests"] and not news["snapshot"]:
            return
        for one in news["requests"]:
            self._rows.appendleft(one)
        self._place.clear()
        with self._place:
            if not self._rows:
                with empty("task_alt", self._visit.say("home.no_failures"), self._visit.say("home.no_failures_about")):
                    pass
            for row in self._rows:
                with ui.link(target=f"/logs/{row['id']}").classes("line plain-link"):
                    text(self._visit.time(row["at"]), classes="num faint small")
                    text(row["model"], classes="grow cut")
                    text(row["provider"] or "", classes="soft small")
                    pill(str(row["httpStatus"] or row["status"].lower()), "bad")
