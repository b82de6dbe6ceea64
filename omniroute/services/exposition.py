"""The metrics as Prometheus reads them. Loaded when somebody asks for the first time.

Labels are bounded: providers, families of models, wire formats, outcomes and jobs; never a key, a user or an address.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from omniroute.services.job_values import JobState, Outcome
from omniroute.services.metrics import Now
from omniroute.services.totals import Histogram, Totals

_GAUGES: Mapping[str, str] = {
    "requests_in_flight": "AI requests under way.",
    "requests_waiting": "AI requests that wait for a limit.",
    "records_waiting": "Request records in memory only.",
    "spill_bytes": "Size of the file of records that the database has not taken yet.",
    "uptime_seconds": "How long the process has run.",
    "database_bytes": "Size of the SQLite database; not there with PostgreSQL.",
}


def written(totals: Totals, now: Now, jobs: Sequence[JobState], version: str) -> str:
    """Return everything in the text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Everything(totals, now, jobs, version))
    return generate_latest(registry).decode()


class _Everything(Collector):
    def __init__(self, totals: Totals, now: Now, jobs: Sequence[JobState], version: str) -> None:
        self._totals = totals
        self._now = now
        self._jobs = jobs
        self._version = version

    def collect(self) -> Iterable[Metric]:
        yield InfoMetricFamily("omniroute", "The gateway.", value={"version": self._version})
        yield from self._requests()
        yield _histogram("omniroute_request_duration_seconds", "How long answers took in all.", self._totals.whole)
        yield _histogram("omniroute_first_token_seconds", "How long streams took to begin.", self._totals.first)
        for name, value in self._now.gauges.items():
            yield GaugeMetricFamily(f"omniroute_{name}", _GAUGES[name], value=value)
        breakers = GaugeMetricFamily("omniroute_breakers", "Breakers by state.", labels=["state"])
        for state, count in self._now.breakers.items():
            breakers.add_metric([state], count)
        yield breakers
        yield from self._of_jobs()

    def _requests(self) -> Iterator[Metric]:
        labels = ["provider", "family", "format", "outcome"]
        requests = CounterMetricFamily("omniroute_requests", "AI requests that ended.", labels=labels)
        tokens = CounterMetricFamily("omniroute_tokens", "Tokens by kind.", labels=["provider", "family", "kind"])
        cost = CounterMetricFamily("omniroute_cost_usd", "What answers cost, in US dollars.", labels=labels[:2])
        failures = CounterMetricFamily(
            "omniroute_failed_attempts", "Tries at a provider that failed.", labels=["provider", "failure"]
        )
        spent: dict[tuple[str, str], int] = {}
        used: dict[tuple[str, str, str], int] = {}
        for sort, total in self._totals.sorts.items():
            requests.add_metric([sort.provider, sort.family, sort.format, sort.outcome], total.requests)
            place = (sort.provider, sort.family)
            spent[place] = spent.get(place, 0) + total.cost_nano
            for kind, count in total.tokens.items():
                used[*place, kind] = used.get((*place, kind), 0) + count
        for place, nano in spent.items():
            cost.add_metric(place, nano / 1e9)
        for key, count in used.items():
            tokens.add_metric(key, count)
        for failed, count in self._totals.failures.items():
            failures.add_metric(failed, count)
        yield from (requests, tokens, cost, failures)

    def _of_jobs(self) -> Iterator[Metric]:
        running = GaugeMetricFamily("omniroute_job_running", "Whether a job is running.", labels=["job"])
        ok = GaugeMetricFamily("omniroute_job_last_ok", "Whether a job's last run went well.", labels=["job"])
        at = GaugeMetricFamily("omniroute_job_last_start_timestamp_seconds", "When a job began last.", labels=["job"])
        for job in self._jobs:
            running.add_metric([job.name], job.running)
            if job.last_run is not None:
                at.add_metric([job.name], job.last_run.started_at.timestamp())
                if job.last_run.outcome is not Outcome.RUNNING:
                    ok.add_metric([job.name], job.last_run.outcome is Outcome.OK)
        yield from (running, ok, at)


def _histogram(name: str, words: str, held: Mapping[str, Histogram]) -> Metric:
    made = HistogramMetricFamily(name, words, labels=["provider"])
    for provider, one in held.items():
        bounds = [*map(str, one.bounds), "+Inf"]
        made.add_metric([provider], list(zip(bounds, accumulate(one.counts), strict=True)), sum_value=one.total)
    return made
