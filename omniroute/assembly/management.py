"""Builds the services: what operators see and change."""

from omniroute import __version__
from omniroute.assembly.data_plane import DataPlane
from omniroute.assembly.stores import Stores
from omniroute.gateway.measures import Measures
from omniroute.gateway.policies import providers_of
from omniroute.gateway.states import States
from omniroute.kit.addresses import networks
from omniroute.kit.settings import Settings
from omniroute.services.aliases import Aliases
from omniroute.services.checks import Checks
from omniroute.services.collection import Services
from omniroute.services.combo_metrics import ComboMeasures
from omniroute.services.combos import Combos
from omniroute.services.custom_models import CustomModels
from omniroute.services.feeds import Feeds
from omniroute.services.keys import Keys
from omniroute.services.lifecycle import Lifecycle
from omniroute.services.lockout import Lockout
from omniroute.services.locks import CircuitBreaker, Locks
from omniroute.services.login import Login
from omniroute.services.model_catalogue import ModelCatalogue
from omniroute.services.model_list import ListedModel, ModelList
from omniroute.services.names import NameBook
from omniroute.services.nodes import Nodes
from omniroute.services.passwords import Passwords
from omniroute.services.policy_trials import PolicyTrials
from omniroute.services.providers import ConnectionHealth, Providers
from omniroute.services.reach import Reach
from omniroute.services.request_log import RequestLog
from omniroute.services.sessions import Sessions
from omniroute.services.system import System
from omniroute.services.upstreams import Upstreams
from omniroute.upstream.guard import check_url


def build_services(settings: Settings, stores: Stores, plane: DataPlane, pepper: bytes) -> Services:
    """Return what operators use."""
    clock, changed = plane.clock, plane.changed
    lockout = Lockout(clock=clock)
    login = _login(settings, stores, plane, lockout)
    names = NameBook(nodes=stores.nodes, combos=stores.combos, aliases=stores.aliases)
    measures = Measures(plane.traffic, plane.snapshots.current, clock)
    return Services(
        login=login,
        keys=Keys(rows=stores.keys, pepper=pepper, clock=clock, changed=changed),
        nodes=Nodes(
            rows=stores.nodes, connections=stores.connections, check_url=check_url, clock=clock, changed=changed
        ),
        providers=_providers(stores, plane),
        combos=Combos(
            rows=stores.combos,
            connections=stores.connections,
            names=names,
            probe=plane.probe,
            clock=clock,
            changed=changed,
        ),
        combo_measures=ComboMeasures(read=measures.read, forget=measures.forget),
        aliases=Aliases(rows=stores.aliases, names=names, clock=clock, changed=changed),
        balancing=plane.balancing,
        model_list=_model_list(plane),
        rulebook=plane.rulebook,
        policy_trials=_policy_trials(stores, plane),
        locks=Locks(lockout=lockout, breakers=lambda: _breakers(plane), clock=clock),
        checks=_checks(stores, plane),
        custom_models=_custom_models(stores, plane),
        model_catalogue=_model_catalogue(stores, plane),
        proxies=plane.proxies,
        lifecycle=Lifecycle(login=login, allowed=settings.allow_restart),
        system=_system(login, plane),
        request_log=RequestLog(rows=stores.usage),
        feeds=_feeds(stores, plane),
        reach=_reach(settings),
    )


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


def _reach(settings: Settings) -> Reach:
    return Reach(
        trusted_proxies=networks(settings.trusted_proxies),
        public_url=settings.public_url,
        cookie_secure=settings.auth_cookie_secure,
        body_timeout_s=settings.body_timeout_s,
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
        spent=plane.spending.spent_usd,
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
        prices=plane.prices,
    )


def _checks(stores: Stores, plane: DataPlane) -> Checks:
    def proxy_of(base_url: str, connection_id: str | None, provider: str) -> str | None:
        return plane.snapshots.current().proxies.url(base_url, connection=connection_id, provider=provider)

    return Checks(
        connections=stores.connections,
        nodes=stores.nodes,
        asker=plane.asker,
        check_url=check_url,
        proxy_of=proxy_of,
        forgive=plane.cooling.forget,
        clock=plane.clock,
    )


def _breakers(plane: DataPlane) -> list[CircuitBreaker]:
    return [
        CircuitBreaker(
            name=scope if isinstance(scope, str) else "/".join(scope),
            state="open" if left_s else "half_open",
            failure_count=cooldown.level,
            last_failure=cooldown.message,
        )
        for scope, cooldown, left_s in plane.cooling.held()
    ]


def _system(login: Login, plane: DataPlane) -> System:
    counts = {"openRequests": plane.watches.__len__, "waitingRecords": lambda: plane.recorder.waiting}
    return System(login=login, version=__version__, clock=plane.clock, counts=counts)


def _model_list(plane: DataPlane) -> ModelList:
    return ModelList(
        read=lambda: [ListedModel(id=one.id, owned_by=one.owned_by) for one in plane.snapshots.current().models]
    )


def _feeds(stores: Stores, plane: DataPlane) -> Feeds:
    return Feeds(
        bus=plane.bus,
        clock=plane.clock,
        background=plane.background,
        logged=stores.usage.recent,
        health=States(plane.snapshots.current, plane.cooling).read,
    )
