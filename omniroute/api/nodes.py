"""Custom nodes: endpoints of the operator's own."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Annotated

from pydantic import MISSING, Field

from omniroute.api.operation import Call
from omniroute.api.shapes import Done, SecretText, shape
from omniroute.services.collection import Services
from omniroute.services.nodes import LONGEST_NAME, MOST_HEADERS, PREFIX_PATTERN, Node, NodeChange, NodeDraft

_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
_Prefix = Annotated[str, Field(pattern=PREFIX_PATTERN)]
_Url = Annotated[str, Field(min_length=1, max_length=2000)]
_Headers = Annotated[Mapping[str, SecretText], Field(max_length=MOST_HEADERS)]


@shape
class NewNode(NodeDraft):
    """A new node. Model names begin with its `prefix`; `local` allows private addresses."""

    name: _Name
    prefix: _Prefix
    base_url: _Url
    headers: _Headers = field(default_factory=dict, repr=False)


@shape
class NodeUpdate(NodeChange):
    """What to change; what is left out stays. A base URL of another origin needs headers and key again."""

    name: _Name | MISSING = MISSING
    prefix: _Prefix | MISSING = MISSING
    base_url: _Url | MISSING = MISSING
    headers: _Headers | MISSING = field(default=MISSING, repr=False)
    api_key: SecretText | MISSING = field(default=MISSING, repr=False)


@shape
class NodeList:
    """All nodes."""

    nodes: Sequence[Node]


@shape
class OneNode:
    """One node."""

    node: Node


async def show_all(services: Services, _call: Call[None, None]) -> NodeList:
    """List all nodes."""
    return NodeList(nodes=await services.nodes.list())


async def create(services: Services, call: Call[NewNode, None]) -> OneNode:
    """Make a node."""
    return OneNode(node=await services.nodes.create(call.body))


async def show(services: Services, call: Call[None, None]) -> OneNode:
    """Show one node."""
    return OneNode(node=await services.nodes.get(call.params["id"]))


async def update(services: Services, call: Call[NodeUpdate, None]) -> OneNode:
    """Change a node."""
    return OneNode(node=await services.nodes.update(call.params["id"], call.body))


async def delete(services: Services, call: Call[None, None]) -> Done:
    """Delete a node together with its connections."""
    await services.nodes.delete(call.params["id"])
    return Done(message="node and its connections deleted")
