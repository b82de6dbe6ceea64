"""A server as its operator meets it: the first start, the demo, keys and passwords, the second start."""

import re
from pathlib import Path

import httpx
import pytest

from tests.commands.programs import CHAT, HELLO, Installation

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery staple"


async def test_the_first_start_prints_a_link_that_opens_and_serves_the_demo(place: Installation) -> None:
    async with place.serving("serve") as server:
        url = await server.ready()
        link = (await server.prints(r"(http://127\.0\.0\.1:\d+/setup\?token=\S+)"))[1]
        assert link.startswith(url)
        page = await server.http.get(link)
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        answer = await server.http.post(url + CHAT, json=HELLO)
        assert answer.status_code == 200
        assert "Hello there" in answer.json()["choices"][0]["message"]["content"]
        server.stop()
        assert await server.ended() == 0
    assert "Traceback" not in server.printed


async def test_the_link_works_once_and_is_not_printed_again_after_it_was_used(place: Installation) -> None:
    async with place.serving("serve") as server:
        url = await server.ready()
        token = (await server.prints(r"setup\?token=(\S+)"))[1]
        body = {"token": token, "password": PASSWORD}
        origin = {"origin": url}
        assert (await server.http.post(url + "/api/setup", json=body, headers=origin)).is_success
        assert not (await server.http.post(url + "/api/setup", json=body, headers=origin)).is_success
    async with place.serving("serve") as server:
        await server.prints("Try it")
        assert "setup?token=" not in server.printed


async def test_the_data_folder_and_the_key_file_are_for_their_owner_alone(place: Installation) -> None:
    async with place.serving("serve") as server:
        await server.ready()
        (key_file,) = place.data.glob("*.key")
        assert key_file.stat().st_mode & 0o077 == 0
        assert place.data.stat().st_mode & 0o077 == 0


async def test_a_public_url_stands_in_the_link(place: Installation) -> None:
    async with place.serving("serve", PUBLIC_URL="https://ai.example.org/") as server:
        await server.prints(r"\n +https://ai\.example\.org/setup\?token=\S+\n")


async def test_the_demo_needs_nothing_and_leaves_nothing(place: Installation) -> None:
    async with place.serving("demo", OPENAI_API_KEY="sk-aaaaaaaaaaaaaaaaaaaaaaaa") as server:
        url = await server.ready()
        assert list(place.temporary.glob("omniroute-demo-*"))
        answer = await server.http.post(url + CHAT, json=HELLO)
        assert answer.status_code == 200
        models = (await server.http.get(url + "/v1/models")).json()["data"]
        assert {model["id"].split("/")[0] for model in models} == {"demo"}
        server.stop()
        assert await server.ended() == 0
    assert not list(place.temporary.glob("omniroute-demo-*"))
    assert not place.data.exists()


async def test_provider_keys_of_the_environment_become_connections_and_are_not_printed(place: Installation) -> None:
    key = "sk-proj-aaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    made = place.json("admin", "create-key", "--name", "ops", "--scope", "admin")
    async with place.serving("serve", OPENAI_API_KEY=key) as server:
        url = await server.ready()
        await server.prints('"OPENAI_API_KEY"')
        headers = {"authorization": f"Bearer {made['key']}"}
        listed = await server.http.get(url + "/api/providers", headers=headers)
        assert {one["provider"] for one in listed.json()["connections"]} >= {"demo", "openai"}
        assert key not in listed.text
    assert key not in server.printed


@pytest.mark.parametrize("scope", ["inference", "admin"])
async def test_a_key_made_on_the_command_line_works_for_what_it_is_for(place: Installation, scope: str) -> None:
    made = place.json("admin", "create-key", "--name", "laptop", "--scope", scope)
    assert made["scopes"] == [scope]
    async with place.serving("serve", REQUIRE_API_KEY="true") as server:
        url = await server.ready()
        headers = {"authorization": f"Bearer {made['key']}"}
        assert (await server.http.post(url + CHAT, json=HELLO)).status_code == 401
        chat = await server.http.post(url + CHAT, json=HELLO, headers=headers)
        keys = await server.http.get(url + "/api/keys", headers=headers)
        assert (chat.status_code == 200) is (scope == "inference")
        assert (keys.status_code == 200) is (scope == "admin")


def test_a_key_for_people_is_shown_line_by_line(place: Installation) -> None:
    done = place.run("admin", "create-key", "--name", "laptop")
    assert done.returncode == 0
    assert re.search(r"^key: \S{20,}$", done.stdout, re.MULTILINE)
    assert "name: laptop" in done.stdout


def test_a_scope_that_does_not_exist_is_refused_in_one_line(place: Installation) -> None:
    done = place.run("admin", "create-key", "--name", "x", "--scope", "root")
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["omniroute: there is no scope 'root'; there are admin, inference, metrics"]


async def test_a_password_set_on_the_command_line_signs_in_and_opens_the_bind_to_others(place: Installation) -> None:
    set_it = place.run("admin", "set-password", "--password", PASSWORD, "--json")
    assert set_it.returncode == 0
    assert PASSWORD not in set_it.stdout + set_it.stderr
    async with place.serving("serve", "--host", "0.0.0.0") as server:
        url = (await server.ready()).replace("0.0.0.0", "127.0.0.1")
        assert "setup?token=" not in server.printed
        for password, expected in ((PASSWORD, True), ("another password", False)):
            answer = await server.http.post(
                url + "/api/auth/login", json={"password": password}, headers={"origin": url}
            )
            assert answer.is_success is expected, answer.text
        refused = await server.http.post(url + CHAT, json=HELLO)
        assert refused.status_code == 401, "others than this machine need a key"


def test_a_password_that_is_too_short_is_one_line(place: Installation) -> None:
    done = place.run("admin", "set-password", "--password", "short")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


async def test_an_initial_password_makes_a_bind_to_others_start_at_once(place: Installation) -> None:
    async with place.serving("serve", "--host", "0.0.0.0", INITIAL_PASSWORD=PASSWORD) as server:
        url = (await server.ready()).replace("0.0.0.0", "127.0.0.1")
        assert (await server.http.get(url + "/readyz")).status_code == 200
    assert PASSWORD not in server.printed


def test_migrating_says_what_it_did_and_twice_does_nothing(place: Installation) -> None:
    first = place.json("migrate")
    assert first["from"] is None
    assert first["to"]
    second = place.json("migrate")
    assert second == {"from": first["to"], "to": first["to"], "rows": 0, "snapshot": None}


def test_the_data_folder_may_be_named_on_the_command_line(place: Installation) -> None:
    place.json("migrate", "--data-dir", str(place.home / "elsewhere"))
    assert (place.home / "elsewhere" / "storage.sqlite").exists()
    assert not place.data.exists()


def imported(text: str) -> set[str]:
    return {line.rpartition("|")[2].strip() for line in text.splitlines() if line.startswith("import time:")}


async def test_a_second_start_is_quick_as_it_does_not_migrate_again(place: Installation) -> None:
    async with place.serving("serve") as server:
        await server.ready()
    async with place.serving("serve", PYTHONPROFILEIMPORTTIME="1") as server:
        await server.ready()
        assert {"uvicorn", "sqlalchemy"} <= imported(server.printed)
        assert "alembic" not in imported(server.printed)


async def test_two_starts_at_once_in_one_new_folder_both_serve(place: Installation) -> None:
    async with place.serving("serve") as one, place.serving("serve") as other:
        for server in (one, other):
            assert (await server.http.get(await server.ready() + "/readyz")).status_code == 200


async def test_the_server_does_not_depend_on_the_folder_it_is_started_in(place: Installation, tmp_path: Path) -> None:
    for name in ("omniroute", "alembic", "sqlalchemy"):
        (tmp_path / name).mkdir()
    async with place.serving("serve") as server:
        answer = await server.http.get(await server.ready() + "/healthz")
        assert answer.status_code == httpx.codes.OK
