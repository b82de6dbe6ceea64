"""Backups of everything in the database: made while the gateway serves, checked, put back without a restart.

A backup is the same file whether it comes from SQLite or from PostgreSQL, and goes into either. Provider keys in it
are sealed: it opens with the key file of the installation that it was made in.
"""

import asyncio
import re
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict, Invalid, NotFound
from omniroute.kit.events import EVERYTHING, ConfigurationChanged
from omniroute.services.changes import Changed
from omniroute.services.moments import moment
from omniroute.storage.archive import Archive, ArchiveWriter, Manifest
from omniroute.storage.dump import Dump, Progress
from omniroute.storage.tables import SCHEMA_REVISION

log = structlog.get_logger(__name__)

SUFFIX = ".omniroute.zip"
LONGEST_REASON = 22  # an id is 64 characters at most, wherever it stands in a path
_NAME = re.compile(rf"backup-\d{{8}}T\d{{9}}Z-[a-z-]{{1,{LONGEST_REASON}}}\.omniroute\.zip")
_REASON = re.compile(rf"[a-z-]{{1,{LONGEST_REASON}}}")
# How many to keep of each kind: all of the last hours, one a day, one a week.
_HOURLY, _DAILY, _WEEKLY = 24, 14, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup. `id` is its file's name; `size` in bytes; counts of rows."""

    id: str
    filename: str
    created_at: str
    size: int
    reason: str
    version: str
    connection_count: int
    node_count: int
    combo_count: int
    api_key_count: int
    request_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What checking a backup found; `faults` are words for people."""

    id: str
    ok: bool
    faults: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did: rows before and after by table, and the safety backup made first."""

    backup_id: str
    safety_backup_id: str
    connection_count: int
    node_count: int
    combo_count: int
    api_key_count: int
    before: dict[str, int]
    after: dict[str, int]


class Backups:
    """Makes, lists, checks and restores backups in one folder. `key_id` names the sealing key in use."""

    def __init__(
        self,
        *,
        folder: Path,
        dump: Dump,
        key_id: str,
        version: str,
        clock: Clock,
        changed: Changed,
        flush: Callable[[], Awaitable[None]],
    ) -> None:
        self._folder = folder
        self._dump = dump
        self._key_id = key_id
        self._version = version
        self._clock = clock
        self._changed = changed
        self._flush = flush
        self._turn = asyncio.Lock()

    async def create(self, reason: str = "manual", progress: Progress | None = None) -> Backup:
        """Make a backup of this moment; `progress` is told each table and how many rows are done.

        Raises Invalid for a reason that is no word, Conflict while another runs.
        """
        if not _REASON.fullmatch(reason):
            raise Invalid(f"reason: use up to {LONGEST_REASON} small letters and hyphens", param="reason")
        if self._turn.locked():
            raise Conflict("a backup or a restore is under way: try again when it is done", code="busy")
        async with self._turn:
            return await self._create(reason, progress)

    async def _create(self, reason: str, progress: Progress | None = None) -> Backup:
        # What was asked in the last quarter of a second is part of this moment too.
        await self._flush()
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        now = moment(self._clock.now_ms())
        name = _name(now, reason)
        rows: Counter[str] = Counter()
        writer = await asyncio.to_thread(ArchiveWriter, self._folder / name)
        async with AsyncExitStack() as undo:
            undo.push_async_callback(asyncio.to_thread, writer.discard)
            async for table, lines in self._dump.read():
                await asyncio.to_thread(writer.add, table, lines)
                rows[table] += lines.count(b"\n")
                if progress is not None:
                    progress(table, rows[table])
            await asyncio.to_thread(
                writer.finish,
                version=self._version,
                schema=SCHEMA_REVISION,
                created_at=now.isoformat().replace("+00:00", "Z"),
                reason=reason,
                key_id=self._key_id,
            )
            undo.pop_all()
        log.info("backup made", file=name)
        return await asyncio.to_thread(self._shown, self._folder / name)

    async def list(self) -> Sequence[Backup]:
        """Return all backups, the newest first; a damaged file is left out and told to the log."""
        return await asyncio.to_thread(self._list)

    def _list(self) -> Sequence[Backup]:
        found: list[Backup] = []
        for path in sorted(self._folder.glob(f"backup-*{SUFFIX}"), reverse=True):
            try:
                found.append(self._shown(path))
            except Invalid as error:
                log.warning("a backup cannot be read", file=path.name, reason=error.message)
        return found

    def _shown(self, path: Path) -> Backup:
        manifest = Archive(path).manifest
        return Backup(
            id=path.name,
            filename=path.name,
            created_at=manifest.created_at,
            size=path.stat().st_size,
            reason=manifest.reason,
            version=manifest.version,
            connection_count=manifest.tables.get("connections", 0),
            node_count=manifest.tables.get("nodes", 0),
            combo_count=manifest.tables.get("combos", 0),
            api_key_count=manifest.tables.get("api_keys", 0),
            request_count=manifest.tables.get("request_logs", 0),
        )

    def path(self, backup_id: str) -> Path:
        """Return a backup's file; raise NotFound."""
        path = self._folder / backup_id
        if not _NAME.fullmatch(backup_id) or not path.is_file():
            raise NotFound(f"there is no backup {backup_id!r}: GET /api/db-backups lists them", code="no_such_backup")
        return path

    async def verify(self, backup_id: str) -> Verified:
        """Read a backup from end to end and say what is wrong with it."""
        path = self.path(backup_id)
        faults = await asyncio.to_thread(self._faults, path)
        return Verified(id=backup_id, ok=not faults, faults=faults)

    def _faults(self, path: Path) -> Sequence[str]:
        try:
            archive = Archive(path)
        except Invalid as error:
            return [error.message]
        return [*_unfit(archive.manifest, self._key_id), *archive.verify()]

    async def bring(self, file: Path) -> str:
        """Take a backup that lies elsewhere into the folder; return its id. Raises Invalid for what is none."""
        return await asyncio.to_thread(self._bring, file)

    def _bring(self, file: Path) -> str:
        manifest = Archive(file).manifest
        if not _REASON.fullmatch(manifest.reason):
            raise Invalid(f"{file.name} names a reason that no backup has", code="damaged_backup")
        name = _name(datetime.fromisoformat(manifest.created_at), manifest.reason)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if file.resolve() != (self._folder / name).resolve():
            shutil.copyfile(file, self._folder / name)
        return name

    async def delete(self, backup_id: str) -> None:
        """Remove a backup; raises NotFound."""
        await asyncio.to_thread(self.path(backup_id).unlink)

    async def restore(self, backup_id: str, progress: Progress | None = None) -> Restored:
        """Put a backup in the place of everything, after a safety backup. Raises NotFound, Invalid, Conflict.

        Requests under way finish with what they began with; the next ones see the restored configuration.
        """
        path = self.path(backup_id)
        if self._turn.locked():
            raise Conflict("a backup or a restore is under way: try again when it is done", code="busy")
        async with self._turn:
            faults = await asyncio.to_thread(self._faults, path)
            if faults:
                raise Invalid(f"this backup cannot be restored: {'; '.join(faults)}", code="damaged_backup")
            safety = await self._create("pre-restore")
            before = await self._dump.counts()
            archive = await asyncio.to_thread(Archive, path)
            lines = {table: archive.lines(table) for table in archive.manifest.tables}
            after = await self._dump.replace(lines, progress)
        await self._changed(ConfigurationChanged(noun=EVERYTHING))
        log.info("backup restored", file=backup_id, safety=safety.id)
        return Restored(
            backup_id=backup_id,
            safety_backup_id=safety.id,
            connection_count=after["connections"],
            node_count=after["nodes"],
            combo_count=after["combos"],
            api_key_count=after["api_keys"],
            before=before,
            after=after,
        )

    async def prune(self) -> Sequence[str]:
        """Remove what the retention no longer keeps, of those made by the clock; return their ids."""
        gone = [one.id for one in _outlived([one for one in await self.list() if one.reason == "scheduled"])]
        for backup_id in gone:
            await self.delete(backup_id)
        return gone


def _name(made_at: datetime, reason: str) -> str:
    return f"backup-{made_at:%Y%m%dT%H%M%S}{made_at.microsecond // 1000:03d}Z-{reason}{SUFFIX}"


def _unfit(manifest: Manifest, key_id: str) -> list[str]:
    """Say why a backup that is whole can't be used here."""
    faults: list[str] = []
    if manifest.schema != SCHEMA_REVISION:
        faults.append(f"it has schema {manifest.schema}, this version has {SCHEMA_REVISION}")
    if manifest.key_id != key_id:
        faults.append(
            f"its provider keys are sealed with key {manifest.key_id}, the one in use is {key_id}: "
            "put back the secret.key file of the installation that it was made in"
        )
    return faults


def _outlived(backups: Sequence[Backup]) -> Sequence[Backup]:
    """Return what is neither among the newest, nor the newest of one of the last days or weeks."""
    days = _first_of(backups, lambda one: datetime.fromisoformat(one.created_at).date())
    weeks = _first_of(backups, lambda one: datetime.fromisoformat(one.created_at).isocalendar()[:2])
    kept = {one.id for one in (*backups[:_HOURLY], *days[:_DAILY], *weeks[:_WEEKLY])}
    return [one for one in backups if one.id not in kept]


def _first_of(backups: Sequence[Backup], period: Callable[[Backup], object]) -> Sequence[Backup]:
    """Return the first backup of each period, in order."""
    found: dict[object, Backup] = {}
    for one in backups:
        found.setdefault(period(one), one)
    return list(found.values())
