"""What the fields of jobs mean; a part of the glossary."""

from collections.abc import Mapping

UPKEEP: Mapping[str, str] = {
    "cause": "Why it ran: by the schedule, because that was missed, or by hand.",
    "defaultSchedule": "The schedule that it has by itself.",
    "JobState.description": "What it does.",
    "ShownJob.description": "What it does.",
    "fraction": "Which part is done, from 0 to 1; null when that is not known.",
    "job": "The job's name.",
    "jobs": "The jobs.",
    "lastRun": "The run under way, else the last one; null when there was none.",
    "JobRun.message": "What it did, why it failed, or how far it is.",
    "StartedJob.message": "How far it is.",
    "nextRunAt": "When it is due next; null while it is off.",
    "JobRun.outcome": "Whether it is running, or ended ok, failed or interrupted.",
    "StartedJob.outcome": "That it is running.",
    "running": "Whether it is running now.",
    "schedule": "When it runs: a span such as 15m, 6h or 1d, or a crontab's five fields in local time.",
    "tookMs": "How long it took, in milliseconds; null while it runs.",
}
