"""A try under way: to whom, since when, as whose probe; and the row that the record gets of it."""

import time
from dataclasses import replace

from msgspec import Struct

from omniroute.formats.hub import Usage
from omniroute.gateway.call import Call
from omniroute.gateway.cooling import FREELY, Permit
from omniroute.gateway.decision import Ask
from omniroute.gateway.snapshot import Route, Target
from omniroute.storage.rows import AttemptRow
from omniroute.upstream.failures import Failure
from omniroute.upstream.prices import cost_nano

# What the record says of a try that another one overtook.
CANCELLED = "cancelled"
_MAX_WORDS = 300


class Trial(Struct, kw_only=True):
    """A try under way. A struct, as one is made for each request, at an eighth of what a dataclass costs.

    `permit` is what it probes, `target` where it goes: the route's own, or the same with a renewed credential.
    """

    route: Route
    ask: Ask
    began: float
    target: Target
    permit: Permit = FREELY


def begin(route: Route, ask: Ask, target: Target, permit: Permit) -> Trial:
    """Count a try as under way."""
    now = time.perf_counter()
    for _, load in route.steps:
        load.begin(now)
    return Trial(route=route, ask=ask, began=now, target=target, permit=permit)


def end(trial: Trial) -> None:
    """The try is over, however it ended."""
    for _, load in trial.route.steps:
        load.end()


def attempt_row(call: Call, trial: Trial, *, failure: Failure | None) -> AttemptRow:
    """Return the row of a try that failed, or answered."""
    if failure is None:
        return _row(call, trial, status=200, failure=None, message=None)
    row = _row(call, trial, status=failure.status, failure=failure.kind.value, message=failure.fault.message)
    return _paid(row, trial, failure.usage)


def cancelled_row(call: Call, trial: Trial, why: str, usage: Usage | None) -> AttemptRow:
    """Return the row of a try that another one overtook; `usage` is what is known of it."""
    return _paid(_row(call, trial, status=None, failure=CANCELLED, message=why), trial, usage)


def _paid(row: AttemptRow, trial: Trial, usage: Usage | None) -> AttemptRow:
    """Add what an answer cost that was not taken."""
    rate = trial.target.rate
    if usage is None:
        return row
    return replace(
        row,
        input_tokens=usage.input,
        output_tokens=usage.output,
        cost_nano=None if rate is None else cost_nano(rate, usage),
    )


def _row(call: Call, trial: Trial, *, status: int | None, failure: str | None, message: str | None) -> AttemptRow:
    target, now = trial.target, time.perf_counter()
    return AttemptRow(
        number=len(call.attempts) + 1,
        provider=target.provider,
        connection_id=target.connection_id,
        model=target.model,
        started_us=int((trial.began - call.began) * 1e6),
        latency_us=int((now - trial.began) * 1e6),
        status=status,
        failure=failure,
        message=None if message is None else message[:_MAX_WORDS],
    )
