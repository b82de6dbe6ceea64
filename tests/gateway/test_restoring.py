"""A backup is put back while the gateway serves: who is being answered is answered, and nothing is left of before."""

import asyncio

from tests.gateways import RunningGateway


async def test_requests_in_flight_finish_and_no_handle_is_stale_afterwards(gateway: RunningGateway) -> None:
    backup = (await gateway.admin("PUT", "/api/db-backups", {}))["id"]
    later = (await gateway.admin("POST", "/api/keys", {"name": "Made later"}))["id"]
    body = {"name": "later", "targets": [{"model": "demo/echo"}]}
    await gateway.admin("POST", "/api/combos", body)
    chat = {
        "model": "later",
        "stream": True,
        "messages": [{"role": "user", "content": "one two three four five six seven eight nine ten"}],
    }
    begun = asyncio.Event()

    async def ask() -> str:
        text = ""
        url = f"{gateway.url}/v1/chat/completions"
        async with gateway.http.stream("POST", url, json=chat, headers=gateway.auth) as answer:
            assert answer.status_code == 200
            async for line in answer.aiter_lines():
                text += line
                begun.set()
        return text

    async with asyncio.TaskGroup() as group:
        asked = group.create_task(ask())
        await begun.wait()
        restored = await gateway.admin("POST", "/api/db-backups", {"backupId": backup})
    assert asked.result().endswith("data: [DONE]")
    assert (restored["before"]["combos"], restored["after"]["combos"]) == (1, 0)
    assert (await gateway.chat("later")).status_code == 404
    assert (await gateway.chat("demo/echo")).status_code == 200
    headers = {"authorization": f"Bearer {gateway.admin_key}"}
    gone = await gateway.http.delete(f"{gateway.url}/api/keys/{later}", headers=headers)
    assert gone.status_code == 404
    # Everything that reads or writes works on what is there now.
    made = (await gateway.admin("POST", "/api/keys", {"name": "Made anew"}))["id"]
    await gateway.admin("DELETE", f"/api/keys/{made}")
    for path in ("providers", "combos", "keys", "models/alias", "settings", "usage/history", "db-backups", "policies"):
        await gateway.admin("GET", f"/api/{path}")
    # The request that was being answered is in the log that was put back, as it ended after that.
    assert ("later", "ok") in {(row.requested_model, row.outcome) for row in await gateway.rows(3)}
