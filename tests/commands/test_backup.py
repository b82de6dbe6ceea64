"""Backups on the command line: of a stopped installation, of one that serves, and onto a new machine."""

import json
import re
import shutil
from pathlib import Path

import httpx

from tests.commands.programs import Installation, Serving


def key_of(place: Installation, name: str) -> str:
    key: str = place.json("admin", "create-key", "--name", name, "--scope", "admin")["key"]
    return key


async def keys_at(serving: Serving, url: str, key: str) -> httpx.Response:
    return await serving.http.get(f"{url}/api/keys", headers={"authorization": f"Bearer {key}"})


def test_a_backup_is_made_listed_checked_and_put_back(place: Installation) -> None:
    assert "no backups yet" in place.run("backup", "list").stdout
    key_of(place, "Laptop")
    made = place.json("backup", "create", "--reason", "before-upgrade")
    assert (made["reason"], made["api_key_count"]) == ("before-upgrade", 1)
    assert Path(made["file"]).parent == place.data / "backups"
    assert place.json("backup", "verify", made["id"]) == {"id": made["id"], "ok": True, "faults": []}
    key_of(place, "Made later")
    restored = place.json("backup", "restore", made["id"])
    assert (restored["before"]["api_keys"], restored["after"]["api_keys"]) == (2, 1)
    assert [one["id"] for one in place.json("backup", "list")["backups"]] == [restored["safety_backup_id"], made["id"]]
    assert made["id"] in place.run("backup", "list").stdout


def test_nothing_is_replaced_without_a_yes(place: Installation) -> None:
    key_of(place, "Laptop")
    made = place.json("backup", "create")
    assert place.run("backup", "restore", made["id"], stdin="n\n").returncode == 1
    assert len(place.json("backup", "list")["backups"]) == 1
    assert place.run("backup", "restore", made["id"], "--yes").returncode == 0


def test_what_is_wrong_is_one_line(place: Installation) -> None:
    unknown = place.run("backup", "restore", "--yes", "backup-20261124T120000000Z-manual.omniroute.zip")
    assert (unknown.returncode, len(unknown.stderr.splitlines())) == (2, 1)
    assert "there is no backup" in unknown.stderr
    made = Path(place.json("backup", "create")["file"])
    made.write_bytes(made.read_bytes()[:-40])
    checked = place.run("backup", "verify", made.name, "--json")
    assert checked.returncode == 1
    assert json.loads(checked.stdout)["ok"] is False
    refused = place.run("backup", "restore", "--yes", made.name)
    assert refused.returncode == 2
    assert "cannot be restored" in refused.stderr


async def test_a_backup_moves_to_a_new_machine_that_serves_already(place: Installation, tmp_path: Path) -> None:
    old_key = key_of(place, "Laptop")
    made = Path(place.json("backup", "create")["file"])
    home = tmp_path / "new"
    (home / "data").mkdir(parents=True)
    shutil.copy2(place.data / "secret.key", home / "data" / "secret.key")
    there = Installation(home=home)
    new_key = key_of(there, "Soon gone")
    async with there.serving("serve") as serving:
        url = await serving.ready()
        assert (await keys_at(serving, url, old_key)).status_code == 401
        done = await serving.http.get(f"{url}/api/keys", headers={"authorization": f"Bearer {new_key}"})
        assert done.status_code == 200
        taken = there.json("backup", "verify", str(made))
        answer = await serving.http.post(
            f"{url}/api/db-backups", json={"backupId": taken["id"]}, headers={"authorization": f"Bearer {new_key}"}
        )
        assert answer.status_code == 200, answer.text
        # The keys that were handed out on the old machine are good here, and at once.
        assert [one["name"] for one in (await keys_at(serving, url, old_key)).json()["keys"]] == ["Laptop"]
        assert (await keys_at(serving, url, new_key)).status_code == 401


def test_a_drill_an_export_and_an_import(place: Installation) -> None:
    key_of(place, "Laptop")
    made = place.json("backup", "create", "--passphrase", "correct horse")
    assert made["encrypted"] is True
    assert place.run("backup", "drill").returncode == 1
    drilled = place.run("backup", "drill", "--json", OMNIROUTE_BACKUP_PASSPHRASE="correct horse")
    assert json.loads(drilled.stdout)["ok"] is True
    file = place.json("backup", "export", "out.sqlite")["file"]
    packed = place.json("backup", "export", "--all")["file"]
    assert place.run("backup", "export", "out.sqlite").returncode == 2
    key_of(place, "Made later")
    for one in (file, packed):
        assert place.json("backup", "import", one)["api_key_count"] == 1
    shown = place.run("backup", "import", "--yes", file)
    assert "api_keys: 1 taken, 0 skipped" in shown.stdout
    wrong = place.run("backup", "import", "--yes", str(place.data / "secret.key"))
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 1)


def test_the_commands_of_the_page_run_as_printed(place: Installation) -> None:
    page = (Path(__file__).parents[2] / "docs" / "backups.md").read_text(encoding="utf-8")
    block = re.search(r"```sh\n(omniroute backup create.*?)```", page, re.DOTALL)
    assert block
    for line in block[1].splitlines():
        done = place.run(*line.split()[1:])
        assert done.returncode == 0, f"{line}: {done.stderr}"
    assert (place.home / "everything.sqlite").is_file()
