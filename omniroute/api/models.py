"""Models: those that operators add, and all that are known."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import MISSING, Field

from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, adopt, shape
from omniroute.services.collection import Services
from omniroute.services.custom_models import LONGEST_NAME, MOST_TOKENS, CustomModel, CustomModelDraft
from omniroute.services.model_catalogue import CatalogProvider
from omniroute.services.model_discovery import Discovery
from omniroute.services.model_visibility import MOST_HIDDEN, Visibility, VisibilityChange
from omniroute.services.names import LONGEST_MODEL

_Provider = Annotated[str, Field(min_length=1, max_length=64)]
_Model = Annotated[str, Field(min_length=1, max_length=LONGEST_MODEL)]


@shape
class NewModel(CustomModelDraft):
    """A model to be added to a provider or node, or changed when it is there."""

    provider: _Provider
    model_id: _Model
    model_name: Annotated[str, Field(max_length=LONGEST_NAME)] | None = None
    context_window: Annotated[int, Field(ge=1, le=MOST_TOKENS), WHOLE] | None = None
    source: Annotated[str, Field(min_length=1, max_length=16)] = "manual"


@shape
class DiscoverWhat:
    """Whose provider to ask; without it those of all active connections."""

    connection_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None


@shape
class DiscoveryList:
    """What providers listed, and when."""

    discoveries: Sequence[Discovery]


@shape
class ShownVisibility(Visibility):
    """Which models are hidden."""


@shape
class VisibilityUpdate(VisibilityChange):
    """What to change; `hide` and `show` add one name to the list, or take it out."""

    hidden: Annotated[Sequence[_Model], Field(max_length=MOST_HIDDEN)] | MISSING = MISSING
    hide: _Model | MISSING = MISSING
    show: _Model | MISSING = MISSING


@shape
class OneModel:
    """One model that an operator added."""

    model: CustomModel


@shape
class CustomModelList:
    """The models that operators added."""

    models: Sequence[CustomModel]


@shape
class ModelsQuery:
    """Whose models; all without it."""

    provider: _Provider | None = None


@shape
class ModelQuery:
    """Which model."""

    provider: _Provider
    model: _Model


@shape
class Removed:
    """Whether there was something to remove."""

    removed: bool


@shape
class Catalog:
    """All models that are known, by their provider's prefix."""

    catalog: Mapping[str, CatalogProvider]


async def show_custom(services: Services, call: Call[None, ModelsQuery]) -> CustomModelList:
    """List the models that operators added."""
    return CustomModelList(models=await services.custom_models.list(call.query.provider))


async def add(services: Services, call: Call[NewModel, None]) -> OneModel:
    """Add a model."""
    return OneModel(model=await services.custom_models.set(call.body))


async def remove(services: Services, call: Call[None, ModelQuery]) -> Removed:
    """Remove a model."""
    return Removed(removed=await services.custom_models.delete(call.query.provider, call.query.model))


async def catalog(services: Services, _call: Call[None, None]) -> Catalog:
    """List all models that are known."""
    return Catalog(catalog=await services.model_catalogue.all())


async def discoveries(services: Services, _call: Call[None, None]) -> DiscoveryList:
    """List what was found so far."""
    return DiscoveryList(discoveries=await services.model_discovery.list())


async def discover(services: Services, call: Call[DiscoverWhat, None]) -> DiscoveryList:
    """Ask providers for their models."""
    wanted = call.body.connection_id
    if wanted is None:
        return DiscoveryList(discoveries=await services.model_discovery.discover_all())
    return DiscoveryList(discoveries=[await services.model_discovery.discover(wanted)])


async def show_visibility(services: Services, _call: Call[None, None]) -> ShownVisibility:
    """Show which models are hidden."""
    return adopt(ShownVisibility, await services.model_visibility.get())


async def set_visibility(services: Services, call: Call[VisibilityUpdate, None]) -> ShownVisibility:
    """Hide models, or show them again."""
    return adopt(ShownVisibility, await services.model_visibility.update(call.body))
