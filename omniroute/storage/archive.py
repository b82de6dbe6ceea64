"""A backup as a file: a zip of one JSON-lines member a table and a manifest that says what is in it, with checksums.

Its methods block: call them in a thread. A file under way has another name, so that a cut one is never taken for whole.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec

from omniroute.kit.errors import Invalid

FORMAT = "omniroute-backup-v1"
MANIFEST = "manifest.json"
# A member that says it is larger than this, or that grows a hundred thousandfold, is not one of ours.
MOST_BYTES = 64 * 1024**3
_MOST_RATIO = 2_000
_LINE_BYTES = 64 * 1024**2


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a backup holds. `tables` has the number of rows by table, `sha256` each member's checksum."""

    format: str
    version: str
    schema: str
    created_at: str
    reason: str
    key_id: str
    tables: dict[str, int]
    sha256: dict[str, str]


@dataclass(slots=True, kw_only=True)
class _Part:
    name: str
    file: IO[bytes]
    digest: Any
    rows: int = 0


class ArchiveWriter:
    """Writes a backup. `add` pieces of one table after the other, then `finish`; `discard` instead leaves nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._under_way = path.with_name(path.name + ".part")
        self._zip = zipfile.ZipFile(self._under_way, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._part: _Part | None = None
        self._tables: dict[str, int] = {}
        self._sums: dict[str, str] = {}

    def add(self, table: str, lines: bytes) -> None:
        """Add rows of a table."""
        part = self._part
        if part is None or part.name != table:
            self._close_part()
            file = self._zip.open(_member(table), "w", force_zip64=True)
            part = self._part = _Part(name=table, file=file, digest=hashlib.sha256())
        part.file.write(lines)
        part.digest.update(lines)
        part.rows += lines.count(b"\n")

    def _close_part(self) -> None:
        part, self._part = self._part, None
        if part is not None:
            part.file.close()
            self._tables[part.name] = part.rows
            self._sums[part.name] = part.digest.hexdigest()

    def finish(self, *, version: str, schema: str, created_at: str, reason: str, key_id: str) -> Manifest:
        """Write the manifest, and give the file its name once it is on disk."""
        self._close_part()
        manifest = Manifest(
            format=FORMAT,
            version=version,
            schema=schema,
            created_at=created_at,
            reason=reason,
            key_id=key_id,
            tables=self._tables,
            sha256=self._sums,
        )
        self._zip.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
        self._zip.close()
        self._under_way.replace(self._path)
        return manifest

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._part is not None:
            self._part.file.close()
            self._part = None
        self._zip.close()
        self._under_way.unlink(missing_ok=True)


class Archive:
    """A backup that is there. Raises Invalid for what is none, or a damaged one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with zipfile.ZipFile(path) as file:
                self._sizes = {one.filename: one for one in file.infolist()}
                self.manifest = msgspec.json.decode(file.read(MANIFEST), type=Manifest)
        except (zipfile.BadZipFile, KeyError, zlib.error, msgspec.MsgspecError, OSError) as error:
            raise Invalid(f"{path.name} is not a backup, or it is damaged: {error}", code="damaged_backup") from error
        if self.manifest.format != FORMAT:
            raise Invalid(f"{path.name} is a backup of another kind: {self.manifest.format}", code="damaged_backup")

    def verify(self) -> list[str]:
        """Read all of it; return what is wrong, in words."""
        faults: list[str] = []
        for table, rows in self.manifest.tables.items():
            try:
                digest, count = hashlib.sha256(), 0
                for line in self.lines(table):
                    digest.update(line)
                    count += 1
            except Invalid as error:
                faults.append(error.message)
                continue
            if digest.hexdigest() != self.manifest.sha256.get(table):
                faults.append(f"{table}: the checksum differs from the manifest's")
            if count != rows:
                faults.append(f"{table}: {count} rows instead of {rows}")
        return faults

    def lines(self, table: str) -> Iterator[bytes]:
        """Give a table's lines; raise Invalid when they can't be read."""
        member = self._sizes.get(_member(table))
        if member is None:
            raise Invalid(f"{table}: missing in the backup", code="damaged_backup")
        if member.file_size > MOST_BYTES or member.file_size > _MOST_RATIO * max(member.compress_size, 1):
            raise Invalid(f"{table}: larger than any backup of ours", code="damaged_backup")
        try:
            with zipfile.ZipFile(self._path) as file, file.open(member) as lines:
                while line := lines.readline(_LINE_BYTES):
                    yield line
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise Invalid(f"{table}: cannot be read: {error}", code="damaged_backup") from error


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"
