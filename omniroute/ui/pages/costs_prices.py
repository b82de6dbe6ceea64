"""What models cost: the list page by page, prices of one's own over it, and reckoning requests anew."""

from datetime import UTC, datetime, timedelta
from typing import Any

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Form
from omniroute.ui.parts import button, card, confirmed, empty, icon_button, pill, text
from omniroute.ui.ranges import moment
from omniroute.ui.visit import Visit

_KINDS = ("input", "output", "cached", "cacheCreation", "cacheCreationHour", "reasoning", "request")
_PRICE = "input output cached cacheCreation cacheCreationHour reasoning audioInput audioOutput imageInput imageOutput"
_PRICED = f"provider model price {{ {_PRICE} request source version above {{ name value {{ input output }} }} }}"
LIST = Document(f"""
query Prices($provider: String, $search: String, $after: String) {{
  prices(provider: $provider, search: $search, first: 25, after: $after) {{
    edges {{ node {{ {_PRICED} }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
  priceOverrides {{ {_PRICED} }}
  providerConnections {{ provider node {{ prefix }} }}
  priceListVersion
}}""")
SET = Document(f"""
mutation SetPrice($input: [PricedInput!]!) {{
  setPrices(input: $input) {{ ... on OwnPrices {{ prices {{ model }} }} {FAILURE} }}
}}""")
RESET = Document(f"""
mutation ResetPrice($provider: String!, $model: String!) {{
  deletePrices(provider: $provider, model: $model) {{ ... on Done {{ message }} {FAILURE} }}
}}""")
RERATE = Document(f"""
mutation Rerate($input: RerateInput!) {{
  rerate(input: $input) {{ ... on Rerating {{ requests changed skipped before after }} {FAILURE} }}
}}""")
_OTHERS = ("audioInput", "audioOutput", "imageInput", "imageOutput")


class Prices:
    """The list, and what can be done with it."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._words, self._after, self._end = "", "", ""
        self._is_own = False
        say = visit.say
        with card(say("prices.title"), hint=say("prices.hint")):
            with ui.element("div").classes("row-line controls"):
                search = ui.input(placeholder=say("prices.search")).props("outlined dense clearable debounce=300")
                search.classes("grow").on_value_change(lambda event: self._turn(event.value or ""))
                own = ui.switch(say("prices.own_only"))
                own.on_value_change(lambda event: self._own(bool(event.value)))
                button(say("prices.add"), lambda: self.edit(None), icon="add")
                button(say("prices.rerate"), self.rerate, icon="calculate")
            self._list = ui.element("div").classes("lines")
            with ui.element("div").classes("row-line"):
                self._note = text("", classes="faint small grow")
                self._back = button(say("prices.first"), lambda: self._page(""), icon="first_page")
                self._on = button(say("prices.next"), lambda: self._page(self._end), icon="chevron_right")

    async def _turn(self, words: str) -> None:
        self._words, self._after = words.strip(), ""
        await self.load()

    async def _own(self, is_own: bool) -> None:  # noqa: FBT001 - a switch's value
        self._is_own, self._after = is_own, ""
        await self.load()

    async def _page(self, after: str) -> None:
        self._after = after
        await self.load()

    async def load(self) -> None:
        """Ask anew, and show."""
        words = self._words
        data = await self._visit.tell(LIST, {"search": words or None, "after": self._after or None})
        if data is None or words != self._words:
            return
        info = data["prices"]["pageInfo"]
        rows = [one["node"] for one in data["prices"]["edges"]]
        if self._is_own:
            own = data["priceOverrides"]
            rows = [one for one in own if words.lower() in f"{one['provider']}/{one['model']}".lower()]
        has_more = info["hasNextPage"] and not self._is_own
        self._end = info["endCursor"] or ""
        self._on.set_enabled(has_more)
        self._back.set_enabled(bool(self._after))
        self._note.text = self._visit.say("prices.version", version=data["priceListVersion"])
        self._show(rows)

    def _show(self, rows: list[Data]) -> None:
        say = self._visit.say
        self._list.clear()
        with self._list:
            if not rows and self._is_own and not self._words:
                with empty("sell", say("prices.no_own"), say("prices.no_own_about")):
                    button(say("prices.add"), lambda: self.edit(None))
            elif not rows:
                with empty("search_off", say("prices.none"), say("prices.none_about")):
                    button(say("prices.add"), lambda: self.edit(None))
            for one in rows:
                self._line(one)

    def _line(self, one: Data) -> None:
        say = self._visit.say
        price = one["price"]
        with ui.element("div").classes("line price"):
            with ui.element("div").classes("grow"):
                text(one["model"], "div", "strong cut")
                text(one["provider"], "div", "faint small cut")
            for kind in ("input", "output", "cached"):
                with ui.element("div").classes("right price-figure"):
                    text(_dollars(price[kind]), "div", "num")
                    text(say(f"prices.{kind}"), "div", "faint small")
            source = price["source"]
            pill(say(f"prices.from_{source.lower()}"), "live" if source == "OVERRIDE" else "")
            icon_button("edit", say("act.edit"), lambda: self.edit(one))
            reset = icon_button("restart_alt", say("prices.reset"), lambda: self._reset(one))
            reset.set_enabled(source == "OVERRIDE")

    def edit(self, one: Data | None) -> None:
        """Ask what a model shall cost."""
        say = self._visit.say
        form = Form(self._visit, one["model"] if one else say("prices.add"), say("prices.form_about"))
        price: dict[str, Any] = one["price"] if one else {}
        with form.body():
            if one is None:
                form.line("provider", say("col.provider"), needed=True)
                form.line("model", say("col.model"), needed=True)
            with ui.element("div").classes("form-grid"):
                for kind in _KINDS:
                    form.amount(kind, say(f"prices.{kind}"), price.get(kind))

        def variables(values: dict[str, Any]) -> dict[str, Any]:
            names = one or values
            given = {kind: values[kind] for kind in _KINDS} | {kind: price.get(kind) for kind in _OTHERS}
            cost = {**given, "input": given["input"] or "0", "output": given["output"] or "0"}
            return {"input": [{"provider": names["provider"], "model": names["model"], "price": cost}]}

        form.act(say("act.save"), SET, variables, self._done)
        form.dialog.open()

    async def _reset(self, one: Data) -> None:
        say = self._visit.say
        sure = await confirmed(
            self._visit, say("prices.reset_it", name=one["model"]), say("prices.reset_about"), say("prices.reset")
        )
        names = {"provider": one["provider"], "model": one["model"]}
        if sure and await self._visit.act(RESET, names) is not None:
            await self.load()

    async def _done(self, _result: Data) -> None:
        await self.load()

    def rerate(self) -> None:
        """Ask which requests to reckon anew."""
        say = self._visit.say
        form = Form(self._visit, say("prices.rerate"), say("prices.rerate_about"))
        today = datetime.now(self._visit.zone or UTC).date()
        with form.body():
            with ui.element("div").classes("form-grid"):
                for name, day in (("since", today - timedelta(days=7)), ("until", today)):
                    form.line(name, say(f"range.{name}"), day.isoformat(), needed=True).props("type=date stack-label")
            form.line("provider", say("col.provider"), hint=say("prices.all_hint"))
            form.line("model", say("col.model"), hint=say("prices.all_hint"))

        def variables(values: dict[str, Any]) -> dict[str, Any]:
            since, until = (moment(values[name], self._visit.zone) for name in ("since", "until"))
            end = until and until + timedelta(days=1)  # the last day is part of it
            times = {"since": since and since.isoformat(), "until": end and end.isoformat()}
            return {"input": {**values, **times}}

        form.act(say("prices.rerate"), RERATE, variables, self._rerated)
        form.dialog.open()

    async def _rerated(self, result: Data) -> None:
        say = self._visit.say
        with ui.dialog() as dialog, ui.element("div").classes("card"):
            text(say("prices.rerated"), "h2", "form-title")
            with ui.element("div").classes("stats"):
                for name in ("before", "after"):
                    with ui.element("div").classes("stat"):
                        text(say(f"prices.{name}"), "div", "stat-name")
                        text(figures.dollars(result[name]), "div", "stat-value")
            counts = {name: f"{result[name]:,}" for name in ("requests", "changed", "skipped")}
            text(say("prices.rerated_about", **counts), "p", "soft")
            with ui.element("div").classes("row-line form-acts"):
                button(say("act.close"), dialog.close, kind="main")
        dialog.open()


def _dollars(value: str | None) -> str:
    """Spell a price for a million tokens without digits that it does not have."""
    return figures.NOTHING if value is None else figures.dollars(value)
