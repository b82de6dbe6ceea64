"""What an operator lays down for all AI requests: policies, the IP filter, the system prompt, the thinking budget."""

from dataclasses import dataclass

from omniroute.services.ip_filter import IpFilter
from omniroute.services.policies import Policies
from omniroute.services.policy_counts import PolicyCounts
from omniroute.services.system_prompt import SystemPrompts
from omniroute.services.thinking import Thinking


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The services for it, which the data plane reads too."""

    policies: Policies
    counts: PolicyCounts
    ip_filter: IpFilter
    system_prompt: SystemPrompts
    thinking: Thinking
