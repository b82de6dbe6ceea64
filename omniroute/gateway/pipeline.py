"""The life of one AI request, step by step. Start reading here.

read → parse → resolve → try targets → reply → record. Each step is a line; what can go wrong ends up as a Fault that
the client hears in its own format, and every request, however it ended, leaves a record.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from msgspec import Struct

from omniroute.formats.events import Fault
from omniroute.formats.hub import Format
from omniroute.gateway.access import allowed
from omniroute.gateway.admission import Admission
from omniroute.gateway.answers import Answers
from omniroute.gateway.attempt import hub_request, seed_of
from omniroute.gateway.call import Call
from omniroute.gateway.conversations import Conversations
from omniroute.gateway.downstream import Downstream
from omniroute.gateway.estimate import complete
from omniroute.gateway.failover import Failover
from omniroute.gateway.operating import Operating
from omniroute.gateway.policies import Policing
from omniroute.gateway.record import Recorder
from omniroute.gateway.relay import Finished, error_event
from omniroute.gateway.reply import StreamReply, error_answer, whole_headers
from omniroute.gateway.resolve import Resolver
from omniroute.gateway.seen import ended, seen
from omniroute.gateway.shaping import shape
from omniroute.gateway.snapshot import Snapshot
from omniroute.gateway.telling import AllFailed
from omniroute.gateway.ticket import Ticket
from omniroute.gateway.watch import Reason, Watch, Watches
from omniroute.gateway.written import row_of
from omniroute.kit import json
from omniroute.kit.errors import Invalid, OmniError, TooLarge, Unavailable
from omniroute.kit.events import RequestFinished
from omniroute.state.bus import Bus
from omniroute.state.live import Live
from omniroute.upstream.prices import PriceBook, cost_of

log = structlog.get_logger(__name__)

_FAULT_KINDS = {
    400: "invalid_request",
    401: "authentication",
    403: "permission",
    404: "not_found",
    409: "invalid_request",
    413: "too_large",
    422: "invalid_request",
    429: "rate_limit",
    502: "upstream",
    503: "overloaded",
    504: "timeout",
}
_ENDINGS = {
    Reason.TOTAL: Fault(kind="timeout", message="the request took longer than it may in all", status=504),
    Reason.STOPPING: Fault(kind="overloaded", message="the gateway is stopping; send the request again", status=503),
    Reason.BODY: Fault(kind="timeout", message="the request's body did not come in time", status=408),
    Reason.CLIENT_GONE: Fault(kind="invalid_request", message="the client closed the connection", status=499),
    Reason.CLIENT_STALLED: Fault(kind="timeout", message="the client stopped reading", status=499),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The waits that concern the client, in seconds."""

    body_s: float
    total_s: float
    heartbeat_s: float
    stall_s: float


# Reads a request's body into the call: body, model, stream. Raises what kit.errors has, or ClientGone.
Load = Callable[[Call], Awaitable[None]]


class ClientGone(Exception):
    """The client hung up before its request was whole."""


class Pipeline:
    """Serves AI requests of every format."""

    def __init__(
        self,
        *,
        resolver: Resolver,
        failover: Failover,
        recorder: Recorder,
        prices: PriceBook,
        admission: Admission,
        watches: Watches,
        bus: Bus,
        conversations: Conversations,
        policing: Policing,
        live: Live,
        answers: Answers,
        operating: Operating,
        times: Times,
        max_open: int,
    ) -> None:
        self._resolver = resolver
        self._failover = failover
        self._recorder = recorder
        self._prices = prices
        self._admission = admission
        self._watches = watches
        self._bus = bus
        self._conversations = conversations
        self._policing = policing
        self._live = live
        self._answers = answers
        self._operating = operating
        self._times = times
        self._max_open = max_open

    async def serve(
        self, call: Call, snapshot: Snapshot, load: Load, down: Downstream, *, body_s: float | None = None
    ) -> None:
        """Answer one request and record it. `load` reads the body into the call; the caller is known already.

        `body_s` is how long a body may take that is longer than most.
        """
        watch = self._watches.begin(down.gone, self._times.total_s)
        exchange = _Exchange(call=call, watch=watch, down=down)
        try:
            await self._read(exchange, load, body_s or self._times.body_s)
            if snapshot.policies and call.plan is None:
                self._policing.apply(call, snapshot)
            self._take(call, snapshot)
            if snapshot.shaping is not None and call.operation is None:
                shape(call, snapshot.shaping)
            call.ticket = self._answers.begin(call, snapshot.cache)
            if call.ticket is not None and await self._given(exchange, call.ticket):
                return
            await self._admission.admit(call, watch, snapshot)
            await self._answer(exchange)
        except AllFailed as error:
            await self._fail(exchange, error.fault)
        except OmniError as error:
            await self._fail(exchange, fault_of(error))
        except ClientGone:
            call.fault, call.outcome, call.status = _ENDINGS[Reason.CLIENT_GONE], "client_closed", 499
        except asyncio.CancelledError:
            await self._ended(exchange)
        finally:
            self._watches.finish(watch)
            self._policing.release(call)
            if call.ticket is not None:
                self._answers.close(call.ticket)
            self._record(call)

    async def _read(self, exchange: "_Exchange", load: Load, body_s: float) -> None:
        """Read the body, when there is room for one more request."""
        call, watch = exchange.call, exchange.watch
        if len(self._watches) > self._max_open:
            raise Unavailable(f"{self._max_open} requests are under way, which is the limit", retry_after_s=1)
        watch.wait(Reason.BODY, body_s)
        await load(call)
        watch.body_read = True
        if call.codec.format is Format.OPENAI_RESPONSES:
            exchange.down = await self._conversations.begin(call, exchange.down)

    def _take(self, call: Call, snapshot: Snapshot) -> None:
        """Check the request and resolve its model to a plan."""
        operation, name = call.operation, call.routed or call.model
        if operation is not None:
            plan = self._resolver.plan_for(snapshot, name, operation.row.purpose)
            call.plan = allowed(snapshot, call.origin.key, plan)
        elif call.codec.format is Format.OPENAI_CHAT:
            check_chat(call.body)
        else:
            hub_request(call)
        if call.plan is None:
            call.plan = allowed(snapshot, call.origin.key, self._resolver.plan(snapshot, name))
        call.service = service_of(call)
        call.limits = snapshot.terms.limits
        if call.codec.format is Format.OPENAI_RESPONSES:
            call.plan = self._conversations.fit(call, call.plan)
        call.live = self._live.began(seen(call, self._bus))

    async def _given(self, exchange: "_Exchange", ticket: Ticket) -> bool:
        """Answer with what was answered before; return whether there was something."""
        call = exchange.call
        # A stream keeps its connection open while the request waits.
        reply = self._begin_stream(exchange) if call.stream else None
        body = await self._answers.find(call, ticket, exchange.watch)
        if body is None:
            return False
        call.saw_first_token()
        if reply is not None:
            await reply.send(body)
            await reply.finish()
        else:
            await exchange.down.answer(200, whole_headers(call, len(body), 0), body)
        call.status, call.outcome = 200, "ok"
        return True

    def _begin_stream(self, exchange: "_Exchange") -> StreamReply:
        """Return the client's stream, the same for the whole request."""
        if exchange.reply is None:
            times = self._times
            exchange.reply = StreamReply(
                exchange.call,
                exchange.down,
                exchange.watch,
                heartbeat_s=times.heartbeat_s,
                stall_s=times.stall_s,
            )
        return exchange.reply

    async def _answer(self, exchange: "_Exchange") -> None:
        """Try the targets, and send what the first good one says."""
        call, watch, down = exchange.call, exchange.watch, exchange.down
        at_once, ticket = call.codec.at_once, call.ticket
        if call.operation is not None:
            await self._operate(exchange)
        elif at_once is not None and (said := at_once(hub_request(call), call.started_ms // 1000)) is not None:
            body = json.dumps(said)
            call.status, call.outcome = 200, "ok"
            await down.answer(200, whole_headers(call, len(body), None), body)
        elif call.stream:
            reply = self._begin_stream(exchange)
            reply.tape = tape = None if ticket is None else self._answers.tape(ticket)
            await self._failover.stream(call, watch, reply)
            call.status = 200
            if tape is not None and call.outcome == "ok":
                self._answers.land_stream(call, tape, self.cost(call)[0])
        else:
            body = await self._failover.whole(call, watch)
            call.status, call.outcome = 200, "ok"
            cost = self.cost(call)[0]
            if ticket is not None:
                self._answers.land(call, body, cost)
            await down.answer(200, whole_headers(call, len(body), cost), body)

    async def _operate(self, exchange: "_Exchange") -> None:
        """Answer what is no chat."""
        call, watch = exchange.call, exchange.watch
        if call.stream:
            reply = exchange.reply = StreamReply(
                call, exchange.down, watch, heartbeat_s=math.inf, stall_s=self._times.stall_s
            )
            await self._operating.stream(call, watch, reply)
            call.status = 200
            return
        media_type, body = await self._operating.whole(call, watch)
        call.status, call.outcome = 200, "ok"
        cost = self.cost(call)[0]
        if call.ticket is not None:
            self._answers.land(call, body, cost)
        await exchange.down.answer(200, whole_headers(call, len(body), cost, media_type), body)

    async def _fail(self, exchange: "_Exchange", fault: Fault) -> None:
        """Tell the client that it failed: by status, or by an error event when the head is out already."""
        call, reply, down = exchange.call, exchange.reply, exchange.down
        call.fault, call.status = fault, fault.status
        call.outcome = "refused" if fault.status < 500 and not call.attempts else "failed"  # noqa: PLR2004
        if reply is not None and reply.head_sent:
            if reply.raw:
                return  # nothing can be said in the middle of sound: it ends without its end
            await down.write(error_event(call.codec, seed_of(call), Finished(None), fault))
            await reply.finish()
        else:
            status, headers, body = error_answer(call.codec, fault, call.id, call.combo)
            await down.answer(status, [*headers, *call.limit_headers], body)
        if fault.status >= 500:  # noqa: PLR2004 - server errors
            told = fault.message if call.origin.key is None or not call.origin.key.no_log else None
            log.warning("request failed", request=call.id, model=call.model, kind=fault.kind, error=told)

    async def _ended(self, exchange: "_Exchange") -> None:
        """Close a request that the sweep ended; any other cancellation goes on its way."""
        call, reply = exchange.call, exchange.reply
        reason = exchange.watch.claim(*_ENDINGS)
        if reason is None:
            call.fault = _ENDINGS[Reason.STOPPING]
            raise asyncio.CancelledError
        fault = _ENDINGS[reason]
        if reason in {Reason.CLIENT_GONE, Reason.CLIENT_STALLED}:
            call.fault, call.outcome, call.status = fault, "client_closed", fault.status
            return
        await self._fail(exchange, fault)
        if reply is not None and reply.committed:
            call.outcome = "truncated"

    def cost(self, call: Call) -> tuple[int | None, str | None]:
        """Return what the request cost, in nano-dollars, and whose prices say so; None where that is not known."""
        if call.is_given:
            return 0, None
        target, beside = call.target, call.spent_nano
        cost: int | None = None
        version: str | None = None
        if target is not None and call.usage is not None:
            known = call.priced
            if known is None or known[0] is not call.usage:
                rate = self._prices.rate(target.provider, target.model, call.started_ms)
                known = call.priced = (call.usage, *cost_of(rate, call.usage, call.service))
            _, cost, version = known
        return (beside or None if cost is None else cost + beside), version

    def _record(self, call: Call) -> None:
        """Hand the record to the recorder, and tell whoever listens."""
        if not call.is_given:
            complete(call)
        call.status = call.status or 500
        row = row_of(call, *self.cost(call))
        self._recorder.take(row, call.decision)
        if not call.is_given:
            self._admission.settle(call, row)
        if call.live is not None:
            self._live.ended(call.live, ended(row))
        was_asked = call.outcome != "client_closed" and not call.is_given
        if call.plan is not None and call.plan.combo is not None and was_asked:
            answered = call.outcome in {"ok", "truncated"}
            took_s = row.latency_us / 1e6
            call.plan.choice.scope.finished(call.began + took_s, took_s, answered=answered, tries=len(call.attempts))
        if self._bus.wanted:
            self._bus.publish(
                RequestFinished(
                    request_id=row.id,
                    at_ms=row.started_at + row.latency_us // 1000,
                    key_id=row.key_id,
                    model=row.requested_model,
                    provider=row.provider,
                    connection_id=row.connection_id,
                    outcome=row.outcome,
                    status=row.status,
                    latency_ms=row.latency_us / 1000,
                    first_token_ms=None if row.first_token_us is None else row.first_token_us / 1000,
                    input_tokens=row.input_tokens,
                    output_tokens=row.output_tokens,
                    cost_usd_nano=row.cost_nano,
                )
            )


class _Exchange(Struct, kw_only=True):
    """A call and its client. Not frozen: what the answer goes through is found out on the way."""

    call: Call
    watch: Watch
    down: Downstream
    reply: StreamReply | None = None


def service_of(call: Call) -> str | None:
    """Return the service tier that a request asks for; Anthropic's fast mode is one of its own."""
    asked = call.body.get("service_tier") or call.body.get("serviceTier")
    if call.body.get("speed") == "fast":
        return "fast"
    return asked.lower()[:32] if isinstance(asked, str) else None


def check_chat(body: dict[str, Any]) -> None:
    """Refuse an OpenAI chat request that no provider could take; the rest is the provider's to judge."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Invalid("messages: give a list with at least one message", param="messages")
    for number, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise Invalid(f"messages[{number}]: give an object with a role", param=f"messages[{number}]")


def fault_of(error: OmniError) -> Fault:
    """Put one of our own errors into the hub's words."""
    kind = "too_large" if isinstance(error, TooLarge) else _FAULT_KINDS.get(error.status, "internal")
    return Fault(
        kind=kind,
        message=error.message,
        status=error.status,
        code=error.error_code,
        param=error.param,
        retry_after_s=error.retry_after_s,
    )
