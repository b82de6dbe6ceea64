"""A provider is added as docs/providers.md says: its ten lines go into a copy of the program, and a chat succeeds."""

import re
import shutil
from pathlib import Path
from textwrap import indent

import pytest

from tests.commands.programs import CHAT, Installation
from tests.fakes.upstream import FakeUpstream

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PLACE = "_KEYED = (\n"


async def test_ten_lines_make_a_provider(place: Installation, fake_openai: FakeUpstream) -> None:
    page = (ROOT / "docs" / "providers.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(block.splitlines()) == len(("ProviderRecord(", ")")) + 9
    for folder in ("omniroute", "alembic", "openapi"):
        shutil.copytree(ROOT / folder, place.home / folder, ignore=shutil.ignore_patterns("__pycache__"))
    catalogue = place.home / "omniroute" / "upstream" / "catalogue.py"
    source = catalogue.read_text(encoding="utf-8")
    assert source.count(PLACE) == 1
    catalogue.write_text(source.replace(PLACE, PLACE + indent(block.rstrip() + ",\n", "    ")), encoding="utf-8")

    place.env["PYTHONPATH"] = str(place.home)
    admin = place.json("admin", "create-key", "--name", "ops", "--scope", "admin")["key"]
    key = place.json("admin", "create-key", "--name", "client", "--scope", "inference")["key"]
    async with place.serving("serve") as server:
        url = await server.ready()
        connection = {
            "provider": "ex",
            "name": "first",
            "apiKey": fake_openai.key,
            "baseUrl": fake_openai.api_url,
            "local": True,
        }
        made = await server.http.post(
            f"{url}/api/providers", json=connection, headers={"authorization": f"Bearer {admin}"}
        )
        assert made.status_code == 201, made.text
        body = {"model": "example/fake-large", "messages": [{"role": "user", "content": "Hello there"}]}
        answer = await server.http.post(url + CHAT, json=body, headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 200, answer.text
        listed = await server.http.get(f"{url}/v1/models", headers={"authorization": f"Bearer {key}"})
        assert "example/fake-small" in listed.text
    assert fake_openai.generations[0].body["model"] == "fake-large"
