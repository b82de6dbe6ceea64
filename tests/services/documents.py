"""The configuration's document over the services that tests build."""

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
from omniroute.storage.budgets import Budgets as BudgetRows
from tests.services.parts import Parts


def configuration_of(parts: Parts) -> Configuration:
    """Return the service."""
    budget_rows = BudgetRows(parts.database)

    def sections(author: str) -> Sections:
        connections = ConnectionSection(providers=parts.providers, rows=parts.connection_rows, nodes=parts.node_rows)
        keys = KeySection(keys=parts.keys, budgets=parts.budgets, budget_rows=budget_rows)
        settings = SettingsSection(
            balancing=parts.balancing,
            limits=parts.limits,
            resilience=parts.resilience,
            cache=parts.cache,
            system_prompt=parts.rulebook.system_prompt,
            thinking=parts.rulebook.thinking,
            ip_filter=parts.rulebook.ip_filter,
            proxies=parts.proxies,
            connections=connections,
            nodes=parts.node_rows,
            author=author,
        )
        listed = (
            NodeSection(nodes=parts.nodes, rows=parts.node_rows),
            connections,
            ModelSection(models=parts.custom_models, nodes=parts.node_rows),
            AliasSection(aliases=parts.aliases),
            ComboSection(combos=parts.combos, connections=connections),
            keys,
            BudgetSection(budgets=parts.budgets, rows=budget_rows),
            PolicySection(policies=parts.rulebook.policies, keys=parts.keys),
            PriceSection(pricing=parts.pricing),
            ProxySection(proxies=parts.proxies, connections=connections, combos=parts.combos, nodes=parts.node_rows),
            settings,
        )
        return Sections(all=listed, keys=keys, gathered=Gathered())

    async def told(event: object) -> None:
        """The services told already."""

    return Configuration(sections=sections, together=parts.database.together, changed=told)
