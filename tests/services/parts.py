"""The services on a real database, with a clock that a test moves by hand and a list of the changes they told."""

import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omniroute.gateway.answers import Answers
from omniroute.gateway.archive import Archive
from omniroute.gateway.similar import Similar
from omniroute.kit.errors import NotFound, Unavailable
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.secret import Secret
from omniroute.kit.tasks import Background
from omniroute.routing.strategies import Strategy
from omniroute.services.aliases import Aliases
from omniroute.services.audit import Audit
from omniroute.services.availability import Availabilities, Availability, ModelCheck
from omniroute.services.backups import Backups
from omniroute.services.balancing import Balancing
from omniroute.services.breakers import Breakers, BreakerState, ResetDraft
from omniroute.services.budgets import Budgets, budget_of
from omniroute.services.cache import Cache
from omniroute.services.checks import Checks
from omniroute.services.cli_tools import CliTools
from omniroute.services.client_tools.detection import Surroundings
from omniroute.services.cloud import Cloud
from omniroute.services.combo_metrics import ComboMeasures, ComboMetrics
from omniroute.services.combos import Combos, Probed
from omniroute.services.custom_models import CustomModels
from omniroute.services.evals.service import Evals
from omniroute.services.evals.suites import Suites
from omniroute.services.explain import DryRun, DryRunDraft, Explain, Fared, ReplayDraft, Sample, Simulated
from omniroute.services.exports import Exports
from omniroute.services.feeds import Feeds
from omniroute.services.history import UsageHistory
from omniroute.services.imports import Imports
from omniroute.services.ip_filter import IpFilter
from omniroute.services.job_values import Job, Progress
from omniroute.services.jobs import Jobs
from omniroute.services.keys import Keys
from omniroute.services.lifecycle import Lifecycle
from omniroute.services.limits import LimitSettings, LimitsStatus
from omniroute.services.lockout import Lockout
from omniroute.services.locks import Locks
from omniroute.services.login import Login, Visitor
from omniroute.services.metrics import Metrics, Now
from omniroute.services.model_catalogue import ModelCatalogue
from omniroute.services.model_discovery import ModelDiscovery
from omniroute.services.model_list import ListedModel, ModelList
from omniroute.services.model_visibility import ModelVisibility
from omniroute.services.names import NameBook
from omniroute.services.nodes import Nodes
from omniroute.services.oauth import SignIns
from omniroute.services.oauth_clients import OAuthClients
from omniroute.services.oauth_tokens import OAuthTokens
from omniroute.services.originals import Originals
from omniroute.services.passwords import Passwords
from omniroute.services.playground import Playground, PlaygroundNews
from omniroute.services.policies import Policies
from omniroute.services.policy_counts import PolicyCounts
from omniroute.services.policy_trials import PolicyTrials
from omniroute.services.pricing import Pricing
from omniroute.services.providers import ConnectionHealth, Providers
from omniroute.services.proxies import Owners, Proxies
from omniroute.services.rate_limits import RateLimits
from omniroute.services.request_log import RequestLog
from omniroute.services.resilience import Resilience
from omniroute.services.retention import Retention
from omniroute.services.rulebook import Rulebook
from omniroute.services.sessions import Sessions
from omniroute.services.sync import Sync
from omniroute.services.system import System
from omniroute.services.system_prompt import SystemPrompts
from omniroute.services.telemetry import Telemetry
from omniroute.services.thinking import Thinking
from omniroute.services.totals import Totals
from omniroute.services.translation import Translation
from omniroute.services.upstreams import Upstreams
from omniroute.state.bus import Bus
from omniroute.state.leases import MemoryLeases
from omniroute.state.ledger import MemoryLedger
from omniroute.state.live import Live
from omniroute.storage.aliases import Aliases as AliasRows
from omniroute.storage.answers import Answers as AnswerRows
from omniroute.storage.audit import AuditRows
from omniroute.storage.budgets import Budgets as BudgetRows
from omniroute.storage.combos import Combos as ComboRows
from omniroute.storage.configured import Configured
from omniroute.storage.connections import Connections
from omniroute.storage.custom_models import CustomModels as CustomModelRows
from omniroute.storage.database import Database
from omniroute.storage.dump import Dump
from omniroute.storage.evals import Evals as EvalRows
from omniroute.storage.job_runs import JobRuns
from omniroute.storage.keys import Keys as KeyRows
from omniroute.storage.logins import Logins
from omniroute.storage.meta import Meta
from omniroute.storage.model_discoveries import ModelDiscoveries
from omniroute.storage.nodes import Nodes as NodeRows
from omniroute.storage.oauth import OAuthClients as OAuthClientRows
from omniroute.storage.oauth import OAuthFlows
from omniroute.storage.policies import Policies as PolicyRows
from omniroute.storage.prices import Prices as PriceRows
from omniroute.storage.proxies import Proxies as ProxyRows
from omniroute.storage.rerating import Rerating
from omniroute.storage.retention import Retention as OldRows
from omniroute.storage.secrets import Sealer
from omniroute.storage.settings import SettingGroups
from omniroute.storage.sync import SyncObjects, SyncRemotes
from omniroute.storage.usage import UsageRows
from omniroute.upstream.asking import Asker
from omniroute.upstream.client import UpstreamClient
from omniroute.upstream.embedded import EmbeddedDemo
from omniroute.upstream.guard import check_url
from omniroute.upstream.local_embedding import check_local
from omniroute.upstream.oauth import OAuth
from omniroute.upstream.prices import PriceBook
from omniroute.upstream.remotes import Remotes

PASSWORD = Secret("a password of the tests")
PEPPER = bytes(range(32))
NOBODY = Availability(unavailable_count=0, models=(), available=())
HERE = Visitor(address="127.0.0.1", user_agent="tests")


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self._now_ms = 1_800_000_000_000
        self._monotonic = 1_000.0

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now_ms += int(seconds * 1000)
        self._monotonic += seconds


@dataclass(kw_only=True)
class Parts:
    """Everything that operators use, and what is below it."""

    clock: ManualClock
    changes: list[ConfigurationChanged]
    health: dict[str, ConnectionHealth] = field(default_factory=dict)
    probed: dict[str, Probed] = field(default_factory=dict)
    measured: dict[str, ComboMetrics] = field(default_factory=dict)
    database: Database
    meta: Meta
    connection_rows: Connections
    node_rows: NodeRows
    combo_rows: ComboRows
    alias_rows: AliasRows
    key_rows: KeyRows
    usage_rows: UsageRows
    logins: Logins
    login: Login
    keys: Keys
    limits: LimitSettings
    budgets: Budgets
    pricing: Pricing
    prices: PriceBook
    ledger: MemoryLedger
    nodes: Nodes
    providers: Providers
    oauth_clients: OAuthClients
    oauth_tokens: OAuthTokens
    sign_ins: SignIns
    combos: Combos
    combo_measures: ComboMeasures
    aliases: Aliases
    balancing: Balancing
    rulebook: Rulebook
    policy_trials: PolicyTrials
    locks: Locks
    resilience: Resilience
    breakers: Breakers
    availability: Availabilities
    rate_limits: RateLimits
    held: list[BreakerState] = field(default_factory=list)
    answers: Answers
    cache: Cache
    checks: Checks
    custom_models: CustomModels
    model_catalogue: ModelCatalogue
    model_discovery: ModelDiscovery
    model_visibility: ModelVisibility
    proxies: Proxies
    lifecycle: Lifecycle
    system: System
    backups: Backups
    cli_tools: CliTools
    evals: Evals
    exports: Exports
    imports: Imports
    sync: Sync
    cloud: Cloud
    request_log: RequestLog
    bus: Bus
    feeds: Feeds
    model_list: ModelList
    usage_history: UsageHistory
    explain: Explain
    telemetry: Telemetry
    live: Live
    playground: Playground
    translation: Translation
    jobs: Jobs
    audit: Audit
    metrics: Metrics
    retention: Retention


async def _echo(body: Mapping[str, Any]) -> AsyncGenerator[PlaygroundNews, None]:
    yield PlaygroundNews(text=body["messages"][-1]["content"])


@dataclass(frozen=True, kw_only=True)
class _Told:
    changes: list[ConfigurationChanged]
    budgets: BudgetRows
    ledger: MemoryLedger
    clock: ManualClock

    async def __call__(self, event: ConfigurationChanged) -> None:
        self.changes.append(event)
        if event.noun == "budgets":
            budgets = [budget_of(row) for row in await self.budgets.list()]
            self.ledger.configure(budgets, {}, self.clock.now_ms())


async def _nothing_waits() -> None:
    """Records are written at once here."""


async def _quiet() -> LimitsStatus:
    return LimitsStatus(requests_last_minute=0, tokens_last_minute=0, in_flight=0, waiting=0)


def _rulebook(  # noqa: PLR0917 - each once
    database: Database, node_rows: NodeRows, key_rows: KeyRows, names: NameBook, clock: ManualClock, told: _Told
) -> Rulebook:
    groups, counts = SettingGroups(database), PolicyCounts()
    policies = Policies(
        rows=PolicyRows(database), keys=key_rows, nodes=node_rows, names=names, counts=counts, clock=clock, changed=told
    )
    return Rulebook(
        policies=policies,
        counts=counts,
        ip_filter=IpFilter(groups=groups, clock=clock, changed=told),
        system_prompt=SystemPrompts(groups=groups, changed=told),
        thinking=Thinking(groups=groups, changed=told),
    )


async def _tidy(_progress: Progress) -> str:
    return "all is tidy"


async def _no_embedding(_model: str, _text: str) -> list[float]:
    raise Unavailable("no embeddings here")


def assemble(  # noqa: PLR0915 - each part once
    database: Database,
    sealer: Sealer,
    *,
    loopback: bool = True,
    folder: Path = Path(os.devnull),
    check: Callable[[str, bool], None] = check_url,
) -> Parts:
    clock = ManualClock()
    bus = Bus()
    ledger = MemoryLedger()
    budget_rows = BudgetRows(database)
    told = _Told(changes=[], budgets=budget_rows, ledger=ledger, clock=clock)
    health: dict[str, ConnectionHealth] = {}
    meta = Meta(database, sealer)
    node_rows = NodeRows(database, sealer)
    connection_rows = Connections(database, sealer)
    key_rows = KeyRows(database)
    combo_rows = ComboRows(database)
    alias_rows = AliasRows(database)
    probed: dict[str, Probed] = {}
    measured: dict[str, ComboMetrics] = {}
    names = NameBook(nodes=node_rows, combos=combo_rows, aliases=alias_rows)

    keys = Keys(rows=key_rows, pepper=lambda: PEPPER, clock=clock, changed=told)

    async def probe(model: str, _connection: str | None) -> Probed:
        return probed.get(model) or Probed(status_code=200, latency_ms=1.5)

    def forget(name: str | None) -> None:
        for one in list(measured):
            if name in {None, one}:
                del measured[one]

    held: list[BreakerState] = []

    def reset(wanted: ResetDraft) -> int:
        gone = [one for one in held if wanted.name in {None, one.name}]
        held[:] = [one for one in held if one not in gone]
        return len(gone)

    def check_model(model: str) -> ModelCheck:
        return ModelCheck(model=model, available=True, resolved="as it stands", remaining_ms=0, targets=())

    background = Background()
    audit = Audit(rows=AuditRows(database, sealer, clock), bus=bus, clock=clock)
    jobs = Jobs(
        runs=JobRuns(database),
        groups=SettingGroups(database),
        bus=bus,
        background=background,
        clock=clock,
        changed=told,
        note=audit.note,
    )
    jobs.take([Job(name="tidy", description="Tidy up.", schedule="1h", work=_tidy)])
    answers = Answers(
        archive=Archive(AnswerRows(database), clock),
        similar=Similar(embed=_no_embedding, clock=clock, background=background),
        clock=clock,
        background=background,
    )
    prices = PriceBook.load(clock)

    def forgive(connection_id: str) -> None:
        health.pop(connection_id, None)

    logins = Logins(database)
    usage_rows = UsageRows(database)
    lockout = Lockout(clock=clock)
    rulebook = _rulebook(database, node_rows, key_rows, names, clock, told)

    def dry_run(draft: DryRunDraft) -> DryRun:
        raise NotFound(f"The model {draft.model!r} does not exist.")

    async def simulate(_draft: ReplayDraft, samples: Sequence[Sample]) -> Simulated:
        fared = Fared(
            cost_usd=0.0, latency_p50_ms=None, latency_p95_ms=None, availability=1.0, attempts=len(samples), share={}
        )
        return Simulated(strategy=Strategy.PRIORITY, fared=fared, actual=fared, targets=(), notes=())

    logins = Logins(database)
    usage_rows = UsageRows(database)
    live = Live(clock)
    custom_model_rows = CustomModelRows(database)
    upstreams = Upstreams(nodes=node_rows)
    client = UpstreamClient(connect_timeout_s=5.0, transports={"demo": EmbeddedDemo()})
    asker = Asker(client)
    providers = Providers(
        rows=connection_rows,
        upstreams=upstreams,
        check_url=check,
        health=lambda connection_id: health.get(connection_id, ConnectionHealth(status="ready")),
        clock=clock,
        changed=told,
    )
    oauth = OAuth(client)
    oauth_clients = OAuthClients(
        rows=OAuthClientRows(database, sealer), upstreams=upstreams, check_url=check, clock=clock, changed=told
    )
    oauth_tokens = OAuthTokens(
        rows=connection_rows,
        clients=oauth_clients,
        oauth=oauth,
        proxy_of=lambda _url, _connection, _provider: None,
        leases=MemoryLeases(),
        bus=bus,
        clock=clock,
        changed=told,
    )
    discoveries = ModelDiscoveries(database)
    checks = Checks(
        connections=connection_rows,
        nodes=node_rows,
        asker=asker,
        check_url=check,
        proxy_of=lambda _url, _connection, _provider: None,
        forgive=forgive,
        clock=clock,
    )
    login = Login(
        meta=meta,
        settings=SettingGroups(database),
        sessions=Sessions(logins=logins, clock=clock),
        passwords=Passwords(),
        lockout=lockout,
        clock=clock,
        changed=told,
        loopback=loopback,
    )
    providers = Providers(
        rows=connection_rows,
        upstreams=Upstreams(nodes=node_rows),
        check_url=check,
        health=lambda connection_id: health.get(connection_id, ConnectionHealth(status="ready")),
        clock=clock,
        changed=told,
    )
    aliases = Aliases(rows=alias_rows, names=names, clock=clock, changed=told)
    dump = Dump(database)
    backups = Backups(
        folder=folder,
        dump=dump,
        sealer=sealer,
        groups=SettingGroups(database),
        version="1.2.3",
        clock=clock,
        changed=told,
        flush=_nothing_waits,
    )
    return Parts(
        clock=clock,
        changes=told.changes,
        health=health,
        probed=probed,
        measured=measured,
        combo_rows=combo_rows,
        alias_rows=alias_rows,
        combos=Combos(
            rows=combo_rows,
            connections=connection_rows,
            names=names,
            probe=probe,
            clock=clock,
            changed=told,
        ),
        combo_measures=ComboMeasures(read=lambda: measured, forget=forget),
        aliases=aliases,
        balancing=Balancing(groups=SettingGroups(database), nodes=node_rows, changed=told),
        rulebook=rulebook,
        policy_trials=PolicyTrials(
            policies=rulebook.policies,
            requests=usage_rows,
            providers=lambda model: {model.partition("/")[0]},
            spent=lambda _key, _period: 0.0,
            clock=clock,
        ),
        locks=Locks(lockout=lockout, breakers=list, clock=clock),
        resilience=Resilience(groups=SettingGroups(database), changed=told),
        breakers=Breakers(read=lambda: held, reset=reset),
        availability=Availabilities(read=lambda: NOBODY, check=check_model, reset=reset),
        rate_limits=RateLimits(accounts=tuple, lockouts=tuple),
        held=held,
        database=database,
        meta=meta,
        connection_rows=connection_rows,
        node_rows=node_rows,
        key_rows=key_rows,
        usage_rows=usage_rows,
        logins=logins,
        login=login,
        keys=keys,
        nodes=Nodes(rows=node_rows, connections=connection_rows, check_url=check, clock=clock, changed=told),
        providers=providers,
        oauth_clients=oauth_clients,
        oauth_tokens=oauth_tokens,
        sign_ins=SignIns(
            clients=oauth_clients,
            tokens=oauth_tokens,
            flows=OAuthFlows(database, sealer),
            rows=connection_rows,
            providers=providers,
            oauth=oauth,
            proxy_of=lambda _url, _connection, _provider: None,
            clock=clock,
        ),
        answers=answers,
        cache=Cache(groups=SettingGroups(database), changed=told, answers=answers, check_local=check_local),
        checks=checks,
        custom_models=CustomModels(rows=custom_model_rows, upstreams=upstreams, clock=clock, changed=told),
        model_catalogue=ModelCatalogue(
            nodes=node_rows,
            connections=connection_rows,
            custom_models=custom_model_rows,
            discoveries=discoveries,
            groups=SettingGroups(database),
            availability=lambda: NOBODY,
            prices=PriceBook.load(),
        ),
        model_discovery=ModelDiscovery(
            rows=discoveries, connections=connection_rows, ask=checks.models, clock=clock, changed=told
        ),
        model_visibility=ModelVisibility(groups=SettingGroups(database), changed=told),
        proxies=Proxies(
            rows=ProxyRows(database, sealer),
            groups=SettingGroups(database),
            asker=asker,
            check_url=check,
            owners=Owners(connections=connection_rows, combos=combo_rows, nodes=node_rows),
            clock=clock,
            changed=told,
        ),
        lifecycle=Lifecycle(login=login, allowed=True),
        evals=Evals(
            suites=Suites(folder / "evals"),
            rows=EvalRows(database),
            ask=_echo,
            background=Background(),
            clock=clock,
        ),
        cli_tools=CliTools(
            around=Surroundings(home=folder / "home", commands={}),
            copies=folder / "cli-tools",
            keys=keys,
            own_url="http://127.0.0.1:20128",
            may_write=True,
            clock=clock,
        ),
        backups=backups,
        exports=Exports(folder=folder, backups=backups, dump=dump, version="1.2.3", clock=clock, flush=_nothing_waits),
        imports=Imports(
            folder=folder,
            backups=backups,
            dump=dump,
            sealer=sealer,
            originals=Originals(
                nodes=node_rows,
                connections=connection_rows,
                combos=combo_rows,
                aliases=alias_rows,
                custom_models=custom_model_rows,
                keys=key_rows,
                usage=usage_rows,
                sealer=sealer,
                pepper=lambda: PEPPER,
                clock=clock,
            ),
            changed=told,
        ),
        sync=Sync(
            rows=SyncRemotes(database, sealer),
            configured=Configured(database, sealer, clock),
            remotes=Remotes(client, clock),
            check_url=check,
            proxy_of=lambda _url: None,
            version="1.2.3",
            clock=clock,
            changed=told,
        ),
        cloud=Cloud(providers=providers, aliases=aliases, objects=SyncObjects(database), clock=clock),
        system=System(login=login, version="1.2.3", clock=clock, counts={"openRequests": lambda: 3}),
        bus=bus,
        feeds=Feeds(
            bus=bus,
            clock=clock,
            background=Background(),
            logged=usage_rows.recent,
            health=list,
            breakers=list,
            budgets=list,
            jobs=jobs.states,
        ),
        jobs=jobs,
        audit=audit,
        retention=Retention(
            groups=SettingGroups(database), rows=OldRows(database), prune_audit=audit.prune, clock=clock, changed=told
        ),
        metrics=Metrics(totals=Totals(), now=lambda: Now(gauges={}, breakers={}), jobs=jobs.states, version="1.2.3"),
        playground=Playground(ask=_echo),
        translation=Translation(),
        model_list=ModelList(read=lambda: [ListedModel(id="demo/echo", owned_by="demo")]),
        request_log=RequestLog(rows=usage_rows, connections=connection_rows, active=live.active),
        usage_history=UsageHistory(
            rows=usage_rows,
            connections=connection_rows,
            keys=key_rows,
            active=live.active,
            allowance=oauth_tokens.allowance,
            clock=clock,
        ),
        explain=Explain(rows=usage_rows, dry_run=dry_run, simulate=simulate),
        telemetry=Telemetry(live=live, keys=key_rows, clock=clock),
        live=live,
        limits=LimitSettings(groups=SettingGroups(database), connections=connection_rows, status=_quiet, changed=told),
        ledger=ledger,
        budgets=Budgets(
            rows=budget_rows,
            keys=key_rows,
            look=lambda: ledger.standings(clock.now_ms()),
            clock=clock,
            changed=told,
        ),
        prices=prices,
        pricing=Pricing(
            rows=PriceRows(database),
            rerating=Rerating(database),
            book=prices,
            groups=SettingGroups(database),
            adjust=ledger.adjust,
            flush=_nothing_waits,
            clock=clock,
            changed=told,
        ),
    )
