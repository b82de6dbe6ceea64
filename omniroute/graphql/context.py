"""What resolvers have at hand for one operation: the services, who asks, and loaders that read each noun once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader
from strawberry.types import Info

from omniroute.edge.admission import Caller
from omniroute.services.collection import Services
from omniroute.services.combo_metrics import ComboMetrics
from omniroute.services.combos import Combo
from omniroute.services.keys import Key
from omniroute.services.login import Visitor
from omniroute.services.nodes import Node
from omniroute.services.providers import Connection

V = TypeVar("V")


class Loaders:
    """Read by id, each noun with one query, however many fields ask."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @cached_property
    def keys(self) -> DataLoader[str, Key | None]:
        """The gateway's keys."""
        return _by_id(self._services.keys.list, lambda one: one.id)

    @cached_property
    def connections(self) -> DataLoader[str, Connection | None]:
        """Connections."""
        return _by_id(self._services.providers.list, lambda one: one.id)

    @cached_property
    def combos(self) -> DataLoader[str, Combo | None]:
        """Combos."""
        return _by_id(self._services.combos.list, lambda one: one.id)

    @cached_property
    def combo_metrics(self) -> DataLoader[str, ComboMetrics | None]:
        """Combos' figures by their names."""

        async def load(names: list[str]) -> list[ComboMetrics | None]:
            found = self._services.combo_measures.all()
            return [found.get(name) for name in names]

        return DataLoader(load_fn=load, cache=False)

    @cached_property
    def connections_of(self) -> DataLoader[str, list[Connection]]:
        """Connections by the provider or node that they belong to."""

        async def load(owners: list[str]) -> list[list[Connection]]:
            found = await self._services.providers.list()
            return [[one for one in found if one.provider == owner] for owner in owners]

        return DataLoader(load_fn=load, cache=False)

    @cached_property
    def nodes(self) -> DataLoader[str, Node | None]:
        """Custom nodes."""
        return _by_id(self._services.nodes.list, lambda one: one.id)


@dataclass(slots=True, kw_only=True)
class Context:
    """One operation. `caller` is who was admitted."""

    services: Services
    caller: Caller
    visitor: Visitor
    request_id: str
    surface: str = "graphql"
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.services)


Asked = Info[Context, None]


def services_of(info: Asked) -> Services:
    """Return the services."""
    return info.context.services


def _by_id(read: Callable[[], Awaitable[tuple[V, ...]]], name: Callable[[V], str]) -> DataLoader[str, V | None]:
    async def load(ids: list[str]) -> list[V | None]:
        found: Mapping[str, Any] = {name(one): one for one in await read()}
        return [found.get(one) for one in ids]

    # Without a cache, as a mutation may have changed what an earlier field of the same operation read.
    return DataLoader(load_fn=load, cache=False)
