"""The operations on the audit log. Rows of the operation table."""

from collections.abc import Sequence

from omniroute.api import audit
from omniroute.api.operation import Operation
from omniroute.edge.admission import Policy
from omniroute.services.audit import AuditEntry

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="listAuditLog",
        method="GET",
        path="/api/compliance/audit-log",
        tag="audit",
        summary="List what was done and what was refused, the newest first; X-Next-Cursor asks for the next page",
        policy=Policy.ADMIN,
        handler=audit.show,
        query=audit.AuditPage,
        answer=Sequence[AuditEntry],
    ),
    Operation(
        id="verifyAuditLog",
        method="GET",
        path="/api/compliance/audit-log/verify",
        tag="audit",
        summary="Read the audit log from end to end, and say whether a row was changed, removed or moved",
        policy=Policy.ADMIN,
        handler=audit.verify,
        answer=audit.ShownVerdict,
    ),
)
