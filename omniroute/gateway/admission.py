"""The one point that every call passes before anything is sent: limits, then budgets; and where it is settled after.

Either everything is taken, the place under each limit and what each budget sets aside, or nothing is. What a call may
use at most is set aside before it; what it used replaces that when it ends, however it ends.
"""

import time
from dataclasses import dataclass

from omniroute.gateway.call import Call
from omniroute.gateway.estimate import dearest, is_unknown, most_of
from omniroute.gateway.journal import Journal, Noted
from omniroute.gateway.places import Place
from omniroute.gateway.queue import Queue
from omniroute.gateway.rooms import Rooms, said
from omniroute.gateway.snapshot import Snapshot
from omniroute.gateway.terms import CallerTerms
from omniroute.gateway.watch import Reason, Watch
from omniroute.kit.clock import Clock
from omniroute.kit.errors import Forbidden, TooMany
from omniroute.kit.events import BudgetWarning
from omniroute.routing.ledger import Amounts, Unit
from omniroute.routing.limits import SPAN_S
from omniroute.services.limits import Limits, UnknownPrice
from omniroute.state.bus import Bus
from omniroute.state.ledger import Ledger, Standing, Warned
from omniroute.state.limits import Bound, Limiter, Refused
from omniroute.storage.rows import RequestRow

# A call is over long before this; what it set aside is then free again, should it never have been settled.
_GRACE_MS = 60_000
_NANO = 1_000_000_000
# Longer than this a limit of a minute never lasts.
_LONGEST_WAIT_S = SPAN_S + 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What admission counts with, each behind a protocol of its own."""

    limiter: Limiter
    ledger: Ledger
    journal: Journal


class Admission:
    """Lets calls through and settles them. `longest_s` is the longest that a call may take."""

    def __init__(
        self, counters: Counters, rooms: Rooms, queue: Queue, *, bus: Bus, clock: Clock, longest_s: float
    ) -> None:
        self._limiter = counters.limiter
        self._ledger = counters.ledger
        self._journal = counters.journal
        self._rooms = rooms
        self._queue = queue
        self._bus = bus
        self._clock = clock
        self._longest_ms = int(longest_s * 1000) + _GRACE_MS

    async def admit(self, call: Call, watch: Watch, snapshot: Snapshot) -> None:
        """Let a resolved call through; raise TooMany when a limit or a budget is in the way."""
        key = call.origin.key
        terms = snapshot.terms.of(key)
        key_id = "" if key is None else key.id
        is_watched = self._ledger.watches(key_id)
        if terms is None and not is_watched:
            return
        limits = snapshot.terms.limits
        if is_watched or (terms is not None and terms.counts_tokens):
            call.most = most_of(call, limits.default_output_tokens)
        if terms is not None and terms.bounds:
            await self._take(call, watch, terms, limits)
        if is_watched:
            try:
                await self._reserve(call, key_id, limits)
            except (TooMany, Forbidden):
                self._undo(call)
                raise

    # ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _take(self, call: Call, watch: Watch, terms: CallerTerms, limits: Limits) -> None:
        """Take a place under every limit; wait for one where that is allowed."""
        tokens = call.most.total if call.most is not None and terms.counts_tokens else 0
        since = time.monotonic()
        while True:
            now = time.monotonic()
            refused = await self._limiter.take(terms.bounds, tokens, now)
            if refused is None:
                break
            watch.wait(Reason.TOTAL, watch.total_s)
            if not await self._queue.turn(limits, since, refused.refusal.wait_s):
                if terms.own is not None:
                    call.limit_headers = await self._headers(terms.own, now)
                raise _too_many(refused, tokens)
        call.admitted = Place(terms.bounds, now, tokens)
        if terms.own is not None:
            call.limit_headers = await self._headers(terms.own, now)

    async def _headers(self, own: Bound, now: float) -> list[tuple[bytes, bytes]]:
        """Tell a caller of its own limits, by the names that OpenAI uses."""
        meter = await self._limiter.meter(own.scope, now)
        headers: list[tuple[bytes, bytes]] = []
        for name, limit, window in (
            (b"requests", own.rates.requests_per_minute, meter.requests),
            (b"tokens", own.rates.tokens_per_minute, meter.tokens),
        ):
            if limit is not None:
                reset = max(0.0, window.slots[-1][0] + 1 + SPAN_S - now) if window.slots else 0.0
                headers += (
                    (b"x-ratelimit-limit-" + name, b"%d" % limit),
                    (b"x-ratelimit-remaining-" + name, b"%d" % max(0, limit - window.total)),
                    (b"x-ratelimit-reset-" + name, b"%.3fs" % reset),
                )
        return headers

    def _undo(self, call: Call) -> None:
        place, call.admitted = call.admitted, None
        if place is not None:
            self._limiter.undo(place.bounds, place.began, place.tokens)
            self._queue.wake()

    # ── budgets ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _reserve(self, call: Call, key_id: str, limits: Limits) -> None:
        """Set aside what the call may use at most, and note it on disk."""
        plan, most = call.plan, call.most
        assert plan is not None  # noqa: S101 - the pipeline resolves first
        assert most is not None  # noqa: S101 - `admit` found it out
        if limits.unknown_price is UnknownPrice.DENY and is_unknown(plan, call.service):
            raise _unpriced(call.model)
        cost, version = dearest(plan, most, call.service)
        now_ms = self._clock.now_ms()
        amounts = Amounts(cost_nano=cost, tokens=most.total)
        standing = await self._ledger.reserve(call.id, key_id, amounts, call.started_ms, now_ms + self._longest_ms)
        if standing is not None:
            raise _exhausted(standing, amounts, now_ms)
        call.is_noted = True
        self._journal.began(
            Noted(
                id=call.id,
                started_at=call.started_ms,
                key_id=key_id or None,
                format=call.codec.format.value,
                kind="chat" if call.operation is None else call.operation.row.kind.value,
                path=call.origin.path,
                requested_model=call.model,
                stream=call.stream,
                input_tokens=most.input,
                output_tokens=most.output,
                cost_nano=cost,
                price_version=version,
            )
        )

    # ── after the call ──────────────────────────────────────────────────────────────────────────────────────────

    def settle(self, call: Call, row: RequestRow) -> None:
        """Give back what the call took and charge what it used, by its record. Never waits, never raises."""
        if call.place is not None:
            self._rooms.leave(call)
        tokens = (row.input_tokens or 0) + (row.output_tokens or 0)
        place, call.admitted = call.admitted, None
        if place is not None:
            self._limiter.end(place.bounds, place.began, tokens - place.tokens if place.tokens else 0)
            self._queue.wake()
        key_id = row.key_id or ""
        if call.is_noted or self._ledger.is_followed or self._ledger.watches(key_id):
            used = Amounts(cost_nano=row.cost_nano, tokens=tokens)
            for warned in self._ledger.settle(call.id, key_id, used, row.started_at):
                self._bus.publish(warning(warned))
        if call.is_noted:
            self._journal.ended(row)


def warning(warned: Warned) -> BudgetWarning:
    """Put a threshold that was reached into words for whoever listens."""
    standing = warned.standing
    budget = standing.budget
    return BudgetWarning(
        key_id=budget.key_id or None,
        period=budget.period.value,
        unit=budget.unit.value,
        threshold=warned.threshold,
        spent=standing.spent,
        limit=budget.limit,
        resets_at_ms=standing.resets_at,
    )


def _too_many(refused: Refused, tokens: int) -> TooMany:
    wait_s = refused.refusal.wait_s
    if wait_s > _LONGEST_WAIT_S:
        return TooMany(
            f"This request may use {tokens} tokens, more than fits at all: {said(refused)}. Send less, or ask for a "
            "shorter answer with max_tokens.",
            code="request_too_large",
        )
    return TooMany(
        f"Too many requests: {said(refused)}. Try again in {wait_s:.1f} s.",
        code="rate_limit_exceeded",
        retry_after_s=wait_s,
    )


def _exhausted(standing: Standing, wanted: Amounts, now_ms: int) -> TooMany:
    budget = standing.budget
    whose = "this key" if budget.key_id else "this gateway"
    return TooMany(
        f"The {budget.period.value} budget of {whose} does not allow this request: "
        f"{_said(budget.limit, budget.unit)} in all, {_said(standing.spent, budget.unit)} spent, "
        f"{_said(standing.reserved, budget.unit)} set aside for calls under way, and this one may use "
        f"{_said(wanted.of(budget.unit), budget.unit)}.",
        code="budget_exceeded",
        # What is set aside may be free again soon; what is spent, only in the next period.
        retry_after_s=1.0 if standing.reserved else (standing.resets_at - now_ms) / 1000,
    )


def _said(amount: int, unit: Unit) -> str:
    return f"{amount} tokens" if unit is Unit.TOKENS else f"${amount / _NANO:.6f}"


def _unpriced(model: str) -> Forbidden:
    return Forbidden(
        f"The price of the model {model!r} is not known, and this gateway lets no such call through under a budget. "
        "Set its price at /api/pricing.",
        param="model",
        code="price_unknown",
    )
