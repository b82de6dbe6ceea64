"""Tools are found by their commands, and their settings are pointed at the gateway and set back."""

import os
import shutil
from pathlib import Path

import pytest

from omniroute.kit.errors import Conflict, Forbidden, NotFound
from omniroute.kit.secret import Secret
from omniroute.services.cli_tools import CliToolDraft, CliTools
from omniroute.services.client_tools.detection import Mode, Reason, Surroundings
from omniroute.services.client_tools.table import TOOLS
from tests.services.parts import Parts

URL = "http://127.0.0.1:20128"
DRAFT = CliToolDraft(model="demo/echo", api_key=Secret("sk-a-key-of-the-tests"))
WRITTEN = [row.id for row in TOOLS.values() if row.files]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def tools(parts: Parts, home: Path, *, may_write: bool = True, **around: object) -> CliTools:
    return CliTools(
        around=Surroundings(home=home, **{"commands": {}, **around}),  # type: ignore[arg-type]
        copies=home.parent / "copies",
        keys=parts.keys,
        own_url=URL,
        may_write=may_write,
        clock=parts.clock,
    )


def files(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.rglob("*") if path.is_file()]


def command(folder: Path, name: str, script: str, mode: int = 0o755) -> str:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(mode)
    return str(path)


async def test_a_tool_that_tells_its_version_is_here(parts: Parts, home: Path, tmp_path: Path) -> None:
    path = command(tmp_path / "bin", "claude", 'test "$1" = -v && echo "2.1 (Claude Code)"')
    found = await tools(parts, home, paths=(str(tmp_path / "bin"),), mode=Mode.HOST).get("claude")
    assert (found.installed, found.runnable, found.reason) == (True, True, None)
    assert (found.command, found.command_path, found.version) == ("claude", path, "2.1 (Claude Code)")
    assert (found.runtime_mode, found.requires_binary, found.has_omni_route) == (Mode.HOST, True, False)


@pytest.mark.parametrize(
    ("mode", "named", "reason"),
    [
        (0o755, None, Reason.HEALTHCHECK_FAILED),
        (0o644, None, Reason.NOT_EXECUTABLE),
        (0o755, "no-such-command", Reason.NOT_FOUND),
        (0o755, " ", Reason.MISSING_COMMAND),
    ],
)
async def test_why_a_tool_cannot_be_used_is_told(
    parts: Parts, home: Path, mode: int, named: str | None, reason: Reason
) -> None:
    path = command(home.parent / "bin", "of-the-tests", "exit 3", mode)
    found = await tools(parts, home, commands={"claude": named or path}).get("claude")
    assert (found.reason, found.installed) == (reason, reason is Reason.HEALTHCHECK_FAILED)
    assert not found.runnable


async def test_the_gateways_secrets_are_not_for_tools(
    parts: Parts, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-gateway")
    path = command(tmp_path / "bin", "of-the-tests", 'echo "key: $OPENAI_API_KEY"')
    assert (await tools(parts, home, commands={"codex": path}).get("codex")).version == "key:"


async def test_all_tools_are_listed(parts: Parts, home: Path) -> None:
    absent = dict.fromkeys(TOOLS, "no-such-command")
    found = {one.tool_id: one for one in await tools(parts, home, commands=absent).list()}
    assert set(found) == set(TOOLS)
    assert (found["continue"].reason, found["continue"].runnable) == (Reason.NOT_REQUIRED, True)
    assert f"{URL}/v1" in " ".join(found["cursor"].steps)


@pytest.mark.parametrize("tool", WRITTEN)
async def test_a_tool_is_pointed_here_and_set_back(parts: Parts, home: Path, tool: str) -> None:
    service = tools(parts, home, commands={tool: "no-such-command"})
    shown = await service.apply(tool, CliToolDraft(model="demo/echo", preview=True))
    assert shown.files, "a preview shows what would change"
    assert not files(home), "and writes nothing"
    change = await service.apply(tool, DRAFT)
    assert (await service.get(tool)).has_omni_route
    assert all((home / file.place).stat().st_mode & 0o777 == 0o600 for file in TOOLS[tool].files)
    assert "sk-a-key-of-the-tests" not in str(change), "no secret in what is shown"
    assert (await service.apply(tool, DRAFT)).files == (), "a second time changes nothing"
    await service.reset(tool)
    assert not (await service.get(tool)).asks
    assert not any(text.strip(" {}\n") for text in files(home))


CLAUDE = """\
{
  // my rules
  "permissions": {"allow": ["Bash(ls:*)"]},
  "env": {"ANTHROPIC_MODEL": "opus", "EDITOR": "vim"}
}
"""


async def test_other_settings_and_earlier_values_come_back(parts: Parts, home: Path, tmp_path: Path) -> None:
    file = home / ".claude" / "settings.json"
    file.parent.mkdir()
    file.write_text(CLAUDE)
    file.chmod(0o640)
    service = tools(parts, home)
    await service.apply("claude", DRAFT)
    text = file.read_text()
    assert "// my rules" in text
    assert '"EDITOR": "vim"' in text
    assert (file.stat().st_mode & 0o777, files(tmp_path / "copies")) == (0o640, [CLAUDE])
    parts.clock.advance(60)
    await service.apply("claude", CliToolDraft(model="demo/slow", api_key=Secret("sk-another-key")))
    back = await service.reset("claude")
    assert file.read_text() == CLAUDE
    assert '"ANTHROPIC_MODEL": "demo/slow"' in back.files[0].difference


async def test_without_a_key_one_is_made(parts: Parts, home: Path) -> None:
    change = await tools(parts, home).apply("codex", CliToolDraft(model="demo/echo"))
    (key,) = await parts.keys.list()
    assert (key.id, key.name) == (change.key_id, "Codex on this machine")
    assert key.key[-4:] in (home / ".codex" / "auth.json").read_text()


async def test_what_cannot_be_done_is_told(parts: Parts, home: Path) -> None:
    service = tools(parts, home)
    with pytest.raises(NotFound, match="Unsupported CLI tool"):
        await service.get("rm")
    with pytest.raises(Conflict, match="by hand"):
        await service.apply("cursor", DRAFT)
    with pytest.raises(Forbidden, match="CLI_ALLOW_CONFIG_WRITES"):
        await tools(parts, home, may_write=False).apply("claude", DRAFT)
    (home / ".claude").mkdir()
    (home / ".claude" / "settings.json").write_text("{ broken")
    with pytest.raises(Conflict, match=r"settings\.json is not as its tool writes it"):
        await service.apply("claude", DRAFT)
    assert (await service.get("claude")).message
    assert (home / ".claude" / "settings.json").read_text() == "{ broken"


@pytest.mark.parametrize("tool", ["claude", "codex", "gemini"])
async def test_real_tools_are_found_where_they_are(parts: Parts, home: Path, tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    found = await tools(parts, home, paths=tuple(os.get_exec_path())).get(tool)
    assert found.runnable, found.reason
    assert any(letter.isdigit() for letter in found.version or "")
