"""All commands that ask one thing of a gateway, as rows."""

from omniroute.commands.admin.row import Row

GROUPS = {
    "providers": "Connections: accounts and keys at providers.",
    "accounts": "Accounts at providers that a person signs in to.",
    "nodes": "Endpoints of your own, with a prefix for model names.",
    "models": "What clients can name, and whether it can be had.",
    "aliases": "Other names for models and combos.",
    "combos": "Names for several targets, with a strategy.",
    "keys": "Keys that clients and scripts present.",
    "budgets": "How much may be spent.",
    "pricing": "What models cost.",
    "policies": "Rules for AI requests.",
    "proxies": "Outbound proxies.",
    "settings": "What holds for the whole gateway.",
    "resilience": "Patience with what fails, and what is held against whom.",
    "limits": "Limits for all calls, for models and for connections.",
    "cache": "The answer cache.",
    "usage": "What was used.",
    "route": "Where a request would go.",
    "backups": "Backups of everything.",
    "tools": "Client tools on the gateway's machine.",
    "evals": "Questions with known answers, put to models and combos.",
    "sync": "The same configuration on several gateways.",
    "jobs": "What the gateway does by itself from time to time.",
    "audit": "Who changed what.",
    "locks": "Who is locked out after wrong passwords.",
    "system": "Begin again, or stop.",
    "profiles": "The gateways that this user signed in to.",
}

_CONNECTION = {"id": "connection"}
_COMBO, _KEY, _NODE, _POLICY = {"id": "combo"}, {"id": "key"}, {"id": "node"}, {"id": "policy"}
_PRICE = ("provider", "model", "price.input", "price.output", "price.cached", "price.source")
_BUDGET = ("key_name", "period", "unit", "limit", "spent", "remaining", "percent", "exceeded", "resets_at")
_RUN = ("id", "suite_name", "model", "state", "case_count", "summary.passed", "summary.failed", "summary.cost_usd")
_REMOVED = "Remove {0}?"
_TARGETS = "Give --target once for each: `openai/gpt-5`, `openai/gpt-5,priority=2,weight=3` or JSON."

PROVIDERS = (
    Row(
        path="providers list",
        does="provider_connections",
        find={},
        columns=("id", "provider", "name", "priority", "is_active", "status", "api_key_hint", "last_error"),
    ),
    Row(path="providers show", does="provider_connection", arguments=("id",), find=_CONNECTION),
    Row(
        path="providers catalogue",
        does="providers",
        columns=("id", "name", "format", "auth_kinds", "env_keys", "supported"),
    ),
    Row(
        path="providers add",
        does="create_provider_connection",
        arguments=("provider", "name"),
        note="`--api-key prompt` asks for the key; `-` takes a line of the standard input.",
    ),
    Row(path="providers edit", does="update_provider_connection", arguments=("id",), find=_CONNECTION),
    Row(
        path="providers validate",
        does="validate_provider_connection",
        arguments=("provider",),
        slow="Asking the provider …",
    ),
    Row(
        path="providers models",
        does="fetch_upstream_models",
        arguments=("id",),
        find=_CONNECTION,
        show="models",
        slow="Asking the provider …",
    ),
    Row(
        path="providers remove",
        does="delete_provider_connection",
        arguments=("id",),
        find=_CONNECTION,
        confirm="Remove the connection {0} and its key?",
    ),
    Row(
        path="nodes list",
        does="provider_nodes",
        columns=("id", "prefix", "name", "api_type", "base_url", "local", "headers"),
    ),
    Row(path="nodes show", does="provider_node", arguments=("id",), find=_NODE),
    Row(
        path="nodes add",
        does="create_provider_node",
        arguments=("prefix", "base-url"),
        note="A header's value is a secret: `--header x-team=env:TEAM` or `--header x-team=-`.",
    ),
    Row(path="nodes edit", does="update_provider_node", arguments=("id",), find=_NODE),
    Row(path="nodes validate", does="validate_provider_node", arguments=("base-url",), slow="Asking the node …"),
    Row(
        path="nodes remove",
        does="delete_provider_node",
        arguments=("id",),
        find=_NODE,
        confirm="Remove the node {0} and its connections?",
    ),
)

MODELS = (
    Row(path="models list", does="models"),
    Row(path="models catalogue", does="model_catalogue", columns=("name", "value.active", "value.models.id")),
    Row(path="models custom", does="custom_models"),
    Row(path="models add", does="set_custom_model", arguments=("provider", "model-id")),
    Row(path="models remove", does="delete_custom_model", arguments=("provider", "model"), confirm="Remove {0}/{1}?"),
    Row(path="models availability", does="availability"),
    Row(path="models check", does="model_availability", arguments=("model",)),
    Row(path="models retry", does="clear_unavailability", arguments=("model",)),
    Row(path="aliases list", does="model_aliases", columns=("alias", "model", "position", "is_wildcard")),
    Row(path="aliases set", does="set_model_alias", arguments=("alias", "model")),
    Row(path="aliases remove", does="delete_model_alias", arguments=("alias",), confirm=_REMOVED),
    Row(path="combos list", does="combos", columns=("id", "name", "strategy", "models", "is_active")),
    Row(path="combos show", does="combo", arguments=("id",), find=_COMBO),
    Row(path="combos create", does="create_combo", arguments=("name",), note=_TARGETS),
    Row(path="combos edit", does="update_combo", arguments=("id",), find=_COMBO, merge=True, note=_TARGETS),
    Row(path="combos test", does="test_combo", arguments=("name",), show="results", slow="Asking each target …"),
    Row(path="combos reset-metrics", does="reset_combo_metrics"),
    Row(path="combos remove", does="delete_combo", arguments=("id",), find=_COMBO, confirm=_REMOVED),
    Row(path="route explain", does="route", arguments=("model",), find={"key": "key"}),
    Row(path="route translate", does="translate"),
    Row(path="replay", does="replay", slow="Replaying the log …"),
)

KEYS = (
    Row(
        path="keys list",
        does="api_keys",
        columns=("id", "name", "key", "scopes", "is_active", "rpm", "tpm", "max_concurrent", "expires_at"),
    ),
    Row(path="keys show", does="api_key", arguments=("id",), find=_KEY),
    Row(path="keys create", does="create_api_key", arguments=("name",), note="Its text is shown here, once."),
    Row(path="keys edit", does="update_api_key", arguments=("id",), find=_KEY),
    Row(
        path="keys rotate",
        does="rotate_api_key",
        arguments=("id",),
        find=_KEY,
        confirm="Give {0} a new text? What uses the old one is refused after the grace.",
    ),
    Row(
        path="keys revoke",
        does="delete_api_key",
        arguments=("id",),
        find=_KEY,
        confirm="Revoke {0} for good?",
    ),
    Row(path="budgets list", does="budgets", find={"key-id": "key"}, columns=_BUDGET),
    Row(
        path="budgets set",
        does="set_budgets",
        arguments=("limit",),
        find={"key-id": "key"},
        columns=_BUDGET,
        show="budgets",
    ),
    Row(
        path="budgets remove",
        does="delete_budgets",
        find={"key-id": "key"},
        confirm="Remove the budgets of that key, or without --key-id those of all calls together?",
    ),
)

PRICING = (
    Row(path="pricing list", does="prices", columns=_PRICE),
    Row(path="pricing own", does="price_overrides", columns=_PRICE),
    Row(path="pricing version", does="price_list_version"),
    Row(path="pricing set", does="set_prices", arguments=("provider", "model"), columns=_PRICE, show="prices"),
    Row(
        path="pricing remove", does="delete_prices", confirm="Remove your own prices for that, so that the list's hold?"
    ),
    Row(path="pricing rerate", does="rerate", slow="Reckoning requests anew …"),
)

POLICIES = (
    Row(
        path="policies list",
        does="policies",
        columns=("id", "name", "priority", "state", "matched", "acted", "conditions", "effects"),
    ),
    Row(path="policies show", does="policy", arguments=("id",), find=_POLICY),
    Row(path="policies create", does="create_policy", arguments=("name",), find={"key": "key"}),
    Row(
        path="policies edit",
        does="update_policy",
        arguments=("id",),
        find=_POLICY | {"key": "key"},
        merge=True,
    ),
    Row(path="policies remove", does="delete_policy", arguments=("id",), find=_POLICY, confirm=_REMOVED),
    Row(
        path="policies try",
        does="policy_dry_run",
        arguments=("model",),
        find={"key-id": "key"},
        hide=frozenset({"draft"}),
    ),
    Row(path="policies rehearse", does="policy_rehearsal", hide=frozenset({"draft"}), slow="Going through the log …"),
)

RUNNING = (
    Row(path="proxies show", does="proxy_settings"),
    Row(path="proxies test", does="test_proxy", arguments=("host", "port"), slow="Asking through the proxy …"),
    Row(path="proxies remove", does="remove_proxy", arguments=("level",), confirm="Remove the proxy of {0}?"),
    Row(path="resilience show", does="resilience_settings"),
    Row(
        path="resilience set",
        does="update_resilience_settings",
        note="A profile's change is such as `--profile-change api_key,profile.maxRetries=2`.",
    ),
    Row(
        path="resilience breakers",
        does="breakers",
        columns=("name", "state", "failure_count", "reason", "message", "since", "until"),
    ),
    Row(path="resilience reset", does="reset_breakers", find={"connection-id": "connection"}),
    Row(path="limits show", does="limit_settings"),
    Row(path="limits set", does="update_limit_settings"),
    Row(path="limits status", does="limit_status"),
    Row(path="limits learned", does="rate_limits"),
    Row(path="cache show", does="cache"),
    Row(path="cache settings", does="cache_settings"),
    Row(path="cache set", does="update_cache_settings", merge=True),
    Row(path="cache similarity", does="cache_similarity"),
    Row(path="cache clear", does="clear_cache", confirm="Empty it?"),
    Row(path="usage show", does="usage_history"),
    Row(path="usage connection", does="connection_usage", arguments=("id",), find=_CONNECTION),
    Row(path="telemetry", does="telemetry_summary"),
    Row(path="backups list", does="backups", columns=("id", "created_at", "size", "reason", "version")),
    Row(path="backups create", does="create_backup", slow="Making the backup …", follows="backup_progress"),
    Row(path="backups verify", does="verify_backup", arguments=("id",), slow="Reading the backup …"),
    Row(
        path="backups restore",
        does="restore_backup",
        arguments=("id",),
        confirm="Replace everything in this gateway by {0}?",
        slow="Putting the backup back …",
        follows="backup_progress",
    ),
    Row(path="backups remove", does="delete_backup", arguments=("id",), confirm=_REMOVED),
    Row(path="backups drill", does="drill_backup", slow="Restoring it apart from everything …"),
    Row(path="backups progress", does="backup_progress"),
    Row(path="backups settings", does="backup_settings"),
    Row(path="backups set", does="update_backup_settings"),
    Row(path="sync status", does="sync_status"),
    Row(path="sync initialize", does="initialize_sync", arguments=("kind", "target-url")),
    Row(path="sync do", does="do_sync", arguments=("action",), slow="Syncing …"),
    Row(path="sync conflicts", does="sync_conflicts", slow="Asking the remote …"),
    Row(path="sync resolve", does="resolve_sync_conflict", arguments=("name", "side"), slow="Syncing …"),
    Row(path="locks list", does="locked_identifiers"),
    Row(path="locks remove", does="unlock", arguments=("identifier",)),
    Row(path="system restart", does="restart", confirm="Let requests finish, then begin anew?"),
    Row(path="system stop", does="shutdown", confirm="Let requests finish, then stop?"),
)

_AT = {"connection": "connection"}
ACCOUNTS = (
    Row(path="accounts list", does="oauth_accounts"),
    Row(path="accounts clients", does="oauth_clients"),
    Row(path="accounts set-client", does="set_oauth_client", arguments=("provider",)),
    Row(path="accounts begin", does="begin_sign_in", arguments=("provider",)),
    Row(path="accounts finish", does="finish_sign_in", arguments=("provider",)),
    Row(path="accounts begin-device", does="begin_device_sign_in", arguments=("provider",)),
    Row(path="accounts poll-device", does="poll_sign_in", arguments=("provider",)),
    Row(path="accounts refresh", does="refresh_account", arguments=("connection",), find=_AT),
    Row(
        path="accounts revoke",
        does="revoke_account",
        arguments=("connection",),
        find=_AT,
        confirm="Take the tokens of {0} back?",
    ),
    Row(path="models discoveries", does="model_discoveries"),
    Row(path="models discover", does="discover_models", find=_AT, slow="Asking providers …"),
    Row(path="models visibility", does="model_visibility"),
    Row(path="models set-visibility", does="update_model_visibility"),
)

TOOLS = (
    Row(
        path="tools list",
        does="cli_tools",
        columns=("tool_id", "name", "installed", "runnable", "version", "has_omni_route", "settings_path"),
        slow="Asking each tool …",
    ),
    Row(path="tools show", does="cli_tool", arguments=("tool-id",)),
    Row(path="tools apply", does="apply_cli_tool", arguments=("tool-id",)),
    Row(path="tools reset", does="reset_cli_tool", arguments=("tool-id",)),
    Row(path="evals suites", does="eval_suites", columns=("id", "name", "case_count", "description")),
    Row(path="evals suite", does="eval_suite", arguments=("id",)),
    Row(path="evals list", does="eval_runs", columns=_RUN),
    Row(path="evals show", does="eval_run", arguments=("id",)),
    Row(path="evals compare", does="compare_eval_runs", arguments=("first", "second")),
    Row(path="evals start", does="start_evals", arguments=("suite-id",), columns=_RUN, show="runs", slow="Running …"),
    Row(path="evals stop", does="stop_eval_run", arguments=("id",)),
    Row(path="evals remove", does="delete_eval_run", arguments=("id",), confirm=_REMOVED),
)

UPKEEP = (
    Row(path="jobs list", does="jobs"),
    Row(path="jobs show", does="job", arguments=("name",)),
    Row(path="jobs runs", does="job_runs"),
    Row(path="jobs run", does="run_job", arguments=("name",), slow="Running it …"),
    Row(path="jobs set", does="update_job", arguments=("name",)),
    Row(path="jobs retention", does="retention_settings"),
    Row(path="jobs set-retention", does="update_retention_settings"),
    Row(path="audit list", does="audit_log"),
    Row(path="audit verify", does="audit_verdict", slow="Following the chain …"),
)

ROWS = PROVIDERS + MODELS + KEYS + PRICING + POLICIES + RUNNING + ACCOUNTS + TOOLS + UPKEEP
