"""What can be watched as it happens. Made by `./dev docs` from the GraphQL schema; changes belong there."""

from msgspec import UNSET, UnsetType

from omniroute.client.following import Feed, Follows
from omniroute.client.generated import enums, inputs, results


class Feeds(Follows):
    """What can be watched as it happens."""

    def eval_feed(self, id: str) -> Feed[results.EvalRun]:
        """A run as it is, and again whenever a case is done, until it ends."""
        return self._follow("evalFeed", results.EvalRun, {"id": id}, endless=False)

    def job_feed(self, *, interval_ms: int | UnsetType = UNSET) -> Feed[results.JobNews]:
        """Jobs as they begin, go on and end."""
        return self._follow("jobFeed", results.JobNews, {"intervalMs": interval_ms}, endless=True)

    def audit_feed(self) -> Feed[results.AuditNews]:
        """What is done and what is refused, as it happens."""
        return self._follow("auditFeed", results.AuditNews, {}, endless=True)

    def request_feed(
        self, *, filter: inputs.RequestFeedFilter | UnsetType | None = UNSET, interval_ms: int | UnsetType = UNSET
    ) -> Feed[results.RequestNews]:
        """Requests as they begin and end."""
        return self._follow(
            "requestFeed", results.RequestNews, {"filter": filter, "intervalMs": interval_ms}, endless=True
        )

    def live_sessions(self, *, interval_ms: int | UnsetType = UNSET) -> Feed[results.SessionNews]:
        """Who is at work: clients' sessions as they change."""
        return self._follow("liveSessions", results.SessionNews, {"intervalMs": interval_ms}, endless=True)

    def usage_feed(
        self,
        *,
        window_seconds: int | UnsetType = UNSET,
        interval_ms: int | UnsetType = UNSET,
        by: enums.UsageGrouping | UnsetType = UNSET,
    ) -> Feed[results.UsageNews]:
        """What was used in a window up to now: requests, tokens and cost."""
        return self._follow(
            "usageFeed",
            results.UsageNews,
            {"windowSeconds": window_seconds, "intervalMs": interval_ms, "by": by},
            endless=True,
        )

    def telemetry_feed(
        self, *, window_seconds: int | UnsetType = UNSET, interval_ms: int | UnsetType = UNSET
    ) -> Feed[results.TelemetryNews]:
        """How the gateway fared in a window up to now: rates and times."""
        return self._follow(
            "telemetryFeed",
            results.TelemetryNews,
            {"windowSeconds": window_seconds, "intervalMs": interval_ms},
            endless=True,
        )

    def health_feed(self, *, interval_ms: int | UnsetType = UNSET) -> Feed[results.HealthNews]:
        """How connections and breakers fare, as it changes."""
        return self._follow("healthFeed", results.HealthNews, {"intervalMs": interval_ms}, endless=True)

    def budget_feed(self) -> Feed[results.BudgetNews]:
        """Budgets that reach a threshold."""
        return self._follow("budgetFeed", results.BudgetNews, {}, endless=True)

    def configuration_feed(self) -> Feed[results.ConfigurationNews]:
        """What operators change, on any surface."""
        return self._follow("configurationFeed", results.ConfigurationNews, {}, endless=True)

    def playground(self, id: str) -> Feed[results.PlaygroundNews]:
        """Send a question and watch its answer; leaving ends it."""
        return self._follow("playground", results.PlaygroundNews, {"id": id}, endless=False)
