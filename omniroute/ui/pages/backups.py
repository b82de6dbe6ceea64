"""Backups: all there are, a new one, and one put in the place of everything with what that changed."""

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE
from omniroute.ui.parts import button, card, confirmed, empty, icon_button, page_head, table, tag, text
from omniroute.ui.visit import Visit

BACKUPS = Document("""
query Backups {
  backups { id filename createdAt size reason version connectionCount comboCount apiKeyCount requestCount }
}""")
CREATE = Document(f"""
mutation CreateBackup {{ createBackup {{ ... on Backup {{ id filename }} {FAILURE} }} }}""")
VERIFY = Document(f"""
mutation VerifyBackup($id: ID!) {{ verifyBackup(id: $id) {{ ... on VerifiedBackup {{ ok faults }} {FAILURE} }} }}""")
RESTORE = Document(f"""
mutation RestoreBackup($id: ID!) {{
  restoreBackup(id: $id) {{
    ... on RestoredBackup {{ safetyBackupId before {{ name count }} after {{ name count }} }} {FAILURE}
  }}
}}""")
DELETE = Document(f"""
mutation DeleteBackup($id: ID!) {{ deleteBackup(id: $id) {{ ... on Deleted {{ id }} {FAILURE} }} }}""")

_TOLD_REASONS = ("manual", "scheduled", "pre-restore")
_TOLD_MS = 6000


async def show(visit: Visit) -> None:
    """Build the page."""
    page = _Page(visit)
    await page.load()


class _Page:
    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        say = visit.say
        with page_head(say("backups.title"), say("backups.about")):
            self._new = button(say("backups.new"), self._create, icon="save", kind="main")
        self._busy = ui.element("div").classes("card row-line").props('role="status"')
        with self._busy:
            ui.spinner(size="20px")
            self._doing = text("")
        self._busy.set_visibility(False)
        self._result = ui.element("div")
        with card():
            self._list = ui.element("div").classes("lines")

    async def load(self) -> None:
        """Ask anew, and show."""
        data = await self._visit.ask(BACKUPS)
        say = self._visit.say
        self._list.clear()
        with self._list:
            if not data["backups"]:
                with empty("inventory_2", say("backups.none"), say("backups.none_about")):
                    button(say("backups.new"), self._create)
            for one in data["backups"]:
                self._line(one)

    def _line(self, backup: Data) -> None:
        say = self._visit.say
        name = backup["filename"]
        with ui.element("div").classes("line backup"):
            with ui.element("div").classes("grow"):
                text(self._visit.time(backup["createdAt"], with_date=True), "div", "strong num")
                text(name, "div", "mono faint small cut")
                held = say(
                    "backups.holds",
                    connections=backup["connectionCount"],
                    combos=backup["comboCount"],
                    keys=backup["apiKeyCount"],
                    requests=figures.count(backup["requestCount"]),
                )
                text(held, "div", "soft small wrap")
            reason = backup["reason"]
            tag(say(f"backup_reason.{reason}") if reason in _TOLD_REASONS else reason)
            text(figures.size(backup["size"]), classes="num soft small")
            icon_button("fact_check", say("backups.verify_one", name=name), lambda: self._verify(backup))
            icon_button("settings_backup_restore", say("backups.restore_one", name=name), lambda: self._restore(backup))
            icon_button("delete", say("backups.delete_one", name=name), lambda: self._delete(backup))

    async def _run(self, doing: str, document: Document, backup: Data | None = None) -> Data | None:
        """Execute a mutation that takes its time, and show that it is under way."""
        self._doing.text = self._visit.say(doing)
        self._busy.set_visibility(True)
        self._new.disable()
        result = await self._visit.act(document, {"id": backup["id"]} if backup else {})
        if not self._busy.is_deleted:
            self._busy.set_visibility(False)
            self._new.enable()
        return result

    async def _create(self) -> None:
        made = await self._run("backups.busy", CREATE)
        if made is not None:
            ui.notify(self._visit.say("backups.made", name=made["filename"]), type="positive", timeout=_TOLD_MS)
            await self.load()

    async def _verify(self, backup: Data) -> None:
        seen = await self._run("backups.busy", VERIFY, backup)
        if seen is None:
            return
        say, name = self._visit.say, backup["filename"]
        if seen["ok"]:
            ui.notify(say("backups.verified", name=name), type="positive", timeout=_TOLD_MS)
        else:
            words = say("backups.faulty", name=name, faults="; ".join(seen["faults"]))
            ui.notify(words, type="negative", timeout=0, close_button=True)

    async def _restore(self, backup: Data) -> None:
        say = self._visit.say
        question = say("backups.restore_ask", name=backup["filename"])
        if await confirmed(self._visit, question, say("backups.restore_about"), say("backups.restore")):
            done = await self._run("backups.busy_restore", RESTORE, backup)
            if done is not None:
                self._show_restored(done)
                await self.load()

    def _show_restored(self, done: Data) -> None:
        say = self._visit.say
        before = {one["name"]: one["count"] for one in done["before"]}
        after = {one["name"]: one["count"] for one in done["after"]}
        rows = [
            {"name": name, "before": f"{before.get(name, 0):,}", "after": f"{after.get(name, 0):,}"}
            for name in sorted(before | after)
            if before.get(name, 0) != after.get(name, 0)
        ]
        self._result.clear()
        with self._result, card(say("backups.restored")):
            text(say("backups.restored_about", name=done["safetyBackupId"]), "p", "soft wrap")
            if not rows:
                text(say("backups.same"), "p", "soft")
                return
            columns = [
                {"name": "name", "label": say("backups.table")},
                {"name": "before", "label": say("backups.before"), "align": "right"},
                {"name": "after", "label": say("backups.after"), "align": "right"},
            ]
            table(columns, rows, key="name")

    async def _delete(self, backup: Data) -> None:
        say, name = self._visit.say, backup["filename"]
        question = say("backups.delete_ask", name=name)
        if await confirmed(self._visit, question, say("backups.delete_about"), say("act.delete")):
            await self._run("backups.busy", DELETE, backup)
            await self.load()
