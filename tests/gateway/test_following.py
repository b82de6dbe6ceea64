"""What another process changes is seen by the one that serves."""

import asyncio

from omniroute.app import Gateway
from omniroute.kit.settings import Environment
from omniroute.services.keys import KeyDraft
from tests.gateways import RunningGateway


async def test_a_key_made_by_another_process_works_within_a_few_seconds(gateway: RunningGateway) -> None:
    other = await Gateway.start(Environment(settings=gateway.gateway.settings, provider_keys={}))
    try:
        made = await other.services.keys.create(KeyDraft(name="made elsewhere"))
    finally:
        await other.stop()
    headers = {"authorization": f"Bearer {made.secret.reveal()}"}
    async with asyncio.timeout(8):
        while (await gateway.http.get(f"{gateway.url}/v1/models", headers=headers)).status_code != 200:
            await asyncio.sleep(0.2)
