"""Backups on the installation's own machine: made, listed, checked and put back, also while the gateway serves."""

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from omniroute.app import Gateway
from omniroute.commands.opened import opened
from omniroute.commands.prepare import Overrides, run
from omniroute.storage.dump import Progress

_CLEAR_LINE = "\r\x1b[K"


def _progress(*, quiet: bool) -> Progress | None:
    """Return what shows people how far it is; nothing for scripts."""
    if quiet or not sys.stderr.isatty():
        return None

    def tell(table: str, rows: int) -> None:
        sys.stderr.write(f"{_CLEAR_LINE}{table}: {rows:,} rows")
        sys.stderr.flush()

    return tell


def _end_progress(progress: Progress | None) -> None:
    if progress is not None:
        sys.stderr.write(_CLEAR_LINE)


async def _named(gateway: Gateway, backup: str) -> str:
    """Return a backup's id; a file that lies elsewhere is taken in first."""
    file = Path(backup)
    is_file = await asyncio.to_thread(file.is_file)
    return await gateway.services.backups.bring(file) if is_file else backup


def create(overrides: Overrides, reason: str, *, quiet: bool) -> dict[str, Any]:
    """Make a backup of this moment."""

    async def work() -> dict[str, Any]:
        async with opened(overrides) as gateway:
            progress = _progress(quiet=quiet)
            made = await gateway.services.backups.create(reason, progress)
            _end_progress(progress)
            return asdict(made) | {"file": str(gateway.services.backups.path(made.id))}

    return run(work())


def list_all(overrides: Overrides) -> list[dict[str, Any]]:
    """Return all backups, the newest first."""

    async def work() -> list[dict[str, Any]]:
        async with opened(overrides, looks=True) as gateway:
            return [asdict(one) for one in await gateway.services.backups.list()]

    return run(work())


def verify(overrides: Overrides, backup: str) -> dict[str, Any]:
    """Read a backup from end to end and say what is wrong with it."""

    async def work() -> dict[str, Any]:
        async with opened(overrides, looks=True) as gateway:
            return asdict(await gateway.services.backups.verify(await _named(gateway, backup)))

    return run(work())


def restore(overrides: Overrides, backup: str, *, quiet: bool) -> dict[str, Any]:
    """Put a backup in the place of everything, after a safety backup."""

    async def work() -> dict[str, Any]:
        async with opened(overrides) as gateway:
            progress = _progress(quiet=quiet)
            done = await gateway.services.backups.restore(await _named(gateway, backup), progress)
            _end_progress(progress)
            return asdict(done)

    return run(work())
