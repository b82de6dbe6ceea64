"""The database and its repositories."""

from dataclasses import dataclass

from omniroute.kit.clock import SystemClock
from omniroute.kit.settings import Settings
from omniroute.storage.aliases import Aliases as AliasRows
from omniroute.storage.answers import Answers as AnswerRows
from omniroute.storage.audit import AuditRows
from omniroute.storage.breakers import Breakers
from omniroute.storage.budgets import Budgets as BudgetRows
from omniroute.storage.combos import Combos as ComboRows
from omniroute.storage.connections import Connections as ConnectionRows
from omniroute.storage.custom_models import CustomModels as CustomModelRows
from omniroute.storage.database import Database
from omniroute.storage.evals import Evals as EvalRows
from omniroute.storage.job_runs import JobRuns
from omniroute.storage.keys import Keys as KeyRows
from omniroute.storage.logins import Logins
from omniroute.storage.meta import Meta
from omniroute.storage.model_discoveries import ModelDiscoveries
from omniroute.storage.nodes import Nodes as NodeRows
from omniroute.storage.oauth import OAuthClients, OAuthFlows
from omniroute.storage.policies import Policies as PolicyRows
from omniroute.storage.prices import Prices as PriceRows
from omniroute.storage.proxies import Proxies as ProxyRows
from omniroute.storage.rerating import Rerating
from omniroute.storage.responses import Responses
from omniroute.storage.retention import Retention as OldRows
from omniroute.storage.secrets import Sealer, load_sealer
from omniroute.storage.settings import SettingGroups
from omniroute.storage.usage import UsageRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The database and its repositories."""

    database: Database
    sealer: Sealer
    meta: Meta
    settings: SettingGroups
    nodes: NodeRows
    connections: ConnectionRows
    oauth_clients: OAuthClients
    oauth_flows: OAuthFlows
    combos: ComboRows
    aliases: AliasRows
    policies: PolicyRows
    custom_models: CustomModelRows
    discoveries: ModelDiscoveries
    proxies: ProxyRows
    keys: KeyRows
    budgets: BudgetRows
    prices: PriceRows
    rerating: Rerating
    logins: Logins
    usage: UsageRows
    responses: Responses
    breakers: Breakers
    answers: AnswerRows
    evals: EvalRows
    job_runs: JobRuns
    audit: AuditRows
    old_rows: OldRows

    @classmethod
    def open(cls, settings: Settings) -> "Stores":
        """Open the database that the settings name."""
        sealer = load_sealer(settings)
        database = Database(settings.database)
        return cls(
            database=database,
            sealer=sealer,
            meta=Meta(database, sealer),
            settings=SettingGroups(database),
            nodes=NodeRows(database, sealer),
            connections=ConnectionRows(database, sealer),
            oauth_clients=OAuthClients(database, sealer),
            oauth_flows=OAuthFlows(database, sealer),
            combos=ComboRows(database),
            aliases=AliasRows(database),
            policies=PolicyRows(database),
            custom_models=CustomModelRows(database),
            discoveries=ModelDiscoveries(database),
            proxies=ProxyRows(database, sealer),
            keys=KeyRows(database),
            budgets=BudgetRows(database),
            prices=PriceRows(database),
            rerating=Rerating(database),
            logins=Logins(database),
            usage=UsageRows(database),
            responses=Responses(database),
            breakers=Breakers(database),
            answers=AnswerRows(database),
            evals=EvalRows(database),
            job_runs=JobRuns(database),
            audit=AuditRows(database, sealer, SystemClock()),
            old_rows=OldRows(database),
        )
