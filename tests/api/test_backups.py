"""Backups over REST."""

from tests.api.serving import PROVIDER_KEY, Served

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
    assert (shown[0]["apiKeyCount"], shown[0]["connectionCount"]) == (2, 0)
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
    assert (restored["connectionCount"], restored["apiKeyCount"], restored["comboCount"]) == (1, 2, 0)
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
