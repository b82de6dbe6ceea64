"""What jobs are, how they are told of, and what the clock behind them can do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic_core import MISSING

LONGEST_SCHEDULE = 100


class Cause(StrEnum):
    """Why a job runs."""

    SCHEDULE = "schedule"
    MISSED = "missed"
    MANUAL = "manual"


class Outcome(StrEnum):
    """How a run stands or ended."""

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Progress:
    """What a job tells of itself while it runs."""

    def __init__(self, tell: Callable[[float | None, str], None]) -> None:
        self._tell = tell

    def report(self, text: str, fraction: float | None = None) -> None:
        """Say what is being done, and which part of all is done, from 0 to 1 where that is known."""
        self._tell(fraction, text)


# Does the work and returns a line about it. An OmniError's message is shown, anything else is logged.
Work = Callable[[Progress], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A line of the timetable. `schedule` is a span (`15m`, `6h`, `1d`) or a crontab's five fields, in local time.

    `jitter_s` is how many seconds later it may begin, so that not everything begins at once; `longest_s` ends a run.
    The audit log tells of runs that failed, and of every run of those that are `is_audited`.
    """

    name: str
    description: str
    schedule: str
    work: Work
    jitter_s: int = 0
    longest_s: float = 3_600.0
    is_audited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """One run; `message` is what it did, why it failed, or how far it is."""

    id: str
    job: str
    cause: Cause
    outcome: Outcome
    started_at: datetime
    took_ms: int | None
    message: str
    fraction: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """A job as it stands. `next_run_at` is None while it is off, or before the clock has been started."""

    name: str
    description: str
    enabled: bool
    schedule: str
    default_schedule: str
    running: bool
    next_run_at: datetime | None
    last_run: JobRun | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChange:
    """What to change; None as `schedule` goes back to the job's own."""

    enabled: bool | MISSING = MISSING
    schedule: str | MISSING | None = MISSING


class Timetable(Protocol):
    """Calls back when a job is due."""

    def plan(self, job: Job, schedule: str, last_at: datetime | None) -> None:
        """Put a job into the timetable, in the place of what was planned for it; `last_at` is when it ran last."""
        ...

    def drop(self, name: str) -> None:
        """Take a job out of the timetable."""
        ...

    def next_at(self, name: str) -> datetime | None:
        """Return when a job is due next."""
        ...

    def close(self) -> None:
        """Call back no more."""
        ...
