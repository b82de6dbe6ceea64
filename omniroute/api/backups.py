"""Backups: listed, made, checked, put back and removed."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from omniroute.api.operation import Call
from omniroute.api.shapes import Done, adopt, shape
from omniroute.services.backups import LONGEST_REASON, Backup, Restored, Verified
from omniroute.services.collection import Services


@shape
class BackupList:
    """All backups, the newest first."""

    backups: Sequence[Backup]


@shape
class NewBackup:
    """What a backup is made for; it becomes part of its name."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON, pattern="^[a-z-]+$")] = "manual"


@shape
class CreatedBackup(Backup):
    """A backup just made."""

    created: bool = True


@shape
class BackupToRestore:
    """Which backup to put in the place of everything."""

    backup_id: Annotated[str, Field(min_length=1, max_length=100)]


@shape
class RestoredBackup(Restored):
    """What a restore did."""

    restored: bool = True


@shape
class VerifiedBackup(Verified):
    """What checking a backup found."""


async def show_all(services: Services, _call: Call[None, None]) -> BackupList:
    """List backups."""
    return BackupList(backups=await services.backups.list())


async def create(services: Services, call: Call[NewBackup, None]) -> CreatedBackup:
    """Make a backup of this moment."""
    return adopt(CreatedBackup, await services.backups.create(call.body.reason))


async def restore(services: Services, call: Call[BackupToRestore, None]) -> RestoredBackup:
    """Put a backup in the place of everything."""
    return adopt(RestoredBackup, await services.backups.restore(call.body.backup_id))


async def verify(services: Services, call: Call[None, None]) -> VerifiedBackup:
    """Check a backup."""
    return adopt(VerifiedBackup, await services.backups.verify(call.params["id"]))


async def delete(services: Services, call: Call[None, None]) -> Done:
    """Remove a backup."""
    await services.backups.delete(call.params["id"])
    return Done(message="backup deleted")
