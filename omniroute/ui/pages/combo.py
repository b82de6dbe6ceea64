"""The builder of a combo: its name, how it chooses, and its targets in their order."""

from typing import Any

from nicegui import ui

from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE
from omniroute.ui.pages.combo_limits import CONFIG, Limits
from omniroute.ui.pages.combo_targets import TARGET, Targets
from omniroute.ui.pages.combo_trial import Trial
from omniroute.ui.parts import button, card, code, empty, page_head, text
from omniroute.ui.strategies import STRATEGIES, picture
from omniroute.ui.visit import Visit

OPTIONS = Document("""
query ComboOptions {
  models { id ownedBy }
  providerConnections { id name provider node { prefix } catalogueEntry { alias } }
}""")
COMBO = Document(f"""
query Combo($id: ID!) {{
  combo(id: $id) {{
    id name strategy isActive targets {{ {TARGET} }}
    config {{ {CONFIG} }}
  }}
}}""")
CREATE = Document(f"""
mutation BuildCombo($input: ComboInput!) {{
  createCombo(input: $input) {{ ... on Combo {{ id name }} {FAILURE} }}
}}""")
UPDATE = Document(f"""
mutation RebuildCombo($id: ID!, $input: ComboChange!) {{
  updateCombo(id: $id, input: $input) {{ ... on Combo {{ id name }} {FAILURE} }}
}}""")

_NEW = "new"


async def show(visit: Visit, id: str) -> None:  # noqa: A002 - the path's name for it
    """Build the page."""
    combo = None
    if id != _NEW:
        combo = (await visit.ask(COMBO, {"id": id}))["combo"]
        if combo is None:
            with card(), empty("search_off", visit.say("combo.missing"), visit.say("combo.missing_about")):
                button(visit.say("nav.combos"), lambda: ui.navigate.to("/combos"))
            return
    with page_head(combo["name"] if combo else visit.say("combos.new"), visit.say("combo.about")):
        button(visit.say("combo.back"), lambda: ui.navigate.to("/combos"), icon="arrow_back")
    _Builder(visit, combo, await visit.ask(OPTIONS))


class _Builder:
    """The whole form."""

    def __init__(self, visit: Visit, combo: Data | None, options: Data) -> None:
        self._visit = visit
        self._combo = combo
        self._strategy = combo["strategy"] if combo else STRATEGIES[0]
        say = visit.say
        accounts = {one["id"]: one["name"] for one in options["providerConnections"]}
        with ui.element("div").classes("builder"):
            with ui.element("div").classes("stack"):
                with card(say("combo.name")):
                    self._named(combo)
                with card(say("combo.strategy")):
                    self._cards: dict[str, Any] = {}
                    self._choices()
                with card(say("combo.targets"), hint=say("combo.targets_hint")):
                    self._targets = Targets(visit, options, combo["targets"] if combo else [], self._strategy)
                with card():
                    self._limits = Limits(visit, combo["config"] if combo else None, self._strategy)
            with ui.element("div").classes("stack beside"):
                with card(say("combo.summary")):
                    self._summary()
                with card(say("trial.title")):
                    text(say("trial.about"), "p", "soft small")
                    Trial(visit, combo["name"] if combo else None, self._drafted, accounts)
        self._tell()

    def _named(self, combo: Data | None) -> None:
        say = self._visit.say
        self._name = ui.input(say("combo.name"), value=combo["name"] if combo else "", on_change=self._tell).props(
            f'outlined dense bottom-slots hint="{say("combo.name_hint")}"'
        )
        self._active = ui.switch(say("combos.active"), value=combo["isActive"] if combo else True)

    def _choices(self) -> None:
        say = self._visit.say
        with ui.element("div").classes("choices").props(f'role="radiogroup" aria-label="{say("combo.strategy")}"'):
            for strategy in STRATEGIES:
                with ui.element("button").classes("choice").props('type="button" role="radio"') as choice:
                    ui.html(picture(strategy), sanitize=False)
                    with ui.element("span").classes("grow"):
                        text(say(f"strategy.{strategy.lower()}"), "span", "strong block")
                        text(say(f"strategy.{strategy.lower()}_about"), "span", "soft small block")
                choice.on("click", lambda strategy=strategy: self._choose(strategy))
                self._cards[strategy] = choice

    def _choose(self, strategy: str) -> None:
        self._strategy = strategy
        self._targets.choose(strategy)
        self._limits.choose(strategy)
        self._tell()

    def _summary(self) -> None:
        say = self._visit.say
        self._picture = ui.html("", sanitize=False)
        self._what = text("", "p", "strong")
        self._why = text("", "p", "soft small")
        text(say("combo.written"), "div", "faint small")
        self._written = ui.element("div")
        self._problem = text("", "p", "form-problem").props('role="alert"')
        self._save = button(say("act.save" if self._combo else "act.create"), self._send, kind="main")

    def _tell(self) -> None:
        """Show what is chosen."""
        for strategy, choice in self._cards.items():
            is_chosen = strategy == self._strategy
            choice.props(f'aria-checked="{str(is_chosen).lower()}"')
        self._picture.set_content(picture(self._strategy))
        self._what.text = self._visit.say(f"strategy.{self._strategy.lower()}")
        self._why.text = self._visit.say(f"strategy.{self._strategy.lower()}_about")
        self._written.clear()
        with self._written:
            code(self._visit, f'"model": "{self._name.value.strip() or "…"}"')

    def _drafted(self) -> tuple[str, list[str]]:
        return self._strategy, [one["model"] for one in self._targets.input()]

    def _input(self) -> dict[str, Any]:
        return {
            "name": self._name.value.strip(),
            "strategy": self._strategy,
            "isActive": self._active.value,
            "targets": self._targets.input(),
            "config": self._limits.input(),
        }

    async def _send(self) -> None:
        self._clear()
        self._save.props("loading")
        if self._combo is None:
            data = await self._visit.tell(CREATE, {"input": self._input()})
        else:
            data = await self._visit.tell(UPDATE, {"id": self._combo["id"], "input": self._input()})
        self._save.props(remove="loading")
        if data is None:
            return
        result = next(iter(data.values()))
        if "code" in result:
            self._show(result)
            return
        ui.notify(self._visit.say("combo.saved", name=result["name"]), type="positive", timeout=2000)
        ui.navigate.to("/combos")

    def _clear(self) -> None:
        self._problem.text = ""
        self._targets.clear_faults()
        self._limits.clear_faults()
        self._name.props(remove="error error-message")

    def _show(self, failure: Data) -> None:
        """Show errors where they belong; what belongs nowhere stands above the button."""
        rest = []
        for fault in failure["fields"]:
            first, _, after = fault["field"].partition(".")
            if first == "name":
                self._name.props["error"] = True
                self._name.props["error-message"] = fault["message"]
                self._name.update()
            elif not self._show_part(first, after, fault["message"]):
                rest.append(fault["message"])
        self._problem.text = " ".join(rest) or failure["message"]

    def _show_part(self, first: str, after: str, message: str) -> bool:
        parts: dict[str, Targets | Limits] = {"targets": self._targets, "config": self._limits}
        part = parts.get(first)
        return part is not None and part.show_fault(after, message)
