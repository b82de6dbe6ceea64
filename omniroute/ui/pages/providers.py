"""Providers: what is connected and how it fares, in the order in which it is tried; what else can be connected."""

from typing import Any

from nicegui import ui
from nicegui.events import SortableEventArguments

from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Form
from omniroute.ui.pages import provider_checks, provider_models
from omniroute.ui.pages.provider_nodes import NODE, Nodes
from omniroute.ui.parts import button, card, confirmed, empty, icon_button, page_head, pill, tag, text, undoable
from omniroute.ui.visit import Visit

CONNECTIONS = Document(f"""
query Providers {{
  providerConnections {{
    id name provider priority weight maxConcurrent defaultModel isActive baseUrl local source apiKeyHint
    status cooldownUntil lastError catalogueEntry {{ name }} node {{ name prefix }}
  }}
  providerNodes {{ {NODE} }}
  providers(supported: true) {{ id name format authKinds isLocal envKeys website models {{ id }} }}
}}""")
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
    page = _Page(visit)
    await page.load()
    visit.watch(HEALTH, page.show_health)


class _Page:
    """The connections, the nodes and the catalogue."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._states: dict[str, Data] = {}
        self._marks: dict[str, Any] = {}
        self._rows: list[Data] = []
        self._catalogue: list[Data] = []
        self._words = ""
        say = visit.say
        with page_head(say("providers.title"), say("providers.about")):
            button(say("nodes.add"), lambda: self._nodes.form(None), icon="lan")
            button(say("home.connect"), lambda: self.connect(None), icon="add", kind="main")
        with card(say("providers.connected"), hint=say("providers.order_hint")):
            self._list = ui.column().classes("lines targets")
            self._list.make_sortable(handle=".grip", ghost_class="ghost", on_end=self._dropped)
        self._nodes = Nodes(visit, self.load)
        with card(say("providers.catalogue")):
            ui.input(placeholder=say("providers.search"), on_change=lambda event: self._search(event.value)).props(
                f'outlined dense clearable aria-label="{say("providers.search")}"'
            ).classes("w-full")
            self._offers = ui.element("div").classes("tiles")

    async def load(self) -> None:
        """Ask anew, and show."""
        data = await self._visit.ask(CONNECTIONS)
        self._rows, self._catalogue = list(data["providerConnections"]), list(data["providers"])
        self._draw()
        self._draw_offers()
        self._nodes.show(data["providerNodes"])

    def show_health(self, data: Data) -> None:
        """Show the states that changed, and leave all else as it stands."""
        news = data["healthFeed"]
        if news["snapshot"]:
            self._states.clear()
        for one in news["connections"]:
            if one["model"] is None:
                self._states[one["connectionId"]] = one
        for row in self._rows:
            self._mark(row)

    def _draw(self) -> None:
        say = self._visit.say
        self._list.clear()
        self._marks.clear()
        with self._list:
            if not self._rows:
                with empty("power", say("home.no_connections"), say("home.no_connections_about")):
                    button(say("home.connect"), lambda: self.connect(None), kind="main")
            for place, row in enumerate(self._rows):
                self._line(place, row)

    def _line(self, place: int, row: Data) -> None:
        say = self._visit.say
        with ui.element("div").classes("target connection"):
            with ui.element("div").classes("row-line"):
                ui.icon("drag_indicator").classes("grip").props("aria-hidden=true")
                text(str(row["priority"]), classes="num faint small").tooltip(say("providers.priority"))
                with ui.element("div").classes("grow"):
                    text(row["name"], "div", "cut strong")
                    owner = (row["catalogueEntry"] or row["node"] or {}).get("name", row["provider"])
                    text(" · ".join(filter(None, (owner, row["apiKeyHint"], row["baseUrl"]))), "div", "cut faint small")
                state = ui.element("div").classes("row-line state-mark")
                with ui.element("div").classes("row-line key-acts"):
                    self._acts(place, row)
            reason = ui.element("div").classes("target-note")
            seen = ui.element("div").classes("target-note")
        self._marks[row["id"]] = (state, reason, seen, [None])
        self._mark(row)

    def _acts(self, place: int, row: Data) -> None:
        say = self._visit.say
        if len(self._rows) > 1:
            icon_button("arrow_upward", say("combo.up"), lambda: self._move(place, place - 1)).classes("step-up")
            icon_button("arrow_downward", say("combo.down"), lambda: self._move(place, place + 1)).classes("step-down")
        icon_button("network_check", say("providers.test"), lambda: self._test(row))
        icon_button("view_list", say("providers.show_models"), lambda: provider_models.open_models(self._visit, row))
        icon_button("edit", say("act.edit"), lambda: self._edit(row))
        icon_button("delete", say("act.delete"), lambda: self._delete(row))

    def _mark(self, row: Data) -> None:
        """Show a connection's state, when it is another than the one shown."""
        if row["id"] not in self._marks:
            return
        say = self._visit.say
        state = self._states.get(row["id"], row)
        until = state.get("until") or row["cooldownUntil"]
        why = state.get("reason") or row["lastError"]
        mark, reason, _, last = self._marks[row["id"]]
        if last[0] == (state["status"], until, why):
            return
        last[0] = (state["status"], until, why)
        mark.clear()
        reason.clear()
        with mark:
            if not row["isActive"]:
                pill(say("state.off"))
            elif state["status"] == "ready":
                pill(say("state.ready"), "good")
            else:
                pill(say("state.cooling_until", time=self._visit.time(until)), "warn").props(f'data-until="{until}"')
        if state["status"] != "ready" and why:
            with reason:
                text(why, "div", "small tone-warn wrap")

    async def _test(self, row: Data) -> None:
        seen = self._marks[row["id"]][2]
        seen.clear()
        with seen:
            ui.spinner("dots", size="24px")
        check = await provider_checks.tested(self._visit, row["id"])
        if seen.is_deleted:
            return
        seen.clear()
        if check is not None:
            with seen:
                provider_checks.show_check(self._visit, check)

    async def _dropped(self, event: SortableEventArguments) -> None:
        await self._move(event.old_index, event.new_index)

    async def _move(self, old: int, new: int) -> None:
        """Try a connection earlier or later: all get their place as their priority."""
        if old == new or not 0 <= new < len(self._rows):
            self._draw()
            return
        before = {row["id"]: row["priority"] for row in self._rows}
        rows = list(self._rows)
        moved = rows.pop(old)
        rows.insert(new, moved)
        await self._prioritize({row["id"]: place for place, row in enumerate(rows, 1)})
        name = "up" if new < old else "down"

        async def back() -> None:
            await self._prioritize(before)

        # The button that was pressed is gone with the list as it was.
        with self._list:
            ui.run_javascript(f"document.querySelector('.connection:nth-child({new + 1}) .step-{name}')?.focus()")
            undoable(self._visit, self._visit.say("providers.moved", name=moved["name"]), back)

    async def _prioritize(self, wanted: dict[str, int]) -> None:
        for row in self._rows:
            place = wanted[row["id"]]
            if row["priority"] != place:
                await self._visit.act(UPDATE, {"id": row["id"], "input": {"priority": place}})
        await self.load()

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
            seen = ui.element("div")
        form.also(say("providers.try"), lambda: provider_checks.validate_connection(self._visit, seen, form.values()))
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
            form.line("defaultModel", say("providers.default_model"), row["defaultModel"] or "")
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
        if is_sure and await self._visit.act(DELETE, {"id": row["id"]}) is not None:
            await self.load()

    async def _done(self, _result: Data) -> None:
        await self.load()


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
