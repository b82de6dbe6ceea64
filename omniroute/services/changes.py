"""How a change says "leave this as it is", and who is told of a change."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

# The sentinel that mypy narrows and that the REST surface reads as "the field was not sent".
from pydantic_core import MISSING

from omniroute.kit.events import ConfigurationChanged

T = TypeVar("T")

Changed = Callable[[ConfigurationChanged], Awaitable[None]]


def kept(value: T | MISSING, current: T) -> T:
    """Return `value`, or `current` when the change does not name the field."""
    return current if value is MISSING else value
