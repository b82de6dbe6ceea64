"""One try at one target: the body in the target's own format, the call, and the judgement on what came back.

A try that did not answer raises AttemptFailed, whatever the reason: refused, broken, too slow, an error inside a 200,
a stream that ended before it said anything.
"""

import asyncio
import dataclasses
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import structlog
from msgspec import Struct

from omniroute.formats.answer_words import AnswerLosses
from omniroute.formats.codec import Codec
from omniroute.formats.events import Fault
from omniroute.formats.fold import unfold
from omniroute.formats.hub import (
    Format,
    Part,
    Refusal,
    Request,
    Response,
    Seed,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from omniroute.formats.table import CODECS
from omniroute.formats.translate import encode_request, encode_response
from omniroute.formats.whole import NoAnswer, read_answer, read_body, read_stream
from omniroute.gateway.call import Call
from omniroute.gateway.chat_relay import NotAnAnswer, whole_usage
from omniroute.gateway.learned import Learned
from omniroute.gateway.relay import Finished, Relay
from omniroute.gateway.snapshot import Target
from omniroute.gateway.watch import Reason, Watch
from omniroute.kit import json
from omniroute.kit.log import redactor
from omniroute.upstream.client import Answer, UpstreamClient
from omniroute.upstream.failures import AttemptFailed, FailureKind, of_answer, of_break, of_fault, of_losses
from omniroute.upstream.repairs import Repair, learn

MAX_ERROR_BODY = 64 * 1024
MAX_REPAIRS = 8  # of one model
MAX_REPAIRED = 1024  # models
_OK = 200
_SSE = "text/event-stream"

log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long each wait for an upstream may take, in seconds, and how large a whole answer may be, in bytes."""

    first_byte_s: float
    idle_s: float
    answer_bytes: int


class Whole(Struct, frozen=True, kw_only=True):
    """A whole answer, ready for the client, and what it said of its usage.

    `letters` is how long it is, found out where it does not say its usage; `service` the tier that served it.
    """

    body: bytes
    usage: Usage | None = None
    letters: int = 0
    service: str | None = None


class Attempt:
    """Makes tries."""

    def __init__(self, client: UpstreamClient, limits: Limits, learned: Learned) -> None:
        self._client = client
        self._limits = limits
        self._learned = learned
        self._repairs: dict[tuple[str, str], tuple[Repair, ...]] = {}  # by connection and model

    async def open(self, call: Call, target: Target, watch: Watch) -> Answer:
        """Send the request; return the answer when its status is a success.

        A request of our own writing that is refused for one optional field is sent again without it, and so are the
        next ones to that model.
        """
        place = (target.connection_id, target.model)
        while True:
            repairs = self._repairs.get(place, ())
            body = request_body(call, target, repairs)
            try:
                return await self._send(call, target, json.dumps(body), watch)
            except AttemptFailed as error:
                failure = error.failure
                repair = None if call.passes_through(target) else learn(failure.status, failure.fault, body)
                if repair is None or repair in repairs or len(repairs) >= MAX_REPAIRS:
                    raise
                log.info("learned what a model does not take", model=target.model, field=repair.field, now=repair.to)
                if len(self._repairs) >= MAX_REPAIRED:
                    self._repairs.clear()
                self._repairs[place] = (*repairs, repair)

    async def _send(self, call: Call, target: Target, body: bytes, watch: Watch) -> Answer:
        watch.wait(Reason.FIRST_BYTE, call.limited(call.first_byte_s or self._limits.first_byte_s))
        with timeouts(watch):
            endpoint = target.stream if call.stream else target.whole
            if call.codec.format is target.format:
                endpoint = endpoint.adding(call.forwarded)
            answer = await self._client.post(endpoint, body)
            self._learned.note(target.connection_id, answer.headers)
            if answer.status == _OK:
                return answer
            try:
                text = await answer.read(MAX_ERROR_BODY)
            finally:
                answer.close()
        fault = CODECS[target.format].decode_error(answer.status, text)
        raise AttemptFailed(of_answer(answer.status, cleaned(fault), answer.headers, time.time()))

    async def next(self, answer: Answer, watch: Watch) -> bytes:
        """Return the next piece of a stream, within the limits."""
        with timeouts(watch):
            return await answer.next()

    async def read(self, call: Call, answer: Answer, watch: Watch) -> bytes:
        """Return a whole body, within the limits."""
        watch.wait(Reason.IDLE, call.limited(self._limits.idle_s))
        with timeouts(watch):
            return await answer.read(self._limits.answer_bytes)

    def waits_for_more(self, call: Call, watch: Watch) -> None:
        """From now on the pieces of the stream may be this far apart."""
        watch.wait(Reason.IDLE, call.limited(self._limits.idle_s))


@contextmanager
def timeouts(watch: Watch) -> Iterator[None]:
    """Turn the sweep's cancellation of a wait for the upstream into a failed try."""
    try:
        yield
    except asyncio.CancelledError:
        reason = watch.claim(Reason.FIRST_BYTE, Reason.IDLE)
        if reason is None:
            raise
        words = "did not begin to answer" if reason is Reason.FIRST_BYTE else "stopped sending"
        message = f"the provider {words} within {watch.limit_s:g} s"
        raise AttemptFailed(of_break(FailureKind.TIMEOUT, message)) from None


def request_body(call: Call, target: Target, repairs: Sequence[Repair] = ()) -> dict[str, Any]:
    """Spell the request for the target: the client's own body with another model name, or a translation."""
    if call.passes_through(target):
        call.losses = ()
        return passed_through(call, target)
    asked = dataclasses.replace(hub_request(call), model=target.model, stream=call.stream)
    if call.shape is not None:
        asked = call.shape.of(asked, target.format, target.model)
    encoded = encode_request(asked, CODECS[target.format])
    body, losses = encoded.body, encoded.losses
    for repair in repairs:
        if repair.field in body:
            losses = losses if repair.loss is None else (*losses, repair.loss)
            body = repair.apply(body)
    call.losses = losses
    if call.strict and (lost := [loss for loss in losses if loss.action == "dropped"]):
        raise AttemptFailed(of_losses(lost))
    return body


def passed_through(call: Call, target: Target) -> dict[str, Any]:
    """Return the client's body for a target of the same format: everything stays but what routing must change."""
    body = call.body
    if target.format is Format.GEMINI:
        return body  # the model stands in the address
    changes: dict[str, Any] = {"model": target.model}
    if call.stream and target.format is Format.OPENAI_CHAT:
        options = body.get("stream_options")
        if not isinstance(options, dict) or options.get("include_usage") is not True:
            changes["stream_options"] = {**(options or {}), "include_usage": True}
    return {**body, **changes}


def hub_request(call: Call) -> Request:
    """Return the request in the hub's words, decoded once."""
    if call.request is None:
        call.request = dataclasses.replace(call.codec.decode_request(call.body), model=call.model, stream=call.stream)
    return call.request


def seed_of(call: Call) -> Seed:
    """Return what codecs build their ids from: the same for the whole request."""
    return Seed(id=call.id.removeprefix("req_"), created=call.started_ms // 1000, model=call.model)


def whole_answer(call: Call, target: Target, text: bytes, media_type: str) -> Whole:
    """Judge a whole body and spell it for the client."""
    try:
        return _judged(call, target, text, media_type)
    except NoAnswer as error:
        raise AttemptFailed(of_fault(cleaned(error.fault))) from error


def _judged(call: Call, target: Target, text: bytes, media_type: str) -> Whole:
    codec = CODECS[target.format]
    if _is_stream(codec, text, media_type):
        return _spelled(call, read_stream(codec, text, seed_of(call)))
    passes = call.passes_through(target)
    if passes and target.format is Format.OPENAI_CHAT:
        return _relayed(call, codec, text)
    response = read_answer(codec, text, seed_of(call))
    return _told(response, text) if passes else _spelled(call, response)


def _is_stream(codec: Codec, text: bytes, media_type: str) -> bool:
    """Whether a stream came although none was asked for, whatever it is called."""
    if codec.stream_media_type != _SSE:
        return media_type.startswith(codec.stream_media_type)
    if text[:1] == b"{" or text[:64].lstrip()[:1] == b"{":
        return False
    return media_type.startswith(_SSE) or text.startswith((b"data:", b"event:"))


def _told(response: Response, body: bytes) -> Whole:
    usage = response.usage
    is_said = usage is not None and usage.input is not None and usage.output is not None
    letters = 0 if is_said else letters_of(response)
    return Whole(body=body, usage=usage, letters=letters, service=response.service_tier)


def letters_of(response: Response) -> int:
    """Return how long an answer is, in characters."""
    return sum(_letters(part) for choice in response.choices for part in choice.parts)


def _letters(part: Part) -> int:
    if isinstance(part, Text | Refusal | Thinking):
        return len(part.text)
    return len(part.name) + len(part.arguments) if isinstance(part, ToolCall) else 0


def _relayed(call: Call, codec: Codec, text: bytes) -> Whole:
    """Look at an OpenAI chat answer just closely enough to know that it is one, and what it used."""
    try:
        usage, service = whole_usage(text)
    except NotAnAnswer as error:
        read_body(codec, text)
        raise AttemptFailed(of_break(FailureKind.TRANSIENT, str(error))) from error
    if usage is None:
        return _told(read_answer(codec, text, seed_of(call)), text)
    return Whole(body=text, usage=usage, service=service)


def response_of(call: Call, target: Target, text: bytes, media_type: str) -> Response:
    """Read an answer that came whole, or a stream to its end, in the hub's words."""
    is_lines = call.stream and target.format is Format.OLLAMA
    return _read(call, target, text, is_stream=is_lines or _is_stream(CODECS[target.format], text, media_type))


def _read(call: Call, target: Target, text: bytes, *, is_stream: bool) -> Response:
    read = read_stream if is_stream else read_answer
    try:
        return read(CODECS[target.format], text, seed_of(call))
    except NoAnswer as error:
        raise AttemptFailed(of_fault(cleaned(error.fault))) from error


def unasked_stream(call: Call, target: Target, text: bytes) -> tuple[bytes, Relay]:
    """Make a stream of a whole answer, from an upstream that was asked for a stream and does not make one."""
    return unfolded(call, _read(call, target, text, is_stream=False))


def unfolded(call: Call, response: Response) -> tuple[bytes, Relay]:
    """Make a stream of a whole answer."""
    call.losses += AnswerLosses(call.codec.words).whole(response)
    encoder = call.codec.encoder(seed_of(call), hub_request(call))
    pieces = [encoder.feed(event) for event in unfold(response)]
    return b"".join(pieces) + encoder.end(), Finished(response.usage, letters_of(response), response.service_tier)


def _spelled(call: Call, response: Response) -> Whole:
    encoded = encode_response(response, hub_request(call), call.codec)
    call.losses += encoded.losses
    return _told(response, json.dumps(encoded.body))


def cleaned(fault: Fault) -> Fault:
    """Take secrets out of what an upstream said."""
    return dataclasses.replace(fault, message=redactor.clean(fault.message))
