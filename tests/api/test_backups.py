"""Backups over REST."""

import io
import tarfile
from typing import Any

import httpx

from omniroute.services.keys import Scope
from omniroute.services.reach import Reach
from tests.api.serving import PROVIDER_KEY, Served, serve, with_keys
from tests.services.parts import PASSWORD, Parts

PATH = "/api/db-backups"


async def made(api: Served, reason: str = "manual") -> str:
    api.parts.clock.advance(1)
    answer = await api.call("PUT", PATH, {"reason": reason})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["created"], answer.json()["reason"]) == (True, reason)
    backup_id: str = answer.json()["id"]
    return backup_id


async def test_a_backup_is_made_listed_checked_and_deleted(api: Served) -> None:
    assert (await api.call("GET", PATH)).json() == {"backups": []}
    first, second = await made(api), await made(api, "before-upgrade")
    shown = (await api.call("GET", PATH)).json()["backups"]
    assert [one["id"] for one in shown] == [second, first]
    assert shown[0]["filename"] == second
    assert (shown[0]["apiKeyCount"], shown[0]["connectionCount"]) == (len(Scope), 0)
    assert shown[0]["size"] > 0
    checked = await api.call("POST", f"{PATH}/{first}/verify")
    assert checked.json() == {"id": first, "ok": True, "faults": []}
    assert (await api.call("DELETE", f"{PATH}/{first}")).status_code == 200
    assert [one["id"] for one in (await api.call("GET", PATH)).json()["backups"]] == [second]
    for method, path in (("DELETE", f"{PATH}/{first}"), ("POST", f"{PATH}/{first}/verify"), ("DELETE", f"{PATH}/x")):
        assert (await api.call(method, path)).status_code == 404


async def test_a_restore_brings_everything_back_and_tells_what_it_did(api: Served) -> None:
    body = {"provider": "openai", "name": "Work", "apiKey": PROVIDER_KEY}
    connection = (await api.call("POST", "/api/providers", body)).json()["connection"]
    backup_id = await made(api)
    assert (await api.call("DELETE", f"/api/providers/{connection['id']}")).status_code == 200
    api.parts.clock.advance(1)
    restored = (await api.call("POST", PATH, {"backupId": backup_id})).json()
    assert (restored["restored"], restored["backupId"]) == (True, backup_id)
    assert (restored["connectionCount"], restored["apiKeyCount"], restored["comboCount"]) == (1, len(Scope), 0)
    assert (restored["before"]["connections"], restored["after"]["connections"]) == (0, 1)
    assert (await api.call("GET", f"/api/providers/{connection['id']}")).json()["connection"]["name"] == "Work"
    newest = (await api.call("GET", PATH)).json()["backups"][0]
    assert (newest["id"], newest["reason"]) == (restored["safetyBackupId"], "pre-restore")
    assert api.parts.changes[-1].noun == "everything"


async def test_what_cannot_be_restored_is_said(api: Served) -> None:
    missing = await api.call("POST", PATH, {})
    assert (missing.status_code, missing.json()["error"]["details"][0]["field"]) == (400, "backupId")
    for name in ("backup-20261124T120000000Z-manual.omniroute.zip", "../secret.key", "x"):
        unknown = await api.call("POST", PATH, {"backupId": name})
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "no_such_backup")
    path = api.parts.backups.path(await made(api))
    path.write_bytes(path.read_bytes()[:-40])
    damaged = await api.call("POST", PATH, {"backupId": path.name})
    assert (damaged.status_code, damaged.json()["error"]["code"]) == (400, "damaged_backup")
    assert not (await api.call("POST", f"{PATH}/{path.name}/verify")).json()["ok"]


async def test_backups_are_for_admins_and_reasons_are_words(api: Served) -> None:
    for method, path in (("GET", PATH), ("PUT", PATH), ("POST", PATH), ("DELETE", f"{PATH}/x")):
        assert (await api.anonymous(method, path)).status_code == 401
        theirs = {"authorization": f"Bearer {api.inference_key}"}
        assert (await api.anonymous(method, path, None, theirs)).status_code == 403
    assert (await api.call("PUT", PATH, {"reason": "Not a reason!"})).status_code == 422
    assert (await api.call("PUT", PATH)).status_code == 200


async def download(api: Served, name: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {api.admin_key}"}
    return await api.http.get(f"{api.url}{PATH}/{name}", headers=headers)


async def upload(api: Served, content: bytes, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
    shown = {"authorization": f"Bearer {api.admin_key}"} if headers is None else headers
    files: dict[str, Any] = {"file": ("up/load.sqlite", content)}
    return await api.http.post(f"{api.url}{PATH}/import", files=files, data=fields, headers=shown)


async def test_everything_goes_down_and_comes_up_again(api: Served) -> None:
    body = {"provider": "openai", "name": "Work", "apiKey": PROVIDER_KEY}
    await api.call("POST", "/api/providers", body)
    answer = await download(api, "export")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith('attachment; filename="omniroute-backup-')
    assert "no-store" in answer.headers["cache-control"]
    packed = await download(api, "exportAll")
    assert packed.headers["content-type"] == "application/gzip"
    with tarfile.open(fileobj=io.BytesIO(packed.content)) as archive:
        assert "storage.sqlite" in archive.getnames()
    for content in (answer.content, packed.content):
        await api.call(
            "DELETE", f"/api/providers/{(await api.call('GET', '/api/providers')).json()['connections'][0]['id']}"
        )
        api.parts.clock.advance(1)
        done = await upload(api, content)
        assert done.status_code == 200, done.text
        told = done.json()
        assert (told["imported"], told["filename"], told["connectionCount"]) == (True, "load.sqlite", 1)
        assert told["safetyBackupId"].endswith("-pre-import.omniroute.zip")
    raw = await api.http.post(
        f"{api.url}{PATH}/import",
        content=answer.content,
        headers={"authorization": f"Bearer {api.admin_key}", "content-type": "application/octet-stream"},
    )
    assert raw.status_code == 200, raw.text


async def test_what_cannot_be_taken_is_said_and_only_admins_may(api: Served) -> None:
    refused = await upload(api, b"a diary")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "bad_import")
    no_file = await api.http.post(
        f"{api.url}{PATH}/import", files={"other": b"x"}, headers={"authorization": f"Bearer {api.admin_key}"}
    )
    assert (no_file.status_code, no_file.json()["error"]["details"][0]["field"]) == (400, "file")
    assert (await api.call("POST", f"{PATH}/import", {})).status_code == 415
    assert (await upload(api, b"x", {})).status_code == 401
    assert (await upload(api, b"x", {"authorization": f"Bearer {api.inference_key}"})).status_code == 403
    for name in ("export", "exportAll", "progress", "settings"):
        assert (await api.anonymous("GET", f"{PATH}/{name}")).status_code == 401


async def test_a_file_over_the_limit_is_refused_while_it_comes(parts: Parts) -> None:
    async with serve(parts, max_upload_bytes=100_000) as served:
        api = await with_keys(served)
        assert (await upload(api, b"x" * 200_000)).status_code == 413
    assert Reach().max_upload_bytes == 1024**3


async def test_a_session_that_is_not_fresh_shows_the_password_to_import(api: Served) -> None:
    content = (await download(api, "export")).content
    cookie = await api.sign_in()
    api.parts.clock.advance(3600)
    assert (await upload(api, content, cookie)).status_code == 403
    assert (await upload(api, content, cookie, currentPassword="wrong")).status_code == 401
    assert (await upload(api, content, cookie, currentPassword=PASSWORD.reveal())).status_code == 200


async def test_settings_drill_and_progress(api: Served) -> None:
    shown = (await api.call("GET", f"{PATH}/settings")).json()
    assert shown == {"enabled": True, "intervalHours": 24, "keepHourly": 24, "keepDaily": 14, "keepWeekly": 8}
    changed = (await api.call("PUT", f"{PATH}/settings", {"intervalHours": 6})).json()
    assert changed == {**shown, "intervalHours": 6}
    assert (await api.call("PUT", f"{PATH}/settings", {"keepDaily": -1})).status_code == 422
    assert (await api.call("GET", f"{PATH}/progress")).json() == {"progress": None}
    assert (await api.call("POST", f"{PATH}/drill")).status_code == 404
    secret = {"passphrase": "correct horse"}
    answer = await api.call("PUT", PATH, secret)
    assert answer.json()["encrypted"] is True
    backup_id = answer.json()["id"]
    drilled = (await api.call("POST", f"{PATH}/drill", secret)).json()
    assert (drilled["backupId"], drilled["ok"]) == (backup_id, True)
    assert (await api.call("POST", f"{PATH}/{backup_id}/verify", secret)).json()["ok"] is True
    assert (await api.call("POST", PATH, {"backupId": backup_id})).status_code == 422
    api.parts.clock.advance(1)
    assert (await api.call("POST", PATH, {"backupId": backup_id, **secret})).status_code == 200
