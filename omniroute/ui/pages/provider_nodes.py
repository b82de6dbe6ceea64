"""Custom endpoints: servers that speak one of the wire formats, made, tried, changed and deleted."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nicegui import ui

from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Form
from omniroute.ui.pages.provider_checks import validate_node
from omniroute.ui.parts import button, card, confirmed, empty, icon_button, tag, text
from omniroute.ui.visit import Visit

NODE = "id name prefix apiType baseUrl local headers { name value } connections { id }"
CREATE = Document(f"""
mutation CreateNode($input: ProviderNodeInput!) {{
  createProviderNode(input: $input) {{ ... on ProviderNode {{ id name }} {FAILURE} }}
}}""")
CONNECT = Document(f"""
mutation ConnectNode($input: ProviderConnectionInput!) {{
  createProviderConnection(input: $input) {{ ... on ProviderConnection {{ id name }} {FAILURE} }}
}}""")
UPDATE = Document(f"""
mutation ChangeNode($id: ID!, $input: ProviderNodeChange!) {{
  updateProviderNode(id: $id, input: $input) {{ ... on ProviderNode {{ id name }} {FAILURE} }}
}}""")
DELETE = Document(f"""
mutation DeleteNode($id: ID!) {{ deleteProviderNode(id: $id) {{ ... on Deleted {{ id }} {FAILURE} }} }}""")

# The names of the formats in the words are those of the wire formats.
_FORMATS = {
    "CHAT": "openai_chat",
    "RESPONSES": "openai_responses",
    "ANTHROPIC": "anthropic",
    "GEMINI": "gemini",
    "OLLAMA": "ollama",
}


class Nodes:
    """The card of all nodes. `changed` is called when one was made, changed or deleted."""

    def __init__(self, visit: Visit, changed: Callable[[], Awaitable[None]]) -> None:
        self._visit = visit
        self._changed = changed
        with card(visit.say("nodes.title"), hint=visit.say("nodes.hint")):
            self._list = ui.element("div").classes("lines")

    def show(self, nodes: Sequence[Data]) -> None:
        """Show them all."""
        say = self._visit.say
        self._list.clear()
        with self._list:
            if not nodes:
                with empty("lan", say("nodes.none"), say("nodes.none_about")):
                    button(say("nodes.add"), lambda: self.form(None))
            for node in nodes:
                self._line(node)

    def _line(self, node: Data) -> None:
        say = self._visit.say
        with ui.element("div").classes("line"):
            with ui.element("div").classes("grow"):
                text(node["name"], "div", "strong cut")
                text(f"{node['prefix']}/… · {node['baseUrl']}", "div", "faint small cut")
            tag(say(f"format.{_FORMATS[node['apiType']]}"))
            text(say("nodes.connections", count=len(node["connections"])), classes="soft small num")
            icon_button("edit", say("act.edit"), lambda: self.form(node))
            icon_button("delete", say("act.delete"), lambda: self._delete(node))

    def form(self, node: Data | None) -> None:
        """Ask for what a node needs, or for what is to change."""
        say = self._visit.say
        form = Form(self._visit, say("nodes.add") if node is None else node["name"], say("nodes.about"))
        old = node or {}
        with form.body():
            form.line("name", say("providers.name"), old.get("name", ""), needed=True)
            form.choice("apiType", say("nodes.format"), self._formats(), old.get("apiType", "CHAT"))
            form.line(
                "baseUrl", say("providers.base_url"), old.get("baseUrl", ""), hint=say("nodes.url_hint"), needed=True
            )
            form.line("prefix", say("nodes.prefix"), old.get("prefix", ""), hint=say("nodes.prefix_hint"), needed=True)
            key = say("providers.key") if node is None else say("providers.new_key")
            form.line("apiKey", key, secret=True, hint=say("providers.key_hint" if node is None else "nodes.key_kept"))
            form.switch("local", say("providers.local_hint"), value=bool(old.get("local")))
            with ui.expansion(say("act.more")).classes("w-full"), ui.element("div").classes("form-body"):
                kept = ", ".join(one["name"] for one in old.get("headers", ()))
                form.lines("headers", say("nodes.headers"), hint=say("nodes.headers_kept", names=kept) if kept else "")
            seen = ui.element("div")
        form.also(say("providers.try"), lambda: validate_node(self._visit, seen, _read(form.values())))
        if node is None:
            form.act(say("act.create"), CREATE, _created, lambda made: self._connect(made, form))
        else:
            form.act(say("act.save"), UPDATE, lambda values: _changed(node, values), self._done)
        form.dialog.open()

    def _formats(self) -> dict[str, str]:
        return {name: self._visit.say(f"format.{word}") for name, word in _FORMATS.items()}

    async def _connect(self, made: Data, form: Form) -> None:
        """A node is used through a connection, which holds its key: one is made at once."""
        given = {"provider": made["id"], "name": made["name"], "apiKey": form.values()["apiKey"]}
        await self._visit.act(CONNECT, {"input": given})
        await self._changed()

    async def _done(self, _result: Data) -> None:
        await self._changed()

    async def _delete(self, node: Data) -> None:
        say = self._visit.say
        about = say("nodes.delete_about", count=len(node["connections"]))
        is_sure = await confirmed(self._visit, say("providers.delete", name=node["name"]), about, say("act.delete"))
        if is_sure and await self._visit.act(DELETE, {"id": node["id"]}) is not None:
            await self._changed()


def _read(values: dict[str, Any]) -> dict[str, Any]:
    """Return what a form holds with its headers, a line each, as the schema takes them."""
    pairs = [line.partition(":") for line in values["headers"]]
    return {**values, "headers": [{"name": name.strip(), "value": value.strip()} for name, _, value in pairs] or None}


def _created(values: dict[str, Any]) -> dict[str, Any]:
    return {"input": {name: value for name, value in _read(values).items() if name != "apiKey" and value is not None}}


def _changed(node: Data, values: dict[str, Any]) -> dict[str, Any]:
    """Return what is to change: keys and headers that were left empty stay."""
    given = {name: value for name, value in _read(values).items() if value is not None}
    return {"id": node["id"], "input": given}
