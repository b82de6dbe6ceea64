"""The operations on backups. Rows of the operation table."""

from omniroute.api import backups
from omniroute.api.operation import Operation, links
from omniroute.api.shapes import Done
from omniroute.edge.admission import Policy
from omniroute.kit.errors import Conflict, NotFound

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="listBackups",
        method="GET",
        path="/api/db-backups",
        tag="backups",
        summary="List backups, the newest first",
        policy=Policy.ADMIN,
        handler=backups.show_all,
        answer=backups.BackupList,
        links=links("/backups/0/id", "verifyBackup", "deleteBackup"),
    ),
    Operation(
        id="createBackup",
        method="PUT",
        path="/api/db-backups",
        tag="backups",
        summary="Make a backup of everything in the database as it is at this moment",
        policy=Policy.ADMIN,
        handler=backups.create,
        body=backups.NewBackup,
        needs_body=False,
        answer=backups.CreatedBackup,
        errors=(Conflict,),
        example={"reason": "before-upgrade"},
        links=links("/id", "verifyBackup", "deleteBackup"),
    ),
    Operation(
        id="restoreBackup",
        method="POST",
        path="/api/db-backups",
        tag="backups",
        summary="Put a backup in the place of everything, after a safety backup; no restart is needed",
        policy=Policy.ADMIN,
        handler=backups.restore,
        body=backups.BackupToRestore,
        answer=backups.RestoredBackup,
        errors=(NotFound, Conflict),
        example={"backupId": "backup-20261124T120000000Z-manual.omniroute.zip"},
        links=links("/safetyBackupId", "verifyBackup", "deleteBackup"),
    ),
    Operation(
        id="verifyBackup",
        method="POST",
        path="/api/db-backups/{id}/verify",
        tag="backups",
        summary="Read a backup from end to end, and say whether it can be restored here",
        policy=Policy.ADMIN,
        handler=backups.verify,
        answer=backups.VerifiedBackup,
        errors=(NotFound,),
    ),
    Operation(
        id="deleteBackup",
        method="DELETE",
        path="/api/db-backups/{id}",
        tag="backups",
        summary="Delete a backup",
        policy=Policy.ADMIN,
        handler=backups.delete,
        answer=Done,
        errors=(NotFound,),
    ),
)
