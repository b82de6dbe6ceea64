"""Backups on the installation's own machine: made, checked, tried and put back, also while the gateway serves."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from omniroute.app import Gateway
from omniroute.commands.opened import opened
from omniroute.commands.prepare import Overrides, run
from omniroute.kit.errors import Conflict, NotFound
from omniroute.kit.secret import Secret
from omniroute.services.backup_values import BackupProgress, Watch
from omniroute.storage.encryption import require_passphrase


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Watch | None]:
    """Give what shows people how far it is; nothing for scripts."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None)

        def watch(progress: BackupProgress) -> None:
            shown.update(task, description=progress.table, completed=progress.rows, total=progress.total)

        yield watch


def _secret(passphrase: str | None) -> Secret | None:
    return None if passphrase is None else require_passphrase(Secret(passphrase))


async def _named(gateway: Gateway, backup: str) -> str:
    """Return a backup's id; a file that lies elsewhere is taken in first."""
    file = Path(backup)
    is_file = await asyncio.to_thread(file.is_file)
    return await gateway.services.backups.bring(file) if is_file else backup


@asynccontextmanager
async def _working(overrides: Overrides, *, quiet: bool) -> AsyncIterator[tuple[Gateway, Watch | None]]:
    async with opened(overrides) as gateway:
        with _bar(quiet=quiet) as watch:
            yield gateway, watch


def create(overrides: Overrides, reason: str, passphrase: str | None, *, quiet: bool) -> dict[str, Any]:
    """Make a backup of this moment."""
    secret = _secret(passphrase)

    async def work() -> dict[str, Any]:
        async with _working(overrides, quiet=quiet) as (gateway, watch):
            made = await gateway.services.backups.create(reason, watch, secret)
            return asdict(made) | {"file": str(gateway.services.backups.path(made.id))}

    return run(work())


def list_all(overrides: Overrides) -> list[dict[str, Any]]:
    """Return all backups, the newest first."""

    async def work() -> list[dict[str, Any]]:
        async with opened(overrides, looks=True) as gateway:
            return [asdict(one) for one in await gateway.services.backups.list()]

    return run(work())


def verify(overrides: Overrides, backup: str, passphrase: str | None) -> dict[str, Any]:
    """Read a backup from end to end and say what is wrong with it."""

    async def work() -> dict[str, Any]:
        async with opened(overrides, looks=True) as gateway:
            backups = gateway.services.backups
            return asdict(await backups.verify(await _named(gateway, backup), _secret(passphrase)))

    return run(work())


def restore(overrides: Overrides, backup: str, passphrase: str | None, *, quiet: bool) -> dict[str, Any]:
    """Put a backup in the place of everything, after a safety backup."""

    async def work() -> dict[str, Any]:
        async with _working(overrides, quiet=quiet) as (gateway, watch):
            backup_id = await _named(gateway, backup)
            return asdict(await gateway.services.backups.restore(backup_id, watch, _secret(passphrase)))

    return run(work())


def drill(overrides: Overrides, backup: str | None, passphrase: str | None, *, quiet: bool) -> dict[str, Any]:
    """Restore a backup, or the newest, into a database that is thrown away, and compare every row."""

    async def work() -> dict[str, Any]:
        async with _working(overrides, quiet=quiet) as (gateway, watch):
            backup_id = None if backup is None else await _named(gateway, backup)
            return asdict(await gateway.services.backups.drill(backup_id, watch, _secret(passphrase)))

    return run(work())


def export(overrides: Overrides, target: Path | None, *, everything: bool, quiet: bool) -> dict[str, Any]:
    """Write a SQLite file, or an archive of everything, to a new file or into a folder."""

    async def work() -> dict[str, Any]:
        async with _working(overrides, quiet=quiet) as (gateway, watch):
            exports = gateway.services.exports
            async with exports.everything(watch) if everything else exports.database(watch) as made:
                file = await asyncio.to_thread(_placed, target or Path(), made.filename)
                await asyncio.to_thread(shutil.copyfile, made.path, file)
                return {"file": str(file), "size": made.size}

    return run(work())


def _placed(target: Path, filename: str) -> Path:
    file = (target / filename if target.is_dir() else target).absolute()
    if file.exists():
        raise Conflict(f"{file} exists already: name another file")
    file.touch(mode=0o600)
    return file


def take(overrides: Overrides, file: Path, passphrase: str | None, *, quiet: bool) -> dict[str, Any]:
    """Take what a file holds: one of ours takes the place of everything, one of the original OmniRoute is added."""
    if not file.is_file():
        raise NotFound(f"there is no file {str(file)!r}")

    async def work() -> dict[str, Any]:
        async with _working(overrides, quiet=quiet) as (gateway, watch):
            return asdict(await gateway.services.imports.take(file, file.name, watch, _secret(passphrase)))

    return run(work())


def facts(done: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an import did as one line a fact."""
    told: dict[str, Any] = {name: value for name, value in done.items() if name != "tables"}
    for one in done["tables"]:
        if one["taken"] or one["skipped"]:
            told[one["table"]] = f"{one['taken']} taken, {one['skipped']} skipped"
        for number, reason in enumerate(one["reasons"], 1):
            told[f"{one['table']}, note {number}"] = reason
    return told
