"""What a combo would do, beside its builder: where a request would go now, how recorded ones would have fared."""

from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document, Refused
from omniroute.ui.parts import button, pill, text
from omniroute.ui.visit import Visit

DRY_RUN = Document("""
query ComboDryRun($input: RouteInput!) {
  route(input: $input) {
    ... on Route { decision candidates { position state reason connection provider model estimatedCostUsd } }
    ... on Failure { code message }
  }
}""")
REPLAY = Document("""
query ComboReplay($input: ReplayInput!) {
  replay(input: $input) {
    ... on Replay {
      requests notes
      replayed { costUsd latencyP50Ms availability share { name share } }
      actual { costUsd latencyP50Ms availability }
    }
    ... on Failure { code message }
  }
}""")
_TONES = {"CHOSEN": "good", "NEXT": "", "COOLING": "warn", "SKIPPED": ""}
_NEWEST = 2000


class Trial:
    """Two questions about a combo.

    `name` is that of a stored one; `draft` gives a strategy and targets as edited; `accounts` connections' names by id.
    """

    def __init__(
        self,
        visit: Visit,
        name: str | None,
        draft: Callable[[], tuple[str, list[str]]],
        accounts: Mapping[str, str],
    ) -> None:
        self._visit = visit
        self._name = name
        self._draft = draft
        self._accounts = accounts
        say = visit.say
        with ui.element("div").classes("row-line wrap"):
            if name is not None:
                button(say("trial.now"), self._ask, icon="alt_route")
            self._button = button(say("trial.replay"), self._replay, icon="history")
        self._place = ui.element("div").classes("form-body").props('aria-live="polite"')

    async def _ask(self) -> None:
        await self._show(DRY_RUN, {"model": self._name}, self._show_now)

    async def _replay(self) -> None:
        strategy, targets = self._draft()
        self._button.props("loading")
        given = {"strategy": strategy, "targets": targets, "limit": _NEWEST}
        await self._show(REPLAY, given, self._show_replay)
        self._button.props(remove="loading")

    async def _show(self, document: Document, given: dict[str, Any], draw: Callable[[Data], None]) -> None:
        try:
            data = await self._visit.ask(document, {"input": given})
        except Refused as error:
            data = {"refused": {"code": "refused", "message": str(error)}}
        found = next(iter(data.values()))
        self._place.clear()
        with self._place:
            if "code" in found:
                text(found["message"], "p", "tone-bad small").props('role="alert"')
            else:
                draw(found)

    def _show_now(self, found: Data) -> None:
        say = self._visit.say
        text(found["decision"], "p", "strong")
        with ui.element("div").classes("lines"):
            for one in found["candidates"]:
                with ui.element("div").classes("candidate"):
                    with ui.element("div").classes("row-line"):
                        text(f"{one['position']}" if one["position"] else figures.NOTHING, classes="num faint small")
                        text(f"{one['provider']}/{one['model']}", classes="grow cut")
                        pill(say(f"trial.{one['state'].lower()}"), _TONES[one["state"]])
                    about = [one["connection"], one["reason"]]
                    if one["estimatedCostUsd"] is not None:
                        about.append(figures.dollars(one["estimatedCostUsd"]))
                    text(" · ".join(filter(None, about)), "div", "faint small")

    def _show_replay(self, found: Data) -> None:
        say = self._visit.say
        if not found["requests"]:
            text(say("trial.none"), "p", "soft small")
            return
        text(say("trial.replayed", count=figures.count(found["requests"])), "p", "strong")
        would, was = found["replayed"], found["actual"]
        for name, spell, one in (
            ("col.cost", figures.dollars, "costUsd"),
            ("trial.median", figures.duration, "latencyP50Ms"),
            ("combos.success", figures.share, "availability"),
        ):
            with ui.element("div").classes("row-line"):
                text(say(name), classes="grow soft small")
                text(spell(would[one]), classes="num strong")
                text(say("trial.instead", value=spell(was[one])), classes="num faint small")
        for one in would["share"]:
            with ui.element("div").classes("bar-line"):
                with ui.element("div").classes("row-line"):
                    text(self._target(one["name"]), classes="grow cut small")
                    text(figures.share(one["share"]), classes="num small")
                with ui.element("div").classes("bar-meter"):
                    ui.element("div").style(f"width: {one['share'] * 100:.1f}%")
        for one in found["notes"]:
            text(one, "p", "faint small")

    def _target(self, target: str) -> str:
        """Name a target by its account's name."""
        model, _, account = target.rpartition("@")
        return f"{model} · {self._accounts[account]}" if account in self._accounts else target
