"""Health: whether the gateway can serve, what is held against whom and forgetting it, limits that were learned."""

from functools import partial
from typing import Any

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE
from omniroute.ui.parts import Stat, button, card, confirmed, empty, icon_button, meter, page_head, pill, tag, text
from omniroute.ui.visit import Visit

STATE = Document("""
query HealthState {
  health { status version uptimeSeconds database counts { name value } }
  limitStatus { requestsLastMinute tokensLastMinute inFlight waiting }
  availability {
    unavailableCount
    models { provider model reason remainingMs unavailableSince }
    available { model connections resting }
  }
  rateLimits {
    connections {
      connectionId provider name enabled active queued running maxConcurrent retryAt cooldownUntil reason learnedAt
      limits { name limit used remaining resetAt }
    }
  }
}""")
FEED = Document("""
subscription HealthFeed {
  healthFeed(intervalMs: 1000) {
    snapshot forgotten
    breakers { name state failureCount provider connectionId connection model cooling reason message since until }
  }
}""")
LOAD = Document("""
subscription HealthLoad { telemetryFeed(windowSeconds: 60, intervalMs: 2000) { inFlight requestsPerSecond } }""")
RESET = Document(f"""
mutation ResetBreakers($input: BreakerFilter) {{
  resetBreakers(input: $input) {{ ... on Done {{ message }} {FAILURE} }}
}}""")
CLEAR = Document(f"""
mutation TryAgain($model: String!, $provider: String) {{
  clearUnavailability(model: $model, provider: $provider) {{ ... on Done {{ message }} {FAILURE} }}
}}""")
_FIGURES = ("openRequests", "waitingRecords", "connections", "openBreakers")
_TONES = {"CLOSED": "warn", "OPEN": "bad", "HALF_OPEN": "live"}
_LONG_UP_S = 2 * 24 * 3600


async def show(visit: Visit) -> None:
    """Build the page."""
    with page_head(visit.say("health.title"), visit.say("health.about")):
        reset = button(visit.say("health.reset_all"), lambda: None, icon="restart_alt")
    page = _Page(visit)
    reset.on_click(page.reset_all)
    await page.load()
    visit.watch(FEED, page.show_news)
    visit.watch(LOAD, page.show_load)


class _Page:
    """What is held against whom comes by a feed; the rest is read anew when that changes."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._held: dict[str, Data] = {}
        say = visit.say
        with ui.element("div").classes("stats"):
            names = ("status", "uptime", "open", "waiting", "minute", "models")
            self._stats = {name: Stat(say(f"health.{name}")) for name in names}
        with card(say("health.breakers"), hint=say("health.breakers_hint")):
            self._breakers = ui.element("div").classes("lines")
        with ui.element("div").classes("grid-2"):
            with card(say("health.unavailable")):
                self._models = ui.element("div").classes("lines")
            with card(say("health.parts")):
                self._parts = ui.element("div")
        with card(say("health.limits"), hint=say("health.limits_hint")):
            self._limits = ui.element("div").classes("lines")

    async def load(self) -> None:
        """Ask anew, and show."""
        data = await self._visit.tell(STATE)
        if data is None:
            return
        self._show_stats(data)
        self._show_models(data["availability"])
        self._show_limits(data["rateLimits"]["connections"])
        self._parts.clear()
        with self._parts, ui.element("dl").classes("facts"):
            for one in data["health"]["counts"]:
                text(_spelled(self._visit, one["name"]), "dt")
                text(f"{one['value']:,}", "dd")

    def _show_stats(self, data: Data) -> None:
        say = self._visit.say
        health, limits = data["health"], data["limitStatus"]
        is_well = health["status"] == "HEALTHY"
        about = say("health.database_ok" if health["database"] == "OK" else "health.database_gone")
        self._stats["status"].show(say("health.well" if is_well else "health.ill"), about, "" if is_well else "bad")
        self._stats["uptime"].show(_uptime(self._visit, health["uptimeSeconds"]), health["version"])
        self._stats["waiting"].show(str(limits["waiting"]), say("health.waiting_note"))
        tokens = say("health.tokens", count=figures.count(limits["tokensLastMinute"]))
        self._stats["minute"].show(figures.count(limits["requestsLastMinute"]), tokens)
        found = data["availability"]
        gone = found["unavailableCount"]
        note = say("health.models_gone", count=gone)
        self._stats["models"].show(str(len(found["available"])), note, "warn" if gone else "")

    def show_load(self, data: Data) -> None:
        """Show how much is going on."""
        news = data["telemetryFeed"]
        rate = self._visit.say("health.rate", rate=figures.rate(news["requestsPerSecond"]))
        self._stats["open"].show(str(news["inFlight"]), rate)

    async def show_news(self, data: Data) -> None:
        """Show what is held against whom."""
        news = data["healthFeed"]
        if news["snapshot"]:
            self._held.clear()
        self._held.update({one["name"]: one for one in news["breakers"]})
        for name in news["forgotten"]:
            self._held.pop(name, None)
        self._show_breakers()
        if not news["snapshot"]:
            await self.load()

    def _show_breakers(self) -> None:
        say = self._visit.say
        self._breakers.clear()
        with self._breakers:
            if not self._held:
                with empty("verified", say("health.no_breakers"), say("health.no_breakers_about")):
                    pass
            for one in sorted(self._held.values(), key=lambda one: one["since"], reverse=True):
                self._breaker(one)

    def _breaker(self, one: Data) -> None:
        say = self._visit.say
        with ui.element("div").classes("line"):
            with ui.element("div").classes("grow"):
                text(one["connection"] or one["provider"] or one["name"], "div", "strong cut")
                about = (one["provider"], one["model"], say("health.failures", count=one["failureCount"]))
                text(" · ".join(filter(None, about)), "div", "faint small cut")
                text(one["message"] or one["reason"], "div", "small tone-warn wrap")
            tag(one["reason"])
            if one["until"]:
                until = say("health.until", time=self._visit.time(one["until"]))
                text(until, classes="num soft small")
            words = "cooling" if one["state"] == "CLOSED" else one["state"].lower()
            pill(say(f"breaker.{words}"), _TONES[one["state"]])
            icon_button("restart_alt", say("health.reset"), lambda: self._reset({"name": one["name"]}, one["name"]))

    async def _reset(self, which: dict[str, Any], name: str) -> None:
        say = self._visit.say
        sure = await confirmed(
            self._visit, say("health.reset_it", name=name), say("health.reset_about"), say("health.reset")
        )
        if sure and await self._visit.act(RESET, {"input": which}) is not None:
            ui.notify(say("health.done"), type="positive", timeout=1500)

    async def reset_all(self) -> None:
        """Forget everything that is held against anybody."""
        await self._reset({}, self._visit.say("health.everything"))

    def _show_models(self, found: Data) -> None:
        say = self._visit.say
        self._models.clear()
        with self._models:
            if not found["models"]:
                with empty("task_alt", say("health.all_there"), say("health.all_there_about")):
                    pass
            for one in found["models"]:
                with ui.element("div").classes("line"):
                    with ui.element("div").classes("grow"):
                        text(one["model"], "div", "strong cut")
                        text(f"{one['provider']} · {one['reason']}", "div", "faint small cut")
                    text(figures.duration(one["remainingMs"]), classes="num soft small")
                    button(say("act.retry"), partial(self._try_again, one))

    async def _try_again(self, one: Data) -> None:
        if await self._visit.act(CLEAR, {"model": one["model"], "provider": one["provider"]}) is not None:
            await self.load()

    def _show_limits(self, connections: list[Data]) -> None:
        say = self._visit.say
        self._limits.clear()
        with self._limits:
            if not connections:
                with empty("power", say("home.no_connections"), say("home.no_connections_about")):
                    button(say("nav.providers"), lambda: ui.navigate.to("/providers"), kind="main")
            for one in connections:
                self._limit(one)

    def _limit(self, one: Data) -> None:
        say = self._visit.say
        with ui.element("div").classes("line limit"):
            with ui.element("div").classes("grow"):
                text(one["name"], "div", "strong cut")
                learned = say("health.learned", time=self._visit.time(one["learnedAt"])) if one["learnedAt"] else ""
                text(" · ".join(filter(None, (one["provider"], learned))), "div", "faint small cut")
            for limit in one["limits"]:
                _learned(self._visit, limit)
            if not one["limits"]:
                text(say("health.not_told"), classes="faint small")
            most = one["maxConcurrent"]
            running = f"{one['running']} / {most}" if most else str(one["running"])
            text(say("health.running", count=running), classes="num soft small")
            if one["queued"]:
                text(say("health.queued", count=one["queued"]), classes="num tone-warn small")
            if not one["enabled"]:
                pill(say("state.off"))
            elif one["active"]:
                pill(say("health.limited"), "warn")
            else:
                pill(say("health.free"), "good")


def _learned(visit: Visit, limit: Data) -> None:
    with ui.element("div").classes("score"):
        most, left = limit["limit"], limit["remaining"]
        both = f"{figures.count(left)} / {figures.count(most)}"
        text(f"{limit['name']} {both}", "div", "num small cut")
        if most and left is not None:
            meter((most - left) / most)
        if limit["resetAt"]:
            text(visit.say("health.resets", time=visit.time(limit["resetAt"])), "div", "faint small")


def _uptime(visit: Visit, seconds: int) -> str:
    if seconds >= _LONG_UP_S:
        return visit.say("health.days", count=seconds // 86_400)
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def _spelled(visit: Visit, name: str) -> str:
    """Write a figure's name, such as openRequests, as words; what is not known by a text of its own, as it stands."""
    if name in _FIGURES:
        return visit.say(f"health_figure.{name}")
    words = "".join(f" {one.lower()}" if one.isupper() else one for one in name)
    return words[:1].upper() + words[1:]
