"""The client's tests run on both event loops that the gateway may run on: they differ just where connections end."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

_LOOPS: Mapping[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.SelectorEventLoop,
    "uvloop": uvloop.new_event_loop,
}
_BOTH = {"test_client", "test_dial", "test_http1", "test_http1_flow", "test_pool", "test_tunnel"}


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return _LOOPS if item.path.stem in _BOTH else {"asyncio": _LOOPS["asyncio"]}
