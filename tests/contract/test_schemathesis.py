"""The whole contract, by a machine: valid and invalid data, credentials, links; nothing may fail that is not described.

`SCHEMATHESIS_EXAMPLES=200 ./dev test tests/contract/test_schemathesis.py` looks harder.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from omniroute.api.openapi import document
from omniroute.api.table import OPERATIONS
from omniroute.kit.secret import Secret
from omniroute.services.keys import KeyDraft, Scope
from omniroute.services.login import Visitor
from omniroute.services.proxies import ProxyChange, ProxyDraft
from tests.gateways import GatewayMaker, RunningGateway

CONFIG = Path(__file__).with_name("schemathesis.toml")
PASSWORD = Secret("a password of the tests")
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "8")
PATIENCE_S = 280 if EXAMPLES == "8" else 3600
TAGS = [tag["name"] for tag in document()["tags"]]
LINKED = {row.tag for row in OPERATIONS if row.links}


async def credentials(gateway: RunningGateway, tag: str) -> tuple[str, dict[str, str]]:
    """Return a section of the configuration, and the headers that show the same credentials.

    The operations on keys are called by a session, as they would sooner or later delete the key that they are called
    with; all others by a key that may do everything.
    """
    services = gateway.gateway.services
    if tag == "keys":
        signed_in = await services.login.sign_in(PASSWORD, Visitor(address="127.0.0.1", user_agent="tests"))
        token = signed_in.token.reveal()
        return f'[auth.openapi.session]\napi_key = "{token}"\n', {"cookie": f"auth_token={token}"}
    made = await services.keys.create(KeyDraft(name="schemathesis", scopes=frozenset(Scope)))
    key = made.secret.reveal()
    return f'[auth.openapi.bearer]\nbearer = "{key}"\n', {"authorization": f"Bearer {key}"}


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE_S + 20)
@pytest.mark.parametrize("tag", TAGS)
async def test_the_gateway_keeps_its_contract(tag: str, gateways: GatewayMaker, tmp_path: Path) -> None:
    # Counted as reachable from elsewhere, so that no generated request can switch the login off under the others.
    gateway = await gateways(host="0.0.0.0", initial_password=PASSWORD)
    # Whatever would leave this machine ends at a port where nobody listens.
    nowhere = ProxyDraft(host="127.0.0.1", port=9)
    await gateway.gateway.services.proxies.update(ProxyChange(everywhere=nowhere))
    section, headers = await credentials(gateway, tag)
    config = tmp_path / "schemathesis.toml"
    config.write_text(f"{CONFIG.read_text(encoding='utf-8')}\n{section}", encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run",
        f"{gateway.url}/openapi.json", "--include-tag", tag, "--max-examples", EXAMPLES, "--warnings", "off",
        "--phases", "examples,coverage,fuzzing" + (",stateful" if tag in LINKED else ""),
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE_S):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, output.decode()
    # Had the run lost its credentials, the rest of it would have tested nothing.
    assert (await gateway.http.get(f"{gateway.url}/api/keys", headers=headers)).status_code == 200
