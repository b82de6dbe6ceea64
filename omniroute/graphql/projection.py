"""A live message's answer, made without GraphQL's executor: the selection is turned into one function, once.

The executor takes some 8 µs for every field of every request that a feed tells of; at hundreds of requests a second
that is more than serving them takes. Live messages are plain values, so all that a selection can ask of them is
attributes, lists and names. Whatever is not that plain (a directive, a field with a resolver) is left to the executor.
"""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    specified_scalar_types,
)

from omniroute.graphql.limits import fragments_of

Make = Callable[[Any], Any]


class NotPlain(Exception):
    """The selection asks for something that is not an attribute."""


def project(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Make | None:
    """Return a function from a subscription's message to its answer's data; None where the executor is needed."""
    assert schema.subscription_type is not None  # noqa: S101 - validation has found the operation to fit
    projector = _Projector(fragments_of(document))
    try:
        ((name, nodes),) = projector.gathered(operation.selection_set.selections, schema.subscription_type).items()
        made = projector.output(schema.subscription_type.fields[nodes[0].name.value].type, nodes)
    except NotPlain:
        return None
    return lambda value: {name: made(value)}


class _Projector:
    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments

    def gathered(self, selections: Iterable[SelectionNode], kind: GraphQLObjectType) -> dict[str, list[FieldNode]]:
        """Return the fields that are selected, by the names they have in the answer."""
        found: dict[str, list[FieldNode]] = {}
        for one in selections:
            if one.directives:
                raise NotPlain
            if isinstance(one, FieldNode):
                found.setdefault(one.alias.value if one.alias else one.name.value, []).append(one)
                continue
            fragment = self._fragments[one.name.value] if isinstance(one, FragmentSpreadNode) else one
            if not isinstance(fragment, FragmentDefinitionNode | InlineFragmentNode) or fragment.directives:
                raise NotPlain
            on = fragment.type_condition
            if on is None or on.name.value == kind.name:
                for name, nodes in self.gathered(fragment.selection_set.selections, kind).items():
                    found.setdefault(name, []).extend(nodes)
        return found

    def output(self, kind: Any, nodes: list[FieldNode]) -> Make:
        """Return what makes a value of this type into its answer."""
        if isinstance(kind, GraphQLNonNull):
            return self._whole(kind.of_type, nodes)
        made = self._whole(kind, nodes)
        return made if made is _same else lambda value: None if value is None else made(value)

    def _whole(self, kind: Any, nodes: list[FieldNode]) -> Make:
        if isinstance(kind, GraphQLList):
            one = self.output(kind.of_type, nodes)
            return list if one is _same else lambda values: [one(value) for value in values]
        if isinstance(kind, GraphQLEnumType):
            return {value.value: name for name, value in kind.values.items()}.__getitem__
        if isinstance(kind, GraphQLScalarType):
            # What the services give to GraphQL's own scalars is text, numbers and truth already.
            return _same if kind.name in specified_scalar_types else kind.coerce_output_value
        if isinstance(kind, GraphQLObjectType):
            return self._object(kind, nodes)
        raise NotPlain

    def _object(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> Make:
        selections = [one for node in nodes if node.selection_set for one in node.selection_set.selections]
        parts: list[tuple[str, Make, Make]] = []
        for name, inner in self.gathered(selections, kind).items():
            if inner[0].name.value == "__typename":
                parts.append((name, lambda _value: kind.name, _same))
                continue
            field = kind.fields[inner[0].name.value]
            parts.append((name, attrgetter(_attribute(field)), self.output(field.type, inner)))
        return lambda value: {name: make(get(value)) for name, get, make in parts}


def _same(value: Any) -> Any:
    return value


def _attribute(field: GraphQLField) -> str:
    own = field.extensions["strawberry-definition"]
    if not own.is_basic_field:
        raise NotPlain
    name: str = own.python_name
    return name
