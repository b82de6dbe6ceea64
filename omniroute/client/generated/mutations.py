"""What an operator can change. Made by `./dev docs` from the GraphQL schema; changes belong there."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, UnsetType

from omniroute.client.asking import Asks
from omniroute.client.generated import enums, inputs, results
from omniroute.kit.secret import Secret


class Mutations(Asks):
    """What an operator can change."""

    async def create_provider_connection(self, input: inputs.ProviderConnectionInput) -> results.ProviderConnection:
        """Make a connection."""
        made: results.ProviderConnection = await self._ask(
            "createProviderConnection", results.ProviderConnection, {"input": input}
        )
        return made

    async def update_provider_connection(
        self, id: str, input: inputs.ProviderConnectionChange
    ) -> results.ProviderConnection:
        """Change a connection."""
        made: results.ProviderConnection = await self._ask(
            "updateProviderConnection", results.ProviderConnection, {"id": id, "input": input}
        )
        return made

    async def delete_provider_connection(self, id: str) -> results.Deleted:
        """Delete a connection and its key."""
        made: results.Deleted = await self._ask("deleteProviderConnection", results.Deleted, {"id": id})
        return made

    async def set_oauth_client(self, provider: str, input: inputs.OAuthClientInput) -> results.OAuthClient:
        """Set the client id (and secret) of a provider, and for a node its OAuth endpoints."""
        made: results.OAuthClient = await self._ask(
            "setOauthClient", results.OAuthClient, {"provider": provider, "input": input}
        )
        return made

    async def begin_sign_in(self, provider: str, input: inputs.SignInInput) -> results.OAuthAuthorization:
        """Begin a sign-in: where to send a person for consent."""
        made: results.OAuthAuthorization = await self._ask(
            "beginSignIn", results.OAuthAuthorization, {"provider": provider, "input": input}
        )
        return made

    async def begin_device_sign_in(
        self, provider: str, *, input: inputs.SignInInput | UnsetType | None = UNSET
    ) -> results.OAuthDevice:
        """Begin a device sign-in: what a person types where."""
        made: results.OAuthDevice = await self._ask(
            "beginDeviceSignIn", results.OAuthDevice, {"provider": provider, "input": input}
        )
        return made

    async def finish_sign_in(self, provider: str, code: str, state: str) -> results.SignedInConnection:
        """Finish a sign-in with the code that came back."""
        made: results.SignedInConnection = await self._ask(
            "finishSignIn", results.SignedInConnection, {"provider": provider, "code": code, "state": state}
        )
        return made

    async def poll_sign_in(self, provider: str, device_code: str) -> results.OAuthPoll:
        """Ask how a device sign-in stands."""
        made: results.OAuthPoll = await self._ask(
            "pollSignIn", results.OAuthPoll, {"provider": provider, "deviceCode": device_code}
        )
        return made

    async def refresh_account(self, connection: str) -> results.OAuthAccount:
        """Renew an account's token now."""
        made: results.OAuthAccount = await self._ask("refreshAccount", results.OAuthAccount, {"connection": connection})
        return made

    async def revoke_account(self, connection: str) -> results.OAuthRevocation:
        """Take an account's tokens back, and stop using it; the connection stays."""
        made: results.OAuthRevocation = await self._ask(
            "revokeAccount", results.OAuthRevocation, {"connection": connection}
        )
        return made

    async def create_provider_node(self, input: inputs.ProviderNodeInput) -> results.ProviderNode:
        """Make a node. It is used through connections, which hold the keys."""
        made: results.ProviderNode = await self._ask("createProviderNode", results.ProviderNode, {"input": input})
        return made

    async def update_provider_node(self, id: str, input: inputs.ProviderNodeChange) -> results.ProviderNode:
        """Change a node."""
        made: results.ProviderNode = await self._ask(
            "updateProviderNode", results.ProviderNode, {"id": id, "input": input}
        )
        return made

    async def delete_provider_node(self, id: str) -> results.Deleted:
        """Delete a node together with its connections."""
        made: results.Deleted = await self._ask("deleteProviderNode", results.Deleted, {"id": id})
        return made

    async def test_provider_connection(self, id: str) -> results.Check:
        """Try a connection with a real call; a success ends its rest."""
        made: results.Check = await self._ask("testProviderConnection", results.Check, {"id": id})
        return made

    async def validate_provider_connection(self, input: inputs.ConnectionCheckInput) -> results.Check:
        """Try what a connection would be made of; nothing is stored."""
        made: results.Check = await self._ask("validateProviderConnection", results.Check, {"input": input})
        return made

    async def validate_provider_node(self, input: inputs.NodeCheckInput) -> results.Check:
        """Try what a node would be made of; nothing is stored."""
        made: results.Check = await self._ask("validateProviderNode", results.Check, {"input": input})
        return made

    async def fetch_upstream_models(self, id: str) -> results.UpstreamModels:
        """Ask a connection's provider for its models."""
        made: results.UpstreamModels = await self._ask("fetchUpstreamModels", results.UpstreamModels, {"id": id})
        return made

    async def update_proxy_settings(self, input: inputs.ProxySettingsChange) -> results.ProxySettings:
        """Set and take away proxies; all of it or nothing."""
        made: results.ProxySettings = await self._ask("updateProxySettings", results.ProxySettings, {"input": input})
        return made

    async def remove_proxy(self, level: enums.ProxyLevel, *, id: str | UnsetType | None = UNSET) -> results.Deleted:
        """Take one proxy away."""
        made: results.Deleted = await self._ask("removeProxy", results.Deleted, {"level": level, "id": id})
        return made

    async def test_proxy(
        self, input: inputs.OutboundProxyInput, *, url: str | UnsetType = UNSET, local: bool | UnsetType = UNSET
    ) -> results.ProxyTest:
        """Fetch an address through a proxy; nothing is stored."""
        made: results.ProxyTest = await self._ask(
            "testProxy", results.ProxyTest, {"input": input, "url": url, "local": local}
        )
        return made

    async def discover_models(self, *, connection: str | UnsetType | None = UNSET) -> results.Discovered:
        """Ask the providers of all active connections, or of one, for their models."""
        made: results.Discovered = await self._ask("discoverModels", results.Discovered, {"connection": connection})
        return made

    async def update_model_visibility(self, input: inputs.ModelVisibilityChange) -> results.ModelVisibility:
        """Hide models from clients, or show them again."""
        made: results.ModelVisibility = await self._ask(
            "updateModelVisibility", results.ModelVisibility, {"input": input}
        )
        return made

    async def set_custom_model(self, input: inputs.CustomModelInput) -> results.CustomModel:
        """Add a model to a provider or node, or change it."""
        made: results.CustomModel = await self._ask("setCustomModel", results.CustomModel, {"input": input})
        return made

    async def delete_custom_model(self, provider: str, model: str) -> results.Deleted:
        """Take a model away that the operator added."""
        made: results.Deleted = await self._ask(
            "deleteCustomModel", results.Deleted, {"provider": provider, "model": model}
        )
        return made

    async def set_model_alias(self, input: inputs.ModelAliasInput) -> results.ModelAlias:
        """Set an alias, over what it meant before."""
        made: results.ModelAlias = await self._ask("setModelAlias", results.ModelAlias, {"input": input})
        return made

    async def delete_model_alias(self, alias: str) -> results.Deleted:
        """Remove an alias."""
        made: results.Deleted = await self._ask("deleteModelAlias", results.Deleted, {"alias": alias})
        return made

    async def create_combo(self, input: inputs.ComboInput) -> results.Combo:
        """Make a combo."""
        made: results.Combo = await self._ask("createCombo", results.Combo, {"input": input})
        return made

    async def update_combo(self, id: str, input: inputs.ComboChange) -> results.Combo:
        """Change a combo."""
        made: results.Combo = await self._ask("updateCombo", results.Combo, {"id": id, "input": input})
        return made

    async def delete_combo(self, id: str) -> results.Deleted:
        """Delete a combo."""
        made: results.Deleted = await self._ask("deleteCombo", results.Deleted, {"id": id})
        return made

    async def test_combo(self, name: str) -> results.ComboTest:
        """Send a small real request to each of a combo's targets."""
        made: results.ComboTest = await self._ask("testCombo", results.ComboTest, {"name": name})
        return made

    async def reset_combo_metrics(self, *, name: str | UnsetType | None = UNSET) -> results.Done:
        """Begin to count anew, for one combo or for all."""
        made: results.Done = await self._ask("resetComboMetrics", results.Done, {"name": name})
        return made

    async def apply_configuration(
        self, document: Any, *, prune: bool | UnsetType = UNSET
    ) -> results.ConfigurationOutcome:
        """Make the configuration as a document says: all of it, or on any error nothing."""
        made: results.ConfigurationOutcome = await self._ask(
            "applyConfiguration", results.ConfigurationOutcome, {"document": document, "prune": prune}
        )
        return made

    async def create_api_key(self, input: inputs.ApiKeyInput) -> results.CreatedApiKey:
        """Make a key. Its text is in the answer, once."""
        made: results.CreatedApiKey = await self._ask("createApiKey", results.CreatedApiKey, {"input": input})
        return made

    async def update_api_key(self, id: str, input: inputs.ApiKeyChange) -> results.ApiKey:
        """Change a key; its text stays."""
        made: results.ApiKey = await self._ask("updateApiKey", results.ApiKey, {"id": id, "input": input})
        return made

    async def rotate_api_key(self, id: str, *, grace_seconds: int | UnsetType = UNSET) -> results.CreatedApiKey:
        """Give a key a new text, shown once; the old one stays good for so many seconds."""
        made: results.CreatedApiKey = await self._ask(
            "rotateApiKey", results.CreatedApiKey, {"id": id, "graceSeconds": grace_seconds}
        )
        return made

    async def delete_api_key(self, id: str) -> results.Deleted:
        """Revoke a key for good. What it has open ends at once."""
        made: results.Deleted = await self._ask("deleteApiKey", results.Deleted, {"id": id})
        return made

    async def set_budgets(self, input: Sequence[inputs.BudgetInput]) -> results.Budgets:
        """Set budgets, all of them or none."""
        made: results.Budgets = await self._ask("setBudgets", results.Budgets, {"input": input})
        return made

    async def delete_budgets(
        self,
        *,
        key_id: str | UnsetType | None = UNSET,
        period: enums.BudgetPeriod | UnsetType | None = UNSET,
        unit: enums.BudgetUnit | UnsetType | None = UNSET,
    ) -> results.Deleted:
        """Remove a key's budgets, or those of all calls together; all of them, or the one of a period and
        unit.
        """
        made: results.Deleted = await self._ask(
            "deleteBudgets", results.Deleted, {"keyId": key_id, "period": period, "unit": unit}
        )
        return made

    async def update_limit_settings(self, input: inputs.LimitSettingsChange) -> results.LimitSettings:
        """Change limits."""
        made: results.LimitSettings = await self._ask("updateLimitSettings", results.LimitSettings, {"input": input})
        return made

    async def set_prices(self, input: Sequence[inputs.PricedInput]) -> results.OwnPrices:
        """Set prices of one's own, all of them or none."""
        made: results.OwnPrices = await self._ask("setPrices", results.OwnPrices, {"input": input})
        return made

    async def delete_prices(
        self, *, provider: str | UnsetType | None = UNSET, model: str | UnsetType | None = UNSET
    ) -> results.Done:
        """Remove prices of one's own: all, a provider's, or one model's. The package's hold again then."""
        made: results.Done = await self._ask("deletePrices", results.Done, {"provider": provider, "model": model})
        return made

    async def rerate(self, input: inputs.RerateInput) -> results.Rerating:
        """Reckon requests anew by the prices that hold now; sums and budgets follow."""
        made: results.Rerating = await self._ask("rerate", results.Rerating, {"input": input})
        return made

    async def update_resilience_settings(self, input: inputs.ResilienceSettingsChange) -> results.ResilienceSettings:
        """Change it; it acts from the next request on."""
        made: results.ResilienceSettings = await self._ask(
            "updateResilienceSettings", results.ResilienceSettings, {"input": input}
        )
        return made

    async def reset_breakers(self, *, input: inputs.BreakerFilter | UnsetType | None = UNSET) -> results.Done:
        """Forget what is held against providers, connections and models."""
        made: results.Done = await self._ask("resetBreakers", results.Done, {"input": input})
        return made

    async def clear_unavailability(self, model: str, *, provider: str | UnsetType | None = UNSET) -> results.Done:
        """Let a model be tried again at once, at one provider or wherever it is."""
        made: results.Done = await self._ask(
            "clearUnavailability", results.Done, {"model": model, "provider": provider}
        )
        return made

    async def create_policy(self, input: inputs.PolicyInput) -> results.Policy:
        """Make a policy."""
        made: results.Policy = await self._ask("createPolicy", results.Policy, {"input": input})
        return made

    async def update_policy(self, id: str, input: inputs.PolicyChange) -> results.Policy:
        """Change a policy, whose counts begin anew."""
        made: results.Policy = await self._ask("updatePolicy", results.Policy, {"id": id, "input": input})
        return made

    async def delete_policy(self, id: str) -> results.Deleted:
        """Remove a policy."""
        made: results.Deleted = await self._ask("deletePolicy", results.Deleted, {"id": id})
        return made

    async def update_system_prompt(self, input: inputs.SystemPromptChange) -> results.SystemPrompt:
        """Change the system prompt for all requests."""
        made: results.SystemPrompt = await self._ask("updateSystemPrompt", results.SystemPrompt, {"input": input})
        return made

    async def update_thinking_budget(self, input: inputs.ThinkingBudgetChange) -> results.ThinkingBudget:
        """Change how much models are to think."""
        made: results.ThinkingBudget = await self._ask("updateThinkingBudget", results.ThinkingBudget, {"input": input})
        return made

    async def update_ip_filter(self, input: inputs.IpFilterChange) -> results.IpFilter:
        """Change which addresses may call the gateway."""
        made: results.IpFilter = await self._ask("updateIpFilter", results.IpFilter, {"input": input})
        return made

    async def unlock(self, identifier: str) -> results.Done:
        """Let an address try to sign in again at once."""
        made: results.Done = await self._ask("unlock", results.Done, {"identifier": identifier})
        return made

    async def update_cache_settings(self, input: inputs.CacheSettingsChange) -> results.CacheSettings:
        """Change what may be kept."""
        made: results.CacheSettings = await self._ask("updateCacheSettings", results.CacheSettings, {"input": input})
        return made

    async def clear_cache(self, *, part: enums.CachePart | UnsetType = UNSET) -> results.Done:
        """Empty the cache, or one part of it."""
        made: results.Done = await self._ask("clearCache", results.Done, {"part": part})
        return made

    async def create_backup(
        self, *, reason: str | UnsetType = UNSET, passphrase: str | UnsetType | None = UNSET
    ) -> results.Backup:
        """Make a backup of this moment."""
        made: results.Backup = await self._ask(
            "createBackup", results.Backup, {"reason": reason, "passphrase": passphrase}
        )
        return made

    async def verify_backup(self, id: str, *, passphrase: str | UnsetType | None = UNSET) -> results.VerifiedBackup:
        """Read a backup from end to end and say what is wrong with it."""
        made: results.VerifiedBackup = await self._ask(
            "verifyBackup", results.VerifiedBackup, {"id": id, "passphrase": passphrase}
        )
        return made

    async def restore_backup(self, id: str, *, passphrase: str | UnsetType | None = UNSET) -> results.RestoredBackup:
        """Put a backup in the place of everything, after a backup of what is there."""
        made: results.RestoredBackup = await self._ask(
            "restoreBackup", results.RestoredBackup, {"id": id, "passphrase": passphrase}
        )
        return made

    async def drill_backup(
        self, *, id: str | UnsetType | None = UNSET, passphrase: str | UnsetType | None = UNSET
    ) -> results.DrilledBackup:
        """Restore a backup, or the newest, into a database that is thrown away, and compare every row."""
        made: results.DrilledBackup = await self._ask(
            "drillBackup", results.DrilledBackup, {"id": id, "passphrase": passphrase}
        )
        return made

    async def update_backup_settings(self, input: inputs.BackupSettingsInput) -> results.BackupSettings:
        """Change when backups are made by themselves, and how many are kept."""
        made: results.BackupSettings = await self._ask("updateBackupSettings", results.BackupSettings, {"input": input})
        return made

    async def delete_backup(self, id: str) -> results.Deleted:
        """Delete a backup."""
        made: results.Deleted = await self._ask("deleteBackup", results.Deleted, {"id": id})
        return made

    async def apply_cli_tool(self, tool_id: str, input: inputs.CliToolInput) -> results.CliToolChange:
        """Point a client tool at a gateway; copies of its files are kept, other settings are left alone."""
        made: results.CliToolChange = await self._ask(
            "applyCliTool", results.CliToolChange, {"toolId": tool_id, "input": input}
        )
        return made

    async def reset_cli_tool(self, tool_id: str, *, preview: bool | UnsetType = UNSET) -> results.CliToolChange:
        """Take back what pointed a client tool at a gateway."""
        made: results.CliToolChange = await self._ask(
            "resetCliTool", results.CliToolChange, {"toolId": tool_id, "preview": preview}
        )
        return made

    async def start_evals(self, input: inputs.EvalRunInput) -> results.EvalRunList:
        """Run a suite against models or combos, or check answers that are handed in."""
        made: results.EvalRunList = await self._ask("startEvals", results.EvalRunList, {"input": input})
        return made

    async def stop_eval_run(self, id: str) -> results.EvalRun:
        """Ask no more in a run; what was answered stays."""
        made: results.EvalRun = await self._ask("stopEvalRun", results.EvalRun, {"id": id})
        return made

    async def delete_eval_run(self, id: str) -> results.Deleted:
        """Delete a run and its results."""
        made: results.Deleted = await self._ask("deleteEvalRun", results.Deleted, {"id": id})
        return made

    async def initialize_sync(self, input: inputs.SyncInput) -> results.SyncStatus:
        """Name the remote, once it was seen to work."""
        made: results.SyncStatus = await self._ask("initializeSync", results.SyncStatus, {"input": input})
        return made

    async def do_sync(self, action: enums.SyncAction, *, forget: bool | UnsetType = UNSET) -> results.SyncDone:
        """Enable, sync now, or disable; `forget` removes the remote's copy with disable."""
        made: results.SyncDone = await self._ask("doSync", results.SyncDone, {"action": action, "forget": forget})
        return made

    async def resolve_sync_conflict(self, name: str, side: enums.SyncSide) -> results.SyncDone:
        """Choose whose version of an object holds, and sync."""
        made: results.SyncDone = await self._ask("resolveSyncConflict", results.SyncDone, {"name": name, "side": side})
        return made

    async def run_job(self, name: str) -> results.JobRun:
        """Start a job now, also one that is off."""
        made: results.JobRun = await self._ask("runJob", results.JobRun, {"name": name})
        return made

    async def update_retention_settings(self, input: inputs.RetentionSettingsChange) -> results.RetentionSettings:
        """Change how long logs are kept; the job `retention` carries it out."""
        made: results.RetentionSettings = await self._ask(
            "updateRetentionSettings", results.RetentionSettings, {"input": input}
        )
        return made

    async def update_job(self, name: str, input: inputs.JobChange) -> results.Job:
        """Switch a job on or off, or give it another schedule."""
        made: results.Job = await self._ask("updateJob", results.Job, {"name": name, "input": input})
        return made

    async def prepare_playground(self, input: inputs.PlaygroundInput) -> results.PlaygroundRun:
        """Check a question to a model. It is sent when its answer is watched."""
        made: results.PlaygroundRun = await self._ask("preparePlayground", results.PlaygroundRun, {"input": input})
        return made

    async def set_login_requirement(self, input: inputs.LoginRequirementChange) -> results.LoginRequirement:
        """Switch the login, or set a new password."""
        made: results.LoginRequirement = await self._ask(
            "setLoginRequirement", results.LoginRequirement, {"input": input}
        )
        return made

    async def update_balancing_settings(self, input: inputs.BalancingSettingsChange) -> results.BalancingSettings:
        """Change how the accounts of one provider share the work."""
        made: results.BalancingSettings = await self._ask(
            "updateBalancingSettings", results.BalancingSettings, {"input": input}
        )
        return made

    async def restart(self, *, password: Secret | UnsetType | None = UNSET) -> results.Done:
        """Let requests under way finish, then begin again. The settings must allow it."""
        made: results.Done = await self._ask("restart", results.Done, {"password": password})
        return made

    async def shutdown(self, *, password: Secret | UnsetType | None = UNSET) -> results.Done:
        """Let requests under way finish, then stop. The settings must allow it."""
        made: results.Done = await self._ask("shutdown", results.Done, {"password": password})
        return made
