"""The folder that backups lie in: their names, what they say of themselves, and how one is opened. It blocks."""

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from omniroute.kit.errors import Invalid, NotFound, OmniError, Unprocessable
from omniroute.kit.secret import Secret
from omniroute.services.backup_values import Backup
from omniroute.storage.archive import Archive, Manifest
from omniroute.storage.encryption import MAGIC, is_sealed, label_of, seal, unseal

log = structlog.get_logger(__name__)

LONGEST_REASON = 22  # an id is 64 characters at most, wherever it stands in a path
SUFFIX = ".omniroute.zip"
ENCRYPTED = ".omniroute.enc"
_NAME = re.compile(rf"backup-\d{{8}}T\d{{9}}Z-[a-z-]{{1,{LONGEST_REASON}}}\.omniroute\.(zip|enc)")
_REASON = re.compile(rf"[a-z-]{{1,{LONGEST_REASON}}}")


def checked_reason(reason: str) -> str:
    """Return a reason that can be part of a file's name; raise Invalid otherwise."""
    if not _REASON.fullmatch(reason):
        raise Invalid(f"reason: use up to {LONGEST_REASON} small letters and hyphens", param="reason")
    return reason


def name_of(made_at: datetime, reason: str, *, encrypted: bool = False) -> str:
    """Return a backup's file name."""
    shown = f"{made_at:%Y%m%dT%H%M%S}{made_at.microsecond // 1000:03d}Z"
    return f"backup-{shown}-{reason}{ENCRYPTED if encrypted else SUFFIX}"


class Folder:
    """One folder of backups."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        """Make the folder where it is missing; only its owner can look into it."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def list(self) -> Sequence[Backup]:
        """Return all backups, the newest first; a damaged file is left out and told to the log."""
        found: list[Backup] = []
        for path in sorted(self.path.glob("backup-*.omniroute.*"), reverse=True):
            if not _NAME.fullmatch(path.name):
                continue
            try:
                found.append(self.shown(path))
            except OmniError as error:
                log.warning("a backup cannot be read", file=path.name, reason=error.message)
        return found

    def find(self, backup_id: str) -> Path:
        """Return a backup's file; raise NotFound."""
        path = self.path / backup_id
        if not _NAME.fullmatch(backup_id) or not path.is_file():
            raise NotFound(f"there is no backup {backup_id!r}: GET /api/db-backups lists them", code="no_such_backup")
        return path

    def shown(self, path: Path) -> Backup:
        """Return what a file says of itself; raise Invalid for what is no backup."""
        manifest = manifest_of(path)
        return Backup(
            id=path.name,
            filename=path.name,
            created_at=manifest.created_at,
            size=path.stat().st_size,
            reason=manifest.reason,
            version=manifest.version,
            encrypted=path.name.endswith(ENCRYPTED),
            connection_count=manifest.tables.get("connections", 0),
            node_count=manifest.tables.get("nodes", 0),
            combo_count=manifest.tables.get("combos", 0),
            api_key_count=manifest.tables.get("api_keys", 0),
            request_count=manifest.tables.get("request_logs", 0),
        )

    def bring(self, file: Path) -> str:
        """Take a file that lies elsewhere into the folder; return its id. Raises Invalid for what is no backup."""
        manifest = manifest_of(file)
        try:
            made_at = datetime.fromisoformat(manifest.created_at)
            reason = checked_reason(manifest.reason)
        except (ValueError, Invalid) as error:
            raise Invalid(f"{file.name} names a reason or a time that no backup has", code="damaged_backup") from error
        with file.open("rb") as source:
            name = name_of(made_at, reason, encrypted=is_sealed(source.read(len(MAGIC))))
        self.prepare()
        target = self.path / name
        if file.resolve() != target.resolve():
            with file.open("rb") as source, _beside(target) as (part, copy):
                while piece := source.read(1024 * 1024):
                    copy.write(piece)
                copy.flush()
                part.replace(target)
        return name

    def encrypt(self, plain: Path, passphrase: Secret) -> Path:
        """Put an encrypted file in the place of a plain one."""
        manifest = msgspec.json.encode(manifest_of(plain))
        target = plain.with_name(plain.name.removesuffix(SUFFIX) + ENCRYPTED)
        with plain.open("rb") as source, _beside(target) as (part, sealed):
            seal(source, sealed, passphrase, manifest)
            sealed.flush()
            os.fsync(sealed.fileno())
            part.replace(target)
        plain.unlink()
        return target


@contextmanager
def opened(path: Path, passphrase: Secret | None) -> Iterator[Archive]:
    """Open a backup; an encrypted one is decrypted into a file that goes with the block. Raises OmniError."""
    if not _is_encrypted(path):
        yield Archive(path)
        return
    if passphrase is None:
        raise Unprocessable(
            "this backup is encrypted: give its passphrase", code="wrong_passphrase", param="passphrase"
        )
    with path.open("rb") as source, _beside(path) as (part, plain):
        label = unseal(source, plain, passphrase)
        plain.flush()
        archive = Archive(part)
        if msgspec.json.encode(archive.manifest) != label:
            raise Invalid(f"{path.name} is damaged: its label does not fit what is in it", code="damaged_backup")
        yield archive


def manifest_of(path: Path) -> Manifest:
    """Return what a backup says of itself, without its passphrase; raise Invalid for what is none."""
    if not _is_encrypted(path):
        return Archive(path).manifest
    try:
        with path.open("rb") as source:
            return msgspec.json.decode(label_of(source), type=Manifest)
    except (msgspec.MsgspecError, Unprocessable, OSError) as error:
        raise Invalid(f"{path.name} is not a backup, or it is damaged: {error}", code="damaged_backup") from error


def _is_encrypted(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_sealed(file.read(len(MAGIC)))
    except OSError as error:
        raise Invalid(f"{path.name} cannot be read: {error.strerror}", code="damaged_backup") from error


@contextmanager
def _beside(target: Path) -> Iterator[tuple[Path, "tempfile._TemporaryFileWrapper[bytes]"]]:
    """Give a private file in the same folder under another name; it is gone afterwards unless it was renamed."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f"{target.name}.", suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            yield part, file
        finally:
            part.unlink(missing_ok=True)
