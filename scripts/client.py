"""Makes `omniroute/client/generated` from the GraphQL schema: documents, types, and a method for each field.

An entity (what has an id and a query of its own) that another one leads to is left out of the documents: it is asked
for by its own query.
"""

import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_required_argument,
    is_required_input_field,
    print_ast,
)

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "omniroute" / "graphql" / "schema.graphql"
FOLDER = ROOT / "omniroute" / "client" / "generated"
FAILURE = "... on Failure { __typename code message fields { field message } }"
_SCALARS = {
    "ID": "str", "String": "str", "Int": "int", "Long": "int", "Float": "float", "Boolean": "bool",
    "DateTime": "datetime", "Decimal": "Decimal", "JSON": "Any", "Secret": "Secret",
}  # fmt: skip
_NOTE = "Made by `./dev docs` from the GraphQL schema; changes belong there."
_TYPES = "from datetime import datetime\nfrom decimal import Decimal\nfrom typing import Annotated, Any\n"
_ROOTS = (
    ("queries", "Queries", "What the gateway knows", "query"),
    ("mutations", "Mutations", "What an operator can change", "mutation"),
    ("feeds", "Feeds", "What can be watched as it happens", "subscription"),
)


def main() -> int:
    """Write everything."""
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        for name, text in formatted(schema, Path(folder)):
            (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


def formatted(schema: GraphQLSchema, folder: Path) -> Iterator[tuple[str, str]]:
    """Give each file's name and its text as it is committed; `folder` is for the work in between."""
    for name, text in Made(schema).files():
        (folder / name).write_text(text, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--quiet", "--config", str(ROOT / "pyproject.toml")]
    subprocess.run([*ruff, "check", *options, "--select", "F401,I001", "--fix", str(folder)], check=True)
    subprocess.run([*ruff, "format", *options, str(folder)], check=True)
    for path in sorted(folder.iterdir()):
        if path.is_file():
            yield path.name, path.read_text(encoding="utf-8")


def snake(name: str) -> str:
    """Spell a name as Python does."""
    made = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    first, *more = made.split("_")
    assert first + "".join(map(str.capitalize, more)) == name, f"{name} would not find its way back"  # noqa: S101
    return made


class Made:
    """What is made of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        query = schema.query_type
        assert query is not None  # noqa: S101 - the schema has one
        self._entities = {get_named_type(one.type).name for one in query.fields.values() if "id" in one.args}
        self._entities.add("Provider")
        self._results: dict[str, str] = {}
        self._inputs: dict[str, str] = {}

    def files(self) -> Iterator[tuple[str, str]]:
        """Give each file's name and text."""
        yield "__init__.py", f'"""What follows from the schema. {_NOTE}"""\n'
        documents: list[str] = []
        for name, kind, words, operation in _ROOTS:
            root = getattr(self.schema, f"{operation}_type")
            documents += [self._document(operation, one, field) for one, field in root.fields.items()]
            methods = "\n".join(self._method(operation, one, field) for one, field in root.fields.items())
            parent = "Follows" if operation == "subscription" else "Asks"
            yield f"{name}.py", _HEAD[operation].format(note=_NOTE, words=words, kind=kind, parent=parent) + methods
        yield "documents.graphql", f"# {_NOTE}\n\n" + "\n\n".join(documents) + "\n"
        yield "enums.py", self._enums()
        results, inputs = "\n\n".join(self._results.values()), "\n\n".join(self._inputs.values())
        yield "results.py", _RESULTS.format(note=_NOTE, types=_TYPES) + results.replace("results.", "") + "\n"
        yield "inputs.py", _INPUTS.format(note=_NOTE, types=_TYPES) + inputs.replace("inputs.", "") + "\n"

    def _enums(self) -> str:
        text = f'"""The schema\'s enums. {_NOTE}"""\n\nfrom enum import StrEnum\n'
        for name, one in sorted(self.schema.type_map.items()):
            if isinstance(one, GraphQLEnumType) and not name.startswith("__"):
                rows = "".join(f'    {value} = "{value}"\n' for value in one.values)
                text += f"\n\nclass {name}(StrEnum):\n{_doc(one.description)}\n{rows}"
        return text

    def _document(self, operation: str, name: str, field: GraphQLField) -> str:
        head = ", ".join(f"${one}: {argument.type}{_default(argument)}" for one, argument in field.args.items())
        passed = ", ".join(f"{one}: ${one}" for one in field.args)
        head, passed = f"({head})" * bool(head), f"({passed})" * bool(passed)
        return f"{operation} {name}{head} {{ {name}{passed}{self._selected(field.type)} }}"

    def _selected(self, kind: GraphQLType) -> str:
        named = get_named_type(kind)
        if isinstance(named, GraphQLUnionType):
            good = _success(named)
            return f" {{ ... on {good.name}{self._selected(good)} {FAILURE} }}"
        if not isinstance(named, GraphQLObjectType):
            return ""
        inner = " ".join(f"{name}{self._selected(one.type)}" for name, one in self._fields(named))
        return f" {{ {inner} }}"

    def _fields(self, kind: GraphQLObjectType) -> Iterator[tuple[str, GraphQLField]]:
        for name, one in kind.fields.items():
            is_link = get_named_type(one.type).name in self._entities
            is_nullable = not isinstance(one.type, GraphQLNonNull)
            is_many = not is_nullable and _is_list(one.type)
            if not (is_link and (is_nullable or (is_many and kind.name in self._entities))):
                yield name, one

    def _method(self, operation: str, name: str, field: GraphQLField) -> str:
        named = get_named_type(field.type)
        kind = self._result(_success(named) if isinstance(named, GraphQLUnionType) else field.type)
        if isinstance(named, GraphQLUnionType):
            kind = kind.removesuffix(" | None")
        signature, values = self._arguments(field.args)
        doc = textwrap.indent(_doc(field.description), "    ")
        if operation == "subscription":
            endless = isinstance(named, GraphQLObjectType) and "missed" in named.fields
            call = f'self._follow("{name}", {kind}, {{{values}}}, endless={endless})'
            return f"    def {snake(name)}(self{signature}) -> Feed[{kind}]:\n{doc}\n        return {call}\n"
        call = f'await self._ask("{name}", {kind}, {{{values}}})'
        ask = f"        made: {kind} = {call}\n        return made\n"
        return f"    async def {snake(name)}(self{signature}) -> {kind}:\n{doc}\n{ask}"

    def _arguments(self, arguments: dict[str, GraphQLArgument]) -> tuple[str, str]:
        needed = [(name, one) for name, one in arguments.items() if _is_needed(one)]
        others = [(name, one) for name, one in arguments.items() if not _is_needed(one)]
        parts = [f"{snake(name)}: {self._input(one.type)}" for name, one in needed]
        parts += ["*"] * bool(others)
        parts += [f"{snake(name)}: {self._optional(one)} = UNSET" for name, one in others]
        values = ", ".join(f'"{name}": {snake(name)}' for name in arguments)
        return "".join(f", {one}" for one in parts), values

    def _result(self, kind: GraphQLType) -> str:
        if isinstance(kind, GraphQLNonNull):
            inner = kind.of_type
            return (
                f"tuple[{self._result(inner.of_type)}, ...]" if isinstance(inner, GraphQLList) else self._named(inner)
            )
        inner = kind.of_type if isinstance(kind, GraphQLList) else kind
        made = f"tuple[{self._result(inner)}, ...]" if isinstance(kind, GraphQLList) else self._named(inner)
        return made if made == "Any" else f"{made} | None"

    def _named(self, kind: GraphQLType) -> str:
        name = str(kind)
        if name in _SCALARS:
            return _SCALARS[name]
        if isinstance(kind, GraphQLEnumType):
            return f"enums.{name}"
        assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)  # noqa: S101 - unions are only at the root
        if name not in self._results:
            assert isinstance(kind, GraphQLObjectType)  # noqa: S101 - as above
            rows = "".join(f"    {snake(one)}: {self._result(field.type)}\n" for one, field in self._fields(kind))
            self._results[name] = _struct(name, kind.description, rows)
        return f"results.{name}"

    def _optional(self, one: GraphQLArgument | GraphQLInputField) -> str:
        kind: Any = one.type.of_type if isinstance(one.type, GraphQLNonNull) else one.type
        null = "" if isinstance(one.type, GraphQLNonNull) else " | None"
        return f"{self._input(GraphQLNonNull(kind))} | UnsetType{null}"

    def _input(self, kind: Any) -> str:
        if not isinstance(kind, GraphQLNonNull):
            return f"{self._input(GraphQLNonNull(kind))} | None"
        inner = kind.of_type
        if isinstance(inner, GraphQLList):
            return f"Sequence[{self._input(inner.of_type)}]"
        name = str(inner)
        if name in _SCALARS:
            return _SCALARS[name]
        if isinstance(inner, GraphQLEnumType):
            return f"enums.{name}"
        assert isinstance(inner, GraphQLInputObjectType)  # noqa: S101 - nothing else is an input
        if name not in self._inputs:
            needed = [(one, field) for one, field in inner.fields.items() if _is_needed(field)]
            others = [(one, field) for one, field in inner.fields.items() if not _is_needed(field)]
            rows = [f"    {snake(one)}: {_told(self._input(field.type), field)}" for one, field in needed]
            rows += [f"    {snake(one)}: {_told(self._optional(field), field)} = UNSET" for one, field in others]
            self._inputs[name] = _struct(name, inner.description, "".join(f"{row}\n" for row in rows))
        return f"inputs.{name}"


def _struct(name: str, words: str | None, rows: str) -> str:
    settings = 'frozen=True, kw_only=True, rename="camel"'
    return f"\nclass {name}(Struct, {settings}):\n{_doc(words)}\n{rows}"


def _told(kind: str, field: GraphQLInputField) -> str:
    words = " ".join((field.description or "").split())
    literal = field.ast_node.default_value if field.ast_node else None
    if literal is not None and (shown := print_ast(literal)) not in {"null", "[]", "{}"}:
        words += f" (default: {shown.lower()})"
    return f"Annotated[{kind}, Meta(description={words!r})]"


def _default(one: GraphQLArgument) -> str:
    literal = one.ast_node.default_value if one.ast_node else None
    return "" if literal is None else f" = {print_ast(literal)}"


def _doc(words: str | None) -> str:
    text = " ".join((words or "").split())
    if text and text[-1] not in ".!?":
        text += "."
    lines = textwrap.wrap(text, 100)
    first, *more = lines
    if not more:
        return f'    """{first}"""'
    return '    """' + "\n    ".join(lines) + '\n    """'


def _success(union: GraphQLUnionType) -> GraphQLObjectType:
    good: list[GraphQLObjectType] = [one for one in union.types if not one.interfaces]
    return good[0]


def _is_list(kind: GraphQLNonNull[Any]) -> bool:
    return isinstance(kind.of_type, GraphQLList)


def _is_needed(one: GraphQLArgument | GraphQLInputField) -> bool:
    return is_required_argument(one) if isinstance(one, GraphQLArgument) else is_required_input_field(one)


def _heads() -> Iterable[tuple[str, str]]:
    shared = (
        '"""{words}. {note}"""\n\nfrom collections.abc import Sequence\n'
        + _TYPES
        + "\nfrom msgspec import UNSET, UnsetType\n\n"
        "from omniroute.client.generated import enums, inputs, results\nfrom omniroute.kit.secret import Secret\n"
    )
    body = '\n\nclass {kind}({parent}):\n    """{words}."""\n\n'
    for _, _, _, operation in _ROOTS:
        is_feed = operation == "subscription"
        own = (
            "from omniroute.client.following import Feed, Follows\n"
            if is_feed
            else "from omniroute.client.asking import Asks\n"
        )
        yield operation, shared + own + body


_HEAD = dict(_heads())
_RESULTS = (
    '"""What the gateway answers. {note}"""\n\n{types}\nfrom msgspec import Struct\n\n'
    "from omniroute.client.generated import enums\n\n"
)
_INPUTS = (
    '"""What goes in. {note}"""\n\nfrom collections.abc import Sequence\n{types}\n'
    "from msgspec import UNSET, Meta, Struct, UnsetType\n\nfrom omniroute.client.generated import enums\n"
    "from omniroute.kit.secret import Secret\n\n"
)


if __name__ == "__main__":
    sys.exit(main())
