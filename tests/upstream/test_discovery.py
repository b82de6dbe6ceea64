"""Keys in the environment, and model servers on the loopback: real small HTTP servers, each with its kind's answers."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from omniroute.kit.secret import Secret
from omniroute.upstream.catalogue import ProviderRecord, find
from omniroute.upstream.discovery import environment_connections, find_local_servers

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


@asynccontextmanager
async def served(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[int]:
    """Run a server on a random loopback port."""
    app = web.Application()
    app.router.add_get("/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def answering(answers: Answers) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Answer the known paths with JSON and all others with a web page, as many servers do."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path in answers:
            return web.json_response(answers[request.path])
        return web.Response(text="<html>hello</html>", content_type="text/html")

    return handle


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
    async with served(answering(answers)) as port:
        asked = record(name, port)
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
    async with served(answering(answers)) as port:
        assert await find_local_servers([record(name, port)], timeout_s=5) == []


@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.parametrize("other", LOCAL)
async def test_no_kind_is_mistaken_for_another(name: str, other: str) -> None:
    async with served(answering(GOOD[other])) as port:
        found = await find_local_servers([record(name, port)], timeout_s=5)
    assert [server.provider for server in found] == ([name] if name == other else [])


async def test_all_ports_are_asked_at_once_and_a_silent_one_costs_one_time_limit() -> None:
    asleep = asyncio.Event()

    async def hang(_request: web.Request) -> web.StreamResponse:
        await asleep.wait()
        return web.Response()

    async with AsyncExitStack() as stack:
        ports = [await stack.enter_async_context(served(hang)) for _ in range(8)]
        good = await stack.enter_async_context(served(answering(OLLAMA)))
        records = [record("vllm", port) for port in ports] + [record("ollama", good)]
        started = time.monotonic()
        found = await find_local_servers(records, timeout_s=1)
        took = time.monotonic() - started
        asleep.set()
    assert [server.provider for server in found] == ["ollama"]
    assert took < 4


async def test_a_body_that_drips_does_not_outlast_the_limit() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b" ")
                await asyncio.sleep(0.02)
        except ConnectionError:
            return answer

    async with served(drip) as port:
        async with asyncio.timeout(5):
            assert await find_local_servers([record("vllm", port)], timeout_s=0.3) == []


async def test_a_huge_answer_is_not_read_to_its_end() -> None:
    async def flood(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b'{"data": "' + b"x" * (8 * 1024 * 1024) + b'"}', content_type="application/json")

    async with served(flood) as port:
        assert await find_local_servers([record("vllm", port)], timeout_s=5) == []


async def test_an_error_status_and_a_redirect_are_no_answer() -> None:
    async with served(answering(VLLM)) as real:

        async def elsewhere(request: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(f"http://127.0.0.1:{real}{request.path}")

        async def locked(_request: web.Request) -> web.StreamResponse:
            return web.json_response(signed("vllm", "m"), status=401)

        for handler in (elsewhere, locked):
            async with served(handler) as port:
                assert await find_local_servers([record("vllm", port)], timeout_s=5) == []


async def test_a_closed_port_is_no_server() -> None:
    async with served(answering(OLLAMA)) as port:
        pass
    assert await find_local_servers([record("ollama", port)], timeout_s=5) == []


async def test_only_the_loopback_is_asked() -> None:
    seen: list[str] = []

    async def note(request: web.Request) -> web.StreamResponse:
        seen.append(request.path)
        return web.json_response({})

    async with served(note) as port:
        outside = replace(record("ollama", port), base_url=f"http://127.0.0.1.example.invalid:{port}")
        hosted, demo = find("openai"), find("demo")
        assert hosted is not None
        assert demo is not None
        elsewhere = replace(hosted, base_url=f"http://127.0.0.1:{port}/v1")
        assert await find_local_servers([outside, elsewhere, demo], timeout_s=1) == []
    assert seen == []


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
