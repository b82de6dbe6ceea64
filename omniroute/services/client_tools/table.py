"""The client tools that are known, one row each: how one is found, and what in its settings points it at a gateway.

The commands and files are fixed here; nothing of them comes from a request. Sources: each tool's own documentation of
its settings, as of 2026-11.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from omniroute.services.client_tools.documents import Form, Match, Path, Value

OURS = "OmniRoute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a tool is to be pointed at; `url` is the gateway's root, without /v1."""

    url: str
    api_key: str
    model: str

    @property
    def v1(self) -> str:
        """Where OpenAI's clients ask."""
        return f"{self.url}/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """A file below the home folder, and what each of its values is to be. An entry without a value is left as it is."""

    place: str
    form: Form
    entries: Sequence[tuple[Path, Callable[[Target], Value]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRow:
    """A tool. Without a `command` there is nothing to run; without `files` people set it up by `steps` themselves.

    `marker` is the value in the first file that says where the tool asks: the gateway's URL, or something else.
    `patience_s` is how long the tool may take to say its version.
    """

    id: str
    name: str
    command: str | None
    patience_s: float = 4.0
    files: Sequence[SettingsFile] = ()
    marker: Path = ()
    steps: Sequence[str] = ()


def _root(target: Target) -> Value:
    return target.url


def _v1(target: Target) -> Value:
    return target.v1


def _key(target: Target) -> Value:
    return target.api_key


def _model(target: Target) -> Value:
    return target.model


def _always(value: Value) -> Callable[[Target], Value]:
    return lambda _target: value


def _by_hand(*first: str) -> tuple[str, ...]:
    return (*first, "Base URL: {v1}", "API key: one of this gateway's keys", "Model: {model}")


CLAUDE = ToolRow(
    id="claude",
    name="Claude Code",
    command="claude",
    marker=("env", "ANTHROPIC_BASE_URL"),
    files=(
        SettingsFile(
            place=".claude/settings.json",
            form=Form.JSON,
            entries=(
                (("env", "ANTHROPIC_BASE_URL"), _root),
                (("env", "ANTHROPIC_AUTH_TOKEN"), _key),
                (("env", "ANTHROPIC_MODEL"), _model),
                (("env", "ANTHROPIC_DEFAULT_HAIKU_MODEL"), _model),
            ),
        ),
    ),
)

CODEX = ToolRow(
    id="codex",
    name="Codex",
    command="codex",
    marker=("model_providers", "omniroute", "base_url"),
    files=(
        SettingsFile(
            place=".codex/config.toml",
            form=Form.TOML,
            entries=(
                (("model",), _model),
                (("model_provider",), _always("omniroute")),
                (("model_providers", "omniroute", "name"), _always(OURS)),
                (("model_providers", "omniroute", "base_url"), _v1),
                (("model_providers", "omniroute", "wire_api"), _always("responses")),
                (("model_providers", "omniroute", "requires_openai_auth"), _always(value=True)),
            ),
        ),
        SettingsFile(place=".codex/auth.json", form=Form.JSON, entries=((("OPENAI_API_KEY",), _key),)),
    ),
)

DROID = ToolRow(
    id="droid",
    name="Factory Droid",
    command="droid",
    patience_s=8.0,
    marker=("customModels", Match(key="displayName", value=OURS), "baseUrl"),
    files=(
        SettingsFile(
            place=".factory/settings.json",
            form=Form.JSON,
            entries=(
                (
                    ("customModels", Match(key="displayName", value=OURS)),
                    lambda target: {
                        "model": target.model,
                        "displayName": OURS,
                        "baseUrl": target.v1,
                        "apiKey": target.api_key,
                        "provider": "generic-chat-completion-api",
                    },
                ),
            ),
        ),
    ),
)

OPENCLAW = ToolRow(
    id="openclaw",
    name="OpenClaw",
    command="openclaw",
    patience_s=12.0,
    marker=("models", "providers", "omniroute", "baseUrl"),
    files=(
        SettingsFile(
            place=".openclaw/openclaw.json",
            form=Form.JSON,
            entries=(
                (
                    ("models", "providers", "omniroute"),
                    lambda target: {
                        "baseUrl": target.v1,
                        "apiKey": target.api_key,
                        "api": "openai-completions",
                        "models": [{"id": target.model, "name": target.model}],
                    },
                ),
                (("agents", "defaults", "model", "primary"), lambda target: f"omniroute/{target.model}"),
            ),
        ),
    ),
)

CONTINUE = ToolRow(
    id="continue",
    name="Continue",
    command=None,
    marker=("models", Match(key="name", value=OURS), "apiBase"),
    files=(
        SettingsFile(
            place=".continue/config.yaml",
            form=Form.YAML,
            entries=(
                (
                    ("models", Match(key="name", value=OURS)),
                    lambda target: {
                        "name": OURS,
                        "provider": "openai",
                        "model": target.model,
                        "apiBase": target.v1,
                        "apiKey": target.api_key,
                        "roles": ["chat", "edit", "apply"],
                    },
                ),
            ),
        ),
    ),
)

GEMINI = ToolRow(
    id="gemini",
    name="Gemini CLI",
    command="gemini",
    patience_s=12.0,
    marker=("GOOGLE_GEMINI_BASE_URL",),
    files=(
        SettingsFile(
            place=".gemini/.env",
            form=Form.ENV,
            entries=(
                (("GOOGLE_GEMINI_BASE_URL",), _root),
                (("GEMINI_API_KEY",), _key),
                (("GEMINI_MODEL",), _model),
            ),
        ),
        SettingsFile(
            place=".gemini/settings.json",
            form=Form.JSON,
            entries=((("security", "auth", "selectedType"), _always("gemini-api-key")),),
        ),
    ),
)

QWEN = ToolRow(
    id="qwen",
    name="Qwen Code",
    command="qwen",
    patience_s=12.0,
    marker=("OPENAI_BASE_URL",),
    files=(
        SettingsFile(
            place=".qwen/.env",
            form=Form.ENV,
            entries=((("OPENAI_BASE_URL",), _v1), (("OPENAI_API_KEY",), _key), (("OPENAI_MODEL",), _model)),
        ),
        SettingsFile(
            place=".qwen/settings.json",
            form=Form.JSON,
            entries=((("security", "auth", "selectedType"), _always("openai")),),
        ),
    ),
)

OPENCODE = ToolRow(
    id="opencode",
    name="opencode",
    command="opencode",
    patience_s=12.0,
    marker=("provider", "omniroute", "options", "baseURL"),
    files=(
        SettingsFile(
            place=".config/opencode/opencode.json",
            form=Form.JSON,
            entries=(
                (
                    ("provider", "omniroute"),
                    lambda target: {
                        "npm": "@ai-sdk/openai-compatible",
                        "name": OURS,
                        "options": {"baseURL": target.v1, "apiKey": target.api_key},
                        "models": {target.model: {"name": target.model}},
                    },
                ),
                (("model",), lambda target: f"omniroute/{target.model}"),
            ),
        ),
    ),
)

CURSOR = ToolRow(
    id="cursor",
    name="Cursor",
    command="agent",
    patience_s=12.0,
    steps=_by_hand("Cursor Settings, Models, API Keys: switch on the OpenAI key and Override OpenAI Base URL"),
)
CLINE = ToolRow(
    id="cline",
    name="Cline",
    command="cline",
    patience_s=12.0,
    steps=_by_hand("Settings, API Configuration: choose the provider OpenAI Compatible"),
)
KILO = ToolRow(
    id="kilo",
    name="Kilo Code",
    command="kilocode",
    steps=_by_hand("Settings, Providers: choose OpenAI Compatible"),
)

TOOLS: dict[str, ToolRow] = {
    row.id: row for row in (CLAUDE, CODEX, DROID, OPENCLAW, CURSOR, CLINE, KILO, CONTINUE, GEMINI, QWEN, OPENCODE)
}
