"""Which requests the log shows, as the address bar says it, as the schema asks it, and as the viewer chooses it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from omniroute.ui.door import Data, Document
from omniroute.ui.parts import button
from omniroute.ui.ranges import CUSTOM, SPANS, moment
from omniroute.ui.visit import Visit

CHOICES = Document("""
query LogChoices {
  models { id }
  combos { name }
  apiKeys { id name }
  providerConnections { id name provider node { prefix } }
}""")
OUTCOMES = ("ok", "failed", "truncated", "client_closed", "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """What to show; empty stands for all. `since` is a span such as 24h, or an ISO time; `after` a page's cursor."""

    outcome: str = ""
    status: str = ""
    model: str = ""
    provider: str = ""
    connection: str = ""
    key: str = ""
    combo: str = ""
    search: str = ""
    since: str = ""
    until: str = ""
    after: str = ""

    @property
    def given(self) -> dict[str, str]:
        """What is not left empty, by name."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name))}

    @property
    def address(self) -> str:
        """The page's address with this filter."""
        query = urlencode(self.given)
        return f"/logs?{query}" if query else "/logs"

    def asked(self, now: datetime, zone: tzinfo | None) -> dict[str, Any]:
        """Return the filter as the schema takes it; times without a zone are of this one."""
        asked: dict[str, Any] = {name: value for name, value in self.given.items() if name != "after"}
        span = SPANS.get(self.since)
        times = {"since": moment(self.since, zone) if span is None else now - span, "until": moment(self.until, zone)}
        for name, at in times.items():
            asked.pop(name, None)
            if at is not None:
                asked[name] = at.astimezone(UTC).isoformat()
        return asked

    def fits(self, event: Data) -> bool:
        """Tell whether a request that just ended belongs to what is shown, as far as its event tells."""
        wanted = {
            "model": self.model,
            "provider": self.provider,
            "connectionId": self.connection,
            "keyId": self.key,
            "status": self.outcome.upper(),
        }
        return all(not value or event[name] == value for name, value in wanted.items()) and not self.until


def read_filter(query: Mapping[str, str]) -> LogFilter:
    """Return the filter that an address holds; what it does not know is left out."""
    return LogFilter(**{one.name: query[one.name].strip() for one in fields(LogFilter) if query.get(one.name)})


class FilterBar:
    """The fields above the list. `changed` gets the new filter, which begins at the newest page again."""

    def __init__(
        self, visit: Visit, filter_: LogFilter, choices: Data, changed: Callable[[LogFilter], Awaitable[None]]
    ) -> None:
        self._visit = visit
        self._changed = changed
        self._filter = filter_
        say = visit.say
        with ui.element("div").classes("filters").props(f'role="search" aria-label="{say("logs.filters")}"'):
            self._text("search", say("logs.search"), 350)
            self._choice("outcome", say("col.state"), {one: say(f"outcome.{one}") for one in OUTCOMES})
            self._times()
            self._choice("model", say("col.model"), _names(one["id"] for one in choices["models"]))
            connections = choices["providerConnections"]
            providers = sorted({(one["node"] or {}).get("prefix") or one["provider"] for one in connections})
            self._choice("provider", say("col.provider"), _names(providers))
            self._choice("connection", say("logs.connection"), {one["id"]: one["name"] for one in connections})
            self._choice("key", say("col.key"), {one["id"]: one["name"] for one in choices["apiKeys"]})
            self._choice("combo", say("logs.combo"), _names(one["name"] for one in choices["combos"]))
            self._text("status", say("logs.status"), 350)
            self._clear = button(say("logs.clear"), self._forget, icon="filter_alt_off")
            self._clear.set_visibility(bool(filter_.given))

    def _times(self) -> None:
        """A span up to now, or one's own two times, which show once they are asked for."""
        say = self._visit.say
        since = self._filter.since
        is_own = bool(self._filter.until or (since and since not in SPANS))
        options = {**{one: say(f"span.{one}") for one in SPANS}, CUSTOM: say("span.custom")}
        span = ui.select(options, label=say("logs.time"), value=CUSTOM if is_own else since or None)
        span.props("outlined dense clearable options-dense").classes("filter")
        own = [self._time("since", say("range.since"), is_own), self._time("until", say("range.until"), is_own)]

        async def turn(event: Any) -> None:
            for one in own:
                one.set_visibility(event.value == CUSTOM)
            if event.value != CUSTOM:
                await self._take(since=event.value or "", until="")

        span.on_value_change(turn)

    def _time(self, name: str, label: str, is_shown: bool) -> ui.input:  # noqa: FBT001 - private
        value = getattr(self._filter, name)
        made = ui.input(label, value="" if value in SPANS else value, on_change=self._taker(name))
        made.props("outlined dense stack-label type=datetime-local debounce=500").classes("filter")
        made.set_visibility(is_shown)
        return made

    def _text(self, name: str, label: str, debounce: int) -> None:
        made = ui.input(label, value=getattr(self._filter, name), on_change=self._taker(name))
        made.props(f"outlined dense clearable debounce={debounce}").classes(f"filter filter-{name}")

    def _choice(self, name: str, label: str, options: dict[str, str]) -> None:
        value = getattr(self._filter, name)
        if value and value not in options:
            options = {value: value, **options}
        made = ui.select(options, label=label, value=value or None, with_input=len(options) > 8)  # noqa: PLR2004 - a screenful
        made.on_value_change(self._taker(name))
        made.props("outlined dense clearable options-dense").classes("filter")

    def _taker(self, name: str) -> Callable[[Any], Awaitable[None]]:
        async def take(event: Any) -> None:
            await self._take(**{name: (event.value or "").strip()})

        return take

    async def _take(self, **values: str) -> None:
        new = replace(self._filter, after="", **values)
        if new == replace(self._filter, after=""):
            return
        self._filter = new
        self._clear.set_visibility(bool(new.given))
        await self._changed(new)

    def _forget(self) -> None:
        ui.navigate.to(LogFilter().address)


def _names(names: Any) -> dict[str, str]:
    return {name: name for name in names}
