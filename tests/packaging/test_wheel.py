"""The wheel: complete, and enough by itself together with the locked runtime packages."""

import importlib.util
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from omniroute import __version__
from tests.commands.programs import CHAT, HELLO, Installation

ROOT = Path(__file__).parent.parent.parent
BESIDE_THE_CODE = (
    "omniroute/_alembic/env.py",
    "omniroute/_alembic/versions/0001_first_schema.py",
    "omniroute/_openapi/openapi.yaml",
    "omniroute/upstream/prices.json",
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def done(*command: str, cwd: Path = ROOT) -> str:
    """Run a program; return what it printed."""
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def built(kind: str, folder: Path, source: Path = ROOT) -> Path:
    """Build a wheel or an sdist from a folder."""
    done(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder), cwd=source)
    (file,) = folder.iterdir()
    return file


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_the_code_and_what_the_code_reads(tmp_path: Path) -> None:
    wheel = built("wheel", tmp_path / "dist")
    assert wheel.name == f"omniroute-{__version__}-py3-none-any.whl"
    held = names(wheel)
    assert held >= set(BESIDE_THE_CODE)
    for path in (ROOT / "omniroute").rglob("*.py"):
        assert path.relative_to(ROOT).as_posix() in held
    assert f"omniroute-{__version__}.dist-info/licenses/LICENSE" in held
    assert {name.split("/")[0] for name in held} == {"omniroute", f"omniroute-{__version__}.dist-info"}
    assert not [name for name in held if name.endswith((".pyc", "_alembic/__init__.py"))]


def test_the_source_archive_makes_the_same_wheel(tmp_path: Path) -> None:
    archive = built("sdist", tmp_path / "sdist")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()
    assert names(built("wheel", tmp_path / "second", source)) == names(built("wheel", tmp_path / "first"))


def install(python: str, *words: str) -> None:
    """Install into the environment of `python`; by uv where there is one, as `./dev` does."""
    if importlib.util.find_spec("uv"):
        done(sys.executable, "-m", "uv", "pip", "install", "-q", "--python", python, *words)
    else:
        done(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--disable-pip-version-check", *words)


async def test_the_wheel_serves_with_the_locked_runtime_packages_alone(tmp_path: Path) -> None:
    wheel = built("wheel", tmp_path / "dist")
    folder = tmp_path / "clean"
    venv.create(folder)
    binaries = folder / ("Scripts" if sys.platform == "win32" else "bin")
    python = str(binaries / "python")
    install(python, "--require-hashes", "-r", str(ROOT / "requirements" / "run.txt"))
    install(python, "--no-deps", str(wheel))
    assert done(str(binaries / "omniroute"), "--version", cwd=tmp_path) == f"omniroute {__version__}\n"
    found = done(python, "-c", "import omniroute; print(omniroute.__file__)", cwd=tmp_path)
    assert str(folder) in found, "the clean environment must not see this checkout"

    place = Installation(home=tmp_path, python=python)
    admin = place.json("admin", "create-key", "--name", "ops", "--scope", "admin")["key"]
    async with place.serving("serve") as server:
        url = await server.ready()
        whole = await server.http.post(url + CHAT, json=HELLO)
        assert "Hello there" in whole.json()["choices"][0]["message"]["content"]
        stream = await server.http.post(url + CHAT, json={**HELLO, "stream": True})
        assert stream.text.endswith("data: [DONE]\n\n")
        headers = {"authorization": f"Bearer {admin}"}
        listed = await server.http.get(url + "/api/providers", headers=headers)
        assert listed.status_code == 200
        assert (await server.http.get(url + "/setup")).status_code == 200
        server.stop()
        assert await server.ended() == 0
    assert "Traceback" not in server.printed
    assert len(place.recorded()) == 2
