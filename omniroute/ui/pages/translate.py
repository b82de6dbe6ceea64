"""Playground, translate: a request of one format in the words of another, with what it loses on the way."""

import json
from typing import Any

from nicegui import ui

from omniroute.ui.door import Data, Document
from omniroute.ui.parts import button, card, code, page_head, pill, text
from omniroute.ui.visit import Visit

TRANSLATE = Document("""
query Translate($input: TranslationInput!) {
  translate(input: $input) {
    ... on Translation { body losses { path reason action } }
    ... on Failure { code message fields { field message } }
  }
}""")
_FORMATS = ("OPENAI_CHAT", "OPENAI_RESPONSES", "ANTHROPIC", "GEMINI", "OLLAMA")
_TONES = {"DROPPED": "bad", "MAPPED": "warn"}
_EXAMPLE: dict[str, Any] = {
    "model": "coding",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "name": "ada", "content": "What is the weather in Oslo?"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "get_weather",
                "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
            },
        }
    ],
    "seed": 7,
    "temperature": 0.2,
}


def tabs(visit: Visit, chosen: str) -> None:
    """Lead from one part of the playground to the other."""
    with ui.element("nav").classes("tabs").props(f'aria-label="{visit.say("playground.title")}"'):
        for name, target, icon in (("ask", "/playground", "chat"), ("translate", "/playground/translate", "translate")):
            with ui.link(target=target).classes("tab") as link:
                ui.icon(icon).props("aria-hidden=true")
                text(visit.say(f"playground.tab_{name}"))
            if name == chosen:
                link.props('aria-current="page"')


async def show(visit: Visit) -> None:
    """Build the page."""
    await _Page(visit).translate()


class _Page:
    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        say = visit.say
        with page_head(say("playground.title"), say("translate.about")):
            pass
        tabs(visit, "translate")
        with ui.element("div").classes("grid-2"):
            with card(say("translate.request")):
                self._source = self._format("translate.source", "OPENAI_CHAT")
                self._body = ui.textarea(say("translate.body"), value=json.dumps(_EXAMPLE, indent=2))
                self._body.props("outlined autogrow bottom-slots hide-bottom-space debounce=400").classes("mono-field")
                self._body.on_value_change(self.translate)
                with ui.element("div").classes("row-line wraps"):
                    button(say("translate.go"), self.translate, icon="translate", kind="main")
            with card(say("translate.result")):
                self._target = self._format("translate.target", "ANTHROPIC")
                self._written = ui.element("div").props('aria-live="polite"')
        with card(say("translate.losses"), hint=say("translate.losses_hint")):
            self._losses = ui.element("div").classes("lines").props('aria-live="polite"')

    def _format(self, label: str, value: str) -> ui.select:
        options = {one: self._visit.say(f"format.{one.lower()}") for one in _FORMATS}
        made = ui.select(options, label=self._visit.say(label), value=value, on_change=self.translate)
        return made.props("outlined dense options-dense")

    async def translate(self) -> None:
        """Show what the request comes to."""
        self._body.props(remove="error error-message")
        try:
            body = json.loads(self._body.value or "")
        except ValueError as error:
            self._refuse(self._visit.say("translate.no_json", reason=str(error)))
            return
        if not isinstance(body, dict):
            self._refuse(self._visit.say("translate.no_object"))
            return
        asked = (self._source.value, self._target.value, self._body.value)
        data = await self._visit.tell(
            TRANSLATE, {"input": {"source": self._source.value, "target": self._target.value, "body": body}}
        )
        if data is None or asked != (self._source.value, self._target.value, self._body.value):
            return  # the viewer has gone on meanwhile
        result = data["translate"]
        if "code" in result:
            self._refuse(result["message"])
        else:
            self._show(result)

    def _refuse(self, words: str) -> None:
        self._body.props["error"] = True
        self._body.props["error-message"] = words
        self._body.update()
        self._written.clear()
        self._losses.clear()

    def _show(self, result: Data) -> None:
        say = self._visit.say
        self._written.clear()
        with self._written:
            code(self._visit, json.dumps(result["body"], indent=2, ensure_ascii=False))
        self._losses.clear()
        with self._losses:
            if not result["losses"]:
                text(say("translate.whole"), "p", "soft")
            for one in result["losses"]:
                with ui.element("div").classes("line loss"):
                    pill(say(f"loss.{one['action'].lower()}"), _TONES[one["action"]])
                    text(one["path"], classes="mono strong wrap")
                    text(one["reason"], classes="grow soft wrap")
