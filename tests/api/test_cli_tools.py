"""Client tools over REST."""

from tests.api.serving import Served

PATH = "/api/cli-tools"
CORE = ["installed", "runnable", "command", "commandPath", "runtimeMode", "reason"]


async def test_a_tools_runtime_has_the_six_fields(api: Served) -> None:
    shown = (await api.call("GET", f"{PATH}/runtime/continue")).json()
    assert [shown[field] for field in CORE] == [True, True, None, None, "auto", "not_required"]
    unknown = await api.call("GET", f"{PATH}/runtime/rm")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "not_found")


async def test_a_tool_is_previewed_pointed_here_and_set_back(api: Served) -> None:
    path = f"{PATH}/opencode-settings"
    preview = (await api.call("POST", path, {"model": "demo/echo", "preview": True})).json()
    assert (preview["preview"], preview["keyId"]) == (True, None)
    assert '+      "name": "OmniRoute"' in preview["files"][0]["difference"]
    assert not (await api.call("GET", path)).json()["hasOmniRoute"]
    made = (await api.call("POST", path, {"model": "demo/echo"})).json()
    assert (await api.call("GET", f"/api/keys/{made['keyId']}")).status_code == 200
    assert (await api.call("GET", path)).json()["hasOmniRoute"]
    assert (await api.call("DELETE", f"{path}?preview=true")).json()["files"]
    assert (await api.call("DELETE", path)).json()["files"]
    assert not (await api.call("GET", path)).json()["hasOmniRoute"]


async def test_a_tool_needs_a_model(api: Served) -> None:
    refused = await api.call("POST", f"{PATH}/claude-settings", {"preview": True})
    assert (refused.status_code, refused.json()["error"]["details"][0]["field"]) == (400, "model")
