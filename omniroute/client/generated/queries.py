"""What the gateway knows. Made by `./dev docs` from the GraphQL schema; changes belong there."""

from typing import Any

from msgspec import UNSET, UnsetType

from omniroute.client.asking import Asks
from omniroute.client.generated import inputs, results


class Queries(Asks):
    """What the gateway knows."""

    async def providers(self, *, supported: bool | UnsetType | None = UNSET) -> tuple[results.Provider, ...]:
        """Every provider that the gateway knows, or only those that it can use."""
        made: tuple[results.Provider, ...] = await self._ask(
            "providers", tuple[results.Provider, ...], {"supported": supported}
        )
        return made

    async def provider(self, id: str) -> results.Provider | None:
        """One provider by its id or alias; null when there is none."""
        made: results.Provider | None = await self._ask("provider", results.Provider | None, {"id": id})
        return made

    async def provider_connections(
        self, *, provider: str | UnsetType | None = UNSET
    ) -> tuple[results.ProviderConnection, ...]:
        """All connections, in the order in which they are tried; or those of one provider or node."""
        made: tuple[results.ProviderConnection, ...] = await self._ask(
            "providerConnections", tuple[results.ProviderConnection, ...], {"provider": provider}
        )
        return made

    async def provider_connection(self, id: str) -> results.ProviderConnection | None:
        """One connection; null when there is none with this id."""
        made: results.ProviderConnection | None = await self._ask(
            "providerConnection", results.ProviderConnection | None, {"id": id}
        )
        return made

    async def oauth_clients(self) -> tuple[results.OAuthClient, ...]:
        """The clients with which the gateway signs in at providers."""
        made: tuple[results.OAuthClient, ...] = await self._ask("oauthClients", tuple[results.OAuthClient, ...], {})
        return made

    async def oauth_accounts(self, *, provider: str | UnsetType | None = UNSET) -> tuple[results.OAuthAccount, ...]:
        """The signed-in accounts, or those at one provider or node."""
        made: tuple[results.OAuthAccount, ...] = await self._ask(
            "oauthAccounts", tuple[results.OAuthAccount, ...], {"provider": provider}
        )
        return made

    async def provider_nodes(self) -> tuple[results.ProviderNode, ...]:
        """All custom nodes."""
        made: tuple[results.ProviderNode, ...] = await self._ask("providerNodes", tuple[results.ProviderNode, ...], {})
        return made

    async def provider_node(self, id: str) -> results.ProviderNode | None:
        """One node; null when there is none with this id."""
        made: results.ProviderNode | None = await self._ask("providerNode", results.ProviderNode | None, {"id": id})
        return made

    async def proxy_settings(self) -> results.ProxySettings:
        """All proxies."""
        made: results.ProxySettings = await self._ask("proxySettings", results.ProxySettings, {})
        return made

    async def model_catalogue(self) -> tuple[results.CatalogProviderNamed, ...]:
        """Every model that is known, by the prefix that names of a provider's models have."""
        made: tuple[results.CatalogProviderNamed, ...] = await self._ask(
            "modelCatalogue", tuple[results.CatalogProviderNamed, ...], {}
        )
        return made

    async def model_discoveries(self) -> tuple[results.ModelDiscovery, ...]:
        """When each connection's provider was asked for its models, and what came of it."""
        made: tuple[results.ModelDiscovery, ...] = await self._ask(
            "modelDiscoveries", tuple[results.ModelDiscovery, ...], {}
        )
        return made

    async def model_visibility(self) -> results.ModelVisibility:
        """Which models are hidden from clients."""
        made: results.ModelVisibility = await self._ask("modelVisibility", results.ModelVisibility, {})
        return made

    async def custom_models(self, *, provider: str | UnsetType | None = UNSET) -> tuple[results.CustomModel, ...]:
        """The models that the operator added, or those of one provider or node."""
        made: tuple[results.CustomModel, ...] = await self._ask(
            "customModels", tuple[results.CustomModel, ...], {"provider": provider}
        )
        return made

    async def models(self) -> tuple[results.Model, ...]:
        """The models and combos that AI clients can name now, in the order in which they get them."""
        made: tuple[results.Model, ...] = await self._ask("models", tuple[results.Model, ...], {})
        return made

    async def model_aliases(self) -> tuple[results.ModelAlias, ...]:
        """All aliases, in the order in which they apply."""
        made: tuple[results.ModelAlias, ...] = await self._ask("modelAliases", tuple[results.ModelAlias, ...], {})
        return made

    async def combos(self) -> tuple[results.Combo, ...]:
        """All combos, the oldest first."""
        made: tuple[results.Combo, ...] = await self._ask("combos", tuple[results.Combo, ...], {})
        return made

    async def combo(self, id: str) -> results.Combo | None:
        """One combo; null when there is none with this id."""
        made: results.Combo | None = await self._ask("combo", results.Combo | None, {"id": id})
        return made

    async def configuration(self) -> Any:
        """The whole configuration as one document, by names and without secrets."""
        made: Any = await self._ask("configuration", Any, {})
        return made

    async def configuration_plan(
        self, document: Any, *, prune: bool | UnsetType = UNSET
    ) -> results.ConfigurationOutcome:
        """What applying a document would change, or why it would fail. Nothing is changed."""
        made: results.ConfigurationOutcome = await self._ask(
            "configurationPlan", results.ConfigurationOutcome, {"document": document, "prune": prune}
        )
        return made

    async def api_keys(self) -> tuple[results.ApiKey, ...]:
        """All keys, the oldest first."""
        made: tuple[results.ApiKey, ...] = await self._ask("apiKeys", tuple[results.ApiKey, ...], {})
        return made

    async def api_key(self, id: str) -> results.ApiKey | None:
        """One key; null when there is none with this id."""
        made: results.ApiKey | None = await self._ask("apiKey", results.ApiKey | None, {"id": id})
        return made

    async def budgets(self, *, key_id: str | UnsetType | None = UNSET) -> tuple[results.Budget, ...]:
        """All budgets and how they stand, those of all calls together first; or those of one key."""
        made: tuple[results.Budget, ...] = await self._ask("budgets", tuple[results.Budget, ...], {"keyId": key_id})
        return made

    async def limit_settings(self) -> results.LimitSettings:
        """All limits that are not a key's own."""
        made: results.LimitSettings = await self._ask("limitSettings", results.LimitSettings, {})
        return made

    async def limit_status(self) -> results.LimitStatus:
        """What goes through now."""
        made: results.LimitStatus = await self._ask("limitStatus", results.LimitStatus, {})
        return made

    async def prices(
        self,
        *,
        provider: str | UnsetType | None = UNSET,
        search: str | UnsetType | None = UNSET,
        first: int | UnsetType = UNSET,
        after: str | UnsetType | None = UNSET,
    ) -> results.PricedConnection:
        """The prices that hold now, by provider and model, page by page."""
        made: results.PricedConnection = await self._ask(
            "prices", results.PricedConnection, {"provider": provider, "search": search, "first": first, "after": after}
        )
        return made

    async def price_overrides(self) -> tuple[results.Priced, ...]:
        """The operator's own prices."""
        made: tuple[results.Priced, ...] = await self._ask("priceOverrides", tuple[results.Priced, ...], {})
        return made

    async def price_list_version(self) -> str:
        """Which price list the package came with."""
        made: str = await self._ask("priceListVersion", str, {})
        return made

    async def request_log(
        self,
        *,
        first: int | UnsetType = UNSET,
        after: str | UnsetType | None = UNSET,
        filter: inputs.RequestLogFilter | UnsetType | None = UNSET,
    ) -> results.RequestLogEntryConnection:
        """The request log, the newest first. A search may give short pages: go on as long as there is a next
        one.
        """
        made: results.RequestLogEntryConnection = await self._ask(
            "requestLog", results.RequestLogEntryConnection, {"first": first, "after": after, "filter": filter}
        )
        return made

    async def request(self, id: str) -> results.RequestLogEntry | None:
        """One request in full; null when it is not in the log."""
        made: results.RequestLogEntry | None = await self._ask("request", results.RequestLogEntry | None, {"id": id})
        return made

    async def usage_history(self, *, period: inputs.UsagePeriod | UnsetType | None = UNSET) -> results.UsageHistory:
        """What was used in a time: sums, and a series of spans."""
        made: results.UsageHistory = await self._ask("usageHistory", results.UsageHistory, {"period": period})
        return made

    async def connection_usage(self, id: str) -> results.ConnectionUsage:
        """What one connection was used for."""
        made: results.ConnectionUsage = await self._ask("connectionUsage", results.ConnectionUsage, {"id": id})
        return made

    async def telemetry_summary(self, *, window_ms: int | UnsetType = UNSET) -> results.TelemetrySummary:
        """How long complete answers took of late, by provider and model."""
        made: results.TelemetrySummary = await self._ask(
            "telemetrySummary", results.TelemetrySummary, {"windowMs": window_ms}
        )
        return made

    async def served_now(self) -> results.ServedNow:
        """Who is being served now, and was in the last half hour."""
        made: results.ServedNow = await self._ask("servedNow", results.ServedNow, {})
        return made

    async def route(self, input: inputs.RouteInput) -> results.Route:
        """Where a request would go now, and why; nothing is sent."""
        made: results.Route = await self._ask("route", results.Route, {"input": input})
        return made

    async def replay(self, input: inputs.ReplayInput) -> results.Replay:
        """What recorded requests would have cost, and how quick and available they would have been."""
        made: results.Replay = await self._ask("replay", results.Replay, {"input": input})
        return made

    async def resilience_settings(self) -> results.ResilienceSettings:
        """How patient the gateway is."""
        made: results.ResilienceSettings = await self._ask("resilienceSettings", results.ResilienceSettings, {})
        return made

    async def breakers(self) -> tuple[results.Breaker, ...]:
        """Everything that is held against anybody, the latest first."""
        made: tuple[results.Breaker, ...] = await self._ask("breakers", tuple[results.Breaker, ...], {})
        return made

    async def availability(self) -> results.Availability:
        """Which models can answer now; nothing is sent to find out."""
        made: results.Availability = await self._ask("availability", results.Availability, {})
        return made

    async def model_availability(self, model: str) -> results.ModelCheck:
        """Whether one name can be answered now, and over which connections."""
        made: results.ModelCheck = await self._ask("modelAvailability", results.ModelCheck, {"model": model})
        return made

    async def rate_limits(self) -> results.RateLimitState:
        """How accounts' limits stand, as their providers told them."""
        made: results.RateLimitState = await self._ask("rateLimits", results.RateLimitState, {})
        return made

    async def policies(self) -> tuple[results.Policy, ...]:
        """All policies, in the order in which they are looked at."""
        made: tuple[results.Policy, ...] = await self._ask("policies", tuple[results.Policy, ...], {})
        return made

    async def policy(self, id: str) -> results.Policy | None:
        """One policy; null when there is none with this id."""
        made: results.Policy | None = await self._ask("policy", results.Policy | None, {"id": id})
        return made

    async def policy_dry_run(
        self, request: inputs.SampleRequestInput, *, draft: inputs.PolicyInput | UnsetType | None = UNSET
    ) -> results.PolicyVerdict:
        """What policies would do to a request that is described."""
        made: results.PolicyVerdict = await self._ask(
            "policyDryRun", results.PolicyVerdict, {"request": request, "draft": draft}
        )
        return made

    async def policy_rehearsal(
        self, *, last: int | UnsetType = UNSET, draft: inputs.PolicyInput | UnsetType | None = UNSET
    ) -> results.PolicyRehearsal:
        """What policies would have done to the last requests that were recorded."""
        made: results.PolicyRehearsal = await self._ask(
            "policyRehearsal", results.PolicyRehearsal, {"last": last, "draft": draft}
        )
        return made

    async def system_prompt(self) -> results.SystemPrompt:
        """The system prompt for all requests."""
        made: results.SystemPrompt = await self._ask("systemPrompt", results.SystemPrompt, {})
        return made

    async def thinking_budget(self) -> results.ThinkingBudget:
        """How much models are to think."""
        made: results.ThinkingBudget = await self._ask("thinkingBudget", results.ThinkingBudget, {})
        return made

    async def ip_filter(self) -> results.IpFilter:
        """Which addresses may call the gateway."""
        made: results.IpFilter = await self._ask("ipFilter", results.IpFilter, {})
        return made

    async def locked_identifiers(self) -> tuple[results.LockedIdentifier, ...]:
        """Addresses that may not try to sign in for now, as passwords were guessed from there."""
        made: tuple[results.LockedIdentifier, ...] = await self._ask(
            "lockedIdentifiers", tuple[results.LockedIdentifier, ...], {}
        )
        return made

    async def cache(self) -> results.CacheFigures:
        """How kept answers fare."""
        made: results.CacheFigures = await self._ask("cache", results.CacheFigures, {})
        return made

    async def cache_settings(self) -> results.CacheSettings:
        """What may be kept, and for how long."""
        made: results.CacheSettings = await self._ask("cacheSettings", results.CacheSettings, {})
        return made

    async def cache_similarity(self) -> results.SimilarityReport:
        """What similarity did or, in shadow, would have done."""
        made: results.SimilarityReport = await self._ask("cacheSimilarity", results.SimilarityReport, {})
        return made

    async def backup_settings(self) -> results.BackupSettings:
        """When backups are made by themselves, and how many are kept."""
        made: results.BackupSettings = await self._ask("backupSettings", results.BackupSettings, {})
        return made

    async def backup_progress(self) -> results.BackupProgress | None:
        """What is under way; null when nothing is."""
        made: results.BackupProgress | None = await self._ask("backupProgress", results.BackupProgress | None, {})
        return made

    async def backups(self) -> tuple[results.Backup, ...]:
        """All backups, the newest first."""
        made: tuple[results.Backup, ...] = await self._ask("backups", tuple[results.Backup, ...], {})
        return made

    async def cli_tools(self) -> tuple[results.CliTool, ...]:
        """All client tools that are known; asking each for its version takes some seconds."""
        made: tuple[results.CliTool, ...] = await self._ask("cliTools", tuple[results.CliTool, ...], {})
        return made

    async def cli_tool(self, tool_id: str) -> results.CliTool:
        """One client tool."""
        made: results.CliTool = await self._ask("cliTool", results.CliTool, {"toolId": tool_id})
        return made

    async def eval_suites(self) -> tuple[results.EvalSuite, ...]:
        """All suites, those that come with the gateway first."""
        made: tuple[results.EvalSuite, ...] = await self._ask("evalSuites", tuple[results.EvalSuite, ...], {})
        return made

    async def eval_suite(self, id: str) -> results.EvalSuite:
        """One suite."""
        made: results.EvalSuite = await self._ask("evalSuite", results.EvalSuite, {"id": id})
        return made

    async def eval_runs(self, *, limit: int | UnsetType = UNSET) -> tuple[results.EvalRun, ...]:
        """The newest runs."""
        made: tuple[results.EvalRun, ...] = await self._ask("evalRuns", tuple[results.EvalRun, ...], {"limit": limit})
        return made

    async def eval_run(self, id: str) -> results.EvalRun:
        """One run as far as it is."""
        made: results.EvalRun = await self._ask("evalRun", results.EvalRun, {"id": id})
        return made

    async def compare_eval_runs(self, first: str, second: str) -> results.EvalComparison:
        """Two runs of one suite side by side: which is better, how surely, and what it costs."""
        made: results.EvalComparison = await self._ask(
            "compareEvalRuns", results.EvalComparison, {"first": first, "second": second}
        )
        return made

    async def sync_status(self) -> results.SyncStatus:
        """How synchronisation stands."""
        made: results.SyncStatus = await self._ask("syncStatus", results.SyncStatus, {})
        return made

    async def sync_conflicts(self) -> tuple[results.SyncConflict, ...]:
        """What was changed both here and elsewhere, as it stands now: the remote is asked."""
        made: tuple[results.SyncConflict, ...] = await self._ask("syncConflicts", tuple[results.SyncConflict, ...], {})
        return made

    async def jobs(self) -> tuple[results.Job, ...]:
        """All jobs."""
        made: tuple[results.Job, ...] = await self._ask("jobs", tuple[results.Job, ...], {})
        return made

    async def job(self, name: str) -> results.Job | None:
        """One job; null when there is none of this name."""
        made: results.Job | None = await self._ask("job", results.Job | None, {"name": name})
        return made

    async def retention_settings(self) -> results.RetentionSettings:
        """How long logs are kept."""
        made: results.RetentionSettings = await self._ask("retentionSettings", results.RetentionSettings, {})
        return made

    async def job_runs(
        self,
        *,
        first: int | UnsetType = UNSET,
        after: str | UnsetType | None = UNSET,
        job: str | UnsetType | None = UNSET,
    ) -> results.JobRunConnection:
        """Runs of jobs, the newest first: of one job, or of all."""
        made: results.JobRunConnection = await self._ask(
            "jobRuns", results.JobRunConnection, {"first": first, "after": after, "job": job}
        )
        return made

    async def audit_log(
        self,
        *,
        first: int | UnsetType = UNSET,
        after: str | UnsetType | None = UNSET,
        filter: inputs.AuditFilter | UnsetType | None = UNSET,
    ) -> results.AuditEntryConnection:
        """What was done and what was refused, the newest first."""
        made: results.AuditEntryConnection = await self._ask(
            "auditLog", results.AuditEntryConnection, {"first": first, "after": after, "filter": filter}
        )
        return made

    async def audit_verdict(self) -> results.AuditVerdict:
        """Whether the audit log is whole: it is read from end to end."""
        made: results.AuditVerdict = await self._ask("auditVerdict", results.AuditVerdict, {})
        return made

    async def translate(self, input: inputs.TranslationInput) -> results.Translation:
        """A request of one format in another, and what it loses; nothing is sent."""
        made: results.Translation = await self._ask("translate", results.Translation, {"input": input})
        return made

    async def health(self) -> results.Health:
        """How the gateway fares."""
        made: results.Health = await self._ask("health", results.Health, {})
        return made

    async def login_requirement(self) -> results.LoginRequirement:
        """Whether the management surfaces ask for a login."""
        made: results.LoginRequirement = await self._ask("loginRequirement", results.LoginRequirement, {})
        return made

    async def balancing_settings(self) -> results.BalancingSettings:
        """How the accounts of one provider share the work."""
        made: results.BalancingSettings = await self._ask("balancingSettings", results.BalancingSettings, {})
        return made
