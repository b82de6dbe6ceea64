"""What a client hears when nobody answered: the last cause, every try, and the earliest time to come back."""

from collections.abc import Sequence

from omniroute.formats.events import Fault
from omniroute.formats.hub import Json
from omniroute.gateway.call import Call
from omniroute.gateway.snapshot import Target
from omniroute.routing.breaker import Standing
from omniroute.storage.rows import AttemptRow
from omniroute.upstream.failures import RULES, Failure, FailureKind

# A target that is left alone: why, and for how many seconds more.
Refusal = tuple[Target, Standing, float]


_TOLD_CODES = frozenset({FailureKind.QUOTA, FailureKind.MODEL_MISSING, FailureKind.LOSSY})


class AllFailed(Exception):
    """No target answered; `fault` is what the client hears."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def client_fault(failure: Failure) -> Fault:
    """What the client hears of its own mistake: the upstream's words, status, param and code."""
    fault, rule = failure.fault, failure.rule
    status = failure.status if failure.status is not None and failure.status >= 400 else rule.client_status  # noqa: PLR2004
    return Fault(kind=fault.kind, message=fault.message, status=status, code=fault.code, param=fault.param)


def summary(call: Call, failures: Sequence[tuple[Target, Failure]], refusals: Sequence[Refusal]) -> Fault:
    """What the client hears when every target failed, or is left alone for now.

    It is told to wait for what is known to be free first: a target that was tried or one that was not.
    """
    target, last = failures[-1]
    rule = RULES[last.kind]
    words = last.fault.message
    if last.kind is FailureKind.AUTH:
        words = f"the provider refused the credential of connection {target.connection_name!r}"
    tried = {target.connection_id for target, _ in failures}
    others = [one for one in refusals if one[0].connection_id not in tried]
    if len(failures) > 1:
        words = f"all {len(failures)} targets of {call.model!r} failed; the last: {words}"
    if others:
        words += f" ({len(others)} more left alone for now)"
    waits = [failure.retry_after_s for _, failure in failures if failure.retry_after_s is not None]
    waits += [left for _, _, left in refusals]
    by_place = {(target.connection_id, target.model): target for target, _ in failures}
    return Fault(
        kind=rule.fault_kind,
        message=words,
        status=rule.client_status,
        code=last.fault.code if last.kind in _TOLD_CODES else None,
        param=last.fault.param if last.kind is FailureKind.LOSSY else None,
        retry_after_s=min(waits, default=None),
        attempts=(
            *(_told(row, by_place[row.connection_id, row.model]) for row in call.attempts),
            *map(_told_refusal, others),
        ),
    )


def held_off(call: Call, refusals: Sequence[Refusal]) -> Fault:
    """What the client hears when no target may be tried now."""
    if not refusals:
        message = f"every target of {call.model!r} is being tried by somebody else just now"
        return Fault(kind="overloaded", message=message, status=503, retry_after_s=1.0)
    target, standing, wait = min(refusals, key=lambda one: one[2])
    rule = RULES[FailureKind(standing.reason)]
    place = f"{target.provider}/{target.model} over {target.connection_name!r}"
    said = f"said: {standing.message}"
    if standing.reason == FailureKind.AUTH:
        said = "was refused by the provider: its credential is not accepted"
    return Fault(
        kind=rule.fault_kind,
        message=f"every target is left alone for now; the first to be free, {place}, {said}",
        status=rule.client_status,
        retry_after_s=wait,
        attempts=tuple(map(_told_refusal, refusals)),
    )


def _told(row: AttemptRow, target: Target) -> Json:
    """One attempt, as an error body lists it."""
    return {
        "provider": row.provider,
        "connection": target.connection_name,
        "model": row.model,
        "failure": row.failure,
        "status": row.status,
        "message": row.message,
        "latency_ms": round(row.latency_us / 1000, 1),
    }


def _told_refusal(refusal: Refusal) -> Json:
    """One target that was not tried, as an error body lists it."""
    target, standing, left = refusal
    return {
        "provider": target.provider,
        "connection": target.connection_name,
        "model": target.model,
        "failure": standing.reason,
        "message": standing.message[:300],
        "not_tried": True,
        "retry_after_s": round(left, 1),
    }
