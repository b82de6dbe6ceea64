"""Runs commands: opens the client that a profile names, asks, shows, and turns errors into exit codes."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import typer

from omniroute.client import Client, ClientError, Denied
from omniroute.commands.admin import finding, shown
from omniroute.commands.admin.options import Leaf, arguments, given
from omniroute.commands.admin.profiles import chosen
from omniroute.commands.admin.row import Row
from omniroute.kit.errors import OmniError
from omniroute.kit.json import JsonObject
from omniroute.kit.secret import Secret
from omniroute.kit.settings import access, variable
from omniroute.kit.tasks import begin, end

_LOOK_S = 0.5
_NO_KEY = (
    "no key was given: sign in by `omniroute admin login`, or set OMNIROUTE_KEY. On the gateway's machine "
    "`omniroute admin create-key --name ops --scope admin` makes one"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How to reach the gateway and how to answer: what every command takes."""

    profile: str | None = None
    url: str | None = None
    as_json: bool = False
    yes: bool = False

    def client(self) -> Client:
        """Return a client for it."""
        url, key = chosen(self.profile, self.url, access())
        return Client(url, key)

    def run(self, work: Callable[[Client], Awaitable[None]]) -> None:
        """Run a command's work; raise typer.Exit with the code of what went wrong."""

        async def whole() -> None:
            async with self.client() as client:
                await work(client)

        with self.told():
            asyncio.run(whole())

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell an error of ours in one sentence."""
        try:
            yield
        except ClientError as error:
            shown.tell_error(_advised(error), as_json=self.as_json)
            raise typer.Exit(shown.exit_code(error)) from None
        except OmniError as error:
            sys.stderr.write(f"omniroute: {error.message}\n")
            raise typer.Exit(shown.USAGE) from None
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        except BrokenPipeError:
            # Whoever read, such as `head`, has enough. What is left in the buffer must not fail once more at the end.
            sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - the process ends
            raise typer.Exit(0) from None

    def confirmed(self, question: str) -> None:
        """Ask a person; a script has to say --yes."""
        if self.yes:
            return
        if self.as_json or not sys.stdin.isatty():
            raise typer.BadParameter(f"{question} Say --yes where nobody can be asked.")
        typer.confirm(question, abort=True)

    def busy(self, words: str) -> Any:
        """Show people that something takes its time."""
        console = shown.console(errors=True)
        return console.status(words) if words and console.is_terminal and not self.as_json else nullcontext()


def run(row: Row, leaves: Sequence[Leaf], way: Way, typed: Mapping[str, Any]) -> None:
    """Run one row."""
    method = getattr(Client, row.does)
    values: JsonObject = {}
    for leaf in leaves:
        found = typed[leaf.parameter]
        if found is not None and found != []:
            _place(values, leaf, given(leaf, found, read_secret))
    if row.confirm:
        way.confirmed(row.confirm.format(*(typed[leaf.parameter] for leaf in leaves if leaf.name in row.arguments)))

    async def work(client: Client) -> None:
        old = await _found(client, row, leaves, values)
        if row.merge and old is not None and isinstance(values.get("input"), dict):
            _merge(values["input"], old)
        asked = arguments(method, values)
        with way.busy(row.slow) as status:
            async with _followed(client, row, status):
                answer = await getattr(client, row.does)(**asked)
        if way.as_json:
            shown.tell_json(answer)
        else:
            shown.tell(answer, row.columns, row.show)

    way.run(work)


@asynccontextmanager
async def _followed(client: Client, row: Row, status: Any) -> AsyncIterator[None]:
    """Show how far something is for as long as it takes, where there is somebody to see it."""
    if not row.follows or status is None:
        yield
        return
    following = begin(_follow(client, row, status))
    try:
        yield
    finally:
        await end([following])


async def _follow(client: Client, row: Row, status: Any) -> None:
    while True:
        await asyncio.sleep(_LOOK_S)
        found = await getattr(client, row.follows)()
        if found is not None:
            total = f" of {found.total:,}" if found.total else ""
            status.update(f"{row.slow} {found.table}: {found.rows:,}{total} rows")


def read_secret(source: str, name: str) -> Secret:
    """Read a secret from where the command line says; it does not take the text itself."""
    if source == "-":
        text = sys.stdin.readline()
    elif source == "prompt":
        text = typer.prompt(name.replace("-", " "), hide_input=True, err=True)
    elif source.startswith("env:"):
        found = variable(source.removeprefix("env:"))
        if found is None:
            raise typer.BadParameter(f"{name}: the variable {source.removeprefix('env:')} is not set")
        return found
    else:
        raise typer.BadParameter(
            f"{name}: a secret does not belong on the command line; say where it is read from: "
            "- (a line of the standard input), prompt or env:NAME"
        )
    if not text.strip():
        raise typer.BadParameter(f"{name}: nothing came in")
    return Secret(text.strip())


def _advised(error: ClientError) -> ClientError:
    """Say what to do where no key was there."""
    if isinstance(error, Denied) and error.error_code == "unauthenticated" and "session" not in error.message:
        return Denied(f"{error.message} {_NO_KEY}" if error.message.endswith(".") else f"{error.message}; {_NO_KEY}")
    return error


def _place(values: JsonObject, leaf: Leaf, value: Any) -> None:
    """Put a value where it belongs, by the names that JSON has."""
    first, *inner = leaf.path
    if not inner:
        values[first] = value
        return
    here = values.setdefault(first, {})
    *parts, last = (_camel(part) for part in inner)
    for part in parts:
        here = here.setdefault(part, {})
    here[last] = value


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(map(str.capitalize, more))


async def _found(client: Client, row: Row, leaves: Sequence[Leaf], values: JsonObject) -> Any:
    """Put ids in the place of names; return the last thing found that is the command's own."""
    own = None
    for leaf in leaves:
        kind = row.find.get(leaf.name)
        if kind is None:
            continue
        holder = values
        for part in leaf.path[:-1]:
            holder = holder.get(part if holder is values else _camel(part), {})
        name = leaf.path[-1] if holder is values else _camel(leaf.path[-1])
        given_name = holder.get(name)
        if isinstance(given_name, list):
            holder[name] = [(await finding.find(client, kind, one)).id for one in given_name]
        elif given_name is not None:
            found = await finding.find(client, kind, given_name)
            holder[name] = found.id
            own = found if leaf.name == "id" else own
    return own


def _merge(change: JsonObject, old: msgspec.Struct) -> None:
    """Fill parts that are replaced as a whole up with what is there."""
    there: JsonObject = msgspec.to_builtins(old)
    for name, part in change.items():
        if isinstance(part, dict) and isinstance(there.get(name), dict):
            change[name] = _filled(part, there[name])


def _filled(part: JsonObject, old: JsonObject) -> JsonObject:
    filled = dict(old)
    for name, value in part.items():
        inner = filled.get(name)
        filled[name] = _filled(value, inner) if isinstance(value, dict) and isinstance(inner, dict) else value
    return filled
