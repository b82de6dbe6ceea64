"""Keys: who may call this gateway, how much, and how much of that is used."""

from datetime import UTC, datetime, timedelta

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE
from omniroute.ui.models import names
from omniroute.ui.pages.key_forms import ask_budget, ask_change, ask_new, ask_rotation, show_fresh
from omniroute.ui.parts import button, card, confirmed, empty, icon_button, meter, page_head, pill, tag, text
from omniroute.ui.visit import Visit

KEYS = Document("""
query Keys {
  apiKeys {
    id name key scopes isActive expiresAt createdAt previousUntil
    rpm tpm maxConcurrent allowedModels allowedProviders allowedAddresses noLog
  }
  budgets { keyId period unit limit spent percent exceeded resetsAt }
  models { id ownedBy }
}""")
DELETE = Document(f"""
mutation RevokeKey($id: ID!) {{ deleteApiKey(id: $id) {{ ... on Deleted {{ id }} {FAILURE} }} }}""")
DROP = Document(f"""
mutation DropKeyBudget($keyId: ID!, $period: BudgetPeriod!, $unit: BudgetUnit!) {{
  deleteBudgets(keyId: $keyId, period: $period, unit: $unit) {{ ... on Deleted {{ id }} {FAILURE} }}
}}""")

_SOON = timedelta(days=7)


async def show(visit: Visit) -> None:
    """Build the page."""
    with page_head(visit.say("keys.title"), visit.say("keys.about")):
        make = button(visit.say("keys.new"), lambda: None, icon="add", kind="main")
    page = _Page(visit)
    make.on_click(page.make)
    await page.load()


class _Page:
    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._models: list[str] = []
        self._budgets: list[Data] = []
        self._fresh = ui.element("div").classes("stack")
        self._fresh.set_visibility(False)
        with card(visit.say("keys.all")):
            self._list = ui.element("div").classes("lines")

    async def load(self) -> None:
        """Ask anew, and show."""
        data = await self._visit.ask(KEYS)
        self._models, self._budgets = names(data["models"]), data["budgets"]
        say = self._visit.say
        self._list.clear()
        with self._list:
            if not data["apiKeys"]:
                with empty("key", say("keys.none"), say("keys.none_about")):
                    button(say("keys.new"), self.make, icon="add", kind="main")
            for one in data["apiKeys"]:
                self._key(one)

    def make(self) -> None:
        """Ask for a new key."""
        ask_new(self._visit, self._made)

    def _key(self, key: Data) -> None:
        with ui.element("div").classes("key"):
            with ui.element("div").classes("line"):
                self._line(key)
            limits = self._limits(key)
            if limits:
                with ui.element("div").classes("row-line wrap"):
                    for words in limits:
                        tag(words)
            for budget in self._budgets:
                if budget["keyId"] == key["id"]:
                    self._budget(key, budget)

    def _line(self, key: Data) -> None:
        say = self._visit.say
        with ui.element("div").classes("grow"):
            text(key["name"], "div", "cut strong")
            text(key["key"], "div", "cut faint mono")
        for scope in key["scopes"]:
            tag(say(f"keys.{scope.lower()}"))
        with ui.element("div").classes("dates"):
            text(say("keys.since", time=self._visit.date(key["createdAt"])), "div", "small faint")
            until = self._visit.date(key["expiresAt"])
            words = say("keys.until", time=until) if key["expiresAt"] else say("keys.forever")
            text(words, "div", "small faint")
        pill(*self._state(key))
        with ui.element("div").classes("row-line key-acts"):
            icon_button("savings", say("keys.budget"), lambda: ask_budget(self._visit, key, self._changed))
            icon_button("autorenew", say("keys.rotate"), lambda: ask_rotation(self._visit, key, self._made))
            icon_button("edit", say("act.edit"), lambda: ask_change(self._visit, key, self._changed))
            icon_button("delete", say("keys.revoke"), lambda: self._revoke(key))

    def _limits(self, key: Data) -> list[str]:
        say = self._visit.say
        words = []
        if key["rpm"]:
            words.append(say("keys.rpm_is", count=figures.count(key["rpm"])))
        if key["tpm"]:
            words.append(say("keys.tpm_is", count=figures.count(key["tpm"])))
        if key["maxConcurrent"]:
            words.append(say("keys.concurrent_is", count=key["maxConcurrent"]))
        words += [", ".join(key[one]) for one in ("allowedModels", "allowedProviders", "allowedAddresses") if key[one]]
        if key["noLog"]:
            words.append(say("keys.nolog_is"))
        if key["previousUntil"]:
            words.append(say("keys.previous", time=self._visit.time(key["previousUntil"], with_date=True)))
        return words

    def _budget(self, key: Data, budget: Data) -> None:
        say = self._visit.say
        spell = figures.dollars if budget["unit"] == "USD" else _tokens
        with ui.element("div").classes("row-line budget"):
            text(say(f"period.{budget['period'].lower()}"), classes="small soft budget-name")
            meter(budget["percent"] / 100)
            text(f"{spell(budget['spent'])} / {spell(budget['limit'])}", classes="num small")
            text(say("keys.resets", time=self._visit.date(budget["resetsAt"])), classes="small faint resets")
            icon_button("close", say("keys.drop_budget"), lambda: self._drop(key, budget))

    def _state(self, key: Data) -> tuple[str, str]:
        say, now = self._visit.say, datetime.now(UTC)
        if key["expiresAt"] and datetime.fromisoformat(key["expiresAt"]) <= now:
            return say("keys.expired"), "bad"
        if not key["isActive"]:
            return say("state.off"), ""
        if any(one["keyId"] == key["id"] and one["exceeded"] for one in self._budgets):
            return say("keys.used_up"), "bad"
        if key["expiresAt"] and datetime.fromisoformat(key["expiresAt"]) <= now + _SOON:
            return say("keys.soon"), "warn"
        return say("keys.works"), "good"

    async def _made(self, result: Data) -> None:
        await self.load()
        self._fresh.clear()
        self._fresh.set_visibility(True)
        with self._fresh:
            show_fresh(self._visit, result, self._models, self._hide)
        ui.run_javascript("window.scrollTo({top: 0, behavior: 'smooth'})")

    def _hide(self) -> None:
        self._fresh.clear()
        self._fresh.set_visibility(False)

    async def _revoke(self, key: Data) -> None:
        say = self._visit.say
        question = say("keys.revoke_title", name=key["name"])
        is_sure = await confirmed(self._visit, question, say("keys.revoke_about"), say("keys.revoke"))
        if is_sure and await self._visit.tell(DELETE, {"id": key["id"]}) is not None:
            await self.load()

    async def _drop(self, key: Data, budget: Data) -> None:
        say = self._visit.say
        question = say("keys.drop_title", name=key["name"])
        given = {"keyId": key["id"], "period": budget["period"], "unit": budget["unit"]}
        if await confirmed(self._visit, question, say("keys.drop_about"), say("keys.drop_budget")):
            await self._visit.tell(DROP, given)
            await self.load()

    async def _changed(self, _result: Data) -> None:
        await self.load()


def _tokens(amount: str) -> str:
    return figures.count(float(amount))
