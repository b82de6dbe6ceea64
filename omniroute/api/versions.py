"""Versions of what operators edit: an ETag on what is read, If-Match on a change (RFC 9110, 13.1.1).

A change that names a version which is not the present one is refused, and told what differs. To tell that, the last
versions handed out are kept here, as they were shown: masked, and only so many.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

from omniroute.kit.errors import FieldFault, Outdated
from omniroute.kit.json import JsonObject, dumps, loads

_MOST = 512
_MOST_BYTES = 64 * 1024
_LONGEST = 100


class Versions:
    """Knows the versions that were handed out. One lock a process: between check and change nobody else may come."""

    def __init__(self) -> None:
        self._shown: OrderedDict[str, JsonObject] = OrderedDict()
        self.changing = asyncio.Lock()

    def tag(self, body: bytes, volatile: tuple[str, ...]) -> str:
        """Return the ETag of an answer, without the fields that change by themselves, and remember it."""
        value = _without(loads(body), frozenset(volatile))
        tag = f'"{hashlib.sha256(dumps(value)).hexdigest()[:32]}"'
        if len(body) <= _MOST_BYTES:
            self._shown[tag] = value
            self._shown.move_to_end(tag)
            if len(self._shown) > _MOST:
                self._shown.popitem(last=False)
        return tag

    def require(self, wanted: str, present: bytes, volatile: tuple[str, ...]) -> None:
        """Raise Outdated unless `wanted`, an If-Match header, names the version that is there now."""
        tag = self.tag(present, volatile)
        named = [one.strip() for one in wanted.split(",")]
        if "*" in named or tag in named:
            return
        before = next((self._shown[one] for one in named if one in self._shown), None)
        now = self._shown.get(tag)
        faults = [] if before is None or now is None else list(_differences(before, now))[:_MOST]
        words = ", ".join(one.field for one in faults) or "read it again to see what"
        raise Outdated(f"it was changed since: {words}. The present version is {tag}", details=faults)


def _without(value: Any, volatile: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(one, volatile) for name, one in value.items() if name not in volatile}
    return [_without(one, volatile) for one in value] if isinstance(value, list) else value


def _differences(before: Any, now: Any, path: str = "") -> Iterator[FieldFault]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys((*before, *now)):
            yield from _differences(before.get(name), now.get(name), f"{path}.{name}" if path else name)
    elif before != now:
        yield FieldFault(field=path, message=f"was {_spelled(before)}, is {_spelled(now)} now")


def _spelled(value: object) -> str:
    text = dumps(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
