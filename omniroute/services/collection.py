"""All services together: what the surfaces (REST, GraphQL) are built on."""

from dataclasses import dataclass, fields

from omniroute.services.aliases import Aliases
from omniroute.services.audit import Audit
from omniroute.services.availability import Availabilities
from omniroute.services.backups import Backups
from omniroute.services.balancing import Balancing
from omniroute.services.breakers import Breakers
from omniroute.services.budgets import Budgets
from omniroute.services.cache import Cache
from omniroute.services.checks import Checks
from omniroute.services.cli_tools import CliTools
from omniroute.services.cloud import Cloud
from omniroute.services.combo_metrics import ComboMeasures
from omniroute.services.combos import Combos
from omniroute.services.configuration import Configuration
from omniroute.services.custom_models import CustomModels
from omniroute.services.evals.service import Evals
from omniroute.services.explain import Explain
from omniroute.services.exports import Exports
from omniroute.services.feeds import Feeds
from omniroute.services.history import UsageHistory
from omniroute.services.imports import Imports
from omniroute.services.jobs import Jobs
from omniroute.services.keys import Keys
from omniroute.services.lifecycle import Lifecycle
from omniroute.services.limits import LimitSettings
from omniroute.services.locks import Locks
from omniroute.services.login import Login
from omniroute.services.metrics import Metrics
from omniroute.services.model_catalogue import ModelCatalogue
from omniroute.services.model_discovery import ModelDiscovery
from omniroute.services.model_list import ModelList
from omniroute.services.model_visibility import ModelVisibility
from omniroute.services.nodes import Nodes
from omniroute.services.oauth import SignIns
from omniroute.services.oauth_clients import OAuthClients
from omniroute.services.oauth_tokens import OAuthTokens
from omniroute.services.playground import Playground
from omniroute.services.policy_trials import PolicyTrials
from omniroute.services.pricing import Pricing
from omniroute.services.providers import Providers
from omniroute.services.proxies import Proxies
from omniroute.services.rate_limits import RateLimits
from omniroute.services.reach import Reach
from omniroute.services.request_log import RequestLog
from omniroute.services.resilience import Resilience
from omniroute.services.retention import Retention
from omniroute.services.rulebook import Rulebook
from omniroute.services.sync import Sync
from omniroute.services.system import System
from omniroute.services.telemetry import Telemetry
from omniroute.services.translation import Translation


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may ask, how much, and what it costs."""

    login: Login
    keys: Keys
    limits: LimitSettings
    budgets: Budgets
    pricing: Pricing


@dataclass(frozen=True, kw_only=True)
class Routing:
    """Where requests can go, and what decides it."""

    nodes: Nodes
    providers: Providers
    sign_ins: SignIns
    oauth_clients: OAuthClients
    oauth_tokens: OAuthTokens
    combos: Combos
    combo_measures: ComboMeasures
    configuration: Configuration
    aliases: Aliases
    balancing: Balancing
    model_list: ModelList
    rulebook: Rulebook
    policy_trials: PolicyTrials
    checks: Checks
    custom_models: CustomModels
    model_catalogue: ModelCatalogue
    model_discovery: ModelDiscovery
    model_visibility: ModelVisibility
    proxies: Proxies


@dataclass(frozen=True, kw_only=True)
class Watching:
    """How it goes: what is left alone, what was asked, and what is going on."""

    locks: Locks
    resilience: Resilience
    breakers: Breakers
    availability: Availabilities
    rate_limits: RateLimits
    request_log: RequestLog
    feeds: Feeds
    usage_history: UsageHistory
    telemetry: Telemetry
    explain: Explain
    jobs: Jobs
    audit: Audit
    metrics: Metrics
    retention: Retention


@dataclass(frozen=True, kw_only=True)
class Operating:
    """What keeps an installation running, and how people reach it."""

    lifecycle: Lifecycle
    system: System
    backups: Backups
    exports: Exports
    imports: Imports
    sync: Sync
    cloud: Cloud
    cache: Cache
    playground: Playground
    translation: Translation
    cli_tools: CliTools
    evals: Evals
    reach: Reach


@dataclass(frozen=True, kw_only=True)
class Services(Access, Routing, Watching, Operating):
    """All of them."""

    @classmethod
    def joined(cls, access: Access, routing: Routing, watching: Watching, operating: Operating) -> "Services":
        """Return all services of the groups that they are built in."""
        groups = (access, routing, watching, operating)
        return cls(**{one.name: getattr(group, one.name) for group in groups for one in fields(group)})
