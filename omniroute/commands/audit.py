"""The audit log on the installation's own machine: checked, and written out."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from omniroute.commands.opened import opened
from omniroute.commands.prepare import Overrides, run
from omniroute.kit.json import dumps

_CLEAR_LINE = "\r\x1b[K"


def verify(overrides: Overrides, *, quiet: bool) -> dict[str, Any]:
    """Read the log from end to end and say what is wrong with it."""

    async def work() -> dict[str, Any]:
        async with opened(overrides, looks=True) as gateway:
            progress = _progress(quiet=quiet)
            found = await gateway.services.audit.verify(progress)
            if progress is not None:
                sys.stderr.write(_CLEAR_LINE)
            return asdict(found)

    return run(work())


def _progress(*, quiet: bool) -> Callable[[int, int], None] | None:
    """Return what shows people how far it is; nothing for scripts."""
    if quiet or not sys.stderr.isatty():
        return None

    def tell(done: int, total: int) -> None:
        sys.stderr.write(f"{_CLEAR_LINE}{done:,} of {total:,} rows")
        sys.stderr.flush()

    return tell


def export(overrides: Overrides, file: Path | None) -> int:
    """Write every entry as a JSON line, the oldest first; return how many."""

    async def work() -> int:
        count = 0
        async with opened(overrides, looks=True) as gateway:
            out = sys.stdout.buffer if file is None else await asyncio.to_thread(file.open, "wb")
            try:
                async for entry in gateway.services.audit.export():
                    out.write(dumps(asdict(entry)) + b"\n")
                    count += 1
            finally:
                if file is not None:
                    out.close()
        return count

    return run(work())
