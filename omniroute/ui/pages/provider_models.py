"""The models of a connection: those that are known, those that its provider lists, and the operator's own."""

from typing import Any

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE
from omniroute.ui.parts import button, icon_button, tag, text, undoable
from omniroute.ui.visit import Visit

KNOWN = Document("""
query ConnectionModels { modelCatalogue { name value { id models { id name type custom contextWindow } } } }""")
LISTED = Document(f"""
mutation ListModels($id: ID!) {{
  fetchUpstreamModels(id: $id) {{ ... on UpstreamModels {{ models {{ id name contextWindow }} }} {FAILURE} }}
}}""")
ADD = Document(f"""
mutation AddModel($input: CustomModelInput!) {{
  setCustomModel(input: $input) {{ ... on CustomModel {{ id }} {FAILURE} }}
}}""")
REMOVE = Document(f"""
mutation RemoveModel($provider: String!, $model: String!) {{
  deleteCustomModel(provider: $provider, model: $model) {{ ... on Deleted {{ id }} {FAILURE} }}
}}""")
_MOST = 200


async def open_models(visit: Visit, connection: Data) -> None:
    """Show them in a dialog."""
    models = _Models(visit, connection)
    await models.load()
    models.dialog.open()


class _Models:
    def __init__(self, visit: Visit, connection: Data) -> None:
        self._visit = visit
        self._connection = connection
        self._known: list[Data] = []
        self._found: list[Data] = []
        self._words = ""
        say = visit.say
        self.dialog = ui.dialog()
        with self.dialog, ui.element("div"), ui.element("div").classes("card form form-large"):
            text(say("models.title", name=connection["name"]), "h2", "form-title")
            text(say("models.about"), "p", "soft")
            with ui.element("div").classes("row-line wraps"):
                ui.input(placeholder=say("models.search"), on_change=self._search).props(
                    f'outlined dense clearable aria-label="{say("models.search")}"'
                ).classes("grow")
                self._ask = button(say("models.ask"), self._fetch, icon="cloud_download")
            self._list = ui.element("div").classes("lines models")
            with ui.element("form").classes("row-line wraps") as own:
                self._own = ui.input(say("models.own")).props("outlined dense").classes("grow")
                ui.button(say("models.add"), icon="add", color=None).props("unelevated no-caps type=submit").classes(
                    "act-plain"
                )
            own.on("submit.prevent", self._add_own)
            with ui.element("div").classes("row-line form-acts"):
                button(say("act.close"), self.dialog.close)

    async def load(self) -> None:
        data = await self._visit.tell(KNOWN)
        if data is None or self._list.is_deleted:
            return
        provider = self._connection["provider"]
        self._known = [
            model
            for one in data["modelCatalogue"]
            if one["value"]["id"] == provider or one["name"] == provider
            for model in one["value"]["models"]
        ]
        self._draw()

    def _search(self, event: Any) -> None:
        self._words = (event.value or "").lower()
        self._draw()

    async def _fetch(self) -> None:
        self._ask.props("loading")
        result = await self._visit.act(LISTED, {"id": self._connection["id"]})
        self._ask.props(remove="loading")
        if result is not None:
            known = {one["id"] for one in self._known}
            self._found = [one for one in result["models"] if one["id"] not in known]
            told = self._visit.say("models.found", count=len(result["models"]), fresh=len(self._found))
            ui.notify(told, type="positive", timeout=3000)
            self._draw()

    def _draw(self) -> None:
        say = self._visit.say
        self._list.clear()
        rows = [*((one, False) for one in self._found), *((one, True) for one in self._known)]
        shown = [(one, known) for one, known in rows if self._words in f"{one['id']} {one['name'] or ''}".lower()]
        with self._list:
            if not shown:
                text(say("models.none"), "p", "soft")
            for one, is_known in shown[:_MOST]:
                self._line(one, is_known=is_known)
            if len(shown) > _MOST:
                text(say("combo.more", count=len(shown) - _MOST), "p", "faint small")

    def _line(self, model: Data, *, is_known: bool) -> None:
        say = self._visit.say
        with ui.element("div").classes("line"):
            with ui.element("div").classes("grow"):
                text(model["id"], "div", "mono cut")
                window = model["contextWindow"]
                if window:
                    text(say("models.window", count=figures.count(window)), "div", "faint small")
            if not is_known:
                tag(say("models.listed"))
                icon_button("add", say("models.add_one", name=model["id"]), lambda: self._add(model["id"], window))
            elif model["custom"]:
                tag(say("models.custom"))
                icon_button("delete", say("models.remove_one", name=model["id"]), lambda: self._remove(model))

    async def _add_own(self) -> None:
        name = (self._own.value or "").strip()
        if name and await self._add(name, None):
            self._own.value = ""

    async def _add(self, name: str, window: int | None) -> bool:
        given = {"provider": self._connection["provider"], "modelId": name, "contextWindow": window}
        if await self._visit.act(ADD, {"input": given}) is None:
            return False
        self._found = [one for one in self._found if one["id"] != name]
        await self.load()
        return True

    async def _remove(self, model: Data) -> None:
        provider, name = self._connection["provider"], model["id"]
        if await self._visit.act(REMOVE, {"provider": provider, "model": name}) is None:
            return
        await self.load()

        async def back() -> None:
            again = {"provider": provider, "modelId": name, "modelName": model["name"], "type": model["type"]}
            await self._visit.act(ADD, {"input": {**again, "contextWindow": model["contextWindow"]}})
            await self.load()

        with self._list:
            undoable(self._visit, self._visit.say("models.removed", name=name), back)
