"""The clock behind the jobs: APScheduler, loaded only in the process that runs them.

A span counts from a job's last run, also over a restart; a crontab's fields are in the machine's local time. What came
due while nobody was there runs once, soon after the start.
"""

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from omniroute.services.job_values import LONGEST_SCHEDULE, Job

_SPAN = re.compile(r"(\d{1,6})(s|m|h|d)")
_NUMBERED = re.compile(r"(?P<first>\d)(-(?P<last>\d)(/(?P<step>[1-7]))?)?")
_FIELDS = 5
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SHORTEST_S, _LONGEST_S = 10, 366 * 86_400
_WORDS = "write a span such as 15m, 6h or 1d, or the five fields of a crontab such as 30 3 * * *"
_LEAP_DAYS = 8 * 366  # the longest time between two 29ths of February
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
# After the start: first what is urgent for clients, then what was missed.
_SOON_S = 5


def flaw(schedule: str) -> str | None:
    """Say what is wrong with a schedule, None when it is good."""
    span = _span(schedule)
    if span is not None:
        is_fair = _SHORTEST_S <= span <= _LONGEST_S
        return None if is_fair else f"a span is from {_SHORTEST_S} seconds to {_LONGEST_S // 86_400} days"
    if len(schedule) > LONGEST_SCHEDULE:
        return f"a schedule has at most {LONGEST_SCHEDULE} characters"
    now = datetime.now(UTC)
    try:
        trigger = _crontab(schedule)
    except ValueError:
        return _WORDS
    trigger.end_date = now + timedelta(days=_LEAP_DAYS)
    return None if trigger.get_next_fire_time(None, now) else "there is no such time"


def _span(schedule: str) -> int | None:
    """Return a span in seconds, None for what is none."""
    found = _SPAN.fullmatch(schedule)
    return None if found is None else int(found[1]) * _SECONDS[found[2]]


class Clockwork:
    """Calls `due` with a job's name when it is time, and whether that time had passed unseen."""

    def __init__(self, due: Callable[[str, bool], None]) -> None:
        self._due = due
        self._scheduler = AsyncIOScheduler()
        self._scheduler.start()

    def plan(self, job: Job, schedule: str, last_at: datetime | None) -> None:
        """Put a job into the timetable, in the place of what was planned for it; `last_at` is when it ran last."""
        now = datetime.now(UTC)
        trigger = _trigger(schedule, last_at or now, job.jitter_s)
        due = _due_at(schedule, trigger, last_at, now)
        was_missed = last_at is not None and due is not None and due <= now
        if due is None or due <= now:
            # Not all of them at once.
            due = now + timedelta(seconds=_SOON_S + random.uniform(0, job.jitter_s))  # noqa: S311 - no secret
        self._scheduler.add_job(
            self._fire,
            trigger,
            args=[job.name, due if was_missed else None],
            id=job.name,
            replace_existing=True,
            next_run_time=due,
            coalesce=True,
            misfire_grace_time=None,
        )

    async def _fire(self, name: str, missed: datetime | None) -> None:
        self._due(name, missed is not None)
        if missed is not None:
            self._scheduler.modify_job(name, args=[name, None])

    def drop(self, name: str) -> None:
        """Take a job out of the timetable."""
        try:
            self._scheduler.remove_job(name)
        except JobLookupError:
            return

    def next_at(self, name: str) -> datetime | None:
        """Return when a job is due next."""
        job = self._scheduler.get_job(name)
        found: datetime | None = None if job is None else job.next_run_time
        return None if found is None else found.astimezone(UTC)

    def close(self) -> None:
        """Call back no more."""
        self._scheduler.shutdown(wait=False)


def _trigger(schedule: str, since: datetime, jitter_s: int) -> BaseTrigger:
    span = _span(schedule)
    if span is None:
        trigger = _crontab(schedule)
        trigger.jitter = jitter_s or None
        return trigger
    return IntervalTrigger(seconds=span, start_date=since, jitter=jitter_s or None)


def _due_at(schedule: str, trigger: BaseTrigger, last_at: datetime | None, now: datetime) -> datetime | None:
    """Return when the job is due after its last run; None for a span that never ran, as it may run at once."""
    span = _span(schedule)
    if span is not None:
        return None if last_at is None else last_at + timedelta(seconds=span)
    found: datetime | None = trigger.get_next_fire_time(last_at, last_at or now)
    return found


def _crontab(text: str) -> CronTrigger:
    """Read a crontab's five fields; raise ValueError. To APScheduler 0 is Monday, to every crontab it is Sunday."""
    fields = text.split()
    if len(fields) != _FIELDS:
        raise ValueError("a crontab has five fields")
    minute, hour, day, month, weekday = fields
    return CronTrigger(
        minute=minute, hour=hour, day=day, month=month, day_of_week=",".join(map(_weekdays, weekday.split(",")))
    )


def _weekdays(part: str) -> str:
    """Return days of the week by their names: `1-5` becomes a list, as a week may begin with either day."""
    found = _NUMBERED.fullmatch(part)
    if found is None:
        return part
    first = int(found["first"])
    last = int(found["last"] or first)
    days = range(first, last + 1, int(found["step"] or 1))
    if not days or last >= len(_DAYS):
        raise ValueError("a day of the week is from 0 to 7")
    return ",".join(_DAYS[day] for day in days)
