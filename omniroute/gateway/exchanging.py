"""Drives the talks of dialects: asks upstreams what a dialect wants to know, within the limits of each wait.

Several questions at once go out together. A long body is read from where it lies, while it goes out. When the client
leaves in the middle, what was ordered is taken back, beside the requests.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from secrets import token_hex
from typing import Any
from zlib import crc32

import structlog

from omniroute.formats.exchange import Ask, Body, CannotCarry, NoResult, Spot, Talk, Told
from omniroute.formats.hub import Loss
from omniroute.formats.table import CODECS
from omniroute.gateway.attempt import MAX_ERROR_BODY, Limits, cleaned, timeouts
from omniroute.gateway.call import Call
from omniroute.gateway.learned import Learned
from omniroute.gateway.snapshot import Target, parse_url
from omniroute.gateway.watch import Reason, Watch, Watches
from omniroute.kit.tasks import Background
from omniroute.upstream.client import Answer, Endpoint, UpstreamClient
from omniroute.upstream.endpoints import join
from omniroute.upstream.failures import AttemptFailed, FailureKind, of_answer, of_break, of_fault, of_losses

_FINE = range(200, 300)
# Longer bodies are sent in pieces; so many questions may be under way at once.
_SHORT = 256 * 1024
_AT_ONCE = 4
_UNDO_S = 10.0
_JOINED_SCHEMES = frozenset({"http", "https"})

log = structlog.get_logger(__name__)


class Exchanges:
    """Asks upstreams."""

    def __init__(
        self, client: UpstreamClient, limits: Limits, learned: Learned, *, watches: Watches, background: Background
    ) -> None:
        self._client = client
        self._limits = limits
        self._learned = learned
        self._watches = watches
        self._background = background

    async def result(self, call: Call, target: Target, talk: Talk[Any], watch: Watch) -> Any:
        """Go through a talk with a target; raise AttemptFailed when it comes to nothing."""
        asks: tuple[Ask, ...] = ()
        try:
            asks = next(talk)
            while True:
                asks = talk.send(await self._told(call, target, asks, watch))
        except StopIteration as end:
            return end.value
        except NoResult as error:
            raise AttemptFailed(of_fault(cleaned(error.fault))) from error
        except CannotCarry as error:
            raise cannot(error.param, error.message) from error
        except (asyncio.CancelledError, AttemptFailed):
            self._undo(target, asks)
            raise
        finally:
            talk.close()

    async def _told(self, call: Call, target: Target, asks: Sequence[Ask], watch: Watch) -> tuple[Told, ...]:
        """Ask several questions at once, a few at a time; raise what went wrong first."""
        wait_s = max(ask.wait_s for ask in asks)
        if wait_s:
            if call.is_late():
                raise AttemptFailed(of_break(FailureKind.TIMEOUT, "the answer took longer than it may"))
            watch.wait(Reason.TOTAL, watch.total_s)
            await asyncio.sleep(wait_s)
        if len(asks) == 1:
            return (await self._whole(call, target, asks[0], watch),)
        turn = asyncio.Semaphore(_AT_ONCE)

        async def one(ask: Ask) -> Told | AttemptFailed:
            async with turn:
                with self._watches.beside() as own:
                    try:
                        return await self._whole(call, target, ask, own)
                    except AttemptFailed as error:
                        return error

        watch.wait(Reason.TOTAL, watch.total_s)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(ask)) for ask in asks]
        found = [task.result() for task in tasks]
        failed = next((one for one in found if isinstance(one, AttemptFailed)), None)
        if failed is not None:
            raise failed
        return tuple(one for one in found if isinstance(one, Told))

    async def _whole(self, call: Call, target: Target, ask: Ask, watch: Watch) -> Told:
        answer = await self.open(call, target, ask, watch)
        try:
            body = await self.read(call, answer, watch)
        finally:
            answer.close()
        return Told(headers=answer.headers, body=body)

    async def read(self, call: Call, answer: Answer, watch: Watch) -> bytes:
        """Return a whole body, within the limits."""
        watch.wait(Reason.IDLE, call.limited(self._limits.idle_s))
        with timeouts(watch):
            return await answer.read(self._limits.answer_bytes)

    async def open(self, call: Call, target: Target, ask: Ask, watch: Watch) -> Answer:
        """Ask one question; return the answer when its status is a success."""
        watch.wait(Reason.FIRST_BYTE, call.limited(call.first_byte_s or self._limits.first_byte_s))
        with timeouts(watch):
            answer = await self._sent(target, ask, watch)
            if ask.url is None:
                self._learned.note(target.connection_id, answer.headers)
            if answer.status in _FINE:
                return answer
            try:
                text = await answer.read(MAX_ERROR_BODY)
            finally:
                answer.close()
        if ask.url is not None:
            words = f"what the provider points to was not given: status {answer.status}"
            raise AttemptFailed(of_break(FailureKind.TRANSIENT, words))
        fault = CODECS[target.format].decode_error(answer.status, text)
        raise AttemptFailed(of_answer(answer.status, cleaned(fault), answer.headers, time.time()))

    async def next(self, answer: Answer, call: Call, watch: Watch) -> bytes:
        """Return the next piece of a stream."""
        watch.wait(Reason.IDLE, call.limited(self._limits.idle_s))
        with timeouts(watch):
            return await answer.next()

    async def _sent(self, target: Target, ask: Ask, watch: Watch | None) -> Answer:
        endpoint = _endpoint(target, ask)
        if ask.method == "GET":
            return await self._client.get(endpoint)
        if ask.method == "DELETE":
            return await self._client.send("DELETE", endpoint)
        size = sum(len(part) if isinstance(part, bytes) else part.size for part in ask.body)
        if size <= _SHORT:
            return await self._client.post(endpoint, b"".join(_pieces(ask.body, None)))
        return await self._client.upload(endpoint, size, _pieces(ask.body, watch))

    def _undo(self, target: Target, asks: Sequence[Ask]) -> None:
        for ask in asks:
            if ask.undo is not None:
                self._background.start(self._undone(target, ask.undo), "an order that is taken back")

    async def _undone(self, target: Target, ask: Ask) -> None:
        try:
            async with asyncio.timeout(_UNDO_S):
                (await self._sent(target, ask, None)).close()
        except (AttemptFailed, TimeoutError) as error:
            log.info("an order could not be taken back", provider=target.provider, error=str(error))


def _endpoint(target: Target, ask: Ask) -> Endpoint:
    """Return where a question goes; what lies elsewhere is asked without a credential."""
    base = target.whole
    if ask.url is not None:
        url = parse_url(ask.url)
        if url.scheme not in _JOINED_SCHEMES:
            raise AttemptFailed(of_break(FailureKind.TRANSIENT, "the provider points to no web address"))
        # Only the very server that an operator marked as local may point to itself.
        is_home = base.local and (url.host, url.port) == (base.url.host, base.url.port)
        return Endpoint(url=url, headers={}, local=is_home, proxy=base.proxy)
    if ask.at:
        base = replace(base, url=parse_url(join(str(base.url), ask.at)))
    return base.adding(ask.headers)


def _pieces(body: Body, watch: Watch | None) -> Iterator[bytes]:
    """Give a body in pieces; as long as it goes out, the upstream cannot be late."""
    for part in body:
        if isinstance(part, bytes):
            yield part
            continue
        for piece in part.pieces():
            if watch is not None:
                watch.touch()
            yield piece


def spot_of(call: Call, target: Target) -> Spot:
    """Return where a request goes, as dialects see it."""
    most = 0 if target.offer is None else target.offer.most_at_once
    return Spot(model=target.model, most_at_once=most, seed=crc32(call.id.encode()), mark=token_hex(16))


def check_losses(call: Call, lost: frozenset[str], provider: str) -> None:
    """Note what a target has no place for; raise AttemptFailed where the client wants nothing lost."""
    call.losses = tuple(Loss(path=name, reason=f"{provider} has no such field") for name in sorted(lost))
    if call.strict and call.losses:
        raise AttemptFailed(of_losses(call.losses))


def cannot(param: str, reason: str) -> AttemptFailed:
    """Return the failure of a target that has no way to do what is asked; another one may."""
    failure = of_losses([Loss(path=param, reason=reason)])
    fault = replace(failure.fault, message=f"{param}: {reason}.", code="not_supported")
    return AttemptFailed(replace(failure, fault=fault))
