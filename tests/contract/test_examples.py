"""Every operation's example, sent to a real gateway in the order of a life: made, read, changed, deleted."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema_rs

from omniroute.api.openapi import document
from omniroute.api.operation import Described, Operation, expanded
from omniroute.api.table import OPERATIONS
from omniroute.api.wire.errors import ERRORS
from omniroute.edge.admission import Policy
from omniroute.edge.recorded import LOOKS
from omniroute.kit.secret import Secret
from tests.gateways import GatewayMaker, RunningGateway

ROWS = expanded(OPERATIONS)
DOCUMENT = document()
BY_ID = {row.id: row for row in ROWS}
PASSWORD = "correct horse battery staple"

# Operations whose example needs more than a gateway that is set up; the reason stands beside.
APART = {
    "doOAuth": "needs an authorization server, and an account there: tests/api/test_oauth.py",
    "restart": "ends the process, and is off unless the settings allow it: tests/commands/test_restarting.py",
    "shutdown": "as restart",
    "importDatabase": "its body is a file: tests/api/test_backups.py",
    "doSync": "needs a remote: tests/gateway/test_sync.py",
    "initializeSync": "as doSync",
    "listSyncConflicts": "as doSync",
    "resolveSyncConflict": "as doSync",
    "resolvePeerAlias": "needs an alias: tests/gateway/test_sync.py",
    "getPeerObject": "needs an object: tests/gateway/test_sync.py",
    "putPeerObject": "only where there is no object yet: tests/gateway/test_sync.py",
    "deletePeerObject": "as getPeerObject",
    "updatePeerCredentials": "needs a connection: tests/gateway/test_sync.py",
    "restoreBackup": "its body names a backup that was made: tests/api/test_backups.py",
    "deleteNamedPolicy": "its query names a policy that was made: tests/api/test_policies.py",
    "compareEvalRuns": "its query names two runs of one suite: tests/api/test_evals.py",
    "setUp": "works once, with the token of the console: tests/api/test_login.py",
}


def pointed(value: Any, pointer: str) -> Any:
    """Follow a JSON pointer; None where it leads nowhere."""
    for part in pointer.strip("/").split("/"):
        if isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def faults(row: Operation, answer: httpx.Response) -> list[str]:
    """Return what of an answer is not as the document says."""
    told = DOCUMENT["paths"][row.path][row.method.lower()]["responses"].get(str(answer.status_code))
    media = answer.headers["content-type"].partition(";")[0]
    if not answer.is_success or told is None or media not in told["content"]:
        return [f"{answer.status_code} {media} {answer.text[:200]}"]
    missing = [name for name in told.get("headers", ()) if name not in answer.headers]
    if media != "application/json":
        return missing
    schema = {**told["content"][media]["schema"], "components": DOCUMENT["components"]}
    return missing + [
        f"{one.instance_path}: {one.message[:200]}"
        for one in jsonschema_rs.validator_for(schema).iter_errors(answer.json())
    ]


def in_order(rows: Iterable[Operation]) -> list[Operation]:
    """Return the rows so that things are made before they are used and deleted last, the newest first."""
    rows = list(rows)

    def step(row: Operation) -> tuple[int, int]:
        number = rows.index(row)
        if row.method == "DELETE":
            return 4, -number
        if "{" in row.path:
            return (2 if row.method == "GET" else 3), number
        return (0 if row.method in {"POST", "PUT"} else 1), number

    return sorted(rows, key=step)


class Sender:
    """Sends examples, and follows the links of the answers for what stands in paths."""

    def __init__(self, gateway: RunningGateway) -> None:
        self._gateway = gateway
        self.sent: dict[str, str] = {}
        self._found: dict[str, dict[str, str]] = defaultdict(dict)

    async def send(self, row: Operation) -> httpx.Response:
        named = {**self._found[row.path], **row.named}
        missing = set(re.findall(r"\{(\w+)\}", row.path)) - named.keys()
        assert not missing, f"{row.id}: nothing links to it with {missing}, and the row names none"
        path = re.sub(r"\{(\w+)\}", lambda match: quote(named[match[1]]), row.path)
        key = self._gateway.key if row.policy is Policy.INFERENCE else self._gateway.admin_key
        answer = await self._gateway.http.request(
            row.method,
            self._gateway.url + path,
            params=dict(row.asked),
            json=None if row.files else row.example,
            data=row.example if row.files else None,
            files=dict(row.files) or None,
            headers={"authorization": f"Bearer {key}"} if row.policy is not Policy.PUBLIC else {},
        )
        self._gateway.http.cookies.clear()
        self.sent[row.id] = answer.headers["x-request-id"]
        if answer.is_success:
            self._follow(row, answer)
        return answer

    def _follow(self, row: Operation, answer: httpx.Response) -> None:
        for link in row.links:
            value = pointed(answer.json(), link.at)
            if value is not None:
                self._found[BY_ID[link.to].path].setdefault(link.parameter, value)


async def test_every_example_is_answered_as_the_document_says(gateways: GatewayMaker) -> None:
    gateway = await gateways(initial_password=Secret(PASSWORD))
    sender = Sender(gateway)
    wrong = []
    for row in in_order(row for row in ROWS if row.id not in APART):
        answer = await sender.send(row)
        wrong += [f"{row.id}: {fault}" for fault in faults(row, answer)]
    assert wrong == []
    await _require_audited(gateway, sender)


async def _require_audited(gateway: RunningGateway, sender: Sender) -> None:
    """Every change of the examples stands in the audit log, by its request's id; and no key does."""
    told: list[dict[str, Any]] = await gateway.admin("GET", "/api/compliance/audit-log?limit=1000")
    known = {one["requestId"] for one in told}
    changes = [
        row
        for row in ROWS
        if row.method != "GET" and row.handler is not None and row.id not in {*APART, *LOOKS} and row.id in sender.sent
    ]
    assert len(changes) > 40
    assert [row.id for row in changes if sender.sent[row.id] not in known] == []
    assert gateway.admin_key not in str(told)
    assert PASSWORD not in str(told)
    assert (await gateway.admin("GET", "/api/compliance/audit-log/verify"))["ok"]


def test_no_operation_stands_apart_without_being_there() -> None:
    assert set(APART) <= set(BY_ID)


def test_an_answer_of_the_management_api_cannot_have_fields_that_are_not_in_the_document() -> None:
    ours = {row.answer.name for row in ROWS if row.format is None and isinstance(row.answer, Described)}
    vendors = {kind.name for row in ROWS for kind in (row.body, row.answer) if isinstance(kind, Described)} | {
        kind.name for kind in ERRORS.values()
    }
    schemas = DOCUMENT["components"]["schemas"]
    is_open = {
        name for name, one in schemas.items() if one.get("properties") and one.get("additionalProperties") is not False
    }
    assert is_open - (vendors - ours) == set()
