"""Answers what is no chat: the ways of gateway/ways.py for it, whole and as it comes.

Sound that is cut is not ended as a whole one would be: the client's connection is closed in the middle, which every
HTTP client takes for what it is. A stream of pictures ends with an error event.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

from omniroute.formats.events import Fault
from omniroute.formats.exchange import NoResult, Told
from omniroute.formats.failures import failure_of, truncated
from omniroute.formats.framing import SseDeframer, sse
from omniroute.formats.hub import Usage
from omniroute.formats.images.answer import Pictures, events, token_usage
from omniroute.formats.images.openai import whole
from omniroute.gateway.attempt import MAX_ERROR_BODY, cleaned
from omniroute.gateway.call import Call
from omniroute.gateway.exchanging import Exchanges, cannot, check_losses, spot_of
from omniroute.gateway.failover import Failover
from omniroute.gateway.operations import Answered, Dialect, Operation, Written
from omniroute.gateway.reply import StreamReply
from omniroute.gateway.snapshot import Target
from omniroute.gateway.trial import Trial
from omniroute.gateway.watch import Watch
from omniroute.kit import json
from omniroute.upstream.client import Answer
from omniroute.upstream.endpoints import Purpose
from omniroute.upstream.failures import AttemptFailed, of_fault

_EVENTS = "text/event-stream"
_NO_SOUND = ("application/json", "text/")
_STREAMS = {Purpose.IMAGES: "image_generation", Purpose.IMAGE_EDITS: "image_edit"}


class Operating:
    """Answers operations."""

    def __init__(self, failover: Failover, exchanges: Exchanges) -> None:
        self._failover = failover
        self._exchanges = exchanges
        self._whole = AsResult(exchanges)

    async def whole(self, call: Call, watch: Watch) -> Written:
        """Return the first whole answer; raise AllFailed when there is none."""
        return await self._failover.by(call, watch, self._whole)

    async def stream(self, call: Call, watch: Watch, reply: StreamReply) -> None:
        """Send the first answer that begins on as it comes; raise AllFailed when none does."""
        await self._failover.by(call, watch, AsFlow(self._exchanges, reply))


def operation_of(call: Call) -> Operation:
    """Return what a call asks for."""
    assert call.operation is not None  # noqa: S101 - only such calls come here
    return call.operation


def _dialect(call: Call, target: Target) -> Dialect:
    """Return how a target is asked; raise AttemptFailed where it cannot be."""
    operation = operation_of(call)
    dialect = None if target.offer is None else operation.dialect(target.offer.dialect)
    if dialect is None:
        raise cannot("model", f"{target.provider} does not do this")
    check_losses(call, dialect.lacks & operation.said, target.provider)
    return dialect


def _charge(call: Call, told: Usage | None) -> Usage:
    """Note what a call used: as it was told, else as far as the request itself says."""
    operation, target = operation_of(call), call.target
    if told is not None:
        call.usage, call.usage_source = told, "final"
    else:
        call.usage, call.usage_source = operation.likely, "counted" if operation.row.counts else "estimated"
    variant = operation.variant
    if target is not None and target.rate is not None and variant in target.rate.services:
        call.service = variant
    return call.usage


def _written(call: Call, result: Any, usage: Usage) -> Written:
    operation, target = operation_of(call), call.target
    model = call.model if target is None else f"{target.provider}/{target.model}"
    told = Answered(result=result, model=model, created=call.started_ms // 1000, usage=usage)
    return operation.row.write(operation.request, told)


class AsResult:
    """Whole answers."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges

    async def begin(self, call: Call, trial: Trial, watch: Watch) -> Any:
        """Go through the dialect's talk with the target."""
        target = trial.target
        dialect = _dialect(call, target)
        if dialect.talk is None:
            raise cannot("model", f"{target.provider} answers this as a stream only")
        talk = dialect.talk(operation_of(call).request, spot_of(call, target))
        return await self._exchanges.result(call, target, talk, watch)

    async def finish(self, call: Call, begun: Any, watch: Watch) -> Written:  # noqa: ARG002 - all is there
        """Spell the answer."""
        return _written(call, begun, _charge(call, begun.usage))

    def drop(self, begun: Any) -> None:
        """Nothing is held."""

    def usage(self, begun: Any) -> Usage | None:
        """Return what the answer said."""
        told: Usage | None = begun.usage
        return told


@dataclass(slots=True, kw_only=True)
class Flow:
    """An answer that has begun: what it is, what came of it already, and where the rest comes from.

    `result` is a whole answer of a target that makes no streams; `tap` looks at a stream of events on its way.
    """

    media_type: str
    answer: Answer | None = None
    head: bytes = b""
    result: Any = None
    tap: "Tap | None" = None


class AsFlow:
    """Answers that are sent on as they come."""

    def __init__(self, exchanges: Exchanges, reply: StreamReply) -> None:
        self._exchanges = exchanges
        self._reply = reply

    async def begin(self, call: Call, trial: Trial, watch: Watch) -> Flow:
        """Wait for the first piece; a target that makes no streams is asked for the whole."""
        target = trial.target
        dialect = _dialect(call, target)
        request, spot = operation_of(call).request, spot_of(call, target)
        if dialect.stream is None:
            assert dialect.talk is not None  # noqa: S101 - a dialect has one of them
            request = dataclasses.replace(request, spelling="b64_json")  # events hold the pictures themselves
            result = await self._exchanges.result(call, target, dialect.talk(request, spot), watch)
            return Flow(media_type=_EVENTS, result=result)
        answer = await self._exchanges.open(call, target, dialect.stream(request, spot), watch)
        begun: Flow | None = None
        try:
            begun = await self._begun(call, answer, watch)
        finally:
            if begun is None or begun.result is not None:
                answer.close()
        call.saw_first_token()
        return begun

    async def _begun(self, call: Call, answer: Answer, watch: Watch) -> Flow:
        media_type = answer.headers.get("content-type", "")
        is_events = operation_of(call).row.purpose in _STREAMS
        if is_events and media_type.startswith("application/json"):
            return Flow(media_type=_EVENTS, result=await self._unasked(call, answer, watch))
        if media_type.startswith(_NO_SOUND) and not (is_events and media_type.startswith(_EVENTS)):
            await _refused(answer, media_type)
        flow = Flow(media_type=media_type, answer=answer, tap=Tap() if is_events else None)
        while True:
            piece = await self._exchanges.next(answer, call, watch)
            flow.head += piece if flow.tap is None else flow.tap.feed(piece)
            if flow.tap is not None and flow.tap.fault is not None and not flow.tap.has_begun:
                raise AttemptFailed(of_fault(cleaned(flow.tap.fault)))
            if not piece:
                raise AttemptFailed(of_fault(truncated()))
            if flow.tap is None or flow.tap.has_begun:
                return flow

    async def _unasked(self, call: Call, answer: Answer, watch: Watch) -> Pictures:
        """Read a whole answer where a stream was asked for."""
        body = await self._exchanges.read(call, answer, watch)
        try:
            return whole(Told(headers=answer.headers, body=body))
        except NoResult as error:
            raise AttemptFailed(of_fault(cleaned(error.fault))) from error

    async def finish(self, call: Call, begun: Flow, watch: Watch) -> None:
        """Send it on."""
        reply = self._reply
        media_type = begun.media_type or getattr(operation_of(call).request, "media_type", "application/octet-stream")
        call.codec = dataclasses.replace(call.codec, stream_media_type=media_type)
        reply.raw = begun.tap is None and begun.result is None
        call.no_hurry()
        if begun.answer is None:
            await self._shown(call, begun.result)
            return
        usage = _charge(call, None)
        try:
            await reply.send(begun.head)
            broken = await self._rest(call, begun, watch)
        finally:
            begun.answer.close()
        tap = begun.tap
        if tap is not None:
            call.usage = dataclasses.replace(tap.usage or usage, images=tap.completed or usage.images)
            call.usage_source = "counted" if tap.usage is None else "final"
            broken = None if tap.completed else broken or tap.fault or truncated()
        await self._end(call, broken)

    async def _rest(self, call: Call, flow: Flow, watch: Watch) -> Fault | None:
        """Send on what comes; return how it broke, None when it did not."""
        assert flow.answer is not None  # noqa: S101 - there is something to come
        try:
            while piece := await self._exchanges.next(flow.answer, call, watch):
                out = piece if flow.tap is None else flow.tap.feed(piece)
                if out:
                    await self._reply.send(out)
        except AttemptFailed as error:
            return error.failure.fault
        return None

    async def _end(self, call: Call, broken: Fault | None) -> None:
        if broken is None:
            call.outcome = "ok"
        else:
            call.fault, call.outcome = cleaned(broken), "truncated"
            if self._reply.raw:
                return  # ended without an end, so that nobody takes it for a whole one
            await self._reply.send(sse(json.dumps(call.codec.encode_error(call.fault)), event="error"))
        await self._reply.finish()

    async def _shown(self, call: Call, result: Any) -> None:
        """Make a stream of a whole answer."""
        name = _STREAMS[operation_of(call).row.purpose]
        _, body = _written(call, result, _charge(call, result.usage))
        call.saw_first_token()
        for event in events(json.loads(body), name, call.started_ms // 1000):
            await self._reply.send(sse(json.dumps(event), event=str(event["type"])))
        await self._end(call, None)

    def drop(self, begun: Flow) -> None:
        """End the upstream's work."""
        if begun.answer is not None:
            begun.answer.close()

    def usage(self, begun: Flow) -> Usage | None:  # noqa: ARG002 - a beginning says nothing
        """Nothing is known of the usage yet."""
        return None


async def _refused(answer: Answer, media_type: str) -> None:
    """Raise AttemptFailed for an answer that is text where something else was asked for."""
    text = await answer.read(MAX_ERROR_BODY)
    if media_type.startswith("application/json"):
        try:
            raise AttemptFailed(of_fault(cleaned(failure_of(json.loads(text), 502))))
        except json.BadJson:
            pass
    shown = text[:200].decode("utf-8", "replace")
    fault = Fault(kind="upstream", message=f"The provider answered with {media_type}: {shown!r}", status=502)
    raise AttemptFailed(of_fault(cleaned(fault)))


class Tap:
    """Looks at a stream of pictures on its way: whole events only are handed on."""

    def __init__(self) -> None:
        self._deframer = SseDeframer()
        self._carry = b""
        self.has_begun = False
        self.completed = 0
        self.usage: Usage | None = None
        self.fault: Fault | None = None

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; return those of the events that are complete."""
        data = self._carry + data
        cut = data.rfind(b"\n\n") + 2
        if cut < 2:  # noqa: PLR2004 - none was found
            cut = 0
        whole, self._carry = data[:cut], data[cut:]
        for frame in self._deframer.feed(whole):
            self._note(frame.data)
        return whole if self.fault is None else b""

    def _note(self, data: bytes) -> None:
        try:
            value = json.loads(data)
        except json.BadJson:
            return
        kind = str(value.get("type", "")) if isinstance(value, dict) else ""
        if kind == "error" or (isinstance(value, dict) and value.get("error")):
            self.fault = self.fault or failure_of(value)
            return
        self.has_begun = True
        if kind.endswith(".completed"):
            self.completed += 1
            self.usage = token_usage(value.get("usage")) or self.usage
