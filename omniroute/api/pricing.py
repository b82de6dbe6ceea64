"""Prices: those that come with the package, an operator's own over them, and requests reckoned anew."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AwareDatetime, Field, RootModel

from omniroute.api.operation import Call, Reply
from omniroute.api.shapes import Done, adopt, shape
from omniroute.services.collection import Services
from omniroute.services.pricing import (
    LONGEST_MODEL,
    LONGEST_PROVIDER,
    MOST_USD,
    ListedPrice,
    ModelPrice,
    RerateDraft,
    RerateResult,
)

_Dollars = Annotated[float, Field(ge=0, le=MOST_USD)]
_Provider = Annotated[str, Field(min_length=1, max_length=LONGEST_PROVIDER)]
_Model = Annotated[str, Field(min_length=1, max_length=LONGEST_MODEL)]


@shape
class NewPrice(ModelPrice):
    """US dollars for a million tokens of each kind, and for what is no token; left out: no price of its own."""

    input: _Dollars
    output: _Dollars
    cached: _Dollars | None = None
    reasoning: _Dollars | None = None
    cache_creation: _Dollars | None = None
    cache_creation_hour: _Dollars | None = None
    audio_input: _Dollars | None = None
    audio_output: _Dollars | None = None
    image_input: _Dollars | None = None
    image_output: _Dollars | None = None
    request: _Dollars | None = None
    image: _Dollars | None = None
    audio_minute: _Dollars | None = None
    characters: _Dollars | None = None
    search: _Dollars | None = None


class NewPrices(RootModel[Mapping[_Provider, Mapping[_Model, NewPrice]]]):
    """Prices by provider and model; others stay as they are."""


@shape
class PriceQuery:
    """Which prices: of one provider, or an operator's own only."""

    provider: _Provider | None = None
    overrides: bool = False


@shape
class PriceName:
    """Which of the operator's own prices; without a name all."""

    provider: _Provider | None = None
    model: _Model | None = None


@shape
class RerateInput(RerateDraft):
    """Which requests to reckon anew."""

    since: AwareDatetime
    until: AwareDatetime
    model: _Model | None = None
    provider: _Provider | None = None


PriceTable = Mapping[str, Mapping[str, ListedPrice]]


@shape
class ShownRerate(RerateResult):
    """What requests cost by the prices of now."""


async def show(services: Services, call: Call[None, PriceQuery]) -> Reply:
    """Show prices by provider and model."""
    query = call.query
    table = await (services.pricing.overrides() if query.overrides else services.pricing.list(query.provider))
    if query.overrides and query.provider is not None:
        table = {name: models for name, models in table.items() if name == query.provider}
    return Reply(value=table, headers={"x-omniroute-price-version": services.pricing.version})


async def put(services: Services, call: Call[NewPrices, None]) -> PriceTable:
    """Set own prices; answer with all own prices."""
    table = {
        provider: {model: adopt(ModelPrice, price) for model, price in models.items()}
        for provider, models in call.body.root.items()
    }
    return await services.pricing.set(table)


async def delete(services: Services, call: Call[None, PriceName]) -> Done:
    """Remove own prices."""
    removed = await services.pricing.delete(call.query.provider, call.query.model)
    return Done(message=f"{removed} own price(s) removed: those of the catalog hold again")


async def rerate(services: Services, call: Call[RerateInput, None]) -> ShownRerate:
    """Reckon requests anew."""
    return adopt(ShownRerate, await services.pricing.rerate(call.body))
