"""The models that AI clients can name, and the aliases for them."""

from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import accept
from omniroute.graphql.outcome import Deleted, Failed, mutation
from omniroute.graphql.types import Shown, asked, expose
from omniroute.services.aliases import Alias, AliasDraft
from omniroute.services.model_list import ListedModel

expose(
    ListedModel,
    "Model",
    "A model or combo that AI clients can name now.",
    id=Shown(words="The name to write.", kind=strawberry.ID),
    owned_by="The provider's name, or `combo`.",
    kind="What it is for, such as `chat` or `embedding`; null: a combo or an alias.",
)
expose(
    Alias,
    "ModelAlias",
    "Another name for a model or combo.",
    alias="What a client may write; * stands for any letters.",
    model="What it means.",
    position="Lower comes first, where several cover a name.",
    is_wildcard="Whether it covers more than one name.",
    created_at="When it was made.",
    updated_at="When it was last changed.",
)
accept(
    AliasDraft,
    "ModelAliasInput",
    "An alias to set, over what it meant before.",
    alias="What a client may write; * stands for any letters.",
    model="What it means: any name of a model or combo.",
    position="Lower comes first; left out: it keeps its own, or comes last.",
)

SetResult = Annotated[Alias | Failed, strawberry.union("SetModelAliasResult")]
DeleteResult = Annotated[Deleted | Failed, strawberry.union("DeleteModelAliasResult")]


@strawberry.type
class Query:
    """Models and aliases."""

    @asked("The models and combos that AI clients can name now, in the order in which they get them.")
    def models(self, info: Asked) -> list[ListedModel]:
        return list(services_of(info).model_list.list())

    @asked("All aliases, in the order in which they apply.")
    async def model_aliases(self, info: Asked) -> list[Alias]:
        return list(await services_of(info).aliases.list())


@strawberry.type
class Mutation:
    """Aliases."""

    @mutation("Set an alias, over what it meant before.")
    async def set_model_alias(self, info: Asked, input: AliasDraft) -> SetResult:
        return await services_of(info).aliases.set(input)

    @mutation("Remove an alias.")
    async def delete_model_alias(self, info: Asked, alias: str) -> DeleteResult:
        await services_of(info).aliases.delete(alias)
        return Deleted(id=strawberry.ID(alias))
