"""One good JSON value, with each of its nodes in turn replaced by something nobody expects there."""

import copy
from collections.abc import Iterator
from typing import Any

_ODD: tuple[Any, ...] = (None, 5, -1.5, True, "", "x", [], [1], ["x"], [None], [[]], [{}], {}, {"a": 1})


def oddities(value: Any) -> Iterator[Any]:
    """Every way to be wrong in one place."""
    for path in _paths(value):
        for odd in _ODD:
            yield _replaced(value, path, odd)


def _paths(value: Any) -> Iterator[tuple[Any, ...]]:
    yield ()
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        for path in _paths(one):
            yield (key, *path)


def _replaced(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    changed = copy.copy(value)
    changed[path[0]] = _replaced(value[path[0]], path[1:], odd)
    return changed
