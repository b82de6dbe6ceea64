"""A time as people choose it: the last so many hours or days, or from one day to another, in their own zone."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from nicegui import ui

from omniroute.ui.visit import Visit

SPANS = {
    "1h": timedelta(hours=1),
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
CUSTOM = "custom"
# How long a span of a series is, so that a chart has some tens to a few hundred of them.
_STEPS = ((timedelta(hours=6), "MINUTE"), (timedelta(days=14), "HOUR"))
STEP_MS = {"MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000}


def moment(text: str, zone: tzinfo | None) -> datetime | None:
    """Read a day or time, in this zone where it names none; None when it is neither."""
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        return None
    return made if made.tzinfo else made.replace(tzinfo=zone or UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """`span` is one of SPANS or CUSTOM, which goes from the day `since` to the day `until`, both included."""

    span: str = "7d"
    since: str = ""
    until: str = ""

    def bounds(self, now: datetime, zone: tzinfo | None) -> tuple[datetime, datetime]:
        """Return from when on and up to when; what can't be read is taken as the last week."""
        if self.span != CUSTOM:
            return now - SPANS.get(self.span, SPANS["7d"]), now
        first, last = moment(self.since, zone), moment(self.until, zone)
        end = now if last is None else min(last + timedelta(days=1), now)
        start = end - SPANS["7d"] if first is None else first
        return (start, end) if start < end else (end - timedelta(days=1), end)

    @property
    def given(self) -> dict[str, str]:
        """The parts that an address names."""
        days = {"since": self.since, "until": self.until} if self.span == CUSTOM else {}
        return {name: value for name, value in {"span": self.span, **days}.items() if value}


def read_range(query: Mapping[str, str], usual: str = "7d") -> Range:
    """Return the range that an address names."""
    span = query.get("span", usual)
    known = span if span in {*SPANS, CUSTOM} else usual
    return Range(span=known, since=query.get("since", ""), until=query.get("until", ""))


def step_for(since: datetime, until: datetime) -> str:
    """Return the schema's step that suits a time."""
    return next((step for most, step in _STEPS if until - since <= most), "DAY")


def period(since: datetime, until: datetime) -> dict[str, Any]:
    """Return a time as the schema takes it."""
    return {"since": since.astimezone(UTC).isoformat(), "until": until.astimezone(UTC).isoformat()}


class RangeBar:
    """Buttons for the usual spans, and two days. `changed` gets what was chosen."""

    def __init__(
        self, visit: Visit, range_: Range, spans: list[str], changed: Callable[[Range], Awaitable[None]]
    ) -> None:
        self._changed = changed
        self._range = range_
        say = visit.say
        with ui.element("div").classes("row-line ranges"):
            options = {one: say(f"short.{one}") for one in (*spans, CUSTOM)}
            toggle = (
                ui.toggle(options, value=range_.span)
                .props("no-caps unelevated dense color=none text-color=none toggle-color=chosen toggle-text-color=none")
                .classes("toggle")
            )
            with ui.element("div").classes("row-line") as self._days:
                self._since = self._day(say("range.since"), range_.since)
                self._until = self._day(say("range.until"), range_.until)
        self._days.set_visibility(range_.span == CUSTOM)
        toggle.on_value_change(lambda event: self._turn(event.value))

    def _day(self, label: str, value: str) -> ui.input:
        made = ui.input(label, value=value).props("outlined dense type=date stack-label debounce=400")
        made.on_value_change(lambda: self._turn(CUSTOM))
        return made.classes("day")

    async def _turn(self, span: str) -> None:
        self._days.set_visibility(span == CUSTOM)
        new = Range(span=span, since=self._since.value or "", until=self._until.value or "")
        is_whole = span != CUSTOM or (new.since and new.until)
        if is_whole and new != self._range:
            self._range = new
            await self._changed(new)
