"""Synchronisation with a remote: named, enabled, done, its conflicts shown and resolved."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from omniroute.api.operation import Call
from omniroute.api.shapes import SecretText, adopt, secret, shape
from omniroute.kit.secret import Secret
from omniroute.routing.merging import Side
from omniroute.services.collection import Services
from omniroute.services.sync_values import SyncAction, SyncConflict, SyncDone, SyncDraft, SyncStatus
from omniroute.storage.encryption import LONGEST, SHORTEST


@shape
class ShownSync(SyncStatus):
    """How the sync stands."""


@shape
class SyncToInitialize(SyncDraft):
    """Where to sync to, and the passphrase that all instances share."""

    url: Annotated[str, Field(min_length=1, max_length=2_000)]
    passphrase: Annotated[Secret, secret(least=SHORTEST, most=LONGEST)]
    username: Annotated[str, Field(max_length=256)] | None = None
    credential: SecretText | None = None
    region: Annotated[str, Field(max_length=64)] | None = None


@shape
class InitializedSync:
    """Whether a remote is named."""

    success: bool = True
    initialized: bool
    message: str


@shape
class SyncToDo:
    """What to do; `forget` removes the remote's copy and its name with `disable`."""

    action: SyncAction
    forget: bool = False


@shape
class DoneSync(SyncDone):
    """What was done."""

    success: bool = True


@shape
class ConflictList:
    """What was changed both here and elsewhere."""

    conflicts: Sequence[SyncConflict]


@shape
class ConflictToResolve:
    """Whose version of an object is to hold: ours, or theirs."""

    name: Annotated[str, Field(min_length=1, max_length=1_000)]
    side: Side


async def show(services: Services, _call: Call[None, None]) -> ShownSync:
    """Show how it stands."""
    return adopt(ShownSync, await services.sync.status())


async def act(services: Services, call: Call[SyncToDo, None]) -> DoneSync:
    """Enable, sync, disable."""
    return adopt(DoneSync, await services.sync.act(call.body.action, forget=call.body.forget))


async def initialize(services: Services, call: Call[SyncToInitialize, None]) -> InitializedSync:
    """Name the remote."""
    already = (await services.sync.status()).initialized
    await services.sync.initialize(call.body)
    message = "sync was initialized already; its remote is this one now" if already else "sync is initialized"
    return InitializedSync(initialized=True, message=message)


async def show_initialized(services: Services, _call: Call[None, None]) -> InitializedSync:
    """Show whether a remote is named."""
    known = (await services.sync.status()).initialized
    return InitializedSync(initialized=known, message="sync is initialized" if known else "no remote is named yet")


async def conflicts(services: Services, _call: Call[None, None]) -> ConflictList:
    """Show conflicts."""
    return ConflictList(conflicts=await services.sync.conflicts())


async def resolve(services: Services, call: Call[ConflictToResolve, None]) -> DoneSync:
    """Resolve a conflict."""
    return adopt(DoneSync, await services.sync.resolve(call.body.name, call.body.side))
