"""One open dashboard: in whose name it asks, in which language it speaks, and what it watches."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from nicegui import background_tasks, ui
from nicegui.client import Client

from omniroute.ui.door import Data, Document, Door, Guest, Refused, data_of
from omniroute.ui.words import say

log = structlog.get_logger(__name__)

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 15.0
COOKIE_LANGUAGE = "omniroute_language"
COOKIE_THEME = "omniroute_theme"
COOKIE_WELCOMED = "omniroute_welcomed"


class Visit:
    """Given to every page.

    `root` is the gateway's address as the browser knows it; `zone` the viewer's time zone, once the browser told it.
    `is_new`: this browser was not welcomed yet. `is_asked`: a question waits for its answer, so that no second one
    comes up when a button is pressed twice.
    """

    def __init__(
        self,
        door: Door,
        guest: Guest,
        client: Client,
        *,
        language: str,
        theme: str,
        root: str,
        is_new: bool,
    ) -> None:
        self._door = door
        self._guest = guest
        self._client = client
        self.language = language
        self.theme = theme
        self.root = root
        self.is_new = is_new
        self.is_asked = False
        self.zone: ZoneInfo | None = None

    def say(self, name: str, /, **values: object) -> str:
        """Return a text in the viewer's language."""
        return say(self.language, name, **values)

    async def ask(self, document: Document, variables: Mapping[str, Any] | None = None) -> Data:
        """Execute a query or mutation; raise Refused."""
        return data_of(await self._door.execute(document, variables or {}, self._guest.visitor))

    async def tell(self, document: Document, variables: Mapping[str, Any] | None = None) -> Data | None:
        """Execute a query or mutation; on a refusal show it and return None."""
        try:
            return await self.ask(document, variables)
        except Refused as error:
            ui.notify(self.say("error.failed", reason=str(error)), type="negative", timeout=8000, close_button=True)
            return None

    async def act(self, document: Document, variables: Mapping[str, Any] | None = None) -> Data | None:
        """Execute a mutation that has no form; show why where it did nothing, and return None then."""
        data = await self.tell(document, variables)
        result: Data | None = next(iter(data.values())) if data else None
        if result is not None and "message" in result and "code" in result:
            ui.notify(
                self.say("error.failed", reason=result["message"]), type="negative", timeout=8000, close_button=True
            )
            return None
        return result

    def watch(
        self,
        document: Document,
        show: Callable[[Data], Awaitable[None] | None],
        variables: Mapping[str, Any] | None = None,
        *,
        until: Callable[[], bool] = lambda: False,
    ) -> None:
        """Show each event of a feed as long as the place that asked for it exists; a feed that breaks begins anew.

        `until` says when a feed that has an end has come to it.
        """
        place = ui.context.slot.parent

        async def run() -> None:
            pause = _FIRST_PAUSE_S
            while not place.is_deleted and not until():
                with suppress(Refused):
                    async with aclosing(self._feed(document, variables or {})) as feed:
                        async for response in feed:
                            if place.is_deleted:
                                return
                            pause = _FIRST_PAUSE_S
                            with place:
                                shown = show(data_of(response))
                                if shown is not None:
                                    await shown
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)

        task = background_tasks.create(run(), name="feed")
        self._client.on_delete(task.cancel)

    def follow(
        self,
        document: Document,
        show: Callable[[Data], None],
        refused: Callable[[str], None],
        variables: Mapping[str, Any] | None = None,
    ) -> asyncio.Task[None]:
        """Show each event of a feed that has an end; `refused` gets the words of a refusal. Cancelling leaves it."""
        place = ui.context.slot.parent

        async def run() -> None:
            try:
                async with aclosing(self._feed(document, variables or {})) as feed:
                    async for response in feed:
                        if place.is_deleted:
                            return
                        with place:
                            show(data_of(response))
            except Refused as error:
                with place:
                    refused(str(error))

        task = background_tasks.create(run(), name="followed")
        self._client.on_delete(task.cancel)
        return task

    def _feed(self, document: Document, variables: Data) -> AsyncGenerator[Data, None]:
        return self._door.subscribe(document, variables, self._guest.visitor, self._guest.check)

    def time(self, text: str | None, *, with_date: bool = False) -> str:
        """Spell an ISO time in the viewer's zone."""
        if not text:
            return "-"
        moment = datetime.fromisoformat(text).astimezone(self.zone or UTC)
        return moment.strftime("%d %b %H:%M:%S" if with_date else "%H:%M:%S")

    def date(self, text: str | None) -> str:
        """Spell the day of an ISO time in the viewer's zone."""
        return datetime.fromisoformat(text).astimezone(self.zone or UTC).strftime("%d %b %Y") if text else "-"

    def take_zone(self, name: object) -> None:
        """Note the browser's time zone."""
        with suppress(ZoneInfoNotFoundError, ValueError):
            self.zone = ZoneInfo(str(name))
