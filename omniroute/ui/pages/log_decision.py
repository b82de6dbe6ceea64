"""How a target was chosen, told in words and figures: whose turn it was, what counted, who was passed over and why."""

from typing import Any

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data
from omniroute.ui.parts import pill, tag, text
from omniroute.ui.visit import Visit

# How the score of a strategy is written, and whether less of it is better.
_SCORES: dict[str, Any] = {
    "cost-optimized": figures.dollars,
    "latency-optimized": lambda seconds: figures.duration(seconds * 1000),
    "two-choices": lambda seconds: figures.duration(seconds * 1000),
}


def show_decision(visit: Visit, decision: Data) -> None:
    """Tell a decision as the log keeps it."""
    text(decision["reason"], "p", "strong wrap")
    if decision.get("name"):
        text(decision["name"], "p", "soft small wrap")
    _facts(visit, decision)
    for group in decision.get("groups") or ():
        _group(visit, group)


def _facts(visit: Visit, decision: Data) -> None:
    session, facts = decision.get("session"), decision.get("facts")
    with ui.element("div").classes("tags"):
        if session:
            tag(visit.say("decision.session", name=_member(session)))
        if facts:
            tag(visit.say("decision.input", count=figures.count(facts["inputTokens"])))
            if facts["tools"]:
                tag(visit.say("decision.tools"))
            if facts["images"]:
                tag(visit.say("decision.images"))


def _group(visit: Visit, group: Data) -> None:
    strategy = group["strategy"]
    write = _SCORES.get(strategy, figures.count)
    candidates, skipped = group["candidates"], group.get("skipped") or ()
    scores = [one["score"] for one in candidates if one.get("score") is not None]
    most = max((abs(score) for score in scores), default=0) or 1
    with ui.element("div").classes("row-line"):
        text(visit.say("decision.group"), classes="soft small")
        tag(strategy)
    with ui.element("div").classes("lines"):
        for place, one in enumerate(candidates, 1):
            with ui.element("div").classes("line"):
                text(str(place), classes="num faint small")
                with ui.element("div").classes("grow"):
                    text(one["model"], "div", "strong cut")
                    text(_owner(visit, one), "div", "faint small cut")
                score = one.get("score")
                if score is not None:
                    with ui.element("div").classes("score"):
                        text(write(score), "div", "num small")
                        with ui.element("div").classes("bar-meter").props('aria-hidden="true"'):
                            ui.element("div").style(f"width: {abs(score) / most * 100:.1f}%")
                if place == 1:
                    pill(visit.say("decision.first"), "good")
        for one in skipped:
            with ui.element("div").classes("line"):
                text("-", classes="num faint small")
                with ui.element("div").classes("grow"):
                    text(one["model"], "div", "soft cut")
                    text(_owner(visit, one), "div", "faint small cut")
                    text(one["why"], "div", "small tone-warn wrap")
                pill(visit.say("decision.skipped"), "warn")


def _owner(visit: Visit, one: Data) -> str:
    accounts = one.get("accounts", 1)
    more = visit.say("decision.accounts", count=accounts) if accounts > 1 else ""
    return " · ".join(filter(None, (one["provider"], one.get("connection"), more)))


def _member(one: Data) -> str:
    return " · ".join(filter(None, (one["model"], one.get("connection"))))
