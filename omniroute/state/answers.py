"""A bounded shelf in memory: so many things, so many bytes, each until its time; the longest unused goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Shelf(Generic[K, V]):
    """Times are handed in, in milliseconds, and so is what a thing weighs, in bytes."""

    def __init__(self, *, most: int, most_bytes: int) -> None:
        self.most = most
        self.most_bytes = most_bytes
        self._held: OrderedDict[K, tuple[V, int, int]] = OrderedDict()  # value, bytes, until when
        self._bytes = 0

    def __len__(self) -> int:
        """Return how many things are there, those past their time too."""
        return len(self._held)

    @property
    def weight(self) -> int:
        """How many bytes they weigh."""
        return self._bytes

    def get(self, key: K, now_ms: int) -> V | None:
        """Return a thing whose time has not passed."""
        found = self._held.get(key)
        if found is None:
            return None
        if found[2] <= now_ms:
            self.drop(key)
            return None
        self._held.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, *, weight: int, until_ms: int) -> None:
        """Put a thing there, over what has its key; one that weighs too much for the whole shelf is left out."""
        self.drop(key)
        if weight > self.most_bytes:
            return
        self._held[key] = (value, weight, until_ms)
        self._bytes += weight
        self._make_room()

    def _make_room(self) -> None:
        while len(self._held) > self.most or self._bytes > self.most_bytes:
            self.drop(next(iter(self._held)))

    def resize(self, most: int) -> None:
        """Hold no more than so many from now on."""
        self.most = most
        self._make_room()

    def drop(self, key: K) -> None:
        """Take a thing away, if it is there."""
        found = self._held.pop(key, None)
        if found is not None:
            self._bytes -= found[1]

    def expire(self, now_ms: int) -> None:
        """Take away whatever is past its time."""
        for key in [key for key, (_, _, until_ms) in self._held.items() if until_ms <= now_ms]:
            self.drop(key)

    def clear(self) -> int:
        """Take everything away; return how many things that were."""
        count = len(self._held)
        self._held.clear()
        self._bytes = 0
        return count
