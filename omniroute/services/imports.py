"""Imports: a SQLite file, an exported archive, a backup, and databases of the original OmniRoute.

What is brought is never opened as it is: it is read by a child process with limits, its rows are checked against our
columns, and they are copied in one transaction after a safety backup.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from omniroute.kit.errors import Unprocessable
from omniroute.kit.events import EVERYTHING, ConfigurationChanged
from omniroute.kit.secret import Secret
from omniroute.services.backup_turn import Work
from omniroute.services.backup_values import Imported, TakenTable, Watch
from omniroute.services.backups import Backups
from omniroute.services.changes import Changed
from omniroute.services.originals import Originals
from omniroute.storage.dump import Dump, closed_secrets
from omniroute.storage.encryption import is_sealed
from omniroute.storage.foreign import SQLITE_MAGIC, Foreign, read_foreign
from omniroute.storage.secrets import Sealer
from omniroute.storage.tables import SCHEMA_REVISION
from omniroute.storage.unpacking import GZIP_MAGIC, extract

log = structlog.get_logger(__name__)

MOST_BYTES = 8 * 1024**3
_REASON = "pre-import"
_ZIP_MAGIC = b"PK\x03\x04"
_HEAD = 64


class Imports:
    """Takes files. `folder` is where they are unpacked."""

    def __init__(
        self, *, folder: Path, backups: Backups, dump: Dump, sealer: Sealer, originals: Originals, changed: Changed
    ) -> None:
        self._folder = folder
        self._backups = backups
        self._dump = dump
        self._sealer = sealer
        self._originals = originals
        self._changed = changed

    async def take(
        self, file: Path, filename: str, watch: Watch | None = None, passphrase: Secret | None = None
    ) -> Imported:
        """Take a file's content; raise Unprocessable, which says why, for one that is not taken, and Conflict.

        A file of ours takes the place of everything. One of the original OmniRoute adds to what is there.
        """
        start = await asyncio.to_thread(_start, file)
        if start.startswith(_ZIP_MAGIC) or is_sealed(start):
            return await self._restored(file, filename, watch, passphrase)
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        room = await asyncio.to_thread(lambda: TemporaryDirectory(dir=self._folder, prefix="import-"))
        try:
            async with self._backups.turn("import", watch) as work:
                return await self._taken(file, filename, start, Path(room.name), work)
        finally:
            await asyncio.to_thread(room.cleanup)

    async def _restored(self, file: Path, filename: str, watch: Watch | None, passphrase: Secret | None) -> Imported:
        done = await self._backups.restore(await self._backups.bring(file), watch, passphrase)
        return _imported(filename, "backup", done.safety_backup_id, done.after, _counted(done.after))

    async def _taken(self, file: Path, filename: str, start: bytes, room: Path, work: Work) -> Imported:
        kind, database = "sqlite", file
        work.begin("unpacking")
        if start.startswith(GZIP_MAGIC):
            kind, database = "archive", room / "storage.sqlite"
            await asyncio.to_thread(extract, file, "storage.sqlite", database, most=MOST_BYTES)
            start = await asyncio.to_thread(_start, database)
        if not start.startswith(SQLITE_MAGIC):
            raise _refused("it is no SQLite database, no archive and no backup of OmniRoute")
        work.begin("reading")
        found = await read_foreign(database, room)
        if found.is_ours:
            return await self._replaced(found, filename, kind, work)
        if found.is_original:
            return await self._added(found, filename, work)
        raise _refused("it is a database, and not one of OmniRoute: tables are missing")

    async def _replaced(self, found: Foreign, filename: str, kind: str, work: Work) -> Imported:
        if found.revision != SCHEMA_REVISION:
            raise _refused(
                f"it has schema {found.revision[:40]!r}, this version has {SCHEMA_REVISION!r}: "
                "start OmniRoute with it as its database once, and export it again"
            )
        lines = found.lines()
        work.begin("checking")
        await asyncio.to_thread(found.check)
        if faults := await asyncio.to_thread(closed_secrets, lines, self._sealer):
            raise _refused(faults[0])
        safety, _, after = await self._backups.replace(work, lines, sum(found.counts.values()), _REASON)
        log.info("database imported", file=filename, safety=safety.id)
        return _imported(filename, kind, safety.id, after, _counted(after))

    async def _added(self, found: Foreign, filename: str, work: Work) -> Imported:
        plan = await self._originals.plan(found)
        safety = await self._backups.within(work, _REASON)
        work.begin("adding", sum(map(len, plan.rows.values())))
        await self._dump.add(plan.rows)
        await self._originals.add_usage(plan)
        await self._changed(ConfigurationChanged(noun=EVERYTHING))
        after = await self._dump.counts()
        log.info("database of the original imported", file=filename, safety=safety.id)
        return _imported(filename, "original", safety.id, after, plan.tables)


def _imported(
    filename: str, kind: str, safety_id: str, after: dict[str, int], tables: Sequence[TakenTable]
) -> Imported:
    return Imported(
        filename=filename,
        kind=kind,
        safety_backup_id=safety_id,
        connection_count=after["connections"],
        node_count=after["nodes"],
        combo_count=after["combos"],
        api_key_count=after["api_keys"],
        tables=tables,
    )


def _counted(after: dict[str, int]) -> Sequence[TakenTable]:
    return [TakenTable(table=name, taken=rows, skipped=0) for name, rows in after.items()]


def _start(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_HEAD)


def _refused(why: str) -> Unprocessable:
    return Unprocessable(f"this file is not taken: {why}", code="bad_import", param="file")
