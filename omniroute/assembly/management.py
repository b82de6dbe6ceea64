"""Builds the services: what operators see and change."""

from collections import Counter

from omniroute import __version__
from omniroute.assembly.configuration import build_configuration
from omniroute.assembly.data_plane import DataPlane
from omniroute.assembly.jobs import build_jobs
from omniroute.assembly.operating import build_operating
from omniroute.assembly.stores import Stores
from omniroute.gateway.measures import Measures
from omniroute.gateway.policies import providers_of
from omniroute.gateway.states import States
from omniroute.kit.settings import Settings
from omniroute.services.aliases import Aliases
from omniroute.services.audit import Audit
from omniroute.services.availability import Availabilities
from omniroute.services.breakers import Breakers
from omniroute.services.budgets import Budgets
from omniroute.services.checks import Checks
from omniroute.services.collection import Access, Routing, Services, Watching
from omniroute.services.combo_metrics import ComboMeasures
from omniroute.services.combos import Combos
from omniroute.services.custom_models import CustomModels
from omniroute.services.explain import Explain
from omniroute.services.feeds import Feeds
from omniroute.services.history import UsageHistory
from omniroute.services.jobs import Jobs
from omniroute.services.keys import Keys
from omniroute.services.limits import LimitSettings
from omniroute.services.lockout import Lockout
from omniroute.services.locks import CircuitBreaker, Locks
from omniroute.services.login import Login
from omniroute.services.metrics import Metrics, Now, size_of
from omniroute.services.model_catalogue import ModelCatalogue
from omniroute.services.model_discovery import ModelDiscovery
from omniroute.services.model_list import ListedModel, ModelList
from omniroute.services.model_visibility import ModelVisibility
from omniroute.services.names import NameBook
from omniroute.services.nodes import Nodes
from omniroute.services.passwords import Passwords
from omniroute.services.policy_trials import PolicyTrials
from omniroute.services.pricing import Pricing
from omniroute.services.providers import ConnectionHealth, Providers
from omniroute.services.rate_limits import RateLimits
from omniroute.services.request_log import RequestLog
from omniroute.services.retention import Retention
from omniroute.services.sessions import Sessions
from omniroute.services.telemetry import Telemetry
from omniroute.services.upstreams import Upstreams
from omniroute.upstream.guard import check_url


def build_services(settings: Settings, stores: Stores, plane: DataPlane) -> Services:
    """Return what operators use."""
    lockout = Lockout(clock=plane.clock)
    login = _login(settings, stores, plane, lockout)
    access = Access(
        login=login,
        keys=Keys(rows=stores.keys, pepper=plane.current_pepper, clock=plane.clock, changed=plane.changed),
        limits=_limits(stores, plane),
        budgets=_budgets(stores, plane),
        pricing=_pricing(stores, plane),
    )
    routing = _routing(stores, plane)
    return Services.joined(
        access,
        routing,
        _watching(settings, stores, plane, lockout),
        build_operating(settings, stores, plane, access, routing),
    )


def _routing(stores: Stores, plane: DataPlane) -> Routing:
    providers, checks = _providers(stores, plane), _checks(stores, plane)
    return Routing(
        nodes=_nodes(stores, plane),
        providers=providers,
        sign_ins=plane.accounts.sign_ins(providers),
        oauth_clients=plane.accounts.clients,
        oauth_tokens=plane.accounts.tokens,
        model_discovery=ModelDiscovery(
            rows=stores.discoveries,
            connections=stores.connections,
            ask=checks.models,
            clock=plane.clock,
            changed=plane.changed,
        ),
        model_visibility=ModelVisibility(groups=stores.settings, changed=plane.changed),
        combos=_combos(stores, plane),
        combo_measures=_combo_measures(plane),
        configuration=build_configuration(stores, plane),
        aliases=Aliases(rows=stores.aliases, names=_names(stores), clock=plane.clock, changed=plane.changed),
        balancing=plane.balancing,
        model_list=_model_list(plane),
        rulebook=plane.rulebook,
        policy_trials=_policy_trials(stores, plane),
        checks=checks,
        custom_models=_custom_models(stores, plane),
        model_catalogue=_model_catalogue(stores, plane),
        proxies=plane.proxies,
    )


def _watching(settings: Settings, stores: Stores, plane: DataPlane, lockout: Lockout) -> Watching:
    audit = Audit(rows=stores.audit, bus=plane.bus, clock=plane.clock)
    jobs = build_jobs(stores, plane, audit)
    return Watching(
        locks=Locks(lockout=lockout, breakers=lambda: _breakers(plane), clock=plane.clock),
        resilience=plane.resilience,
        breakers=Breakers(read=plane.outlook.breakers, reset=plane.outlook.reset),
        availability=_availability(plane),
        rate_limits=_rate_limits(plane),
        request_log=RequestLog(rows=stores.usage, connections=stores.connections, active=plane.live.active),
        feeds=_feeds(stores, plane, jobs),
        jobs=jobs,
        audit=audit,
        metrics=_metrics(settings, plane, jobs),
        retention=Retention(
            groups=stores.settings,
            rows=stores.old_rows,
            prune_audit=audit.prune,
            clock=plane.clock,
            changed=plane.changed,
        ),
        usage_history=_usage_history(stores, plane),
        telemetry=Telemetry(live=plane.live, keys=stores.keys, clock=plane.clock),
        explain=Explain(rows=stores.usage, dry_run=plane.dry_run, simulate=plane.replay),
    )


def _metrics(settings: Settings, plane: DataPlane, jobs: Jobs) -> Metrics:
    began = plane.clock.monotonic()

    def now() -> Now:
        gauges: dict[str, float] = {
            "requests_in_flight": len(plane.watches),
            "requests_waiting": plane.money.waiting,
            "records_waiting": plane.recorder.waiting,
            "spill_bytes": size_of(settings.data_dir / "spill.jsonl"),
            "uptime_seconds": round(plane.clock.monotonic() - began, 3),
        }
        if settings.database_url is None:
            gauges["database_bytes"] = size_of(settings.data_dir / "storage.sqlite")
        return Now(gauges=gauges, breakers=Counter(one.state.lower() for one in plane.outlook.breakers()))

    return Metrics(totals=plane.totals, now=now, jobs=jobs.states, version=__version__)


def _combo_measures(plane: DataPlane) -> ComboMeasures:
    measures = Measures(plane.traffic, plane.snapshots.current, plane.clock)
    return ComboMeasures(read=measures.read, forget=measures.forget)


def _login(settings: Settings, stores: Stores, plane: DataPlane, lockout: Lockout) -> Login:
    return Login(
        meta=stores.meta,
        settings=stores.settings,
        sessions=Sessions(logins=stores.logins, clock=plane.clock),
        passwords=Passwords(),
        lockout=lockout,
        clock=plane.clock,
        changed=plane.changed,
        loopback=settings.is_loopback,
    )


def _nodes(stores: Stores, plane: DataPlane) -> Nodes:
    return Nodes(
        rows=stores.nodes,
        connections=stores.connections,
        check_url=check_url,
        clock=plane.clock,
        changed=plane.changed,
    )


def _names(stores: Stores) -> NameBook:
    return NameBook(nodes=stores.nodes, combos=stores.combos, aliases=stores.aliases)


def _combos(stores: Stores, plane: DataPlane) -> Combos:
    return Combos(
        rows=stores.combos,
        connections=stores.connections,
        names=_names(stores),
        probe=plane.probe,
        clock=plane.clock,
        changed=plane.changed,
    )


def _availability(plane: DataPlane) -> Availabilities:
    outlook = plane.outlook
    return Availabilities(read=outlook.availability, check=outlook.check, reset=outlook.reset)


def _rate_limits(plane: DataPlane) -> RateLimits:
    return RateLimits(accounts=plane.outlook.accounts, lockouts=plane.outlook.lockouts)


def _usage_history(stores: Stores, plane: DataPlane) -> UsageHistory:
    return UsageHistory(
        rows=stores.usage,
        connections=stores.connections,
        keys=stores.keys,
        active=plane.live.active,
        allowance=plane.accounts.tokens.allowance,
        clock=plane.clock,
    )


def _limits(stores: Stores, plane: DataPlane) -> LimitSettings:
    return LimitSettings(
        groups=stores.settings, connections=stores.connections, status=plane.money.status, changed=plane.changed
    )


def _budgets(stores: Stores, plane: DataPlane) -> Budgets:
    return Budgets(
        rows=stores.budgets,
        keys=stores.keys,
        look=lambda: plane.money.ledger.standings(plane.clock.now_ms()),
        clock=plane.clock,
        changed=plane.changed,
    )


def _pricing(stores: Stores, plane: DataPlane) -> Pricing:
    return Pricing(
        rows=stores.prices,
        rerating=stores.rerating,
        book=plane.prices,
        groups=stores.settings,
        adjust=plane.money.adjust,
        flush=plane.recorder.flush,
        clock=plane.clock,
        changed=plane.changed,
    )


def _providers(stores: Stores, plane: DataPlane) -> Providers:
    def health(connection_id: str) -> ConnectionHealth:
        found = plane.cooling.health(connection_id)
        return ConnectionHealth(status=found.status, cooldown_until=found.cooldown_until, last_error=found.last_error)

    return Providers(
        rows=stores.connections,
        upstreams=Upstreams(nodes=stores.nodes),
        check_url=check_url,
        health=health,
        clock=plane.clock,
        changed=plane.changed,
    )


def _policy_trials(stores: Stores, plane: DataPlane) -> PolicyTrials:
    return PolicyTrials(
        policies=plane.rulebook.policies,
        requests=stores.usage,
        providers=lambda model: providers_of(plane.resolver, plane.snapshots.current(), model),
        spent=plane.money.books.spent_usd,
        clock=plane.clock,
    )


def _custom_models(stores: Stores, plane: DataPlane) -> CustomModels:
    upstreams = Upstreams(nodes=stores.nodes)
    return CustomModels(rows=stores.custom_models, upstreams=upstreams, clock=plane.clock, changed=plane.changed)


def _model_catalogue(stores: Stores, plane: DataPlane) -> ModelCatalogue:
    return ModelCatalogue(
        nodes=stores.nodes,
        connections=stores.connections,
        custom_models=stores.custom_models,
        discoveries=stores.discoveries,
        groups=stores.settings,
        availability=plane.outlook.availability,
        prices=plane.prices,
    )


def _checks(stores: Stores, plane: DataPlane) -> Checks:
    return Checks(
        connections=stores.connections,
        nodes=stores.nodes,
        asker=plane.asker,
        check_url=check_url,
        proxy_of=plane.proxy_of,
        forgive=plane.cooling.forget,
        clock=plane.clock,
    )


def _breakers(plane: DataPlane) -> list[CircuitBreaker]:
    return [
        CircuitBreaker(
            name=one.name, state=one.state.lower(), failure_count=one.failure_count, last_failure=one.message
        )
        for one in plane.outlook.breakers()
    ]


def _model_list(plane: DataPlane) -> ModelList:
    return ModelList(
        read=lambda: [
            ListedModel(id=one.id, owned_by=one.owned_by, kind=one.facts.kind)
            for one in plane.snapshots.current().models
        ]
    )


def _feeds(stores: Stores, plane: DataPlane, jobs: Jobs) -> Feeds:
    return Feeds(
        bus=plane.bus,
        clock=plane.clock,
        background=plane.background,
        logged=stores.usage.recent,
        health=States(plane.snapshots.current, plane.cooling).read,
        breakers=plane.outlook.breakers,
        budgets=lambda: plane.money.ledger.standings(plane.clock.now_ms()),
        jobs=jobs.states,
    )
