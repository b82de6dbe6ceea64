"""JavaScript packages for tests: by `npm ci` from a committed lock, once, into a folder of the user's cache."""

import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

_LOCK = ("package.json", "package-lock.json")
_INSTALL_S = 90


@functools.cache
def installed(source: Path) -> Path | str:
    """Return a folder that has the packages, installed when they are not there yet, or why there is none."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "node and npm are not here"
    digest = hashlib.sha256(b"".join((source / name).read_bytes() for name in _LOCK)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "omniroute-tests"
    folder = cache / f"{source.parent.name}-{digest}"
    if folder.exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="node-", dir=cache))
    for name in _LOCK:
        shutil.copy(source / name, fresh)
    trouble = _npm_ci(fresh)
    if trouble:
        shutil.rmtree(fresh)
        return f"the JavaScript packages can't be installed: {trouble}"
    try:
        fresh.rename(folder)
    except OSError:  # another worker was faster
        shutil.rmtree(fresh)
    return folder


def _npm_ci(folder: Path) -> str | None:
    """Install; return what went wrong. One failed fetch is enough: where there is no network the tests go on."""
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return " ".join(done.stderr.split())[:200] or "npm failed" if done.returncode else None
