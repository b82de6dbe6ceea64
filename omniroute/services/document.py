"""The configuration as one document: what is in it, and how it is read and written as JSON.

Things go by the names that people gave them, never by ids: a connection is `provider/name`, a node's provider is its
prefix. There are no secrets in it. Where one belongs, an export names an environment variable (`{"env": NAME}`), which
whoever applies the document replaces by the text, or leaves, to keep the secret that is there.
"""

import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from omniroute.kit.json import JsonObject
from omniroute.routing.addresses import Mode
from omniroute.routing.ledger import Unit
from omniroute.routing.periods import Period
from omniroute.routing.policies import Effects, State
from omniroute.routing.profiles import Patience
from omniroute.routing.strategies import Strategy
from omniroute.services.balancing import Balance
from omniroute.services.cache import CacheSettings
from omniroute.services.combos import ComboConfig, ComboTarget
from omniroute.services.custom_models import ModelKind
from omniroute.services.keys import Scope
from omniroute.services.limits import Limits
from omniroute.services.nodes import ApiType
from omniroute.services.policy_terms import PolicyConditions
from omniroute.services.pricing import ModelPrice
from omniroute.services.proxies import ProxyType
from omniroute.services.rules import fault
from omniroute.services.system_prompt import SystemPrompt
from omniroute.services.thinking import ThinkingBudget

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where a secret is to be read from by whoever applies the document."""

    env: str


# A secret's text, a reference that was left, or none.
Given = str | Reference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeEntry:
    """A node, known by its prefix."""

    prefix: str
    name: str
    base_url: str
    api_type: ApiType = ApiType.CHAT
    headers: Mapping[str, str | Reference] = field(default_factory=dict, repr=False)
    local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionEntry:
    """A connection, known by provider and name."""

    provider: str
    name: str
    api_key: Given = field(default=None, repr=False)
    base_url: str | None = None
    local: bool = False
    priority: int = 1
    weight: int = 1
    max_concurrent: int | None = None
    default_model: str | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A model of the operator's own, known by provider and id."""

    provider: str
    id: str
    name: str | None = None
    type: ModelKind = ModelKind.CHAT
    context_window: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasEntry:
    """An alias."""

    alias: str
    model: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComboEntry:
    """A combo, known by its name; its targets name connections as `provider/name`."""

    name: str
    targets: tuple[ComboTarget, ...]
    strategy: Strategy = Strategy.PRIORITY
    config: ComboConfig = field(default_factory=ComboConfig)
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetEntry:
    """A budget of the key that it stands with, or of all calls together."""

    limit: float
    period: Period = Period.MONTHLY
    unit: Unit = Unit.USD
    thresholds: tuple[int, ...] = (80, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """A key of the gateway, known by its name, and its budgets. Its text is in no document."""

    name: str
    scopes: tuple[Scope, ...] = (Scope.INFERENCE,)
    is_active: bool = True
    expires_at: datetime | None = None
    rpm: int | None = None
    tpm: int | None = None
    max_concurrent: int | None = None
    allowed_models: tuple[str, ...] = ()
    allowed_providers: tuple[str, ...] = ()
    allowed_addresses: tuple[str, ...] = ()
    no_log: bool = False
    budgets: tuple[BudgetEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEntry:
    """A policy, known by its name; its conditions name keys by their names."""

    name: str
    effects: Effects
    priority: int = 100
    state: State = State.ACTIVE
    conditions: PolicyConditions = field(default_factory=PolicyConditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEntry:
    """A price of the operator's own."""

    provider: str
    model: str
    price: ModelPrice


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyEntry:
    """A proxy, and whose it is: `everywhere`, `provider:…`, `combo:…` or `connection:…`."""

    owner: str
    host: str
    port: int
    type: ProxyType = ProxyType.HTTP
    username: str | None = None
    password: Given = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IpFilterEntry:
    """The IP filter without the bans, which pass by themselves."""

    enabled: bool = False
    mode: Mode = Mode.BLACKLIST
    blacklist: tuple[str, ...] = ()
    whitelist: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsEntry:
    """The groups of settings. A group that is left out stays as it is."""

    routing: Balance | None = None
    limits: Limits | None = None
    resilience: Patience | None = None
    cache: CacheSettings | None = None
    system_prompt: SystemPrompt | None = None
    thinking_budget: ThinkingBudget | None = None
    ip_filter: IpFilterEntry | None = None
    no_proxy: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The whole. A section that is left out stays as it is; in an entry, what is left out has its default."""

    version: int = VERSION
    nodes: tuple[NodeEntry, ...] | None = None
    connections: tuple[ConnectionEntry, ...] | None = None
    models: tuple[ModelEntry, ...] | None = None
    aliases: tuple[AliasEntry, ...] | None = None
    combos: tuple[ComboEntry, ...] | None = None
    keys: tuple[KeyEntry, ...] | None = None
    budgets: tuple[BudgetEntry, ...] | None = None
    policies: tuple[PolicyEntry, ...] | None = None
    prices: tuple[PriceEntry, ...] | None = None
    proxies: tuple[ProxyEntry, ...] | None = None
    settings: SettingsEntry | None = None


def read(document: Any) -> Document:
    """Read a document; raise Unprocessable that names the place of what is wrong."""
    if not isinstance(document, dict):
        raise fault("document", "the document must be an object with sections such as connections and combos")
    named = _snaked(document, Document, "")
    try:
        made = msgspec.convert(named, Document)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$.")
        path = re.sub(r"\[(\d+|\.\.\.)\]", r".\1", _camel(place.rstrip("`")))
        raise fault(path or "document", f"{path or 'the document'}: {message.replace('`', '')}") from error
    if made.version != VERSION:
        raise fault("version", f"this gateway reads documents of version {VERSION}")
    return made


def written(value: Any) -> Any:
    """Return a value as JSON; what is None, empty or its default is left out of entries."""
    if is_dataclass(value):
        return {
            _camel(one.name): written(getattr(value, one.name))
            for one in fields(value)
            if _says(getattr(value, one.name), one)
        }
    if isinstance(value, Mapping):
        return {str(name.value if isinstance(name, Enum) else name): written(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [written(one) for one in value]
    return msgspec.to_builtins(value)


def _says(value: Any, one: Any) -> bool:
    default = one.default if one.default_factory is MISSING else one.default_factory()
    return value is not None and (one.name == "version" or value != default)


def _snaked(value: Any, kind: Any, path: str) -> Any:
    """Spell the names of fields as Python does, where the type has fields; raise Unprocessable on an unknown one."""
    for inner in _members(kind):
        origin = get_origin(inner)
        if is_dataclass(inner) and isinstance(value, dict):
            return _fields(value, inner, path)
        if origin in {tuple, Sequence} and isinstance(value, list):
            return [_snaked(one, get_args(inner)[0], f"{path}{number}.") for number, one in enumerate(value)]
        if origin is Mapping and isinstance(value, dict):
            return {name: _snaked(one, get_args(inner)[1], f"{path}{name}.") for name, one in value.items()}
    return value


def _fields(value: JsonObject, kind: Any, path: str) -> JsonObject:
    hints = get_type_hints(kind)
    names = {_camel(one.name): one.name for one in fields(kind)}
    for name in value:
        if name not in names:
            raise fault(f"{path}{name}", f"{path}{name} is no field; there are {', '.join(names)}")
    return {names[name]: _snaked(one, hints[names[name]], f"{path}{name}.") for name, one in value.items()}


def _members(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in {Union, types.UnionType} else (kind,)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)
