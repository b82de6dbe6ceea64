"""The snapshot: an immutable picture of the configuration that requests read. A request keeps the one it began with.

It is built off the hot path whenever something changes: secrets are open, headers and addresses spelled out, so that a
request only looks things up. `plans` remembers what each model name resolved to, as long as the snapshot lives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from yarl import URL

from omniroute.formats.hub import Format, Json
from omniroute.formats.kinds import Kind
from omniroute.gateway.refreshing import Refresh
from omniroute.gateway.shape import Shaping
from omniroute.gateway.terms import Terms
from omniroute.gateway.traffic import Load, Scope
from omniroute.routing.addresses import AddressFilter
from omniroute.routing.breaker import BreakerScope, scopes_of
from omniroute.routing.conditions import Condition
from omniroute.routing.names import Names, matches
from omniroute.routing.policies import Rule
from omniroute.routing.profiles import Patience, Profile, RequestLimits
from omniroute.routing.strategies import Strategy
from omniroute.services.balancing import Balance
from omniroute.services.cache import CacheSettings
from omniroute.services.combos import Combo, ComboConfig
from omniroute.services.known_models import KnownModel
from omniroute.services.proxies import KnownProxies
from omniroute.state.limits import Bound
from omniroute.storage.rows import KeyRow
from omniroute.upstream.catalogue import ProviderRecord
from omniroute.upstream.client import Endpoint
from omniroute.upstream.endpoints import Purpose
from omniroute.upstream.model_facts import NOTHING, ModelFacts
from omniroute.upstream.offers import Offer
from omniroute.upstream.rates import Rate

MAX_PLANS = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """A model at a connection: all that a try needs. `whole` and `stream`: where each kind of request goes."""

    provider: str  # the name shown to people: catalogue id or node prefix
    connection_id: str
    connection_name: str
    model: str  # as the upstream calls it
    format: Format
    whole: Endpoint
    stream: Endpoint
    rate: Rate | None
    repairs: tuple[str, ...] = ()
    profile: Profile = field(default_factory=Profile)
    refresh: Refresh | None = None
    offer: Offer | None = None  # how it is asked for what is no chat
    scopes: tuple[BreakerScope, BreakerScope, BreakerScope] = field(init=False)  # the breakers that stand before it

    def __post_init__(self) -> None:
        object.__setattr__(self, "scopes", scopes_of(self.provider, self.connection_id, self.model))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Account:
    """A connection as the data plane sees it."""

    connection_id: str
    name: str
    provider_id: str  # catalogue id or node id
    provider: str  # the name shown: catalogue id or node prefix
    format: Format
    of: ProviderRecord | Format  # what knows the endpoints' layout
    base_url: str | None  # overrides the record's own
    headers: Mapping[str, str] = field(repr=False)
    local: bool
    weight: int = 1
    max_concurrent: int | None = None
    repairs: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    known: Mapping[str, KnownModel] = field(default_factory=dict)  # of all kinds, by id
    profile: Profile = field(default_factory=Profile)
    refresh: Refresh | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiredAccount:
    """A connection whose sign-in is over, and why; no request uses it."""

    connection_id: str
    name: str
    provider: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One line of the model list."""

    id: str
    owned_by: str
    name: str = ""
    facts: ModelFacts = NOTHING
    about: Json = field(default_factory=dict)  # what the list says besides of a model that does not chat

    @property
    def kind(self) -> Kind:
        """What it is for; a model of which nobody says is taken for one that chats."""
        return Kind(self.facts.kind or Kind.CHAT)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Route:
    """One way to one target: through which groups it leads, and what a request must be like to take it.

    `steps` pairs each group passed with the figures of the member taken there.
    """

    target: Target
    id: tuple[str, str]  # connection and model
    steps: tuple[tuple[Scope, Load], ...]
    conditions: tuple[Condition, ...] = ()
    bounds: tuple[Bound, ...] = ()  # limits of its connection and model


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Option:
    """One member of a group: an account, or a target of a combo with all that is below it."""

    load: Load
    routes: tuple[Route, ...]  # all below it
    inner: "Choice | None" = None  # None: there is one route
    weight: int = 1
    capacity: int | None = None
    window: int | None = None
    condition: Condition | None = None
    rates: tuple[Rate, ...] = ()
    flat: tuple[int, int, int] | None = None  # what a token in, a token out, a request cost, where that is fixed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """A group that is chosen from, its members in the operator's order. `sticky` is for round-robin."""

    strategy: Strategy
    sticky: int
    scope: Scope
    options: tuple[Option, ...]

    @property
    def routes(self) -> tuple[Route, ...]:
        """All ways below it."""
        return tuple(route for option in self.options for route in option.routes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What a model name resolved to: where it may go, how that is chosen, and how the name came to mean it."""

    requested: str
    choice: Choice
    routes: tuple[Route, ...]  # in the operator's order
    reason: str
    by_id: Mapping[tuple[str, str], Route]
    combo: Combo | None = None  # the outermost one
    asks_facts: bool = False  # something in it looks at the request
    speaks: Format | None = None  # only targets of this format will do
    is_single: bool = False  # one target, no combo: there is nothing to choose
    limits: RequestLimits = field(default_factory=RequestLimits)  # the combo's, where it has any

    @property
    def config(self) -> ComboConfig | None:
        """The limits of the outermost combo."""
        return None if self.combo is None else self.combo.config


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """The configuration at one moment."""

    asks_for_key: bool
    pepper: bytes = field(repr=False)
    keys: Mapping[bytes, KeyRow] = field(repr=False)  # by digest
    prefixes: Mapping[str, str]  # what may stand before the slash → provider id
    accounts: Mapping[str, Sequence[Account]]  # by provider id, best first
    names: Mapping[str, Sequence[Account]]  # plain model name → accounts that list it, best first
    models: Sequence[ModelEntry]  # those that chat
    known: Names  # what each name means
    combos: Mapping[str, Combo]  # by name, those switched off too
    balance: Balance
    policies: Sequence[Rule] = ()  # those that are not drafts, in order
    addresses: AddressFilter | None = None  # None: anyone may call
    shaping: Shaping | None = None  # None: requests go as they are
    patience: Patience = field(default_factory=Patience)
    cache: CacheSettings = field(default_factory=CacheSettings)
    expired: Sequence[ExpiredAccount] = ()
    hidden: tuple[str, ...] = ()  # names that clients may not use, with * in them
    proxies: KnownProxies = field(default_factory=KnownProxies, repr=False)
    marks: dict[bytes, bytes] = field(default_factory=dict, repr=False)  # quick digests of keys seen → their own
    plans: dict[str | tuple[Purpose, str], Plan] = field(default_factory=dict, repr=False)
    others: Sequence[ModelEntry] = ()  # models that do not chat
    other_names: Mapping[tuple[Kind, str], Sequence[Account]] = field(default_factory=dict)  # as `names`, by kind
    terms: Terms = field(default_factory=Terms)  # what each caller is held to
    allowed_plans: dict[tuple[str, str], Plan] = field(default_factory=dict, repr=False)  # by key and model


def is_hidden(snapshot: Snapshot, name: str) -> bool:
    """Whether the operator hides a model, by its full name."""
    return any(matches(pattern, name) for pattern in snapshot.hidden)


def parse_url(text: str) -> URL:
    """Spell an address for the client once; it is kept as written."""
    return URL(text, encoded=True)
