"""`omniroute admin` as people and scripts use it, against a gateway that serves: the examples of docs/admin.md too."""

import asyncio
import inspect
import json
import os
import re
import shlex
import stat
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from omniroute.__main__ import cli
from omniroute.client import Client
from omniroute.client.generated.queries import Queries
from omniroute.commands.admin.rows import GROUPS, ROWS
from omniroute.kit.secret import Secret
from tests.commands.programs import Installation
from tests.gateways import RunningGateway

PAGE = (Path(__file__).parents[2] / "docs" / "admin.md").read_text(encoding="utf-8")
# What no operator needs at a command line.
ELSEWHERE = {
    "prepare_playground",  # a page of the dashboard
    "update_balancing_settings", "update_system_prompt", "update_thinking_budget", "update_ip_filter",
    "set_login_requirement", "update_proxy_settings", "balancing_settings", "system_prompt", "thinking_budget",
    "ip_filter", "login_requirement",  # settings show and set
    "configuration", "configuration_plan", "apply_configuration",  # export and apply
    "health", "served_now", "request_log", "test_provider_connection",  # commands of their own
    "provider", "request",  # lists have it
}  # fmt: skip


@dataclass(kw_only=True)
class Operator:
    """Somebody at a terminal, whose environment names the gateway."""

    gateway: RunningGateway
    env: dict[str, str | None]

    async def types(self, *words: str, stdin: str | None = None, **env: str | None) -> Result:
        """Run a command."""
        runner = CliRunner(env={**self.env, **env})
        return await asyncio.to_thread(runner.invoke, cli, ["admin", *words], input=stdin)

    async def does(self, *words: str, stdin: str | None = None) -> str:
        """Run a command that must succeed; return what it prints."""
        done = await self.types(*words, stdin=stdin)
        assert done.exit_code == 0, f"{words}: {done.output} {done.exception!r}"
        return done.stdout

    async def asks(self, *words: str, stdin: str | None = None) -> Any:
        """Run a command with --json; return what it says."""
        return json.loads(await self.does(*words, "--json", stdin=stdin))


@pytest.fixture
async def operator(gateway: RunningGateway, tmp_path: Path) -> AsyncIterator[Operator]:
    before = Path.cwd()
    os.chdir(tmp_path)
    env: dict[str, str | None] = {
        "OMNIROUTE_URL": gateway.url,
        "OMNIROUTE_KEY": gateway.admin_key,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "HOME": str(tmp_path),
        "TERM": "dumb",
    }
    yield Operator(gateway=gateway, env=env)
    os.chdir(before)


def examples() -> Iterable[str]:
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL):
        yield from block.strip().splitlines()


async def test_every_example_of_the_page_works(operator: Operator) -> None:
    count = 0
    for line in examples():
        piped, _, command = line.rpartition(" | ")
        words = shlex.split(command)
        assert words[:2] == ["omniroute", "admin"]
        await operator.does(*words[2:], stdin=piped.removeprefix("echo ") + "\n" if piped else None)
        count += 1
    assert count > 25
    combo = await operator.asks("combos", "show", "daily")
    assert (combo["config"]["maxAttempts"], combo["config"]["timeoutMs"]) == (3, 30000)
    (budget,) = await operator.asks("budgets", "list")
    assert (budget["keyName"], budget["limit"], budget["thresholds"]) == ("laptop", "2", [50, 100])


async def test_the_python_example_of_the_page_works(
    gateway: RunningGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(source, "docs/admin.md", "exec"), names)  # noqa: S102 - our own page
    await names["main"](gateway.url, gateway.admin_key)
    assert "PRIORITY" in capsys.readouterr().out


async def test_the_yaml_of_the_page_is_what_apply_takes(operator: Operator, tmp_path: Path) -> None:
    (source,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "page.yaml"
    file.write_text(source)
    missing = await operator.types("apply", "-f", str(file), "--json")
    assert missing.exit_code == 1
    assert "OPENAI_WORK_KEY" in json.loads(missing.stdout)["error"]["message"]
    done = await operator.types("apply", "-f", str(file), OPENAI_WORK_KEY="sk-proj-0123456789abcdef")
    assert done.exit_code == 0, done.output
    assert "+ combos daily" in done.stdout
    assert "sk-omni-" in done.stdout
    exported = yaml.safe_load(await operator.does("export"))
    assert "0123456789" not in str(exported)
    assert [one["name"] for one in exported["combos"]] == ["daily"]


async def test_a_plan_shows_what_would_change_and_changes_nothing(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text('{"settings": {"routing": {"fallbackStrategy": "random"}}}')
    text = await operator.does("apply", "-f", str(file), "--plan")
    assert "~ settings routing" in text
    assert 'fallbackStrategy: (default) → "random"' in text
    told = await operator.asks("apply", "-f", str(file), "--plan")
    assert (told["applied"], told["differences"][0]["action"]) == (False, "UPDATE")
    assert (await operator.asks("settings", "show", "routing"))["fallbackStrategy"] == "FILL_FIRST"


async def test_refusals_have_their_exit_codes_and_one_sentence(operator: Operator, gateway: RunningGateway) -> None:
    taken = await operator.types("combos", "create", "a b", "--target", "demo/echo", "--json")
    assert taken.exit_code == 1
    assert json.loads(taken.stdout)["error"]["fields"][0]["field"] == "name"
    assert (await operator.types("combos", "create", "x", "--strategy", "foo")).exit_code == 2
    assert (await operator.types("combos", "remove", "nothing", "--yes")).exit_code == 1
    unheard = await operator.types("health", OMNIROUTE_URL="http://127.0.0.1:9")
    assert unheard.exit_code == 3
    assert len(unheard.stderr.splitlines()) == 1
    assert (await operator.types("health", OMNIROUTE_KEY=gateway.key)).exit_code == 4
    keyless = await operator.types("health", OMNIROUTE_KEY=None)
    assert keyless.exit_code == 4
    assert "omniroute admin login" in keyless.stderr
    assert (await operator.types("health", OMNIROUTE_URL="ftp://x")).exit_code == 2


async def test_a_secret_on_the_command_line_is_refused_without_showing_it(operator: Operator) -> None:
    done = await operator.types("providers", "add", "openai", "work", "--api-key", "sk-proj-0123456789abcdef")
    assert done.exit_code == 2
    assert "0123456789" not in done.output
    assert await operator.asks("providers", "list") == [
        one for one in await operator.asks("providers", "list") if one["provider"] != "openai"
    ]


async def test_what_is_removed_is_asked_about_first(operator: Operator) -> None:
    await operator.does("aliases", "set", "one", "demo/echo")
    assert (await operator.types("aliases", "remove", "one")).exit_code == 2
    await operator.does("aliases", "remove", "one", "--yes")
    assert await operator.asks("aliases", "list") == []


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such bits")
async def test_a_profile_is_kept_for_its_owner_alone(
    operator: Operator, gateway: RunningGateway, tmp_path: Path
) -> None:
    operator.env.update(OMNIROUTE_URL=None, OMNIROUTE_KEY=None)
    await operator.does("login", gateway.url, "--profile", "prod", "--key", "-", stdin=gateway.admin_key + "\n")
    file = tmp_path / "config" / "omniroute" / "profiles.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (await operator.asks("health"))["status"] == "HEALTHY"
    (shown,) = await operator.asks("profiles", "list")
    assert (shown["name"], shown["default"], gateway.admin_key in str(shown)) == ("prod", True, False)
    elsewhere = await operator.types("health", "--url", "http://127.0.0.1:9")
    assert elsewhere.exit_code == 3
    file.chmod(0o644)
    assert "chmod 600" in (await operator.types("health")).stderr


async def test_a_password_makes_a_key_and_a_wrong_one_is_denied(operator: Operator, gateway: RunningGateway) -> None:
    await gateway.gateway.services.login.set_password(Secret("a password of the tests"))
    operator.env.update(OMNIROUTE_URL=None, OMNIROUTE_KEY=None)
    wrong = await operator.types("login", gateway.url, "--password", "-", stdin="wrong\n")
    assert wrong.exit_code == 4
    await operator.does("login", gateway.url, "--password", "-", stdin="a password of the tests\n")
    names = [one["name"] for one in await operator.asks("keys", "list")]
    assert any(name.startswith("omniroute admin on ") for name in names)


def test_every_query_and_mutation_has_a_command_or_a_reason() -> None:
    methods = {
        name
        for part in Client.__mro__
        if part.__name__ in {"Queries", "Mutations"}
        for name in vars(part)
        if not name.startswith("_")
    }
    offered = {row.does for row in ROWS}
    assert methods - offered - ELSEWHERE == set(), "add a row to commands/admin/rows.py"
    assert offered <= methods


async def test_every_command_that_only_looks_answers_without_options(operator: Operator) -> None:
    looked = 0
    for row in ROWS:
        method = vars(Queries).get(row.does)
        if method is None or any(
            one.default is one.empty for one in inspect.signature(method).parameters.values() if one.name != "self"
        ):
            continue
        done = await operator.types(*row.path.split())
        # Synchronisation that was never set up is refused.
        assert done.exit_code == (1 if row.path == "sync conflicts" else 0), f"{row.path}: {done.output}"
        looked += 1
    assert looked > 20


@pytest.mark.parametrize("words", [(), *((group,) for group in GROUPS), ("combos", "create"), ("apply",)])
def test_every_help_is_there(words: tuple[str, ...]) -> None:
    done = CliRunner(env={"TERM": "dumb", "COLUMNS": "100"}).invoke(cli, ["admin", *words, "--help"])
    assert done.exit_code == 0, done.output
    assert "Usage" in done.stdout


async def test_a_follower_prints_json_lines_until_it_is_interrupted(gateway: RunningGateway, tmp_path: Path) -> None:
    place = Installation(home=tmp_path, env={"OMNIROUTE_URL": gateway.url, "OMNIROUTE_KEY": gateway.admin_key})
    process = await asyncio.create_subprocess_exec(
        place.python, "-m", "omniroute", "admin", "logs", "--follow", "--json",
        cwd=place.home, env=place.environment(), stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout
        async with asyncio.timeout(60):
            await gateway.chat("demo/echo")
            line = json.loads(await process.stdout.readline())
        assert line["model"] == "demo/echo"
    finally:
        process.terminate()
        await process.wait()
