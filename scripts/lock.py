"""Make the locks in requirements/ anew: every package pinned with its hashes, for every platform, no index named."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "requirements"
# The build backend is in both locks, as the editable install builds without isolation.
BUILD = ["hatchling>=1.27", "editables>=0.5"]


def main() -> int:
    """Write boot.txt, run.txt and dev.txt."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run = [*project["project"]["dependencies"], *BUILD]
    dev = [*run, *project["dependency-groups"]["dev"]]
    for name, wanted in {"boot": ["uv"], "run": run, "dev": dev}.items():
        compiled = _compile(wanted, constraint=None if name == "boot" else name)
        (FOLDER / f"{name}.txt").write_text(compiled)
        sys.stdout.write(f"requirements/{name}.txt: {compiled.count('==')} packages\n")
    return 0


def _compile(wanted: list[str], *, constraint: str | None) -> str:
    """Resolve `wanted`; what the runtime lock pins, the dev lock pins alike."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--universal", "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-header", "--no-annotate", "--python-version", "3.11", "--quiet"]
    if constraint == "dev":
        command += ["--constraint", str(FOLDER / "run.txt")]
    return subprocess.run(command, input="\n".join(wanted), text=True, capture_output=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
