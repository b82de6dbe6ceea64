"""Builds the services: what operators see and change."""

from omniroute import __version__
from omniroute.assembly.data_plane import DataPlane
from omniroute.assembly.stores import Stores
from omniroute.gateway.measures import Measures
from omniroute.gateway.states import States
from omniroute.kit.addresses import networks
from omniroute.kit.settings import Settings
from omniroute.services.aliases import Aliases
from omniroute.services.collection import Services
from omniroute.services.combo_metrics import ComboMeasures
from omniroute.services.combos import Combos
from omniroute.services.feeds import Feeds
from omniroute.services.keys import Keys
from omniroute.services.lockout import Lockout
from omniroute.services.login import Login
from omniroute.services.model_list import ListedModel, ModelList
from omniroute.services.names import NameBook
from omniroute.services.nodes import Nodes
from omniroute.services.passwords import Passwords
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
    login = Login(
        meta=stores.meta,
        settings=stores.settings,
        sessions=Sessions(logins=stores.logins, clock=clock),
        passwords=Passwords(),
        lockout=Lockout(clock=clock),
        clock=clock,
        changed=changed,
        loopback=settings.is_loopback,
    )
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
        system=_system(login, plane),
        request_log=RequestLog(rows=stores.usage),
        feeds=_feeds(stores, plane),
        cache=plane.cache,
        reach=_reach(settings),
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
