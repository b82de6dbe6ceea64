"""Upstreams by GraphQL: real calls to them, the models that are known, and the proxies on the way."""

from typing import Any

import pytest

from tests.fakes.upstream import FakeUpstream
from tests.gateways import RunningGateway
from tests.graphql.asking import FAILURE, ask

CHECK = "... on Check { valid error statusCode latencyMs diagnosis { type source message } }"
PROXY = "type host port username passwordSet"
PROXIES = f"""mutation ($input: ProxySettingsChange!) {{ updateProxySettings(input: $input) {{
    ... on ProxySettings {{ everywhere {{ {PROXY} }} providers {{ name value {{ {PROXY} }} }} noProxy }}
    {FAILURE} }} }}"""


async def test_a_connection_is_tried_and_lists_its_models(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    (connection,) = await gateway.connect(fake_openai, "up")
    query = f"mutation ($id: ID!) {{ testProviderConnection(id: $id) {{ {CHECK} {FAILURE} }} }}"
    told = (await ask(gateway, query, id=connection))["testProviderConnection"]
    assert (told["valid"], told["error"], told["diagnosis"]["type"]) == (True, None, "OK")
    assert (await ask(gateway, query, id="conn_none"))["testProviderConnection"]["__typename"] == "Missing"
    query = f"""mutation ($id: ID!) {{ fetchUpstreamModels(id: $id) {{
        ... on UpstreamModels {{ connectionId models {{ id contextWindow }} }} {FAILURE} }} }}"""
    told = (await ask(gateway, query, id=connection))["fetchUpstreamModels"]
    assert told["connectionId"] == connection
    assert told["models"]


@pytest.mark.parametrize(("key", "type_"), [(None, "OK"), ("sk-wrong", "AUTH")])
async def test_what_is_not_saved_is_tried(
    gateway: RunningGateway, fake_openai: FakeUpstream, key: str | None, type_: str
) -> None:
    node = {"baseUrl": fake_openai.api_url, "apiType": "CHAT", "local": True, "apiKey": key or fake_openai.key}
    query = f"mutation ($input: NodeCheckInput!) {{ validateProviderNode(input: $input) {{ {CHECK} {FAILURE} }} }}"
    told = (await ask(gateway, query, input=node))["validateProviderNode"]
    assert (told["valid"], told["diagnosis"]["type"]) == (type_ == "OK", type_)
    query = f"""mutation ($input: ConnectionCheckInput!) {{
        validateProviderConnection(input: $input) {{ {CHECK} {FAILURE} }} }}"""
    connection = {"provider": "openai", "baseUrl": fake_openai.api_url, "local": True, "apiKey": node["apiKey"]}
    told = (await ask(gateway, query, input=connection))["validateProviderConnection"]
    assert told["diagnosis"]["type"] == type_
    refused = (await ask(gateway, query, input={"provider": "nobody"}))["validateProviderConnection"]
    assert (refused["__typename"], refused["fields"][0]["field"]) == ("InvalidInput", "provider")


async def test_models_are_added_and_known(gateway: RunningGateway) -> None:
    query = f"""mutation ($input: CustomModelInput!) {{ setCustomModel(input: $input) {{
        ... on CustomModel {{ provider id name type contextWindow source }} {FAILURE} }} }}"""
    given = {"provider": "openai", "modelId": "gpt-9", "type": "IMAGE", "contextWindow": 9_000}
    told = (await ask(gateway, query, input=given))["setCustomModel"]
    assert told == {
        "provider": "openai", "id": "gpt-9", "name": "gpt-9", "type": "IMAGE", "contextWindow": 9_000,
        "source": "manual",
    }  # fmt: skip
    assert len((await ask(gateway, '{ customModels(provider: "openai") { id } }'))["customModels"]) == 1
    known = "{ modelCatalogue { name value { id active models { id custom inputUsdPerMillion } } } }"
    found = {one["value"]["id"]: one["value"] for one in (await ask(gateway, known))["modelCatalogue"]}
    models = {one["id"]: one for one in found["openai"]["models"]}
    assert models["gpt-9"] == {"id": "gpt-9", "custom": True, "inputUsdPerMillion": None}
    assert any(one["inputUsdPerMillion"] for one in models.values())
    delete = f"""mutation {{ deleteCustomModel(provider: "openai", model: "gpt-9") {{
        ... on Deleted {{ id }} {FAILURE} }} }}"""
    assert (await ask(gateway, delete))["deleteCustomModel"] == {"id": "gpt-9"}
    assert (await ask(gateway, delete))["deleteCustomModel"]["__typename"] == "Missing"
    refused = (await ask(gateway, query, input={"provider": "nobody", "modelId": "m"}))["setCustomModel"]
    assert refused["fields"][0]["field"] == "provider"


async def test_proxies_are_set_shown_without_passwords_and_taken_away(gateway: RunningGateway) -> None:
    proxy: dict[str, Any] = {"type": "SOCKS5", "host": "proxy.example", "port": 1080}
    given = {
        "everywhere": {**proxy, "username": "me", "password": "hush-hush"},
        "providers": [{"id": "openai", "proxy": {"host": "other.example", "port": 3128}}],
        "noProxy": ["internal.example"],
    }
    told = (await ask(gateway, PROXIES, input=given))["updateProxySettings"]
    assert told["everywhere"] == {**proxy, "username": "me", "passwordSet": True}
    other = {"type": "HTTP", "host": "other.example", "port": 3128, "username": None, "passwordSet": False}
    assert told["providers"] == [{"name": "openai", "value": other}]
    assert told["noProxy"] == ["internal.example"]
    left = (await ask(gateway, PROXIES, input={"everywhere": None}))["updateProxySettings"]
    assert left == {**told, "everywhere": None}
    remove = f"""mutation ($level: ProxyLevel!, $id: ID) {{ removeProxy(level: $level, id: $id) {{
        ... on Deleted {{ id }} {FAILURE} }} }}"""
    assert (await ask(gateway, remove, level="PROVIDER", id="openai"))["removeProxy"] == {"id": "openai"}
    assert (await ask(gateway, remove, level="PROVIDER", id="openai"))["removeProxy"]["__typename"] == "Missing"
    assert (await ask(gateway, remove, level="GLOBAL", id="x"))["removeProxy"]["fields"][0]["field"] == "id"
    settings = (await ask(gateway, "{ proxySettings { everywhere { host } providers { name } } }"))["proxySettings"]
    assert settings == {"everywhere": None, "providers": []}
    nobody = {"providers": [{"id": "nobody", "proxy": {"host": "a.example", "port": 1}}]}
    refused = (await ask(gateway, PROXIES, input=nobody))["updateProxySettings"]
    assert refused["fields"][0]["field"] == "providers.nobody"


async def test_a_proxy_that_does_not_answer_is_told(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    query = f"""mutation ($input: OutboundProxyInput!, $url: String!) {{
        testProxy(input: $input, url: $url, local: true) {{
            ... on ProxyTest {{ success proxyUrl publicIp error }} {FAILURE} }} }}"""
    told = (await ask(gateway, query, input={"host": "127.0.0.1", "port": 1}, url=fake_openai.api_url))["testProxy"]
    assert (told["success"], told["proxyUrl"], told["publicIp"]) == (False, "http://127.0.0.1:1", None)
    assert told["error"]
