"""Make the locks in requirements/ anew: every package pinned with its hashes, for every platform, no index named.

What is pinned stays as it is; `--upgrade` takes the newest of everything.
"""

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
        lock = FOLDER / f"{name}.txt"
        # What the runtime lock pins, the dev lock pins alike.
        _compile(wanted, lock, *(["--constraint", str(FOLDER / "run.txt")] if name == "dev" else []), *sys.argv[1:])
        sys.stdout.write(f"{lock.relative_to(ROOT)}: {lock.read_text().count('==')} packages\n")
    return 0


def _compile(wanted: list[str], lock: Path, *options: str) -> None:
    """Resolve `wanted` into `lock`; the resolver keeps the pins that it finds there."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--universal", "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-header", "--no-annotate", "--python-version", "3.11", "--quiet"]
    command += ["--output-file", str(lock), *options]
    subprocess.run(command, input="\n".join(wanted), text=True, stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    sys.exit(main())
