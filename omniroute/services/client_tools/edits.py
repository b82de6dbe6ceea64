"""What pointing a tool at the gateway changes in its files, worked out before anything is written.

Secrets are never shown: whatever a line calls a key, token, secret or password is masked in texts for people.
"""

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from omniroute.kit.errors import Conflict
from omniroute.services.client_tools import documents
from omniroute.services.client_tools.documents import BadDocument, Value
from omniroute.services.client_tools.table import SettingsFile, Target, ToolRow

T = TypeVar("T")

_LARGEST = 2 * 1024 * 1024
_MASKED = "…"
# A name with one of these words, an equals sign or colon, and a value that is not empty.
_SECRET = re.compile(
    r"""(["']?[\w.$-]*(?:key|token|secret|password|authorization)["']?\s*[:=]\s*)(["']?)([^\s"',}\]]+)\2""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file as it is and as it is to be; `before` None: it is not there, `after` None: it goes."""

    path: Path
    before: str | None
    after: str | None

    @property
    def is_nothing(self) -> bool:
        """Whether nothing changes."""
        return self.before == self.after

    def difference(self) -> str:
        """Return a unified diff for people, secrets masked."""
        old, new = (masked(text or "").splitlines() for text in (self.before, self.after))
        lines = difflib.unified_diff(old, new, str(self.path), str(self.path), lineterm="", n=2)
        return "\n".join(lines)


def masked(text: str) -> str:
    """Return `text` with what looks like a secret left out; its last four characters tell it from others."""
    return _SECRET.sub(lambda found: f"{found[1]}{found[2]}{_MASKED}{found[3][-4:]}{found[2]}", text)


def read(path: Path) -> str | None:
    """Return a settings file's text, None where there is none. Raises Conflict where it cannot be used."""
    try:
        if path.stat().st_size > _LARGEST:
            raise Conflict(f"{path} is too large for a settings file; look at it by hand.")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Conflict(f"{path} cannot be read: {error}.") from error


def present(row: ToolRow, home: Path) -> Value:
    """Return where the tool asks now, None where it does not say."""
    if not row.marker:
        return None
    path = home / row.files[0].place
    text = read(path)
    return _checked(path, lambda: documents.get(row.files[0].form, text, row.marker)) if text is not None else None


def applied(row: ToolRow, home: Path, target: Target) -> list[FileChange]:
    """Return what pointing the tool at `target` changes."""
    return [_applied(file, home / file.place, target) for file in row.files]


def undone(row: ToolRow, home: Path, earlier: Sequence[str | None]) -> list[FileChange]:
    """Return what taking it back changes: each value is again what it was in the `earlier` texts, or goes."""
    return [_undone(file, home / file.place, before) for file, before in zip(row.files, earlier, strict=True)]


def _applied(file: SettingsFile, path: Path, target: Target) -> FileChange:
    before = read(path)

    def change() -> str:
        text = before or ""
        for where, value in file.entries:
            text = documents.put(file.form, text, where, value(target))
        return text

    return FileChange(path=path, before=before, after=_checked(path, change))


def _undone(file: SettingsFile, path: Path, earlier: str | None) -> FileChange:
    before = read(path)
    if before is None:
        return FileChange(path=path, before=None, after=None)

    def change() -> str:
        text = before
        for where, _ in file.entries:
            value = documents.get(file.form, earlier, where) if earlier is not None else None
            gone = value is None
            text = documents.drop(file.form, text, where) if gone else documents.put(file.form, text, where, value)
        return text

    after = _checked(path, change)
    return FileChange(path=path, before=before, after=after if earlier is not None or after.strip(" {}\n") else None)


def _checked(path: Path, act: Callable[[], T]) -> T:
    try:
        return act()
    except BadDocument as error:
        raise Conflict(f"{path} is not as its tool writes it ({error}); mend it by hand first.") from error
