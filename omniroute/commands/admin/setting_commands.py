"""`settings show|set`: every group of settings by its name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import typer

from omniroute.client import Client
from omniroute.commands.admin import shown
from omniroute.commands.admin.build import AsJson, ProfileName, Url
from omniroute.commands.admin.options import arguments, input_of, pairs
from omniroute.commands.admin.running import Way, read_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of settings: the client's methods that read and change it."""

    reads: str
    changes: str


GROUPS: Mapping[str, Group] = {
    "routing": Group(reads="balancing_settings", changes="update_balancing_settings"),
    "limits": Group(reads="limit_settings", changes="update_limit_settings"),
    "resilience": Group(reads="resilience_settings", changes="update_resilience_settings"),
    "cache": Group(reads="cache_settings", changes="update_cache_settings"),
    "system-prompt": Group(reads="system_prompt", changes="update_system_prompt"),
    "thinking": Group(reads="thinking_budget", changes="update_thinking_budget"),
    "ip-filter": Group(reads="ip_filter", changes="update_ip_filter"),
    "proxies": Group(reads="proxy_settings", changes="update_proxy_settings"),
    "login": Group(reads="login_requirement", changes="set_login_requirement"),
}
Name = Annotated[str | None, typer.Argument(metavar="GROUP", help="|".join(GROUPS), show_default=False)]


def add(_app: typer.Typer, groups: Mapping[str, typer.Typer]) -> None:
    """Add the commands."""
    groups["settings"].command("show")(show)
    groups["settings"].command("set")(change)


def show(group: Name = None, profile: ProfileName = None, url: Url = None, as_json: AsJson = False) -> None:
    """Show settings: one group, or all."""
    names = [_known(group)] if group else list(GROUPS)
    way = Way(profile=profile, url=url, as_json=as_json)

    async def work(client: Client) -> None:
        found = {name: await getattr(client, GROUPS[name].reads)() for name in names}
        if as_json:
            told = {name: shown.plain(one) for name, one in found.items()}
            shown.tell_json(told[names[0]] if group else told)
            return
        for name, one in found.items():
            if not group:
                shown.console().print(f"\n{name}", style="bold underline")
            shown.tell(one, (), "")

    way.run(work)


def change(
    group: Annotated[str, typer.Argument(metavar="GROUP", help="|".join(GROUPS))],
    values: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE…", help="Such as fallbackStrategy=random.")],
    profile: ProfileName = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Change settings of a group; `none` takes a value away, and `;` stands between several."""
    name = GROUPS[_known(group)].changes
    method = getattr(Client, name)
    given = arguments(method, {"input": pairs(input_of(method), values, read_secret)})
    way = Way(profile=profile, url=url, as_json=as_json)

    async def work(client: Client) -> None:
        answer = await getattr(client, name)(**given)
        if as_json:
            shown.tell_json(answer)
        else:
            shown.tell(answer, (), "")

    way.run(work)


def _known(name: str) -> str:
    if name not in GROUPS:
        raise typer.BadParameter(f"there is no group {name!r}; there are {', '.join(GROUPS)}")
    return name
