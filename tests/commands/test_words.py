"""The command line's words: what it answers at once, and how it refuses."""

import os
import socket
import stat
import sys
from collections.abc import Iterator

import pytest

from omniroute import __version__
from tests.commands.programs import Installation

HEAVY = ("uvicorn", "sqlalchemy", "aiohttp", "starlette", "alembic", "cryptography", "omniroute.app", "structlog")


def test_the_version_is_told(place: Installation) -> None:
    done = place.run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"omniroute {__version__}\n", "")


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("serve", "--help"), ("admin", "create-key", "--help"), ()])
def test_help_imports_nothing_heavy_so_that_it_answers_at_once(place: Installation, words: tuple[str, ...]) -> None:
    done = place.start_and_run(*words, PYTHONPROFILEIMPORTTIME="1")
    assert "Usage" in done.stdout
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "omniroute" in imported
    assert imported.isdisjoint(HEAVY)


def test_help_lists_every_command(place: Installation) -> None:
    text = place.run("--help").stdout
    for word in ("serve", "demo", "migrate", "admin"):
        assert word in text


def test_an_unknown_word_is_refused(place: Installation) -> None:
    done = place.run("sevre")
    assert done.returncode == 2
    assert "sevre" in done.stderr


def refused(place: Installation, *words: str, **env: str) -> str:
    """Run a command that must be refused: exit code 2, one line, no traceback. Return the line."""
    done = place.run(*words, **env)
    assert done.returncode == 2, done.stderr
    (line,) = (done.stdout + done.stderr).splitlines()
    assert line.startswith("omniroute: ")
    return line.removeprefix("omniroute: ")


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_bind_that_others_can_reach_is_refused_before_set_up(place: Installation, host: str) -> None:
    line = refused(place, "serve", "--host", host, "--port", "0")
    assert line.startswith(f"HOST: not listening on {host} before a password is set")
    assert "set-password" in line


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_one_line(place: Installation, taken_port: int) -> None:
    line = refused(place, "serve", "--port", str(taken_port))
    assert line.startswith(f"PORT: cannot listen on 127.0.0.1:{taken_port}")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("LOG_LEVEL", "loud"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("IDLE_TIMEOUT_S", "-1"),
        ("REQUIRE_API_KEY", "maybe"),
        ("DATABASE_URL", "mysql://root@db/x"),
        ("DATABASE_URL", "nonsense"),
        ("OMNIROUTE_SECRET_KEY", "abc"),
    ],
)
def test_a_bad_setting_is_one_line_that_names_it(place: Installation, variable: str, value: str) -> None:
    assert refused(place, "serve", **{variable: value}).startswith(f"{variable}: ")


def test_a_bad_setting_in_dotenv_is_one_line_too(place: Installation) -> None:
    (place.home / ".env").write_text("PORT=http\n")
    assert refused(place, "serve").startswith("PORT: 'http' cannot be used")


def test_a_data_folder_that_is_a_file_is_one_line(place: Installation) -> None:
    place.data.write_text("not a folder")
    assert refused(place, "serve", "--port", "0").startswith(f"DATA_DIR: {place.data} cannot be used")


def test_a_data_folder_below_a_file_is_one_line(place: Installation) -> None:
    (place.home / "file").write_text("not a folder")
    line = refused(place, "migrate", "--data-dir", str(place.home / "file" / "below"))
    assert line.startswith("DATA_DIR: ")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read and write everything")
def test_a_data_folder_that_may_not_be_written_is_one_line(place: Installation) -> None:
    place.data.mkdir()
    place.data.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert str(place.data) in refused(place, "serve", "--port", "0")
    finally:
        place.data.chmod(stat.S_IRWXU)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such bits")
def test_a_key_file_that_others_can_read_is_one_line(place: Installation) -> None:
    assert place.run("migrate").returncode == 0
    (key_file,) = place.data.glob("*.key")
    key_file.chmod(0o644)
    assert "chmod 600" in refused(place, "serve", "--port", "0")


def test_a_lost_key_file_is_one_line_and_the_data_stays(place: Installation) -> None:
    place.json("admin", "create-key", "--name", "one")
    (key_file,) = place.data.glob("*.key")
    key_file.unlink()
    line = refused(place, "serve", "--port", "0")
    assert "key" in line
    assert (place.data / "storage.sqlite").exists()


def test_a_damaged_database_is_one_line(place: Installation) -> None:
    place.data.mkdir()
    (place.data / "storage.sqlite").write_bytes(b"this is no database" * 1000)
    assert refused(place, "serve", "--port", "0")


def test_a_database_that_does_not_answer_is_one_line_without_its_password(place: Installation, taken_port: int) -> None:
    url = f"postgresql://omni:hidden-word@127.0.0.1:{taken_port - 1 or 1}/x"
    line = refused(place, "serve", "--port", "0", DATABASE_URL=url)
    assert "hidden-word" not in line
