"""Every model that is known, by provider: of the catalogue, of nodes, and those that operators added."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from omniroute.services.custom_models import ModelKind
from omniroute.storage.connections import Connections
from omniroute.storage.custom_models import CustomModels as CustomModelRows
from omniroute.storage.nodes import Nodes as NodeRows
from omniroute.storage.rows import ConnectionRow, CustomModelRow
from omniroute.upstream.catalogue import CATALOGUE, ProviderRecord
from omniroute.upstream.prices import PriceBook

_NANO = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogModel:
    """A model. Prices in US dollars for a million tokens, `context_window` in tokens; None where that is not known."""

    id: str
    name: str
    type: ModelKind
    custom: bool
    context_window: int | None = None
    input_usd_per_million: float | None = None
    output_usd_per_million: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogProvider:
    """A provider or node and its models; `active` when a connection to it is switched on."""

    id: str
    provider: str
    active: bool
    models: tuple[CatalogModel, ...]


class ModelCatalogue:
    """Gathers it."""

    def __init__(
        self, *, nodes: NodeRows, connections: Connections, custom_models: CustomModelRows, prices: PriceBook
    ) -> None:
        self._nodes = nodes
        self._connections = connections
        self._custom_models = custom_models
        self._prices = prices

    async def all(self) -> Mapping[str, CatalogProvider]:
        """Return the providers by the prefix that their models' names have."""
        connections = [row for row in await self._connections.list() if row.is_active]
        custom = await self._custom_models.list()
        found = {
            record.alias: self._provider(record.id, record.name, _of_record(record), connections, custom)
            for record in CATALOGUE
            if record.supported
        }
        for node in await self._nodes.list():
            found[node.prefix] = self._provider(node.id, node.name, (), connections, custom)
        return found

    def _provider(
        self,
        provider: str,
        name: str,
        known: Iterable[tuple[str, str, ModelKind]],
        connections: Sequence[ConnectionRow],
        custom: Iterable[CustomModelRow],
    ) -> CatalogProvider:
        own = [row for row in connections if row.provider == provider]
        models = {model: self._model(provider, model, shown, kind) for model, shown, kind in known}
        for row in own:
            for model in (*((row.default_model,) if row.default_model else ()), *row.found_models):
                models.setdefault(model, self._model(provider, model, model, ModelKind.CHAT))
        for added in custom:
            if added.provider == provider:
                models[added.model] = self._model(
                    provider, added.model, added.name or added.model, ModelKind(added.kind), added
                )
        return CatalogProvider(id=provider, provider=name, active=bool(own), models=tuple(models.values()))

    def _model(
        self, provider: str, model: str, name: str, kind: ModelKind, added: CustomModelRow | None = None
    ) -> CatalogModel:
        rate = self._prices.rate(provider, model)
        return CatalogModel(
            id=model,
            name=name,
            type=kind,
            custom=added is not None,
            context_window=None if added is None else added.context_window,
            input_usd_per_million=None if rate is None else rate.prices.input / _NANO,
            output_usd_per_million=None if rate is None else rate.prices.output / _NANO,
        )


def _of_record(record: ProviderRecord) -> Iterable[tuple[str, str, ModelKind]]:
    return ((model.id, model.name or model.id, ModelKind(model.kind)) for model in record.models)
