"""The tree itself: what must be there, what must not, and the locks."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==", re.MULTILINE)


def wanted(requirements: list[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", re.split(r"[\[>=<; ]", one)[0].lower()) for one in requirements}


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_the_folder_of_migrations_is_no_package_as_it_would_hide_alembic_itself() -> None:
    assert (ROOT / "alembic" / "env.py").exists()
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_there_are_three_locks() -> None:
    assert [lock.name for lock in LOCKS] == ["boot.txt", "dev.txt", "run.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_index_and_no_other_place(lock: Path) -> None:
    text = lock.read_text("utf-8")
    for word in ("index-url", "find-links", "trusted-host", "://", "--extra", "-e ", "git+", "file:"):
        assert word not in text


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_of_a_lock_has_hashes(lock: Path) -> None:
    blocks = re.split(r"\n(?=\S)", lock.read_text("utf-8").strip())
    assert blocks
    for block in blocks:
        assert _PIN.match(block), block.splitlines()[0]
        assert "--hash=sha256:" in block, block.splitlines()[0]


def pinned(name: str) -> dict[str, str]:
    """Return each package of a lock and the line that pins it."""
    text = (ROOT / "requirements" / name).read_text("utf-8")
    return {found[1]: text[found.start() :].splitlines()[0] for found in _PIN.finditer(text)}


def test_the_runtime_lock_pins_what_the_project_declares() -> None:
    declared = project()["project"]
    assert isinstance(declared, dict)
    assert wanted(declared["dependencies"]) <= set(pinned("run.txt"))


def test_the_development_lock_pins_all_that_the_runtime_lock_pins_and_alike() -> None:
    assert pinned("run.txt").items() <= pinned("dev.txt").items()


def test_the_development_lock_pins_the_tools() -> None:
    groups = project()["dependency-groups"]
    assert isinstance(groups, dict)
    assert wanted(groups["dev"]) <= set(pinned("dev.txt"))


def test_a_word_that_the_script_does_not_know_is_refused_and_help_is_shown() -> None:
    done = subprocess.run([ROOT / "dev", "sevre"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "unknown command: sevre" in done.stderr
    assert "./dev test" in done.stdout


def test_the_script_helps_without_installing_anything() -> None:
    done = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True)
    for word in ("run", "test", "check", "fix", "bench", "docs", "lock"):
        assert f"./dev {word}" in done.stdout


def test_continuous_integration_runs_what_the_readme_tells_people_to_run() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert "./dev test" in lines
    assert "./dev check" in lines
    assert "./dev test" in (ROOT / "README.md").read_text("utf-8")


def test_the_changelog_has_a_section_for_what_is_not_released_yet() -> None:
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text("utf-8")
