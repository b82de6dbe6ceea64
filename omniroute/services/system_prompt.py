"""One system prompt for all requests, beside what clients say themselves; in the settings' group `systemPrompt`."""

import re
from dataclasses import dataclass

import msgspec
from pydantic_core import MISSING

from omniroute.formats.edits.system import Position
from omniroute.formats.hub import Format
from omniroute.kit.events import ConfigurationChanged
from omniroute.services.changes import Changed, kept
from omniroute.services.rules import fault
from omniroute.storage.settings import SettingGroups

LONGEST_PROMPT = 50_000
_GROUP = "systemPrompt"
_UNFIT = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPrompt:
    """The prompt, and for whom it is: clients of the listed formats, all when none is listed."""

    enabled: bool = False
    prompt: str = ""
    position: Position = Position.APPEND
    formats: tuple[Format, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPromptChange:
    """What to change."""

    enabled: bool | MISSING = MISSING
    prompt: str | MISSING = MISSING
    position: Position | MISSING = MISSING
    formats: tuple[Format, ...] | MISSING = MISSING


class SystemPrompts:
    """Reads and changes the setting."""

    def __init__(self, *, groups: SettingGroups, changed: Changed) -> None:
        self._groups = groups
        self._changed = changed

    async def get(self) -> SystemPrompt:
        """Return what holds now."""
        found = await self._groups.get(_GROUP)
        return SystemPrompt() if found is None else msgspec.convert(found, SystemPrompt)

    async def update(self, change: SystemPromptChange) -> SystemPrompt:
        """Change it; raise Unprocessable on a bad value."""
        old = await self.get()
        prompt = kept(change.prompt, old.prompt).strip()
        new = SystemPrompt(
            enabled=kept(change.enabled, old.enabled),
            prompt=prompt,
            position=kept(change.position, old.position),
            formats=tuple(dict.fromkeys(kept(change.formats, old.formats))),
        )
        if len(prompt) > LONGEST_PROMPT:
            raise fault("prompt", f"prompt has {len(prompt)} characters, {LONGEST_PROMPT} are allowed")
        if _UNFIT.search(prompt):
            raise fault("prompt", "prompt must not hold NUL characters or halves of surrogate pairs")
        if new.enabled and not prompt:
            raise fault("prompt", "there is no prompt to send: give one, or set enabled to false")
        await self._groups.put(_GROUP, msgspec.to_builtins(new))
        await self._changed(ConfigurationChanged(noun="settings", id=_GROUP))
        return new
