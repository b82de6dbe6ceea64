"""The tables of signed-in accounts and of what providers list."""

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table, Text

from omniroute.storage.metadata import metadata

# The OAuth clients that the operator registered with providers, over what the table of sign-ins says.
oauth_clients = Table(
    "oauth_clients",
    metadata,
    Column("id", String(64), primary_key=True),  # of its provider: catalogue id or node id
    Column("client_id", String(512), nullable=False),
    Column("client_secret_sealed", Text),
    Column("endpoints", JSON, nullable=False),  # what the operator set of addresses, scopes and flow
    Column("updated_at", BigInteger, nullable=False),
)

# What belongs to a connection that came by a sign-in, besides its access token, which is the connection's secret.
oauth_accounts = Table(
    "oauth_accounts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("refresh_sealed", Text),
    Column("account", String(320)),  # an e-mail address, or whatever names the account
    Column("scope", Text),
    Column("headers", JSON, nullable=False),  # what requests must carry for this account, by the provider's own word
    Column("problem", Text),  # why the last renewal did not work, where it is worth another try
    Column("retry_at", BigInteger),  # when to try again
    Column("refreshed_at", BigInteger, nullable=False),
)

# Sign-ins that were begun. Each is good for one use, by whoever began it, for some minutes.
oauth_flows = Table(
    "oauth_flows",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the state, or of the name of a device flow
    Column("provider", String(64), nullable=False),
    Column("owner", String(128), nullable=False),  # the session or key that began it
    Column("kind", String(16), nullable=False),  # code, device
    Column("secret_sealed", Text, nullable=False),  # the verifier, or the device code and its verifier
    Column("redirect_uri", Text),
    Column("name", String(200)),
    Column("connection_id", String(40)),  # the connection to sign in anew
    Column("interval_s", Integer, nullable=False),
    Column("next_poll_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

# What connections' providers listed as their models, and when.
model_discoveries = Table(
    "model_discoveries",
    metadata,
    Column("connection_id", String(40), primary_key=True),
    Column("provider", String(64), nullable=False),
    Column("origin", Text, nullable=False),  # the address that was asked
    Column("models", JSON, nullable=False),  # list of objects: id, name, and what is known of each
    Column("found_at", BigInteger),
    Column("tried_at", BigInteger, nullable=False),
    Column("problem", Text),  # why the last try did not work
)
