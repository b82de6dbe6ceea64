"""Connections: accounts and keys at providers."""

from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import accept
from omniroute.graphql.outcome import Deleted, Failed, mutation
from omniroute.graphql.types import Shown, asked, expose
from omniroute.services.nodes import Node
from omniroute.services.providers import Connection, ConnectionChange, ConnectionDraft
from omniroute.upstream.catalogue import ProviderRecord, find


@asked("The provider in the catalogue; null for a custom node.")
def _provider(self: Connection) -> ProviderRecord | None:
    return find(self.provider)


@asked("The custom node; null for a provider of the catalogue.")
async def _node(self: Connection, info: Asked) -> Node | None:
    return None if find(self.provider) else await info.context.loaders.nodes.load(self.provider)


expose(
    Connection,
    "ProviderConnection",
    "An account or key at a provider or custom node. Its key never comes out again.",
    id=Shown(words="Stable id.", kind=strawberry.ID),
    provider=Shown(words="The provider's or node's id.", kind=strawberry.ID),
    name="What the operator calls it.",
    auth_type="What it shows the provider: `apiKey`, `oauth` or `none`.",
    priority="Lower is tried first, from 1.",
    weight="How often it is chosen beside others, where that is by weight.",
    max_concurrent="How many requests it takes at once; null: any number.",
    default_model="The model that its tests use.",
    is_active="Whether requests may use it.",
    base_url="The address, where it is not the provider's own.",
    local="Whether its address may lie in a private network.",
    source="Who made it: `manual`, `environment`, `discovered` or `builtin`.",
    api_key_hint="Its key masked.",
    status="`ready`, `cooling` while it is left alone, or `expired` when it must be signed in anew.",
    cooldown_until="Until when it is left alone.",
    last_error="The words of its last failure, or why its sign-in is over.",
    expires_at="When its access token ends; null: not known, or it has a key.",
    created_at="When it was made.",
    updated_at="When it was last changed.",
    also={"catalogue_entry": _provider, "node": _node},
)
accept(
    ConnectionDraft,
    "ProviderConnectionInput",
    "A new connection.",
    provider="A provider's id or alias, or a node's id or prefix.",
    name="What to call it: 1 to 200 characters, once for each provider.",
    api_key="The key at the provider.",
    base_url="Another address than the provider's own.",
    local="Whether the address may lie in a private network.",
    priority="Lower is tried first: 1 to 1,000.",
    weight="How often it is chosen beside others: 1 to 1,000.",
    max_concurrent="How many requests it takes at once; left out: any number.",
    default_model="The model that its tests use.",
    is_active="Whether requests may use it.",
)
accept(
    ConnectionChange,
    "ProviderConnectionChange",
    "What to change of a connection; what is left out stays. An address elsewhere needs the key again.",
    name="What to call it.",
    api_key="The key at the provider; null takes it away.",
    base_url="Another address than the provider's own; null: its own.",
    local="Whether the address may lie in a private network.",
    priority="Lower is tried first: 1 to 1,000.",
    weight="How often it is chosen beside others: 1 to 1,000.",
    max_concurrent="How many requests it takes at once; null: any number.",
    default_model="The model that its tests use; null: none.",
    is_active="Whether requests may use it.",
)

CreateResult = Annotated[Connection | Failed, strawberry.union("CreateProviderConnectionResult")]
UpdateResult = Annotated[Connection | Failed, strawberry.union("UpdateProviderConnectionResult")]
DeleteResult = Annotated[Deleted | Failed, strawberry.union("DeleteProviderConnectionResult")]


@strawberry.type
class Query:
    """Connections."""

    @asked("All connections, in the order in which they are tried; or those of one provider or node.")
    async def provider_connections(self, info: Asked, provider: strawberry.ID | None = None) -> list[Connection]:
        found = await services_of(info).providers.list()
        return [one for one in found if provider in {None, one.provider}]

    @asked("One connection; null when there is none with this id.")
    async def provider_connection(self, info: Asked, id: strawberry.ID) -> Connection | None:
        return await info.context.loaders.connections.load(id)


@strawberry.type
class Mutation:
    """Connections."""

    @mutation("Make a connection.")
    async def create_provider_connection(self, info: Asked, input: ConnectionDraft) -> CreateResult:
        return await services_of(info).providers.create(input)

    @mutation("Change a connection.")
    async def update_provider_connection(self, info: Asked, id: strawberry.ID, input: ConnectionChange) -> UpdateResult:
        return await services_of(info).providers.update(id, input)

    @mutation("Delete a connection and its key.")
    async def delete_provider_connection(self, info: Asked, id: strawberry.ID) -> DeleteResult:
        await services_of(info).providers.delete(id)
        return Deleted(id=id)
