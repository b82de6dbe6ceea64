"""What REST offers of a service, GraphQL offers too: each public method has a field of the schema, or a reason."""

from graphql import GraphQLSchema

from omniroute.graphql.schema import build_schema
from tests.surfaces.test_parity import OPERATIONS_OF, methods

# Service.method → the field of a query, mutation or subscription that offers it, or after a dash why none does.
FIELDS_OF: dict[str, str] = {
    "login.is_required": "loginRequirement",
    "login.has_password": "loginRequirement",
    "login.finish_setup": "- the set-up page, before anybody may ask",
    "login.sign_in": "- a cookie, which only REST sets",
    "login.sign_out": "- a cookie, which only REST takes back",
    "login.requirement": "loginRequirement",
    "login.set_requirement": "setLoginRequirement",
    "keys.create": "createApiKey",
    "keys.list": "apiKeys",
    "keys.get": "apiKey",
    "keys.update": "updateApiKey",
    "keys.delete": "deleteApiKey",
    "keys.rotate": "rotateApiKey",
    "nodes.create": "createProviderNode",
    "nodes.list": "providerNodes",
    "nodes.get": "providerNode",
    "nodes.update": "updateProviderNode",
    "nodes.delete": "deleteProviderNode",
    "providers.create": "createProviderConnection",
    "providers.list": "providerConnections",
    "providers.get": "providerConnection",
    "providers.update": "updateProviderConnection",
    "providers.delete": "deleteProviderConnection",
    "combos.create": "createCombo",
    "combos.list": "combos",
    "combos.get": "combo",
    "combos.update": "updateCombo",
    "combos.delete": "deleteCombo",
    "combos.test": "testCombo",
    "combo_measures.all": "combos",
    "combo_measures.one": "combo",
    "combo_measures.reset": "resetComboMetrics",
    "aliases.list": "modelAliases",
    "aliases.set": "setModelAlias",
    "aliases.delete": "deleteModelAlias",
    "balancing.get": "balancingSettings",
    "balancing.update": "updateBalancingSettings",
    "locks.circuit_breakers": "breakers",
    "locks.locked": "lockedIdentifiers",
    "locks.unlock": "unlock",
    "policy_trials.last": "policyRehearsal",
    "policy_trials.sample": "policyDryRun",
    "checks.test": "testProviderConnection",
    "checks.models": "fetchUpstreamModels",
    "checks.validate": "validateProviderConnection",
    "checks.validate_node": "validateProviderNode",
    "custom_models.list": "customModels",
    "custom_models.set": "setCustomModel",
    "custom_models.delete": "deleteCustomModel",
    "model_catalogue.all": "modelCatalogue",
    "playground.prepare": "preparePlayground",
    "playground.run": "playground",
    "proxies.get": "proxySettings",
    "proxies.update": "updateProxySettings",
    "proxies.remove": "removeProxy",
    "proxies.test": "testProxy",
    "lifecycle.restart": "restart",
    "lifecycle.shutdown": "shutdown",
    "system.initial": "health",
    "system.health": "health",
    "request_log.recent": "requestLog",
    "request_log.page": "requestLog",
    "request_log.get": "request",
    "request_log.lines": "- lines of text, for people at a console; requestLog has the same",
    "usage_history.read": "usageHistory",
    "usage_history.of_connection": "connectionUsage",
    "telemetry.summary": "telemetrySummary",
    "telemetry.sessions": "servedNow",
    "explain.dry_run": "route",
    "explain.replay": "replay",
    "limits.get": "limitSettings",
    "limits.status": "limitStatus",
    "limits.update": "updateLimitSettings",
    "budgets.list": "budgets",
    "budgets.set": "setBudgets",
    "budgets.delete": "deleteBudgets",
    "pricing.list": "prices",
    "pricing.overrides": "priceOverrides",
    "pricing.set": "setPrices",
    "pricing.delete": "deletePrices",
    "pricing.rerate": "rerate",
    "resilience.get": "resilienceSettings",
    "resilience.update": "updateResilienceSettings",
    "breakers.all": "breakers",
    "breakers.reset": "resetBreakers",
    "availability.all": "availability",
    "availability.check": "modelAvailability",
    "availability.clear": "clearUnavailability",
    "rate_limits.state": "rateLimits",
    "cache.figures": "cache",
    "cache.clear": "clearCache",
    "cache.similarity": "cacheSimilarity",
    "backups.create": "createBackup",
    "backups.delete": "deleteBackup",
    "backups.list": "backups",
    "backups.restore": "restoreBackup",
    "backups.verify": "verifyBackup",
    "cache.settings": "cacheSettings",
    "cache.update": "updateCacheSettings",
    "feeds.budgets": "budgetFeed",
    "feeds.configuration": "configurationFeed",
    "feeds.health": "healthFeed",
    "feeds.requests": "requestFeed",
    "feeds.sessions": "liveSessions",
    "feeds.telemetry": "telemetryFeed",
    "feeds.usage": "usageFeed",
}
# Of the services below `rulebook`, and what needs no service.
MORE = {
    "policies",
    "policy",
    "createPolicy",
    "updatePolicy",
    "deletePolicy",
    "ipFilter",
    "updateIpFilter",
    "systemPrompt",
    "updateSystemPrompt",
    "thinkingBudget",
    "updateThinkingBudget",
    "provider",
    "providers",
    "models",
    "priceListVersion",
}


def _fields(schema: GraphQLSchema) -> set[str]:
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return {name for root in roots if root is not None for name in root.fields}


def test_every_method_that_rest_offers_has_a_field_or_a_reason() -> None:
    offered = {name for name, found in OPERATIONS_OF.items() if not isinstance(found, str)}
    feeds = {name for name in methods() if name.startswith("feeds.")}
    assert (offered | feeds) - set(FIELDS_OF) == set(), "add a field, or a reason in this file"
    assert set(FIELDS_OF) - methods() == set(), "gone from the services: take it out here"


def test_every_field_that_is_named_is_there_and_none_is_left_over() -> None:
    named = {name for name in FIELDS_OF.values() if not name.startswith("-")}
    assert named | MORE == _fields(build_schema())
