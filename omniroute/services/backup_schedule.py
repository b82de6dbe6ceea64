"""When backups are made by themselves and how many are kept: the settings' group `backups`."""

from omniroute.kit.events import ConfigurationChanged
from omniroute.services.backup_values import BackupSettings, BackupSettingsChange
from omniroute.services.changes import Changed, kept
from omniroute.services.rules import within
from omniroute.storage.settings import SettingGroups

MOST_KEPT = 1_000
LONGEST_HOURS = 24 * 31
_GROUP = "backups"


class BackupSchedule:
    """Reads and changes the settings."""

    def __init__(self, *, groups: SettingGroups, changed: Changed) -> None:
        self._groups = groups
        self._changed = changed

    async def get(self) -> BackupSettings:
        """Return what holds now."""
        stored = await self._groups.get(_GROUP)
        if stored is None:
            return BackupSettings()
        return BackupSettings(
            enabled=stored["enabled"],
            interval_hours=stored["intervalHours"],
            keep_hourly=stored["keepHourly"],
            keep_daily=stored["keepDaily"],
            keep_weekly=stored["keepWeekly"],
        )

    async def update(self, change: BackupSettingsChange) -> BackupSettings:
        """Change it; raise Unprocessable on a bad value."""
        old = await self.get()
        hours = kept(change.interval_hours, old.interval_hours)
        new = BackupSettings(
            enabled=kept(change.enabled, old.enabled),
            interval_hours=within(hours, "intervalHours", least=1, most=LONGEST_HOURS),
            keep_hourly=_count(kept(change.keep_hourly, old.keep_hourly), "keepHourly"),
            keep_daily=_count(kept(change.keep_daily, old.keep_daily), "keepDaily"),
            keep_weekly=_count(kept(change.keep_weekly, old.keep_weekly), "keepWeekly"),
        )
        value = {
            "enabled": new.enabled,
            "intervalHours": new.interval_hours,
            "keepHourly": new.keep_hourly,
            "keepDaily": new.keep_daily,
            "keepWeekly": new.keep_weekly,
        }
        await self._groups.put(_GROUP, value)
        await self._changed(ConfigurationChanged(noun="settings", id=_GROUP))
        return new


def _count(value: int, field: str) -> int:
    return within(value, field, least=0, most=MOST_KEPT)
