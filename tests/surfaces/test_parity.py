"""What a service can do, an operator can do: each public method has an operation, or a reason in the table below."""

import inspect
from dataclasses import fields
from typing import get_type_hints

from omniroute.api.operation import expanded
from omniroute.api.table import OPERATIONS
from omniroute.services.client_tools.table import TOOLS
from omniroute.services.collection import Services


def _of_tools(verb: str) -> tuple[str, ...]:
    return tuple(f"{verb}{tool.capitalize()}Settings" for tool, row in TOOLS.items() if row.files)


# Service.method → the operations that offer it, or why none does.
OPERATIONS_OF: dict[str, tuple[str, ...] | str] = {
    "login.start": "the start of the process",
    "login.needs_setup": "the start of the process, and the set-up page",
    "login.setup_token": "shown on the console only",
    "login.set_password": "for the command line, whose user holds the database anyway",
    "login.operator": "who calls: part of every operation",
    "login.is_required": ("getLoginRequirement",),
    "login.has_password": ("getInitialState",),
    "login.confirm": "part of restart and shutdown",
    "login.finish_setup": ("setUp",),
    "login.sign_in": ("signIn",),
    "login.sign_out": ("signOut",),
    "login.requirement": ("getLoginRequirement",),
    "login.set_requirement": ("setLoginRequirement",),
    "keys.create": ("createKey",),
    "keys.list": ("listKeys",),
    "keys.get": ("getKey",),
    "keys.update": ("updateKey",),
    "keys.delete": ("deleteKey",),
    "keys.find": "who calls: part of every operation",
    "nodes.create": ("createNode",),
    "nodes.list": ("listNodes",),
    "nodes.get": ("getNode",),
    "nodes.update": ("updateNode",),
    "nodes.delete": ("deleteNode",),
    "providers.create": ("createConnection",),
    "providers.list": ("listConnections",),
    "providers.get": ("getConnection",),
    "providers.update": ("updateConnection",),
    "providers.delete": ("deleteConnection",),
    "model_discovery.list": ("listDiscoveries",),
    "model_discovery.discover": ("discoverModels",),
    "model_discovery.discover_all": ("discoverModels",),
    "model_visibility.get": ("getModelVisibility",),
    "model_visibility.update": ("setModelVisibility",),
    "sign_ins.authorize": ("askOAuth",),
    "sign_ins.device_code": ("askOAuth",),
    "sign_ins.exchange": ("askOAuth", "doOAuth"),
    "sign_ins.refused": "part of coming back from a provider",
    "sign_ins.poll": ("doOAuth",),
    "oauth_clients.list": ("listOAuthClients",),
    "oauth_clients.get": ("getOAuthClient",),
    "oauth_clients.update": ("setOAuthClient",),
    "oauth_clients.id_of": "part of every action at a provider",
    "oauth_clients.usable": "part of every action at a provider",
    "oauth_clients.way": "for renewals: it holds the client's secret",
    "oauth_tokens.list": ("askOAuth",),
    "oauth_tokens.refresh": ("doOAuth",),
    "oauth_tokens.revoke": ("doOAuth",),
    "oauth_tokens.allowance": "part of usage_history.of_connection",
    "oauth_tokens.renewed": "for the data plane: it holds tokens",
    "oauth_tokens.store": "part of a sign-in",
    "oauth_tokens.refresh_due": "for the timetable",
    "combos.create": ("createCombo",),
    "combos.list": ("listCombos",),
    "combos.get": ("getCombo",),
    "combos.update": ("updateCombo",),
    "combos.delete": ("deleteCombo",),
    "combos.test": ("testCombo",),
    "combo_measures.all": ("getComboMetrics",),
    "combo_measures.one": ("getComboMetrics",),
    "combo_measures.reset": ("resetComboMetrics",),
    "configuration.export": ("exportConfiguration",),
    "configuration.plan": ("applyConfiguration",),
    "configuration.apply": ("applyConfiguration",),
    "aliases.list": ("listAliases",),
    "aliases.set": ("setAlias", "setPeerAlias"),
    "aliases.delete": ("deleteAlias",),
    "balancing.get": ("getSettings",),
    "balancing.update": ("setSettings",),
    "balancing.checked": "part of balancing.update",
    "locks.circuit_breakers": ("listPolicies",),
    "locks.locked": ("listPolicies",),
    "locks.unlock": ("savePolicy",),
    "policy_trials.last": ("dryRunPolicies",),
    "policy_trials.sample": ("dryRunPolicies",),
    "policy_trials.providers": "handed to policy_trials when it is built",
    "policy_trials.spent": "handed to policy_trials when it is built",
    "model_list.list": "GET /v1/models has it",
    "feeds.budgets": "a live feed: GraphQL's subscriptions",
    "feeds.configuration": "a live feed: GraphQL's subscriptions",
    "feeds.health": "a live feed: GraphQL's subscriptions",
    "feeds.requests": "a live feed: GraphQL's subscriptions",
    "feeds.sessions": "a live feed: GraphQL's subscriptions",
    "feeds.telemetry": "a live feed: GraphQL's subscriptions",
    "feeds.usage": "a live feed: GraphQL's subscriptions",
    "checks.test": ("testConnection",),
    "checks.models": ("listConnectionModels",),
    "checks.validate": ("validateConnection",),
    "checks.validate_node": ("validateNode",),
    "custom_models.list": ("listCustomModels",),
    "custom_models.set": ("setCustomModel",),
    "custom_models.delete": ("deleteCustomModel",),
    "model_catalogue.all": ("getCatalog",),
    "proxies.get": ("getProxies",),
    "proxies.known": "for the data plane: it holds passwords",
    "proxies.update": ("updateProxies",),
    "proxies.remove": ("deleteProxy",),
    "proxies.test": ("testProxy",),
    "lifecycle.attach": "the start of the process",
    "lifecycle.restart": ("restart",),
    "lifecycle.shutdown": ("shutdown",),
    "system.initial": ("getInitialState",),
    "system.health": ("getHealth",),
    "request_log.recent": ("listRequestLogs",),
    "request_log.page": ("listRequestLogs",),
    "request_log.get": ("getRequestLog",),
    "request_log.lines": ("listUsageLines",),
    "cli_tools.list": ("listCliTools",),
    "cli_tools.get": ("getCliToolRuntime", *_of_tools("get")),
    "cli_tools.apply": _of_tools("apply"),
    "cli_tools.reset": _of_tools("reset"),
    "backups.list": ("listBackups",),
    "evals.suites": ("listEvalSuites",),
    "evals.suite": ("getEvalSuite",),
    "evals.start": ("startEvals",),
    "evals.runs": ("listEvalRuns",),
    "evals.get": ("getEvalRun",),
    "evals.watch": "a feed, which GraphQL has",
    "evals.compare": ("compareEvalRuns",),
    "evals.stop": ("stopEvalRun",),
    "evals.delete": ("deleteEvalRun",),
    "evals.recover": "the start of the process",
    "backups.create": ("createBackup",),
    "backups.restore": ("restoreBackup",),
    "backups.verify": ("verifyBackup",),
    "backups.delete": ("deleteBackup",),
    "backups.bring": "a file on the gateway's own machine: the command line has it",
    "backups.path": "a file on the gateway's own machine",
    "backups.prune": "for the timetable",
    "backups.scheduled": "for the timetable",
    "backups.turn": "part of imports and exports",
    "backups.within": "part of imports",
    "backups.replace": "part of backups.restore and imports",
    "backups.drill": ("drillBackup",),
    "backups.progress": ("getBackupProgress",),
    "backups.settings": ("getBackupSettings",),
    "backups.update_settings": ("updateBackupSettings",),
    "exports.database": ("exportDatabase",),
    "exports.everything": ("exportEverything",),
    "imports.take": ("importDatabase",),
    "sync.status": ("getSync", "getSyncInitialized"),
    "sync.initialize": ("initializeSync",),
    "sync.act": ("doSync",),
    "sync.conflicts": ("listSyncConflicts",),
    "sync.resolve": ("resolveSyncConflict",),
    "sync.scheduled": "for the timetable",
    "cloud.auth": ("getPeerAuth", "listPeerAliases"),
    "cloud.update_credentials": ("updatePeerCredentials",),
    "cloud.resolve": ("resolvePeerAlias",),
    "cloud.get_object": ("getPeerObject",),
    "cloud.put_object": ("putPeerObject",),
    "cloud.delete_object": ("deletePeerObject",),
    "usage_history.read": ("getUsageHistory",),
    "usage_history.of_connection": ("getConnectionUsage",),
    "telemetry.summary": ("getTelemetry",),
    "telemetry.sessions": ("listSessions",),
    "explain.dry_run": ("dryRun",),
    "explain.replay": ("replayRequests",),
    "translation.request": ("translateRequest",),
    "keys.rotate": ("rotateKey",),
    "limits.get": ("getRateLimit",),
    "limits.status": ("getRateLimit",),
    "limits.update": ("updateRateLimit",),
    "budgets.list": ("listBudgets",),
    "budgets.set": ("setBudget",),
    "budgets.delete": ("deleteBudget",),
    "pricing.list": ("listPrices",),
    "pricing.overrides": ("listPrices",),
    "pricing.set": ("setPrices",),
    "pricing.delete": ("resetPrices",),
    "pricing.rerate": ("rerate",),
    "resilience.get": ("getResilience",),
    "resilience.update": ("updateResilience",),
    "breakers.all": ("getResilience",),
    "breakers.reset": ("resetResilience",),
    "availability.all": ("getModelAvailability",),
    "availability.check": ("checkModelAvailability",),
    "availability.clear": ("checkModelAvailability",),
    "playground.prepare": "people try models in the dashboard; programs ask at /v1",
    "playground.run": "people try models in the dashboard; programs ask at /v1",
    "rate_limits.state": ("getRateLimits", "getResilience"),
    "cache.figures": ("getCache",),
    "cache.clear": ("clearCache",),
    "cache.similarity": ("getCacheSimilarity",),
    "cache.settings": ("getCacheSettings",),
    "login.expire": "a job does it",
    "feeds.jobs": "a live feed: GraphQL's subscriptions",
    "retention.apply": "a job does it",
    "retention.get": ("getRetention",),
    "retention.update": ("updateRetention",),
    "metrics.text": ("getMetrics",),
    "audit.note": "what others tell the log",
    "audit.refused": "part of every operation",
    "audit.follow": "a live feed: GraphQL's subscriptions",
    "audit.export": "a long file: the command line has it",
    "audit.prune": "a job does it",
    "audit.page": ("listAuditLog",),
    "audit.verify": ("verifyAuditLog",),
    "jobs.take": "the table of jobs, handed over when the process is put together",
    "jobs.start": "the start of the process",
    "jobs.stop": "the end of the process",
    "jobs.states": "the live feed of jobs",
    "jobs.list": ("listJobs",),
    "jobs.get": ("getJob",),
    "jobs.update": ("updateJob",),
    "jobs.run": ("runJob",),
    "jobs.history": ("listJobRuns",),
    "cache.update": ("updateCacheSettings",),
}

# What the surfaces are told rather than what they offer.
NO_SERVICES = {"reach"}


def methods() -> set[str]:
    hints = get_type_hints(Services)
    return {
        f"{one.name}.{name}"
        for one in fields(Services)
        if one.name not in NO_SERVICES
        for name, _ in inspect.getmembers(hints[one.name], inspect.isfunction)
        if not name.startswith("_")
    }


def test_every_public_method_is_offered_or_has_a_reason() -> None:
    assert methods() - set(OPERATIONS_OF) == set(), "add an operation, or a reason in this file"
    assert set(OPERATIONS_OF) - methods() == set(), "gone from the services: take it out here"


def test_every_operation_that_is_named_is_there() -> None:
    known = {row.id for row in expanded(OPERATIONS)}
    named = {name for offered in OPERATIONS_OF.values() if not isinstance(offered, str) for name in offered}
    assert named <= known


def test_every_operation_on_a_noun_comes_from_a_service() -> None:
    named = {name for offered in OPERATIONS_OF.values() if not isinstance(offered, str) for name in offered}
    pages = {"getOpenApi", "showDocs", "showSetup", "getSession"}  # the contract itself, and who is signed in
    # Their services stand below `rulebook`, which is a group of services and not one itself.
    rulebook = {row.id for row in OPERATIONS if row.path.startswith(("/api/policies", "/api/settings/"))}
    served = {row.id for row in OPERATIONS if row.handler is not None}
    assert served - named - pages - rulebook == set()
