"""Builds what an operator lays down for all AI requests."""

from omniroute.assembly.stores import Stores
from omniroute.kit.clock import Clock
from omniroute.services.changes import Changed
from omniroute.services.ip_filter import IpFilter
from omniroute.services.names import NameBook
from omniroute.services.policies import Policies
from omniroute.services.policy_counts import PolicyCounts
from omniroute.services.rulebook import Rulebook
from omniroute.services.system_prompt import SystemPrompts
from omniroute.services.thinking import Thinking


def build_rulebook(stores: Stores, clock: Clock, changed: Changed) -> Rulebook:
    """Return the services for it."""
    counts = PolicyCounts()
    return Rulebook(
        policies=Policies(
            rows=stores.policies,
            keys=stores.keys,
            nodes=stores.nodes,
            names=NameBook(nodes=stores.nodes, combos=stores.combos, aliases=stores.aliases),
            counts=counts,
            clock=clock,
            changed=changed,
        ),
        counts=counts,
        ip_filter=IpFilter(groups=stores.settings, clock=clock, changed=changed),
        system_prompt=SystemPrompts(groups=stores.settings, changed=changed),
        thinking=Thinking(groups=stores.settings, changed=changed),
    )
