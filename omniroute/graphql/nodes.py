"""Custom nodes: endpoints of the operator's own."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.outcome import Deleted, Failed, mutation
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.kit.secret import Secret
from omniroute.services.nodes import ApiType, Node, NodeChange, NodeDraft, NodeType
from omniroute.services.providers import Connection
from omniroute.services.rules import fault

enumerate_(
    ApiType,
    "NodeApiType",
    "The wire format that a node speaks.",
    CHAT="OpenAI's chat completions.",
    RESPONSES="OpenAI's responses.",
    ANTHROPIC="Anthropic's messages.",
    GEMINI="Google's generateContent.",
    OLLAMA="Ollama's own API.",
)
enumerate_(
    NodeType,
    "NodeType",
    "The coarser word for what a node speaks.",
    OPENAI="All but Anthropic's.",
    ANTHROPIC="Anthropic's messages.",
)


@strawberry.type(description="A header that a node is sent. Its value never comes out again.")
class NodeHeader:
    """A header, masked."""

    name: str = strawberry.field(description="The header's name.")
    value: str = strawberry.field(description="The value masked.")


@strawberry.input(description="A header to send to a node.")
class NodeHeaderInput:
    """A header."""

    name: str = strawberry.field(description="The header's name.")
    value: Secret = strawberry.field(description="The header's value.")


def _shown(headers: Mapping[str, str]) -> list[NodeHeader]:
    return [NodeHeader(name=name, value=value) for name, value in headers.items()]


def headers_of(headers: Sequence[NodeHeaderInput]) -> Mapping[str, Secret]:
    """Return headers as they came in; raise Unprocessable when one is named twice."""
    made = {one.name: one.value for one in headers}
    if len(made) != len(headers):
        raise fault("headers", "a header is named twice")
    return made


@asked("The connections that use the node, in the order in which they are tried.")
async def _connections(self: Node, info: Asked) -> list[Connection]:
    return await info.context.loaders.connections_of.load(self.id)


_HEADERS = Taken(
    words="Headers to add: at most 32. They replace all former ones.", kind=list[NodeHeaderInput], read=headers_of
)

expose(
    Node,
    "ProviderNode",
    "An endpoint of the operator's own.",
    id=Shown(words="Stable id.", kind=strawberry.ID),
    type="The coarser word for what it speaks.",
    name="What the operator calls it.",
    prefix="What a model's name begins with to go there: prefix/model.",
    api_type="The wire format that it speaks.",
    base_url="The root of its endpoints.",
    headers=Shown(words="Headers that it is sent, masked.", kind=list[NodeHeader], read=_shown),
    local="Whether its address may lie in a private network.",
    created_at="When it was made.",
    updated_at="When it was last changed.",
    also={"connections": _connections},
)
accept(
    NodeDraft,
    "ProviderNodeInput",
    "A new node.",
    name="What to call it: 1 to 200 characters.",
    prefix="What a model's name begins with: 1 to 64 letters, digits, dots, hyphens and underscores.",
    base_url="The root of its endpoints.",
    api_type="The wire format that it speaks; left out: `type` decides.",
    type="The coarser word; left out with apiType: CHAT.",
    headers=_HEADERS,
    local="Whether its address may lie in a private network.",
)
accept(
    NodeChange,
    "ProviderNodeChange",
    "What to change of a node; what is left out stays. An address elsewhere needs keys and headers again.",
    name="What to call it.",
    prefix="What a model's name begins with.",
    base_url="The root of its endpoints.",
    api_type="The wire format that it speaks.",
    type="The coarser word for it.",
    headers=_HEADERS,
    api_key="The key of the node's one connection.",
    local="Whether its address may lie in a private network.",
)

CreateResult = Annotated[Node | Failed, strawberry.union("CreateProviderNodeResult")]
UpdateResult = Annotated[Node | Failed, strawberry.union("UpdateProviderNodeResult")]
DeleteResult = Annotated[Deleted | Failed, strawberry.union("DeleteProviderNodeResult")]


@strawberry.type
class Query:
    """Nodes."""

    @asked("All custom nodes.")
    async def provider_nodes(self, info: Asked) -> list[Node]:
        return list(await services_of(info).nodes.list())

    @asked("One node; null when there is none with this id.")
    async def provider_node(self, info: Asked, id: strawberry.ID) -> Node | None:
        return await info.context.loaders.nodes.load(id)


@strawberry.type
class Mutation:
    """Nodes."""

    @mutation("Make a node. It is used through connections, which hold the keys.")
    async def create_provider_node(self, info: Asked, input: NodeDraft) -> CreateResult:
        return await services_of(info).nodes.create(input)

    @mutation("Change a node.")
    async def update_provider_node(self, info: Asked, id: strawberry.ID, input: NodeChange) -> UpdateResult:
        return await services_of(info).nodes.update(id, input)

    @mutation("Delete a node together with its connections.")
    async def delete_provider_node(self, info: Asked, id: strawberry.ID) -> DeleteResult:
        await services_of(info).nodes.delete(id)
        return Deleted(id=id)
