"""Exports: the whole database as one SQLite file, and that with readable lists beside it as a .tar.gz.

Both are one moment's state, made while the gateway serves, the same from SQLite and from PostgreSQL. Provider keys in
the database stay sealed; the lists hold none.
"""

import asyncio
import io
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from omniroute.kit import json
from omniroute.kit.clock import Clock
from omniroute.kit.errors import Unavailable
from omniroute.services.backup_turn import Work
from omniroute.services.backup_values import Watch
from omniroute.services.backups import Backups
from omniroute.services.moments import moment
from omniroute.storage.dump import Dump
from omniroute.storage.scratch import scratch, settle

FULL_FORMAT = "omniroute-full-backup-v1"
DATABASE = "storage.sqlite"
_HIDDEN = frozenset({"digest", "previous_digest", "previous_until"})
_LISTED = ("settings", "combos", "connections", "nodes", "api_keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A file that was made, what to call it, and its length in bytes."""

    path: Path
    filename: str
    size: int


class Exports:
    """Makes the files; each is gone when the block in which it was asked for ends."""

    def __init__(
        self,
        *,
        folder: Path,
        backups: Backups,
        dump: Dump,
        version: str,
        clock: Clock,
        flush: Callable[[], Awaitable[None]],
    ) -> None:
        self._folder = folder
        self._backups = backups
        self._dump = dump
        self._version = version
        self._clock = clock
        self._flush = flush

    @asynccontextmanager
    async def database(self, watch: Watch | None = None) -> AsyncIterator[Exported]:
        """Make a SQLite file of everything; raise Conflict while a backup or restore is under way."""
        now = moment(self._clock.now_ms())
        async with self._room() as room:
            async with self._backups.turn("export", watch) as work:
                path = await self._written(room, work)
            yield await _exported(path, f"omniroute-backup-{_shown(now)}.sqlite")

    @asynccontextmanager
    async def everything(self, watch: Watch | None = None) -> AsyncIterator[Exported]:
        """Make a .tar.gz of the database and readable lists; raise Conflict while a backup or restore is under way."""
        now = moment(self._clock.now_ms())
        async with self._room() as room:
            async with self._backups.turn("export", watch) as work:
                lists: dict[str, list[dict[str, Any]]] = {name: [] for name in _LISTED}
                path = await self._written(room, work, lists)
                work.begin("packing")
                members = _members(lists, now, self._version)
                packed = room / "everything.tar.gz"
                await asyncio.to_thread(_pack, packed, path, members, now)
            yield await _exported(packed, f"omniroute-full-backup-{_shown(now)}.tar.gz")

    @asynccontextmanager
    async def _room(self) -> AsyncIterator[Path]:
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        room = await asyncio.to_thread(lambda: TemporaryDirectory(dir=self._folder, prefix="export-"))
        try:
            yield Path(room.name)
        finally:
            await asyncio.to_thread(room.cleanup)

    async def _written(self, room: Path, work: Work, lists: dict[str, list[dict[str, Any]]] | None = None) -> Path:
        await self._flush()
        work.begin("counting", sum((await self._dump.counts()).values()))
        path = room / DATABASE
        async with scratch(path) as database:
            await Dump(database).fill_from(_overheard(self._dump.read(), lists or {}), work.tell)
        if faults := await asyncio.to_thread(settle, path):
            raise Unavailable(f"the exported file is damaged ({faults[0]}): check the disk")
        return path


async def _overheard(
    pieces: AsyncIterator[tuple[str, bytes]], lists: dict[str, list[dict[str, Any]]]
) -> AsyncIterator[tuple[str, bytes]]:
    """Pass a dump on, and keep the rows of the tables that are listed."""
    async for table, piece in pieces:
        if table in lists:
            lists[table] += [json.loads(line) for line in piece.splitlines()]
        yield table, piece


def _members(lists: Mapping[str, Sequence[Mapping[str, Any]]], now: datetime, version: str) -> dict[str, bytes]:
    """Return the readable members. What is sealed or a digest is in none of them."""
    shown = {name: [_masked(row) for row in rows] for name, rows in lists.items()}
    members: dict[str, object] = {
        "settings.json": {row["name"]: row["value"] for row in shown["settings"]},
        "combos.json": shown["combos"],
        "providers.json": {"connections": shown["connections"], "nodes": shown["nodes"]},
        "api-keys.json": shown["api_keys"],
    }
    members["metadata.json"] = {
        "exportedAt": now.isoformat().replace("+00:00", "Z"),
        "version": version,
        "format": FULL_FORMAT,
        "contents": [DATABASE, *members, "metadata.json"],
    }
    return {name: msgspec.json.format(json.dumps(value), indent=2) + b"\n" for name, value in members.items()}


def _masked(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _HIDDEN and not name.endswith("_sealed")}


def _pack(target: Path, database: Path, members: Mapping[str, bytes], now: datetime) -> None:
    with tarfile.open(target, "w:gz", compresslevel=6) as file:
        file.add(database, DATABASE, filter=_plain)
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(content), int(now.timestamp()), 0o600
            file.addfile(info, io.BytesIO(content))


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave this machine's user out of it."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def _shown(now: datetime) -> str:
    return f"{now:%Y%m%dT%H%M%SZ}"


async def _exported(path: Path, filename: str) -> Exported:
    return Exported(path=path, filename=filename, size=(await asyncio.to_thread(path.stat)).st_size)
