"""One request of the log: what was asked, how it was decided, what was tried, and what it came to."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.pages.log_decision import show_decision
from omniroute.ui.parts import Stat, button, card, empty, icon_button, page_head, pill, tag, text
from omniroute.ui.parts import copy as copied
from omniroute.ui.visit import Visit

ENTRY = Document("""
query LogEntry($id: ID!) {
  request(id: $id) {
    id startedAt keyId address userAgent format path requestedModel combo stream outcome status provider connectionId
    model latencyMs firstTokenMs inputTokens outputTokens cacheReadTokens cacheWriteTokens reasoningTokens usageSource
    costUsd priceVersion errorKind errorMessage losses tags policies decision cache savedUsd
    attempts {
      number provider connectionId model startedMs latencyMs status failure message inputTokens outputTokens costUsd
    }
    key { name }
    connection { name }
  }
  providerConnections { id name }
}""")
_TONES = {"ok": "good", "refused": "warn", "client_closed": "", "failed": "bad", "truncated": "bad"}


async def show(visit: Visit, id: str) -> None:  # noqa: A002 - the address's own name for it
    """Build the page."""
    data = await visit.tell(ENTRY, {"id": id})
    entry = data and data["request"]
    if not data or not entry:
        with (
            card(),
            empty("search_off", visit.say("log.missing"), visit.say("log.missing_about")),
            ui.element("div").classes("row-line"),
        ):
            button(visit.say("act.retry"), lambda: ui.run_javascript("location.reload()"))
            button(visit.say("nav.logs"), lambda: ui.navigate.to("/logs"), kind="main")
        return
    names = {one["id"]: one["name"] for one in data["providerConnections"]}
    _head(visit, entry)
    _stats(visit, entry)
    if entry["errorMessage"]:
        with card(visit.say("log.failure"), hint=entry["errorKind"] or ""):
            text(entry["errorMessage"], "p", "tone-bad wrap")
    with card(visit.say("log.course"), hint=visit.say("log.course_hint")):
        _timeline(visit, entry, names)
    with ui.element("div").classes("grid-2"):
        with card(visit.say("log.asked")):
            _asked(visit, entry)
        with card(visit.say("log.came")):
            _came(visit, entry)
    if entry["decision"]:
        with card(visit.say("log.decision")):
            show_decision(visit, entry["decision"])
    if entry["losses"]:
        with card(visit.say("log.losses"), hint=visit.say("log.losses_hint")), ui.element("div").classes("lines"):
            for one in entry["losses"]:
                text(one, "div", "line wrap")


def _head(visit: Visit, entry: Data) -> None:
    with page_head(entry["requestedModel"]):
        button(visit.say("log.back"), lambda: ui.run_javascript("history.length > 1 ? history.back() : 0"), icon="west")
    with ui.element("div").classes("row-line log-id"):
        pill(visit.say(f"outcome.{entry['outcome']}"), _TONES.get(entry["outcome"], ""))
        text(visit.time(entry["startedAt"], with_date=True), classes="soft num")
        text(entry["id"], classes="mono faint cut")
        icon_button("content_copy", visit.say("act.copy"), lambda: copied(visit, entry["id"]))


def _stats(visit: Visit, entry: Data) -> None:
    say = visit.say
    with ui.element("div").classes("stats"):
        tone = _TONES.get(entry["outcome"], "")
        Stat(say("logs.status")).show(str(entry["status"]), say(f"outcome.{entry['outcome']}"), tone)
        tries = max(1, len(entry["attempts"])) if entry["provider"] or entry["attempts"] else 0
        Stat(say("col.took")).show(
            figures.duration(entry["latencyMs"]), say("logs.tries", count=tries) if tries > 1 else ""
        )
        Stat(say("col.first_token")).show(figures.duration(entry["firstTokenMs"]), _speed(visit, entry))
        both = None if entry["inputTokens"] is None else entry["inputTokens"] + (entry["outputTokens"] or 0)
        note = say("log.in_out", before=figures.count(entry["inputTokens"]), after=figures.count(entry["outputTokens"]))
        Stat(say("col.tokens")).show(figures.count(both), note if both is not None else "")
        saved = "" if entry["savedUsd"] is None else say("log.saved", amount=figures.dollars(entry["savedUsd"]))
        Stat(say("col.cost")).show(figures.dollars(entry["costUsd"]), saved or entry["priceVersion"] or "")


def _speed(visit: Visit, entry: Data) -> str:
    """Say how many tokens a second came, once they came."""
    first, total, tokens = entry["firstTokenMs"], entry["latencyMs"], entry["outputTokens"]
    if not first or not tokens or total - first < 1:
        return ""
    return visit.say("log.speed", rate=figures.rate(tokens * 1000 / (total - first)))


def _timeline(visit: Visit, entry: Data, names: dict[str, str]) -> None:
    """Draw tries as bars on the request's time."""
    tries = placed(entry)
    if not tries:
        text(visit.say("log.not_sent"), "p", "soft")
    for one in tries:
        is_good = not one["failure"]
        label = names.get(one["connectionId"], "") or one["provider"]
        with ui.element("div").classes("try"):
            with ui.element("div").classes("try-name"):
                text(f"{one['number']}. {label}", "div", "strong cut")
                text(f"{one['provider']} · {one['model']}", "div", "faint small cut")
            with ui.element("div").classes("try-track").props('aria-hidden="true"'):
                total = max(entry["latencyMs"], 0.001)
                left, width = one["startedMs"] / total * 100, max(one["latencyMs"] / total * 100, 0.6)
                tone = "good" if is_good else "bad"
                ui.element("div").classes("try-bar").props(f'data-tone="{tone}"').style(
                    f"left: {min(left, 99.4):.2f}%; width: {min(width, 100 - min(left, 99.4)):.2f}%"
                )
                if is_good and entry["firstTokenMs"]:
                    at = min(entry["firstTokenMs"] / total * 100, 100)
                    ui.element("div").classes("try-mark").style(f"left: {at:.2f}%")
            with ui.element("div").classes("try-end"):
                text(figures.duration(one["latencyMs"]), classes="num")
                words = (
                    visit.say("log.answered")
                    if is_good
                    else " ".join(filter(None, (str(one["status"] or ""), one["failure"])))
                )
                pill(words, "good" if is_good else "bad")
            if one["message"]:
                text(one["message"], "div", "try-words small tone-bad wrap")


def placed(entry: Data) -> Sequence[Data]:
    """Return the tries of a request; the log keeps one answered try as the entry itself."""
    tries: Sequence[Data] = entry["attempts"]
    if not tries and entry["provider"]:
        return [{**entry, "number": 1, "startedMs": 0.0, "failure": entry["errorKind"], "message": None}]
    return tries


def _asked(visit: Visit, entry: Data) -> None:
    say = visit.say
    with ui.element("dl").classes("facts"):
        _fact(say("col.model"), entry["requestedModel"])
        _fact(say("logs.combo"), entry["combo"])
        _fact(say("log.format"), _format(visit, entry["format"]))
        _fact(say("log.path"), entry["path"])
        _fact(say("log.stream"), say("log.yes") if entry["stream"] else say("log.no"))
        _fact(say("col.key"), (entry["key"] or {}).get("name") or entry["keyId"])
        _fact(say("log.client"), entry["userAgent"])
        _fact(say("log.address"), entry["address"])
        _tags(say("log.tags"), entry["tags"])
        _tags(say("log.policies"), entry["policies"])


def _came(visit: Visit, entry: Data) -> None:
    say = visit.say
    with ui.element("dl").classes("facts"):
        _fact(say("col.provider"), entry["provider"])
        _fact(say("logs.connection"), (entry["connection"] or {}).get("name") or entry["connectionId"])
        _fact(say("col.model"), entry["model"])
        for name in ("inputTokens", "cacheReadTokens", "cacheWriteTokens", "outputTokens", "reasoningTokens"):
            _fact(say(f"log.{name}"), None if entry[name] is None else f"{entry[name]:,}")
        _fact(say("log.usage"), say(f"usage.{entry['usageSource']}"))
        _fact(say("col.cost"), figures.dollars(entry["costUsd"]))
        _fact(say("log.price"), entry["priceVersion"])
        _fact(say("log.cache"), None if entry["cache"] is None else say(f"cache.{entry['cache']}"))
        _fact(say("log.would"), None if entry["savedUsd"] is None else figures.dollars(entry["savedUsd"]))


def _format(visit: Visit, name: str) -> str:
    return visit.say(f"format.{name.replace('-', '_')}")


def _fact(name: str, value: Any) -> None:
    if value in {None, ""}:
        return
    text(name, "dt")
    text(str(value), "dd", "wrap")


def _tags(name: str, values: Sequence[str]) -> None:
    if not values:
        return
    text(name, "dt")
    with ui.element("dd").classes("tags"):
        for value in values:
            tag(value)
