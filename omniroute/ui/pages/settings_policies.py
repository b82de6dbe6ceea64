"""Policies: what they are, how they stand, what they did, and what they would have done to the last requests."""

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE
from omniroute.ui.pages.settings_policy_form import CONDITIONS, EFFECTS, PolicyForm
from omniroute.ui.pages.settings_policy_trial import rehearse
from omniroute.ui.parts import button, card, confirmed, empty, icon_button, pill, tag, text
from omniroute.ui.visit import Visit

POLICIES = Document(f"""
query Policies {{
  policies {{
    id name priority state matched acted lastMatchedAt
    conditions {{ {CONDITIONS} }}
    effects {{ {EFFECTS} }}
  }}
  apiKeys {{ id name }}
}}""")
DELETE = Document(f"""
mutation DeletePolicy($id: ID!) {{ deletePolicy(id: $id) {{ ... on Deleted {{ id }} {FAILURE} }} }}""")
_TONES = {"ACTIVE": "good", "SHADOW": "live", "DRAFT": ""}


async def show(visit: Visit) -> None:
    """Build the tab."""
    with card(visit.say("policies.title"), hint=visit.say("policies.about")):
        page = _Policies(visit)
    with card(visit.say("policies.rehearsal"), hint=visit.say("policies.rehearsal_about")):
        place = ui.element("div")
        with ui.element("div").classes("row-line form-acts"):
            button(visit.say("policies.rehearse"), lambda: rehearse(visit, place, None), icon="history")
    await page.load()


class _Policies:
    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._keys: dict[str, str] = {}
        self._list = ui.element("div").classes("lines")
        with ui.element("div").classes("row-line form-acts"):
            button(visit.say("policies.add"), lambda: self._edit(None), icon="add", kind="main")

    async def load(self) -> None:
        """Ask anew, and show."""
        data = await self._visit.tell(POLICIES)
        if data is None:
            return
        self._keys = {one["id"]: one["name"] for one in data["apiKeys"]}
        self._list.clear()
        with self._list:
            if not data["policies"]:
                with empty("policy", self._visit.say("policies.none"), self._visit.say("policies.none_about")):
                    pass
            for one in data["policies"]:
                self._line(one)

    def _line(self, one: Data) -> None:
        say = self._visit.say
        with ui.element("div").classes("line"):
            text(str(one["priority"]), classes="num faint small").tooltip(say("policies.priority"))
            with ui.element("div").classes("grow"):
                text(one["name"], "div", "strong cut")
                with ui.element("div").classes("tags"):
                    for name in (*_given(one["conditions"]), *_given(one["effects"])):
                        tag(say(f"policy.{name}"))
            counts = say("policies.counts", matched=figures.count(one["matched"]), acted=figures.count(one["acted"]))
            text(counts, classes="num soft small")
            pill(say(f"policies.{one['state'].lower()}"), _TONES[one["state"]])
            icon_button("edit", say("act.edit"), lambda: self._edit(one))
            icon_button("delete", say("act.delete"), lambda: self._delete(one))

    def _edit(self, one: Data | None) -> None:
        PolicyForm(self._visit, one, self._keys, self.load)

    async def _delete(self, one: Data) -> None:
        say = self._visit.say
        question = say("policies.delete", name=one["name"])
        sure = await confirmed(self._visit, question, say("policies.delete_about"), say("act.delete"))
        if sure and await self._visit.act(DELETE, {"id": one["id"]}) is not None:
            await self.load()


def _given(part: Data) -> list[str]:
    """Return the names of what a policy says, beside what it leaves open."""
    return [name for name, value in part.items() if value not in (None, [], False)]
