"""Who acts: set where a request, a command or a job comes in, and read by whatever records what was done.

It travels with the call as a context variable, so that nothing in between has to hand it on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Act:
    """Something that is being done. `kind` is who does it: session, key, local, nobody, command, job or system.

    `surface` is the way in: rest, graphql, dashboard, command, job or system. Not frozen: `recorded` counts what the
    audit log has of it.
    """

    kind: str
    surface: str
    id: str | None = None
    name: str | None = None
    address: str | None = None
    request_id: str | None = None
    operation: str | None = None
    target: str | None = None
    recorded: int = 0


_acting: ContextVar[Act | None] = ContextVar("acting", default=None)


def current() -> Act:
    """Return what is being done; the gateway itself acts where nobody else does."""
    return _acting.get() or Act(kind="system", surface="system", name="gateway")


@contextmanager
def acting(act: Act) -> Iterator[Act]:
    """Act while the context lasts."""
    token = _acting.set(act)
    try:
        yield act
    finally:
        _acting.reset(token)
