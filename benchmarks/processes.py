"""Processes under measurement: where they run, what CPU and memory their whole tree takes, and how they end.

Figures come from Linux's /proc. A process is its own session, so that ending it ends its children too.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


class CannotMeasure(Exception):
    """Something the measurement needs is missing or failed; the message is for the operator."""


class Died(CannotMeasure):
    """The process under measurement has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a process runs: on one core (None: anywhere), at one priority."""

    core: int | None
    nice: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a process and its children used until now."""

    cpu_s: float
    rss_mb: float


def places(nice: int) -> tuple[Place, Place]:
    """Return the gateway's place and the place of mock and load; on one core they must share it."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        return Place(core=None, nice=nice), Place(core=None, nice=nice)
    return Place(core=cores[0], nice=nice), Place(core=cores[1], nice=nice)


@contextmanager
def placed(place: Place) -> Iterator[None]:
    """Move this thread while it forks: a child inherits core and priority from its very first instruction."""
    cores, nice = os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0)
    if place.core is not None:
        os.sched_setaffinity(0, {place.core})
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, place.nice)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, nice)


def start(
    command: Sequence[str], *, place: Place, log: Path, environment: Mapping[str, str], folder: Path
) -> subprocess.Popen[bytes]:
    """Start a server whose output goes to a file."""
    with placed(place), log.open("ab") as output:
        return subprocess.Popen(
            command, stdout=output, stderr=output, env=dict(environment), cwd=folder, start_new_session=True
        )


def stop(process: subprocess.Popen[bytes], *, patience_s: float = 10) -> None:
    """End a process that start() began: politely, then by force, with all of its session."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def usage(pid: int) -> Usage:
    """Return CPU and memory of the process and all its descendants."""
    ticks, pages = 0, 0
    for fields in _tree(pid):
        # Fields 14-17 of proc(5): user and system time, its own and that of children it has waited for.
        ticks += sum(int(field) for field in fields[11:15])
        pages += int(fields[21])
    return Usage(cpu_s=ticks / os.sysconf("SC_CLK_TCK"), rss_mb=pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tail(log: Path, lines: int = 15) -> str:
    """Return the end of a log, to say why a process did not come up."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(line[-500:] for line in text.splitlines()[-lines:])


def busy_share(seconds: float) -> float:
    """Return the share of all cores that is busy with other work, watched for a moment."""
    before = _machine()
    time.sleep(seconds)
    after = _machine()
    total = sum(after) - sum(before)
    idle = sum(after[3:5]) - sum(before[3:5])
    return 1 - idle / total if total else 0.0


def _machine() -> list[int]:
    return [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]


def _tree(root: int) -> list[list[str]]:
    """Return the /proc stat fields (from the third on) of a process and its descendants."""
    found: dict[int, list[str]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The second field is the name in brackets and may hold blanks: split after it.
            found[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
    wanted, size = {root}, 0
    while len(wanted) != size:
        size = len(wanted)
        wanted |= {pid for pid, fields in found.items() if int(fields[1]) in wanted}
    return [found[pid] for pid in wanted if pid in found]
