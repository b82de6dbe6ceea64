"""The list of what an encoder could not carry, kept while it works."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from operator import attrgetter

from omniroute.formats.hub import Loss, Request


class Losses:
    """Collects losses in the order in which they were met."""

    def __init__(self) -> None:
        self._items: list[Loss] = []

    def drop(self, path: str, reason: str) -> None:
        """Something is left out."""
        self._items.append(Loss(path=path, reason=reason))

    def change(self, path: str, reason: str) -> None:
        """Something is said in another way, near but not the same."""
        self._items.append(Loss(path=path, reason=reason, action="mapped"))

    def take(self, path: str, found: Iterable[Loss]) -> None:
        """Take over what was found below `path`, with paths that begin there."""
        self._items += [replace(loss, path=path + loss.path) for loss in found]

    def drop_given(self, request: Request, unsayable: Mapping[str, str]) -> None:
        """Drop each field (hub path → reason) that the request gives: those set, and not to an empty collection."""
        for path, reason in unsayable.items():
            value = attrgetter(path)(request)
            if value is not None and value not in ((), {}):
                self.drop(path, reason)

    def extras(self, request: Request, home: str) -> dict[str, object]:
        """The request's extra fields when `home` is where they came from; dropped otherwise."""
        if request.origin == home:
            return dict(request.extras)
        for key in request.extras:
            self.drop(f"extras.{key}", f"a field of {request.origin or 'another format'} that {home} has no word for")
        return {}

    def all(self) -> tuple[Loss, ...]:
        """Return what was collected."""
        return tuple(self._items)
