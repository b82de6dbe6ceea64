"""What the services on backups take and give."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic_core import MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup. `id` is its file's name; `size` in bytes; counts of rows. An encrypted one needs its passphrase."""

    id: str
    filename: str
    created_at: str
    size: int
    reason: str
    version: str
    encrypted: bool
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """What came of restoring a backup into a database that was thrown away afterwards."""

    backup_id: str
    ok: bool
    faults: Sequence[str]
    rows: int
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenTable:
    """What became of one table of an imported file; `reasons` say why rows were skipped or changed."""

    table: str
    taken: int
    skipped: int
    reasons: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did. `kind` is sqlite, archive, backup, or original for a file of the original OmniRoute."""

    filename: str
    kind: str
    safety_backup_id: str
    connection_count: int
    node_count: int
    combo_count: int
    api_key_count: int
    tables: Sequence[TakenTable]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSettings:
    """When backups are made by themselves, and how many are kept."""

    enabled: bool = True
    interval_hours: int = 24
    keep_hourly: int = 24
    keep_daily: int = 14
    keep_weekly: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSettingsChange:
    """What to change."""

    enabled: bool | MISSING = MISSING
    interval_hours: int | MISSING = MISSING
    keep_hourly: int | MISSING = MISSING
    keep_daily: int | MISSING = MISSING
    keep_weekly: int | MISSING = MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupProgress:
    """How far the work under way is: rows done, of how many where that is known."""

    action: str
    table: str = ""
    rows: int = 0
    total: int | None = None
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupWork:
    """What is under way, None when nothing is."""

    progress: BackupProgress | None


Watch = Callable[[BackupProgress], None]
