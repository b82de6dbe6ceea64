"""What one operation may ask for: how long, deep and broad its document is, and how many values could come of it.

Fragments are counted wherever they are spread, but walked once, so that a document which multiplies itself through
fragments is refused in a time that grows with its length alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from omniroute.kit.errors import Invalid

MOST_TOKENS = 3_000
MOST_DEPTH = 12
MOST_ALIASES = 30
MOST_COST = 50_000
# What a list counts for that says nothing of its length: lists that may grow are pages and do.
LIST_COUNTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How large a part of a document is."""

    depth: int = 0
    aliases: int = 0

    def beside(self, other: "Extent") -> "Extent":
        """Return the extent of both together."""
        return Extent(depth=max(self.depth, other.depth), aliases=self.aliases + other.aliases)


@dataclass(slots=True)
class _Extents:
    """Measures selections. `open_` are the fragments under way, which a circle would meet again."""

    fragments: Mapping[str, FragmentDefinitionNode]
    known: dict[str, Extent] = field(default_factory=dict)
    open_: set[str] = field(default_factory=set)

    def of(self, selections: SelectionSetNode | None, level: int = 0) -> Extent:
        if level > MOST_TOKENS:
            raise _too_deep()
        total = Extent()
        for one in selections.selections if selections else ():
            if isinstance(one, FragmentSpreadNode):
                total = total.beside(self._spread(one.name.value, level))
            elif isinstance(one, FieldNode):
                inner = self.of(one.selection_set, level + 1)
                # Introspection is bounded by a rule of its own, and always asked for in the same deep way.
                deeper = 0 if one.name.value.startswith("__") else inner.depth + 1
                total = total.beside(Extent(depth=deeper, aliases=inner.aliases + (one.alias is not None)))
            elif isinstance(one, InlineFragmentNode):
                total = total.beside(self.of(one.selection_set, level + 1))
        return total

    def _spread(self, name: str, level: int) -> Extent:
        fragment = self.fragments.get(name)
        if fragment is None or name in self.open_:
            return Extent()  # validation says what is wrong
        if name not in self.known:
            self.open_.add(name)
            self.known[name] = self.of(fragment.selection_set, level + 1)
            self.open_.discard(name)
        return self.known[name]


def check_extent(document: DocumentNode) -> None:
    """Raise Invalid when a document is too deep or has too many aliases."""
    extents = _Extents(fragments_of(document))
    for one in document.definitions:
        if not isinstance(one, OperationDefinitionNode):
            continue
        extent = extents.of(one.selection_set)
        if extent.depth > MOST_DEPTH:
            raise _too_deep()
        if extent.aliases > MOST_ALIASES:
            raise Invalid(f"the document has {extent.aliases} aliases: at most {MOST_ALIASES}", code="too_many_aliases")


def _too_deep() -> Invalid:
    return Invalid(f"the document is nested deeper than {MOST_DEPTH} fields", code="too_deep")


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """Return a document's fragments by name."""
    return {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}


@dataclass(slots=True)
class _Costs:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    known: dict[str, int] = field(default_factory=dict)

    def of(self, selections: SelectionSetNode | None, parent: Any) -> int:
        total = 0
        for one in selections.selections if selections else ():
            if isinstance(one, FieldNode):
                total += self._field(one, parent)
            elif isinstance(one, FragmentSpreadNode):
                total += self._spread(one.name.value)
            elif isinstance(one, InlineFragmentNode):
                on = one.type_condition
                total += self.of(one.selection_set, self.schema.get_type(on.name.value) if on else parent)
        return total

    def _spread(self, name: str) -> int:
        if name not in self.known:
            fragment = self.fragments[name]
            on = self.schema.get_type(fragment.type_condition.name.value)
            self.known[name] = self.of(fragment.selection_set, on)
        return self.known[name]

    def _field(self, node: FieldNode, parent: Any) -> int:
        is_known = isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        found = parent.fields.get(node.name.value) if is_known else None
        if found is None:
            return 1  # __typename and introspection
        inner = self.of(node.selection_set, get_named_type(found.type))
        if "first" in found.args:
            return 1 + self._page(node, found.args["first"].default_value) * inner // LIST_COUNTS
        return 1 + inner * (LIST_COUNTS if _is_list(found.type) else 1)

    def _page(self, node: FieldNode, default: Any) -> int:
        """Return how many a page holds; its edges are a list, which was counted already."""
        for one in node.arguments or ():
            if one.name.value == "first":
                given = one.value
                if isinstance(given, IntValueNode):
                    return int(given.value)
                if isinstance(given, VariableNode):
                    value = self.variables.get(given.name.value, default)
                    return value if isinstance(value, int) else LIST_COUNTS
        return default if isinstance(default, int) else LIST_COUNTS


def check_cost(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> None:
    """Raise Invalid when a valid operation could answer with too many values."""
    costs = _Costs(schema, fragments_of(document), variables)
    cost = costs.of(operation.selection_set, schema.get_root_type(operation.operation))
    if cost > MOST_COST:
        raise Invalid(
            f"the operation could answer with {cost} values, more than {MOST_COST}: ask for smaller pages",
            code="too_costly",
        )


def _is_list(kind: GraphQLOutputType) -> bool:
    return is_list_type(kind.of_type if is_non_null_type(kind) else kind)
