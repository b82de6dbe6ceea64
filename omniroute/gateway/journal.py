"""What budgets have set aside, on disk, so that a killed process spends nothing unseen.

A call under a budget is noted before it is sent, and noted again with its whole record when it ends; both are lines of
a file that the operating system has before anything else happens, so they outlive the process. When the database has
the record, the call is forgotten. What a process that was killed left behind is read at the next start: an ended call
gets the record that it had, one that was under way is recorded at the most that it could cost.

Files belong to one process, which holds a lock as long as it lives. A crash of the whole machine may lose the
last moments, as with the database itself.
"""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from omniroute.kit.errors import Unavailable
from omniroute.kit.ids import new_id
from omniroute.storage.lock import locked
from omniroute.storage.rows import RequestRow

log = structlog.get_logger(__name__)

SUFFIX = ".journal"
LOCK = ".lock"
# Beyond this a new file is begun, with what still counts.
COMPACT_BYTES = 4 * 1024 * 1024


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was let through: what it may use at most."""

    id: str
    started_at: int
    key_id: str | None
    format: str
    path: str
    requested_model: str
    stream: bool
    input_tokens: int
    output_tokens: int
    cost_nano: int | None
    price_version: str | None
    kind: str = "chat"


class _Line(msgspec.Struct, omit_defaults=True):
    """A call that began, or one that ended."""

    began: Noted | None = None
    ended: RequestRow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What killed processes left behind: records of calls that had ended, and calls that were under way."""

    ended: Sequence[RequestRow]
    began: Sequence[Noted]
    files: Sequence[Path]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Line).decode


class Journal:
    """The file of this process. Its methods write at once and never wait for the disk; `left` and `forget` block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._run = new_id("run")
        self._number = 0
        self._file: int | None = None
        self._size = 0
        self._lines: dict[str, bytes] = {}  # by call: what the file must hold of it
        self._lock = ExitStack()

    @property
    def _path(self) -> Path:
        return self._folder / f"{self._run}.{self._number}{SUFFIX}"

    def began(self, noted: Noted) -> None:
        """Note a call before it is sent."""
        line = _encode(_Line(began=noted)) + b"\n"
        self._lines[noted.id] = line
        self._append(line)

    def ended(self, row: RequestRow) -> None:
        """Note the record of a call that was noted when it began."""
        if row.id in self._lines:
            line = _encode(_Line(ended=row)) + b"\n"
            self._lines[row.id] = line
            self._append(line)

    def stored(self, rows: Sequence[RequestRow]) -> None:
        """Forget calls: the database has their records."""
        lines = self._lines
        if not lines:
            return
        for row in rows:
            lines.pop(row.id, None)
        if self._size and (not lines or self._size > COMPACT_BYTES):
            try:
                self._compact()
            except OSError as error:
                log.error("the journal of budgets could not be written anew", error=str(error))  # noqa: TRY400 - says all

    def _append(self, line: bytes) -> None:
        """Write a line. A disk that takes none stops no call: it only would not be known of after a kill."""
        try:
            if self._file is None:
                self._begin()
            assert self._file is not None  # noqa: S101 - just opened
            os.write(self._file, line)
        except (OSError, Unavailable) as error:
            log.error("the journal of budgets takes nothing", error=str(error))  # noqa: TRY400 - says all
            return
        self._size += len(line)

    def _begin(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._lock.enter_context(locked(self._folder / f"{self._run}{LOCK}", 0))
        self._file = _opened(self._path)

    def _compact(self) -> None:
        """Cut a file with nothing in it; begin a new one where little of the old one still counts."""
        if self._file is None:
            return
        text = b"".join(self._lines.values())
        if not text:
            os.ftruncate(self._file, 0)
            self._size = 0
        elif len(text) * 2 < self._size:
            old, path = self._file, self._path
            self._number += 1
            self._file, self._size = _opened(self._path), len(text)
            os.write(self._file, text)
            os.close(old)
            path.unlink()

    def left(self) -> Left:
        """Read what killed processes left behind."""
        ended: dict[str, RequestRow] = {}
        began: dict[str, Noted] = {}
        files = [path for path in sorted(self._folder.glob(f"*{SUFFIX}")) if self._is_dead(path)]
        for path in files:
            for line in filter(None, path.read_bytes().split(b"\n")):
                try:
                    read = _decode(line)
                except msgspec.MsgspecError:
                    log.warning("a damaged line of a journal was skipped", file=path.name, bytes=len(line))
                    continue
                if read.began is not None:
                    began[read.began.id] = read.began
                if read.ended is not None:
                    ended[read.ended.id] = read.ended
        under_way = [noted for noted in began.values() if noted.id not in ended]
        return Left(ended=list(ended.values()), began=under_way, files=files)

    def _is_dead(self, path: Path) -> bool:
        """Whether the process that wrote a file is gone: nobody holds its lock any more."""
        run = path.name.partition(".")[0]
        if run == self._run:
            return False
        try:
            with locked(self._folder / f"{run}{LOCK}", 0):
                return True
        except Unavailable:
            return False

    def forget(self, left: Left) -> None:
        """Remove the files of killed processes: what they held is recorded."""
        for path in left.files:
            path.unlink(missing_ok=True)
            (self._folder / f"{path.name.partition('.')[0]}{LOCK}").unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; with nothing in it, remove it."""
        if self._file is None:
            return
        os.close(self._file)
        self._file = None
        self._lock.close()
        if not self._lines:
            self._path.unlink(missing_ok=True)
            (self._folder / f"{self._run}{LOCK}").unlink(missing_ok=True)


def _opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
