"""Playground: ask a model, or two side by side, and watch the answers come."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from nicegui.events import UploadEventArguments

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE
from omniroute.ui.models import names
from omniroute.ui.pages.translate import tabs
from omniroute.ui.parts import button, card, copy, icon_button, page_head, pill, text
from omniroute.ui.visit import Visit

MODELS = Document("query PlaygroundModels { models { id ownedBy } }")
PREPARE = Document(f"""
mutation PreparePlayground($input: PlaygroundInput!) {{
  preparePlayground(input: $input) {{ ... on PlaygroundRun {{ id }} {FAILURE} }}
}}""")
ANSWER = Document("""
subscription Playground($id: ID!) {
  playground(id: $id) {
    text thinking
    end {
      requestId outcome status provider model latencyMs firstTokenMs inputTokens outputTokens reasoningTokens costUsd
      attempts error calls { name arguments }
    }
  }
}""")

_LARGEST_IMAGE = 8_000_000
_TONES = {"ok": "good", "client_closed": "", "refused": "warn"}


async def show(visit: Visit) -> None:
    """Build the page."""
    page = _Page(visit)
    data = await visit.ask(MODELS)
    page.offer(names(data["models"]))


class _Page:
    """The question, and one or two answers."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._fields: dict[str, Any] = {}
        self._image: str | None = None
        say = visit.say
        with page_head(say("playground.title"), say("playground.about")):
            self._compare = ui.switch(say("playground.compare"), on_change=self._arrange)
        tabs(visit, "ask")
        with ui.element("div").classes("play"):
            with card(say("playground.question")):
                self._question()
            self._places = ui.element("div").classes("answers")
        with self._places:
            self._answers = [Answer(visit, self.ask), Answer(visit, self.ask)]
        self._answers[1].box.set_visibility(False)

    def _question(self) -> None:
        say = self._visit.say
        self._fields["system"] = ui.textarea(say("playground.system")).props("outlined autogrow")
        self._fields["text"] = ui.textarea(say("playground.text"), value=say("playground.example"))
        self._fields["text"].props("outlined autogrow").on("keydown.ctrl.enter", self.send)
        with ui.expansion(say("act.more"), icon="tune").classes("w-full"), ui.element("div").classes("form-body"):
            self._fields["temperature"] = ui.number(say("playground.temperature"), min=0, max=2, step=0.1)
            self._fields["maxTokens"] = ui.number(say("playground.max_tokens"), min=1, precision=0)
            self._fields["tools"] = ui.textarea(say("playground.tools")).props("outlined autogrow")
            self._upload = ui.upload(
                label=say("playground.image"),
                on_upload=self._take_image,
                auto_upload=True,
                max_files=1,
                max_file_size=_LARGEST_IMAGE,
                on_rejected=lambda: ui.notify(say("playground.image_refused"), type="negative"),
            )
            self._upload.props('accept="image/*" flat bordered').classes("w-full")
            self._seen = ui.element("div")
        for field in self._fields.values():
            field.props("outlined dense bottom-slots hide-bottom-space")
        with ui.element("div").classes("row-line"):
            self._send = button(say("playground.send"), self.send, icon="send", kind="main")
            text(say("playground.send_hint"), classes="faint small")

    async def _take_image(self, event: UploadEventArguments) -> None:
        content = await event.file.read()
        self._image = f"data:{event.file.content_type};base64,{b64encode(content).decode()}"
        self._upload.reset()
        self._seen.clear()
        with self._seen, ui.element("div").classes("row-line"):
            ui.image(self._image).classes("thumb")
            text(event.file.name, classes="grow cut small")
            icon_button("close", self._visit.say("combo.remove"), self._drop_image)

    def _drop_image(self) -> None:
        self._image = None
        self._seen.clear()

    def offer(self, models: list[str]) -> None:
        """Let models be chosen."""
        for place, answer in enumerate(self._answers):
            answer.offer(models, place)

    def _arrange(self) -> None:
        self._answers[1].box.set_visibility(self._compare.value)
        self._places.classes(remove="two", add="two" if self._compare.value else "")

    async def send(self) -> None:
        """Ask all models that are shown, at once."""
        for field in self._fields.values():
            field.props(remove="error error-message")
        await asyncio.gather(*(one.start() for one in self._answers[: 2 if self._compare.value else 1]))

    async def ask(self, model: str) -> str | None:
        """Have the question checked for a model; return its id, or show what is wrong."""
        values = {name: field.value for name, field in self._fields.items()}
        given = {name: value for name, value in values.items() if value not in {None, ""}}
        given |= {"model": model, "text": values["text"] or "", "image": self._image}
        if "maxTokens" in given:
            given["maxTokens"] = int(given["maxTokens"])
        data = await self._visit.tell(PREPARE, {"input": given})
        if data is None:
            return None
        result = data["preparePlayground"]
        if "code" not in result:
            return str(result["id"])
        for fault in result["fields"]:
            field = self._fields.get(fault["field"])
            if field is None:
                ui.notify(fault["message"], type="negative", timeout=8000, close_button=True)
            else:
                field.props["error"] = True
                field.props["error-message"] = fault["message"]
                field.update()
        return None


class Answer:
    """One model's answer as it comes. `ask` has the question checked and returns what to watch."""

    def __init__(self, visit: Visit, ask: Callable[[str], Awaitable[str | None]]) -> None:
        self._visit = visit
        self._ask = ask
        self._task: asyncio.Task[None] | None = None
        self._said = ""
        say = visit.say
        with card(classes="answer") as self.box:
            with ui.element("div").classes("row-line"):
                self.model = ui.select([], label=say("col.model"), with_input=True, new_value_mode="add-unique")
                self.model.props("outlined dense").classes("grow")
                self._stop = button(say("playground.stop"), self.stop, icon="stop", kind="bad")
                self._copy = icon_button("content_copy", say("act.copy"), lambda: copy(visit, self._said))
            self._thoughts = ui.expansion(say("playground.thinking"), icon="psychology").classes("w-full soft")
            with self._thoughts:
                self._thinking = ui.element("div").classes("said soft small")
            self._text = ui.element("div").classes("said").props('aria-live="polite"')
            self._calls = ui.element("div").classes("lines")
            self._facts = ui.element("div").classes("facts")
        for one in (self._stop, self._copy, self._thoughts):
            one.set_visibility(False)
        with self._text:
            text(say("playground.nothing"), "p", "faint")

    def offer(self, models: list[str], place: int = 0) -> None:
        """Let one of these be chosen; the `place`-th is at first."""
        self.model.set_options(models, value=models[min(place, len(models) - 1)] if models else None)

    async def start(self) -> None:
        """Send the question to the chosen model."""
        self.stop()
        model = self.model.value
        run = await self._ask(model) if model else None
        if run is None:
            return
        self._said = ""
        for one in (self._thinking, self._text, self._calls, self._facts):
            one.clear()
        for one, is_seen in ((self._thoughts, False), (self._copy, False), (self._stop, True)):
            one.set_visibility(is_seen)
        with self._text:
            self._waiting = ui.spinner("dots", size="28px")
        with self.box:
            self._task = self._visit.follow(ANSWER, self._hear, self._refused, {"id": run})

    def stop(self) -> None:
        """Leave; the gateway then ends the request."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            with self._facts:
                pill(self._visit.say("playground.stopped"))
            self._rest()

    def _rest(self) -> None:
        self._waiting.set_visibility(False)
        self._stop.set_visibility(False)
        self._copy.set_visibility(bool(self._said))

    def _hear(self, data: Data) -> None:
        news = data["playground"]
        if news["thinking"]:
            self._thoughts.set_visibility(True)
            with self._thinking:
                text(news["thinking"])
        if news["text"]:
            self._waiting.set_visibility(False)
            self._said += news["text"]
            with self._text:
                text(news["text"])
        if news["end"] is not None:
            self._end(news["end"])

    def _refused(self, words: str) -> None:
        self._rest()
        with self._text:
            text(words, "p", "tone-bad").props('role="alert"')

    def _end(self, end: Data) -> None:
        self._rest()
        say = self._visit.say
        if end["error"]:
            with self._text:
                text(end["error"], "p", "tone-bad").props('role="alert"')
        with self._calls:
            for one in end["calls"]:
                with ui.element("div").classes("line"):
                    text(one["name"], classes="strong mono")
                    text(one["arguments"], classes="grow mono")
        with self._facts:
            pill(say(f"outcome.{end['outcome']}"), _TONES.get(end["outcome"], "bad"))
            if end["provider"]:
                self._fact("col.provider", f"{end['provider']} · {end['model']}")
            self._fact("col.first_token", figures.duration(end["firstTokenMs"]))
            self._fact("col.took", figures.duration(end["latencyMs"]))
            if end["inputTokens"] is not None:
                words = f"{figures.count(end['inputTokens'])} → {figures.count(end['outputTokens'])}"
                self._fact("col.tokens", words)
            self._fact("col.cost", figures.dollars(end["costUsd"]))
            if end["attempts"] > 1:
                self._fact("playground.attempts", str(end["attempts"]))
            ui.link(say("playground.request"), f"/logs/{end['requestId']}").classes("small")

    def _fact(self, name: str, words: str) -> None:
        with ui.element("span").classes("fact"):
            text(self._visit.say(name), classes="faint small")
            text(words, classes="num")
