"""The process itself: what runs, and starting it anew or stopping it once requests under way are finished."""

from typing import Any

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Form
from omniroute.ui.parts import button, card, text
from omniroute.ui.visit import Visit

SYSTEM = Document("""
query System { health { version uptimeSeconds database timestamp } loginRequirement { hasPassword } priceListVersion }
""")
RESTART = Document(f"""
mutation Restart($password: Secret) {{ restart(password: $password) {{ ... on Done {{ message }} {FAILURE} }} }}""")
STOP = Document(f"""
mutation Stop($password: Secret) {{ shutdown(password: $password) {{ ... on Done {{ message }} {FAILURE} }} }}""")


async def show(visit: Visit) -> None:
    """Build the tab."""
    data = await visit.tell(SYSTEM)
    if data is None:
        return
    say = visit.say
    health = data["health"]
    with card(say("system.title")), ui.element("dl").classes("facts"):
        for name, value in (
            ("version", health["version"]),
            ("uptime", figures.duration(health["uptimeSeconds"] * 1000)),
            ("database", say("health.database_ok" if health["database"] == "OK" else "health.database_gone")),
            ("prices", data["priceListVersion"]),
        ):
            text(say(f"system.{name}"), "dt")
            text(str(value), "dd", "wrap")
    has_password = data["loginRequirement"]["hasPassword"]
    with card(say("system.process"), hint=say("system.process_about")), ui.element("div").classes("row-line wraps"):
        button(say("system.restart"), lambda: _ask(visit, "restart", RESTART, has_password), icon="restart_alt")
        button(
            say("system.stop"), lambda: _ask(visit, "stop", STOP, has_password), icon="power_settings_new", kind="bad"
        )


def _ask(visit: Visit, name: str, document: Document, has_password: bool) -> None:  # noqa: FBT001 - private
    """Ask whether it is meant, by the password where there is one."""
    say = visit.say
    form = Form(visit, say(f"system.{name}_sure"), say(f"system.{name}_about"))
    with form.body():
        if has_password:
            form.line("password", say("security.current"), secret=True)

    async def done(_result: Data) -> None:
        ui.notify(say(f"system.{name}_done"), type="positive", timeout=4000)

    def variables(values: dict[str, Any]) -> dict[str, Any]:
        return {"password": values.get("password")}

    form.act(say(f"system.{name}"), document, variables, done)
    form.dialog.open()
