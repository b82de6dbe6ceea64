"""What models cost: the prices that hold, an operator's own over them, and reckoning requests anew."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.named import Named, named
from omniroute.graphql.outcome import Done, Failed, mutation
from omniroute.graphql.pages import PAGE, After, First, Page, checked, page
from omniroute.graphql.scalars import Long, money
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.services.pricing import ListedPrice, ModelPrice, RerateDraft, RerateResult
from omniroute.services.rules import fault

_WORDS = {
    "input": "For input",
    "output": "For output",
    "cached": "For input that comes from the provider's cache",
    "reasoning": "For output that the model thinks with",
    "cache_creation": "For input that is kept five minutes",
    "cache_creation_hour": "For input that is kept an hour",
    "audio_input": "For sound that goes in",
    "audio_output": "For sound that comes out",
    "image_input": "For images that go in",
    "image_output": "For images that come out",
}
_OWN = ("input", "output")
_EACH = {
    "request": "For each request, in US dollars; null: nothing.",
    "image": "For each picture that is made, in US dollars; null: nothing.",
    "audio_minute": "For each minute of sound, in US dollars; null: nothing.",
    "characters": "For a million letters that are spoken, in US dollars; null: nothing.",
    "search": "For each search, in US dollars; null: nothing.",
}


class PriceSource(StrEnum):
    """Where a price comes from."""

    CATALOG = "catalog"
    OVERRIDE = "override"
    LOCAL = "local"


class PriceInput(ModelPrice):
    """A price as it comes in: a class is a type or an input, never both."""


def _words(name: str) -> str:
    ending = "" if name in _OWN else "; null: as input or output"
    return f"{_WORDS[name]}, in US dollars for a million tokens{ending}."


_SHOWN: Mapping[str, Any] = {
    **{
        name: Shown(words=_words(name), kind=Decimal if name in _OWN else Decimal | None, read=money) for name in _WORDS
    },
    **{name: Shown(words=words, kind=Decimal | None, read=money) for name, words in _EACH.items()},
}
_TAKEN: Mapping[str, Any] = {
    **{
        name: Taken(words=_words(name), kind=Decimal if name in _OWN else Decimal | None, read=float) for name in _WORDS
    },
    **{name: Taken(words=words, kind=Decimal | None, read=float) for name, words in _EACH.items()},
}

enumerate_(
    PriceSource,
    "PriceSource",
    "Where a price comes from.",
    CATALOG="The price list of the package.",
    OVERRIDE="The operator.",
    LOCAL="It runs on the operator's own machines and costs nothing.",
)
expose(ModelPrice, "ModelPrice", "What a model costs.", **_SHOWN)
expose(
    ListedPrice,
    "ListedPrice",
    "What a model costs now.",
    **_SHOWN,
    source=Shown(words="Where the price comes from.", kind=PriceSource, read=PriceSource),
    version="What the request log names as its price list.",
    above=Shown(
        words="Prices of a whole request whose input is longer than so many tokens.",
        kind=list[Named[ModelPrice]],
        read=named,
    ),
    services=Shown(
        words="Prices of service tiers: flex, priority, fast, batch.", kind=list[Named[ModelPrice]], read=named
    ),
)
accept(PriceInput, "ModelPriceInput", "What a model costs.", **_TAKEN)
accept(
    RerateDraft,
    "RerateInput",
    "Which requests to reckon anew.",
    since="From when on.",
    until="Up to when.",
    model="Only of this model, as the provider calls it; left out: all.",
    provider="Only of this provider; left out: all.",
)
expose(
    RerateResult,
    "Rerating",
    "What came of reckoning anew.",
    requests=Shown(words="How many requests were looked at.", kind=Long),
    changed=Shown(words="How many cost something else now.", kind=Long),
    skipped=Shown(words="How many keep their cost, as their tokens or their model's price are not known.", kind=Long),
    before=Shown(words="What they cost in all before, in US dollars.", kind=Decimal, read=money),
    after=Shown(words="What they cost in all now, in US dollars.", kind=Decimal, read=money),
)


@strawberry.type(description="What one model of a provider costs.")
class Priced:
    """A provider, a model and its price."""

    provider: str = strawberry.field(description="The provider's id, or a node's.")
    model: str = strawberry.field(description="The model, as the provider calls it.")
    price: ListedPrice = strawberry.field(description="Its price.")


@strawberry.input(description="What one model of a provider shall cost.")
class PricedInput:
    """A provider, a model and its price, as they come in."""

    provider: str = strawberry.field(description="The provider's id, or a node's.")
    model: str = strawberry.field(description="The model, as the provider calls it.")
    price: PriceInput = strawberry.field(description="Its price.")


@strawberry.type(description="The operator's own prices.")
class OwnPrices:
    """A union has no room for a list."""

    prices: list[Priced] = strawberry.field(description="The prices.")


Search = Annotated[str | None, strawberry.argument(description="A part of provider/model, in any case.")]
SetResult = Annotated[OwnPrices | Failed, strawberry.union("SetPricesResult")]
DeleteResult = Annotated[Done | Failed, strawberry.union("DeletePricesResult")]
RerateOutcome = Annotated[RerateResult | Failed, strawberry.union("RerateResult")]


@strawberry.type
class Query:
    """Prices."""

    @asked("The prices that hold now, by provider and model, page by page.")
    async def prices(
        self, info: Asked, provider: str | None = None, search: Search = None, first: First = PAGE, after: After = None
    ) -> Page[Priced]:
        wanted, words = checked(first), (search or "").lower()
        listed = _listed(await services_of(info).pricing.list(provider))
        found = sorted((one for one in listed if words in _cursor(one).lower()), key=_cursor)
        rest = [one for one in found if after is None or _cursor(one) > after]
        return page(rest[: wanted + 1], wanted, after, _cursor)

    @asked("The operator's own prices.")
    async def price_overrides(self, info: Asked) -> list[Priced]:
        return _listed(await services_of(info).pricing.overrides())

    @asked("Which price list the package came with.")
    def price_list_version(self, info: Asked) -> str:
        return services_of(info).pricing.version


@strawberry.type
class Mutation:
    """Prices."""

    @mutation("Set prices of one's own, all of them or none.")
    async def set_prices(self, info: Asked, input: list[PricedInput]) -> SetResult:
        return OwnPrices(prices=_listed(await services_of(info).pricing.set(_table(input))))

    @mutation("Remove prices of one's own: all, a provider's, or one model's. The package's hold again then.")
    async def delete_prices(self, info: Asked, provider: str | None = None, model: str | None = None) -> DeleteResult:
        removed = await services_of(info).pricing.delete(provider, model)
        return Done(message=f"{removed} removed")

    @mutation("Reckon requests anew by the prices that hold now; sums and budgets follow.")
    async def rerate(self, info: Asked, input: RerateDraft) -> RerateOutcome:
        return await services_of(info).pricing.rerate(input)


def _cursor(one: Priced) -> str:
    return f"{one.provider}/{one.model}"


def _listed(found: Mapping[str, Mapping[str, ListedPrice]]) -> list[Priced]:
    return [
        Priced(provider=provider, model=model, price=price)
        for provider, models in found.items()
        for model, price in models.items()
    ]


def _table(given: Sequence[PricedInput]) -> Mapping[str, Mapping[str, ModelPrice]]:
    table: dict[str, dict[str, ModelPrice]] = {}
    for number, one in enumerate(given):
        models = table.setdefault(one.provider, {})
        if one.model in models:
            raise fault(f"input.{number}.model", f"{one.provider}/{one.model} stands there twice")
        models[one.model] = one.price
    return table
