"""The forms of keys: what a key is made or changed by, a new text for one, and its budgets; and a fresh key shown."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from nicegui import ui

from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Form
from omniroute.ui.pages.endpoint import show_snippets
from omniroute.ui.parts import button, card, code, text
from omniroute.ui.visit import Visit

CREATE = Document(f"""
mutation MakeKey($input: ApiKeyInput!) {{
  createApiKey(input: $input) {{ ... on CreatedApiKey {{ text key {{ id name }} }} {FAILURE} }}
}}""")
UPDATE = Document(f"""
mutation ChangeKey($id: ID!, $input: ApiKeyChange!) {{
  updateApiKey(id: $id, input: $input) {{ ... on ApiKey {{ id name }} {FAILURE} }}
}}""")
ROTATE = Document(f"""
mutation RotateKey($id: ID!, $grace: Int!) {{
  rotateApiKey(id: $id, graceSeconds: $grace) {{ ... on CreatedApiKey {{ text key {{ id name }} }} {FAILURE} }}
}}""")
BUDGET = Document(f"""
mutation SetKeyBudget($input: [BudgetInput!]!) {{
  setBudgets(input: $input) {{ ... on Budgets {{ budgets {{ keyId }} }} {FAILURE} }}
}}""")

Done = Callable[[Data], Awaitable[None]]

_DAYS = ("", "7", "30", "90", "365")
_KEEP = "keep"
_GRACES = (0, 3600, 86_400, 604_800)


def ask_new(visit: Visit, done: Done) -> None:
    """Ask for what a new key needs."""
    say = visit.say
    form = Form(visit, say("keys.new"), say("keys.new_about"))
    with form.body():
        form.line("name", say("providers.name"), hint=say("keys.name_hint"), needed=True)
        _scopes(form, visit, ["INFERENCE"])
        _lifetime(form, visit, keeps=False)
        _limits(form, visit, {})
    form.act(say("act.create"), CREATE, lambda values: {"input": _given(values)}, done)
    form.dialog.open()


def ask_change(visit: Visit, key: Data, done: Done) -> None:
    """Ask for what to change of a key."""
    say = visit.say
    form = Form(visit, key["name"])
    with form.body():
        form.line("name", say("providers.name"), key["name"], needed=True)
        _scopes(form, visit, key["scopes"])
        _lifetime(form, visit, keeps=True)
        form.switch("isActive", say("keys.active"), value=key["isActive"])
        _limits(form, visit, key)
    form.act(say("act.save"), UPDATE, lambda values: {"id": key["id"], "input": _given(values)}, done)
    form.dialog.open()


def ask_rotation(visit: Visit, key: Data, done: Done) -> None:
    """Ask how a key gets a new text."""
    say = visit.say
    form = Form(visit, say("keys.rotate_title", name=key["name"]), say("keys.rotate_about"))
    with form.body():
        terms = {str(seconds): say(f"keys.grace_{seconds}") for seconds in _GRACES}
        form.choice("grace", say("keys.grace"), terms, str(_GRACES[1]))
    form.act(say("keys.rotate"), ROTATE, lambda values: {"id": key["id"], "grace": int(values["grace"])}, done)
    form.dialog.open()


def ask_budget(visit: Visit, key: Data, done: Done) -> None:
    """Ask for a budget of a key."""
    say = visit.say
    form = Form(visit, say("keys.budget_title", name=key["name"]), say("keys.budget_about"))
    with form.body():
        form.choice("period", say("keys.period"), {one: say(f"period.{one.lower()}") for one in PERIODS}, PERIODS[-1])
        form.choice("unit", say("keys.unit"), {one: say(f"unit.{one.lower()}") for one in UNITS}, UNITS[0])
        field = ui.number(say("keys.limit"), min=0)
        form.add("limit", field, lambda value: str(value or 0))
    form.act(say("act.save"), BUDGET, lambda values: {"input": [{**values, "keyId": key["id"]}]}, done)
    form.dialog.open()


PERIODS = ("DAILY", "WEEKLY", "MONTHLY")
UNITS = ("USD", "TOKENS")


def show_fresh(visit: Visit, made: Data, models: Sequence[str], hide: Callable[[], None] | None = None) -> None:
    """Show a key's text, this once, and how clients are set up with it."""
    say = visit.say
    with card(say("keys.made", name=made["key"]["name"]), classes="fresh"):
        text(say("keys.made_about"), "p", "soft")
        code(visit, made["text"])
        if hide is not None:
            with ui.element("div").classes("row-line form-acts"):
                button(say("keys.kept"), hide)
        if not models:
            return
        chosen = ui.select(list(models), label=say("keys.model"), value=models[0], with_input=True)
        chosen.props("outlined dense")
    place = ui.element("div")

    def draw(model: str | None) -> None:
        place.clear()
        with place:
            show_snippets(visit, key=made["text"], model=model or models[0])

    chosen.on_value_change(lambda event: draw(event.value))
    draw(models[0])


def _scopes(form: Form, visit: Visit, value: list[str]) -> None:
    scopes = {one: visit.say(f"keys.{one.lower()}_about") for one in ("INFERENCE", "ADMIN")}
    form.add("scopes", ui.select(scopes, label=visit.say("keys.scopes"), value=value, multiple=True))


def _lifetime(form: Form, visit: Visit, *, keeps: bool) -> None:
    terms = {one: visit.say("keys.days", count=one) if one else visit.say("keys.forever") for one in _DAYS}
    if keeps:
        terms = {_KEEP: visit.say("keys.keep"), **terms}
    form.add("expiresAt", ui.select(terms, label=visit.say("keys.lifetime"), value=_KEEP if keeps else ""), _expiry)


def _expiry(choice: str) -> str | None:
    if choice == _KEEP:
        return _KEEP
    return (datetime.now(UTC) + timedelta(days=int(choice))).isoformat() if choice else None


def _limits(form: Form, visit: Visit, key: Data) -> None:
    say = visit.say
    with ui.expansion(say("keys.limits"), icon="speed").classes("w-full"), ui.element("div").classes("form-body"):
        form.number("rpm", say("keys.rpm"), key.get("rpm"), hint=say("keys.unlimited"))
        form.number("tpm", say("keys.tpm"), key.get("tpm"), hint=say("keys.unlimited"))
        form.number("maxConcurrent", say("providers.max_concurrent"), key.get("maxConcurrent"))
        for name in ("allowedModels", "allowedProviders", "allowedAddresses"):
            field = ui.input(say(f"keys.{name.lower()}"), value=", ".join(key.get(name, ())))
            field.props(f'hint="{say("keys.all_allowed")}"')
            form.add(name, field, _listed)
        form.switch("noLog", say("keys.nolog"), value=key.get("noLog", False))


def _listed(words: str) -> list[str]:
    return [one.strip() for one in words.replace("\n", ",").split(",") if one.strip()]


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value != _KEEP}
