"""Builds the snapshot from what is stored, and swaps it in; requests under way keep the one they began with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from omniroute.formats.hub import Format
from omniroute.formats.kinds import Kind
from omniroute.gateway.books import Spend
from omniroute.gateway.other_models import built_in, listed_others, other_names, others_of, with_others
from omniroute.gateway.shape import Shaping, shaping_of
from omniroute.gateway.snapshot import Account, ModelEntry, Snapshot
from omniroute.gateway.terms import terms_of
from omniroute.gateway.traffic import Traffic
from omniroute.kit.log import redactor
from omniroute.routing.names import Names
from omniroute.routing.policies import Rule, State
from omniroute.routing.profiles import Category, Patience, Profile
from omniroute.services.balancing import Balance, Balancing
from omniroute.services.cache import Cache
from omniroute.services.combos import Combo, member_key, shown
from omniroute.services.limits import read_limits
from omniroute.services.names import names_of, prefixes_of
from omniroute.services.pricing import rates_of
from omniroute.services.proxies import Proxies
from omniroute.services.resilience import Resilience
from omniroute.services.rulebook import Rulebook
from omniroute.storage.aliases import Aliases
from omniroute.storage.combos import Combos
from omniroute.storage.connections import Connections
from omniroute.storage.custom_models import CustomModels
from omniroute.storage.keys import Keys
from omniroute.storage.nodes import Nodes
from omniroute.storage.prices import Prices
from omniroute.storage.rows import ConnectionRow, CustomModelRow, KeyRow, NodeRow
from omniroute.storage.settings import SettingGroups
from omniroute.upstream.auth import headers_for
from omniroute.upstream.catalogue import CATALOGUE, ProviderRecord
from omniroute.upstream.prices import PriceBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the configuration is read from."""

    nodes: Nodes
    connections: Connections
    combos: Combos
    aliases: Aliases
    custom_models: CustomModels
    keys: Keys
    balancing: Balancing
    rulebook: Rulebook
    spend: Spend
    resilience: Resilience
    cache: Cache
    settings: SettingGroups
    own_prices: Prices
    prices: PriceBook
    proxies: Proxies


class Snapshots:
    """Holds the current snapshot."""

    def __init__(self, sources: Sources, *, traffic: Traffic, pepper: Callable[[], bytes], asks_for_key: bool) -> None:
        self._sources = sources
        self._traffic = traffic
        self._pepper = pepper
        self._asks_for_key = asks_for_key
        self._current: Snapshot | None = None

    def current(self) -> Snapshot:
        """Return the configuration as it is now."""
        assert self._current is not None  # noqa: S101 - rebuilt before anything is served
        return self._current

    async def rebuild(self) -> None:
        """Read everything anew and swap it in."""
        sources = self._sources
        nodes, balance = await sources.nodes.list(), await sources.balancing.get()
        patience = await sources.resilience.get()
        blocked = frozenset(balance.blocked_providers)
        connections = [one for one in await sources.connections.list() if one.is_active and one.provider not in blocked]
        combo_rows, keys, proxies = (
            await sources.combos.list(),
            await sources.keys.list(),
            await sources.proxies.known(),
        )
        sources.prices.override(rates_of(await sources.own_prices.list()))
        accounts = await self._accounts(connections, nodes, patience)
        redactor.know(frozenset((*_secrets(connections, nodes), *proxies.secrets)))
        prefixes = prefixes_of(nodes)
        known = names_of(prefixes, combo_rows, await sources.aliases.list())
        combos = {row.name: shown(row) for row in combo_rows}
        self._retain(combos.values(), accounts)
        self._current = Snapshot(
            asks_for_key=self._asks_for_key,
            pepper=self._pepper(),
            keys=_digests(keys),
            prefixes=prefixes,
            accounts=_grouped(accounts),
            names=_named(accounts),
            models=[*_listed(accounts), *_listed_names(known, combos)],
            others=listed_others(accounts),
            other_names=other_names(accounts),
            known=known,
            combos=combos,
            balance=balance,
            policies=await self._rules(),
            addresses=await sources.rulebook.ip_filter.compiled(),
            shaping=await self._shaping(),
            patience=patience,
            cache=await sources.cache.settings(),
            terms=terms_of(await read_limits(sources.settings), keys),
            proxies=proxies,
        )

    async def _accounts(
        self, connections: Iterable[ConnectionRow], nodes: Iterable[NodeRow], patience: Patience
    ) -> list[Account]:
        """Return the accounts with all their models, and the one that is built in."""
        spelled = _accounts(connections, nodes, patience)
        return [*_with_custom(spelled, await self._sources.custom_models.list()), built_in(patience)]

    async def _shaping(self) -> Shaping | None:
        rulebook = self._sources.rulebook
        return shaping_of(await rulebook.system_prompt.get(), await rulebook.thinking.get())

    async def _rules(self) -> tuple[Rule, ...]:
        """Read the policies that are not drafts, and follow what keys spend where one of them asks for that."""
        found = await self._sources.rulebook.policies.rules()
        rules = tuple(rule for rule in found if rule.state is not State.DRAFT)
        await self._sources.spend.follow(wanted=any(rule.conditions.asks_spending for rule in rules))
        return rules

    def _retain(self, combos: Iterable[Combo], accounts: Iterable[Account]) -> None:
        """Forget the figures of what is gone."""
        self._traffic.retain(
            combos={combo.id: {member_key(target) for target in combo.targets} for combo in combos},
            providers={account.provider_id for account in accounts},
            accounts={account.connection_id for account in accounts},
        )


def _usable(rows: Iterable[ConnectionRow], balance: Balance) -> list[ConnectionRow]:
    """Return the connections that are switched on and whose providers are not blocked."""
    blocked = frozenset(balance.blocked_providers)
    return [row for row in rows if row.is_active and row.provider not in blocked]


def _digests(keys: Iterable[KeyRow]) -> dict[bytes, KeyRow]:
    """Return the keys by their digests, those of texts that were rotated away too; whoever asks looks at the time."""
    previous = {row.previous_digest: row for row in keys if row.previous_digest is not None}
    return previous | {row.digest: row for row in keys}


def _secrets(connections: Iterable[ConnectionRow], nodes: Iterable[NodeRow]) -> Iterable[str]:
    """Give every credential in use, for the redactor."""
    for row in connections:
        if row.secret is not None:
            yield row.secret.reveal()
    for node in nodes:
        for value in node.headers.values():
            yield value.reveal()


def _accounts(connections: Iterable[ConnectionRow], nodes: Iterable[NodeRow], patience: Patience) -> list[Account]:
    """Spell each connection for the data plane; one whose provider is gone or unsupported is left out."""
    by_node = {node.id: node for node in nodes}
    records = {record.id: record for record in CATALOGUE if record.supported}
    accounts: list[Account] = []
    for row in connections:
        if (node := by_node.get(row.provider)) is not None:
            accounts.append(_of_node(row, node, patience))
        elif (record := records.get(row.provider)) is not None:
            accounts.append(_of_record(row, record, patience))
    return accounts


def _profile(row: ConnectionRow, patience: Patience, *, local: bool) -> Profile:
    """Return the profile of the category that an account belongs to."""
    category = Category.OAUTH if row.auth_type == "oauth" else Category.LOCAL if local else Category.API_KEY
    return patience.profiles[category]


def _with_custom(accounts: Iterable[Account], custom: Iterable[CustomModelRow]) -> list[Account]:
    """Return the accounts with the models that operators added to their providers."""
    added: dict[str, dict[Kind, list[str]]] = {}
    for row in custom:
        added.setdefault(row.provider, {}).setdefault(Kind(row.kind), []).append(row.model)
    return [
        replace(account, models=_joined(account.models, more.pop(Kind.CHAT, ())), others=with_others(account, more))
        if (more := dict(added.get(account.provider_id, {})))
        else account
        for account in accounts
    ]


def _joined(models: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*models, *more)))


def _of_node(row: ConnectionRow, node: NodeRow, patience: Patience) -> Account:
    form = Format(node.format)
    return Account(
        connection_id=row.id,
        name=row.name,
        provider_id=node.id,
        provider=node.prefix,
        format=form,
        of=form,
        base_url=row.base_url or node.base_url,
        headers=headers_for(form, row.secret, node.headers),
        local=node.is_local or row.is_local,
        weight=row.weight,
        max_concurrent=row.max_concurrent,
        models=_own_models(row),
        profile=_profile(row, patience, local=node.is_local or row.is_local),
    )


def _of_record(row: ConnectionRow, record: ProviderRecord, patience: Patience) -> Account:
    return Account(
        connection_id=row.id,
        name=row.name,
        provider_id=record.id,
        provider=record.id,
        format=record.format,
        of=record,
        base_url=row.base_url,
        headers=headers_for(record.format, row.secret, scheme=record.scheme),
        local=row.is_local,
        weight=row.weight,
        max_concurrent=row.max_concurrent,
        repairs=record.repairs,
        models=_own_models(row) or tuple(model.id for model in record.chat_models),
        others=others_of(record),
        profile=_profile(row, patience, local=row.is_local),
    )


def _own_models(row: ConnectionRow) -> tuple[str, ...]:
    """Return the models that this very connection is known to have."""
    default = (row.default_model,) if row.default_model else ()
    return tuple(dict.fromkeys((*default, *row.found_models)))


def _grouped(accounts: Iterable[Account]) -> dict[str, list[Account]]:
    """Return the accounts of each provider, best first."""
    grouped: dict[str, list[Account]] = {}
    for account in accounts:
        grouped.setdefault(account.provider_id, []).append(account)
    return grouped


def _named(accounts: Iterable[Account]) -> dict[str, list[Account]]:
    """Return the accounts that list each plain model name, best first."""
    named: dict[str, list[Account]] = {}
    for account in accounts:
        for model in account.models:
            named.setdefault(model, []).append(account)
    return named


def _listed(accounts: Iterable[Account]) -> list[ModelEntry]:
    """Return the model list: each provider's models once, under the provider's prefix."""
    entries: dict[str, ModelEntry] = {}
    for account in accounts:
        for model in account.models:
            name = f"{account.provider}/{model}"
            entries.setdefault(name, ModelEntry(id=name, owned_by=account.provider))
    return list(entries.values())


def _listed_names(known: Names, combos: Mapping[str, Combo]) -> list[ModelEntry]:
    """Return the names of an operator's own making. An alias with wildcards is no name that could be listed."""
    return [
        *(ModelEntry(id=name, owned_by="combo") for name, combo in combos.items() if combo.is_active),
        *(ModelEntry(id=name, owned_by="alias") for name in known.exact),
    ]
