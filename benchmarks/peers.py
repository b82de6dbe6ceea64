"""Other gateways, measured beside ours: installed on demand into a folder of their own, pointed at the mock.

Each runs with one worker, its own authentication, and the settings its makers advise for production.
"""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import CannotMeasure, free_port
from benchmarks.systems import Launch, clean_environment

_INSTALL_LIMIT_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a peer's configuration depends on."""

    folder: Path
    port: int
    key: str
    mock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A gateway from the package index, and how it is run."""

    package: str
    command: Callable[[Setting], Sequence[str]]
    environment: Mapping[str, str]


def _litellm(setting: Setting) -> Sequence[str]:
    config = {
        "model_list": [
            {
                "model_name": "*",
                "litellm_params": {"model": "openai/*", "api_base": setting.mock, "api_key": "mock"},
            }
        ],
        "general_settings": {"master_key": setting.key},
        "litellm_settings": {"set_verbose": False, "request_timeout": 600},
    }
    path = setting.folder / "litellm.yaml"
    path.write_text(json.dumps(config))  # JSON is YAML
    where = ["--host", "127.0.0.1", "--port", str(setting.port)]
    return ["litellm", "--config", str(path), *where, "--num_workers", "1", "--telemetry", "False"]


def _lm_proxy(setting: Setting) -> Sequence[str]:
    config = {
        "host": "127.0.0.1",
        "port": setting.port,
        "connections": {"mock": {"api_type": "open_ai", "api_base": setting.mock, "api_key": "mock"}},
        "routing": {"*": "mock.*"},
        "groups": {"default": {"api_keys": [setting.key]}},
    }
    path = setting.folder / "lm-proxy.json"
    path.write_text(json.dumps(config))
    return ["lm-proxy", "--config", str(path)]


PEERS: Mapping[str, Peer] = {
    "litellm": Peer(
        package="litellm[proxy]==1.106.2",
        command=_litellm,
        # Its price list would otherwise be fetched from the network at every start.
        environment={
            "LITELLM_MODE": "PRODUCTION",
            "LITELLM_LOG": "ERROR",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "NO_DOCS": "True",
        },
    ),
    "lm-proxy": Peer(package="lm-proxy==3.3.2", command=_lm_proxy, environment={}),
}


def peer_launch(name: str, folder: Path, mock_port: int) -> Launch:
    """Install a peer, if it is not there, and write its configuration."""
    peer = PEERS[name]
    programs = _installed(name, peer.package)
    setting = Setting(
        folder=folder, port=free_port(), key=f"sk-{secrets.token_hex(24)}", mock=f"http://127.0.0.1:{mock_port}/v1"
    )
    program, *options = peer.command(setting)
    return Launch(
        name=name,
        command=[str(programs / program), *options],
        environment=clean_environment(**peer.environment),
        folder=folder,
        port=setting.port,
        key=setting.key,
    )


def cache_folder() -> Path:
    """Return where peers are installed: $XDG_CACHE_HOME or ~/.cache, under omniroute-bench."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "omniroute-bench"


def _installed(name: str, package: str) -> Path:
    """Return the folder of a peer's programs."""
    venv = cache_folder() / name
    mark = venv / "installed"
    if not mark.exists() or mark.read_text() != package:
        print(f"installing {package} into {venv} …", file=sys.stderr)
        _run([sys.executable, "-m", "venv", "--clear", str(venv)])
        _run([str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", package])
        mark.write_text(package)
    return venv / "bin"


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_INSTALL_LIMIT_S)
    if done.returncode:
        raise CannotMeasure(f"`{' '.join(command)}` failed:\n{done.stderr.strip()[-1500:]}")
