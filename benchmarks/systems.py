"""What is measured: the mock itself (direct), this gateway, and other gateways in front of the same mock.

A System knows how to start; a Target is one that runs and takes requests.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from benchmarks.bodies import ANTHROPIC_NODE
from benchmarks.processes import CannotMeasure, Died, Place, Usage, free_port, start, stop, tail, usage

REPOSITORY = Path(__file__).parent.parent
START_LIMIT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """All that starting a gateway needs; the same launch can be used again, as the cold start does."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    port: int
    key: str = field(repr=False)
    prefix: str = ""

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.folder / f"{self.name}.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A system that takes requests. `direct` has no process: it is the mock."""

    name: str
    port: int
    prefix: str = ""
    key: str = field(default="none", repr=False)
    process: subprocess.Popen[bytes] | None = None

    def used(self) -> Usage:
        """CPU and memory so far."""
        if self.process is None:
            return Usage(cpu_s=0, rss_mb=0)
        if self.process.poll() is not None:
            raise Died(f"it ended with exit code {self.process.returncode}; nothing more of it is measured")
        return usage(self.process.pid)


def run_launch(launch: Launch, place: Place) -> tuple[Target, float]:
    """Start a gateway and wait for its first answer. Returns it and the seconds that took."""
    began = time.monotonic()
    process = start(launch.command, place=place, log=launch.log, environment=launch.environment, folder=launch.folder)
    with ExitStack() as undo:
        undo.callback(stop, process)
        _wait_for_answer(launch, process, began)
        undo.pop_all()
    seconds = time.monotonic() - began
    target = Target(name=launch.name, port=launch.port, prefix=launch.prefix, key=launch.key, process=process)
    return target, seconds


def _wait_for_answer(launch: Launch, process: subprocess.Popen[bytes], began: float) -> None:
    """Ask for the list of models, with the key, until it comes: it proves that the data plane is up, not just a port.

    The wait between tries is the error of the measure: 5 ms.
    """
    request = Request(f"http://127.0.0.1:{launch.port}/v1/models", headers={"Authorization": f"Bearer {launch.key}"})
    last = "no answer"
    while time.monotonic() - began < START_LIMIT_S:
        if process.poll() is not None:
            raise CannotMeasure(f"{launch.name} ended with code {process.returncode}:\n{tail(launch.log)}")
        try:
            with urlopen(request, timeout=10) as answer:
                answer.read()
                return
        except HTTPError as error:
            last = f"HTTP {error.code}"
            error.close()
        except (URLError, OSError) as error:
            last = str(error)
        time.sleep(0.005)
    raise CannotMeasure(f"{launch.name} gave no list of models in {START_LIMIT_S:.0f} s ({last}):\n{tail(launch.log)}")


def clean_environment(**added: str) -> dict[str, str]:
    """Return our environment without provider keys and proxies, so that a gateway meets nothing but the mock."""
    drop = ("_API_KEY", "_PROXY", "_proxy")
    kept = {name: value for name, value in os.environ.items() if not name.endswith(drop)}
    return {**kept, "NO_PROXY": "127.0.0.1,localhost", **added}


def omniroute_launch(checkout: Path, folder: Path) -> Launch:
    """Prepare this gateway's data folder and keys. Authentication is on, as in real use."""
    data = folder / "data"
    environment = clean_environment(
        PYTHONPATH=str(checkout), REQUIRE_API_KEY="true", IMPORT_ENVIRONMENT_KEYS="false", DISCOVER_LOCAL="false"
    )
    program = [sys.executable, "-m", "omniroute"]
    key = _created_key(program, environment, folder, ["--name", "bench", "--data-dir", str(data)])
    port = free_port()
    options = ["serve", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--data-dir", str(data)]
    return Launch(
        name="omniroute",
        command=[*program, *options],
        environment=environment,
        folder=folder,
        port=port,
        key=key,
        prefix="bench/",
    )


def omniroute_admin_key(launch: Launch) -> str:
    """Create the key that sets the gateway up. To be called while it does not run."""
    program, data = list(launch.command[:3]), launch.command[-1]
    options = ["--name", "bench-admin", "--scope", "admin", "--data-dir", data]
    return _created_key(program, launch.environment, launch.folder, options)


def set_up_omniroute(target: Target, admin_key: str, mock_port: int) -> None:
    """Tell the gateway of the mock: a node and a connection for each of the formats it speaks."""
    base = f"http://127.0.0.1:{mock_port}/v1"
    for prefix, api_type in ((target.prefix.rstrip("/"), "chat"), (ANTHROPIC_NODE, "anthropic")):
        node = {"name": prefix, "prefix": prefix, "apiType": api_type, "baseUrl": base, "local": True}
        node_id = _post(target, admin_key, "/api/provider-nodes", node)["node"]["id"]
        connection = {"provider": node_id, "name": prefix, "apiKey": secrets.token_hex(16)}
        _post(target, admin_key, "/api/providers", connection)


def _created_key(program: Sequence[str], environment: Mapping[str, str], folder: Path, options: list[str]) -> str:
    command = [*program, "admin", "create-key", *options, "--json"]
    made = subprocess.run(
        command, capture_output=True, text=True, check=False, env=dict(environment), cwd=folder, timeout=START_LIMIT_S
    )
    try:
        return str(json.loads(made.stdout.strip().splitlines()[-1])["key"])
    except (ValueError, IndexError, KeyError):
        said = made.stderr.strip()[-1500:]
        raise CannotMeasure(
            f"`omniroute admin create-key` gave no key (exit code {made.returncode}):\n{said}"
        ) from None


def _post(target: Target, admin_key: str, path: str, body: Mapping[str, object]) -> dict[str, Any]:
    request = Request(
        f"http://127.0.0.1:{target.port}{path}",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {admin_key}", "Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=30) as answer:
            made: dict[str, Any] = json.load(answer)
    except HTTPError as error:
        with error:
            raise CannotMeasure(f"POST {path} answered {error.code}: {error.read(500)!r}") from None
    except (URLError, OSError) as error:
        raise CannotMeasure(f"POST {path} failed: {error}") from None
    return made
