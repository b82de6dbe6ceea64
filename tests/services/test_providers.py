"""Connections at providers and nodes."""

import asyncio
from typing import Any

import pytest

from omniroute.kit.errors import Conflict, NotFound, OmniError, Unprocessable
from omniroute.kit.secret import Secret
from omniroute.services.nodes import ApiType, NodeDraft
from omniroute.services.providers import Connection, ConnectionChange, ConnectionDraft, ConnectionHealth
from tests.services.parts import Parts

KEY = Secret("sk-provider-0123456789abcdef")


async def openai(parts: Parts, **more: Any) -> Connection:
    return await parts.providers.create(ConnectionDraft(provider="openai", name="Work", api_key=KEY, **more))


async def node(parts: Parts, **more: Any) -> str:
    values: dict[str, Any] = {"base_url": "https://gpu.example.com/v1", **more}
    made = await parts.nodes.create(NodeDraft(name="GPU", prefix="gpu", api_type=ApiType.CHAT, **values))
    return made.id


async def test_a_connection_shows_its_key_masked_and_keeps_it(parts: Parts) -> None:
    made = await openai(parts)
    assert (made.auth_type, made.api_key_hint, made.source) == ("apiKey", "sk-****cdef", "manual")
    assert KEY.reveal() not in repr(made)
    assert (await parts.connection_rows.get(made.id)).secret == KEY


async def test_an_alias_becomes_the_providers_id(parts: Parts) -> None:
    made = await parts.providers.create(ConnectionDraft(provider="ds", name="Work", api_key=KEY))
    assert made.provider == "deepseek"


async def test_blanks_around_a_pasted_key_are_dropped(parts: Parts) -> None:
    made = await parts.providers.create(
        ConnectionDraft(provider="openai", name="Work", api_key=Secret(f" {KEY.reveal()}\n"))
    )
    assert (await parts.connection_rows.get(made.id)).secret == KEY


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (ConnectionDraft(provider="nothing", name="x", api_key=KEY), "provider"),
        (ConnectionDraft(provider="openai", name="x"), "apiKey"),
        (ConnectionDraft(provider="openai", name="x", api_key=Secret("  ")), "apiKey"),
        (ConnectionDraft(provider="openai", name="x", api_key=Secret("a\r\nb")), "apiKey"),
        (ConnectionDraft(provider="openai", name="x", api_key=Secret("schlüssel")), "apiKey"),
        (ConnectionDraft(provider="demo", name="x", api_key=KEY), "apiKey"),
        (ConnectionDraft(provider="demo", name="x", base_url="https://example.com"), "baseUrl"),
        (ConnectionDraft(provider="openai", name=" ", api_key=KEY), "name"),
        (ConnectionDraft(provider="openai", name="x", api_key=KEY, priority=0), "priority"),
        (ConnectionDraft(provider="openai", name="x", api_key=KEY, weight=-1), "weight"),
        (ConnectionDraft(provider="openai", name="x", api_key=KEY, max_concurrent=0), "maxConcurrent"),
        (ConnectionDraft(provider="openai", name="x", api_key=KEY, default_model="m" * 257), "defaultModel"),
    ],
)
async def test_a_bad_value_is_refused_by_the_name_of_its_field(
    parts: Parts, draft: ConnectionDraft, field: str
) -> None:
    with pytest.raises(Unprocessable) as caught:
        await parts.providers.create(draft)
    assert [one.field for one in caught.value.details] == [field]
    assert await parts.providers.list() == ()
    assert parts.changes == []


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "https://10.0.0.5/v1",
        "https://192.168.1.2/v1",
        "https://127.0.0.1/v1",
        "https://[::1]/v1",
        "https://localhost/v1",
        "https://2130706433/v1",
        "ftp://example.com",
        "https://user:pass@example.com/v1",
        "https://example.com/v1?key=abc",
        "https://example.com/v1#x",
        "not a url",
    ],
)
async def test_an_address_that_must_not_be_called_is_refused(parts: Parts, url: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        await openai(parts, base_url=url)
    assert caught.value.param == "baseUrl"


async def test_metadata_addresses_are_refused_even_when_marked_local(parts: Parts) -> None:
    with pytest.raises(Unprocessable):
        await openai(parts, base_url="http://169.254.169.254/", local=True)
    made = await openai(parts, base_url="http://192.168.1.2:8000/v1/", local=True)
    assert made.base_url == "http://192.168.1.2:8000/v1"


async def test_taking_the_local_mark_away_needs_a_public_address(parts: Parts) -> None:
    made = await openai(parts, base_url="http://192.168.1.2:8000/v1", local=True)
    with pytest.raises(Unprocessable):
        await parts.providers.update(made.id, ConnectionChange(local=False))


async def test_a_provider_without_public_api_says_why_it_cannot_be_used(parts: Parts) -> None:
    with pytest.raises(Unprocessable) as caught:
        await parts.providers.create(ConnectionDraft(provider="gemini-cli", name="x", api_key=KEY))
    assert "'gemini' with an API key" in caught.value.message


async def test_the_same_name_at_the_same_provider_is_a_conflict_and_changes_nothing(parts: Parts) -> None:
    made = await openai(parts)
    with pytest.raises(Conflict):
        await parts.providers.create(ConnectionDraft(provider="openai", name="Work", api_key=Secret("sk-other-key")))
    assert (await parts.connection_rows.get(made.id)).secret == KEY
    await parts.providers.create(ConnectionDraft(provider="deepseek", name="Work", api_key=KEY))


async def test_of_two_alike_at_once_one_is_made(parts: Parts) -> None:
    ended = await asyncio.gather(openai(parts), openai(parts), return_exceptions=True)
    assert sorted(isinstance(one, Conflict) for one in ended) == [False, True]
    assert len(await parts.providers.list()) == 1


@pytest.mark.parametrize(
    "url", ["https://other.example.com/v1", "https://api.openai.com:8443/v1", "https://api.openai.com.evil.example/v1"]
)
async def test_a_key_does_not_follow_to_another_origin(parts: Parts, url: str) -> None:
    made = await openai(parts)
    with pytest.raises(Unprocessable) as caught:
        await parts.providers.update(made.id, ConnectionChange(base_url=url))
    assert caught.value.param == "apiKey"
    assert (await parts.providers.get(made.id)).base_url is None
    moved = await parts.providers.update(made.id, ConnectionChange(base_url=url, api_key=Secret("sk-another-key-1234")))
    assert moved.base_url == url


async def test_going_back_to_the_providers_own_address_needs_the_key_too(parts: Parts) -> None:
    made = await openai(parts, base_url="https://proxy.example.com/v1")
    with pytest.raises(Unprocessable):
        await parts.providers.update(made.id, ConnectionChange(base_url=None))


async def test_another_path_at_the_same_origin_keeps_the_key(parts: Parts) -> None:
    made = await openai(parts)
    await parts.providers.update(made.id, ConnectionChange(base_url="https://API.openai.com:443/v2"))
    assert (await parts.connection_rows.get(made.id)).secret == KEY


async def test_a_change_leaves_alone_what_it_does_not_name_and_none_takes_away(parts: Parts) -> None:
    made = await openai(parts, default_model="gpt-5", max_concurrent=4)
    changed = await parts.providers.update(made.id, ConnectionChange(max_concurrent=None, is_active=False))
    assert (changed.default_model, changed.max_concurrent, changed.is_active) == ("gpt-5", None, False)
    assert (await parts.connection_rows.get(made.id)).secret == KEY


async def test_a_needed_key_cannot_be_taken_away(parts: Parts) -> None:
    made = await openai(parts)
    with pytest.raises(Unprocessable):
        await parts.providers.update(made.id, ConnectionChange(api_key=None))


async def test_a_local_provider_works_with_and_without_key(parts: Parts) -> None:
    made = await parts.providers.create(ConnectionDraft(provider="ollama", name="Here"))
    assert (made.auth_type, made.local, made.base_url) == ("none", True, None)
    changed = await parts.providers.update(made.id, ConnectionChange(api_key=KEY))
    assert changed.auth_type == "apiKey"


async def test_a_node_takes_connections_by_id_and_by_prefix(parts: Parts) -> None:
    node_id = await node(parts)
    by_id = await parts.providers.create(ConnectionDraft(provider=node_id, name="One", api_key=KEY))
    by_prefix = await parts.providers.create(ConnectionDraft(provider="gpu", name="Two"))
    assert by_id.provider == by_prefix.provider == node_id
    assert by_prefix.auth_type == "none"


async def test_a_connection_cannot_carry_its_nodes_headers_to_another_origin(parts: Parts) -> None:
    node_id = await node(parts, headers={"X-Team-Token": Secret("token-of-the-team")})
    with pytest.raises(Unprocessable) as caught:
        await parts.providers.create(
            ConnectionDraft(provider=node_id, name="One", base_url="https://evil.example.com/v1")
        )
    assert caught.value.param == "baseUrl"
    await parts.providers.create(
        ConnectionDraft(provider=node_id, name="One", base_url="https://gpu.example.com/other/v1")
    )


async def test_the_list_goes_by_priority_and_tells_health(parts: Parts) -> None:
    late = await openai(parts, priority=2)
    early = await parts.providers.create(ConnectionDraft(provider="deepseek", name="A", api_key=KEY, priority=1))
    parts.health[late.id] = ConnectionHealth(status="cooling", cooldown_until=1_800_000_060_000, last_error="429")
    first, second = await parts.providers.list()
    assert (first.id, second.id) == (early.id, late.id)
    assert (first.status, first.cooldown_until) == ("ready", None)
    assert (second.status, second.last_error) == ("cooling", "429")
    assert second.cooldown_until is not None
    assert second.cooldown_until.isoformat() == "2027-01-15T08:01:00+00:00"


async def test_what_is_not_there_is_not_found(parts: Parts) -> None:
    calls = (
        parts.providers.get("conn_0"),
        parts.providers.update("conn_0", ConnectionChange(priority=2)),
        parts.providers.delete("conn_0"),
    )
    for call in calls:
        with pytest.raises(NotFound):
            await call


async def test_each_change_is_told(parts: Parts) -> None:
    made = await openai(parts)
    await parts.providers.update(made.id, ConnectionChange(priority=3))
    await parts.providers.delete(made.id)
    assert [(one.noun, one.id) for one in parts.changes] == [("connections", made.id)] * 3


async def test_an_error_never_holds_the_key(parts: Parts) -> None:
    secret = Secret("sk-übel-geheim-0123456789")
    with pytest.raises(OmniError) as caught:
        await parts.providers.create(ConnectionDraft(provider="openai", name="x", api_key=secret))
    assert secret.reveal() not in str(caught.value) + repr(caught.value.details)
