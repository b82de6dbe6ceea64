"""A small real request to one target, sent through the gateway as a client's would be, and recorded like one."""

import asyncio
import time
from collections.abc import Callable

from omniroute.formats.hub import Format
from omniroute.formats.table import CODECS
from omniroute.gateway.call import Call, Origin
from omniroute.gateway.downstream import Headers
from omniroute.gateway.pipeline import Pipeline
from omniroute.gateway.resolve import Resolver
from omniroute.gateway.snapshot import Snapshot
from omniroute.gateway.ticket import CacheControl
from omniroute.kit.clock import Clock
from omniroute.kit.errors import OmniError
from omniroute.kit.ids import new_id
from omniroute.services.combos import Probed

# What the record names as the path.
PATH = "/api/combos/test"
# Some vendors ask for 16 at least.
_ANSWER_TOKENS = 16


class Probing:
    """Sends them."""

    def __init__(self, pipeline: Pipeline, resolver: Resolver, snapshot: Callable[[], Snapshot], clock: Clock) -> None:
        self._pipeline = pipeline
        self._resolver = resolver
        self._snapshot = snapshot
        self._clock = clock

    async def __call__(self, model: str, connection_id: str | None) -> Probed:
        """Ask a model for a word; say how that went."""
        snapshot = self._snapshot()
        call = Call(
            id=new_id("req"),
            codec=CODECS[Format.OPENAI_CHAT],
            origin=Origin(path=PATH, address=None, user_agent=None, key=None),
            started_ms=self._clock.now_ms(),
        )
        call.cache_control = CacheControl.BYPASS  # a kept answer would tell nothing of the target
        try:
            call.plan = self._resolver.plan_over(snapshot, model, connection_id)
        except OmniError as error:
            return Probed(status_code=error.status, latency_ms=0.0, error=error.message)
        call.model = model
        down = _Kept()
        await self._pipeline.serve(call, snapshot, _load, down)
        fault = call.fault
        took_ms = down.took_s(call) * 1000
        return Probed(status_code=call.status, latency_ms=took_ms, error=None if fault is None else fault.message)


async def _load(call: Call) -> None:
    call.body = {
        "model": call.model,
        "messages": [{"role": "user", "content": "Say OK."}],
        "max_tokens": _ANSWER_TOKENS,
    }


class _Kept:
    """A client that only notes when it was answered, and never leaves."""

    def __init__(self) -> None:
        self._answered_at = 0.0

    def took_s(self, call: Call) -> float:
        """Return how long the answer took."""
        return round(max(self._answered_at - call.began, 0.0), 6)

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:  # noqa: ARG002 - only when it comes
        self._answered_at = time.perf_counter()

    async def start(self, status: int, headers: Headers) -> None:
        """Nothing is streamed."""

    async def write(self, data: bytes) -> None:
        """Nothing is streamed."""

    async def finish(self) -> None:
        """Nothing is streamed."""

    async def gone(self) -> None:
        """Stay."""
        await asyncio.Event().wait()
