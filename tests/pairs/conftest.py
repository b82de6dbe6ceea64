"""One gateway with five upstreams and all clients, shared by all pair tests of a process, on one event loop."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from omniroute.formats.hub import Format
from tests.gateways import GatewayMaker, Installation
from tests.pairs.bench import MOST_BYTES, Bench, prefix
from tests.pairs.upstreams import Upstream


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    """The parts that stay up from test to test."""
    async with AsyncExitStack() as stack:
        make = GatewayMaker(installation, tmp_path_factory.mktemp("pairs"), stack)
        gateway = await make(max_body_bytes=MOST_BYTES)
        upstreams = {form: await stack.enter_async_context(Upstream(form)) for form in Format}
        for form, fake in upstreams.items():
            await gateway.connect(fake, prefix(form))
            await gateway.connect(fake, f"two-{form.value}", "first", "second")
        yield Bench(gateway=gateway, upstreams=upstreams, stack=stack)


@pytest.fixture
def bench(shared: Bench) -> Bench:
    """The shared parts, with nothing asked yet and nothing wrong."""
    shared.forget()
    return shared
