"""Keys in the environment, and model servers on the loopback: real small servers, each with its kind's answers."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from omniroute.kit import json
from omniroute.kit.secret import Secret
from omniroute.upstream.catalogue import ProviderRecord, find
from omniroute.upstream.discovery import environment_connections, find_local_servers
from tests.upstream.raw import Peer, Play, always, answer, served

Answers = Mapping[str, Any]
LOCAL = ("ollama", "lmstudio", "llamacpp", "vllm")


def signed(owner: str, *names: str) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "object": "model", "owned_by": owner} for name in names]}


OLLAMA: Answers = {
    "/api/version": {"version": "0.14.1"},
    "/api/tags": {"models": [{"name": "llama3.2:latest", "model": "llama3.2:latest", "size": 1}, {"name": "qwen3:8b"}]},
    "/v1/models": signed("library", "llama3.2:latest"),
}
LMSTUDIO: Answers = {
    "/lmstudio-greeting": {"lmstudio": True},
    "/api/v0/models": {
        "object": "list",
        "data": [
            {"id": "qwen2-vl-7b", "type": "vlm", "publisher": "mlx-community", "state": "not-loaded"},
            {"id": "llama-3.1-8b", "type": "llm", "publisher": "lmstudio-community", "state": "loaded"},
            {"id": "nomic-embed", "type": "embeddings", "publisher": "nomic-ai", "state": "loaded"},
        ],
    },
    "/v1/models": signed("organization_owner", "llama-3.1-8b"),
}
LLAMACPP: Answers = {"/v1/models": signed("llamacpp", "gemma-3.gguf")}
LLAMACPP_RELABELLED: Answers = {
    "/v1/models": signed("me", "gemma-3.gguf"),
    "/props": {"default_generation_settings": {"n_ctx": 4096}, "total_slots": 4, "build_info": "b8681"},
}
VLLM: Answers = {"/v1/models": signed("vllm", "Qwen/Qwen3-8B", "my-lora"), "/version": {"version": "0.12.0"}}
WEB_PAGE: Answers = {}
OPENAI_LIKE: Answers = {"/v1/models": signed("somebody", "gpt-4o")}
GOOD = {"ollama": OLLAMA, "lmstudio": LMSTUDIO, "llamacpp": LLAMACPP, "vllm": VLLM}


async def path_of(peer: Peer) -> str:
    """Read a request; return its path."""
    return (await peer.request()).split(b" ", 2)[1].decode()


def as_json(value: object, status: str = "200 OK") -> bytes:
    return answer(json.dumps(value), "Content-Type: application/json", status=status)


def answering(answers: Answers) -> Play:
    """Answer the known paths with JSON and all others with a web page, as many servers do."""

    async def play(peer: Peer) -> None:
        while True:
            path = await path_of(peer)
            page = answer(b"<html>hello</html>", "Content-Type: text/html")
            await peer.send(as_json(answers[path]) if path in answers else page)

    return play


def record(name: str, port: int) -> ProviderRecord:
    known = find(name)
    assert known is not None
    path = "" if name == "ollama" else "/v1"
    return replace(known, base_url=f"http://127.0.0.1:{port}{path}")


@pytest.mark.parametrize(
    ("name", "answers", "models"),
    [
        ("ollama", OLLAMA, ("llama3.2:latest", "qwen3:8b")),
        ("ollama", {"/api/version": {"version": "0.1.0"}, "/api/tags": {"models": []}}, ()),
        ("lmstudio", LMSTUDIO, ("qwen2-vl-7b", "llama-3.1-8b")),
        ("lmstudio", {"/lmstudio-greeting": {"lmstudio": True}, "/api/v0/models": {"error": "no"}}, ()),
        ("llamacpp", LLAMACPP, ("gemma-3.gguf",)),
        ("llamacpp", LLAMACPP_RELABELLED, ("gemma-3.gguf",)),
        ("vllm", VLLM, ("Qwen/Qwen3-8B", "my-lora")),
    ],
)
async def test_a_model_server_is_known_by_its_answers(name: str, answers: Answers, models: tuple[str, ...]) -> None:
    async with served(answering(answers)) as server:
        asked = record(name, server.port)
        (found,) = await find_local_servers([asked], timeout_s=5)
    assert (found.provider, found.base_url, found.models) == (name, asked.base_url, models)


@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.parametrize(
    "answers",
    [
        WEB_PAGE,
        OPENAI_LIKE,
        {"/api/version": [], "/api/tags": 1, "/v1/models": "x", "/props": None, "/lmstudio-greeting": {}},
        {"/api/version": {"version": "2.0"}, "/v1/models": {"data": [None, 7]}, "/props": {"total_slots": "4"}},
        {"/v1/models": {"data": []}},
    ],
)
async def test_any_other_server_on_the_port_is_left_alone(name: str, answers: Answers) -> None:
    async with served(answering(answers)) as server:
        assert await find_local_servers([record(name, server.port)], timeout_s=5) == []


@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.parametrize("other", LOCAL)
async def test_no_kind_is_mistaken_for_another(name: str, other: str) -> None:
    async with served(answering(GOOD[other])) as server:
        found = await find_local_servers([record(name, server.port)], timeout_s=5)
    assert [one.provider for one in found] == ([name] if name == other else [])


async def test_all_ports_are_asked_at_once_and_a_silent_one_costs_one_time_limit() -> None:
    async def hang(peer: Peer) -> None:
        await peer.gone()

    async with AsyncExitStack() as stack:
        silent = [await stack.enter_async_context(served(hang)) for _ in range(8)]
        good = await stack.enter_async_context(served(answering(OLLAMA)))
        records = [record("vllm", server.port) for server in silent] + [record("ollama", good.port)]
        started = time.monotonic()
        found = await find_local_servers(records, timeout_s=1)
        took = time.monotonic() - started
        for server in (*silent, good):
            await server.emptied()
    assert [server.provider for server in found] == ["ollama"]
    assert took < 4


async def test_a_body_that_drips_does_not_outlast_the_limit() -> None:
    async def drip(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            await peer.send(b" ")
            await asyncio.sleep(0.02)

    async with served(drip) as server:
        async with asyncio.timeout(5):
            assert await find_local_servers([record("vllm", server.port)], timeout_s=0.3) == []
        await server.emptied()


async def test_a_huge_answer_is_not_read_to_its_end() -> None:
    sent = 0

    async def flood(peer: Peer) -> None:
        nonlocal sent
        await peer.request()
        await peer.send(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"data": "')
        while True:
            await peer.send(b"x" * 65536)
            sent += 65536

    async with served(flood) as server:
        assert await find_local_servers([record("vllm", server.port)], timeout_s=5) == []
        await server.emptied()
    assert sent < 64 * 1024 * 1024


async def test_an_error_status_and_a_redirect_are_no_answer() -> None:
    async with served(answering(VLLM)) as real:

        async def elsewhere(peer: Peer) -> None:
            while True:
                where = f"Location: http://127.0.0.1:{real.port}{await path_of(peer)}"
                await peer.send(answer(b"", where, status="302 Found"))

        for play in (elsewhere, always(as_json(signed("vllm", "m"), status="401 Unauthorized"))):
            async with served(play) as server:
                assert await find_local_servers([record("vllm", server.port)], timeout_s=5) == []
        assert real.connections == 0


async def test_a_closed_port_is_no_server() -> None:
    async with served(answering(OLLAMA)) as server:
        pass
    assert await find_local_servers([record("ollama", server.port)], timeout_s=5) == []


async def test_only_the_loopback_is_asked() -> None:
    async with served(always(as_json({}))) as server:
        port = server.port
        outside = replace(record("ollama", port), base_url=f"http://127.0.0.1.example.invalid:{port}")
        hosted, demo = find("openai"), find("demo")
        assert hosted is not None
        assert demo is not None
        elsewhere = replace(hosted, base_url=f"http://127.0.0.1:{port}/v1")
        assert await find_local_servers([outside, elsewhere, demo], timeout_s=1) == []
        assert server.connections == 0


def test_a_key_in_the_environment_makes_a_connection_of_its_provider() -> None:
    keys = {"GROQ_API_KEY": Secret("gsk-1"), "OPENAI_API_KEY": Secret("sk-1"), "UNKNOWN_API_KEY": Secret("x")}
    found = environment_connections(keys)
    assert [(one.provider, one.variable, one.secret.reveal()) for one in found] == [
        ("openai", "OPENAI_API_KEY", "sk-1"),
        ("groq", "GROQ_API_KEY", "gsk-1"),
    ]


def test_of_several_variables_the_first_that_holds_something_counts() -> None:
    both = {"GOOGLE_API_KEY": Secret("second"), "GEMINI_API_KEY": Secret("first")}
    assert [one.secret.reveal() for one in environment_connections(both)] == ["first"]
    blank = {"GOOGLE_API_KEY": Secret("second"), "GEMINI_API_KEY": Secret("  ")}
    assert [one.variable for one in environment_connections(blank)] == ["GOOGLE_API_KEY"]


def test_blanks_and_line_ends_around_a_key_are_not_part_of_it() -> None:
    (found,) = environment_connections({"MISTRAL_API_KEY": Secret(" abc\n")})
    assert found.secret == Secret("abc")
    assert "abc" not in repr(found)


def test_an_empty_environment_offers_nothing() -> None:
    assert environment_connections({}) == []
