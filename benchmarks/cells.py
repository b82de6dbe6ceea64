"""The cells: one kind of load each, and what one run of it on one target tells."""

import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bodies import Body, Shape
from benchmarks.processes import CannotMeasure, Place
from benchmarks.programs import Programs, load_command, load_result, mock_stats, start_load
from benchmarks.systems import Target

Figures = Mapping[str, float]

_CHUNKS = 64
_LOOK_S = 0.25
_SETTLE_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One kind of load. `requests` bounds it by number, `rate` makes it an open loop."""

    name: str
    body: Body
    concurrency: int
    seconds: float
    quick_seconds: float
    requests: int | None = None
    rate: float | None = None
    rounds: int | None = None
    quick_body: Body | None = None
    direct: bool = True
    peers: bool = True


_PACED = Body(model=f"bench-c{_CHUNKS}-d5-f5", streams=True)
_STREAM = Body(model=f"bench-c{_CHUNKS}", streams=True)
# Open for 8.2 s each (quick: 4.2), so that all thousand are open before the first ends.
_SLOW = Body(model="bench-c40-d200-f200", streams=True)
_SLOW_QUICK = Body(model="bench-c40-d100-f200", streams=True)

CELLS = (
    Cell(
        name="whole32",
        body=Body(),
        concurrency=32,
        seconds=4,
        quick_seconds=0.5,
    ),
    Cell(
        name="whole128",
        body=Body(),
        concurrency=128,
        seconds=4,
        quick_seconds=0.5,
    ),
    Cell(
        name="large32",
        body=Body(large=True),
        concurrency=32,
        seconds=4,
        quick_seconds=0.5,
    ),
    Cell(
        name="stream32",
        body=_STREAM,
        concurrency=32,
        seconds=4,
        quick_seconds=0.5,
    ),
    Cell(
        name="paced16",
        body=_PACED,
        concurrency=16,
        seconds=5,
        quick_seconds=1,
    ),
    Cell(
        name="rate100",
        body=Body(),
        concurrency=256,
        rate=100,
        seconds=5,
        quick_seconds=1,
    ),
    Cell(
        name="anthropic32",
        body=Body(shape=Shape.ANTHROPIC),
        concurrency=32,
        seconds=4,
        quick_seconds=0.5,
        direct=False,
        peers=False,
    ),
    Cell(
        name="anthropic_stream32",
        body=Body(model=_STREAM.model, shape=Shape.ANTHROPIC, streams=True),
        concurrency=32,
        seconds=4,
        quick_seconds=0.5,
        direct=False,
        peers=False,
    ),
    Cell(
        name="to_anthropic32",
        body=Body(provider=Shape.ANTHROPIC),
        concurrency=32,
        seconds=4,
        quick_seconds=0.5,
        direct=False,
        peers=False,
    ),
    Cell(
        name="to_anthropic_stream32",
        body=Body(model=_STREAM.model, provider=Shape.ANTHROPIC, streams=True),
        concurrency=32,
        seconds=4,
        quick_seconds=0.5,
        direct=False,
        peers=False,
    ),
    Cell(
        name="open1000",
        body=_SLOW,
        concurrency=1000,
        requests=1000,
        seconds=30,
        quick_seconds=30,
        rounds=1,
        quick_body=_SLOW_QUICK,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every run needs: the programs, the mock, a folder for bodies, and where the load runs."""

    programs: Programs
    mock_port: int
    folder: Path
    place: Place
    quick: bool

    def run(self, target: Target, cell: Cell) -> Figures:
        """Load one target with one cell."""
        seconds = cell.quick_seconds if self.quick else cell.seconds
        body = cell.quick_body if self.quick and cell.quick_body else cell.body
        return self._figures(target, body, self._options(cell, seconds), seconds, cell.requests)

    def flat(self, target: Target, requests: int) -> Figures:
        """Watch memory over many requests, after a quarter as many have warmed it up."""
        cell = CELLS[0]
        self._send(target, cell.body, requests // 4)
        before = target.used().rss_mb
        figures = self._send(target, cell.body, requests)
        return {
            "growth_mb": figures["rss_mb"] - before,
            "rss_mb": figures["rss_mb"],
            "requests": figures["requests"],
            "errors": figures["errors"],
        }

    def warm(self, target: Target) -> None:
        """See that the target answers rightly before anything is measured."""
        for body, count in ((Body(), 200), (_STREAM, 20)):
            options = ["--concurrency", "8", "--requests", str(count), "--seconds", "60"]
            result = self._load(target, body, options, 60)[0]
            if result["errors"]:
                raise CannotMeasure(
                    f"{target.name} failed {result['errors']} of {result['requests']} requests of the warm-up:"
                    f" {result['first_error'] or result['faults']}"
                )

    def _send(self, target: Target, body: Body, requests: int) -> Figures:
        options = ["--concurrency", "32", "--requests", str(requests), "--seconds", "600"]
        return self._figures(target, body, options, 600, requests)

    def _options(self, cell: Cell, seconds: float) -> list[str]:
        options = ["--concurrency", str(cell.concurrency), "--seconds", str(seconds)]
        if cell.requests:
            options += ["--requests", str(cell.requests)]
        if cell.rate:
            options += ["--rate", str(cell.rate)]
        return options

    def _figures(self, target: Target, body: Body, options: list[str], seconds: float, requests: int | None) -> Figures:
        asked_before = mock_stats(self.mock_port)["requests"]
        before = target.used()
        result, most_rss_mb = self._load(target, body, options, seconds)
        # The gateway writes its records in batches after the answers: that work is part of the price.
        time.sleep(_SETTLE_S)
        after, stats = target.used(), mock_stats(self.mock_port)
        good = result["good"]
        figures = {
            **{name: float(value) for name, value in result.items() if isinstance(value, int | float)},
            "upstream": float(stats["requests"] - asked_before),
            "most_open": float(stats["most_open_streams"]),
        }
        if target.process and good:
            figures["cpu_ms"] = (after.cpu_s - before.cpu_s) * 1000 / good
            figures["rss_mb"] = after.rss_mb
            figures["most_rss_mb"] = max(most_rss_mb, after.rss_mb)
        _check(target, result, figures, requests)
        return figures

    def _load(self, target: Target, body: Body, options: list[str], seconds: float) -> tuple[dict[str, Any], float]:
        path = self.folder / "body.json"
        path.write_text(body.text(target.prefix))
        command = load_command(
            self.programs,
            [
                *("--port", str(target.port), "--path", body.path, "--body", str(path)),
                *("--header", f"Authorization: Bearer {target.key}"),
                *("--end", body.end, "--min-lines", str(_CHUNKS // 2 if body.streams else 1), "--timeout", "60"),
                *options,
            ],
        )
        process = start_load(command, self.place)
        most = 0.0
        while process.returncode is None:
            with suppress(CannotMeasure):  # a death is told by the errors of the load and by the next look
                most = max(most, target.used().rss_mb)
            with suppress(subprocess.TimeoutExpired):  # its one line of output fits the pipe
                process.wait(_LOOK_S)
        return load_result(process, seconds + 120), most


def _check(target: Target, result: Mapping[str, Any], figures: Figures, requests: int | None) -> None:
    """Refuse figures that measure something else than answers of the provider."""
    good = result["good"]
    if not good:
        raise CannotMeasure(f"no good answer: {result['first_error'] or result['faults']}")
    if figures["upstream"] < good:
        raise CannotMeasure(f"{target.name} asked the provider {figures['upstream']:.0f} times for {good} answers")
    if requests and result["requests"] < requests:
        raise CannotMeasure(f"only {result['requests']} of {requests} requests ended in time")
