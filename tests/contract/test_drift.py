"""The data plane's routes against the document: each is in it, and nothing in it is without a route."""

import re
from collections.abc import Iterator

from omniroute.api.operation import Operation, expanded
from omniroute.api.table import OPERATIONS
from omniroute.formats.hub import Format
from omniroute.v1.routes import ROUTES, find, is_data_plane, straightened
from tests.gateways import RunningGateway

ROWS = [row for row in expanded(OPERATIONS) if row.format is not None]
ACTIONS = ("generateContent", "streamGenerateContent", "countTokens")


def asked(row: Operation) -> Iterator[str]:
    """Spell the paths that a row stands for."""
    path = re.sub(r"\{\w+\}", "demo", row.path)
    if row.format is Format.GEMINI and row.method == "POST":
        yield from (f"{path}:{action}" for action in ACTIONS)
    else:
        yield path


def test_every_route_for_ai_clients_is_in_the_document_and_the_other_way_round() -> None:
    reached = set()
    for row in ROWS:
        for path in asked(row):
            assert is_data_plane(path)
            route, _ = find(row.method, straightened(path))
            assert route.format is row.format, path
            reached.add(route)
    assert [route for route in ROUTES if route not in reached] == []


async def test_a_method_that_is_not_in_the_document_is_told_which_are(gateway: RunningGateway) -> None:
    for row in ROWS:
        documented = {other.method for other in ROWS if other.path == row.path}
        for path in asked(row):
            answer = await gateway.http.put(gateway.url + path, headers=gateway.auth)
            assert answer.status_code == 405, row.id
            assert set(answer.headers["allow"].split(", ")) <= documented, row.id
