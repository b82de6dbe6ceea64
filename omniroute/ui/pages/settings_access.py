"""Who may open the gateway's management: the login and its password."""

from typing import Any

from nicegui import ui

from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Panel
from omniroute.ui.parts import card, confirmed, pill, text
from omniroute.ui.visit import Visit

LOGIN = Document("query Login { loginRequirement { requireLogin hasPassword } }")
SET_LOGIN = Document(f"""
mutation SetLogin($input: LoginRequirementChange!) {{
  setLoginRequirement(input: $input) {{ ... on LoginRequirement {{ requireLogin hasPassword }} {FAILURE} }}
}}""")


async def show_security(visit: Visit) -> None:
    """Build the tab."""
    data = await visit.tell(LOGIN)
    if data is None:
        return
    holds = data["loginRequirement"]
    say = visit.say
    with card(say("security.login"), hint=say("security.login_hint")), ui.element("div").classes("row-line"):
        switch = ui.switch(say("security.require"), value=holds["requireLogin"])
        ui.element("div").classes("bar-space")
        pill(
            say("security.has" if holds["hasPassword"] else "security.has_none"),
            "good" if holds["hasPassword"] else "bad",
        )

    async def turn(event: Any) -> None:
        wanted = bool(event.value)
        if wanted == holds["requireLogin"]:
            return
        sure = wanted or await confirmed(
            visit, say("security.open"), say("security.open_about"), say("security.open_it")
        )
        result = await visit.act(SET_LOGIN, {"input": {"requireLogin": wanted}}) if sure else None
        if result is None:
            switch.set_value(holds["requireLogin"])
        else:
            holds["requireLogin"] = result["requireLogin"]

    switch.on_value_change(turn)
    with card(say("security.password"), hint=say("security.password_hint")):
        _password(visit, holds)


def _password(visit: Visit, holds: Data) -> None:
    say = visit.say
    panel = Panel(visit)
    with panel.body():
        if holds["hasPassword"]:
            panel.line("currentPassword", say("security.current"), secret=True)
        panel.line("password", say("security.new"), secret=True)

    async def done(_result: Data) -> None:
        text(say("security.changed"), "p", "soft")

    panel.act(say("security.change"), SET_LOGIN, lambda values: {"input": _given(values)}, done)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out a current password that was not given; a new one has to be."""
    return {name: value or "" for name, value in values.items() if value or name == "password"}
