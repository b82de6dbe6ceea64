"""The whole contract, by a machine: valid and invalid data, credentials, links; nothing may fail that is not described.

The run is the same every time. `SCHEMATHESIS_SEED=2` makes it another one; `SCHEMATHESIS_EXAMPLES=200 ./dev test
tests/contract/test_schemathesis.py` looks harder, tag by tag, and at every spelling of an operation.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from omniroute.api.openapi import document
from omniroute.api.operation import expanded
from omniroute.api.table import OPERATIONS
from omniroute.kit.secret import Secret
from omniroute.services.keys import KeyDraft, Scope
from omniroute.services.login import Visitor
from omniroute.services.proxies import ProxyChange, ProxyDraft
from tests.gateways import GatewayMaker, RunningGateway

CONFIG = Path(__file__).with_name("schemathesis.toml")
PASSWORD = Secret("a password of the tests")
FEW = "6"
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", FEW)
SEED = os.environ.get("SCHEMATHESIS_SEED", "1")
PATIENCE_S = 600 if EXAMPLES == FEW else 3600
TAGS = [tag["name"] for tag in document()["tags"]]
# The operations on keys are called by a session, as they would sooner or later delete the key that they are called
# with; so are those that cannot end a session.
BY_SESSION = ("keys", "money", "resilience", "cache", "backups")
# What runs against one gateway: starting one and its examiner takes longer than most tags do. Yet AI requests are not
# examined where rules and settings are, which could refuse them all.
TOGETHER = (("inference", "system"), ("settings", "auth", "usage", "monitoring"), BY_SESSION)
REST = tuple(tag for tag in TAGS if all(tag not in group for group in TOGETHER))
GROUPS = (REST, *TOGETHER) if EXAMPLES == FEW else tuple((tag,) for tag in TAGS)
LINKED = {row.tag for row in OPERATIONS if row.links}
# Other methods and paths with the same meaning, served by the same row: without many examples the row itself will do.
TWINS = sorted({row.id for row in expanded(OPERATIONS)} - {row.id for row in OPERATIONS})
SPARED = f"""
[[operations]]
include-operation-id = {TWINS}
phases.coverage.enabled = false
phases.fuzzing.enabled = false
"""


async def credentials(gateway: RunningGateway, tags: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return a section of the configuration, and the headers that show the same credentials."""
    services = gateway.gateway.services
    if set(tags) <= set(BY_SESSION):
        signed_in = await services.login.sign_in(PASSWORD, Visitor(address="127.0.0.1", user_agent="tests"))
        token = signed_in.token.reveal()
        return f'[auth.openapi.session]\napi_key = "{token}"\n', {"cookie": f"auth_token={token}"}
    made = await services.keys.create(KeyDraft(name="schemathesis", scopes=frozenset(Scope)))
    key = made.secret.reveal()
    return f'[auth.openapi.bearer]\nbearer = "{key}"\n', {"authorization": f"Bearer {key}"}


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE_S + 20)
@pytest.mark.parametrize("tags", GROUPS, ids="-".join)
async def test_the_gateway_keeps_its_contract(tags: Sequence[str], gateways: GatewayMaker, tmp_path: Path) -> None:
    # Counted as reachable from elsewhere, so that no generated request can switch the login off under the others.
    # Some models of the demo provider are slow, or say nothing at all: they end soon, with 504.
    gateway = await gateways(
        host="0.0.0.0", initial_password=PASSWORD, first_byte_timeout_s=0.5, idle_timeout_s=0.5, total_timeout_s=1.0
    )
    # Whatever would leave this machine ends at a port where nobody listens.
    nowhere = ProxyDraft(host="127.0.0.1", port=9)
    await gateway.gateway.services.proxies.update(ProxyChange(everywhere=nowhere))
    section, headers = await credentials(gateway, tags)
    config = tmp_path / "schemathesis.toml"
    spared = SPARED if EXAMPLES == FEW else ""
    phases = "examples,coverage,fuzzing" + (",stateful" if LINKED.intersection(tags) else "")
    config.write_text(f"{CONFIG.read_text(encoding='utf-8')}\n{spared}\n{section}", encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{gateway.url}/openapi.json",
        *(word for tag in tags for word in ("--include-tag", tag)),
        "--max-examples", EXAMPLES, "--seed", SEED, "--phases", phases, "--warnings", "off",
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
