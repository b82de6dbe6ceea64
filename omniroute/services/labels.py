"""The names by which a configuration's document knows things, and their ids: one way and the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from omniroute.kit.errors import Conflict
from omniroute.services.rules import fault
from omniroute.storage.rows import ConnectionRow, NodeRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The labels of one kind of thing."""

    kind: str
    pairs: Sequence[tuple[str, str]] = field(default_factory=tuple)  # id and label

    def label(self, thing_id: str) -> str:
        """Return a thing's label; its id where it is gone."""
        return next((label for one, label in self.pairs if one == thing_id), thing_id)

    def id(self, label: str, place: str) -> str:
        """Return a thing's id; raise Unprocessable when there is none, and Conflict when there are several."""
        found = [one for one, known in self.pairs if known == label]
        if not found:
            raise fault(place, f"{place}: there is no {self.kind} {label!r}")
        if len(found) > 1:
            raise Conflict(f"{place}: there are several {self.kind}s named {label!r}: rename one first", param=place)
        return found[0]


def prefixes(nodes: Iterable[NodeRow]) -> Mapping[str, str]:
    """Return nodes' prefixes by id."""
    return {node.id: node.prefix for node in nodes}


def connection_labels(rows: Iterable[ConnectionRow], nodes: Mapping[str, str]) -> Labels:
    """Return the labels of connections: `provider/name`."""
    pairs = [(row.id, f"{nodes.get(row.provider, row.provider)}/{row.name}") for row in rows]
    return Labels(kind="connection", pairs=tuple(pairs))
