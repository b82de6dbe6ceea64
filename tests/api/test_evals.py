"""Suites over REST."""

from tests.api.serving import Served

PATH = "/api/evals"


async def test_suites_are_listed_and_answers_checked(api: Served) -> None:
    shown = (await api.call("GET", PATH)).json()
    golden = next(one for one in shown if one["id"] == "golden-set")
    assert (golden["caseCount"], set(golden["cases"][0])) == (10, {"id", "name", "model", "input", "tags"})
    assert (await api.call("GET", f"{PATH}/golden-set")).json() == golden
    checked = await api.call("POST", PATH, {"suiteId": "golden-set", "outputs": {"sum": "42", "capital": "Rome"}})
    (run,) = checked.json()["runs"]
    assert (checked.status_code, run["suiteName"], run["summary"]["passRate"]) == (200, "Golden set", 50)
    assert (await api.call("GET", f"{PATH}/runs/{run['id']}")).json() == run
    pair = await api.call("GET", f"{PATH}/compare?first={run['id']}&second={run['id']}")
    assert pair.json()["verdict"] == "unclear"
    assert [one["id"] for one in (await api.call("GET", f"{PATH}/runs")).json()["runs"]] == [run["id"]]
    assert (await api.call("DELETE", f"{PATH}/runs/{run['id']}")).status_code == 200
    assert (await api.call("GET", f"{PATH}/runs/{run['id']}")).status_code == 404


async def test_a_run_goes_on_in_the_background(api: Served) -> None:
    begun = await api.call("POST", PATH, {"suiteId": "golden-set", "models": ["demo/echo"]})
    (run,) = begun.json()["runs"]
    assert (begun.status_code, run["state"], run["caseCount"]) == (202, "running", 10)
    stopped = (await api.call("POST", f"{PATH}/runs/{run['id']}/stop")).json()
    assert stopped["state"] in {"stopped", "done"}


async def test_an_unknown_suite_is_said(api: Served) -> None:
    unknown = await api.call("POST", PATH, {"suiteId": "nothing", "outputs": {}})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "not_found")
    assert "golden-set" in unknown.json()["error"]["message"]
