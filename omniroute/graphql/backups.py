"""Backups: what there is, a new one, and one put in the place of everything."""

from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import accept
from omniroute.graphql.named import NamedCount, counted
from omniroute.graphql.outcome import Deleted, Failed, mutation
from omniroute.graphql.scalars import Long
from omniroute.graphql.types import Shown, asked, expose
from omniroute.kit.secret import Secret
from omniroute.services.backup_values import (
    Backup,
    BackupProgress,
    BackupSettings,
    BackupSettingsChange,
    Drilled,
    Restored,
    Verified,
)
from omniroute.storage.encryption import require_passphrase

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
    encrypted="Whether it needs a passphrase.",
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
expose(
    Drilled,
    "DrilledBackup",
    "What came of restoring a backup into a database that was thrown away.",
    backup_id=Shown(words="The backup that was tried.", kind=strawberry.ID),
    ok="Whether every row came back as it was.",
    faults=Shown(words="What is wrong with it, for people.", kind=list[str], read=list),
    rows=Shown(words="How many rows came back.", kind=Long),
    duration_ms=Shown(words="How long it took, in milliseconds.", kind=Long),
)
expose(
    BackupSettings,
    "BackupSettings",
    "When backups are made by themselves, and how many are kept.",
    enabled="Whether backups are made by themselves.",
    interval_hours="Hours from one to the next.",
    keep_hourly="How many hours keep their newest backup.",
    keep_daily="How many days keep their newest backup.",
    keep_weekly="How many weeks keep their newest backup.",
)
accept(
    BackupSettingsChange,
    "BackupSettingsInput",
    "What to change; what is left out stays.",
    enabled="Whether backups are made by themselves.",
    interval_hours="Hours from one to the next.",
    keep_hourly="How many hours keep their newest backup.",
    keep_daily="How many days keep their newest backup.",
    keep_weekly="How many weeks keep their newest backup.",
)
expose(
    BackupProgress,
    "BackupProgress",
    "How far a backup, restore, export or import is.",
    action="What is under way: create, restore, drill, export, import.",
    table="The table, or the step in words.",
    rows=Shown(words="How many rows are done.", kind=Long),
    total=Shown(words="Of how many, where that is known.", kind=Long | None),
    started_at="When it began.",
)


def _secret(text: str | None) -> Secret | None:
    return None if text is None else require_passphrase(Secret(text))


@strawberry.type
class Query:
    """Backups."""

    @asked("When backups are made by themselves, and how many are kept.")
    async def backup_settings(self, info: Asked) -> BackupSettings:
        """Show them."""
        return await services_of(info).backups.settings()

    @asked("What is under way; null when nothing is.")
    async def backup_progress(self, info: Asked) -> BackupProgress | None:
        """Show it."""
        return services_of(info).backups.progress().progress

    @asked("All backups, the newest first.")
    async def backups(self, info: Asked) -> list[Backup]:
        """List them."""
        return list(await services_of(info).backups.list())


@strawberry.type
class Mutation:
    """Making, checking, restoring and deleting."""

    @mutation("Make a backup of this moment.")
    async def create_backup(
        self, info: Asked, reason: str = "manual", passphrase: str | None = None
    ) -> Annotated[Backup | Failed, strawberry.union("CreateBackupResult")]:
        """Make one."""
        return await services_of(info).backups.create(reason, passphrase=_secret(passphrase))

    @mutation("Read a backup from end to end and say what is wrong with it.")
    async def verify_backup(
        self, info: Asked, id: strawberry.ID, passphrase: str | None = None
    ) -> Annotated[Verified | Failed, strawberry.union("VerifyBackupResult")]:
        """Check one."""
        return await services_of(info).backups.verify(id, _secret(passphrase))

    @mutation("Put a backup in the place of everything, after a backup of what is there.")
    async def restore_backup(
        self, info: Asked, id: strawberry.ID, passphrase: str | None = None
    ) -> Annotated[Restored | Failed, strawberry.union("RestoreBackupResult")]:
        """Restore one."""
        return await services_of(info).backups.restore(id, passphrase=_secret(passphrase))

    @mutation("Restore a backup, or the newest, into a database that is thrown away, and compare every row.")
    async def drill_backup(
        self, info: Asked, id: strawberry.ID | None = None, passphrase: str | None = None
    ) -> Annotated[Drilled | Failed, strawberry.union("DrillBackupResult")]:
        """Try one."""
        return await services_of(info).backups.drill(id, passphrase=_secret(passphrase))

    @mutation("Change when backups are made by themselves, and how many are kept.")
    async def update_backup_settings(
        self, info: Asked, input: BackupSettingsChange
    ) -> Annotated[BackupSettings | Failed, strawberry.union("UpdateBackupSettingsResult")]:
        """Change them."""
        return await services_of(info).backups.update_settings(input)

    @mutation("Delete a backup.")
    async def delete_backup(
        self, info: Asked, id: strawberry.ID
    ) -> Annotated[Deleted | Failed, strawberry.union("DeleteBackupResult")]:
        """Delete one."""
        await services_of(info).backups.delete(id)
        return Deleted(id=id)
