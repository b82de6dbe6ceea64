"""The tables of what the gateway is for, in SQLAlchemy Core. Dialect-neutral: the same on SQLite and PostgreSQL.

Times are UTC milliseconds in big integers, money is billionths of a US dollar in big integers, ids are text that
sorts by age. A sealed column holds what storage/secrets.py made, never clear text.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from omniroute.storage.metadata import metadata

# The newest Alembic revision; a test holds it against alembic/versions.
SCHEMA_REVISION = "0002"

# What the installation knows of itself: a sealed canary that carries the key id, sealed pepper, set-up state.
meta = Table(
    "meta",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

# What an operator can set at run time, a JSON value a group.
settings = Table(
    "settings",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# Custom endpoints: a prefix for model names, a wire format, a base URL.
nodes = Table(
    "nodes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("prefix", String(64), nullable=False, unique=True),
    Column("format", String(32), nullable=False),
    Column("base_url", Text, nullable=False),
    Column("headers_sealed", Text),  # JSON object of extra headers; they may hold credentials
    Column("is_local", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# An account or key at a provider.
connections = Table(
    "connections",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("provider", String(64), nullable=False, index=True),  # catalogue id or node id
    Column("name", String(200), nullable=False),
    Column("auth_type", String(16), nullable=False),  # apiKey, oauth, none
    Column("secret_sealed", Text),
    Column("secret_hint", String(32)),
    Column("base_url", Text),  # overrides the provider's own
    Column("is_local", Boolean, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("max_concurrent", Integer),
    Column("default_model", String(256)),
    Column("is_active", Boolean, nullable=False),
    Column("source", String(16), nullable=False),  # manual, environment, discovered, builtin
    Column("found_models", JSON(none_as_null=True)),  # model ids that the server listed, when it was discovered
    Column("expires_at", BigInteger),  # when an access token ends, if that is known
    Column("expired_reason", Text),  # why a sign-in is over; null: it holds
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# Named groups of targets, and how one of them is chosen.
combos = Table(
    "combos",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("strategy", String(32), nullable=False),
    Column("targets", JSON, nullable=False),  # list of objects: model, connection, weight, priority, condition …
    Column("config", JSON, nullable=False),  # limits of one request: attempts, times
    Column("is_active", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# Other names for models and combos; a pattern may have wildcards, and then the lowest position wins.
model_aliases = Table(
    "model_aliases",
    metadata,
    Column("pattern", String(256), primary_key=True),
    Column("target", String(256), nullable=False),
    Column("position", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# Rules for AI requests; the lowest position is looked at first.
policies = Table(
    "policies",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("position", Integer, nullable=False),
    Column("state", String(16), nullable=False),  # active, shadow, draft
    Column("conditions", JSON, nullable=False),
    Column("effects", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# Models that a provider or node has besides those it is known for.
custom_models = Table(
    "custom_models",
    metadata,
    Column("provider", String(64), primary_key=True),  # catalogue id or node id
    Column("model", String(256), primary_key=True),
    Column("name", String(200)),
    Column("kind", String(16), nullable=False),  # chat, embedding, image
    Column("context_window", Integer),  # tokens
    Column("source", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# Outbound proxies: one for everything, or for a provider, a combo, a connection.
proxies = Table(
    "proxies",
    metadata,
    Column("id", String(128), primary_key=True),  # the level, and after a colon whose it is
    Column("kind", String(16), nullable=False),  # http, https, socks5
    Column("host", String(255), nullable=False),
    Column("port", Integer, nullable=False),
    Column("username", String(255)),
    Column("password_sealed", Text),
    Column("updated_at", BigInteger, nullable=False),
)

# Keys that AI clients and scripts present. The key itself is not stored: its keyed hash is.
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("hint", String(32), nullable=False),
    Column("scopes", JSON, nullable=False),  # list of inference, admin
    Column("is_active", Boolean, nullable=False),
    Column("expires_at", BigInteger),
    Column("requests_per_minute", Integer),
    Column("tokens_per_minute", BigInteger),
    Column("max_concurrent", Integer),
    Column("allowed_models", JSON, nullable=False),  # patterns; an empty list allows all, in these three
    Column("allowed_providers", JSON, nullable=False),
    Column("allowed_addresses", JSON, nullable=False),  # addresses and CIDR ranges
    Column("no_log", Boolean, nullable=False),
    Column("previous_digest", LargeBinary(32)),  # of the text before the last rotation
    Column("previous_until", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# How much may be used in a period.
budgets = Table(
    "budgets",
    metadata,
    Column("key_id", String(40), primary_key=True),  # "" = all calls together
    Column("period", String(16), primary_key=True),  # daily, weekly, monthly
    Column("unit", String(16), primary_key=True),  # usd, tokens
    Column("amount", BigInteger, nullable=False),  # nano-dollars or tokens
    Column("thresholds", JSON, nullable=False),  # percentages at which somebody is told
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# An operator's own prices, over those that come with the package.
price_overrides = Table(
    "price_overrides",
    metadata,
    Column("provider", String(64), primary_key=True),
    Column("model", String(256), primary_key=True),
    Column("prices", JSON, nullable=False),
    Column("version", BigInteger, nullable=False),  # of all overrides together, at the time this one was set
    Column("updated_at", BigInteger, nullable=False),
)

# Operators' sign-ins, by the hash of their cookie's token, so that each can be revoked.
login_sessions = Table(
    "login_sessions",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("address", String(64), nullable=False),
    Column("user_agent", String(256), nullable=False),
)

# What is held against a connection, one model on it, or a provider: so that a restart does not forget it.
breakers = Table(
    "breakers",
    metadata,
    Column("provider", String(64), primary_key=True),  # its name as it is shown; "" for the other two
    Column("connection_id", String(40), primary_key=True),  # "" for a provider
    Column("model", String(256), primary_key=True),  # "" for a whole connection, and for a provider
    Column("grip", String(16), nullable=False),  # counted, soft, named, spent, firm
    Column("reason", String(32), nullable=False),  # a failure kind
    Column("message", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("members", JSON, nullable=False),  # ids of the connections that a provider's breaker has counted
)

# One row an AI request.
request_logs = Table(
    "request_logs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("started_at", BigInteger, nullable=False),
    Column("key_id", String(40)),
    Column("address", String(64)),
    Column("user_agent", String(256)),
    Column("format", String(32), nullable=False),
    Column("kind", String(16), nullable=False),  # chat, embedding, image, transcription, speech, moderation, rerank
    Column("path", String(256), nullable=False),
    Column("requested_model", String(256), nullable=False),
    Column("combo", String(100)),
    Column("stream", Boolean, nullable=False),
    Column("outcome", String(16), nullable=False),  # ok, failed, truncated, client_closed, refused
    Column("status", Integer, nullable=False),
    Column("provider", String(64)),
    Column("connection_id", String(40)),
    Column("model", String(256)),
    Column("attempts", Integer, nullable=False),
    Column("latency_us", BigInteger, nullable=False),
    Column("first_token_us", BigInteger),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("cache_read_tokens", BigInteger),
    Column("cache_write_tokens", BigInteger),
    Column("reasoning_tokens", BigInteger),
    Column("usage_more", JSON(none_as_null=True)),  # rarer figures: audio, images, what the cache keeps for an hour
    Column("service_tier", String(32)),
    Column("usage_source", String(16), nullable=False),  # final, partial, counted, estimated, none
    Column("cost_nano", BigInteger),
    Column("price_version", String(32)),
    Column("error_kind", String(32)),
    Column("error_message", Text),
    Column("losses", JSON(none_as_null=True)),
    Column("tags", JSON(none_as_null=True)),  # list of texts that the client gave the request
    Column("policies", JSON(none_as_null=True)),  # names of the policies that matched it
    Column("decision", JSON(none_as_null=True)),  # how its target was chosen: gateway/decision.py
    # Each filter of the log has its own way in, as rare values would otherwise be looked for in all of it.
    Column("cache", String(16)),  # hit, similar, replay, miss
    Column("saved_nano", BigInteger),
    Index("ix_request_logs_started_at_id", "started_at", "id"),
    Index("ix_request_logs_key_id_started_at_id", "key_id", "started_at", "id"),
    Index("ix_request_logs_connection_id_started_at_id", "connection_id", "started_at", "id"),
    Index("ix_request_logs_provider_started_at_id", "provider", "started_at", "id"),
    Index("ix_request_logs_model_started_at_id", "model", "started_at", "id"),
    Index("ix_request_logs_requested_model_started_at_id", "requested_model", "started_at", "id"),
)
_has_combo = request_logs.c.combo.is_not(None)
Index(
    "ix_request_logs_combo_started_at_id",
    request_logs.c.combo,
    request_logs.c.started_at,
    request_logs.c.id,
    sqlite_where=_has_combo,
    postgresql_where=_has_combo,
)
# Most requests end well: what did not, is found among few.
_ended_badly = request_logs.c.outcome != "ok"
Index(
    "ix_request_logs_ended_badly",
    request_logs.c.started_at,
    request_logs.c.id,
    sqlite_where=_ended_badly,
    postgresql_where=_ended_badly,
)

# One row a try at a target, when there was more than one or the one failed.
request_attempts = Table(
    "request_attempts",
    metadata,
    Column("request_id", String(40), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("provider", String(64), nullable=False),
    Column("connection_id", String(40), nullable=False),
    Column("model", String(256), nullable=False),
    Column("started_us", BigInteger, nullable=False),  # since the request began
    Column("latency_us", BigInteger, nullable=False),
    Column("status", Integer),
    Column("failure", String(32)),  # a failure kind, NULL for the one that answered
    Column("message", Text),
    Column("input_tokens", BigInteger),  # of an answer that was paid for and not taken
    Column("output_tokens", BigInteger),
    Column("cost_nano", BigInteger),
)

# Answers at /v1/responses that clients may go on from, each with all that was said before it.
stored_responses = Table(
    "stored_responses",
    metadata,
    Column("key_id", String(40), primary_key=True),  # "" without a key
    Column("id", String(256), primary_key=True),  # as the client was told it
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("input", LargeBinary, nullable=False),  # JSON: the input items, those of earlier turns first
    Column("response", LargeBinary, nullable=False),  # JSON: the response object as the client got it
)

# Complete answers that may be given again, by what stands for their request.
answer_cache = Table(
    "answer_cache",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("format", String(32), nullable=False),
    Column("provider", String(64), nullable=False),
    Column("model", String(256), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("cost_nano", BigInteger),
    Column("dropped", JSON, nullable=False),  # list of texts
    Column("body", LargeBinary, nullable=False),  # zlib
)

# Where the configuration is synced to, and what both sides had in common last.
sync_remotes = Table(
    "sync_remotes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(16), nullable=False),  # omniroute, webdav, s3, https
    Column("url", Text, nullable=False),
    Column("is_local", Boolean, nullable=False),
    Column("username", String(256)),
    Column("region", String(64)),
    Column("credential_sealed", Text),
    Column("passphrase_sealed", Text, nullable=False),
    Column("base_sealed", Text, nullable=False),  # JSON: the objects after the last sync
    Column("is_enabled", Boolean, nullable=False),
    Column("version", String(256)),  # of the remote object, as its server names it
    Column("revision", BigInteger, nullable=False),  # counts what was written there
    Column("synced_at", BigInteger),
    Column("error", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# What peers keep here for one another, encrypted by them.
sync_objects = Table(
    "sync_objects",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("version", String(64), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# Sums a minute, so that no chart scans the log.
usage_minutes = Table(
    "usage_minutes",
    metadata,
    Column("minute", BigInteger, primary_key=True),  # minutes since 1970
    Column("key_id", String(40), primary_key=True),  # "" without a key
    Column("provider", String(64), primary_key=True),  # "" when no target answered
    Column("connection_id", String(40), primary_key=True),
    Column("model", String(256), primary_key=True),
    Column("combo", String(100), primary_key=True),  # "" without one
    Column("requests", BigInteger, nullable=False),
    Column("failures", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cache_read_tokens", BigInteger, nullable=False),
    Column("cache_write_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("cost_nano", BigInteger, nullable=False),
    Column("latency_us", BigInteger, nullable=False),
    Column("first_token_us", BigInteger, nullable=False),
    Column("first_token_count", BigInteger, nullable=False),  # requests that first_token_us sums up
)

# One row a run of a job of the timetable.
job_runs = Table(
    "job_runs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("job", String(64), nullable=False),
    Column("cause", String(16), nullable=False),  # schedule, missed, manual
    Column("started_at", BigInteger, nullable=False),
    Column("took_ms", BigInteger),  # NULL while it runs
    Column("outcome", String(16), nullable=False),  # running, ok, failed, interrupted
    Column("message", Text, nullable=False),  # what it did, or why it failed
    Index("ix_job_runs_job_id", "job", "id"),
)

# Who did what, oldest first. Each row's hash covers the row and the hash before it; rows are only ever added.
audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("actor_kind", String(16), nullable=False),
    Column("actor_id", String(64)),
    Column("actor", String(200)),
    Column("address", String(64)),
    Column("surface", String(16), nullable=False),
    Column("operation", String(100)),
    Column("request_id", String(64)),
    Column("action", String(100), nullable=False),
    Column("target", String(256)),
    Column("outcome", String(16), nullable=False),  # ok, refused, failed
    Column("detail", Text),
    Column("before", Text),  # JSON, as text so that it is hashed letter by letter
    Column("after", Text),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_log_action_seq", "action", "seq"),
    Index("ix_audit_log_actor_seq", "actor", "seq"),
    Index("ix_audit_log_target_seq", "target", "seq"),
)

# Where the audit log ends, sealed with the installation's key, so that missing last rows are noticed.
audit_head = Table(
    "audit_head",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("seal", Text, nullable=False),
)
