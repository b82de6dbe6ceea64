"""The gateway's own keys."""

from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import accept
from omniroute.graphql.outcome import Deleted, Failed, mutation
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.services.keys import Key, KeyChange, KeyDraft, NewKey, Scope

enumerate_(
    Scope,
    "KeyScope",
    "What a key may do.",
    INFERENCE="Call models.",
    ADMIN="Manage the gateway, by REST and GraphQL.",
    METRICS="Read the metrics at /metrics, and nothing else.",
)
expose(
    Key,
    "ApiKey",
    "A key of the gateway, which AI clients and scripts present. Its text is never shown again.",
    id=Shown(words="Stable id.", kind=strawberry.ID),
    name="What the operator calls it.",
    key="The key masked: its first and its last letters.",
    scopes="What it may do.",
    is_active="Whether it opens anything now.",
    expires_at="When it ends by itself; null: never.",
    rpm="Requests in any 60 seconds; null: no limit.",
    tpm="Tokens in any 60 seconds; null: no limit.",
    max_concurrent="Calls under way at once; null: no limit.",
    allowed_models="Patterns (* and ?) of the models that it may use; empty: all.",
    allowed_providers="Ids or prefixes of the providers that it may use; empty: all.",
    allowed_addresses="Addresses and CIDR ranges that it may be used from; empty: all.",
    no_log="Nothing is kept of its requests but what money needs.",
    previous_until="Until then its text before the last rotation is good too.",
    created_at="When it was made.",
    updated_at="When it was last changed.",
)
accept(
    KeyDraft,
    "ApiKeyInput",
    "A new key.",
    name="What to call it: 1 to 200 characters.",
    scopes="What it may do: INFERENCE alone when left out.",
    expires_at="When it ends by itself, with a time zone; left out: never.",
    rpm="Requests in any 60 seconds; null: no limit.",
    tpm="Tokens in any 60 seconds; null: no limit.",
    max_concurrent="Calls under way at once; null: no limit.",
    allowed_models="Patterns (* and ?) of the models that it may use; empty: all.",
    allowed_providers="Ids or prefixes of the providers that it may use; empty: all.",
    allowed_addresses="Addresses and CIDR ranges that it may be used from; empty: all.",
    no_log="Nothing is kept of its requests but what money needs.",
)
accept(
    KeyChange,
    "ApiKeyChange",
    "What to change of a key; what is left out stays.",
    name="What to call it.",
    scopes="What it may do.",
    is_active="Whether it opens anything.",
    expires_at="When it ends by itself; null: never.",
    rpm="Requests in any 60 seconds; null: no limit.",
    tpm="Tokens in any 60 seconds; null: no limit.",
    max_concurrent="Calls under way at once; null: no limit.",
    allowed_models="Patterns (* and ?) of the models that it may use; empty: all.",
    allowed_providers="Ids or prefixes of the providers that it may use; empty: all.",
    allowed_addresses="Addresses and CIDR ranges that it may be used from; empty: all.",
    no_log="Nothing is kept of its requests but what money needs.",
)


@strawberry.type(description="A key just made, with its text: the only time that it is shown.")
class CreatedApiKey:
    """The key, and its text once."""

    text: str = strawberry.field(description="The whole key. Keep it now: the gateway does not.")
    key: Key = strawberry.field(description="The key as it is shown from now on.")


CreateApiKeyResult = Annotated[CreatedApiKey | Failed, strawberry.union("CreateApiKeyResult")]
UpdateApiKeyResult = Annotated[Key | Failed, strawberry.union("UpdateApiKeyResult")]
DeleteApiKeyResult = Annotated[Deleted | Failed, strawberry.union("DeleteApiKeyResult")]


@strawberry.type
class Query:
    """Keys."""

    @asked("All keys, the oldest first.")
    async def api_keys(self, info: Asked) -> list[Key]:
        return list(await services_of(info).keys.list())

    @asked("One key; null when there is none with this id.")
    async def api_key(self, info: Asked, id: strawberry.ID) -> Key | None:
        return await info.context.loaders.keys.load(id)


@strawberry.type
class Mutation:
    """Keys."""

    @mutation("Make a key. Its text is in the answer, once.")
    async def create_api_key(self, info: Asked, input: KeyDraft) -> CreateApiKeyResult:
        made: NewKey = await services_of(info).keys.create(input)
        return CreatedApiKey(text=made.secret.reveal(), key=made.record)

    @mutation("Change a key; its text stays.")
    async def update_api_key(self, info: Asked, id: strawberry.ID, input: KeyChange) -> UpdateApiKeyResult:
        return await services_of(info).keys.update(id, input)

    @mutation("Give a key a new text, shown once; the old one stays good for so many seconds.")
    async def rotate_api_key(self, info: Asked, id: strawberry.ID, grace_seconds: int = 0) -> CreateApiKeyResult:
        made: NewKey = await services_of(info).keys.rotate(id, grace_seconds)
        return CreatedApiKey(text=made.secret.reveal(), key=made.record)

    @mutation("Revoke a key for good. What it has open ends at once.")
    async def delete_api_key(self, info: Asked, id: strawberry.ID) -> DeleteApiKeyResult:
        await services_of(info).keys.delete(id)
        return Deleted(id=id)
