"""The timetable of a real gateway: each of its jobs can be started, by REST and by GraphQL, and is followed live."""

import asyncio

from tests.gateways import RunningGateway
from tests.graphql.asking import FAILURE, ask, connected, following


async def test_every_job_of_the_timetable_does_its_work(gateway: RunningGateway) -> None:
    gateway.gateway.begin_jobs()
    names = [one["name"] for one in (await gateway.admin("GET", "/api/jobs"))["jobs"]]
    assert "backup" in names
    for name in names:
        await gateway.admin("POST", f"/api/jobs/{name}/run")
    async with asyncio.timeout(20):
        while True:
            found = (await gateway.admin("GET", "/api/jobs"))["jobs"]
            if not any(one["running"] for one in found):
                break
            await asyncio.sleep(0.02)
    assert {one["name"]: one["lastRun"]["outcome"] for one in found} == dict.fromkeys(names, "ok"), found
    assert all(one["nextRunAt"] for one in found)
    assert len(await gateway.admin("GET", "/api/db-backups")) == 1


async def test_runs_are_listed_page_by_page(gateway: RunningGateway) -> None:
    for _ in range(3):
        await gateway.admin("POST", "/api/jobs/sign-ins/run")
        async with asyncio.timeout(5):
            while (await gateway.admin("GET", "/api/jobs/sign-ins"))["running"]:
                await asyncio.sleep(0.005)
    headers = {"authorization": f"Bearer {gateway.admin_key}"}
    url = f"{gateway.url}/api/jobs/history"
    first = await gateway.http.get(url, params={"job": "sign-ins", "limit": "2"}, headers=headers)
    more = {"job": "sign-ins", "limit": "2", "cursor": first.headers["x-next-cursor"]}
    second = await gateway.http.get(url, params=more, headers=headers)
    assert [len(first.json()), len(second.json())] == [2, 1]
    assert "x-next-cursor" not in second.headers
    assert {one["message"] for one in first.json()} == {"0 sign-ins removed"}
    told = await ask(
        gateway, '{ jobRuns(first: 2, job: "sign-ins") { edges { node { id } } pageInfo { hasNextPage } } }'
    )
    assert [one["node"]["id"] for one in told["jobRuns"]["edges"]] == [one["id"] for one in first.json()]
    assert told["jobRuns"]["pageInfo"]["hasNextPage"]


async def test_a_job_is_followed_from_its_start_to_its_end(gateway: RunningGateway) -> None:
    feed = "subscription { jobFeed(intervalMs: 50) { snapshot jobs { name running lastRun { outcome message } } } }"
    async with connected(gateway) as session, following(session, feed) as told, asyncio.timeout(10):
        first = await anext(told)
        assert first["snapshot"]
        assert {one["name"] for one in first["jobs"]} >= {"backup", "sign-ins"}
        started = await ask(
            gateway, f'mutation {{ runJob(name: "backup") {{ ... on JobRun {{ outcome }} {FAILURE} }} }}'
        )
        assert started == {"runJob": {"outcome": "RUNNING"}}
        async for news in told:
            assert {one["name"] for one in news["jobs"]} == {"backup"}
            if news["jobs"][0]["lastRun"]["outcome"] == "OK":
                break
    assert "bytes" in news["jobs"][0]["lastRun"]["message"]


async def test_what_is_wrong_with_a_change_is_told(gateway: RunningGateway) -> None:
    change = """mutation($name: ID!, $to: String) {
        updateJob(name: $name, input: {schedule: $to}) { ... on Job { schedule } %s }
    }"""
    bad = await ask(gateway, change % FAILURE, name="backup", to="tomorrow")
    assert bad["updateJob"]["fields"][0]["field"] == "schedule"
    missing = await ask(gateway, change % FAILURE, name="nothing", to="1h")
    assert missing["updateJob"]["__typename"] == "Missing"
    good = await ask(gateway, change % FAILURE, name="backup", to="6h")
    assert good == {"updateJob": {"schedule": "6h"}}
    headers = {"authorization": f"Bearer {gateway.admin_key}"}
    answer = await gateway.http.put(f"{gateway.url}/api/jobs/backup", json={"schedule": "never"}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"][0]["field"] == "schedule"
