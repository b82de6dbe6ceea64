"""Which addresses may call the gateway at all, who is kept out for a while, and who guessed passwords."""

from functools import partial
from typing import Any

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Form
from omniroute.ui.pages.settings_group import Field, Group, show_group, words
from omniroute.ui.parts import button, card, confirmed, empty, icon_button, text
from omniroute.ui.visit import Visit

FILTER = Document("query IpFilter { ipFilter { enabled mode blacklist whitelist } }")
BANS = Document("""
query Bans { ipFilter { tempBans { ip until reason } } lockedIdentifiers { identifier lockedUntil } }""")
SET = Document(f"""
mutation SetIpFilter($input: IpFilterChange!) {{
  updateIpFilter(input: $input) {{ ... on IpFilter {{ enabled }} {FAILURE} }}
}}""")
UNLOCK = Document(f"""
mutation Unlock($identifier: String!) {{
  unlock(identifier: $identifier) {{ ... on Done {{ message }} {FAILURE} }}
}}""")
_HOUR_MS = 3_600_000
_GROUP = Group(
    name="filter",
    query=FILTER,
    update=SET,
    fields=(
        Field(path="enabled", kind="switch"),
        Field(path="mode", kind="choice", options=words("mode", ("BLACKLIST", "WHITELIST", "WHITELIST_PRIORITY"))),
        Field(path="blacklist", kind="lines"),
        Field(path="whitelist", kind="lines"),
    ),
)


async def show(visit: Visit) -> None:
    """Build the tab."""
    await show_group(visit, _GROUP)
    with card(visit.say("bans.title"), hint=visit.say("bans.about")):
        await _Bans(visit).load()


class _Bans:
    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._list = ui.element("div").classes("lines")
        with ui.element("div").classes("row-line form-acts"):
            button(visit.say("bans.add"), self._add, icon="block")

    async def load(self) -> None:
        """Ask anew, and show."""
        data = await self._visit.tell(BANS)
        if data is None:
            return
        say = self._visit.say
        bans, locked = data["ipFilter"]["tempBans"], data["lockedIdentifiers"]
        self._list.clear()
        with self._list:
            if not bans and not locked:
                with empty("task_alt", say("bans.none"), say("bans.none_about")):
                    pass
            for one in bans:
                about = one["reason"] or figures.NOTHING
                self._line(one["ip"], about, one["until"], partial(self._lift, one["ip"]))
            for one in locked:
                about = say("bans.guessed")
                self._line(one["identifier"], about, one["lockedUntil"], partial(self._unlock, one["identifier"]))

    def _line(self, address: str, about: str, until: str, lift: Any) -> None:
        with ui.element("div").classes("line"):
            with ui.element("div").classes("grow"):
                text(address, "div", "strong mono")
                text(about, "div", "faint small cut")
            time = self._visit.time(until, with_date=True)
            text(self._visit.say("health.until", time=time), classes="num soft small")
            icon_button("lock_open", self._visit.say("bans.lift"), lift)

    def _add(self) -> None:
        say = self._visit.say
        form = Form(self._visit, say("bans.add"), say("bans.add_about"))
        with form.body():
            form.line("tempBan.ip", say("log.address"), needed=True)
            form.number("tempBan.durationMs", say("bans.hours"), 1)
            form.line("tempBan.reason", say("bans.reason"))

        def variables(values: dict[str, Any]) -> dict[str, Any]:
            ban = {
                "ip": values["tempBan.ip"],
                "durationMs": (values["tempBan.durationMs"] or 0) * _HOUR_MS,
                "reason": values["tempBan.reason"],
            }
            return {"input": {"tempBan": ban}}

        form.act(say("bans.add"), SET, variables, self._done)
        form.dialog.open()

    async def _lift(self, address: str) -> None:
        if await self._visit.act(SET, {"input": {"removeBan": address}}) is not None:
            await self.load()

    async def _unlock(self, address: str) -> None:
        say = self._visit.say
        sure = await confirmed(
            self._visit, say("bans.unlock", name=address), say("bans.unlock_about"), say("bans.lift")
        )
        if sure and await self._visit.act(UNLOCK, {"identifier": address}) is not None:
            await self.load()

    async def _done(self, _result: Data) -> None:
        await self.load()
