"""What the service of synchronisation takes and gives."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from omniroute.kit.json import JsonObject
from omniroute.kit.secret import Secret
from omniroute.upstream.remotes import RemoteKind


class SyncAction(StrEnum):
    """What can be done."""

    ENABLE = "enable"
    SYNC = "sync"
    DISABLE = "disable"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncDraft:
    """Where to sync to, and the passphrase that all instances share.

    `credential` is an admin key of the other gateway, a password, a bearer token, or the secret key of S3, where
    `username` is the access key id.
    """

    kind: RemoteKind
    url: str
    passphrase: Secret = field(repr=False)
    local: bool = False
    username: str | None = None
    credential: Secret | None = field(default=None, repr=False)
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncStatus:
    """How it stands. `conflicts` is as of the last sync of this process, None before one."""

    initialized: bool
    enabled: bool
    connected: bool
    kind: RemoteKind | None = None
    url: str | None = None
    local: bool | None = None
    username: str | None = None
    region: str | None = None
    revision: int | None = None
    last_sync: datetime | None = None
    last_error: str | None = None
    conflicts: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncDone:
    """What was done: how many objects changed here and at the remote, and how many are in conflict."""

    action: SyncAction
    message: str
    changed_here: int
    changed_there: int
    conflicts: int
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncConflict:
    """An object that was changed both here and elsewhere, secrets masked; null where a side removed it."""

    name: str
    kind: str
    base: JsonObject | None
    ours: JsonObject | None
    theirs: JsonObject | None
