"""Configuration, read once: the environment over `.env` over defaults, typed, into one frozen Settings.

Every setting is a field below; its metadata says what it does. docs/settings.md lists them all, and a test keeps it so.
"""

import getpass
import ipaddress
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from dotenv import dotenv_values
from msgspec import Meta

from omniroute.kit.addresses import networks
from omniroute.kit.errors import OmniError
from omniroute.kit.secret import Secret

Port = Annotated[int, Meta(ge=0, le=65535)]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Bytes = Annotated[int, Meta(ge=1024)]
Count = Annotated[int, Meta(ge=1)]
Days = Annotated[int, Meta(ge=0, le=36_500)]
LogLevel = Annotated[str, Meta(pattern=r"^(debug|info|warning|error)\Z")]
CliMode = Annotated[str, Meta(pattern=r"^(auto|host|container)\Z")]
LogFormat = Annotated[str, Meta(pattern=r"^(auto|human|json)\Z")]


class BadSetting(OmniError):
    """A setting has a value that cannot be used; the start stops with this one line."""

    code = "bad_setting"


def setting(doc: str, default: Any, env: str | None = None, check: Callable[[Any], object] | None = None) -> Any:
    """Declare one setting: `doc` is what docs/settings.md says of it, `env` its variable if not the field's name.

    `check` raises ValueError on a value of the right type that is no good.
    """
    return field(default=default, metadata={"doc": doc, "env": env, "check": check})


def _require_web_address(text: str) -> None:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("it should look like https://gateway.example.org")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. `variables` says which environment variable a field is read from."""

    host: str = setting("Address to listen on.", "127.0.0.1")
    port: Port = setting("Port to listen on; 0 takes any free one.", 20128)
    data_dir: Path = setting("Folder of the database, the key file and the spill file.", Path("~/.omniroute"))
    initial_password: Secret | None = setting("Operator's first password, instead of the one-time set-up link.", None)
    require_api_key: bool | None = setting("Ask AI clients for a key. Default: yes, unless bound to loopback.", None)
    secret_key: Secret | None = setting(
        "Key that seals provider credentials, instead of the key file: 64 hex digits.", None, env="OMNIROUTE_SECRET_KEY"
    )
    database_url: Secret | None = setting(
        "Database, such as `postgresql+asyncpg://…`. Default: SQLite in DATA_DIR.", None
    )
    redis_url: Secret | None = setting("Redis or Valkey for state shared by several processes.", None)
    log_level: LogLevel = setting("debug, info, warning or error.", "info")
    log_format: LogFormat = setting("human, json, or auto: human on a terminal.", "auto")
    public_url: str | None = setting(
        "URL under which people reach the gateway, behind a reverse proxy.", None, check=_require_web_address
    )
    trusted_proxies: str = setting(
        "Comma-separated addresses or CIDR ranges whose X-Forwarded-* headers count.", "", check=networks
    )
    cors_origins: str = setting("Origins whose browser pages may call /v1: `*` or a comma-separated list.", "*")
    auth_cookie_secure: bool | None = setting(
        "Mark the login cookie Secure. Default: when the request came by TLS.", None
    )
    dashboard: bool = setting("Serve the dashboard at /dashboard.", True)
    allow_restart: bool = setting("Let operators restart and stop the gateway over the API.", False)
    metrics_public: bool = setting("Serve /metrics to anyone who can reach the gateway, without a key.", False)
    import_environment_keys: bool = setting("Make connections of provider keys found in the environment, once.", True)
    discover_local: bool = setting("Look for model servers on this machine and offer them.", True)
    cli_allow_config_writes: bool = setting("Let operators write the settings of client tools on this machine.", True)
    cli_config_home: Path | None = setting("Folder of client tools' settings. Default: the home folder.", None)
    cli_extra_paths: str = setting("Folders where client tools are looked for first, separated as in PATH.", "")
    cli_mode: CliMode = setting("Where client tools are said to run: auto, host or container.", "auto")
    cli_commands: tuple[tuple[str, str], ...] = setting(
        "Command of a client tool instead of its own, such as CLI_CLAUDE_BIN.", (), env="CLI_<TOOL>_BIN"
    )
    max_body_bytes: Bytes = setting("Largest request body, in bytes.", 32 * 1024 * 1024)
    max_upload_bytes: Bytes = setting("Largest form with files (sound, pictures), in bytes.", 100 * 1024 * 1024)
    max_answer_bytes: Bytes = setting("Largest whole answer of a provider, in bytes.", 64 * 1024 * 1024)
    max_open_requests: Count = setting("AI requests under way at once; more get 503.", 4000)
    connect_timeout_s: Seconds = setting("Seconds to reach a provider.", 10.0)
    first_byte_timeout_s: Seconds = setting("Seconds until a provider's answer begins.", 120.0)
    idle_timeout_s: Seconds = setting("Seconds between two pieces of a provider's stream.", 60.0)
    total_timeout_s: Seconds = setting("Seconds for one AI request in all.", 1800.0)
    body_timeout_s: Seconds = setting("Seconds for a client to send its request body.", 60.0)
    client_stall_timeout_s: Seconds = setting("Seconds a client may leave its stream unread.", 60.0)
    heartbeat_s: Seconds = setting("Seconds of silence after which a stream gets a heartbeat.", 15.0)
    shutdown_timeout_s: Seconds = setting("Seconds that streams may take to finish when the gateway stops.", 30.0)
    max_attempts: Count = setting("Targets tried for one AI request at most.", 6)
    stored_responses_days: Days = setting(
        "Days that answers at /v1/responses are kept for previous_response_id; 0 keeps none.", 30
    )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the gateway."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def asks_for_key(self) -> bool:
        """Whether AI clients need a key. Off counts only on loopback."""
        return not self.is_loopback if self.require_api_key is None else self.require_api_key or not self.is_loopback

    @property
    def database(self) -> str:
        """The database's SQLAlchemy URL."""
        if self.database_url is not None:
            return self.database_url.reveal()
        return f"sqlite+aiosqlite:///{self.data_dir / 'storage.sqlite'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The gateway that `omniroute admin` speaks to: OMNIROUTE_URL, and a key for it in OMNIROUTE_KEY."""

    url: str | None = None
    key: Secret | None = None


_PROVIDER_KEY_SUFFIX = "_API_KEY"
_CLI_COMMAND = re.compile(r"CLI_([A-Z]+)_BIN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What was read: the settings, and the provider keys (variable name → key) for the first start."""

    settings: Settings
    provider_keys: Mapping[str, Secret]


def read(overrides: Mapping[str, object] | None = None, environ: Mapping[str, str] | None = None) -> Environment:
    """Read `.env` and the environment; `overrides` (field name → value) come from the command line.

    Raises BadSetting, which names the variable, on a value that cannot be used.
    """
    values = {**_dotenv(), **(os.environ if environ is None else environ)}
    found: dict[str, Any] = {}
    for name, variable in variables().items():
        if text := values.get(variable):
            found[name] = text
    found["cli_commands"] = tuple(
        (tool[1].lower(), value) for name, value in values.items() if (tool := _CLI_COMMAND.fullmatch(name))
    )
    found.update({name: value for name, value in (overrides or {}).items() if value is not None})
    settings = _convert(found)
    keys = {
        name: Secret(value)
        for name, value in values.items()
        if name.endswith(_PROVIDER_KEY_SUFFIX) and value and name != "REQUIRE_API_KEY"
    }
    return Environment(settings=settings, provider_keys=keys)


def access() -> Access:
    """Read where `omniroute admin` finds its gateway; raise BadSetting on an address that is none."""
    url, key = variable("OMNIROUTE_URL"), variable("OMNIROUTE_KEY")
    if url is not None:
        try:
            _require_web_address(url.reveal())
        except ValueError as error:
            raise BadSetting(f"OMNIROUTE_URL: {url.reveal()!r} cannot be used: {error}") from error
    return Access(url=url.reveal() if url else None, key=key)


def variable(name: str) -> Secret | None:
    """Return one variable of the environment or `.env`, None when it is not set or empty."""
    found = os.environ.get(name) or _dotenv().get(name)
    return Secret(found) if found else None


def variables() -> dict[str, str]:
    """Map each field of Settings to its environment variable."""
    return {one.name: one.metadata["env"] or one.name.upper() for one in fields(Settings)}


def _dotenv() -> dict[str, str]:
    """Return what `.env` in the working folder holds."""
    return {name: value for name, value in dotenv_values(".env").items() if value is not None}


def _convert(found: Mapping[str, Any]) -> Settings:
    """Make text into typed values, one at a time, so that an error names its variable."""
    declared = {one.name: one for one in fields(Settings)}
    made: dict[str, Any] = {}
    for name, value in found.items():
        kind = declared[name].type
        try:
            made[name] = _typed(value, kind)
            _check(made[name], declared[name].metadata["check"])
        except (msgspec.ValidationError, ValueError) as error:
            shown = "the value" if kind == Secret | None else repr(value)
            raise BadSetting(f"{variables()[name]}: {shown} cannot be used: {error}") from error
    made["data_dir"] = Path(made.get("data_dir", Path("~/.omniroute"))).expanduser().absolute()
    return Settings(**made)


def _check(value: object, check: Callable[[Any], object] | None) -> None:
    """Raise ValueError where a value of the right type is no good."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("it is no number")
    if check is not None:
        check(value)


def _typed(value: object, kind: Any) -> object:
    """Convert one value to its field's type."""
    if kind == Secret | None:
        return value if isinstance(value, Secret) else Secret(str(value))
    if kind in {Path, Path | None}:
        return Path(str(value)).expanduser()
    if kind == bool | None or kind is bool:
        return _flag(value)
    if isinstance(value, tuple):
        return value
    return msgspec.convert(value, kind, strict=False)


def _flag(value: object) -> bool:
    """Read a switch as people spell it."""
    word = str(value).strip().lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    raise ValueError("say true or false")


def user() -> str:
    """Return the name of the account that runs this process, as far as the system tells."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in some containers
        return "unknown"


def math_on_one_thread() -> None:
    """Keep NumPy from a thread a processor: on a busy machine they wait for one another. Call it before its import."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
