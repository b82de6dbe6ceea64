"""Limits of single models and single connections, a line each."""

from typing import Any

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Form
from omniroute.ui.parts import button, card, empty, icon_button, text
from omniroute.ui.visit import Visit

_RATES = ("requestsPerMinute", "tokensPerMinute", "concurrentRequests")
_NAMED = f"{{ name value {{ {' '.join(_RATES)} }} }}"
SCOPES = Document(f"""
query ScopedLimits {{
  limitSettings {{ models {_NAMED} connections {_NAMED} }}
  providerConnections {{ id name }}
}}""")
SET = Document(f"""
mutation SetScopedLimits($input: LimitSettingsChange!) {{
  updateLimitSettings(input: $input) {{ ... on LimitSettings {{ queueSize }} {FAILURE} }}
}}""")


async def show_scopes(visit: Visit) -> None:
    """Build a card for models and one for connections."""
    with ui.element("div").classes("grid-2"):
        for kind in ("models", "connections"):
            with card(visit.say(f"scopes.{kind}"), hint=visit.say(f"scopes.{kind}_hint")):
                await _Scopes(visit, kind).load()


class _Scopes:
    """The limits of one kind; the schema takes them as a whole."""

    def __init__(self, visit: Visit, kind: str) -> None:
        self._visit = visit
        self._kind = kind
        self._limits: dict[str, Data] = {}
        self._names: dict[str, str] = {}
        self._list = ui.element("div").classes("lines")
        with ui.element("div").classes("row-line form-acts"):
            button(visit.say("scopes.add"), lambda: self._edit(""), icon="add")

    async def load(self) -> None:
        """Ask anew, and show."""
        data = await self._visit.tell(SCOPES)
        if data is None:
            return
        self._names = {one["id"]: one["name"] for one in data["providerConnections"]}
        self._limits = {one["name"]: one["value"] for one in data["limitSettings"][self._kind]}
        self._list.clear()
        with self._list:
            if not self._limits:
                with empty("speed", self._visit.say("scopes.none"), self._visit.say(f"scopes.{self._kind}_none")):
                    pass
            for name, limits in self._limits.items():
                self._line(name, limits)

    def _line(self, name: str, limits: Data) -> None:
        say = self._visit.say
        with ui.element("div").classes("line"):
            with ui.element("div").classes("grow"):
                text(self._names.get(name, name), "div", "strong cut")
                given = [f"{figures.count(limits[one])} {say(f'rate.{one}')}" for one in _RATES if limits[one]]
                text(" · ".join(given), "div", "faint small")
            icon_button("edit", say("act.edit"), lambda: self._edit(name))
            icon_button("delete", say("act.delete"), lambda: self._remove(name))

    def _edit(self, name: str) -> None:
        say = self._visit.say
        form = Form(self._visit, self._names.get(name, name) or say("scopes.add"), say(f"scopes.{self._kind}_hint"))
        limits = self._limits.get(name, {})
        with form.body():
            if not name and self._kind == "connections":
                form.choice("name", say("logs.connection"), self._names)
            elif not name:
                form.line("name", say("scopes.pattern"), hint=say("scopes.pattern_hint"), needed=True)
            for one in _RATES:
                form.number(one, say(f"limits.{one}"), limits.get(one))

        def variables(values: dict[str, Any]) -> dict[str, Any]:
            new = {one: values[one] for one in _RATES}
            return {"input": {self._kind: self._all({**self._limits, name or values["name"] or "": new})}}

        form.act(say("act.save"), SET, variables, self._done)
        form.dialog.open()

    async def _remove(self, name: str) -> None:
        left = {other: limits for other, limits in self._limits.items() if other != name}
        if await self._visit.act(SET, {"input": {self._kind: self._all(left)}}) is not None:
            await self.load()

    async def _done(self, _result: Data) -> None:
        await self.load()

    def _all(self, limits: dict[str, Data]) -> list[dict[str, Any]]:
        return [{"name": name, "limits": {one: value[one] for one in _RATES}} for name, value in limits.items()]
