"""The audit log on the installation's own machine: checked, and written out."""

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from omniroute.commands.opened import opened
from omniroute.commands.prepare import Overrides, run
from omniroute.commands.status_line import StatusLine
from omniroute.kit.json import dumps


def verify(overrides: Overrides, *, quiet: bool) -> dict[str, Any]:
    """Read the log from end to end and say what is wrong with it."""

    async def work() -> dict[str, Any]:
        async with opened(overrides, looks=True) as gateway:
            line = StatusLine(quiet=quiet)
            found = await gateway.services.audit.verify(lambda done, total: line.tell(f"{done:,} of {total:,} rows"))
            line.clear()
            return asdict(found)

    return run(work())


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
