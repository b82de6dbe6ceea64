"""Combos: the names that stand for several targets, and how each fares."""

from typing import Any

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE
from omniroute.ui.pages.combo_limits import CONFIG
from omniroute.ui.pages.combo_targets import TARGET
from omniroute.ui.parts import button, card, confirmed, empty, icon_button, page_head, pill, tag, text
from omniroute.ui.strategies import picture
from omniroute.ui.visit import Visit

COMBOS = Document(f"""
query Combos {{
  combos {{
    id name strategy isActive updatedAt targets {{ {TARGET} }}
    config {{ {CONFIG} }}
    metrics {{
      totalRequests successRate fallbackRate avgLatencyMs
      byModel {{ target metrics {{ requests successRate avgLatencyMs inFlight lastStatus }} }}
    }}
  }}
}}""")
NEWS = Document("subscription CombosNews { requestFeed(intervalMs: 2000) { requests { id } } }")
CREATE = Document(f"""
mutation CopyCombo($input: ComboInput!) {{
  createCombo(input: $input) {{ ... on Combo {{ id name }} {FAILURE} }}
}}""")
SWITCH = Document(f"""
mutation SwitchCombo($id: ID!, $input: ComboChange!) {{
  updateCombo(id: $id, input: $input) {{ ... on Combo {{ id }} {FAILURE} }}
}}""")
DELETE = Document(f"""
mutation DeleteCombo($id: ID!) {{ deleteCombo(id: $id) {{ ... on Deleted {{ id }} {FAILURE} }} }}""")
TEST = Document(f"""
mutation TestCombo($name: String!) {{
  testCombo(name: $name) {{
    ... on ComboTest {{ resolvedBy results {{ model status statusCode latencyMs error }} }} {FAILURE}
  }}
}}""")

_LONGEST_NAME = 100
_WARN_AT, _BAD_AT = 97, 90


async def show(visit: Visit) -> None:
    """Build the page."""
    with page_head(visit.say("combos.title"), visit.say("combos.about")):
        button(visit.say("combos.new"), lambda: ui.navigate.to("/combos/new"), icon="add", kind="main")
    page = _Page(visit)
    await page.load()
    visit.watch(NEWS, page.hear)


class _Page:
    """All combos, drawn anew when they change; figures alone change in place."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._place = ui.element("div").classes("stack")
        self._shown: list[Any] = []
        self._combos: dict[str, _Combo] = {}

    async def load(self) -> None:
        """Ask anew, and show."""
        data = await self._visit.tell(COMBOS)
        if data is None or self._place.is_deleted:
            return
        combos = data["combos"]
        plain = [{name: value for name, value in one.items() if name != "metrics"} for one in combos]
        if plain != self._shown or not plain:
            self._shown = plain
            self._draw(combos)
        for one in combos:
            self._combos[one["id"]].show(one["metrics"])

    async def _again(self) -> None:
        await self.load()

    def hear(self, data: Data) -> None:
        """Look anew when requests ended."""
        if data["requestFeed"]["requests"]:
            ui.timer(0, self._again, once=True)

    def _draw(self, combos: list[Data]) -> None:
        self._place.clear()
        self._combos.clear()
        say = self._visit.say
        with self._place:
            if not combos:
                with card(), empty("alt_route", say("combos.none"), say("combos.none_about")):
                    button(say("combos.new"), lambda: ui.navigate.to("/combos/new"), icon="add", kind="main")
            for one in combos:
                self._combos[one["id"]] = _Combo(self, self._visit, one)

    async def copy(self, combo: Data) -> None:
        """Make the same combo under another name, and open it."""
        names = {one["name"] for one in self._shown}
        stem = f"{combo['name'][: _LONGEST_NAME - 8]}-copy"
        name = next(one for one in (stem, *(f"{stem}-{number}" for number in range(2, 999))) if one not in names)
        given = {"name": name, "strategy": combo["strategy"], "targets": combo["targets"], "config": combo["config"]}
        made = await self.changed(CREATE, {"input": {**given, "isActive": combo["isActive"]}})
        if made is not None:
            ui.navigate.to(f"/combos/{made['id']}")

    async def changed(self, document: Document, variables: dict[str, Any]) -> Data | None:
        """Run a mutation; show why it did nothing."""
        data = await self._visit.tell(document, variables)
        if data is None:
            return None
        result: Data = next(iter(data.values()))
        if "code" in result:
            ui.notify(result["message"], type="negative", timeout=8000, close_button=True)
            return None
        return result


class _Combo:
    """One combo's card."""

    def __init__(self, page: _Page, visit: Visit, combo: Data) -> None:
        self._page = page
        self._visit = visit
        self._combo = combo
        self._bars: dict[str, tuple[Any, Any]] = {}
        with card(classes="combo"):
            self._head()
            with ui.element("div").classes("combo-body"):
                self._figures = [self._figure(name) for name in ("requests", "success", "latency", "fallbacks")]
                with ui.element("div").classes("combo-targets"):
                    for target in combo["targets"]:
                        self._target(target)
            self._result = ui.element("div").classes("lines")

    def _head(self) -> None:
        say, combo = self._visit.say, self._combo
        with ui.element("div").classes("combo-head"):
            ui.html(picture(combo["strategy"]), sanitize=False)
            with ui.element("div").classes("grow"):
                with ui.link(target=f"/combos/{combo['id']}").classes("plain-link"):
                    text(combo["name"], "h2", "cut")
                text(say(f"strategy.{combo['strategy'].lower()}"), "div", "soft small")
            if not combo["isActive"]:
                pill(say("state.off"))
            self._test_button = button(say("combos.test"), self._test, icon="network_check")
            ui.switch(value=combo["isActive"], on_change=self._switch).props(f'aria-label="{say("combos.active")}"')
            icon_button("edit", say("act.edit"), lambda: ui.navigate.to(f"/combos/{combo['id']}"))
            icon_button("content_copy", say("combos.copy"), lambda: self._page.copy(combo))
            icon_button("delete", say("act.delete"), self._delete)

    def _figure(self, name: str) -> Any:
        with ui.element("div").classes("figure"):
            text(self._visit.say(f"combos.{name}"), "div", "faint small")
            return text(figures.NOTHING, "div", "figure-value num")

    def _target(self, target: Data) -> None:
        key = target["model"] + (f"@{target['connection']}" if target["connection"] else "")
        with ui.element("div").classes("bar-line"):
            with ui.element("div").classes("row-line"):
                text(target["model"], classes="grow cut")
                if target["condition"]:
                    tag(self._visit.say("combos.conditional"))
                if self._combo["strategy"] == "WEIGHTED":
                    tag(self._visit.say("combos.weight", weight=target["weight"]))
                words = text("", classes="num soft small")
            with ui.element("div").classes("bar-meter"):
                bar = ui.element("div").style("width: 0%")
        self._bars[key] = (words, bar)

    def show(self, metrics: Data | None) -> None:
        """Show how it fares."""
        if metrics is None:
            return
        asked = metrics["totalRequests"]
        shown = (
            figures.count(asked),
            f"{metrics['successRate']} %" if asked else figures.NOTHING,
            figures.duration(metrics["avgLatencyMs"]) if asked else figures.NOTHING,
            f"{metrics['fallbackRate']} %" if asked else figures.NOTHING,
        )
        for place, words in zip(self._figures, shown, strict=True):
            place.text = words
        rate = metrics["successRate"]
        tone = "" if not asked or rate >= _WARN_AT else "tone-warn" if rate >= _BAD_AT else "tone-bad"
        self._figures[1].classes(remove="tone-warn tone-bad", add=tone)
        total = sum(one["metrics"]["requests"] for one in metrics["byModel"])
        for one in metrics["byModel"]:
            if one["target"] in self._bars:
                self._show_target(*self._bars[one["target"]], one["metrics"], total)

    def _show_target(self, words: Any, bar: Any, metrics: Data, total: int) -> None:
        part = metrics["requests"] / total if total else 0
        words.text = self._visit.say("combos.idle") if not metrics["requests"] else self._about(metrics, part)
        bar.style(f"width: {part * 100:.1f}%")

    def _about(self, metrics: Data, part: float) -> str:
        return self._visit.say(
            "combos.share",
            share=figures.share(part),
            count=figures.count(metrics["requests"]),
            rate=f"{metrics['successRate']} %",
            time=figures.duration(metrics["avgLatencyMs"]),
        )

    async def _test(self) -> None:
        self._test_button.props("loading")
        result = await self._page.changed(TEST, {"name": self._combo["name"]})
        self._test_button.props(remove="loading")
        self._result.clear()
        if result is None:
            return
        say = self._visit.say
        with self._result:
            for one in result["results"]:
                with ui.element("div").classes("line"):
                    is_good = one["status"] == "ok"
                    pill(say("combos.answered") if is_good else str(one["statusCode"]), "good" if is_good else "bad")
                    text(one["model"], classes="grow cut")
                    if one["error"]:
                        text(one["error"], classes="grow small tone-bad")
                    text(figures.duration(one["latencyMs"]), classes="num soft small")

    async def _switch(self, event: ValueChangeEventArguments[bool | None]) -> None:
        await self._page.changed(SWITCH, {"id": self._combo["id"], "input": {"isActive": event.value}})
        await self._page.load()

    async def _delete(self) -> None:
        say = self._visit.say
        question = say("combos.delete", name=self._combo["name"])
        if await confirmed(self._visit, question, say("combos.delete_about"), say("act.delete")):
            await self._page.changed(DELETE, {"id": self._combo["id"]})
            await self._page.load()
