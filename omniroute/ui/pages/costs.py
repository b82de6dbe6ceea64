"""Costs: budgets and how they stand, what was spent, what models cost, and reckoning anew by today's prices."""

from datetime import UTC, datetime, timedelta
from typing import Any

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Form
from omniroute.ui.pages.costs_prices import Prices
from omniroute.ui.parts import Stat, button, card, confirmed, empty, icon_button, meter, page_head, pill, text
from omniroute.ui.ranges import period
from omniroute.ui.visit import Visit

_STATE = "keyId keyName period unit limit spent reserved remaining percent thresholds warningReached exceeded resetsAt"
BUDGETS = Document(f"query Costs {{ budgets {{ {_STATE} }} apiKeys {{ id name }} }}")
SPENT = Document("""
query Spent($day: UsagePeriod!, $week: UsagePeriod!, $month: UsagePeriod!) {
  day: usageHistory(period: $day) { ... on UsageHistory { totalCost totalRequests } }
  week: usageHistory(period: $week) { ... on UsageHistory { totalCost totalRequests } }
  month: usageHistory(period: $month) { ... on UsageHistory { totalCost totalRequests } }
}""")
SET = Document(f"""
mutation SetBudget($input: [BudgetInput!]!) {{
  setBudgets(input: $input) {{ ... on Budgets {{ budgets {{ keyId }} }} {FAILURE} }}
}}""")
DELETE = Document(f"""
mutation DeleteBudget($keyId: ID, $period: BudgetPeriod, $unit: BudgetUnit) {{
  deleteBudgets(keyId: $keyId, period: $period, unit: $unit) {{ ... on Deleted {{ id }} {FAILURE} }}
}}""")
USED = Document("""
subscription CostsUsed { usageFeed(windowSeconds: 3600, intervalMs: 5000, by: KEY) { total { requests } } }""")
_PERIODS, _UNITS = ("DAILY", "WEEKLY", "MONTHLY"), ("USD", "TOKENS")
_ALL = ""


async def show(visit: Visit) -> None:
    """Build the page."""
    with page_head(visit.say("costs.title"), visit.say("costs.about")):
        add = button(visit.say("costs.add"), lambda: None, icon="add", kind="main")
    page = _Page(visit)
    add.on_click(lambda: page.edit(None))
    prices = Prices(visit)
    await page.load()
    await prices.load()
    visit.watch(USED, page.tick)


class _Page:
    """Spend, and budgets; read anew when something was used."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._keys: dict[str, str] = {}
        self._requests: int | None = None
        with ui.element("div").classes("stats"):
            self._stats = {one: Stat(visit.say(f"costs.{one}")) for one in ("day", "week", "month")}
        with card(visit.say("costs.budgets"), hint=visit.say("costs.budgets_hint")):
            self._list = ui.element("div").classes("lines")

    async def load(self) -> None:
        """Ask anew, and show."""
        data = await self._visit.tell(BUDGETS)
        if data is None:
            return
        self._keys = {one["id"]: one["name"] for one in data["apiKeys"]}
        self._list.clear()
        with self._list:
            if not data["budgets"]:
                with empty("savings", self._visit.say("costs.none"), self._visit.say("costs.none_about")):
                    button(self._visit.say("costs.add"), lambda: self.edit(None), kind="main")
            for one in data["budgets"]:
                self._budget(one)
        await self._load_spent()

    async def _load_spent(self) -> None:
        data = await self._visit.tell(SPENT, _periods(datetime.now(UTC)))
        if data is None:
            return
        for name, stat in self._stats.items():
            count = self._visit.say("home.requests", count=figures.count(data[name]["totalRequests"]))
            stat.show(figures.dollars(data[name]["totalCost"]), count)

    async def tick(self, data: Data) -> None:
        """Read anew once requests have ended since the last time."""
        requests = data["usageFeed"]["total"]["requests"]
        if self._requests not in {None, requests}:
            await self.load()
        self._requests = requests

    def _budget(self, one: Data) -> None:
        say = self._visit.say
        amount = figures.dollars if one["unit"] == "USD" else (lambda value: figures.count(float(value)))
        warn_at = min(one["thresholds"], default=100) / 100
        with ui.element("div").classes("bar-line"):
            with ui.element("div").classes("row-line"):
                with ui.element("div").classes("grow"):
                    text(one["keyName"] or say("costs.all_keys"), "div", "strong cut")
                    about = (say(f"period.{one['period'].lower()}"), say(f"unit.{one['unit'].lower()}"))
                    resets = say("costs.resets", time=self._visit.time(one["resetsAt"], with_date=True))
                    text(" · ".join((*about, resets)), "div", "faint small cut")
                with ui.element("div").classes("right"):
                    text(f"{amount(one['spent'])} / {amount(one['limit'])}", "div", "num")
                    text(say("costs.left", amount=amount(one["remaining"])), "div", "faint small num")
                if one["exceeded"]:
                    pill(say("costs.exceeded"), "bad")
                elif one["warningReached"]:
                    pill(say("costs.warned", percent=one["warningReached"]), "warn")
                icon_button("edit", say("act.edit"), lambda: self.edit(one))
                icon_button("delete", say("act.delete"), lambda: self._delete(one))
            with ui.element("div").classes("meter-box"):
                meter(one["percent"] / 100, warn_at=warn_at)
                for mark in one["thresholds"]:
                    ui.element("div").classes("meter-mark").style(f"left: {mark}%").props('aria-hidden="true"')

    def edit(self, one: Data | None) -> None:
        """Ask what a budget shall be."""
        say = self._visit.say
        form = Form(self._visit, say("costs.add" if one is None else "costs.edit"), say("costs.form_about"))
        names = {_ALL: say("costs.all_keys"), **self._keys}
        with form.body():
            if one is None:
                form.choice("keyId", say("col.key"), names, _ALL)
                form.choice("period", say("costs.period"), {p: say(f"period.{p.lower()}") for p in _PERIODS}, "MONTHLY")
                form.choice("unit", say("costs.unit"), {u: say(f"unit.{u.lower()}") for u in _UNITS}, "USD")
            form.amount("limit", say("costs.limit"), one["limit"] if one else None)
            marks = ", ".join(map(str, one["thresholds"])) if one else "80, 100"
            form.line("thresholds", say("costs.thresholds"), marks, hint=say("costs.thresholds_hint"), needed=True)

        def variables(values: dict[str, Any]) -> dict[str, Any]:
            given = {name: one[name] for name in ("keyId", "period", "unit")} if one else {}
            made = {**values, **given, "thresholds": _numbers(values["thresholds"])}
            return {"input": [{**made, "keyId": made["keyId"] or None}]}

        form.act(say("act.save"), SET, variables, self._done)
        form.dialog.open()

    async def _delete(self, one: Data) -> None:
        say = self._visit.say
        name = one["keyName"] or say("costs.all_keys")
        sure = await confirmed(
            self._visit, say("costs.delete", name=name), say("costs.delete_about"), say("act.delete")
        )
        variables = {name: one[name] for name in ("keyId", "period", "unit")}
        if sure and await self._visit.act(DELETE, variables) is not None:
            await self.load()

    async def _done(self, _result: Data) -> None:
        await self.load()


def _periods(now: datetime) -> dict[str, Any]:
    """Return the day, week and month under way, as budgets count them: by UTC."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    week = day - timedelta(days=day.weekday())
    starts = {"day": day, "week": week, "month": day.replace(day=1)}
    return {name: {**period(start, now + timedelta(minutes=1)), "step": "DAY"} for name, start in starts.items()}


def _numbers(text_: str) -> list[int]:
    """Read whole numbers between commas; what is none becomes 0, which the schema refuses at its field."""
    return [int(one) if one.isdecimal() else 0 for one in text_.replace("%", "").replace(",", " ").split()]
