"""What is done over a management surface is told in the audit log: by whom, from where, and how it ended.

A change of rows tells itself, in its own transaction. What is left for here is what changed no row (a sign-in, a job
started, a cache emptied), and who was turned away.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from omniroute.edge.admission import Caller
from omniroute.kit.acting import Act, acting
from omniroute.kit.errors import OmniError
from omniroute.services.audit import Audit
from omniroute.storage.audit_rows import AuditDraft

# Operations that look like changes by their method, and only look: REST's names, then GraphQL's. Not recorded.
LOOKS: Mapping[str, str] = {
    "dryRun": "asks where a request would go",
    "replayRequests": "reckons with recorded requests",
    "dryRunPolicies": "asks what policies would do",
    "validateConnection": "tries what is not stored",
    "validateNode": "tries what is not stored",
    "verifyBackup": "reads a backup",
    "policyDryRun": "as dryRunPolicies",
    "validateProviderConnection": "as validateConnection",
    "validateProviderNode": "as validateNode",
    "fetchUpstreamModels": "lists a provider's models, as GET does in REST",
    "preparePlayground": "keeps a question in memory for a moment; what is asked is in the request log",
}
_TURNED_AWAY = frozenset({401, 403, 429})
_OURS = 500


@asynccontextmanager
async def recorded(audit: Audit, act: Act, *, changes: bool) -> AsyncIterator[Act]:
    """Act while the context lasts, and tell how it ended. Without `changes` only of refusals."""
    with acting(act):
        try:
            yield act
        except OmniError as error:
            if error.status in _TURNED_AWAY:
                await audit.refused(act, error)
            elif changes and error.status >= _OURS:
                await audit.note(_draft(act, "failed", error.message))
            raise
        if changes and not act.recorded and act.operation not in LOOKS:
            await audit.note(_draft(act, "ok", None))


def _draft(act: Act, outcome: str, detail: str | None) -> AuditDraft:
    return AuditDraft(action=act.operation or "request", target=act.target, outcome=outcome, detail=detail)


def identify(act: Act, caller: Caller) -> None:
    """Say who acts, now that it is known."""
    if caller.key is not None:
        act.kind, act.id, act.name = "key", caller.key.id, caller.key.name
    elif caller.operator is not None:
        act.kind, act.id, act.name = "session", caller.operator.digest.hex()[:16], "operator"
    else:
        act.kind, act.name = "local", "operator"
