"""Custom nodes."""

from typing import Any

import pytest

from omniroute.kit.errors import Conflict, NotFound, Unprocessable
from omniroute.kit.secret import Secret
from omniroute.services.nodes import ApiType, Node, NodeChange, NodeDraft, NodeType
from omniroute.services.providers import ConnectionDraft
from tests.services.parts import Parts

KEY = Secret("sk-node-0123456789abcdef")
URL = "https://gpu.example.com/v1"


async def make(parts: Parts, **more: Any) -> Node:
    values: dict[str, Any] = {"name": "GPU", "prefix": "gpu", "base_url": URL, **more}
    return await parts.nodes.create(NodeDraft(**values))


@pytest.mark.parametrize(
    ("api_type", "coarse", "expected"),
    [
        (None, None, (ApiType.CHAT, NodeType.OPENAI)),
        (None, NodeType.ANTHROPIC, (ApiType.ANTHROPIC, NodeType.ANTHROPIC)),
        (ApiType.ANTHROPIC, None, (ApiType.ANTHROPIC, NodeType.ANTHROPIC)),
        (ApiType.RESPONSES, NodeType.OPENAI, (ApiType.RESPONSES, NodeType.OPENAI)),
        (ApiType.GEMINI, None, (ApiType.GEMINI, NodeType.OPENAI)),
        (ApiType.OLLAMA, None, (ApiType.OLLAMA, NodeType.OPENAI)),
    ],
)
async def test_the_wire_format_comes_from_either_word(
    parts: Parts, api_type: ApiType | None, coarse: NodeType | None, expected: tuple[ApiType, NodeType]
) -> None:
    made = await make(parts, api_type=api_type, type=coarse)
    assert (made.api_type, made.type) == expected
    assert await parts.nodes.get(made.id) == made


async def test_two_words_that_contradict_each_other_are_refused(parts: Parts) -> None:
    with pytest.raises(Unprocessable) as caught:
        await make(parts, api_type=ApiType.CHAT, type=NodeType.ANTHROPIC)
    assert caught.value.param == "type"


@pytest.mark.parametrize("prefix", ["openai", "OpenAI", "ds", "demo"])
async def test_a_prefix_that_means_a_provider_is_taken(parts: Parts, prefix: str) -> None:
    with pytest.raises(Conflict) as caught:
        await make(parts, prefix=prefix)
    assert caught.value.param == "prefix"


async def test_a_prefix_belongs_to_one_node_whatever_its_case(parts: Parts) -> None:
    first = await make(parts)
    with pytest.raises(Conflict):
        await make(parts, prefix="GPU")
    other = await make(parts, prefix="gpu2")
    with pytest.raises(Conflict):
        await parts.nodes.update(other.id, NodeChange(prefix="gpu"))
    await parts.nodes.update(first.id, NodeChange(prefix="gpu", name="Same prefix"))


@pytest.mark.parametrize("prefix", ["", "a/b", "-a", "a b", "ä", "a" * 65, "..", "a\n"])
async def test_a_prefix_that_cannot_stand_before_a_model_is_refused(parts: Parts, prefix: str) -> None:
    if prefix == "a\n":
        assert (await make(parts, prefix=prefix)).prefix == "a"
        return
    with pytest.raises(Unprocessable) as caught:
        await make(parts, prefix=prefix)
    assert caught.value.param == "prefix"


@pytest.mark.parametrize("url", ["http://gpu.example.com/v1", "http://10.1.2.3:8000/v1", "http://169.254.169.254/"])
async def test_an_address_that_is_not_public_needs_the_local_mark(parts: Parts, url: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        await make(parts, base_url=url)
    assert caught.value.param == "baseUrl"
    if "169.254" in url:
        with pytest.raises(Unprocessable):
            await make(parts, base_url=url, local=True)
    else:
        assert (await make(parts, base_url=url, local=True)).local


async def test_headers_go_in_and_come_out_masked(parts: Parts) -> None:
    made = await make(parts, headers={"X-Team": Secret("value-of-the-team")})
    assert made.headers == {"X-Team": "****"}
    row = await parts.node_rows.get(made.id)
    assert row.headers["X-Team"].reveal() == "value-of-the-team"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": Secret("evil")},
        {"X Bad": Secret("x")},
        {"X-Bad": Secret("a\r\nX-More: b")},
        {"X-Same": Secret("a"), "x-same": Secret("b")},
        {"X-Long": Secret("a" * 8001)},
        {f"X-{number}": Secret("a") for number in range(33)},
    ],
)
async def test_headers_that_break_messages_are_refused(parts: Parts, headers: dict[str, Secret]) -> None:
    with pytest.raises(Unprocessable) as caught:
        await make(parts, headers=headers)
    assert caught.value.param == "headers"


async def test_another_origin_needs_the_headers_again(parts: Parts) -> None:
    made = await make(parts, headers={"X-Team": Secret("value-of-the-team")})
    moved = NodeChange(base_url="https://other.example.com/v1")
    with pytest.raises(Unprocessable) as caught:
        await parts.nodes.update(made.id, moved)
    assert caught.value.param == "headers"
    changed = await parts.nodes.update(
        made.id, NodeChange(base_url="https://other.example.com/v1", headers={"X-Team": Secret("another-value")})
    )
    assert changed.base_url == "https://other.example.com/v1"


async def test_another_origin_needs_the_connections_key_again(parts: Parts) -> None:
    made = await make(parts)
    connection = await parts.providers.create(ConnectionDraft(provider=made.id, name="One", api_key=KEY))
    with pytest.raises(Unprocessable) as caught:
        await parts.nodes.update(made.id, NodeChange(base_url="https://other.example.com/v1"))
    assert caught.value.param == "apiKey"
    await parts.nodes.update(made.id, NodeChange(base_url=f"{URL}/deeper"))
    new = Secret("sk-for-the-other-origin")
    await parts.nodes.update(made.id, NodeChange(base_url="https://other.example.com/v1", api_key=new))
    assert (await parts.connection_rows.get(connection.id)).secret == new


async def test_one_key_does_not_stand_for_several_connections(parts: Parts) -> None:
    made = await make(parts)
    for name in ("One", "Two"):
        await parts.providers.create(ConnectionDraft(provider=made.id, name=name, api_key=KEY))
    change = NodeChange(base_url="https://other.example.com/v1", api_key=Secret("sk-for-the-other-origin"))
    with pytest.raises(Unprocessable) as caught:
        await parts.nodes.update(made.id, change)
    assert "2 connections" in caught.value.message


async def test_a_connection_with_an_address_of_its_own_does_not_hold_the_node(parts: Parts) -> None:
    made = await make(parts)
    await parts.providers.create(
        ConnectionDraft(provider=made.id, name="One", api_key=KEY, base_url="https://third.example.com/v1")
    )
    await parts.nodes.update(made.id, NodeChange(base_url="https://other.example.com/v1"))


async def test_deleting_a_node_deletes_its_connections(parts: Parts) -> None:
    made = await make(parts)
    await parts.providers.create(ConnectionDraft(provider=made.id, name="One", api_key=KEY))
    await parts.nodes.delete(made.id)
    assert await parts.providers.list() == ()
    with pytest.raises(NotFound):
        await parts.nodes.get(made.id)


async def test_a_change_leaves_alone_what_it_does_not_name(parts: Parts) -> None:
    made = await make(parts, api_type=ApiType.OLLAMA, headers={"X-Team": Secret("value-of-the-team")})
    changed = await parts.nodes.update(made.id, NodeChange(name="Renamed"))
    assert (changed.name, changed.api_type, changed.headers) == ("Renamed", ApiType.OLLAMA, {"X-Team": "****"})
    assert [one.noun for one in parts.changes] == ["nodes", "nodes"]
