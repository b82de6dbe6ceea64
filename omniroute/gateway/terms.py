"""What each caller is held to, spelled out once for a snapshot, so that a request only looks it up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from omniroute.kit.addresses import Network, networks
from omniroute.routing.limits import Rates
from omniroute.routing.names import matches
from omniroute.services.limits import Limits
from omniroute.state.limits import Bound
from omniroute.storage.rows import KeyRow

EVERYONE = "all"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CallerTerms:
    """What one caller is held to. `own` is the key's own bound, which the answers' headers tell of."""

    bounds: tuple[Bound, ...]
    own: Bound | None = None
    models: tuple[str, ...] = ()
    providers: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    counts_tokens: bool = False

    @property
    def is_choosy(self) -> bool:
        """Whether the caller may use some models only."""
        return bool(self.models or self.providers)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terms:
    """All terms of a snapshot. `keys` has those that differ from `rest`, which is None when nothing is limited."""

    limits: Limits = field(default_factory=Limits)
    keys: Mapping[str, CallerTerms] = field(default_factory=dict)
    rest: CallerTerms | None = None

    def of(self, key: KeyRow | None) -> CallerTerms | None:
        """Return what a caller is held to, None for nothing."""
        return self.rest if key is None else self.keys.get(key.id, self.rest)

    def on_route(self, connection_id: str, capacity: int | None, model: str) -> tuple[Bound, ...]:
        """Return what holds for a model (`provider/model`) at a connection with a capacity of its own."""
        found: list[Bound] = []
        rates = _connection(self.limits, connection_id, capacity)
        if not rates.is_empty:
            found.append(Bound(scope=f"connection:{connection_id}", name=f"connection {connection_id}", rates=rates))
        for pattern, limits in self.limits.models.items():
            if matches(pattern, model) and not limits.rates.is_empty:
                found.append(Bound(scope=f"model:{pattern}", name=f"model {pattern}", rates=limits.rates))
        return tuple(found)


def _connection(limits: Limits, connection_id: str, capacity: int | None) -> Rates:
    """Return a connection's limits: of two capacities the smaller holds."""
    own = limits.connections.get(connection_id)
    if own is None:
        return Rates(concurrent=capacity)
    given = [one for one in (own.concurrent_requests, capacity) if one is not None]
    return Rates(
        requests_per_minute=own.requests_per_minute,
        tokens_per_minute=own.tokens_per_minute,
        concurrent=min(given, default=None),
    )


def terms_of(limits: Limits, keys: Iterable[KeyRow]) -> Terms:
    """Spell out what holds for whom."""
    common = [] if limits.rates.is_empty else [Bound(scope=EVERYONE, name="this gateway", rates=limits.rates)]
    rest = CallerTerms(bounds=tuple(common), counts_tokens=_counts(common)) if common else None
    found = ((key.id, _terms(key, common)) for key in keys)
    return Terms(limits=limits, rest=rest, keys={key_id: terms for key_id, terms in found if terms is not None})


def _terms(key: KeyRow, common: Sequence[Bound]) -> CallerTerms | None:
    rates = Rates(
        requests_per_minute=key.requests_per_minute,
        tokens_per_minute=key.tokens_per_minute,
        concurrent=key.max_concurrent,
    )
    own = None if rates.is_empty else Bound(scope=f"key:{key.id}", name="this key", rates=rates)
    if own is None and not (key.allowed_models or key.allowed_providers or key.allowed_addresses):
        return None
    bounds = [*common, *([own] if own is not None else [])]
    return CallerTerms(
        bounds=tuple(bounds),
        own=own,
        models=key.allowed_models,
        providers=frozenset(key.allowed_providers),
        networks=networks(",".join(key.allowed_addresses)),
        counts_tokens=_counts(bounds),
    )


def _counts(bounds: Iterable[Bound]) -> bool:
    return any(bound.rates.tokens_per_minute is not None for bound in bounds)
