"""Welcome: from nothing to a client that works, in three steps."""

from typing import Any

from nicegui import ui

from omniroute.ui import models
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE
from omniroute.ui.frame import remember
from omniroute.ui.pages.key_forms import CREATE, show_fresh
from omniroute.ui.pages.playground import PREPARE, Answer
from omniroute.ui.parts import button, card, page_head, pill, text
from omniroute.ui.visit import COOKIE_WELCOMED, Visit

STATE = Document("""
query WelcomeState {
  providerConnections { id name source provider }
  models { id ownedBy }
  apiKeys { id name }
}""")
OFFERS = Document("query WelcomeOffers { providers(supported: true) { id name authKinds isLocal } }")
CONNECT = Document(f"""
mutation WelcomeConnect($input: ProviderConnectionInput!) {{
  createProviderConnection(input: $input) {{ ... on ProviderConnection {{ id name }} {FAILURE} }}
}}""")

_BUILT_IN = "builtin"


async def is_due(visit: Visit) -> bool:
    """Whether this browser was never welcomed and nothing but the demonstration is connected."""
    if not visit.is_new:
        return False
    data = await visit.ask(STATE)
    return not data["apiKeys"] and not _own(data)


async def show(visit: Visit) -> None:
    """Build the page."""
    visit.is_new = False
    remember(COOKIE_WELCOMED, "yes")
    with page_head(visit.say("welcome.title"), visit.say("welcome.about")):
        button(visit.say("welcome.skip"), lambda: ui.navigate.to("/"))
    page = _Page(visit)
    await page.load()


class _Page:
    """The steps."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._models: list[str] = []
        say = visit.say
        with ui.element("div").classes("steps"):
            with _step("1", say("welcome.connect")):
                self._connect = ui.element("div").classes("form-body")
            with _step("2", say("welcome.try")):
                text(say("welcome.try_about"), "p", "soft")
                with ui.element("div").classes("row-line"):
                    self._try = button(say("welcome.call"), self._call, icon="play_arrow", kind="main")
                self._answer = Answer(visit, self._ask)
                self._answer.box.classes("flat")
            with _step("3", say("welcome.client")):
                text(say("welcome.client_about"), "p", "soft")
                with ui.element("div").classes("row-line"):
                    self._make = button(say("welcome.make"), self._key, icon="key", kind="main")
                self._fresh = ui.element("div").classes("stack flat")
        with ui.element("div").classes("row-line"):
            button(say("welcome.done"), lambda: ui.navigate.to("/live"), icon="sensors")
            button(say("nav.endpoint"), lambda: ui.navigate.to("/endpoint"), icon="hub")

    async def load(self) -> None:
        """Ask what is there, and show it."""
        data = await self._visit.ask(STATE)
        self._models = models.names(data["models"])
        self._answer.offer(self._models)
        self._draw(_own(data), await self._visit.ask(OFFERS))

    def _draw(self, own: list[Data], offers: Data) -> None:
        say = self._visit.say
        self._connect.clear()
        with self._connect:
            if own:
                with ui.element("div").classes("row-line wrap"):
                    for one in own:
                        pill(one["name"], "good")
                text(say("welcome.connected"), "p", "soft")
            else:
                text(say("welcome.connect_about"), "p", "soft")
            self._form(offers["providers"])

    def _form(self, offers: list[Data]) -> None:
        say = self._visit.say
        names = {one["id"]: one["name"] for one in offers}
        asks_key = {one["id"] for one in offers if "API_KEY" in one["authKinds"] and not one["isLocal"]}
        with ui.element("form").classes("connect-line") as form:
            provider = ui.select(names, label=say("col.provider"), with_input=True).props("outlined dense")
            key = ui.input(say("providers.key"), password=True, password_toggle_button=True).props("outlined dense")
            go = button(say("providers.connect"), lambda: None, kind="main")
        problem = text("", "p", "form-problem").props('role="alert"')
        provider.on_value_change(lambda event: key.set_visibility(event.value is None or event.value in asks_key))

        async def connect() -> None:
            problem.text = ""
            if provider.value is None:
                problem.text = say("welcome.choose")
                return
            given: dict[str, Any] = {"provider": provider.value, "name": names[provider.value]}
            if key.value:
                given["apiKey"] = key.value.strip()
            go.props("loading")
            data = await self._visit.tell(CONNECT, {"input": given})
            go.props(remove="loading")
            if data is None:
                return
            result = data["createProviderConnection"]
            if "code" in result:
                problem.text = result["message"]
            else:
                await self.load()

        go.on_click(connect)
        form.on("submit.prevent", connect)

    async def _call(self) -> None:
        self._try.props("loading")
        await self._answer.start()
        self._try.props(remove="loading")

    async def _ask(self, model: str) -> str | None:
        given = {"model": model, "text": self._visit.say("welcome.hello")}
        data = await self._visit.tell(PREPARE, {"input": given})
        if data is None:
            return None
        result = data["preparePlayground"]
        if "code" in result:
            ui.notify(result["message"], type="negative", timeout=8000, close_button=True)
            return None
        return str(result["id"])

    async def _key(self) -> None:
        data = await self._visit.tell(CREATE, {"input": {"name": self._visit.say("welcome.key_name")}})
        if data is None:
            return
        made = data["createApiKey"]
        if "code" in made:
            ui.notify(made["message"], type="negative", timeout=8000, close_button=True)
            return
        self._make.set_visibility(False)
        chosen = self._answer.model.value
        offers = [chosen, *(one for one in self._models if one != chosen)] if chosen else self._models
        with self._fresh:
            show_fresh(self._visit, made, offers)


def _step(number: str, title: str) -> Any:
    """Return a card with a step's number."""
    return card(f"{number}. {title}", classes="step")


def _own(data: Data) -> list[Data]:
    """Return the connections that are not the built-in demonstration."""
    return [one for one in data["providerConnections"] if one["source"] != _BUILT_IN]
