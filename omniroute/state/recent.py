"""Remembers things for a while, and never more than so many: the longest unused goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps a value until it was not used for `keep_s`. Times are handed in, in seconds."""

    def __init__(self, *, most: int, keep_s: float) -> None:
        self._most = most
        self._keep_s = keep_s
        self._held: OrderedDict[K, tuple[V, float]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are held, those past their time too."""
        return len(self._held)

    def get(self, key: K, now: float) -> V | None:
        """Return the value, and keep it on; None when it is not known any more."""
        found = self._held.get(key)
        if found is None:
            return None
        value, used_at = found
        if now - used_at > self._keep_s:
            del self._held[key]
            return None
        self.put(key, value, now)
        return value

    def peek(self, key: K, now: float) -> V | None:
        """Return the value without keeping it on; None when it is not known any more."""
        found = self._held.get(key)
        return None if found is None or now - found[1] > self._keep_s else found[0]

    def put(self, key: K, value: V, now: float) -> None:
        """Remember a value."""
        self._held[key] = (value, now)
        self._held.move_to_end(key)
        if len(self._held) > self._most:
            self._held.popitem(last=False)
