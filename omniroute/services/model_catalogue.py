"""Every model that is known, by provider: of the catalogue, of nodes, found at providers, and those operators added."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from omniroute.routing.names import matches
from omniroute.services.availability import Availability
from omniroute.services.custom_models import ModelKind
from omniroute.services.known_models import Knowledge, KnownModel, knowledge_of
from omniroute.services.model_visibility import read_hidden
from omniroute.storage.connections import Connections
from omniroute.storage.custom_models import CustomModels as CustomModelRows
from omniroute.storage.model_discoveries import ModelDiscoveries
from omniroute.storage.nodes import Nodes as NodeRows
from omniroute.storage.rows import ConnectionRow
from omniroute.storage.settings import SettingGroups
from omniroute.upstream.catalogue import CATALOGUE, ProviderRecord
from omniroute.upstream.prices import PriceBook

_NANO = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogModel:
    """A model. Prices in US dollars for a million tokens, windows in tokens; None and () where that is not known.

    `available` is whether it can be asked for now, None without an active connection; `source` is who named it.
    """

    id: str
    name: str
    type: ModelKind
    custom: bool
    context_window: int | None = None
    output_limit: int | None = None
    input_modalities: tuple[str, ...] = ()
    output_modalities: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    deprecated: bool | None = None
    input_usd_per_million: float | None = None
    output_usd_per_million: float | None = None
    source: str
    found_at: datetime | None = None
    hidden: bool = False
    available: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogProvider:
    """A provider or node and its models; `active` when a connection to it is switched on."""

    id: str
    provider: str
    active: bool
    models: tuple[CatalogModel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """What the catalogue is made from."""

    connections: Sequence[ConnectionRow]
    knowledge: Knowledge
    hidden: Sequence[str]
    resting: frozenset[tuple[str, str]]  # provider and model, of those that nobody can be asked for


class ModelCatalogue:
    """Gathers it."""

    def __init__(
        self,
        *,
        nodes: NodeRows,
        connections: Connections,
        custom_models: CustomModelRows,
        discoveries: ModelDiscoveries,
        groups: SettingGroups,
        availability: Callable[[], Availability],
        prices: PriceBook,
    ) -> None:
        self._nodes = nodes
        self._connections = connections
        self._custom_models = custom_models
        self._discoveries = discoveries
        self._groups = groups
        self._availability = availability
        self._prices = prices

    async def all(self) -> Mapping[str, CatalogProvider]:
        """Return the providers by the prefix that their models' names have."""
        sight = _Sight(
            connections=[row for row in await self._connections.list() if row.is_active],
            knowledge=knowledge_of(self._prices, await self._custom_models.list(), await self._discoveries.list()),
            hidden=await read_hidden(self._groups),
            resting=frozenset((one.provider, one.model) for one in self._availability().models),
        )
        found = {
            record.alias: self._provider(record.id, record.name, record.id, record, sight)
            for record in CATALOGUE
            if record.supported
        }
        for node in await self._nodes.list():
            found[node.prefix] = self._provider(node.id, node.name, node.prefix, None, sight)
        return found

    def _provider(
        self, provider: str, name: str, shown: str, record: ProviderRecord | None, sight: _Sight
    ) -> CatalogProvider:
        own = [row for row in sight.connections if row.provider == provider]
        known = sight.knowledge.of(provider, record, own, whole=True)
        usable = any(row.expired_reason is None for row in own)
        models = tuple(self._model(provider, shown, one, sight, usable=usable) for one in known.values())
        return CatalogProvider(id=provider, provider=name, active=bool(own), models=models)

    def _model(self, provider: str, shown: str, one: KnownModel, sight: _Sight, *, usable: bool) -> CatalogModel:
        rate, facts = self._prices.rate(provider, one.id), one.facts
        return CatalogModel(
            id=one.id,
            name=one.name,
            type=ModelKind(one.kind),
            custom=one.source == "custom",
            context_window=facts.context_window,
            output_limit=facts.output_limit,
            input_modalities=facts.input_modalities,
            output_modalities=facts.output_modalities,
            capabilities=facts.capabilities,
            deprecated=facts.deprecated,
            input_usd_per_million=None if rate is None else rate.prices.input / _NANO,
            output_usd_per_million=None if rate is None else rate.prices.output / _NANO,
            source=one.source,
            found_at=one.found_at,
            hidden=any(matches(pattern, f"{shown}/{one.id}") for pattern in sight.hidden),
            available=(shown, one.id) not in sight.resting if usable else None,
        )
