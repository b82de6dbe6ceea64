"""The editor of one policy: what a request must be like, what happens then, and a dry run before it is saved."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Form, nested
from omniroute.ui.pages.settings_policy_trial import rehearse
from omniroute.ui.pages.settings_shaping import formats
from omniroute.ui.parts import text
from omniroute.ui.visit import Visit

CONDITIONS = """
  keys models providers formats minInputTokens maxInputTokens minOutputTokens addresses tags costTodayUsd costMonthUsd
  time { start end weekdays zone } headers { name value }
"""
EFFECTS = """
  deny message reroute maxTokens requireTags stop limits { requestsPerMinute concurrentRequests timeoutMs }
"""
CREATE = Document(f"""
mutation CreatePolicy($input: PolicyInput!) {{
  createPolicy(input: $input) {{ ... on Policy {{ id }} {FAILURE} }}
}}""")
UPDATE = Document(f"""
mutation UpdatePolicy($id: ID!, $input: PolicyChange!) {{
  updatePolicy(id: $id, input: $input) {{ ... on Policy {{ id }} {FAILURE} }}
}}""")
_STATES = ("ACTIVE", "SHADOW", "DRAFT")
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_RATES = ("requestsPerMinute", "concurrentRequests", "timeoutMs")


class PolicyForm:
    """Opens at once; `done` is called when the policy was saved."""

    def __init__(
        self, visit: Visit, policy: Data | None, keys: dict[str, str], done: Callable[[], Awaitable[None]]
    ) -> None:
        self._visit = visit
        self._done = done
        say = visit.say
        form = self._form = Form(visit, policy["name"] if policy else say("policies.add"), say("policies.form_about"))
        form.wide()
        with form.body():
            with ui.element("div").classes("form-grid"):
                form.line("name", say("providers.name"), policy["name"] if policy else "", needed=True)
                form.number("priority", say("policies.priority"), policy["priority"] if policy else 100)
                states = {one: say(f"policies.{one.lower()}") for one in _STATES}
                form.choice("state", say("col.state"), states, policy["state"] if policy else "SHADOW")
            self._effects(policy["effects"] if policy else {})
            self._conditions(policy["conditions"] if policy else {}, keys)
            trial = ui.element("div")

        form.also(say("policies.try"), lambda: rehearse(visit, trial, _input(form.values())))
        form.act(
            say("act.save"),
            UPDATE if policy else CREATE,
            lambda values: {"input": _input(values), **({"id": policy["id"]} if policy else {})},
            self._saved,
        )
        form.dialog.open()

    async def _saved(self, _result: Data) -> None:
        await self._done()

    def _effects(self, holds: Data) -> None:
        form, say = self._form, self._visit.say
        text(say("policies.then"), "h3", "form-part")
        with ui.element("div").classes("form-grid"):
            form.switch("effects.deny", say("policy.deny"), value=bool(holds.get("deny")))
            form.switch("effects.stop", say("policy.stop"), value=bool(holds.get("stop")))
            form.line("effects.message", say("policy.message"), holds.get("message") or "")
            form.line("effects.reroute", say("policy.reroute"), holds.get("reroute") or "")
            form.number("effects.maxTokens", say("policy.maxTokens"), holds.get("maxTokens"))
            limits = holds.get("limits") or {}
            for name in _RATES:
                form.number(f"effects.limits.{name}", say(f"policy.{name}"), limits.get(name))
            form.lines("effects.requireTags", say("policy.requireTags"), holds.get("requireTags"), hint=self._each)

    @property
    def _each(self) -> str:
        return self._visit.say("policies.each")

    def _conditions(self, holds: Data, keys: dict[str, str]) -> None:
        form, say = self._form, self._visit.say
        text(say("policies.when"), "h3", "form-part")
        with ui.element("div").classes("form-grid"):
            form.several("conditions.keys", say("policy.keys"), keys, holds.get("keys"))
            form.several("conditions.formats", say("policy.formats"), formats(self._visit), holds.get("formats"))
            for name in ("models", "providers", "tags", "addresses"):
                made = form.lines(f"conditions.{name}", say(f"policy.{name}"), holds.get(name), hint=self._each)
                made.classes(remove="form-wide")
            for name in ("minInputTokens", "maxInputTokens", "minOutputTokens"):
                form.number(f"conditions.{name}", say(f"policy.{name}"), holds.get(name))
            for name in ("costTodayUsd", "costMonthUsd"):
                form.amount(f"conditions.{name}", say(f"policy.{name}"), holds.get(name))
            headers = [f"{one['name']}: {one['value']}" for one in holds.get("headers") or ()]
            form.lines("conditions.headers", say("policy.headers"), headers, hint=say("policies.headers_hint"))
            time = holds.get("time") or {}
            form.line("conditions.time.start", say("policies.start"), time.get("start") or "", hint="09:00")
            form.line("conditions.time.end", say("policies.end"), time.get("end") or "", hint="18:00")
            days = {one: say(f"day.{place}") for place, one in enumerate(_DAYS)}
            form.several("conditions.time.weekdays", say("policies.weekdays"), days, time.get("weekdays"))
            zone = time.get("zone") or str(self._visit.zone or "UTC")
            form.line("conditions.time.zone", say("policies.zone"), zone, needed=True)


def _input(values: dict[str, Any]) -> dict[str, Any]:
    """Return what the fields hold as the schema takes it."""
    made = nested(values)
    conditions, effects = made["conditions"], made["effects"]
    time = {name: value for name, value in conditions["time"].items() if value}
    conditions["time"] = time if time.keys() - {"zone"} else None
    pairs = [line.partition(":") for line in conditions["headers"]]
    conditions["headers"] = [{"name": name.strip(), "value": value.strip()} for name, _, value in pairs]
    if not any(effects["limits"].values()):
        effects["limits"] = None
    return made
