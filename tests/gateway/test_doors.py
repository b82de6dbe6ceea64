"""Each path speaks its own format, doubled and prefixed paths too, errors included."""

import pytest

from omniroute.formats.hub import Format
from tests.gateway.doors import DOORS
from tests.gateways import GatewayMaker, RunningGateway

MESSAGES = [{"role": "user", "content": "Hello there"}]
CHAT = {"model": "demo/echo", "messages": MESSAGES}

BODIES = {
    "/v1/chat/completions": CHAT,
    "/v1/v1/chat/completions": CHAT,
    "/api/v1/chat/completions": CHAT,
    "/v1/providers/demo/chat/completions": {"model": "echo", "messages": MESSAGES},
    "/v1/messages": {**CHAT, "max_tokens": 100},
    "/v1/messages?beta=true": {**CHAT, "max_tokens": 100},
    "/v1/responses": {"model": "demo/echo", "input": "Hello there"},
    "/v1/api/chat": {**CHAT, "stream": False},
    "/api/chat": {**CHAT, "stream": False},
    "/api/generate": {"model": "demo/echo", "prompt": "Hello there", "stream": False},
    "/v1beta/models/demo/echo:generateContent": {"contents": [{"parts": [{"text": "Hello there"}]}]},
    "/api/v1beta/models/demo/echo:generateContent": {"contents": [{"parts": [{"text": "Hello there"}]}]},
    "/v1/models/demo/echo:generateContent": {"contents": [{"parts": [{"text": "Hello there"}]}]},
    "/v1beta/models/demo/echo:streamGenerateContent": {"contents": [{"parts": [{"text": "Hello there"}]}]},
    "/v1beta/models/demo/echo:streamGenerateContent?alt=sse": {"contents": [{"parts": [{"text": "Hello there"}]}]},
}


@pytest.mark.parametrize("path", BODIES)
async def test_every_chat_path_answers(gateway: RunningGateway, path: str) -> None:
    answer = await gateway.http.post(gateway.url + path, json=BODIES[path], headers=gateway.auth)
    assert answer.status_code == 200, answer.text
    assert "there" in answer.text
    assert answer.headers["x-request-id"]


ERRORS = {
    "/v1/chat/completions": ("error", "message"),
    "/v1/responses": ("error", "message"),
    "/v1/messages": ("error", "message"),
    "/v1beta/models/demo/echo:generateContent": ("error", "message"),
    "/api/chat": ("error",),
}


@pytest.mark.parametrize("path", ERRORS)
@pytest.mark.parametrize("trouble", ["no key", "bad JSON", "no model"])
async def test_errors_come_in_the_format_of_the_path(gateway: RunningGateway, path: str, trouble: str) -> None:
    headers = {} if trouble == "no key" else gateway.auth
    content = b"{" if trouble == "bad JSON" else b"{}"
    answer = await gateway.http.post(gateway.url + path, content=content, headers=headers)
    assert answer.status_code == {"no key": 401, "bad JSON": 400, "no model": 400}[trouble]
    value = answer.json()
    for name in ERRORS[path]:
        value = value[name]
    assert isinstance(value, str)
    assert value


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "x-goog-api-key"])
async def test_the_key_may_come_in_any_formats_header(gateway: RunningGateway, header: str) -> None:
    value = f"Bearer {gateway.key}" if header == "authorization" else gateway.key
    answer = await gateway.http.get(f"{gateway.url}/v1/models", headers={header: value})
    assert answer.status_code == 200
    wrong = await gateway.http.get(f"{gateway.url}/v1/models", headers={header: value + "x"})
    assert wrong.status_code == 401


async def test_the_key_may_come_in_the_query(gateway: RunningGateway) -> None:
    assert (await gateway.http.get(f"{gateway.url}/v1beta/models?key={gateway.key}")).status_code == 200
    assert (await gateway.http.get(f"{gateway.url}/v1beta/models?key=wrong")).status_code == 401


async def test_an_admin_key_is_no_inference_key(gateway: RunningGateway) -> None:
    headers = {"authorization": f"Bearer {gateway.admin_key}"}
    assert (await gateway.http.get(f"{gateway.url}/v1/models", headers=headers)).status_code == 403


async def test_a_model_of_another_provider_is_refused_behind_a_pinned_path(gateway: RunningGateway) -> None:
    url = f"{gateway.url}/v1/providers/demo/chat/completions"
    wrong = await gateway.http.post(url, json={**CHAT, "model": "openai/gpt-5"}, headers=gateway.auth)
    assert wrong.status_code == 400
    right = await gateway.http.post(url, json=CHAT, headers=gateway.auth)
    assert right.status_code == 200


async def test_an_unknown_path_and_a_wrong_method_say_so_in_json(gateway: RunningGateway) -> None:
    unknown = await gateway.http.get(f"{gateway.url}/v1/nothing", headers=gateway.auth)
    assert (unknown.status_code, "error" in unknown.json()) == (404, True)
    wrong = await gateway.http.get(f"{gateway.url}/v1/chat/completions", headers=gateway.auth)
    assert (wrong.status_code, "error" in wrong.json()) == (405, True)


async def test_a_body_over_the_limit_is_refused_before_it_is_read(gateways: GatewayMaker) -> None:
    gateway = await gateways(max_body_bytes=2048)
    answer = await gateway.chat("demo/echo", "x" * 4096)
    assert answer.status_code == 413


async def test_a_page_of_another_origin_may_call_the_data_plane(gateway: RunningGateway) -> None:
    headers = {"origin": "https://chat.example", "access-control-request-method": "POST"}
    preflight = await gateway.http.options(f"{gateway.url}/v1/chat/completions", headers=headers)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["x-request-id"]
    answer = await gateway.http.get(f"{gateway.url}/v1/models", headers={**gateway.auth, **headers})
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_claude_code_finds_somebody_at_the_root(gateway: RunningGateway) -> None:
    answer = await gateway.http.head(gateway.url)
    assert (answer.status_code, bool(answer.headers["x-request-id"])) == (200, True)


@pytest.mark.parametrize("form", DOORS)
@pytest.mark.parametrize(("model", "status"), [("demo/error", 502), ("demo/cut", 502), ("demo/stall", 504)])
async def test_a_provider_that_fails_is_502_or_504_in_the_format_of_the_path(
    gateways: GatewayMaker, form: Format, model: str, status: int
) -> None:
    gateway = await gateways(first_byte_timeout_s=0.2, idle_timeout_s=0.2)
    door = DOORS[form]
    url = gateway.url + door.path.format(model=model)
    answer = await gateway.http.post(url, json=door.body(model, "Hello there"), headers=gateway.auth)
    assert answer.status_code == status, answer.text
    message, _ = door.error(answer.json())
    assert message
