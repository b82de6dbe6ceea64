"""One run of the harness: start everything, go through the cells in interleaved rounds, print medians and goals."""

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from benchmarks import choices, codecs
from benchmarks.cells import CELLS, Bench, Cell, Figures
from benchmarks.measures import DIRECT, OURS, as_json, printed, rows
from benchmarks.peers import PEERS, peer_launch
from benchmarks.processes import CannotMeasure, Died, Place, busy_share, places, stop, tail
from benchmarks.programs import build, mock
from benchmarks.systems import (
    REPOSITORY,
    Launch,
    Target,
    omniroute_admin_key,
    omniroute_launch,
    run_launch,
    set_up_omniroute,
)

_STATES = ("codecs", "choices", "cold", "idle", "after", "flat")
_SETTLE_S, _SETTLE_QUICK_S = 2.0, 0.5
_FLAT_REQUESTS, _FLAT_REQUESTS_QUICK = 40_000, 2_000
_SLOW_PEER_SHARE = 20  # a peer is asked a twentieth of the long run: some would need minutes for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One run under way: what is asked for, and what was found until now."""

    options: argparse.Namespace
    bench: Bench
    gateway_place: Place
    results: dict[str, dict[str, list[Figures]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    faults: list[str] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)

    def wants(self, cell: str) -> bool:
        """Whether a cell was asked for."""
        return not self.options.cells or cell in self.options.cells

    @property
    def failed(self) -> bool:
        """Whether something of ours could not be measured; a peer's faults are only told."""
        return any(fault.startswith((OURS, DIRECT)) for fault in self.faults)

    def note(self, target: str, cell: str, measure: Callable[[], Figures]) -> None:
        """Take one measurement, or its fault, and tell of it."""
        if target in self.dead:
            return
        try:
            figures = measure()
        except CannotMeasure as fault:
            if isinstance(fault, Died):
                self.dead.add(target)
            self.faults.append(f"{target}, {cell}: {fault}")
            say(f"  {target:12} {cell:20} FAILED: {fault}")
            return
        self.results[target][cell].append(figures)
        if figures.get("errors"):
            self.faults.append(
                f"{target}, {cell}: {figures['errors']:.0f} of {figures['requests']:.0f} answers were bad"
            )
        say(f"  {target:12} {cell:20} {_brief(figures)}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the harness; 1 if something of ours could not be measured. A missed goal is not a failure."""
    options = _options(arguments)
    # A signal must not leave gateways behind: as an exception it runs every clean-up.
    signal.signal(signal.SIGTERM, _leave)
    try:
        return _measure(options)
    except CannotMeasure as fault:
        print(f"cannot measure: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def say(text: str) -> None:
    """Show progress."""
    print(text, file=sys.stderr, flush=True)


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = [*_STATES, *(cell.name for cell in CELLS)]
    parser.add_argument("--quick", action="store_true", help="one short round: to see that it works, not to compare")
    parser.add_argument("--cells", type=lambda text: text.split(","), help=f"only these, of {','.join(names)}")
    parser.add_argument("--rounds", type=int, help="interleaved rounds (3; with --quick 1)")
    parser.add_argument("--peer", action="append", default=[], choices=sorted(PEERS), help="measure this gateway too")
    parser.add_argument("--direct-only", action="store_true", help="only mock and load: the limits of the harness")
    parser.add_argument("--omniroute", type=Path, default=REPOSITORY, help="the checkout to measure (this one)")
    parser.add_argument("--nice", type=int, default=-10, help="priority of all parts, where permitted (-10)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args(arguments)
    unknown = set(options.cells or ()) - set(names)
    if unknown:
        parser.error(f"no such cell: {', '.join(sorted(unknown))}")
    options.rounds = options.rounds or (1 if options.quick else 3)
    return options


def _measure(options: argparse.Namespace) -> int:
    if not sys.platform.startswith("linux"):
        raise CannotMeasure("the harness needs Linux: it uses epoll and /proc")
    gateway_place, load_place = places(options.nice)
    programs = build()
    if load_place.core is not None:
        os.sched_setaffinity(0, {load_place.core})  # the runner too keeps off the gateway's core
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="omniroute-bench-")))
        mock_port = stack.enter_context(mock(programs, load_place))
        bench = Bench(programs=programs, mock_port=mock_port, folder=folder, place=load_place, quick=options.quick)
        session = Session(options=options, bench=bench, gateway_place=gateway_place)
        machine = _machine(gateway_place, load_place)
        say(machine)
        if session.wants("codecs") and not options.direct_only:
            session.note(OURS, "codecs", partial(codecs.figures, quick=options.quick))
        if session.wants("choices") and not options.direct_only:
            session.note(OURS, "choices", partial(choices.figures, quick=options.quick))
        targets = [Target(name=DIRECT, port=mock_port), *_gateways(session, stack)]
        _rounds(session, targets)
        _last(session, targets)
        _report(session, machine)
    return 1 if session.failed else 0


def _machine(gateway: Place, load: Place) -> str:
    busy = busy_share(1.0)
    shared = "gateway and load SHARE one core" if gateway.core is None else f"gateway on core {gateway.core}"
    text = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; {shared}"
    text += "" if load.core is None else f", mock and load on core {load.core}"
    return text + (f"; WARNING: other work takes {busy:.0%} of this machine" if busy > 0.1 else "")


def _gateways(session: Session, stack: ExitStack) -> Iterator[Target]:
    """Start what is asked for, one after the other, so that no start disturbs another."""
    if session.options.direct_only:
        return
    folder = session.bench.folder
    launches: list[tuple[str, Callable[[], Launch]]] = [
        (OURS, partial(omniroute_launch, session.options.omniroute.resolve(), folder)),
        *((name, partial(peer_launch, name, folder, session.bench.mock_port)) for name in session.options.peer),
    ]
    for name, prepare in launches:
        say(f"starting {name}")
        try:
            target = stack.enter_context(_running(session, prepare()))
            session.bench.warm(target)
        except CannotMeasure as fault:
            if name == OURS:
                raise
            session.faults.append(f"{name}: {fault}")
            say(f"  {name} cannot be measured: {fault}")
            continue
        yield target


@contextmanager
def _running(session: Session, launch: Launch) -> Iterator[Target]:
    """Run a gateway, set up and measured at rest; on a fault later, show the end of its log."""
    admin_key = omniroute_admin_key(launch) if launch.name == OURS else None
    for _ in range(session.options.rounds if session.wants("cold") else 0):
        session.note(launch.name, "cold", partial(_cold, launch, session.gateway_place))
    target, _ = run_launch(launch, session.gateway_place)
    try:
        if session.wants("idle"):
            time.sleep(_SETTLE_QUICK_S if session.options.quick else _SETTLE_S)
            session.note(target.name, "idle", partial(_memory, target))
        if admin_key:
            set_up_omniroute(target, admin_key, session.bench.mock_port)
        yield target
    finally:
        if target.process:
            died = target.process.poll() is not None
            stop(target.process)
            if died:
                say(f"{launch.name} died:\n{tail(launch.log)}")
            if launch.name == OURS and session.failed:
                kept = session.bench.programs.load.parent / launch.log.name
                shutil.copyfile(launch.log, kept)
                say(f"the gateway's log is kept in {kept}")


def _memory(target: Target) -> Figures:
    return {"rss_mb": target.used().rss_mb}


def _cold(launch: Launch, place: Place) -> Figures:
    """Start once, for its first answer only."""
    target, seconds = run_launch(launch, place)
    if target.process:
        stop(target.process)
    return {"first_answer_s": seconds}


def _rounds(session: Session, targets: list[Target]) -> None:
    """Go through the cells; in each, all systems one after the other, in turned order every second round."""
    rounds = session.options.rounds
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        order = targets if number % 2 == 0 else targets[::-1]
        for cell in CELLS:
            if session.wants(cell.name) and number < (cell.rounds or rounds):
                _cell(session, cell, order)


def _cell(session: Session, cell: Cell, targets: list[Target]) -> None:
    for target in targets:
        if (target.name == DIRECT and not cell.direct) or (target.name not in {DIRECT, OURS} and not cell.peers):
            continue
        session.note(target.name, cell.name, partial(session.bench.run, target, cell))


def _last(session: Session, targets: list[Target]) -> None:
    """Measure memory when all is done."""
    for target in targets:
        if target.process is None:
            continue
        if session.wants("after"):
            session.note(target.name, "after", partial(_memory, target))
        if session.wants("flat"):
            count = _FLAT_REQUESTS_QUICK if session.options.quick else _FLAT_REQUESTS
            count = count if target.name == OURS else count // _SLOW_PEER_SHARE
            session.note(target.name, "flat", partial(session.bench.flat, target, count))


def _report(session: Session, machine: str) -> None:
    results = {name: dict(cells) for name, cells in session.results.items()}
    if session.options.json:
        everything = {
            "machine": machine,
            "rounds": session.options.rounds,
            "quick": session.options.quick,
            "measures": as_json(results),
            "faults": session.faults,
            "figures": results,
        }
        print(json.dumps(everything, indent=1))
        return
    print(f"\n{machine}\n{session.options.rounds} round(s), medians; one core of gateway\n")
    print(printed(rows(results)))
    for fault in session.faults:
        print(f"! {fault}")


def _brief(figures: Figures) -> str:
    """Return the figures that tell most, on one line."""
    shown = {
        "cpu_ms": "CPU {:.3f} ms",
        "rps": "{:,.0f}/s",
        "p50_ms": "p50 {:.2f} ms",
        "first_p50_ms": "first {:.2f} ms",
        "first_answer_s": "{:.2f} s",
        "rss_mb": "{:.0f} MB",
        "growth_mb": "grew {:.1f} MB",
        "chunk_us": "{:.1f} us a chunk",
        "request_ms": "{:.2f} ms a large request",
    }
    return ", ".join(text.format(figures[name]) for name, text in shown.items() if name in figures)
