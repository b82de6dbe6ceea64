"""Reads an upstream's JSON, of which nobody vouches: a value of another type than the one meant counts as absent."""

import math
from typing import Any

from omniroute.formats.hub import Json


def object_in(value: Any, key: str) -> Json:
    """The object under `key`, or an empty one."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def objects_in(value: Any, key: str) -> list[Json]:
    """The objects in the list under `key`."""
    return [item for item in list_in(value, key) if isinstance(item, dict)]


def list_in(value: Any, key: str) -> list[Any]:
    """The list under `key`, or an empty one."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def text_in(value: Any, key: str) -> str | None:
    """The string under `key`."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def count_in(value: Any, key: str) -> int | None:
    """The whole number under `key`, none below zero."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def number_in(value: Any, key: str) -> float | None:
    """The finite number under `key`."""
    found = value.get(key) if isinstance(value, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return found if math.isfinite(found) else None
