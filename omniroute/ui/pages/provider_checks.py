"""Real calls to a provider on a wish: what they saw, and what it means."""

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE
from omniroute.ui.parts import pill, text
from omniroute.ui.visit import Visit

SEEN = "valid error latencyMs statusCode model diagnosis { type source message code }"
TEST = Document(f"""
mutation TestConnection($id: ID!) {{
  testProviderConnection(id: $id) {{ ... on Check {{ {SEEN} }} {FAILURE} }}
}}""")
VALIDATE = Document(f"""
mutation TryConnection($input: ConnectionCheckInput!) {{
  validateProviderConnection(input: $input) {{ ... on Check {{ {SEEN} }} {FAILURE} }}
}}""")
VALIDATE_NODE = Document(f"""
mutation TryNode($input: NodeCheckInput!) {{
  validateProviderNode(input: $input) {{ ... on Check {{ {SEEN} }} {FAILURE} }}
}}""")

_ASKED = ("provider", "apiKey", "baseUrl", "local")
_ASKED_NODE = ("baseUrl", "apiKey", "apiType", "headers", "local")


async def tested(visit: Visit, connection: str) -> Data | None:
    """Try a connection with a real call; a success ends its cooldown."""
    return await visit.act(TEST, {"id": connection})


async def validate_connection(visit: Visit, place: ui.element, values: Mapping[str, Any]) -> None:
    """Try what a connection would be made of, and show in `place` what that saw."""
    await _validate(visit, place, VALIDATE, {name: values[name] for name in _ASKED if values[name] is not None})


async def validate_node(visit: Visit, place: ui.element, values: Mapping[str, Any]) -> None:
    """Try what a node would be made of, and show in `place` what that saw."""
    await _validate(visit, place, VALIDATE_NODE, {name: values[name] for name in _ASKED_NODE if values[name]})


async def _validate(visit: Visit, place: ui.element, document: Document, given: Mapping[str, Any]) -> None:
    place.clear()
    with place:
        ui.spinner("dots", size="24px")
    check = await visit.act(document, {"input": given})
    if place.is_deleted:
        return
    place.clear()
    if check is not None:
        with place:
            show_check(visit, check)


def show_check(visit: Visit, check: Data) -> None:
    """Show what a call saw: the verdict, the model that was asked, the status, the time, the reason."""
    say = visit.say
    with ui.element("div").classes("row-line wraps check").props('role="status"'):
        pill(say(f"check.{check['diagnosis']['type'].lower()}"), "good" if check["valid"] else "bad")
        if check["model"]:
            text(check["model"], classes="mono small cut")
        if check["statusCode"] is not None:
            text(say("check.status", status=check["statusCode"]), classes="num soft small")
        text(figures.duration(check["latencyMs"]), classes="num soft small")
        if not check["valid"]:
            source = say(f"check.from_{check['diagnosis']['source'].lower()}")
            text(f"{source}: {check['diagnosis']['message']}", classes="small tone-bad wrap")
