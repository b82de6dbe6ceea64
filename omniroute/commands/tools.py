"""Client tools on the installation's own machine: listed, pointed at the gateway, and set back."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, TypeVar

from omniroute.commands.opened import opened
from omniroute.commands.prepare import Overrides, run
from omniroute.services.cli_tools import CliToolDraft, CliTools

T = TypeVar("T")


def list_all(overrides: Overrides) -> list[dict[str, Any]]:
    """Return all tools that are known."""

    async def work(tools: CliTools) -> list[dict[str, Any]]:
        return [asdict(one) for one in await tools.list()]

    return _with_tools(overrides, work)


def apply(overrides: Overrides, tool: str, model: str, *, preview: bool) -> dict[str, Any]:
    """Point a tool at this gateway."""

    async def work(tools: CliTools) -> dict[str, Any]:
        return asdict(await tools.apply(tool, CliToolDraft(model=model, preview=preview)))

    return _with_tools(overrides, work)


def reset(overrides: Overrides, tool: str, *, preview: bool) -> dict[str, Any]:
    """Set a tool back."""

    async def work(tools: CliTools) -> dict[str, Any]:
        return asdict(await tools.reset(tool, preview=preview))

    return _with_tools(overrides, work)


def _with_tools(overrides: Overrides, work: Callable[[CliTools], Awaitable[T]]) -> T:
    async def opening() -> T:
        async with opened(overrides) as gateway:
            return await work(gateway.services.cli_tools)

    return run(opening())
