"""Synchronisation of the configuration with other instances: how it stands, what is done, what is in conflict."""

from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.outcome import Failed, mutation
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.kit.json import dumps
from omniroute.kit.secret import Secret
from omniroute.routing.merging import Side
from omniroute.services.sync_values import SyncAction, SyncConflict, SyncDone, SyncDraft, SyncStatus
from omniroute.upstream.remotes import RemoteKind

enumerate_(
    RemoteKind,
    "RemoteKind",
    "How the server of a remote is spoken to.",
    OMNIROUTE="Another OmniRoute.",
    WEBDAV="A WebDAV server.",
    S3="Amazon S3, or what is like it.",
    HTTPS="Any address that takes GET and PUT and honours If-Match.",
)
enumerate_(
    SyncAction,
    "SyncAction",
    "What can be done.",
    ENABLE="Sync from now on, beginning with a first one.",
    SYNC="Sync now.",
    DISABLE="Sync no more.",
)
enumerate_(Side, "SyncSide", "Whose version of an object is to hold.", OURS="This instance's.", THEIRS="The remote's.")
expose(
    SyncStatus,
    "SyncStatus",
    "How synchronisation stands.",
    initialized="Whether a remote is named.",
    enabled="Whether it is synced by itself.",
    connected="Whether the last sync worked.",
    kind="How the remote is spoken to.",
    url="Where it is.",
    local="Whether it may be at a private address.",
    username="As whom.",
    region="The region of S3.",
    revision="What was written there last.",
    last_sync="When it worked last.",
    last_error="Why the last sync did not work.",
    conflicts="How many objects were in conflict at the last sync of this process.",
)
expose(
    SyncDone,
    "SyncDone",
    "What was done.",
    action="What was asked for.",
    message="What was done, for people.",
    changed_here="How many objects changed here.",
    changed_there="How many objects changed at the remote.",
    conflicts="How many objects are in conflict.",
    revision="The remote's revision now.",
)


def _text(value: object) -> str:
    return dumps(value).decode()


expose(
    SyncConflict,
    "SyncConflict",
    "An object that was changed both here and elsewhere. Its versions are JSON, null where a side removed it.",
    name="Its name: the kind, and what people call it.",
    kind="Its kind.",
    base=Shown(words="What both had last.", kind=str | None, read=_text),
    ours=Shown(words="What is here; secrets are masked.", kind=str | None, read=_text),
    theirs=Shown(words="What lies at the remote; secrets are masked.", kind=str | None, read=_text),
)
accept(
    SyncDraft,
    "SyncInput",
    "Where to sync to, and the passphrase that all instances share.",
    kind="How the remote is spoken to.",
    url="Where the object is; that of a gateway for another OmniRoute.",
    passphrase=Taken(words="What encrypts it end to end.", kind=str, read=Secret),
    local="Whether it may be at a private address.",
    username="As whom; the access key id of S3.",
    credential=Taken(words="A password, token, admin key, or the secret key of S3.", kind=str | None, read=Secret),
    region="The region of S3.",
)


@strawberry.type
class Query:
    """Synchronisation."""

    @asked("How synchronisation stands.")
    async def sync_status(self, info: Asked) -> SyncStatus:
        """Show it."""
        return await services_of(info).sync.status()

    @asked("What was changed both here and elsewhere, as it stands now: the remote is asked.")
    async def sync_conflicts(self, info: Asked) -> list[SyncConflict]:
        """List it."""
        return list(await services_of(info).sync.conflicts())


@strawberry.type
class Mutation:
    """Naming a remote, syncing, choosing."""

    @mutation("Name the remote, once it was seen to work.")
    async def initialize_sync(
        self, info: Asked, input: SyncDraft
    ) -> Annotated[SyncStatus | Failed, strawberry.union("InitializeSyncResult")]:
        """Name it."""
        return await services_of(info).sync.initialize(input)

    @mutation("Enable, sync now, or disable; `forget` removes the remote's copy with disable.")
    async def do_sync(
        self, info: Asked, action: SyncAction, *, forget: bool = False
    ) -> Annotated[SyncDone | Failed, strawberry.union("DoSyncResult")]:
        """Do it."""
        return await services_of(info).sync.act(action, forget=forget)

    @mutation("Choose whose version of an object holds, and sync.")
    async def resolve_sync_conflict(
        self, info: Asked, name: str, side: Side
    ) -> Annotated[SyncDone | Failed, strawberry.union("ResolveSyncConflictResult")]:
        """Choose."""
        return await services_of(info).sync.resolve(name, side)
