"""A fake provider on a real loopback port: it speaks one vendor's wire format truly, and breaks when told to.

async with FakeUpstream(Format.ANTHROPIC) as fake:
    fake.faults.push("cut_mid_chunk")
    ...  # talk to fake.base_url with the key fake.key
    assert fake.requests[0].body["model"] == "fake-large"
"""

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from omniroute.formats.hub import Format
from tests.fakes import anthropic, gemini, ollama, openai_chat, openai_responses
from tests.fakes.faults import Fault, Faults
from tests.fakes.performance import Play, broken, well
from tests.fakes.reply import Memory, Received, Rejected, Reply, Vendor
from tests.fakes.wire import Incoming, Wire

VENDORS: dict[Format, Vendor] = {
    vendor.format: vendor
    for vendor in (openai_chat.VENDOR, openai_responses.VENDOR, anthropic.VENDOR, gemini.VENDOR, ollama.VENDOR)
}
_BELOW_V1 = (Format.OPENAI_CHAT, Format.OPENAI_RESPONSES)
_HEAD_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    """The client hung up before the answer was complete: after how long, and how many bytes it had been sent."""

    request: Received
    at: float
    after_s: float
    sent: int


class FakeUpstream:
    """One server for one format. All that it saw and will do is public: tests read and set it."""

    def __init__(self, wire_format: Format) -> None:
        self.format = wire_format
        self.faults = Faults()
        self.memory = Memory()
        self.requests: list[Received] = []
        self.disconnects: list[Disconnect] = []
        self.pace_s = 0.0
        self._vendor = VENDORS[wire_format]
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._errors: list[Exception] = []
        self._connections = 0
        self._hung_up = asyncio.Event()
        self._asked = asyncio.Event()

    @property
    def key(self) -> str:
        """The only key that is let in."""
        return self.memory.key

    @property
    def base_url(self) -> str:
        """The server's root."""
        assert self._server, "the fake is not running"
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def api_url(self) -> str:
        """What the vendor's own client library wants as its base URL."""
        return f"{self.base_url}/v1" if self.format in _BELOW_V1 else self.base_url

    @property
    def generations(self) -> list[Received]:
        """The requests that asked for an answer, without model lists and token counts."""
        return [request for request in self.requests if request.method == "POST" and _generates(request.path)]

    @property
    def connections(self) -> int:
        """How many connections were ever opened."""
        return self._connections

    def say(self, *scenarios: str) -> None:
        """Answer the next requests in these styles (see the demo's STYLES) instead of what fits the request."""
        self.memory.queue.extend(scenarios)

    async def asked(self, within_s: float = 5.0) -> None:
        """Wait until a request for an answer has come."""
        async with asyncio.timeout(within_s):
            await self._asked.wait()

    async def disconnected(self, within_s: float = 2.0) -> Disconnect:
        """Wait until a client hangs up on an answer, and return that event."""
        async with asyncio.timeout(within_s):
            await self._hung_up.wait()
        return self.disconnects[-1]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_HEAD_LIMIT)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()
        if self._errors and error is None:
            raise self._errors[0]  # a fault of the fake itself must not pass for one of the gateway

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        task = asyncio.create_task(self._converse(Incoming(reader, self._connections), Wire(writer)))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._errors.append(error)

    async def _converse(self, incoming: Incoming, wire: Wire) -> None:
        """Answer the requests of one connection, one after the other."""
        try:
            while not wire.closed and (request := await incoming.request()):
                self.requests.append(request)
                if self.generations:
                    self._asked.set()
                if not await self._answer(request, incoming, wire):
                    return
                if request.headers.get("connection", "").lower() == "close":
                    return
        finally:
            if not wire.closed:
                wire.close()

    async def _answer(self, request: Received, incoming: Incoming, wire: Wire) -> bool:
        """Send the reply while listening for the client to leave; say whether it stayed."""
        before = wire.sent
        play = asyncio.create_task(self._perform(request, wire))
        watch = asyncio.create_task(incoming.hung_up())
        try:
            await asyncio.wait({play, watch}, return_when=asyncio.FIRST_COMPLETED)
            stayed = play.done() and not isinstance(play.exception(), ConnectionError)
            if not stayed:
                now = asyncio.get_running_loop().time()
                self.disconnects.append(
                    Disconnect(request=request, at=now, after_s=now - request.at, sent=wire.sent - before)
                )
                self._hung_up.set()
            elif error := play.exception():
                raise error
            return stayed
        finally:
            play.cancel()
            watch.cancel()
            await asyncio.gather(play, watch, return_exceptions=True)

    async def _perform(self, request: Received, wire: Wire) -> None:
        reply = self._reply(request)
        fault = self._fault(request) if reply.generated or _generates(request.path) else None
        play = Play(
            wire=wire,
            vendor=self._vendor,
            request=request,
            reply=reply,
            fault=fault or Fault(name="stall"),
            pace_s=self.pace_s,
        )
        await (broken(play) if fault else well(play))

    def _reply(self, request: Received) -> Reply:
        try:
            return self._vendor.respond(request, self.memory)
        except Rejected as refusal:
            return Reply(status=refusal.status, body=self._vendor.spell_error(refusal))

    def _fault(self, request: Received) -> Fault | None:
        return self.faults.take(reused=request.reused) if request.method == "POST" else None


def _generates(path: str) -> bool:
    ends = ("/chat/completions", "/responses", "/messages", ":generateContent", ":streamGenerateContent", "/api/chat")
    return path.endswith(ends)
