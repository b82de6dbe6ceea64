"""Live: requests as they begin and end, and the conversations that they belong to."""

from collections import OrderedDict
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.parts import button, card, empty, page_head, pill, table, text
from omniroute.ui.visit import Visit

REQUESTS = Document("""
subscription LiveRequests {
  requestFeed(intervalMs: 250) {
    snapshot missed
    requests { id at status keyId model provider httpStatus latencyMs firstTokenMs inputTokens outputTokens costUsd }
  }
}""")
SESSIONS = Document("""
subscription LiveSessions {
  liveSessions(intervalMs: 500) {
    snapshot ended
    sessions {
      id name keyId client model provider inFlight requests failures inputTokens outputTokens costUsd lastSeenAt
    }
  }
}""")
KEYS = Document("query LiveKeys { apiKeys { id name } }")

_MOST_ROWS = 200
_TONES = {"RUNNING": "live", "OK": "good", "REFUSED": "warn", "CLIENT_CLOSED": "", "FAILED": "bad", "TRUNCATED": "bad"}


async def show(visit: Visit) -> None:
    """Build the page."""
    with page_head(visit.say("live.title"), visit.say("live.about")):
        words = ui.input(placeholder=visit.say("live.filter")).props("outlined dense clearable debounce=200")
        pause = button(visit.say("live.pause"), lambda: None, icon="pause")
    with card(visit.say("live.requests")):
        feed = _Feed(visit, pause)
    pause.on_click(feed.turn)
    with card(visit.say("live.sessions")):
        sessions = _Sessions(visit)
    words.on_value_change(lambda event: feed.filter(event.value))
    data = await visit.ask(KEYS)
    keys = {one["id"]: one["name"] for one in data["apiKeys"]}
    feed.keys = sessions.keys = keys
    visit.watch(REQUESTS, feed.show)
    visit.watch(SESSIONS, sessions.show)


class _Feed:
    """The newest requests on top; while paused they are kept and shown afterwards."""

    def __init__(self, visit: Visit, pause: ui.button) -> None:
        self._visit = visit
        self._pause = pause
        self._rows: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._is_paused = False
        self.keys: dict[str, str] = {}
        say = visit.say
        self._missed = text("", "p", "small faint")
        self._table = table(
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
        self._table.add_slot(
            "body-cell-state",
            '<q-td :props="props"><span class="pill" :data-tone="props.row.tone">{{ props.value }}</span></q-td>',
        )
        self._table.add_slot("no-data", f'<div class="empty"><h3>{say("live.quiet")}</h3></div>')
        self._table.props("virtual-scroll").style("max-height: 460px").classes("clickable")
        self._table.on("rowClick", _open)

    def turn(self) -> None:
        """Pause, or go on."""
        self._is_paused = not self._is_paused
        self._pause.set_text(self._visit.say("live.resume" if self._is_paused else "live.pause"))
        self._pause.set_icon("play_arrow" if self._is_paused else "pause")
        self._draw()

    def filter(self, words: str | None) -> None:
        """Show rows with these words only."""
        self._table.set_filter(words or "")

    def show(self, data: Data) -> None:
        news = data["requestFeed"]
        if news["snapshot"]:
            self._rows.clear()
        for one in news["requests"]:
            self._rows[one["id"]] = self._row(one)
            self._rows.move_to_end(one["id"], last=False)
        while len(self._rows) > _MOST_ROWS:
            self._rows.popitem()
        if news["missed"]:
            self._missed.text = self._visit.say("live.missed", count=news["missed"])
        self._draw()

    def _draw(self) -> None:
        if not self._is_paused:
            self._table.rows = list(self._rows.values())

    def _row(self, one: Data) -> dict[str, Any]:
        say = self._visit.say
        tokens = f"{figures.count(one['inputTokens'])} → {figures.count(one['outputTokens'])}"
        return {
            "id": one["id"],
            "time": self._visit.time(one["at"]),
            "state": say(f"outcome.{one['status'].lower()}"),
            "tone": _TONES.get(one["status"], ""),
            "model": one["model"],
            "provider": one["provider"] or "",
            "key": self.keys.get(one["keyId"] or "", ""),
            "first": figures.duration(one["firstTokenMs"]),
            "took": figures.duration(one["latencyMs"]),
            "tokens": tokens if one["inputTokens"] is not None else figures.NOTHING,
            "cost": figures.dollars(one["costUsd"]),
        }


def _open(event: GenericEventArguments) -> None:
    ui.navigate.to(f"/logs/{event.args[1]['id']}")


class _Sessions:
    """Conversations, the busiest first."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._rows: dict[str, Data] = {}
        self.keys: dict[str, str] = {}
        self._place = ui.element("div").classes("lines")

    def show(self, data: Data) -> None:
        news = data["liveSessions"]
        if news["snapshot"]:
            self._rows.clear()
        self._rows.update({one["id"]: one for one in news["sessions"]})
        for gone in news["ended"]:
            self._rows.pop(gone, None)
        self._place.clear()
        shown = sorted(self._rows.values(), key=lambda one: one["lastSeenAt"], reverse=True)
        shown.sort(key=lambda one: -one["inFlight"])
        with self._place:
            if not shown:
                with empty("forum", self._visit.say("live.no_sessions"), self._visit.say("live.no_sessions_about")):
                    pass
            for one in shown[:30]:
                self._line(one)

    def _line(self, one: Data) -> None:
        say = self._visit.say
        with ui.element("div").classes("line"):
            with ui.element("div").classes("grow"):
                text(one["model"], "div", "cut strong")
                about = " · ".join(filter(None, (self.keys.get(one["keyId"] or ""), one["client"], one["provider"])))
                text(about, "div", "cut faint small")
            text(say("home.requests", count=figures.count(one["requests"])), classes="num soft small")
            text(figures.count(one["inputTokens"] + one["outputTokens"]), classes="num soft small")
            text(figures.dollars(one["costUsd"]), classes="num small")
            busy = one["inFlight"]
            pill(say("live.busy", count=busy) if busy else say("live.idle"), "live" if busy else "")
