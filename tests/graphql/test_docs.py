"""The examples in docs/graphql.md, run in order on one gateway."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omniroute.graphql import admitted, limits, pages
from omniroute.graphql.engine import LONGEST_S
from omniroute.graphql.socket import MOST_OPERATIONS
from omniroute.kit.json import dumps, loads
from tests.gateways import RunningGateway
from tests.graphql.asking import ask, connected, following

PAGE = (Path(__file__).parents[2] / "docs" / "graphql.md").read_text(encoding="utf-8")


@dataclass
class Example:
    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    answer: Any = None


def examples() -> Iterator[Example]:
    found: Example | None = None
    for kind, text in re.findall(r"```(graphql|json variables|json answer)\n(.*?)```", PAGE, re.DOTALL):
        if kind == "graphql":
            if found:
                yield found
            found = Example(text)
        elif kind == "json variables":
            assert found
            found.variables = loads(text)
        else:
            assert found
            found.answer = loads(text)
    assert found
    yield found


def holds(told: Any, expected: Any) -> bool:
    """Whether `told` has all that is expected, and maybe more."""
    if isinstance(expected, dict):
        return isinstance(told, dict) and all(name in told and holds(told[name], expected[name]) for name in expected)
    if isinstance(expected, list):
        return isinstance(told, list) and len(told) == len(expected) and all(map(holds, told, expected))
    return bool(told == expected)


async def test_every_example_works_as_it_says(gateway: RunningGateway) -> None:
    count, laptop = 0, "key_laptop"
    for example in examples():
        count += 1
        if example.document.startswith("subscription"):
            async with connected(gateway) as client, following(client, example.document) as feed:
                assert await anext(feed)
            continue
        # In the page `key_laptop` stands for the id that an earlier answer had.
        variables = loads(dumps(example.variables).decode().replace("key_laptop", laptop))
        told = await ask(gateway, example.document, **variables)
        laptop = told.get("createApiKey", {}).get("key", {}).get("id", laptop)
        if example.answer is None:
            assert '"code"' not in str(told), told
        else:
            assert holds(told, example.answer), told
    assert count >= 12


def test_the_limits_are_those_that_are_documented() -> None:
    for figure in (
        f"{limits.MOST_TOKENS:,}, {limits.MOST_DEPTH} and {limits.MOST_ALIASES} ",
        f"{limits.MOST_COST:,}, where a plain list counts as {limits.LIST_COUNTS} ",
        f"| a page | {pages.LARGEST_PAGE} |",
        f"{LONGEST_S:g} s",
        f"{admitted.MOST_SOCKETS} and {admitted.MOST_SUBSCRIPTIONS}, {MOST_OPERATIONS} operations",
    ):
        assert figure in PAGE
