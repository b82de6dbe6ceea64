"""Every model that is known, by provider, and those that an operator adds."""

from decimal import Decimal
from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import accept
from omniroute.graphql.named import Named, named
from omniroute.graphql.outcome import Deleted, Failed, mutation
from omniroute.graphql.scalars import money
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.kit.errors import NotFound
from omniroute.services.custom_models import CustomModel, CustomModelDraft, ModelKind
from omniroute.services.model_catalogue import CatalogModel, CatalogProvider
from omniroute.services.model_discovery import Discovery
from omniroute.services.model_visibility import Visibility, VisibilityChange

_WINDOW = "How many tokens it takes; null: not known."

enumerate_(
    ModelKind,
    "CustomModelKind",
    "What a model is for.",
    CHAT="Chat.",
    EMBEDDING="Embeddings.",
    IMAGE="Images.",
    TRANSCRIPTION="Transcripts.",
    SPEECH="Speech.",
    MODERATION="Moderation.",
    RERANK="Reranking.",
)
expose(
    CatalogModel,
    "CatalogModel",
    "A model that is known.",
    id="Its name, as the provider calls it.",
    name="Its name for people.",
    type="What it is for.",
    custom="Whether the operator added it.",
    context_window=_WINDOW,
    output_limit="How many tokens it can answer; null: not known.",
    input_modalities="What it takes, such as `text` and `image`; empty: not known.",
    output_modalities="What it answers with; empty: not known.",
    capabilities="What it is known to do: `streaming`, `tools`, `vision`, `reasoning`, `json_schema`.",
    deprecated="Whether its provider has announced its end; null: not known.",
    source="Who named it: `custom`, `discovered`, `connection` or `table`.",
    found_at="When its provider listed it last.",
    hidden="Whether clients cannot see or name it.",
    available="Whether it can be asked for now; null: there is no active connection.",
    input_usd_per_million=Shown(
        words="What a million tokens cost that go in, in US dollars; null: not known.",
        kind=Decimal | None,
        read=money,
    ),
    output_usd_per_million=Shown(
        words="What a million tokens cost that come out, in US dollars; null: not known.",
        kind=Decimal | None,
        read=money,
    ),
)
expose(
    CatalogProvider,
    "CatalogProvider",
    "A provider or node, and its models.",
    id=Shown(words="Its id.", kind=strawberry.ID),
    provider="Its name for people.",
    active="Whether a connection to it is switched on.",
    models="Its models.",
)
expose(
    CustomModel,
    "CustomModel",
    "A model that the operator added.",
    provider="The provider's or node's id.",
    id="Its name, as the provider calls it.",
    name="Its name for people.",
    type="What it is for.",
    context_window=_WINDOW,
    source="Where it comes from: `manual`, or what found it.",
    created_at="When it was added.",
    updated_at="When it was last changed.",
)
accept(
    CustomModelDraft,
    "CustomModelInput",
    "A model to add, or to change when it is there.",
    provider="A provider's id or alias, or a node's id or prefix.",
    model_id="Its name, as the provider calls it.",
    model_name="Its name for people; left out: the same.",
    type="What it is for.",
    context_window="How many tokens it takes.",
    source="Where it comes from: 1 to 16 characters.",
)

expose(
    Discovery,
    "ModelDiscovery",
    "What one connection's provider listed.",
    connection_id=Shown(words="The connection's id.", kind=strawberry.ID),
    provider="The provider's or node's id.",
    origin="The address that was asked.",
    count="How many models it listed.",
    found_at="When it listed them.",
    tried_at="When it was asked last.",
    problem="Why the last try did not work; the models stay as they were.",
)
expose(
    Visibility,
    "ModelVisibility",
    "Which models are hidden from clients.",
    hidden="The names, as provider/model; * stands for any letters.",
)
accept(
    VisibilityChange,
    "ModelVisibilityChange",
    "What to hide or show; what is left out stays.",
    hidden="All names that are hidden.",
    hide="One name to hide as well.",
    show="One name to show again.",
)


@strawberry.type(description="What providers were asked, and what came of it.")
class Discovered:
    """Discoveries."""

    discoveries: list[Discovery] = strawberry.field(description="One for each connection that was asked.")


DiscoverResult = Annotated[Discovered | Failed, strawberry.union("DiscoverModelsResult")]
VisibilityResult = Annotated[Visibility | Failed, strawberry.union("UpdateModelVisibilityResult")]
SetResult = Annotated[CustomModel | Failed, strawberry.union("SetCustomModelResult")]
DeleteResult = Annotated[Deleted | Failed, strawberry.union("DeleteCustomModelResult")]


@strawberry.type
class Query:
    """Known models."""

    @asked("Every model that is known, by the prefix that names of a provider's models have.")
    async def model_catalogue(self, info: Asked) -> list[Named[CatalogProvider]]:
        return named(await services_of(info).model_catalogue.all())

    @asked("When each connection's provider was asked for its models, and what came of it.")
    async def model_discoveries(self, info: Asked) -> list[Discovery]:
        return list(await services_of(info).model_discovery.list())

    @asked("Which models are hidden from clients.")
    async def model_visibility(self, info: Asked) -> Visibility:
        return await services_of(info).model_visibility.get()

    @asked("The models that the operator added, or those of one provider or node.")
    async def custom_models(self, info: Asked, provider: str | None = None) -> list[CustomModel]:
        return list(await services_of(info).custom_models.list(provider))


@strawberry.type
class Mutation:
    """Known models."""

    @mutation("Ask the providers of all active connections, or of one, for their models.")
    async def discover_models(self, info: Asked, connection: strawberry.ID | None = None) -> DiscoverResult:
        service = services_of(info).model_discovery
        found = await service.discover_all() if connection is None else (await service.discover(connection),)
        return Discovered(discoveries=list(found))

    @mutation("Hide models from clients, or show them again.")
    async def update_model_visibility(self, info: Asked, input: VisibilityChange) -> VisibilityResult:
        return await services_of(info).model_visibility.update(input)

    @mutation("Add a model to a provider or node, or change it.")
    async def set_custom_model(self, info: Asked, input: CustomModelDraft) -> SetResult:
        return await services_of(info).custom_models.set(input)

    @mutation("Take a model away that the operator added.")
    async def delete_custom_model(self, info: Asked, provider: str, model: str) -> DeleteResult:
        if not await services_of(info).custom_models.delete(provider, model):
            raise NotFound(f"There is no custom model {model!r} at {provider!r}.", param="model")
        return Deleted(id=strawberry.ID(model))
