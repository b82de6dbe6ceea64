"""Finds things by the names that people know: where an id is asked for, a name does too."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omniroute.client import Client, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How things of a kind are listed, and the names that one of them goes by, the id first."""

    list: Callable[[Client], Awaitable[Sequence[Any]]]
    names: Callable[[Any], Sequence[str]]


def _connection_names(one: Any) -> Sequence[str]:
    return (one.id, one.name, f"{one.provider}/{one.name}")


KINDS: Mapping[str, Kind] = {
    "connection": Kind(list=lambda client: client.provider_connections(), names=_connection_names),
    "node": Kind(list=lambda client: client.provider_nodes(), names=lambda one: (one.id, one.prefix, one.name)),
    "combo": Kind(list=lambda client: client.combos(), names=lambda one: (one.id, one.name)),
    "key": Kind(list=lambda client: client.api_keys(), names=lambda one: (one.id, one.name)),
    "policy": Kind(list=lambda client: client.policies(), names=lambda one: (one.id, one.name)),
}


async def find(client: Client, kind: str, name: str) -> Any:
    """Return the one thing with this id or name; raise Refusal when there is none, or more than one."""
    known = KINDS[kind]
    things = await known.list(client)
    by_id = [one for one in things if known.names(one)[0] == name]
    found = by_id or [one for one in things if name in known.names(one)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise Refusal(f"there is no {kind} {name!r}", kind="Missing", code="not_found")
    listed = ", ".join(f"{known.names(one)[-1]} ({one.id})" for one in found)
    raise Refusal(f"{name!r} may be any of {listed}: give the id", kind="Conflicting", code="ambiguous")


async def prefixes(client: Client) -> Mapping[str, str]:
    """Return nodes' prefixes by their ids."""
    return {node.id: node.prefix for node in await client.provider_nodes()}
