"""Providers: what is connected and how it fares; what else can be connected."""

from typing import Any

from nicegui import ui

from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Form
from omniroute.ui.parts import button, card, confirmed, empty, icon_button, page_head, pill, tag, text
from omniroute.ui.visit import Visit

CONNECTIONS = Document("""
query Providers {
  providerConnections {
    id name provider priority weight maxConcurrent defaultModel isActive baseUrl local source apiKeyHint
    status cooldownUntil lastError catalogueEntry { name } node { name prefix }
  }
  providers(supported: true) { id name format authKinds isLocal envKeys website models { id } }
}""")
HEALTH = Document("""
subscription ProvidersHealth {
  healthFeed(intervalMs: 500) { snapshot connections { connectionId model status until reason } gone { connectionId } }
}""")
CREATE = Document(f"""
mutation ConnectProvider($input: ProviderConnectionInput!) {{
  createProviderConnection(input: $input) {{ ... on ProviderConnection {{ id name }} {FAILURE} }}
}}""")
UPDATE = Document(f"""
mutation ChangeConnection($id: ID!, $input: ProviderConnectionChange!) {{
  updateProviderConnection(id: $id, input: $input) {{ ... on ProviderConnection {{ id name }} {FAILURE} }}
}}""")
DELETE = Document(f"""
mutation DeleteConnection($id: ID!) {{
  deleteProviderConnection(id: $id) {{ ... on Deleted {{ id }} {FAILURE} }}
}}""")


async def show(visit: Visit) -> None:
    """Build the page."""
    with page_head(visit.say("providers.title"), visit.say("providers.about")):
        connect = button(visit.say("home.connect"), lambda: None, icon="add", kind="main")
    page = _Page(visit)
    connect.on_click(lambda: page.connect(None))
    await page.load()
    visit.watch(HEALTH, page.show_health)


class _Page:
    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._states: dict[str, Data] = {}
        self._rows: list[Data] = []
        self._catalogue: list[Data] = []
        self._words = ""
        with card(visit.say("providers.connected")):
            self._list = ui.element("div").classes("lines")
        with card(visit.say("providers.catalogue")):
            ui.input(
                placeholder=visit.say("providers.search"), on_change=lambda event: self._search(event.value)
            ).props("outlined dense clearable").classes("w-full")
            self._offers = ui.element("div").classes("tiles")

    async def load(self) -> None:
        """Ask anew, and show."""
        data = await self._visit.ask(CONNECTIONS)
        self._rows, self._catalogue = list(data["providerConnections"]), list(data["providers"])
        self._draw()
        self._draw_offers()

    def show_health(self, data: Data) -> None:
        news = data["healthFeed"]
        if news["snapshot"]:
            self._states.clear()
        for one in news["connections"]:
            if one["model"] is None:
                self._states[one["connectionId"]] = one
        self._draw()

    def _draw(self) -> None:
        say = self._visit.say
        self._list.clear()
        with self._list:
            if not self._rows:
                with empty("power", say("home.no_connections"), say("home.no_connections_about")):
                    button(say("home.connect"), lambda: self.connect(None), kind="main")
            for row in self._rows:
                self._line(row)

    def _line(self, row: Data) -> None:
        say = self._visit.say
        state = self._states.get(row["id"], row)
        reason = state.get("reason") or row["lastError"]
        with ui.element("div").classes("line"):
            text(str(row["priority"]), classes="num faint small").tooltip(say("providers.priority"))
            with ui.element("div").classes("grow"):
                text(row["name"], "div", "cut strong")
                owner = (row["catalogueEntry"] or row["node"] or {}).get("name", row["provider"])
                text(" · ".join(filter(None, (owner, row["apiKeyHint"], row["baseUrl"]))), "div", "cut faint small")
                if state["status"] != "ready" and reason:
                    text(reason, "div", "cut small tone-warn")
            if not row["isActive"]:
                pill(say("state.off"))
            elif state["status"] == "ready":
                pill(say("state.ready"), "good")
            else:
                until = self._visit.time(state.get("until") or row["cooldownUntil"])
                pill(say("state.cooling_until", time=until), "warn")
            icon_button("edit", say("act.edit"), lambda: self._edit(row))
            icon_button("delete", say("act.delete"), lambda: self._delete(row))

    def _search(self, words: str | None) -> None:
        self._words = (words or "").lower()
        self._draw_offers()

    def _draw_offers(self) -> None:
        used = {row["provider"] for row in self._rows}
        self._offers.clear()
        with self._offers:
            for offer in self._catalogue:
                if self._words in f"{offer['id']} {offer['name']}".lower():
                    self._offer(offer, is_used=offer["id"] in used)

    def _offer(self, offer: Data, *, is_used: bool) -> None:
        say = self._visit.say
        with ui.element("button").classes("tile").props('type="button"').on("click", lambda: self.connect(offer["id"])):
            with ui.element("div").classes("row-line"):
                text(offer["name"], classes="strong grow cut")
                if is_used:
                    pill(say("providers.used"), "good")
            with ui.element("div").classes("row-line"):
                tag(say(f"format.{offer['format'].lower()}"))
                if offer["isLocal"]:
                    tag(say("providers.local"))
                text(say("providers.models", count=len(offer["models"])), classes="faint small")

    def connect(self, provider: str | None) -> None:
        """Ask for what a new connection needs."""
        say = self._visit.say
        form = Form(self._visit, say("home.connect"), say("providers.connect_about"))
        with form.body():
            names = {one["id"]: one["name"] for one in self._catalogue}
            form.choice("provider", say("col.provider"), names, provider)
            form.line("name", say("providers.name"), names.get(provider or "", ""), needed=True)
            form.line("apiKey", say("providers.key"), secret=True, hint=say("providers.key_hint"))
            with ui.expansion(say("act.more")).classes("w-full"), ui.element("div").classes("form-body"):
                form.line("baseUrl", say("providers.base_url"), hint=say("providers.base_url_hint"))
                form.number("priority", say("providers.priority"), 1)
                form.number("maxConcurrent", say("providers.max_concurrent"))
                form.switch("local", say("providers.local_hint"))
        form.act(say("providers.connect"), CREATE, lambda values: {"input": _given(values)}, self._done)
        form.dialog.open()

    def _edit(self, row: Data) -> None:
        say = self._visit.say
        form = Form(self._visit, row["name"])
        with form.body():
            form.line("name", say("providers.name"), row["name"], needed=True)
            form.line("apiKey", say("providers.new_key"), secret=True, hint=row["apiKeyHint"] or "")
            form.number("priority", say("providers.priority"), row["priority"])
            form.number("weight", say("providers.weight"), row["weight"])
            form.number("maxConcurrent", say("providers.max_concurrent"), row["maxConcurrent"])
            form.switch("isActive", say("providers.active"), value=row["isActive"])

        def variables(values: dict[str, Any]) -> dict[str, Any]:
            if not values["apiKey"]:
                del values["apiKey"]
            return {"id": row["id"], "input": values}

        form.act(say("act.save"), UPDATE, variables, self._done)
        form.dialog.open()

    async def _delete(self, row: Data) -> None:
        say = self._visit.say
        question = say("providers.delete", name=row["name"])
        is_sure = await confirmed(self._visit, question, say("providers.delete_about"), say("act.delete"))
        if is_sure and await self._visit.tell(DELETE, {"id": row["id"]}) is not None:
            await self.load()

    async def _done(self, _result: Data) -> None:
        await self.load()


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
