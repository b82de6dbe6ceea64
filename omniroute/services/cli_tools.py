"""Client tools on this machine: found, and their settings pointed at this gateway or set back.

Nothing is written before it can be seen as a difference; every write keeps a copy of what was there, and changes only
the values that point the tool somewhere.
"""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict, Forbidden, NotFound
from omniroute.kit.secret import Secret
from omniroute.services.client_tools import edits
from omniroute.services.client_tools.detection import Mode, Reason, Surroundings, look
from omniroute.services.client_tools.edits import FileChange
from omniroute.services.client_tools.table import TOOLS, Target, ToolRow
from omniroute.services.keys import KeyDraft, Keys
from omniroute.services.moments import moment
from omniroute.services.rules import base_url, line

LONGEST_MODEL = 200
_MOST_COPIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CliTool:
    """A client tool on this machine. `reason` says why it cannot be used; `settings_path` is its first settings file.

    `has_omni_route`: it asks this gateway. `asks` is the URL that it is set to, if any. `steps` are for people, where
    the tool keeps its settings out of reach.
    """

    tool_id: str
    name: str
    installed: bool
    runnable: bool
    command: str | None
    command_path: str | None
    runtime_mode: Mode
    reason: Reason | None
    version: str | None
    requires_binary: bool
    settings_path: str | None
    has_omni_route: bool
    asks: str | None
    steps: Sequence[str]
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CliToolDraft:
    """What a tool is to be pointed at. Without `api_key` a key is made for it; `url` is this gateway's if left out.

    A `preview` shows the difference, writes nothing and makes no key.
    """

    model: str
    url: str | None = None
    api_key: Secret | None = None
    preview: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """A settings file that changes: its difference (unified diff, secrets masked), and the copy of what was there."""

    path: str
    difference: str
    copy: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CliToolChange:
    """What was changed, or with `preview` would be. `key_id` is the key that was made for the tool."""

    tool_id: str
    preview: bool
    files: Sequence[ChangedFile]
    key_id: str | None


class CliTools:
    """Finds tools and writes their settings, on the machine that the gateway runs on."""

    def __init__(  # collaborators
        self, *, around: Surroundings, copies: Path, keys: Keys, own_url: str, may_write: bool, clock: Clock
    ) -> None:
        """`copies` is the folder for what files held before; `own_url` is where this gateway is reached from here."""
        self._around = around
        self._copies = copies
        self._keys = keys
        self._own_url = own_url
        self._may_write = may_write
        self._clock = clock

    async def list(self) -> Sequence[CliTool]:
        """Return all tools that are known; the slowest one takes some seconds to answer."""
        return tuple(await asyncio.gather(*(self.get(tool) for tool in TOOLS)))

    async def get(self, tool_id: str) -> CliTool:
        """Return one tool."""
        row = _row(tool_id)
        runtime = await look(row, self._around)
        message = None
        try:
            asks = await asyncio.to_thread(edits.present, row, self._around.home)
        except Conflict as error:
            asks, message = None, error.message
        asked = asks if isinstance(asks, str) else None
        first = self._around.home / row.files[0].place if row.files else None
        return CliTool(
            tool_id=row.id,
            name=row.name,
            installed=runtime.installed,
            runnable=runtime.runnable,
            command=runtime.command,
            command_path=runtime.command_path,
            runtime_mode=runtime.runtime_mode,
            reason=runtime.reason,
            version=runtime.version,
            requires_binary=row.command is not None,
            settings_path=str(first) if first else None,
            has_omni_route=asked is not None and asked.removesuffix("/v1") == self._own_url,
            asks=asked,
            steps=tuple(step.format(v1=f"{self._own_url}/v1", model="one of those it lists") for step in row.steps),
            message=message,
        )

    async def apply(self, tool_id: str, draft: CliToolDraft) -> CliToolChange:
        """Point a tool at a gateway, or show what that would change."""
        row = self._writable(tool_id)
        model = line(draft.model, "model", most=LONGEST_MODEL)
        url = base_url(draft.url).removesuffix("/v1") if draft.url else self._own_url
        target = Target(url=url, api_key=draft.api_key.reveal() if draft.api_key else "a-key-made-for-it", model=model)
        changes = await asyncio.to_thread(edits.applied, row, self._around.home, target)
        if draft.preview:
            return _told(row, changes, preview=True)
        self._must_write()
        key_id = None
        if draft.api_key is None:
            made = await self._keys.create(KeyDraft(name=f"{row.name} on this machine"))
            key_id, target = made.record.id, Target(url=url, api_key=made.secret.reveal(), model=model)
            changes = await asyncio.to_thread(edits.applied, row, self._around.home, target)
        copies = await asyncio.to_thread(self._write, row, changes)
        return _told(row, changes, copies=copies, key_id=key_id)

    async def reset(self, tool_id: str, *, preview: bool = False) -> CliToolChange:
        """Take back what pointed the tool at the gateway: each value is what it was before, or goes."""
        row = self._writable(tool_id)
        changes = await asyncio.to_thread(self._undone, row)
        if preview:
            return _told(row, changes, preview=True)
        self._must_write()
        copies = await asyncio.to_thread(self._write, row, changes)
        return _told(row, changes, copies=copies)

    def _writable(self, tool_id: str) -> ToolRow:
        row = _row(tool_id)
        if not row.files:
            steps = "; ".join(row.steps).format(v1=f"{self._own_url}/v1", model="one of those it lists")
            raise Conflict(f"{row.name} keeps its settings out of reach; set it up by hand: {steps}.")
        return row

    def _must_write(self) -> None:
        if not self._may_write:
            raise Forbidden("Writing settings of client tools is switched off by CLI_ALLOW_CONFIG_WRITES.")

    # ── files ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _undone(self, row: ToolRow) -> Sequence[FileChange]:
        return edits.undone(row, self._around.home, [self._earlier(row, file.place) for file in row.files])

    def _earlier(self, row: ToolRow, place: str) -> str | None:
        """Return what a file held before it was first pointed at a gateway."""
        copies = sorted(self._folder(row).glob(f"*-{Path(place).name}"))
        return edits.read(copies[0]) if copies else None

    def _folder(self, row: ToolRow) -> Path:
        return self._copies / row.id

    def _write(self, row: ToolRow, changes: Sequence[FileChange]) -> dict[Path, str]:
        """Write the changes, each in one step, after a copy of what was there; return the copies."""
        stamp = moment(self._clock.now_ms()).strftime("%Y%m%dT%H%M%S%fZ")
        copies: dict[Path, str] = {}
        for change in changes:
            if change.before is not None and not change.is_nothing:
                copy = self._folder(row) / f"{stamp}-{change.path.name}"
                _replace(copy, change.before)
                copies[change.path] = str(copy)
                self._prune(row, change.path.name)
        for change in changes:
            if change.after is None:
                change.path.unlink(missing_ok=True)
            elif not change.is_nothing:
                _replace(change.path, change.after)
        return copies

    def _prune(self, row: ToolRow, name: str) -> None:
        """Keep the first copy, which is the tool as it was, and the newest."""
        for old in sorted(self._folder(row).glob(f"*-{name}"))[1:-_MOST_COPIES]:
            old.unlink(missing_ok=True)


def _row(tool_id: str) -> ToolRow:
    row = TOOLS.get(tool_id)
    if row is None:
        raise NotFound(f"Unsupported CLI tool; known are {', '.join(TOOLS)}.")
    return row


def _replace(path: Path, text: str) -> None:
    """Put a file in its place in one step; a new one is for its owner alone, an old one keeps its mode."""
    real = path.resolve()
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        mode = real.stat().st_mode & 0o777 if real.exists() else 0o600
        handle, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        Path(name).chmod(mode)
        Path(name).replace(real)
    except OSError as error:
        raise Conflict(f"{path} cannot be written: {error.strerror or error}.") from error


def _told(
    row: ToolRow,
    changes: Sequence[FileChange],
    *,
    preview: bool = False,
    copies: dict[Path, str] | None = None,
    key_id: str | None = None,
) -> CliToolChange:
    files = [
        ChangedFile(path=str(one.path), difference=one.difference(), copy=(copies or {}).get(one.path))
        for one in changes
        if not one.is_nothing
    ]
    return CliToolChange(tool_id=row.id, preview=preview, files=tuple(files), key_id=key_id)
