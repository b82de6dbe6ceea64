"""What live feeds cost: how late events are at many subscribers, and what a request costs with and without them.

The gateway runs in a process of its own, as installed, with its built-in demo as the provider; the load and the
subscribers run here. `python -m benchmarks.live` prints the figures; `--quick` only shows that it works.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.processes import free_port

_QUERY = """subscription { requestFeed(intervalMs: 80) {
    missed requests { id at status model provider httpStatus latencyMs costUsd } } }"""
_BODY = {"model": "demo/echo", "messages": [{"role": "user", "content": "Hello"}]}
_CONNECTIONS = 16
_START_S = 30


@dataclass(slots=True, kw_only=True)
class Heard:
    """What a subscriber heard; delays in milliseconds."""

    delays: list[float] = field(default_factory=list)
    missed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A gateway under measurement."""

    pid: int
    url: str
    key: str

    def cpu_s(self) -> float:
        """Return the CPU time it used until now."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def gateway(folder: Path) -> AsyncIterator[Gateway]:
    """Start a gateway and wait until it serves."""
    port = free_port()
    environment = {
        **os.environ, "DATA_DIR": str(folder), "PORT": str(port), "DISCOVER_LOCAL": "false",
        "IMPORT_ENVIRONMENT_KEYS": "false", "REQUIRE_API_KEY": "false", "INITIAL_PASSWORD": "a password for the bench",
    }  # fmt: skip
    program = [sys.executable, "-m", "omniroute"]
    with subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
        [*program, "serve"], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            await _ready(url)
            made = subprocess.run(  # noqa: ASYNC221 - nothing else runs yet
                [*program, "admin", "create-key", "--name", "bench", "--scope", "admin", "--json"],
                env=environment, capture_output=True, check=True,
            )  # fmt: skip
            yield Gateway(pid=process.pid, url=url, key=json.loads(made.stdout)["key"])
        finally:
            process.terminate()


async def _ready(url: str) -> None:
    async with httpx.AsyncClient() as http, asyncio.timeout(_START_S):
        while True:
            try:
                if (await http.get(f"{url}/readyz")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)


async def subscribe(target: Gateway) -> ClientConnection:
    """Open a socket and subscribe."""
    socket = await connect(
        target.url.replace("http", "ws") + "/graphql",
        subprotocols=[Subprotocol("graphql-transport-ws")],
        additional_headers={"authorization": f"Bearer {target.key}"},
        compression=None,
    )
    await socket.send('{"type": "connection_init"}')
    await socket.recv()
    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": _QUERY}}))
    await socket.recv()
    return socket


async def _listen(socket: ClientConnection, heard: Heard, *, sampled: bool) -> None:
    async for message in socket:
        now = time.time()
        if not sampled:
            continue  # reading JSON for every subscriber would measure this process, not the gateway
        feed = json.loads(message)["payload"]["data"]["requestFeed"]
        heard.missed += feed["missed"]
        heard.delays += [
            (now - datetime.fromisoformat(one["at"]).timestamp()) * 1000
            for one in feed["requests"]
            if one["status"] != "RUNNING"
        ]


async def load(target: Gateway, rate: float, seconds: float) -> int:
    """Send requests at a steady rate; return how many were answered."""
    total = int(rate * seconds)
    places, begun = iter(range(total)), time.perf_counter()
    host, port = target.url.removeprefix("http://").split(":")
    body = json.dumps(_BODY).encode()
    request = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body

    async def send() -> int:
        reader, writer = await asyncio.open_connection(host, int(port))
        done = 0
        for place in places:
            await asyncio.sleep(max(begun + place / rate - time.perf_counter(), 0))
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r")[0]))
            done += head.startswith(b"http/1.1 200")
        writer.close()
        return done

    return sum(await asyncio.gather(*(send() for _ in range(_CONNECTIONS))))


async def measured(target: Gateway, subscribers: int, rate: float, seconds: float) -> tuple[float, Heard, float]:
    """Return the gateway's CPU a request in milliseconds, what one subscriber heard, and the rate reached."""
    heard = Heard()
    sockets = [await subscribe(target) for _ in range(subscribers)]
    listeners = [
        asyncio.create_task(_listen(socket, heard, sampled=number == 0)) for number, socket in enumerate(sockets)
    ]
    before, begun = target.cpu_s(), time.perf_counter()
    done = await load(target, rate, seconds)
    took, used = time.perf_counter() - begun, target.cpu_s() - before
    await asyncio.sleep(0.5)
    for socket in sockets:
        await socket.close()
    await asyncio.gather(*listeners, return_exceptions=True)
    return used * 1000 / max(done, 1), heard, done / took


async def _run(*, rate: float, seconds: float, rounds: int) -> int:
    with tempfile.TemporaryDirectory(prefix="omniroute-live-") as folder:
        async with gateway(Path(folder)) as target:
            await load(target, rate, 1)
            costs: dict[int, list[float]] = {0: [], 20: [], 50: []}
            for _ in range(rounds):
                for subscribers, known in costs.items():
                    cost, heard, reached = await measured(target, subscribers, rate, seconds)
                    known.append(cost)
                    print(f"{subscribers:3} subscribers: {cost:.3f} ms CPU a request at {reached:.0f} a second", end="")
                    print(f"; {_delays(heard)}" if subscribers else "")
            plain = statistics.median(costs[0])
            for subscribers in (20, 50):
                more = statistics.median(costs[subscribers]) / plain - 1
                print(f"with {subscribers} subscribers a request costs {more:+.1%}")
    return 0


def _delays(heard: Heard) -> str:
    if len(heard.delays) < 2:
        return "no event was heard"
    cuts = statistics.quantiles(heard.delays, n=100)
    return f"events are {cuts[49]:.0f} ms late (p50), {cuts[94]:.0f} ms (p95); {heard.missed} missed"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: to see that it works, not to compare")
    parser.add_argument("--rate", type=float, default=500, help="requests a second (500)")
    options = parser.parse_args(arguments)
    seconds, rounds = (2.0, 1) if options.quick else (10.0, 3)
    return asyncio.run(_run(rate=options.rate, seconds=seconds, rounds=rounds))


if __name__ == "__main__":
    sys.exit(main())
