"""Builds what keeps an installation safe and in step with others: backups, exports, imports, synchronisation."""

from typing import TypedDict

from omniroute import __version__
from omniroute.assembly.data_plane import DataPlane
from omniroute.assembly.stores import Stores
from omniroute.kit.settings import Settings
from omniroute.services.backups import Backups
from omniroute.services.cloud import Cloud
from omniroute.services.collection import Routing
from omniroute.services.exports import Exports
from omniroute.services.imports import Imports
from omniroute.services.originals import Originals
from omniroute.services.sync import Sync
from omniroute.storage.configured import Configured
from omniroute.storage.dump import Dump
from omniroute.storage.sync import SyncObjects, SyncRemotes
from omniroute.upstream.guard import check_url
from omniroute.upstream.remotes import Remotes


class Saving(TypedDict):
    """The services, by their names in services/collection.py."""

    backups: Backups
    exports: Exports
    imports: Imports
    sync: Sync
    cloud: Cloud


def build_saving(settings: Settings, stores: Stores, plane: DataPlane, routing: Routing) -> Saving:
    """Return the services."""
    folder, dump = settings.data_dir / "backups", Dump(stores.database)
    backups = Backups(
        folder=folder,
        dump=dump,
        sealer=stores.sealer,
        groups=stores.settings,
        version=__version__,
        clock=plane.clock,
        changed=plane.changed,
        flush=plane.flush,
    )
    return Saving(
        backups=backups,
        exports=Exports(
            folder=folder, backups=backups, dump=dump, version=__version__, clock=plane.clock, flush=plane.flush
        ),
        imports=Imports(
            folder=folder,
            backups=backups,
            dump=dump,
            sealer=stores.sealer,
            originals=_originals(stores, plane),
            changed=plane.changed,
        ),
        sync=_sync(stores, plane),
        cloud=_cloud(stores, plane, routing),
    )


def _sync(stores: Stores, plane: DataPlane) -> Sync:
    return Sync(
        rows=SyncRemotes(stores.database, stores.sealer),
        configured=Configured(stores.database, stores.sealer, plane.clock),
        remotes=Remotes(plane.client, plane.clock),
        check_url=check_url,
        proxy_of=lambda url: plane.snapshots.current().proxies.url(url, connection=None, provider=""),
        version=__version__,
        clock=plane.clock,
        changed=plane.changed,
    )


def _cloud(stores: Stores, plane: DataPlane, routing: Routing) -> Cloud:
    return Cloud(
        providers=routing.providers,
        aliases=routing.aliases,
        objects=SyncObjects(stores.database),
        clock=plane.clock,
    )


def _originals(stores: Stores, plane: DataPlane) -> Originals:
    return Originals(
        nodes=stores.nodes,
        connections=stores.connections,
        combos=stores.combos,
        aliases=stores.aliases,
        custom_models=stores.custom_models,
        keys=stores.keys,
        usage=stores.usage,
        sealer=stores.sealer,
        pepper=plane.current_pepper,
        clock=plane.clock,
    )
