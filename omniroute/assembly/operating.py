"""Builds the services that keep an installation running."""

from collections.abc import Callable

from omniroute import __version__
from omniroute.assembly.data_plane import DataPlane
from omniroute.assembly.saving import build_saving
from omniroute.assembly.stores import Stores
from omniroute.kit.addresses import networks
from omniroute.kit.settings import Settings
from omniroute.services.cli_tools import CliTools
from omniroute.services.client_tools.detection import surroundings
from omniroute.services.collection import Access, Operating, Routing
from omniroute.services.evals.service import Evals
from omniroute.services.evals.suites import Suites
from omniroute.services.keys import Keys
from omniroute.services.lifecycle import Lifecycle
from omniroute.services.login import Login
from omniroute.services.playground import Playground
from omniroute.services.reach import Reach
from omniroute.services.system import System
from omniroute.services.translation import Translation


def build_operating(
    settings: Settings, stores: Stores, plane: DataPlane, access: Access, routing: Routing
) -> Operating:
    """Return what keeps an installation running."""
    return Operating(
        lifecycle=Lifecycle(login=access.login, allowed=settings.allow_restart),
        system=_system(access.login, plane),
        **build_saving(settings, stores, plane, routing),
        cache=plane.cache,
        playground=Playground(ask=plane.asking),
        translation=Translation(),
        evals=_evals(settings, stores, plane),
        cli_tools=_cli_tools(settings, access.keys, plane),
        reach=_reach(settings),
    )


def _evals(settings: Settings, stores: Stores, plane: DataPlane) -> Evals:
    return Evals(
        suites=Suites(settings.data_dir / "evals"),
        rows=stores.evals,
        ask=plane.asking,
        background=plane.background,
        clock=plane.clock,
    )


def _cli_tools(settings: Settings, keys: Keys, plane: DataPlane) -> CliTools:
    return CliTools(
        around=surroundings(settings),
        copies=settings.data_dir / "cli-tools",
        keys=keys,
        own_url=settings.public_url or f"http://127.0.0.1:{settings.port}",
        may_write=settings.cli_allow_config_writes,
        clock=plane.clock,
    )


def _system(login: Login, plane: DataPlane) -> System:
    counts: dict[str, Callable[[], int]] = {
        "openRequests": plane.watches.__len__,
        "waitingRecords": lambda: plane.recorder.waiting,
        "connections": lambda: sum(map(len, plane.snapshots.current().accounts.values())),
        "openBreakers": lambda: sum(one.state != "CLOSED" for one in plane.outlook.breakers()),
    }
    return System(login=login, version=__version__, clock=plane.clock, counts=counts)


def _reach(settings: Settings) -> Reach:
    return Reach(
        trusted_proxies=networks(settings.trusted_proxies),
        public_url=settings.public_url,
        cookie_secure=settings.auth_cookie_secure,
        body_timeout_s=settings.body_timeout_s,
        metrics_public=settings.metrics_public,
    )
