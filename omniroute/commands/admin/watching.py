"""What goes on now: the request log, sessions and health, as they are or as they change."""

import sys
from collections.abc import Callable, Mapping
from contextlib import aclosing, nullcontext
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live
from rich.text import Text

from omniroute.client import Client, Feed, Heard
from omniroute.client.generated import enums, inputs
from omniroute.commands.admin import finding, shown
from omniroute.commands.admin.build import AsJson, ProfileName, Url
from omniroute.commands.admin.options import arguments, pairs
from omniroute.commands.admin.running import Way, read_secret

Watch = Annotated[bool, typer.Option("--watch", "-w", help="Go on, and show what changes, until interrupted.")]
Count = Annotated[int, typer.Option("--first", "-n", help="How many requests.", min=1, max=200)]
Filter = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        metavar="FIELD=VALUE",
        help="Only such requests; may be given several times. Fields: status, outcome, model, provider, connection, "
        "key, combo, since, until, search; with --follow: keyId, model, provider, statuses.",
    ),
]
_LOG = ("started_at", "requested_model", "provider", "model", "outcome", "status", "latency_ms", "cost_usd", "id")
_NEWS = ("at", "status", "model", "provider", "http_status", "latency_ms", "input_tokens", "output_tokens", "cost_usd")
_SESSIONS = ("session_id", "key", "client", "model", "provider", "request_count", "active_requests", "cost_usd")
_LIVE = ("name", "client", "model", "provider", "in_flight", "requests", "failures", "cost_usd", "last_seen_at")
_STATES = ("provider", "name", "model", "status", "until", "reason")


def add(app: typer.Typer, _groups: Mapping[str, typer.Typer]) -> None:
    """Add the commands."""
    app.command("logs")(logs)
    app.command("sessions")(sessions)
    app.command("health")(health)


def logs(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with requests as they end.")] = False,
    wanted: Filter = None,
    first: Count = 50,
    profile: ProfileName = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show the request log, the newest first; with --follow what happens now, as JSON lines with --json."""
    way = Way(profile=profile, url=url, as_json=as_json)
    kind = inputs.RequestFeedFilter if follow else inputs.RequestLogFilter
    given = pairs(kind, wanted or (), read_secret)

    async def listed(client: Client) -> None:
        if "key" in given:
            given["key"] = (await finding.find(client, "key", given["key"])).id
        asked = arguments(Client.request_log, {"filter": given}) if given else {}
        page = await client.request_log(first=first, **asked)
        if as_json:
            shown.tell_json(page)
        else:
            shown.tell(page, _LOG, "")

    async def followed(client: Client) -> None:
        if "keyId" in given:
            given["keyId"] = (await finding.find(client, "key", given["keyId"])).id
        asked = arguments(Client.request_feed, {"filter": given}) if given else {}
        lines = _Lines(as_json=as_json)
        async with aclosing(client.request_feed(**asked).heard()) as feed:
            async for heard in feed:
                _tell_gap(heard)
                for one in heard.value.requests:
                    lines.tell(one)

    way.run(followed if follow else listed)


def sessions(watch: Watch = False, profile: ProfileName = None, url: Url = None, as_json: AsJson = False) -> None:
    """Show who is at work: conversations and clients, with what they use."""
    way = Way(profile=profile, url=url, as_json=as_json)

    async def now(client: Client) -> None:
        served = await client.served_now()
        if as_json:
            shown.tell_json(served)
            return
        shown.tell_rows(served.sessions, _SESSIONS)

    async def watched(client: Client) -> None:
        known: dict[str, Any] = {}

        def table(news: Any) -> Any:
            if news.snapshot:
                known.clear()
            known.update({one.id: one for one in news.sessions})
            for one in news.ended:
                known.pop(one, None)
            newest = sorted(known.values(), key=lambda one: one.last_seen_at, reverse=True)
            return _rows(_LIVE, newest)

        await _watch(client.live_sessions(), table, as_json=as_json)

    way.run(watched if watch else now)


def health(watch: Watch = False, profile: ProfileName = None, url: Url = None, as_json: AsJson = False) -> None:
    """Show whether the gateway is well; the exit code is 1 when it is not. With --watch who is left alone, and why."""
    way = Way(profile=profile, url=url, as_json=as_json)
    ill: list[bool] = []

    async def now(client: Client) -> None:
        found = await client.health()
        ill.append(found.status is not enums.HealthStatus.HEALTHY)
        if as_json:
            shown.tell_json(found)
            return
        shown.tell(found, (), "")

    async def watched(client: Client) -> None:
        known: dict[tuple[str, str | None], Any] = {}

        def table(news: Any) -> Any:
            if news.snapshot:
                known.clear()
            known.update({(one.connection_id, one.model): one for one in news.connections})
            for one in news.gone:
                known.pop((one.connection_id, one.model), None)
            head = Text(f"{news.at.astimezone():%H:%M:%S}   {news.in_flight} requests under way\n")
            return Group(head, _rows(_STATES, list(known.values())))

        await _watch(client.health_feed(), table, as_json=as_json)

    way.run(watched if watch else now)
    if any(ill):
        raise typer.Exit(shown.REFUSED)


async def _watch(feed: Feed[Any], show: Callable[[Any], Any], *, as_json: bool) -> None:
    """Show a feed: JSON lines for scripts, one picture that changes for people at a terminal."""
    console = shown.console()
    is_alive = console.is_terminal and not as_json
    async with aclosing(feed.heard()) as messages:
        with Live(console=console, auto_refresh=False) if is_alive else nullcontext() as live:
            async for heard in messages:
                _tell_gap(heard)
                if as_json:
                    shown.tell_json(heard.value)
                elif live is None:
                    console.print(show(heard.value))
                else:
                    live.update(show(heard.value), refresh=True)


class _Lines:
    """Requests as lines; the head comes first, once."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._began = False

    def tell(self, one: Any) -> None:
        """Print one."""
        if self._as_json:
            shown.tell_json(one)
            return
        widths = (8, 13, 28, 14, 6, 9, 8, 8, 10)
        if not self._began:
            self._began = True
            self._write([name.replace("_", " ").upper() for name in _NEWS], widths)
        values = [getattr(one, name) for name in _NEWS]
        at: datetime = values[0]
        self._write([f"{at.astimezone():%H:%M:%S}", *(shown.cell(value).plain for value in values[1:])], widths)

    def _write(self, words: list[str], widths: tuple[int, ...]) -> None:
        line = "  ".join(word[:width].ljust(width) for word, width in zip(words, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")
        sys.stdout.flush()


def _rows(columns: tuple[str, ...], rows: list[Any]) -> Any:
    return shown.table(columns, ([getattr(row, one) for one in columns] for row in rows))


def _tell_gap(heard: Heard[Any]) -> None:
    if heard.gap_s:
        sys.stderr.write(f"omniroute: nothing was heard for {heard.gap_s:.1f} s; the picture is whole again\n")
    if heard.missed:
        sys.stderr.write(f"omniroute: {heard.missed} messages were dropped, as this side was too slow\n")
