"""What policies would have done to the last requests, with one that is not saved yet where it is asked for."""

from typing import Any

from nicegui import ui

from omniroute.ui.door import Data, Document
from omniroute.ui.parts import pill, tag, text
from omniroute.ui.visit import Visit

REHEARSAL = Document("""
query Rehearsal($last: Int!, $draft: PolicyInput) {
  policyRehearsal(last: $last, draft: $draft) {
    ... on PolicyRehearsal {
      lookedAt denied rerouted
      counts { id name matched }
      requests { requestId startedAt requestedModel verdict { verdict model matches { name effects } } }
    }
    ... on Failure { message fields { field message } }
  }
}""")
_LAST = 200
_SHOWN = 12


async def rehearse(visit: Visit, place: ui.element, draft: dict[str, Any] | None) -> None:
    """Ask, and show what came of it in this place."""
    data = await visit.tell(REHEARSAL, {"last": _LAST, "draft": draft})
    if data is None:
        return
    found = data["policyRehearsal"]
    place.clear()
    with place:
        if "message" in found:
            text(" ".join(one["message"] for one in found["fields"]) or found["message"], "p", "form-problem")
            return
        numbers = {name: found[name] for name in ("lookedAt", "denied", "rerouted")}
        text(visit.say("policies.rehearsed", **numbers), "p", "strong")
        with ui.element("div").classes("tags"):
            for one in found["counts"]:
                tag(f"{one['name']}: {one['matched']}")
        with ui.element("div").classes("lines"):
            for one in found["requests"][:_SHOWN]:
                _line(visit, one)


def _line(visit: Visit, one: Data) -> None:
    verdict = one["verdict"]
    is_denied = verdict["verdict"] == "DENY"
    with ui.link(target=f"/logs/{one['requestId']}").classes("line plain-link"):
        text(visit.time(one["startedAt"], with_date=True), classes="num faint small")
        with ui.element("div").classes("grow"):
            goes = one["requestedModel"]
            goes += f" → {verdict['model']}" if verdict["model"] != goes and not is_denied else ""
            text(goes, "div", "cut")
            done = [f"{match['name']}: {', '.join(match['effects'])}" for match in verdict["matches"]]
            text(" · ".join(done), "div", "faint small cut")
        pill(visit.say("policies.denied" if is_denied else "policies.allowed"), "bad" if is_denied else "good")
