"""Fixtures: one running fake a format, and a maker of as many as a test wants. Made known to tests by a conftest."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from omniroute.formats.hub import Format
from tests.fakes.upstream import FakeUpstream

MakeFake = Callable[[Format], Awaitable[FakeUpstream]]


@pytest.fixture
async def fakes() -> AsyncIterator[MakeFake]:
    """Start fakes at will: `await fakes(Format.GEMINI)`; all stop with the test."""
    async with AsyncExitStack() as stack:

        async def make(wire_format: Format) -> FakeUpstream:
            return await stack.enter_async_context(FakeUpstream(wire_format))

        yield make


@pytest.fixture
async def fake_openai(fakes: MakeFake) -> FakeUpstream:
    """OpenAI's Chat Completions."""
    return await fakes(Format.OPENAI_CHAT)


@pytest.fixture
async def fake_responses(fakes: MakeFake) -> FakeUpstream:
    """OpenAI's Responses."""
    return await fakes(Format.OPENAI_RESPONSES)


@pytest.fixture
async def fake_anthropic(fakes: MakeFake) -> FakeUpstream:
    """Anthropic's Messages."""
    return await fakes(Format.ANTHROPIC)


@pytest.fixture
async def fake_gemini(fakes: MakeFake) -> FakeUpstream:
    """Google's Gemini API."""
    return await fakes(Format.GEMINI)


@pytest.fixture
async def fake_ollama(fakes: MakeFake) -> FakeUpstream:
    """Ollama."""
    return await fakes(Format.OLLAMA)
