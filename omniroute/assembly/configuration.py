"""Builds what exports and applies the configuration: the nouns' services once more, inside one transaction.

They are apart from those that operators use one by one, whose locks must not be waited for inside the transaction, and
they tell of changes only when these are certain.
"""

from omniroute.assembly.data_plane import DataPlane
from omniroute.assembly.rulebook import build_rulebook
from omniroute.assembly.stores import Stores
from omniroute.kit.clock import Clock
from omniroute.services.aliases import Aliases
from omniroute.services.balancing import Balancing
from omniroute.services.budgets import Budgets
from omniroute.services.cache import Cache
from omniroute.services.changes import Changed
from omniroute.services.combos import Combos
from omniroute.services.configuration import Configuration, Gathered, Sections
from omniroute.services.configuration_rules import BudgetSection, KeySection, PolicySection, PriceSection
from omniroute.services.configuration_sections import (
    AliasSection,
    ComboSection,
    ConnectionSection,
    ModelSection,
    NodeSection,
)
from omniroute.services.configuration_settings import ProxySection, SettingsSection
from omniroute.services.custom_models import CustomModels
from omniroute.services.keys import Keys
from omniroute.services.limits import LimitSettings
from omniroute.services.names import NameBook
from omniroute.services.nodes import Nodes
from omniroute.services.pricing import Pricing
from omniroute.services.providers import ConnectionHealth, Providers
from omniroute.services.proxies import Owners, Proxies
from omniroute.services.resilience import Resilience
from omniroute.services.upstreams import Upstreams
from omniroute.upstream.guard import check_url
from omniroute.upstream.local_embedding import check_local


def build_configuration(stores: Stores, plane: DataPlane) -> Configuration:
    """Return the service."""
    return Configuration(
        sections=lambda author: _sections(stores, plane, author),
        together=stores.database.together,
        changed=plane.changed,
    )


def _sections(stores: Stores, plane: DataPlane, author: str) -> Sections:
    told = Gathered()
    connections = _connections(stores, plane.clock, told)
    keys = Keys(rows=stores.keys, pepper=plane.current_pepper, clock=plane.clock, changed=told)
    budgets = Budgets(rows=stores.budgets, keys=stores.keys, look=tuple, clock=plane.clock, changed=told)
    own_keys = KeySection(keys=keys, budgets=budgets, budget_rows=stores.budgets)
    combos = _combos(stores, plane, told)
    rulebook = build_rulebook(stores, plane.clock, told)
    proxies = _proxies(stores, plane, told)
    models = _models(stores, plane.clock, told)
    aliases = Aliases(rows=stores.aliases, names=_names(stores), clock=plane.clock, changed=told)
    settings = SettingsSection(
        balancing=Balancing(groups=stores.settings, nodes=stores.nodes, changed=told),
        limits=LimitSettings(
            groups=stores.settings, connections=stores.connections, status=plane.money.status, changed=told
        ),
        resilience=Resilience(groups=stores.settings, changed=told),
        cache=Cache(groups=stores.settings, changed=told, answers=plane.answers, check_local=check_local),
        system_prompt=rulebook.system_prompt,
        thinking=rulebook.thinking,
        ip_filter=rulebook.ip_filter,
        proxies=proxies,
        connections=connections,
        nodes=stores.nodes,
        author=author,
    )
    sections = (
        NodeSection(nodes=_nodes(stores, plane.clock, told), rows=stores.nodes),
        connections,
        ModelSection(models=models, nodes=stores.nodes),
        AliasSection(aliases=aliases),
        ComboSection(combos=combos, connections=connections),
        own_keys,
        BudgetSection(budgets=budgets, rows=stores.budgets),
        PolicySection(policies=rulebook.policies, keys=keys),
        PriceSection(pricing=_pricing(stores, plane, told)),
        ProxySection(proxies=proxies, connections=connections, combos=combos, nodes=stores.nodes),
        settings,
    )
    return Sections(all=sections, keys=own_keys, gathered=told)


def _models(stores: Stores, clock: Clock, told: Changed) -> CustomModels:
    upstreams = Upstreams(nodes=stores.nodes)
    return CustomModels(rows=stores.custom_models, upstreams=upstreams, clock=clock, changed=told)


def _names(stores: Stores) -> NameBook:
    return NameBook(nodes=stores.nodes, combos=stores.combos, aliases=stores.aliases)


def _nodes(stores: Stores, clock: Clock, told: Changed) -> Nodes:
    return Nodes(rows=stores.nodes, connections=stores.connections, check_url=check_url, clock=clock, changed=told)


def _connections(stores: Stores, clock: Clock, told: Changed) -> ConnectionSection:
    providers = Providers(
        rows=stores.connections,
        upstreams=Upstreams(nodes=stores.nodes),
        check_url=check_url,
        health=lambda _: ConnectionHealth(status="ready"),
        clock=clock,
        changed=told,
    )
    return ConnectionSection(providers=providers, rows=stores.connections, nodes=stores.nodes)


def _combos(stores: Stores, plane: DataPlane, told: Changed) -> Combos:
    return Combos(
        rows=stores.combos,
        connections=stores.connections,
        names=_names(stores),
        probe=plane.probe,
        clock=plane.clock,
        changed=told,
    )


def _proxies(stores: Stores, plane: DataPlane, told: Changed) -> Proxies:
    return Proxies(
        rows=stores.proxies,
        groups=stores.settings,
        asker=plane.asker,
        check_url=check_url,
        owners=Owners(connections=stores.connections, combos=stores.combos, nodes=stores.nodes),
        clock=plane.clock,
        changed=told,
    )


def _pricing(stores: Stores, plane: DataPlane, told: Changed) -> Pricing:
    return Pricing(
        rows=stores.prices,
        rerating=stores.rerating,
        book=plane.prices,
        groups=stores.settings,
        adjust=plane.money.adjust,
        flush=plane.recorder.flush,
        clock=plane.clock,
        changed=told,
    )
