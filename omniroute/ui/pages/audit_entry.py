"""One entry of the audit log: a line that opens to what differed before and after, and where it came from."""

import json
from collections.abc import Mapping
from typing import Any

from nicegui import ui

from omniroute.ui.door import Data
from omniroute.ui.parts import pill, tag, text
from omniroute.ui.visit import Visit

_TONES = {"ok": "good", "refused": "warn", "failed": "bad"}


def show_entry(visit: Visit, entry: Data) -> None:
    """Write an entry; its details are built once they are asked for."""
    say = visit.say
    with ui.expansion().props("dense dense-toggle").classes("audit w-full") as made:
        with made.add_slot("header"), ui.element("div").classes("line audit-line"):
            text(visit.time(entry["timestamp"], with_date=True), classes="num faint small")
            pill(say(f"audit_outcome.{entry['outcome']}"), _TONES[entry["outcome"]])
            with ui.element("div").classes("grow"):
                text(entry["action"], "div", "strong cut")
                if entry["target"]:
                    text(entry["target"], "div", "mono faint small cut")
            text(entry["actor"], classes="soft cut")
            tag(say(f"audit_surface.{entry['surface']}"))
        details = ui.element("div").classes("audit-details")

    def build(opened: bool) -> None:  # noqa: FBT001 - the framework's own way
        if opened and not details.default_slot.children:
            with details:
                _details(visit, entry)

    made.on_value_change(lambda event: build(bool(event.value)))


def _details(visit: Visit, entry: Data) -> None:
    say = visit.say
    if entry["details"]:
        text(entry["details"], "p", "wrap" if entry["outcome"] == "ok" else "wrap tone-bad")
    changed = differences(entry["before"], entry["after"])
    if changed:
        with ui.element("div").classes("audit-changes"):
            for words in (say("audit.field"), say("backups.before"), say("backups.after")):
                text(words, "div", "faint small")
            for name, before, after in changed:
                text(name, "div", "mono strong wrap")
                text(before, "div", "mono wrap soft")
                text(after, "div", "mono wrap")
    with ui.element("dl").classes("facts"):
        for name in ("actorKind", "actorId", "operation", "ipAddress", "requestId", "hash"):
            if entry[name]:
                text(say(f"audit.{name}"), "dt")
                text(str(entry[name]), "dd", "wrap mono")


def differences(before: Any, after: Any) -> list[tuple[str, str, str]]:
    """Return each field that differs with its text before and after; a dash stands for nothing."""
    old = before if isinstance(before, Mapping) else {}
    new = after if isinstance(after, Mapping) else {}
    return [(name, _spelled(old, name), _spelled(new, name)) for name in dict.fromkeys((*old, *new))]


def _spelled(fields: Mapping[str, Any], name: str) -> str:
    if name not in fields:
        return "-"
    value = fields[name]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
