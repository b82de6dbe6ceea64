"""Client tools on the gateway's machine: which are there, which ask this gateway, and how to point them here."""

from collections.abc import Awaitable, Callable
from functools import partial

from nicegui import ui

from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Form
from omniroute.ui.models import names
from omniroute.ui.parts import button, card, code, page_head, pill, tag, text
from omniroute.ui.visit import Visit

_TOOL = "toolId name installed commandPath reason version requiresBinary settingsPath hasOmniRoute asks steps message"
TOOLS = Document(f"query ClientTools {{ cliTools {{ {_TOOL} }} models {{ id ownedBy }} }}")
TOOL = Document(f"query ClientTool($id: ID!) {{ cliTool(toolId: $id) {{ {_TOOL} }} }}")
_CHANGE = "... on CliToolChange { preview files { path difference copy } }"
APPLY = Document(f"""
mutation ApplyClientTool($id: ID!, $input: CliToolInput!) {{
  applyCliTool(toolId: $id, input: $input) {{ {_CHANGE} {FAILURE} }}
}}""")
RESET = Document(f"""
mutation ResetClientTool($id: ID!, $preview: Boolean!) {{
  resetCliTool(toolId: $id, preview: $preview) {{ {_CHANGE} {FAILURE} }}
}}""")


async def show(visit: Visit) -> None:
    """Build the page; asking each tool for its version takes a while."""
    say = visit.say
    with page_head(say("tools.title"), say("tools.about")):
        pass
    with ui.element("div").classes("tools") as place, card(), ui.element("div").classes("row-line"):
        ui.spinner(size="20px")
        text(say("tools.looking"), classes="soft").props('role="status"')
    data = await visit.tell(TOOLS)
    if data is None or place.is_deleted:
        return
    models = names(data["models"])
    place.clear()
    with place:
        for one in sorted(data["cliTools"], key=lambda one: (bool(one["steps"]), not one["installed"])):
            _Tool(visit, one, models)


class _Tool:
    """One tool's card, which is drawn anew after each change."""

    def __init__(self, visit: Visit, tool: Data, models: list[str]) -> None:
        self._visit = visit
        self._models = models
        self._box = ui.element("section").classes("card tool")
        self._show(tool)

    def _show(self, tool: Data) -> None:
        say = self._visit.say
        self._box.clear()
        with self._box:
            with ui.element("div").classes("row-line wraps"):
                text(tool["name"], "h2", "tool-name grow")
                self._state(tool)
            for name, value in (
                ("tools.version", tool["version"]),
                ("tools.command", tool["commandPath"]),
                ("tools.settings", tool["settingsPath"]),
                ("tools.asks", tool["asks"]),
            ):
                if value:
                    with ui.element("div").classes("row-line"):
                        text(say(name), classes="faint small tool-fact")
                        text(value, classes="mono wrap")
            if tool["message"]:
                text(tool["message"], "p", "tone-bad small wrap")
            if tool["steps"]:
                self._steps(tool)
            else:
                self._acts(tool)

    def _state(self, tool: Data) -> None:
        say = self._visit.say
        if tool["hasOmniRoute"]:
            pill(say("tools.points_here"), "good")
        if tool["requiresBinary"]:
            if tool["installed"]:
                tag(say("tools.installed"))
            else:
                tag(say(f"tool_reason.{(tool['reason'] or 'not_found').lower()}"))

    def _steps(self, tool: Data) -> None:
        say = self._visit.say
        text(say("tools.by_hand"), "p", "soft small")
        with ui.element("ol").classes("tool-steps"):
            for one in tool["steps"]:
                text(one, "li", "wrap")
        code(self._visit, f"{self._visit.root}/v1")

    def _acts(self, tool: Data) -> None:
        say = self._visit.say
        with ui.element("div").classes("row-line wraps tool-acts"):
            again = tool["hasOmniRoute"]
            point = button(say("tools.again" if again else "tools.point"), partial(self._ask, tool), icon="my_location")
            point.props["aria-label"] = say("tools.point_one", name=tool["name"])
            if again:
                reset = button(say("tools.reset"), partial(self._ask_reset, tool), icon="undo")
                reset.props["aria-label"] = say("tools.reset_one", name=tool["name"])

    def _ask(self, tool: Data) -> None:
        """Ask which model; the difference is seen before anything is written."""
        say = self._visit.say
        form = Form(self._visit, say("tools.point_one", name=tool["name"]), say("tools.point_about"))
        with form.body():
            model = ui.select(
                self._models,
                label=say("col.model"),
                value=self._models[0] if self._models else None,
                with_input=True,
                new_value_mode="add-unique",
            )
            form.add("model", model, lambda one: one or "")
            form.line("url", say("tools.url"), hint=say("tools.url_hint"))
            form.line("apiKey", say("tools.key"), hint=say("tools.key_hint"), secret=True)

        async def seen(change: Data) -> None:
            given = {**form.values(), "preview": False}
            self._preview(change, say("tools.write"), lambda: self._apply(tool, given))

        form.act(
            say("tools.see"),
            APPLY,
            lambda given: {"id": tool["toolId"], "input": {**given, "preview": True}},
            seen,
        )
        form.dialog.open()

    async def _ask_reset(self, tool: Data) -> None:
        change = await self._visit.act(RESET, {"id": tool["toolId"], "preview": True})
        if change is not None:
            self._preview(change, self._visit.say("tools.reset"), lambda: self._reset(tool))

    def _preview(self, change: Data, words: str, act: Callable[[], Awaitable[None]]) -> None:
        """Show what would change; nothing is written before the button is pressed."""
        say = self._visit.say
        with self._box, ui.dialog() as dialog, ui.element("div"), ui.element("div").classes("card form-large"):
            text(say("tools.difference"), "h2", "form-title")
            text(say("tools.difference_about"), "p", "soft small")
            if not change["files"]:
                text(say("tools.same"), "p", "soft")
            for one in change["files"]:
                _difference(one)

            async def go() -> None:
                dialog.close()
                await act()

            with ui.element("div").classes("row-line form-acts"):
                button(say("act.cancel"), dialog.close)
                if change["files"]:
                    button(words, go, kind="main")
        dialog.open()

    async def _apply(self, tool: Data, given: Data) -> None:
        done = await self._visit.act(APPLY, {"id": tool["toolId"], "input": given})
        await self._done(tool, done, "tools.written")

    async def _reset(self, tool: Data) -> None:
        done = await self._visit.act(RESET, {"id": tool["toolId"], "preview": False})
        await self._done(tool, done, "tools.is_reset")

    async def _done(self, tool: Data, done: Data | None, words: str) -> None:
        if done is None:
            return
        ui.notify(self._visit.say(words, name=tool["name"]), type="positive", timeout=4000)
        data = await self._visit.tell(TOOL, {"id": tool["toolId"]})
        if data is not None and not self._box.is_deleted:
            self._show(data["cliTool"])


def _difference(file: Data) -> None:
    """Write a unified diff; what comes and what goes is marked by a sign and by colour."""
    text(file["path"], "div", "mono strong wrap")
    with ui.element("pre").classes("difference").props('tabindex="0"'):
        for line in file["difference"].splitlines():
            if line.startswith(("---", "+++")):
                continue
            sign = {"+": "good", "-": "bad", "@": "place"}.get(line[:1], "")
            text(line or " ", "div").props(f'data-tone="{sign}"')
