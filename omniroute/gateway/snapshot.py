"""The snapshot: an immutable picture of the configuration that requests read. A request keeps the one it began with.

It is built off the hot path whenever something changes: secrets are open, headers and addresses spelled out, so that a
request only looks things up. `plans` remembers what each model name resolved to, as long as the snapshot lives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from yarl import URL

from omniroute.formats.hub import Format
from omniroute.storage.rows import KeyRow
from omniroute.upstream.catalogue import ProviderRecord
from omniroute.upstream.client import Endpoint
from omniroute.upstream.prices import Rate

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
    repairs: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One line of the model list."""

    id: str
    owned_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a model name resolved to: targets in order of preference, and how that came about."""

    requested: str
    targets: tuple[Target, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """The configuration at one moment."""

    asks_for_key: bool
    pepper: bytes = field(repr=False)
    keys: Mapping[bytes, KeyRow] = field(repr=False)  # by digest
    prefixes: Mapping[str, str]  # what may stand before the slash → provider id
    accounts: Mapping[str, Sequence[Account]]  # by provider id, best first
    names: Mapping[str, Sequence[Account]]  # plain model name → accounts that list it, best first
    models: Sequence[ModelEntry]
    plans: dict[str, Plan] = field(default_factory=dict, repr=False)


def parse_url(text: str) -> URL:
    """Spell an address for the client once; it is kept as written."""
    return URL(text, encoded=True)
