"""A command in a process of its own that begins with the program already imported: a fork of one clean process.

Importing takes most of the time of a short command. What a start truly does is tried where a server is started, and
with the packaged program.
"""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

from omniroute.__main__ import main

_FORKS = multiprocessing.get_context("forkserver")
# Only what every command on an installation needs, and nothing that starts a thread.
_FORKS.set_forkserver_preload(
    ["tests.commands.forked", *(f"omniroute.commands.{name}" for name in ("backup", "server", "migrate", "evals"))]
)


def run_forked(
    words: Sequence[str], *, home: Path, env: Mapping[str, str], stdin: str | None, timeout_s: float
) -> CompletedProcess[str]:
    """Run `omniroute` with these words and this environment to its end, in `home`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        streams = [folder / one for one in ("stdin", "stdout", "stderr")]
        streams[0].write_text(stdin or "", encoding="utf-8")
        process = _FORKS.Process(target=_command, args=(tuple(words), str(home), dict(env), tuple(map(str, streams))))
        process.start()
        process.join(timeout_s)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutExpired(list(words), timeout_s)
        out, err = (one.read_text(encoding="utf-8") for one in streams[1:])
        return CompletedProcess(list(words), process.exitcode, out, err)


def _command(words: tuple[str, ...], home: str, env: dict[str, str], streams: tuple[str, str, str]) -> None:
    os.chdir(home)
    os.environ.clear()
    os.environ.update(env)
    tempfile.tempdir = None
    for number, (path, mode) in enumerate(zip(streams, (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT] * 2), strict=True)):
        opened = os.open(path, mode, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - open as long as the process lives
    sys.argv = ["omniroute", *words]
    main()
