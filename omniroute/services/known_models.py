"""The models of one connection or provider with all that is known of each: one rule for the catalogue and for clients.

For each fact the first that knows it counts: what the operator added, what the provider listed, the table of providers,
the price lists' table. Nothing is guessed; what a wire format gives by itself (streaming of chat) is told as such.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from omniroute.services.moments import moment_or_none
from omniroute.storage.account_rows import DiscoveryRow
from omniroute.storage.rows import ConnectionRow, CustomModelRow
from omniroute.upstream.catalogue import Model, ProviderRecord
from omniroute.upstream.model_facts import NOTHING, ModelFacts, ordered
from omniroute.upstream.prices import PriceBook

CHAT = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model; `source` is who named it: custom, discovered, connection or table."""

    id: str
    name: str
    facts: ModelFacts
    source: str
    found_at: datetime | None = None

    @property
    def kind(self) -> str:
        """What it is for; a model of which nobody says is taken for one that chats."""
        return self.facts.kind or CHAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What is stored of models."""

    prices: PriceBook
    custom: Mapping[str, Sequence[CustomModelRow]] = field(default_factory=dict)  # by provider
    found: Mapping[str, DiscoveryRow] = field(default_factory=dict)  # by connection

    def of(
        self, provider: str, record: ProviderRecord | None, connections: Iterable[ConnectionRow], *, whole: bool = False
    ) -> dict[str, KnownModel]:
        """Return the models of some connections of one provider, by id.

        Where a connection's own list is known the table adds facts and, as lists of providers are about chat, models
        that do not chat; all of its models where the `whole` is wanted.
        """
        rows = list(connections)
        table = {model.id: model for model in record.models} if record else {}
        found: dict[str, KnownModel] = {}
        is_listed = bool(rows) and all(self._lists(row) for row in rows)
        for row in rows:
            for name in _named(row):
                found.setdefault(name, KnownModel(id=name, name=name, facts=NOTHING, source="connection"))
            self._discovered(row, found)
        for name, model in table.items():
            if whole or not is_listed or model.kind != CHAT:
                found.setdefault(name, KnownModel(id=name, name=name, facts=NOTHING, source="table"))
        for added in self.custom.get(provider, ()):
            old = found.get(added.model)
            told = ModelFacts(kind=added.kind, context_window=added.context_window)
            found[added.model] = KnownModel(
                id=added.model,
                name=added.name or (old.name if old else added.model),
                facts=told.over(old.facts) if old else told,
                source="custom",
            )
        return {name: self._completed(provider, one, table.get(name)) for name, one in found.items()}

    def _lists(self, row: ConnectionRow) -> bool:
        discovery = self.found.get(row.id)
        return bool(row.found_models or row.default_model or (discovery and discovery.models))

    def _discovered(self, row: ConnectionRow, found: dict[str, KnownModel]) -> None:
        discovery = self.found.get(row.id)
        for told in discovery.models if discovery else ():
            facts = ModelFacts.read({name: value for name, value in told.items() if name not in {"id", "name"}})
            name = told["id"]
            old = found.get(name)
            found[name] = KnownModel(
                id=name,
                name=told.get("name") or name,
                facts=facts.over(old.facts) if old else facts,
                source="discovered",
                found_at=moment_or_none(discovery.found_at) if discovery else None,
            )

    def _completed(self, provider: str, one: KnownModel, known: Model | None) -> KnownModel:
        kind = one.facts.kind or (known.kind if known else None)
        capabilities = one.facts.capabilities + (("streaming",) if kind in {None, CHAT} else ())
        told = replace(one.facts, capabilities=ordered(capabilities))
        shipped = ModelFacts(
            kind=kind,
            context_window=self.prices.window(provider, one.id),
            deprecated=self.prices.is_deprecated(provider, one.id),
        )
        shown = known.name if known and known.name and one.name == one.id else one.name
        return replace(one, name=shown, facts=told.over(shipped))


def knowledge_of(prices: PriceBook, custom: Iterable[CustomModelRow], discoveries: Iterable[DiscoveryRow]) -> Knowledge:
    """Return what is stored, for looking up."""
    by_provider: dict[str, list[CustomModelRow]] = {}
    for row in custom:
        by_provider.setdefault(row.provider, []).append(row)
    return Knowledge(prices=prices, custom=by_provider, found={one.connection_id: one for one in discoveries})


def _named(row: ConnectionRow) -> Iterable[str]:
    default = (row.default_model,) if row.default_model else ()
    return dict.fromkeys((*default, *row.found_models))
