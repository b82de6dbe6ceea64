"""Every table, in SQLAlchemy Core. Dialect-neutral: the same on SQLite and PostgreSQL.

Times are UTC milliseconds in big integers, money is billionths of a US dollar in big integers, ids are text that
sorts by age. A sealed column holds what storage/secrets.py made, never clear text.
"""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

# The newest Alembic revision; a test holds it against alembic/versions.
SCHEMA_REVISION = "0001"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

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
    Column("created_at", BigInteger, nullable=False),
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
    Column("usage_source", String(16), nullable=False),  # final, partial, counted, estimated, none
    Column("cost_nano", BigInteger),
    Column("price_version", String(32)),
    Column("error_kind", String(32)),
    Column("error_message", Text),
    Column("losses", JSON(none_as_null=True)),
    Column("tags", JSON(none_as_null=True)),  # list of texts that the client gave the request
    Column("policies", JSON(none_as_null=True)),  # names of the policies that matched it
    Index("ix_request_logs_started_at_id", "started_at", "id"),
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
    Column("latency_us", BigInteger, nullable=False),
    Column("status", Integer),
    Column("failure", String(32)),  # a failure kind, NULL for the one that answered
    Column("message", Text),
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

# Sums a minute, so that no chart scans the log.
usage_minutes = Table(
    "usage_minutes",
    metadata,
    Column("minute", BigInteger, primary_key=True),  # minutes since 1970
    Column("key_id", String(40), primary_key=True),  # "" without a key
    Column("provider", String(64), primary_key=True),  # "" when no target answered
    Column("connection_id", String(40), primary_key=True),
    Column("model", String(256), primary_key=True),
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
