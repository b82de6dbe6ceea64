"""The configuration as one YAML document: exported, compared, applied all at once.

A secret stands in it as `{env: NAME}`. It is read here, at the side of whoever applies the document, and is never
written; where the variable is not set, the secret that the gateway has is kept.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.text import Text

from omniroute.client import Client
from omniroute.client.generated.enums import ConfigurationAction
from omniroute.commands.admin import shown
from omniroute.commands.admin.build import AsJson, ProfileName, Url, Yes
from omniroute.commands.admin.running import Way
from omniroute.kit.errors import Invalid
from omniroute.kit.json import JsonObject, dumps
from omniroute.kit.settings import variable

_SIGNS = {
    ConfigurationAction.CREATE: ("+", "green"),
    ConfigurationAction.UPDATE: ("~", "yellow"),
    ConfigurationAction.REMOVE: ("-", "red"),
}
_HEAD = """\
# The configuration of an OmniRoute gateway. `omniroute admin apply -f FILE --plan` tells what it would change.
# Secrets are not in it: {env: NAME} names the variable that `apply` reads one from; without it the old one is kept.
"""
_LONGEST = 10_000_000


def add(app: typer.Typer, _groups: Mapping[str, typer.Typer]) -> None:
    """Add the commands."""
    app.command("export")(export)
    app.command("apply")(apply)


def export(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write it; left out: to the standard output.")
    ] = None,
    profile: ProfileName = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Write the whole configuration as one YAML document, without secrets."""
    way = Way(profile=profile, url=url, as_json=as_json)

    async def work(client: Client) -> None:
        document = await client.configuration()
        text = dumps(document).decode() + "\n" if as_json else _HEAD + _yaml(document)
        if output is None:
            sys.stdout.write(text)
            return
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise Invalid(f"{output} cannot be written: {error.strerror}") from error

    way.run(work)


def apply(
    file: Annotated[Path, typer.Option("--file", "-f", help="The document, YAML or JSON; - is the standard input.")],
    plan: Annotated[bool, typer.Option("--plan", help="Only tell what would change.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove what the document's sections do not name.")] = False,
    yes: Yes = False,
    profile: ProfileName = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make the configuration as a document says: all of it, or on any error nothing."""
    way = Way(profile=profile, url=url, as_json=as_json, yes=yes)
    with way.told():
        document, unset = resolved(_read(file))
    if prune and not plan:
        way.confirmed("Remove what the document does not name?")

    async def work(client: Client) -> None:
        with way.busy("Comparing …" if plan else "Applying …"):
            ask = client.configuration_plan if plan else client.apply_configuration
            outcome = await ask(document, prune=prune)
        if as_json:
            shown.tell_json(outcome)
        else:
            _tell(outcome)
        if unset:
            sys.stderr.write(f"omniroute: not set, so that the secrets there are kept: {', '.join(unset)}\n")

    way.run(work)


def resolved(document: Any) -> tuple[Any, list[str]]:
    """Return a document with its references to secrets replaced, and the variables that are not set."""
    unset: list[str] = []

    def walked(value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) == {"env"} and isinstance(value["env"], str):
                found = variable(value["env"])
                if found is None:
                    unset.append(value["env"])
                    return value
                return found.reveal()
            return {name: walked(one) for name, one in value.items()}
        return [walked(one) for one in value] if isinstance(value, list) else value

    return walked(document), unset


class _Loader(yaml.SafeLoader):
    """Reads times as the text that they are: JSON has no other."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _read(file: Path) -> JsonObject:
    try:
        text = sys.stdin.read(_LONGEST) if str(file) == "-" else file.read_text(encoding="utf-8")
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise Invalid(f"{file} should hold sections such as connections and combos")
    return document


def _yaml(document: Any) -> str:
    made: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    return made


def _tell(outcome: Any) -> None:
    console = shown.console()
    for one in outcome.differences:
        sign, style = _SIGNS[one.action]
        console.print(Text(f"{sign} {one.section} {one.name}", style=style))
        for change in one.changes if one.action is ConfigurationAction.UPDATE else ():
            console.print(Text(f"    {change.field}: {_brief(change.before)} → {_brief(change.after)}"))
    for key in outcome.keys:
        console.print(Text(f"key {key.name}: {key.text}   (shown once)", style="bold"))
    if outcome.others:
        console.print(Text(f"not in the document, left alone: {', '.join(outcome.others)}", style="dim"))
    count = len(outcome.differences)
    words = "Nothing is different." if not count else f"{count} changes {'applied' if outcome.applied else 'planned'}."
    console.print(Text(words))


def _brief(value: Any) -> str:
    text = "(default)" if value is None else dumps(value).decode()
    return text if len(text) <= 80 else f"{text[:77]}…"  # noqa: PLR2004 - a line
