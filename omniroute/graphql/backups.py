"""Backups: what there is, a new one, and one put in the place of everything."""

from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.named import NamedCount, counted
from omniroute.graphql.outcome import Deleted, Failed, mutation
from omniroute.graphql.scalars import Long
from omniroute.graphql.types import Shown, asked, expose
from omniroute.services.backups import Backup, Restored, Verified

_CONNECTIONS = "How many connections it holds."
_NODES = "How many custom nodes it holds."
_COMBOS = "How many combos it holds."
_KEYS = "How many keys it holds."
_ROWS = "Rows by table, sign-ins left out."

expose(
    Backup,
    "Backup",
    "A backup of everything in the database.",
    id=Shown(words="Stable id: its file's name.", kind=strawberry.ID),
    filename="Its file's name.",
    created_at="When it was made, by ISO 8601.",
    size=Shown(words="Its length in bytes.", kind=Long),
    reason="Why it was made: manual, scheduled, pre-restore, or a word that was given.",
    version="The version of the gateway that made it.",
    connection_count=_CONNECTIONS,
    node_count=_NODES,
    combo_count=_COMBOS,
    api_key_count=_KEYS,
    request_count="How many requests of the log it holds.",
)
expose(
    Verified,
    "VerifiedBackup",
    "What checking a backup found.",
    id=Shown(words="The backup's id.", kind=strawberry.ID),
    ok="Whether it can be restored here.",
    faults=Shown(words="What is wrong with it, for people.", kind=list[str], read=list),
)
expose(
    Restored,
    "RestoredBackup",
    "What a restore did.",
    backup_id=Shown(words="The backup that was put in the place of everything.", kind=strawberry.ID),
    safety_backup_id=Shown(words="The backup of what was there, made first.", kind=strawberry.ID),
    connection_count=_CONNECTIONS,
    node_count=_NODES,
    combo_count=_COMBOS,
    api_key_count=_KEYS,
    before=Shown(words=f"{_ROWS} Before.", kind=list[NamedCount], read=counted),
    after=Shown(words=f"{_ROWS} After.", kind=list[NamedCount], read=counted),
)


@strawberry.type
class Query:
    """Backups."""

    @asked("All backups, the newest first.")
    async def backups(self, info: Asked) -> list[Backup]:
        """List them."""
        return list(await services_of(info).backups.list())


@strawberry.type
class Mutation:
    """Making, checking, restoring and deleting."""

    @mutation("Make a backup of this moment.")
    async def create_backup(
        self, info: Asked, reason: str = "manual"
    ) -> Annotated[Backup | Failed, strawberry.union("CreateBackupResult")]:
        """Make one."""
        return await services_of(info).backups.create(reason)

    @mutation("Read a backup from end to end and say what is wrong with it.")
    async def verify_backup(
        self, info: Asked, id: strawberry.ID
    ) -> Annotated[Verified | Failed, strawberry.union("VerifyBackupResult")]:
        """Check one."""
        return await services_of(info).backups.verify(id)

    @mutation("Put a backup in the place of everything, after a backup of what is there.")
    async def restore_backup(
        self, info: Asked, id: strawberry.ID
    ) -> Annotated[Restored | Failed, strawberry.union("RestoreBackupResult")]:
        """Restore one."""
        return await services_of(info).backups.restore(id)

    @mutation("Delete a backup.")
    async def delete_backup(
        self, info: Asked, id: strawberry.ID
    ) -> Annotated[Deleted | Failed, strawberry.union("DeleteBackupResult")]:
        """Delete one."""
        await services_of(info).backups.delete(id)
        return Deleted(id=id)
