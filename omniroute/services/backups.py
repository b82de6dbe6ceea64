"""Backups of everything in the database: made while the gateway serves, checked, put back without a restart.

A backup is the same file whether it comes from SQLite or from PostgreSQL, and goes into either. Provider keys in it
are sealed: it opens with the key file of the installation that it was made in.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import structlog

from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict, Invalid, NotFound, OmniError, Unprocessable
from omniroute.kit.events import EVERYTHING, ConfigurationChanged
from omniroute.kit.secret import Secret
from omniroute.routing.retention import Retention, outlived
from omniroute.services.backup_folder import Folder, checked_reason, name_of, opened
from omniroute.services.backup_schedule import BackupSchedule
from omniroute.services.backup_turn import Turn, Work
from omniroute.services.backup_values import (
    Backup,
    BackupSettings,
    BackupSettingsChange,
    BackupWork,
    Drilled,
    Restored,
    Verified,
    Watch,
)
from omniroute.services.changes import Changed
from omniroute.services.moments import moment
from omniroute.storage.archive import Archive, ArchiveWriter
from omniroute.storage.drill import tried
from omniroute.storage.dump import Dump, Lines, closed_secrets
from omniroute.storage.secrets import Sealer
from omniroute.storage.settings import SettingGroups
from omniroute.storage.tables import SCHEMA_REVISION

log = structlog.get_logger(__name__)

SCHEDULED = "scheduled"
# A timetable is never exact to the second.
_SLACK = timedelta(minutes=5)
# What reading a configuration raises that no version of ours wrote.
_UNREADABLE = (OmniError, ValueError, TypeError, LookupError, AttributeError, msgspec.MsgspecError)


class Backups:
    """Makes, lists, checks and restores backups in one folder."""

    def __init__(
        self,
        *,
        folder: Path,
        dump: Dump,
        sealer: Sealer,
        groups: SettingGroups,
        version: str,
        clock: Clock,
        changed: Changed,
        flush: Callable[[], Awaitable[None]],
    ) -> None:
        self._folder = Folder(folder)
        self._dump = dump
        self._sealer = sealer
        self._schedule = BackupSchedule(groups=groups, changed=changed)
        self._version = version
        self._clock = clock
        self._changed = changed
        self._flush = flush
        self._turn = Turn(clock)

    def turn(self, action: str, watch: Watch | None = None) -> AbstractAsyncContextManager[Work]:
        """Take a turn at the whole database, for what is no backup; raise Conflict while another works."""
        return self._turn.take(action, watch)

    async def create(
        self, reason: str = "manual", watch: Watch | None = None, passphrase: Secret | None = None
    ) -> Backup:
        """Make a backup of this moment, encrypted where a passphrase is given; `watch` is told how far it is.

        Raises Invalid for a reason that is no word, Conflict while another runs.
        """
        checked_reason(reason)
        async with self.turn("create", watch) as work:
            return await self.within(work, reason, passphrase)

    async def within(self, work: Work, reason: str, passphrase: Secret | None = None) -> Backup:
        """Make a backup as a step of other work, which holds the turn."""
        # What was asked in the last quarter of a second is part of this moment too.
        await self._flush()
        await asyncio.to_thread(self._folder.prepare)
        now = moment(self._clock.now_ms())
        path = self._folder.path / name_of(now, reason)
        work.begin("counting", sum((await self._dump.counts()).values()))
        writer = await asyncio.to_thread(ArchiveWriter, path)
        async with AsyncExitStack() as undo:
            undo.push_async_callback(asyncio.to_thread, writer.discard)
            rows: dict[str, int] = {}
            async for table, lines in self._dump.read():
                await asyncio.to_thread(writer.add, table, lines)
                rows[table] = rows.get(table, 0) + lines.count(b"\n")
                work.tell(table, rows[table])
            await asyncio.to_thread(
                writer.finish,
                version=self._version,
                schema=SCHEMA_REVISION,
                created_at=now.isoformat().replace("+00:00", "Z"),
                reason=reason,
                key_id=self._sealer.key_id,
            )
            undo.pop_all()
        if passphrase is not None:
            work.begin("encrypting")
            path = await asyncio.to_thread(self._folder.encrypt, path, passphrase)
        log.info("backup made", file=path.name)
        return await asyncio.to_thread(self._folder.shown, path)

    def progress(self) -> BackupWork:
        """Return what is under way."""
        return BackupWork(progress=self._turn.progress)

    async def list(self) -> Sequence[Backup]:
        """Return all backups, the newest first; a damaged file is left out and told to the log."""
        return await asyncio.to_thread(self._folder.list)

    def path(self, backup_id: str) -> Path:
        """Return a backup's file; raise NotFound."""
        return self._folder.find(backup_id)

    async def verify(self, backup_id: str, passphrase: Secret | None = None) -> Verified:
        """Read a backup from end to end and say what is wrong with it."""
        faults = await asyncio.to_thread(self._faults, self.path(backup_id), passphrase)
        return Verified(id=backup_id, ok=not faults, faults=faults)

    def _faults(self, path: Path, passphrase: Secret | None) -> Sequence[str]:
        try:
            with opened(path, passphrase) as archive:
                return self._faults_in(archive)
        except OmniError as error:
            return [error.message]

    def _faults_in(self, archive: Archive) -> Sequence[str]:
        faults = [*_unfit(archive, self._sealer.key_id), *archive.verify()]
        # Where the rest is in order, what is sealed must open too: it is all read once more for that.
        return faults or closed_secrets(_lines(archive), self._sealer)

    async def bring(self, file: Path) -> str:
        """Take a backup that lies elsewhere into the folder; return its id. Raises Invalid for what is none."""
        return await asyncio.to_thread(self._folder.bring, file)

    async def delete(self, backup_id: str) -> None:
        """Remove a backup; raises NotFound."""
        await asyncio.to_thread(self.path(backup_id).unlink)

    async def restore(self, backup_id: str, watch: Watch | None = None, passphrase: Secret | None = None) -> Restored:
        """Put a backup in the place of everything, after a safety backup. Raises NotFound, Invalid, Conflict.

        Requests under way finish with what they began with; the next ones see the restored configuration.
        """
        path = self.path(backup_id)
        async with self.turn("restore", watch) as work, AsyncExitStack() as stack:
            work.begin("checking")
            held = opened(path, passphrase)
            try:
                archive = await asyncio.to_thread(held.__enter__)
            except Invalid as error:
                raise Invalid(f"this backup cannot be restored: {error.message}", code="damaged_backup") from error
            stack.push(held.__exit__)
            faults = await asyncio.to_thread(self._faults_in, archive)
            if faults:
                raise Invalid(f"this backup cannot be restored: {'; '.join(faults[:5])}", code="damaged_backup")
            safety, before, after = await self.replace(work, _lines(archive), sum(archive.manifest.tables.values()))
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

    async def replace(
        self, work: Work, lines: Lines, total: int | None, reason: str = "pre-restore"
    ) -> tuple[Backup, dict[str, int], dict[str, int]]:
        """Put rows in the place of everything, after a safety backup; return it, and the counts before and after."""
        safety = await self.within(work, reason)
        before = await self._dump.counts()
        work.begin("restoring", total)
        after = await self._dump.replace(lines, work.tell)
        try:
            await self._changed(ConfigurationChanged(noun=EVERYTHING))
        except _UNREADABLE as error:
            log.exception("what was restored cannot be read: going back", safety=safety.id)
            await self._dump.replace(_lines(Archive(self.path(safety.id))))
            await self._changed(ConfigurationChanged(noun=EVERYTHING))
            raise Unprocessable(
                f"the configuration in it cannot be read ({error}): everything is as it was", code="damaged_backup"
            ) from error
        return safety, before, after

    async def drill(
        self, backup_id: str | None = None, watch: Watch | None = None, passphrase: Secret | None = None
    ) -> Drilled:
        """Restore a backup, or the newest, into a database that is thrown away, and compare rows; raise NotFound."""
        path = self.path(backup_id) if backup_id is not None else await self._newest()
        began = self._clock.monotonic()
        async with self.turn("drill", watch) as work:
            faults, rows = await self._tried(work, path, passphrase)
        return Drilled(
            backup_id=path.name,
            ok=not faults,
            faults=faults,
            rows=rows,
            duration_ms=round((self._clock.monotonic() - began) * 1000),
        )

    async def _newest(self) -> Path:
        found = await self.list()
        if not found:
            raise NotFound("there is no backup yet: make one first", code="no_such_backup")
        return self.path(found[0].id)

    async def _tried(self, work: Work, path: Path, passphrase: Secret | None) -> tuple[Sequence[str], int]:
        async with AsyncExitStack() as stack:
            try:
                work.begin("checking")
                held = opened(path, passphrase)
                archive = await asyncio.to_thread(held.__enter__)
                stack.push(held.__exit__)
                faults = await asyncio.to_thread(self._faults_in, archive)
                if faults:
                    return faults, 0
                work.begin("restoring", sum(archive.manifest.tables.values()))
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self._folder.path)))
                return await tried(_lines(archive), folder / "drill.sqlite", work.tell)
            except OmniError as error:
                return [error.message], 0

    async def settings(self) -> BackupSettings:
        """Return when backups are made by themselves, and how many are kept."""
        return await self._schedule.get()

    async def update_settings(self, change: BackupSettingsChange) -> BackupSettings:
        """Change that; raise Unprocessable on a bad value."""
        return await self._schedule.update(change)

    async def scheduled(self) -> Backup | None:
        """Make the backup that is due by now, and prune; None when none is due. Fit to be called every few minutes."""
        settings = await self.settings()
        if not settings.enabled:
            return None
        newest = next((one for one in await self.list() if one.reason == SCHEDULED), None)
        due = timedelta(hours=settings.interval_hours) - _SLACK
        if newest is not None and moment(self._clock.now_ms()) - _made_at(newest) < due:
            return None
        try:
            made = await self.create(SCHEDULED)
        except Conflict:
            log.info("the scheduled backup waits: another one is under way")
            return None
        await self.prune()
        return made

    async def prune(self) -> Sequence[str]:
        """Remove what the retention no longer keeps, of those made by the clock; return their ids."""
        settings = await self.settings()
        keep = Retention(hourly=settings.keep_hourly, daily=settings.keep_daily, weekly=settings.keep_weekly)
        found = [one for one in await self.list() if one.reason == SCHEDULED]
        gone = [found[place].id for place in sorted(outlived([_made_at(one) for one in found], keep))]
        for backup_id in gone:
            await self.delete(backup_id)
        return gone


def _made_at(backup: Backup) -> datetime:
    return datetime.fromisoformat(backup.created_at)


def _lines(archive: Archive) -> Lines:
    return {table: _Member(archive, table) for table in archive.manifest.tables}


class _Member:
    """A table's lines, read anew each time they are asked for."""

    def __init__(self, archive: Archive, table: str) -> None:
        self._archive = archive
        self._table = table

    def __iter__(self) -> Iterator[bytes]:
        return self._archive.lines(self._table)


def _unfit(archive: Archive, key_id: str) -> list[str]:
    """Say why a backup that is whole can't be used here."""
    manifest = archive.manifest
    faults: list[str] = []
    if manifest.schema != SCHEMA_REVISION:
        faults.append(f"it has schema {manifest.schema}, this version has {SCHEMA_REVISION}")
    if manifest.key_id != key_id:
        faults.append(
            f"its provider keys are sealed with key {manifest.key_id}, the one in use is {key_id}: "
            "put back the secret.key file of the installation that it was made in"
        )
    return faults
