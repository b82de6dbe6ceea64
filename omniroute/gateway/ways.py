"""The two ways to answer a request, each in two steps: until it is known that a target answers, and from there on.

Whole answers are judged before the client hears anything. Streams are held until their first meaningful piece; from
there on a break ends the client's stream with an error event, and the record says `truncated`.
"""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from omniroute.formats.events import Fault
from omniroute.formats.hub import Format, Response, Usage
from omniroute.formats.table import CODECS
from omniroute.gateway.attempt import (
    Attempt,
    Whole,
    cleaned,
    hub_request,
    response_of,
    seed_of,
    unasked_stream,
    unfolded,
    whole_answer,
)
from omniroute.gateway.call import Call
from omniroute.gateway.chat_relay import ChatRelay
from omniroute.gateway.relay import Finished, Relay, Tapped, Translation, error_event
from omniroute.gateway.reply import StreamReply
from omniroute.gateway.snapshot import Target
from omniroute.gateway.trial import Trial
from omniroute.gateway.watch import Watch
from omniroute.upstream.client import Answer
from omniroute.upstream.failures import AttemptFailed, of_fault

B = TypeVar("B")
R_co = TypeVar("R_co", covariant=True)


class Way(Protocol[B, R_co]):
    """How a request is answered."""

    async def begin(self, call: Call, trial: Trial, watch: Watch) -> B:
        """Ask the target; raise AttemptFailed when it does not answer."""
        ...

    async def finish(self, call: Call, begun: B, watch: Watch) -> R_co:
        """Give the client what the target answers."""
        ...

    def drop(self, begun: B) -> None:
        """Let go of an answer that nobody wants."""
        ...

    def usage(self, begun: B) -> Usage | None:
        """Return what is known of the usage of an answer that nobody wants."""
        ...


class AsWhole:
    """Answers in one piece."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    async def begin(self, call: Call, trial: Trial, watch: Watch) -> Whole:
        """Read the whole answer and judge it."""
        target = trial.target
        answer = await self._attempt.open(call, target, watch)
        try:
            text = await self._attempt.read(call, answer, watch)
        finally:
            answer.close()
        media_type = answer.headers.get("content-type", "")
        whole = whole_answer(call, target, text, media_type)
        if _is_judged(trial):
            _judge(call, trial, text, media_type)
        return whole

    async def finish(self, call: Call, begun: Whole, watch: Watch) -> bytes:  # noqa: ARG002 - all is there
        """Return the body."""
        call.usage, call.letters, call.service = begun.usage, begun.letters, begun.service or call.service
        call.usage_source = "none" if begun.usage is None else "final"
        return begun.body

    def drop(self, begun: Whole) -> None:
        """Nothing is held."""

    def usage(self, begun: Whole) -> Usage | None:
        """Return what the answer said."""
        return begun.usage


@dataclass(slots=True, kw_only=True)
class Begun:
    """A stream that has begun: what is to be sent first, and what the rest goes through."""

    answer: Answer
    relay: Relay
    head: bytes


class AsStream:
    """Answers piece by piece."""

    def __init__(self, attempt: Attempt, reply: StreamReply) -> None:
        self._attempt = attempt
        self._reply = reply

    async def begin(self, call: Call, trial: Trial, watch: Watch) -> Begun:
        """Wait for the first meaningful piece; the answer of a cascade's lower rung is waited for to its end."""
        target = trial.target
        answer = await self._attempt.open(call, target, watch)
        relay: Relay = Finished(None)
        begun: Begun | None = None
        try:
            media_type = answer.headers.get("content-type", "")
            if _is_judged(trial):
                response = _judge(call, trial, await self._attempt.read(call, answer, watch), media_type)
                head, relay = unfolded(call, response)
            elif _is_whole(media_type, target):
                head, relay = unasked_stream(call, target, await self._attempt.read(call, answer, watch))
            else:
                relay = _relay(call, target)
                head = await self._head(call, answer, relay, watch)
            call.saw_first_token()
            begun = Begun(answer=answer, relay=relay, head=head)
        finally:
            if begun is None:
                answer.close()
                _note(call, relay)
        return begun

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

    async def finish(self, call: Call, begun: Begun, watch: Watch) -> None:
        """Send the stream on."""
        answer, relay = begun.answer, begun.relay
        try:
            self._reply.follow(relay)
            call.no_hurry()
            self._attempt.waits_for_more(call, watch)
            await self._reply.send(begun.head)
            await self._body(call, answer, relay, watch)
        finally:
            answer.close()
            _note(call, relay)

    async def _body(self, call: Call, answer: Answer, relay: Relay, watch: Watch) -> None:
        """Relay the rest of a stream that has begun; a break becomes an error event."""
        reply = self._reply
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

    def drop(self, begun: Begun) -> None:
        """End the upstream's work."""
        begun.answer.close()

    def usage(self, begun: Begun) -> Usage | None:
        """Return what the beginning said."""
        return begun.relay.usage


def _note(call: Call, relay: Relay) -> None:
    """Note what a stream said of its usage, and what of it could not be told."""
    call.losses += relay.losses
    call.usage, call.letters, call.service = relay.usage, relay.letters, relay.service or call.service
    call.usage_source = "none" if relay.usage is None else "final" if relay.finished else "partial"


def _is_judged(trial: Trial) -> bool:
    return trial.ask.cascade is not None and trial.ask.cascade.judges


def _judge(call: Call, trial: Trial, text: bytes, media_type: str) -> Response:
    """Return the answer of a cascade's rung; raise AttemptFailed when it does not pass."""
    assert trial.ask.cascade is not None  # noqa: S101 - asked before
    response = response_of(call, trial.target, text, media_type)
    trial.ask.cascade.judge(trial.route, response, hub_request(call).output)
    return response


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
