"""Metrics for Prometheus: what is known in memory, written out when somebody asks. Nothing is counted twice for it."""

import asyncio
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from omniroute.services.job_values import JobState
from omniroute.services.totals import Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """How things stand: single figures by name, and breakers by state."""

    gauges: Mapping[str, float]
    breakers: Mapping[str, int]


class Metrics:
    """Writes the exposition."""

    def __init__(
        self, *, totals: Totals, now: Callable[[], Now], jobs: Callable[[], Sequence[JobState]], version: str
    ) -> None:
        self._totals = totals
        self._now = now
        self._jobs = jobs
        self._version = version

    async def text(self) -> str:
        """Return all metrics in the text format of Prometheus; its library is loaded at the first call."""
        module = await asyncio.to_thread(importlib.import_module, "omniroute.services.exposition")
        written: str = module.written(self._totals, self._now(), self._jobs(), self._version)
        return written


def size_of(file: Path) -> int:
    """Return a file's size in bytes, 0 where there is none."""
    return file.stat().st_size if file.is_file() else 0
