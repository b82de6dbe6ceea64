"""Backups: listed, made, checked, put back and removed; exports and imports; when they are made by themselves."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated

from pydantic import Field
from pydantic_core import MISSING

from omniroute.api.files import Upload
from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, Done, adopt, secret, shape
from omniroute.kit.secret import Secret
from omniroute.services.backup_folder import LONGEST_REASON
from omniroute.services.backup_schedule import LONGEST_HOURS, MOST_KEPT
from omniroute.services.backup_values import (
    Backup,
    BackupSettings,
    BackupSettingsChange,
    BackupWork,
    Drilled,
    Imported,
    Restored,
    Verified,
)
from omniroute.services.collection import Services
from omniroute.services.exports import Exported
from omniroute.storage.encryption import LONGEST, SHORTEST, require_passphrase

Passphrase = Annotated[Secret, secret(least=SHORTEST, most=LONGEST)]
BackupId = Annotated[str, Field(min_length=1, max_length=100)]
Kept = Annotated[int, WHOLE, Field(ge=0, le=MOST_KEPT)]


@shape
class BackupList:
    """All backups, the newest first."""

    backups: Sequence[Backup]


@shape
class NewBackup:
    """What a backup is made for; it becomes part of its name. With a passphrase it is encrypted."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON, pattern="^[a-z-]+$")] = "manual"
    passphrase: Passphrase | None = None


@shape
class CreatedBackup(Backup):
    """A backup just made."""

    created: bool = True


@shape
class BackupToRestore:
    """Which backup to put in the place of everything, and its passphrase where it is encrypted."""

    backup_id: BackupId
    passphrase: Passphrase | None = None


@shape
class RestoredBackup(Restored):
    """What a restore did."""

    restored: bool = True


@shape
class BackupToVerify:
    """The passphrase of an encrypted backup."""

    passphrase: Passphrase | None = None


@shape
class VerifiedBackup(Verified):
    """What checking a backup found."""


@shape
class BackupToTry:
    """Which backup to try, the newest where none is named, and its passphrase where it is encrypted."""

    backup_id: BackupId | None = None
    passphrase: Passphrase | None = None


@shape
class DrilledBackup(Drilled):
    """What came of the rehearsal."""


@shape
class ImportedFile(Imported):
    """What an import did."""

    imported: bool = True


@shape
class ShownBackupSettings(BackupSettings):
    """When backups are made by themselves, and how many are kept."""


@shape
class ChangedBackupSettings(BackupSettingsChange):
    """What to change; what is left out stays."""

    interval_hours: Annotated[int, WHOLE, Field(ge=1, le=LONGEST_HOURS)] | MISSING = MISSING
    keep_hourly: Kept | MISSING = MISSING
    keep_daily: Kept | MISSING = MISSING
    keep_weekly: Kept | MISSING = MISSING


@shape
class ShownBackupWork(BackupWork):
    """What is under way."""


async def show_all(services: Services, _call: Call[None, None]) -> BackupList:
    """List backups."""
    return BackupList(backups=await services.backups.list())


async def create(services: Services, call: Call[NewBackup, None]) -> CreatedBackup:
    """Make a backup of this moment."""
    body = call.body
    return adopt(CreatedBackup, await services.backups.create(body.reason, passphrase=body.passphrase))


async def restore(services: Services, call: Call[BackupToRestore, None]) -> RestoredBackup:
    """Put a backup in the place of everything."""
    body = call.body
    return adopt(RestoredBackup, await services.backups.restore(body.backup_id, passphrase=body.passphrase))


async def verify(services: Services, call: Call[BackupToVerify, None]) -> VerifiedBackup:
    """Check a backup."""
    return adopt(VerifiedBackup, await services.backups.verify(call.params["id"], call.body.passphrase))


async def drill(services: Services, call: Call[BackupToTry, None]) -> DrilledBackup:
    """Restore a backup into a database that is thrown away."""
    body = call.body
    return adopt(DrilledBackup, await services.backups.drill(body.backup_id, passphrase=body.passphrase))


async def delete(services: Services, call: Call[None, None]) -> Done:
    """Remove a backup."""
    await services.backups.delete(call.params["id"])
    return Done(message="backup deleted")


async def progress(services: Services, _call: Call[None, None]) -> ShownBackupWork:
    """Show how far the work under way is."""
    return adopt(ShownBackupWork, services.backups.progress())


async def show_settings(services: Services, _call: Call[None, None]) -> ShownBackupSettings:
    """Show when backups are made by themselves."""
    return adopt(ShownBackupSettings, await services.backups.settings())


async def change_settings(services: Services, call: Call[ChangedBackupSettings, None]) -> ShownBackupSettings:
    """Change when backups are made by themselves."""
    return adopt(ShownBackupSettings, await services.backups.update_settings(call.body))


async def export(services: Services, _call: Call[None, None]) -> AbstractAsyncContextManager[Exported]:
    """Make a SQLite file of everything."""
    return services.exports.database()


async def export_all(services: Services, _call: Call[None, None]) -> AbstractAsyncContextManager[Exported]:
    """Make an archive of everything."""
    return services.exports.everything()


async def take(services: Services, call: Call[Upload, None]) -> ImportedFile:
    """Take what a file holds; a session that is not fresh has to show the password."""
    fields = call.body.fields
    if call.credentials.key is None and call.visitor.operator is not None:
        password = fields.get("currentPassword")
        await services.login.confirm(MISSING if password is None else Secret(password), call.visitor)
    passphrase = require_passphrase(Secret(fields["passphrase"])) if fields.get("passphrase") else None
    done = await services.imports.take(call.body.path, call.body.filename, passphrase=passphrase)
    return adopt(ImportedFile, done)
