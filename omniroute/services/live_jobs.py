"""The live feed of jobs: what each does, as it begins, goes on and ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from omniroute.services.job_values import JobState
from omniroute.services.live_picture import Picture

ReadJobs = Callable[[], Sequence[JobState]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobNews:
    """Jobs that changed since the last message; in a snapshot all."""

    snapshot: bool
    missed: int = 0
    jobs: tuple[JobState, ...]


class JobSource:
    """Jobs that change."""

    is_delta = True

    def __init__(self, _picture: Picture, read: ReadJobs) -> None:
        self._read = read
        self._changed: set[str] = set()

    def note(self, picture: Picture) -> None:
        """Collect which changed."""
        self._changed |= picture.new_jobs

    def snapshot(self) -> JobNews:
        """Return all jobs."""
        return JobNews(snapshot=True, jobs=tuple(self._read()))

    def news(self) -> JobNews | None:
        """Return those that changed, as they stand now."""
        if not self._changed:
            return None
        changed, self._changed = self._changed, set()
        return JobNews(snapshot=False, jobs=tuple(one for one in self._read() if one.name in changed))

    def weight(self, value: JobNews) -> int:
        """Count the jobs."""
        return len(value.jobs)
