"""All services together: what the surfaces (REST, GraphQL) are built on."""

from dataclasses import dataclass

from omniroute.services.aliases import Aliases
from omniroute.services.availability import Availabilities
from omniroute.services.backups import Backups
from omniroute.services.balancing import Balancing
from omniroute.services.breakers import Breakers
from omniroute.services.budgets import Budgets
from omniroute.services.cache import Cache
from omniroute.services.checks import Checks
from omniroute.services.combo_metrics import ComboMeasures
from omniroute.services.combos import Combos
from omniroute.services.custom_models import CustomModels
from omniroute.services.explain import Explain
from omniroute.services.feeds import Feeds
from omniroute.services.history import UsageHistory
from omniroute.services.keys import Keys
from omniroute.services.lifecycle import Lifecycle
from omniroute.services.limits import LimitSettings
from omniroute.services.locks import Locks
from omniroute.services.login import Login
from omniroute.services.model_catalogue import ModelCatalogue
from omniroute.services.model_list import ModelList
from omniroute.services.nodes import Nodes
from omniroute.services.playground import Playground
from omniroute.services.policy_trials import PolicyTrials
from omniroute.services.pricing import Pricing
from omniroute.services.providers import Providers
from omniroute.services.proxies import Proxies
from omniroute.services.rate_limits import RateLimits
from omniroute.services.reach import Reach
from omniroute.services.request_log import RequestLog
from omniroute.services.resilience import Resilience
from omniroute.services.rulebook import Rulebook
from omniroute.services.system import System
from omniroute.services.telemetry import Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services, and how people reach this gateway."""

    login: Login
    keys: Keys
    limits: LimitSettings
    budgets: Budgets
    pricing: Pricing
    nodes: Nodes
    providers: Providers
    combos: Combos
    combo_measures: ComboMeasures
    aliases: Aliases
    balancing: Balancing
    model_list: ModelList
    rulebook: Rulebook
    policy_trials: PolicyTrials
    locks: Locks
    resilience: Resilience
    breakers: Breakers
    availability: Availabilities
    rate_limits: RateLimits
    checks: Checks
    custom_models: CustomModels
    model_catalogue: ModelCatalogue
    proxies: Proxies
    lifecycle: Lifecycle
    system: System
    backups: Backups
    request_log: RequestLog
    feeds: Feeds
    usage_history: UsageHistory
    telemetry: Telemetry
    explain: Explain
    cache: Cache
    playground: Playground
    reach: Reach
