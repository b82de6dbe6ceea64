"""The models that AI clients can name now: what the active connections offer, and the combos."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedModel:
    """One line of the model list; `owned_by` is a provider's name, or combo."""

    id: str
    owned_by: str
    kind: str | None = None


class ModelList:
    """Tells the list; where it is made is handed in."""

    def __init__(self, *, read: Callable[[], Sequence[ListedModel]]) -> None:
        self._read = read

    def list(self) -> Sequence[ListedModel]:
        """Return the models in the order in which clients get them."""
        return self._read()
