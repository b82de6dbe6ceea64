"""Settings: read from the environment over `.env` over defaults, and wrong values stop with one line."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.kit.secret import Secret
from omniroute.kit.settings import BadSetting, Settings, read, variables
from scripts.docs import settings_page

ROOT = Path(__file__).parent.parent.parent

# A good value of each variable, and what it means.
GOOD: dict[str, tuple[str, object]] = {
    "HOST": ("0.0.0.0", "0.0.0.0"),
    "PORT": ("8080", 8080),
    "DATA_DIR": ("/var/lib/omniroute", Path("/var/lib/omniroute")),
    "INITIAL_PASSWORD": ("correct horse", Secret("correct horse")),
    "REQUIRE_API_KEY": ("true", True),
    "OMNIROUTE_SECRET_KEY": ("ab" * 32, Secret("ab" * 32)),
    "DATABASE_URL": ("postgresql://u:p@db/omniroute", Secret("postgresql://u:p@db/omniroute")),
    "REDIS_URL": ("redis://cache:6379/0", Secret("redis://cache:6379/0")),
    "LOG_LEVEL": ("debug", "debug"),
    "LOG_FORMAT": ("json", "json"),
    "PUBLIC_URL": ("https://ai.example.org", "https://ai.example.org"),
    "TRUSTED_PROXIES": ("10.0.0.0/8, ::1", "10.0.0.0/8, ::1"),
    "CORS_ORIGINS": ("https://a.example", "https://a.example"),
    "AUTH_COOKIE_SECURE": ("yes", True),
    "DASHBOARD": ("no", False),
    "ALLOW_RESTART": ("on", True),
    "METRICS_PUBLIC": ("yes", True),
    "IMPORT_ENVIRONMENT_KEYS": ("off", False),
    "DISCOVER_LOCAL": ("0", False),
    "CLI_ALLOW_CONFIG_WRITES": ("no", False),
    "CLI_CONFIG_HOME": ("/tools", Path("/tools")),
    "CLI_EXTRA_PATHS": ("/a:/b", "/a:/b"),
    "CLI_MODE": ("host", "host"),
    "MAX_BODY_BYTES": ("2048", 2048),
    "MAX_UPLOAD_BYTES": ("8192", 8192),
    "MAX_ANSWER_BYTES": ("4096", 4096),
    "MAX_OPEN_REQUESTS": ("7", 7),
    "CONNECT_TIMEOUT_S": ("1.5", 1.5),
    "FIRST_BYTE_TIMEOUT_S": ("2", 2.0),
    "IDLE_TIMEOUT_S": ("3", 3.0),
    "TOTAL_TIMEOUT_S": ("4", 4.0),
    "BODY_TIMEOUT_S": ("5", 5.0),
    "CLIENT_STALL_TIMEOUT_S": ("6", 6.0),
    "HEARTBEAT_S": ("0.25", 0.25),
    "SHUTDOWN_TIMEOUT_S": ("8", 8.0),
    "MAX_ATTEMPTS": ("9", 9),
    "STORED_RESPONSES_DAYS": ("0", 0),
}
# Values that can't be used.
WRONG: dict[str, tuple[str, ...]] = {
    "PORT": ("http", "-1", "65536", "80.5"),
    "REQUIRE_API_KEY": ("maybe",),
    "LOG_LEVEL": ("loud", "debug\n"),
    "LOG_FORMAT": ("xml",),
    "PUBLIC_URL": ("ai.example.org", "ftp://ai.example.org", "https://"),
    "TRUSTED_PROXIES": ("10.0.0.0/99", "proxy.example.org"),
    "AUTH_COOKIE_SECURE": ("2",),
    "DASHBOARD": ("maybe",),
    "ALLOW_RESTART": ("maybe",),
    "METRICS_PUBLIC": ("everyone",),
    "IMPORT_ENVIRONMENT_KEYS": ("perhaps",),
    "DISCOVER_LOCAL": ("nein",),
    "CLI_ALLOW_CONFIG_WRITES": ("maybe",),
    "CLI_MODE": ("docker",),
    "MAX_BODY_BYTES": ("0", "-5", "1e3x"),
    "MAX_ANSWER_BYTES": ("12MB",),
    "MAX_OPEN_REQUESTS": ("0",),
    "CONNECT_TIMEOUT_S": ("0", "-1", "nan", "inf", "soon"),
    "FIRST_BYTE_TIMEOUT_S": ("0",),
    "IDLE_TIMEOUT_S": ("nan",),
    "TOTAL_TIMEOUT_S": ("86401",),
    "BODY_TIMEOUT_S": ("0",),
    "CLIENT_STALL_TIMEOUT_S": ("0",),
    "HEARTBEAT_S": ("0",),
    "SHUTDOWN_TIMEOUT_S": ("0",),
    "MAX_ATTEMPTS": ("0", "many"),
    "STORED_RESPONSES_DAYS": ("-1", "1.5", "forever"),
}


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder without `.env`."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def one(variable: str, text: str) -> object:
    """Return the setting that a variable makes."""
    field = {variable: field for field, variable in variables().items()}[variable]
    return getattr(read(environ={variable: text}).settings, field)


def test_every_setting_is_tried_here() -> None:
    assert set(GOOD) == set(variables().values()) - {"CLI_<TOOL>_BIN"}


def test_a_client_tools_command_is_named_by_its_own_variable() -> None:
    assert read(environ={"CLI_CLAUDE_BIN": "/opt/claude"}).settings.cli_commands == (("claude", "/opt/claude"),)


@pytest.mark.parametrize("variable", GOOD)
def test_a_variable_sets_its_field(variable: str) -> None:
    text, expected = GOOD[variable]
    assert one(variable, text) == expected


@pytest.mark.parametrize("variable", GOOD)
def test_a_variable_that_is_empty_counts_as_not_set(variable: str) -> None:
    assert read(environ={variable: ""}).settings == read(environ={}).settings


@pytest.mark.parametrize(("variable", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_a_wrong_value_stops_with_one_line_that_names_the_variable(variable: str, text: str) -> None:
    with pytest.raises(BadSetting) as caught:
        one(variable, text)
    assert caught.value.message.startswith(f"{variable}: {text!r} cannot be used: ")
    assert "\n" not in caught.value.message


@given(values=st.dictionaries(st.sampled_from(sorted(GOOD)), st.text(max_size=20), max_size=4))
def test_any_text_is_either_taken_or_refused_in_one_line(values: dict[str, str]) -> None:
    try:
        read(environ=values)
        return
    except BadSetting as error:
        message = error.message
    assert message.split(":")[0] in values
    assert "\n" not in message


def test_the_environment_wins_over_dotenv_and_dotenv_over_the_default(empty_folder: Path) -> None:
    (empty_folder / ".env").write_text("PORT=1111\nMAX_ATTEMPTS=3\nOPENAI_API_KEY='sk-from-file'\n")
    found = read(environ={"PORT": "2222"})
    assert (found.settings.port, found.settings.max_attempts, found.settings.log_level) == (2222, 3, "info")
    assert found.provider_keys == {"OPENAI_API_KEY": Secret("sk-from-file")}


def test_the_command_line_wins_over_everything_and_none_means_not_given() -> None:
    found = read({"port": 3333, "host": None}, environ={"PORT": "2222", "HOST": "::1"})
    assert (found.settings.port, found.settings.host) == (3333, "::1")


def test_a_wrong_value_of_the_command_line_names_the_variable_too() -> None:
    with pytest.raises(BadSetting, match=r"^PORT: 70000 cannot be used"):
        read({"port": 70000}, environ={})


def test_the_data_folder_is_absolute_and_knows_the_home_folder(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(empty_folder / "home"))
    assert read(environ={}).settings.data_dir == empty_folder / "home" / ".omniroute"
    assert one("DATA_DIR", "here") == empty_folder / "here"


def test_provider_keys_are_those_variables_that_end_in_api_key() -> None:
    environ = {
        "OPENAI_API_KEY": "sk-1",
        "GROQ_API_KEY": "",
        "REQUIRE_API_KEY": "true",
        "OTHER": "x",
        "MY_API_KEY_OLD": "y",
    }
    assert read(environ=environ).provider_keys == {"OPENAI_API_KEY": Secret("sk-1")}


SECRETS = ("INITIAL_PASSWORD", "OMNIROUTE_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "OPENAI_API_KEY")


def test_secrets_show_up_in_no_spelling_of_what_was_read() -> None:
    environ = {name: f"hidden-{name}" for name in SECRETS}
    found = read(environ=environ)
    for shown in (repr(found), str(found), f"{found.settings}", repr(found.provider_keys)):
        assert "hidden-" not in shown


def test_a_fault_elsewhere_does_not_show_a_secret() -> None:
    with pytest.raises(BadSetting) as caught:
        read(environ={"DATABASE_URL": "postgresql://u:hidden@db/x", "PORT": "x"})
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_a_loopback_bind_asks_for_no_key_unless_told_to(host: str) -> None:
    assert Settings(host=host).is_loopback
    assert not Settings(host=host).asks_for_key
    assert Settings(host=host, require_api_key=True).asks_for_key


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "127.evil.example", "localhost.example", ""])
@pytest.mark.parametrize("require", [True, False, None])
def test_any_other_bind_asks_for_a_key_whatever_is_said(host: str, require: bool | None) -> None:
    assert not Settings(host=host).is_loopback
    assert Settings(host=host, require_api_key=require).asks_for_key


def test_the_database_is_a_file_in_the_data_folder_unless_a_url_is_given() -> None:
    assert Settings(data_dir=Path("/data")).database == "sqlite+aiosqlite:////data/storage.sqlite"
    assert Settings(database_url=Secret("postgresql://db/x")).database == "postgresql://db/x"


def test_the_page_of_settings_lists_every_one_with_its_default_and_its_words() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert page == settings_page(), "run ./dev docs"
    rows = {row[1].strip("` "): row for row in (line.split("|") for line in page.splitlines()) if len(row) == 5}
    for field in fields(Settings):
        _, _, default, doc, _ = rows[variables()[field.name]]
        assert doc.strip() == field.metadata["doc"]
        assert default.strip() == spelled(field.default)


def spelled(default: Any) -> str:
    if default is None or default == "":
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"
