"""Walks a plan until one target answers, and says what became of each.

Whole answers are judged before the client hears anything. Streams are held until their first meaningful piece; from
there on a break ends the client's stream with an error event, and the record says `truncated`.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from omniroute.formats.events import Fault
from omniroute.formats.hub import Format, Json
from omniroute.formats.table import CODECS
from omniroute.gateway.attempt import Attempt, cleaned, hub_request, seed_of, unasked_stream, whole_answer
from omniroute.gateway.call import Call
from omniroute.gateway.chat_relay import ChatRelay
from omniroute.gateway.choosing import Ask, Chooser
from omniroute.gateway.cooling import Cooling
from omniroute.gateway.facts import facts_of
from omniroute.gateway.relay import Finished, Relay, Tapped, Translation, error_event
from omniroute.gateway.reply import StreamReply
from omniroute.gateway.rooms import Rooms, full
from omniroute.gateway.session import session_of
from omniroute.gateway.snapshot import Plan, Route, Target
from omniroute.gateway.watch import Reason, Watch
from omniroute.routing.cooldown import Cooldown
from omniroute.state.limits import Refused
from omniroute.storage.rows import AttemptRow
from omniroute.upstream.client import Answer
from omniroute.upstream.failures import RULES, AttemptFailed, Failure, FailureKind, of_fault

_MAX_WORDS = 300

T = TypeVar("T")


class AllFailed(Exception):
    """No target answered; `fault` is what the client hears."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Failover:
    """Tries the targets of a call's plan in order."""

    def __init__(
        self, attempt: Attempt, cooling: Cooling, chooser: Chooser, rooms: Rooms, *, max_attempts: int
    ) -> None:
        self._attempt = attempt
        self._cooling = cooling
        self._chooser = chooser
        self._rooms = rooms
        self._max_attempts = max_attempts

    def _routes(self, call: Call, plan: Plan, ask: Ask) -> Iterable[Route]:
        """Return the routes to try; raise AllFailed, at the first, when each is known to refuse for now."""
        if plan.is_single and not self._cooling.has_any:
            return plan.routes
        return self._chosen(call, plan, ask)

    def _chosen(self, call: Call, plan: Plan, ask: Ask) -> Iterator[Route]:
        config, most = plan.config, self._max_attempts
        if config is not None:
            # Who lists targets wants each of them tried.
            most = config.max_attempts or max(most, len(plan.choice.options))
            call.hurry(config.timeout_ms, config.first_byte_timeout_ms)
        is_any = False
        for route in self._chooser.routes(plan, ask):
            if call.tries and call.is_late():
                return
            yield route
            is_any = True
            if call.tries >= most:
                return
        if not is_any:
            raise AllFailed(_held_off(self._cooling.refusals([route.target for route in plan.routes])))

    async def _walk(self, call: Call, watch: Watch, try_one: "Callable[[_Trial], Awaitable[T]]") -> T:
        """Return what the first target that answers gave."""
        plan, ask = _asked(call)
        failures: list[tuple[Target, Failure]] = []
        since = time.monotonic()
        while True:
            refused: Refused | None = None
            for route in self._routes(call, plan, ask):
                if route.bounds and (refused := await self._rooms.enter(call, route)) is not None:
                    continue
                trial = _begin(route, ask)
                call.asked = route.target
                call.tries += 1
                try:
                    return await try_one(trial)
                except AttemptFailed as error:
                    self._rooms.leave(call)
                    self._failed(call, trial, error.failure, failures)
                finally:
                    _end(route)
            if failures or refused is None:
                raise AllFailed(summary(call, failures))
            watch.wait(Reason.TOTAL, watch.total_s)
            if not await self._rooms.wait(call, since, refused):
                raise AllFailed(full(refused, call.model))

    async def whole(self, call: Call, watch: Watch) -> bytes:
        """Return the body of the first whole answer."""
        return await self._walk(call, watch, partial(self._whole, call, watch))

    async def _whole(self, call: Call, watch: Watch, trial: "_Trial") -> bytes:
        target = trial.route.target
        answer = await self._attempt.open(call, target, watch)
        try:
            text = await self._attempt.read(call, answer, watch)
        finally:
            answer.close()
        whole = whole_answer(call, target, text, answer.headers.get("content-type", ""))
        call.usage = whole.usage
        call.usage_source = "none" if whole.usage is None else "final"
        call.letters = whole.letters
        call.service = whole.service or call.service
        self._answered(call, trial)
        return whole.body

    async def stream(self, call: Call, watch: Watch, reply: StreamReply) -> None:
        """Stream the first answer that begins; raise AllFailed when none does."""
        await self._walk(call, watch, partial(self._stream, call, watch, reply))

    async def _stream(self, call: Call, watch: Watch, reply: StreamReply, trial: "_Trial") -> None:
        target = trial.route.target
        answer = await self._attempt.open(call, target, watch)
        relay: Relay = Finished(None)
        try:
            if _is_whole(answer.headers.get("content-type", ""), target):
                head, relay = unasked_stream(call, target, await self._attempt.read(call, answer, watch))
            else:
                relay = _relay(call, target)
                head = await self._head(call, answer, relay, watch)
            call.saw_first_token()
            self._answered(call, trial)
            call.no_hurry()
            self._attempt.waits_for_more(call, watch)
            await reply.send(head)
            await self._body(call, answer, relay, watch, reply)
        finally:
            answer.close()
            call.losses += relay.losses
            call.usage, call.letters, call.service = relay.usage, relay.letters, relay.service or call.service
            call.usage_source = "none" if relay.usage is None else "final" if relay.finished else "partial"

    async def _head(self, call: Call, answer: Answer, relay: Relay, watch: Watch) -> bytes:
        """Return what is to be sent first; raise AttemptFailed when the stream ends before it said anything."""
        self._attempt.waits_for_more(call, watch)
        held: list[bytes] = []
        while not relay.started:
            data = await self._attempt.next(answer, watch)
            watch.touch()
            held.append(relay.feed(data) if data else relay.end())
            if relay.fault is not None and not relay.started:
                raise AttemptFailed(of_fault(cleaned(relay.fault)))
            if not data:
                break
        return b"".join(held)

    async def _body(self, call: Call, answer: Answer, relay: Relay, watch: Watch, reply: StreamReply) -> None:
        """Relay the rest of a stream that has begun; a break becomes an error event."""
        broken: Fault | None = None
        try:
            while relay.fault is None and (data := await self._attempt.next(answer, watch)):
                watch.touch()
                out = relay.feed(data)
                if out:
                    await reply.send(out)
        except AttemptFailed as error:
            broken = error.failure.fault
        if (broken is None or relay.finished) and (out := relay.end()):
            await reply.send(out)
        # What is wrong after the finish (usage, an end mark) does not make a complete answer a cut one.
        fault = None if relay.finished else broken or relay.fault
        if fault is not None:
            call.fault, call.outcome = cleaned(fault), "truncated"
            await reply.send(error_event(call.codec, seed_of(call), relay, call.fault))
        else:
            call.outcome = "ok"
        await reply.finish()

    def _failed(self, call: Call, trial: "_Trial", failure: Failure, failures: list[tuple[Target, Failure]]) -> None:
        """Note a failed try; raise AllFailed at once when no other target could do better."""
        target, now = trial.route.target, time.perf_counter()
        call.attempts.append(_attempt_row(call, trial, failure=failure))
        for _, load in trial.route.steps:
            load.failed(now, now - trial.began, failure.kind.value)
        # A target that the combo's own time cut short may be as good as ever.
        if not (call.is_late() and failure.kind is FailureKind.TIMEOUT):
            self._cooling.failed(target, failure)
        failures.append((target, failure))
        if not failure.rule.try_next:
            call.target = target
            raise AllFailed(client_fault(failure))

    def _answered(self, call: Call, trial: "_Trial") -> None:
        """Note the try that answered. A request with one try that did needs no row for it."""
        target, now = trial.route.target, time.perf_counter()
        call.target = target
        if call.attempts:
            call.attempts.append(_attempt_row(call, trial, failure=None))
        for _, load in trial.route.steps:
            load.answered(now, now - trial.began)
        self._chooser.answered(trial.route, trial.ask)
        self._cooling.succeeded(target)


@dataclass(slots=True, kw_only=True)
class _Trial:
    """A try under way. Not frozen: one is made for each, and freezing costs more than the rest of it."""

    route: Route
    ask: Ask
    began: float


def _asked(call: Call) -> tuple[Plan, Ask]:
    """Return the plan, and what it goes by: only what it looks at is found out."""
    plan = call.plan
    assert plan is not None  # noqa: S101 - the pipeline resolves first
    if plan.is_single:
        return plan, _PLAIN
    facts = facts_of(hub_request(call)) if plan.asks_facts else None
    session = session_of(call) if len(plan.routes) > 1 else None
    return plan, _PLAIN if facts is None and session is None else Ask(facts=facts, session=session)


_PLAIN = Ask()


def _begin(route: Route, ask: Ask) -> _Trial:
    """Count a try as under way."""
    now = time.perf_counter()
    for _, load in route.steps:
        load.begin(now)
    return _Trial(route=route, ask=ask, began=now)


def _end(route: Route) -> None:
    for _, load in route.steps:
        load.end()


def _attempt_row(call: Call, trial: _Trial, *, failure: Failure | None) -> AttemptRow:
    target = trial.route.target
    return AttemptRow(
        number=len(call.attempts) + 1,
        provider=target.provider,
        connection_id=target.connection_id,
        model=target.model,
        latency_us=int((time.perf_counter() - trial.began) * 1e6),
        status=200 if failure is None else failure.status,
        failure=None if failure is None else failure.kind.value,
        message=None if failure is None else failure.fault.message[:_MAX_WORDS],
    )


def _is_whole(media_type: str, target: Target) -> bool:
    """Whether an upstream that was asked for a stream makes none: a whole answer, or some proxy's page."""
    if media_type.startswith("application/json"):
        return target.format is not Format.OLLAMA  # its lines go by this type too
    return media_type.startswith("text/html")


def _relay(call: Call, target: Target) -> Relay:
    """Choose how the stream goes on its way."""
    if not call.passes_through(target):
        return Translation(CODECS[target.format], call.codec, seed_of(call), hub_request(call))
    if target.format is Format.OPENAI_CHAT:
        options = call.body.get("stream_options")
        wants = isinstance(options, dict) and options.get("include_usage") is True
        return ChatRelay(client_wants_usage=wants)
    return Tapped(call.codec, seed_of(call))


def client_fault(failure: Failure) -> Fault:
    """What the client hears of its own mistake: the upstream's words, status, param and code."""
    fault, rule = failure.fault, failure.rule
    status = failure.status if failure.status is not None and failure.status >= 400 else rule.client_status  # noqa: PLR2004
    return Fault(kind=fault.kind, message=fault.message, status=status, code=fault.code, param=fault.param)


def summary(call: Call, failures: Sequence[tuple[Target, Failure]]) -> Fault:
    """What the client hears when every target failed: the last cause, each attempt, and when to come back."""
    _, last = failures[-1]
    waits = [failure.retry_after_s for _, failure in failures if failure.retry_after_s is not None]
    rule = RULES[last.kind]
    words = last.fault.message
    if last.kind is FailureKind.AUTH:
        words = f"the provider refused the credential of connection {failures[-1][0].connection_name!r}"
    if len(failures) > 1:
        words = f"all {len(failures)} targets of {call.model!r} failed; the last: {words}"
    return Fault(
        kind=rule.fault_kind,
        message=words,
        status=rule.client_status,
        code=last.fault.code if last.kind in {FailureKind.QUOTA, FailureKind.MODEL_MISSING} else None,
        retry_after_s=min(waits) if waits and rule.client_status in {429, 503} else None,
        attempts=tuple(_told(row, target) for row, (target, _) in zip(call.attempts, failures, strict=True)),
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


def _held_off(refusals: Sequence[tuple[Target, Cooldown, float]]) -> Fault:
    """What the client hears when every target named a time before which it will refuse."""
    wait = min(left for _, _, left in refusals)
    _, cooldown, _ = refusals[0]
    rule = RULES[FailureKind(cooldown.reason)]
    return Fault(
        kind=rule.fault_kind,
        message=f"every target asked to be left alone for now; the last said: {cooldown.message}",
        status=rule.client_status,
        retry_after_s=wait,
        attempts=tuple(
            {"provider": t.provider, "connection": t.connection_name, "model": t.model, "failure": c.reason}
            for t, c, _ in refusals
        ),
    )
