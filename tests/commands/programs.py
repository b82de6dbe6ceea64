"""The real command line in processes of its own, away from this checkout and from this machine's own settings."""

import asyncio
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.commands.forked import run_forked

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "COVERAGE_PROCESS_START")
_START_S = 60.0
HELLO = {"model": "demo/echo", "messages": [{"role": "user", "content": "Hello there"}]}
CHAT = "/v1/chat/completions"


@dataclass(kw_only=True)
class Installation:
    """A home folder with a data folder inside, and how to run the program there, by which Python."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)
    python: str = sys.executable

    @property
    def data(self) -> Path:
        return self.home / "data"

    def environment(self, **more: str) -> dict[str, str]:
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        own = {
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "DATA_DIR": str(self.data),
            "DISCOVER_LOCAL": "false",
            "LOG_FORMAT": "json",
        }
        return {**passed_on, **own, **self.env, **more}

    @property
    def temporary(self) -> Path:
        folder = self.home / "tmp"
        folder.mkdir(exist_ok=True)
        return folder

    def run(self, *words: str, stdin: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        if self.python != sys.executable:
            return self.start_and_run(*words, stdin=stdin, **more)
        return run_forked(words, home=self.home, env=self.environment(**more), stdin=stdin, timeout_s=_START_S)

    def start_and_run(self, *words: str, stdin: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in a process that has nothing imported yet."""
        return subprocess.run(
            [self.python, "-m", "omniroute", *words],
            cwd=self.home,
            env=self.environment(**more),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=_START_S,
            check=False,
        )

    def json(self, *words: str) -> dict[str, Any]:
        """Run a command with --json; return what it says."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def recorded(self) -> set[str]:
        """Return the ids of the requests in the database file."""
        connection = sqlite3.connect(self.data / "storage.sqlite")
        try:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            return {row[0] for row in connection.execute("SELECT id FROM request_logs")}
        finally:
            connection.close()

    @asynccontextmanager
    async def serving(self, *words: str, **more: str) -> "AsyncIterator[Serving]":
        """Run a server until the end of the context; it is killed then if it still runs."""
        process = await asyncio.create_subprocess_exec(
            self.python,
            "-m",
            "omniroute",
            *words,
            "--port",
            "0",
            cwd=self.home,
            env=self.environment(**more),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        serving = Serving(process)
        try:
            yield serving
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await serving.reading
            await serving.http.aclose()


class Serving:
    """A server process: what it prints, and how to talk to it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.printed = ""
        self.http = httpx.AsyncClient(timeout=30, trust_env=False, verify=False)  # noqa: S501 - no TLS here; loading certificates takes time
        self._more = asyncio.Event()
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout
        while data := await self.process.stdout.read(65536):
            self.printed += data.decode()
            self._more.set()
        self._more.set()

    async def prints(self, pattern: str) -> re.Match[str]:
        """Wait until the process has printed something that matches."""
        async with asyncio.timeout(_START_S):
            while not (found := re.search(pattern, self.printed)):
                assert not self.reading.done(), f"it ended without {pattern!r}:\n{self.printed}"
                self._more.clear()
                await self._more.wait()
        return found

    async def ready(self) -> str:
        """Wait until it listens and has said all it says; return its address."""
        url = (await self.prints(r'"url": ?"(http://[^"]+)"'))[1]
        await self.prints(r"setup\?token=|Try it|OmniRoute is listening")
        return url

    async def ended(self, within_s: float = 20.0) -> int:
        """Wait for the end of the process; return its exit code."""
        async with asyncio.timeout(within_s):
            code = await self.process.wait()
            await self.reading
        return code

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
