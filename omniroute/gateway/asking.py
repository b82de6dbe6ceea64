"""A chat that an operator asks for at the dashboard, sent through the gateway as a client's would be, and recorded.

Its answer is heard as a client hears it: from the bytes that the gateway sends.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from decimal import Decimal
from typing import Any

from omniroute.formats.events import Delta, Event, PartStart
from omniroute.formats.hub import Format, Refusal, Seed, Text, Thinking, ToolCall
from omniroute.formats.table import CODECS
from omniroute.gateway.call import Call, Origin
from omniroute.gateway.downstream import Headers
from omniroute.gateway.pipeline import Pipeline
from omniroute.gateway.snapshot import Snapshot
from omniroute.kit.clock import Clock
from omniroute.kit.ids import new_id
from omniroute.kit.tasks import Background
from omniroute.services.playground import PlaygroundCall, PlaygroundEnd, PlaygroundNews

# What the record names as the path.
PATH = "/api/playground"
_NANO = Decimal(10) ** 9


class Asking:
    """Sends them. They run in the background, so that one whose watcher left ends as a request, with a record."""

    def __init__(
        self, pipeline: Pipeline, snapshot: Callable[[], Snapshot], clock: Clock, background: Background
    ) -> None:
        self._pipeline = pipeline
        self._snapshot = snapshot
        self._clock = clock
        self._background = background

    async def __call__(self, body: Mapping[str, Any]) -> AsyncGenerator[PlaygroundNews, None]:
        """Send a streaming chat request; give more of its answer whenever there is more, and how it ended."""
        call = Call(
            id=new_id("req"),
            codec=CODECS[Format.OPENAI_CHAT],
            origin=Origin(path=PATH, address=None, user_agent=None, key=None),
            started_ms=self._clock.now_ms(),
        )
        down = _Heard(call, self._pipeline.cost)

        async def load(call: Call) -> None:
            call.body, call.model, call.stream = dict(body), body["model"], True

        async def run() -> None:
            try:
                await self._pipeline.serve(call, self._snapshot(), load, down)
            finally:
                down.end()

        self._background.start(run(), "playground")
        try:
            while True:
                await down.wait()
                news = down.take()
                if news.text or news.thinking or news.end is not None:
                    yield news
                if news.end is not None:
                    return
        finally:
            down.leave()


class _Heard:
    """A client that listens for as long as its watcher does."""

    def __init__(self, call: Call, cost: Callable[[Call], tuple[int | None, str | None]]) -> None:
        self._call = call
        self._cost = cost
        self._deframer = call.codec.deframer()
        self._decoder = call.codec.decoder(Seed(id=call.id, created=0))
        self._kinds: dict[int, type] = {}
        self._calls: dict[int, list[str]] = {}
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._ready = asyncio.Event()
        self._left = asyncio.Event()
        self._took_s = 0.0
        self.is_over = False

    async def wait(self) -> None:
        """Wait until there is something to take."""
        await self._ready.wait()
        self._ready.clear()

    def take(self) -> PlaygroundNews:
        """Return what came since, and how it ended when it has."""
        text, thinking = "".join(self._text), "".join(self._thinking)
        self._text.clear()
        self._thinking.clear()
        return PlaygroundNews(text=text, thinking=thinking, end=self._ended() if self.is_over else None)

    def leave(self) -> None:
        """Hang up."""
        self._left.set()

    def end(self) -> None:
        """Note that the request is over."""
        self._took_s = time.perf_counter() - self._call.began
        self.is_over = True
        self._ready.set()

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Nothing to hear: a stream that does not begin is a failure, which the call holds."""

    async def start(self, status: int, headers: Headers) -> None:
        """The pieces matter."""

    async def write(self, data: bytes) -> None:
        """Hear a piece."""
        for frame in self._deframer.feed(data):
            for event in self._decoder.feed(frame):
                self._hear(event)
        self._ready.set()

    async def finish(self) -> None:
        """The end is told when the record is made."""

    async def gone(self) -> None:
        """Return when the watcher has left."""
        await self._left.wait()

    def _hear(self, event: Event) -> None:
        if isinstance(event, PartStart):
            self._kinds[event.index] = type(event.part)
            if isinstance(event.part, ToolCall):
                self._calls[event.index] = [event.part.name, event.part.arguments]
            elif isinstance(event.part, (Text, Refusal, Thinking)):
                self._say(event.index, event.part.text)
        elif isinstance(event, Delta):
            self._say(event.index, event.text)

    def _say(self, index: int, text: str) -> None:
        kind = self._kinds.get(index)
        if kind is ToolCall:
            self._calls[index].append(text)
        elif kind is Thinking:
            self._thinking.append(text)
        else:
            self._text.append(text)

    def _ended(self) -> PlaygroundEnd:
        call, usage, target = self._call, self._call.usage, self._call.target
        cost, _version = self._cost(call)
        first = call.first_token_at
        return PlaygroundEnd(
            request_id=call.id,
            outcome=call.outcome,
            status=call.status,
            provider=target.provider if target else None,
            model=target.model if target else None,
            latency_ms=self._took_s * 1000,
            first_token_ms=None if first is None else (first - call.began) * 1000,
            input_tokens=usage.input if usage else None,
            output_tokens=usage.output if usage else None,
            reasoning_tokens=usage.reasoning if usage else None,
            cost_usd=None if cost is None else Decimal(cost) / _NANO,
            attempts=max(len(call.attempts), 1),
            calls=tuple(PlaygroundCall(name=name, arguments="".join(rest)) for name, *rest in self._calls.values()),
            error=call.fault.message if call.fault else None,
        )
