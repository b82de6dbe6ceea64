"""The two C programs: building them, one mock provider, one run of the load generator."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks.processes import CannotMeasure, Place, placed

_HERE = Path(__file__).parent
_FLAGS = ("-O2", "-std=gnu11", "-Wall", "-Wextra")


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Where the built programs are."""

    mock: Path
    load: Path


def compiler() -> str | None:
    """Return the C compiler's path, if this machine has one."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def build(folder: Path = _HERE / "build") -> Programs:
    """Compile what is not there or older than its source."""
    cc = compiler()
    if cc is None:
        raise CannotMeasure("no C compiler: install one that answers to `cc` (on Debian: apt install gcc libc6-dev)")
    folder.mkdir(parents=True, exist_ok=True)
    return Programs(mock=_built(cc, "mock", folder), load=_built(cc, "load", folder))


def _built(cc: str, name: str, folder: Path) -> Path:
    source, program = _HERE / f"{name}.c", folder / name
    if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
        return program
    made = subprocess.run([cc, *_FLAGS, "-o", program, source], capture_output=True, text=True, check=False)
    if made.returncode:
        raise CannotMeasure(f"{source.name} does not compile here (it needs Linux and glibc or musl):\n{made.stderr}")
    return program


@contextmanager
def mock(programs: Programs, place: Place, *options: str) -> Iterator[int]:
    """Run the mock provider on a free port, which is the value."""
    with placed(place):
        process = subprocess.Popen([programs.mock, *options], stdout=subprocess.PIPE, text=True)
    try:
        yield int(json.loads(process.stdout.readline() if process.stdout else "{}")["port"])
    finally:
        process.terminate()
        process.wait()
        if process.stdout:
            process.stdout.close()


def mock_stats(port: int) -> dict[str, int]:
    """Return what the mock was asked until now."""
    with urlopen(f"http://127.0.0.1:{port}/stats", timeout=10) as answer:
        stats: dict[str, int] = json.load(answer)
    return stats


def load_command(programs: Programs, options: Sequence[str]) -> list[str]:
    """Return the command of one run of the load generator."""
    return [str(programs.load), *options]


def start_load(command: Sequence[str], place: Place) -> subprocess.Popen[str]:
    """Start one run of the load generator."""
    with placed(place):
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def load_result(process: subprocess.Popen[str], limit_s: float) -> dict[str, Any]:
    """Wait for a run and return its figures."""
    try:
        out, err = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise CannotMeasure(f"the load generator did not end within {limit_s:.0f} s") from None
    if process.returncode:
        raise CannotMeasure(f"the load generator failed: {err.strip()}")
    result: dict[str, Any] = json.loads(out)
    return result
