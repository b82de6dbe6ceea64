"""A request as the log keeps it: what became of a call, in one row.

Of a key that wants no log nothing is kept by which its caller or what it said could be known; the money is.
"""

import time
from dataclasses import replace
from operator import attrgetter
from typing import Any

from omniroute.formats.hub import Json, Usage
from omniroute.gateway.call import MAX_MESSAGE, Call
from omniroute.storage.rows import AttemptRow, RequestRow

RARE = (
    "cache_write_1h",
    "audio_input",
    "image_input",
    "audio_output",
    "image_output",
    "images",
    "audio_ms",
    "characters",
    "searches",
)
_rare = attrgetter(*RARE)
_NOTHING = Usage()


def row_of(call: Call, cost_nano: int | None, price_version: str | None) -> RequestRow:
    """Return the record of a call as it ended."""
    target, usage, origin, ticket = call.target, call.usage or _NOTHING, call.origin, call.ticket
    first = call.first_token_at
    return RequestRow(
        id=call.id,
        started_at=call.started_ms,
        key_id=origin.key.id if origin.key else None,
        format=call.codec.format.value,
        kind="chat" if call.operation is None else call.operation.row.kind.value,
        path=origin.path,
        requested_model=call.model,
        combo=call.combo,
        stream=call.stream,
        outcome=call.outcome,
        status=call.status,
        provider=target.provider if target else None,
        connection_id=target.connection_id if target else None,
        model=target.model if target else None,
        latency_us=int((time.perf_counter() - call.began) * 1e6),
        first_token_us=None if first is None else int((first - call.began) * 1e6),
        input_tokens=usage.input,
        output_tokens=usage.output,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        reasoning_tokens=usage.reasoning,
        usage_more=_more(usage),
        service_tier=call.service,
        usage_source=call.usage_source,
        cost_nano=cost_nano,
        price_version=price_version,
        losses=tuple(f"{loss.path}: {loss.reason}" for loss in call.losses),
        cache=None if ticket is None or ticket.given is None else ticket.given.value,
        saved_nano=None if ticket is None or ticket.row is None else ticket.row.cost_nano,
        **_told(call),
    )


def _told(call: Call) -> dict[str, Any]:
    """Return what tells of the caller and of what was said."""
    fault, origin = call.fault, call.origin
    kind = fault.kind if fault else None
    attempts: tuple[AttemptRow, ...] = tuple(call.attempts)
    if origin.key is not None and origin.key.no_log:
        silent = tuple(replace(one, message=None) for one in attempts)
        return {"address": None, "user_agent": None, "error_kind": kind, "attempts": silent}
    return {
        "address": origin.address,
        "user_agent": origin.user_agent,
        "error_kind": kind,
        "error_message": fault.message[:MAX_MESSAGE] if fault else None,
        "tags": call.tags,
        "policies": call.policies,
        "attempts": attempts,
    }


def _more(usage: Usage) -> Json | None:
    """Return the figures that most answers do not have."""
    found = {name: count for name, count in zip(RARE, _rare(usage), strict=True) if count}
    return found or None
