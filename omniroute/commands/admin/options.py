"""From a client's method to the options of a command, and back from what was typed to the method's arguments.

Nested inputs are flattened into options of their own. A list of inputs is an option that may be given several times:
as JSON, or as `first,field=value,part.field=value` where the first word is the input's first field. `none` takes a
value away. Secrets are never typed: an option for one says where it is read from.
"""

import inspect
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
import typer
from msgspec import UnsetType
from msgspec.structs import fields

from omniroute.kit.json import BadJson, JsonObject, loads
from omniroute.kit.secret import Secret

ReadSecret = Callable[[str, str], Secret]
NONE = "none"
# Text in the schema, and yet nothing to be typed where others see it.
_SECRETS = frozenset({"passphrase", "password", "credential", "client_secret"})
# Options that every command has mean something else.
_RESERVED = {"url": "target-url", "profile": "profile-change"}
_SINGULAR = {"addresses": "address", "statuses": "status"}
_METAVARS = {int: "N", float: "NUMBER", Decimal: "AMOUNT", datetime: "TIME", Secret: "-|prompt|env:NAME"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One value that can be given: where it belongs, its type, and whether there may be several."""

    path: tuple[str, ...]
    kind: Any
    words: str
    needed: bool
    nullable: bool
    many: bool
    name: str = ""

    @property
    def parameter(self) -> str:
        """The name of the Python parameter that carries it."""
        return "given_" + "_".join(self.path)


def leaves(method: Callable[..., object], hide: frozenset[str] = frozenset()) -> list[Leaf]:
    """Return all values that a method takes, named so that no two are alike."""
    found: list[Leaf] = []
    for name, one in inspect.signature(method).parameters.items():
        if name != "self" and name not in hide:
            kind = _one_of_many(one.annotation)
            found += _expanded((name,), kind, words="", needed=one.default is inspect.Parameter.empty)
    named = [replace(leaf, name=_spelled(leaf)) for leaf in found]
    names = [leaf.name for leaf in named]
    unique = [
        replace(leaf, name=f"{_kebab(leaf.path[-2])}-{leaf.name}") if names.count(leaf.name) > 1 else leaf
        for leaf in named
    ]
    return [leaf for leaf in unique if leaf.name not in hide]


def given(leaf: Leaf, typed: Any, read: ReadSecret) -> Any:
    """Return a typed value as JSON has it; raise BadParameter that says what is wrong with it."""
    if leaf.many:
        if leaf.nullable and list(typed) == [NONE]:
            return None
        return [_read(leaf, text, read) for text in typed if text]
    if isinstance(typed, bool):
        return typed
    if leaf.nullable and typed.lower() == NONE:
        return None
    return _read(leaf, typed, read)


def arguments(method: Callable[..., object], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a method from JSON; raise BadParameter where they do not fit."""
    made: dict[str, Any] = {}
    known = inspect.signature(method).parameters
    needed: dict[str, Any] = {
        name: {} for name, one in known.items() if one.default is one.empty and _is_struct(_plain(one.annotation)[0])
    }
    for name, value in {**needed, **values}.items():
        kind = known[name].annotation
        wanted, _ = _plain(kind)
        lists = get_origin(wanted) is Sequence and _is_struct(get_args(wanted)[0]) and isinstance(value, dict)
        try:
            made[name] = msgspec.convert([value] if lists else value, kind, dec_hook=_secret, strict=False)
        except msgspec.ValidationError as error:
            raise typer.BadParameter(str(error).replace("`", "")) from error
    return made


def pairs(kind: Any, texts: Sequence[str], read: ReadSecret) -> JsonObject:
    """Read `field=value` words of an input; a dot leads into a part of it."""
    made: JsonObject = {}
    for text in texts:
        name, is_pair, value = text.partition("=")
        if not is_pair:
            raise typer.BadParameter(f"{text!r} should look like field=value")
        _put(made, kind, name.strip(), value, read)
    return made


def _one_of_many(kind: Any) -> Any:
    """Take a list of inputs at the top for one of them: a command sets one thing."""
    inner, _ = _plain(kind)
    if get_origin(inner) is Sequence and _is_struct(get_args(inner)[0]):
        return get_args(inner)[0]
    return kind


def _expanded(path: tuple[str, ...], kind: Any, *, words: str, needed: bool) -> Iterator[Leaf]:
    inner, nullable = _plain(kind)
    words = _words(kind) or words
    if _is_struct(inner):
        for one in fields(inner):
            yield from _expanded((*path, one.name), one.type, words="", needed=needed and one.required)
        return
    many = get_origin(inner) is Sequence
    if inner is str and path[-1] in _SECRETS:
        inner = Secret
    yield Leaf(
        path=path,
        kind=get_args(inner)[0] if many else inner,
        words=words,
        needed=needed,
        nullable=nullable,
        many=many,
    )


def _plain(kind: Any) -> tuple[Any, bool]:
    """Return a type without what says that it may be left out, and whether it may be null."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in {Union, types.UnionType}:
        members = get_args(kind)
        return next(one for one in members if one not in {UnsetType, types.NoneType}), types.NoneType in members
    return kind, False


def _words(kind: Any) -> str:
    if get_origin(kind) is not Annotated:
        return ""
    return next((one.description or "" for one in get_args(kind)[1:] if isinstance(one, msgspec.Meta)), "")


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def help_of(leaf: Leaf) -> str:
    """Return the help of a value, with the words that it may be."""
    words = leaf.words.replace("null:", "none:").replace("`", "").replace("[", "(").replace("]", ")")
    if isinstance(leaf.kind, type) and issubclass(leaf.kind, StrEnum):
        choices = ", ".join(_kebab(one.value.lower()) for one in leaf.kind)
        return f"{words} One of {choices}."
    return words


def metavar(leaf: Leaf) -> str:
    """Return what stands for the value in the help."""
    if isinstance(leaf.kind, type) and issubclass(leaf.kind, StrEnum):
        return "WORD"
    if _is_struct(leaf.kind):
        return "NAME=VALUE" if _is_pair(leaf.kind) else f"{fields(leaf.kind)[0].encode_name.upper()}[,FIELD=VALUE…]"
    return _METAVARS.get(leaf.kind, "JSON" if leaf.kind is Any else "TEXT")


def _spelled(leaf: Leaf) -> str:
    name = leaf.path[-1]
    if leaf.many:
        name = _SINGULAR.get(name, name.removesuffix("s"))
    if leaf.kind is bool:
        name = name.removeprefix("is_")
    return _RESERVED.get(name, _kebab(name))


def _kebab(name: str) -> str:
    return name.replace("_", "-")


def _read(leaf: Leaf, text: str, read: ReadSecret) -> Any:
    if _is_struct(leaf.kind):
        return _struct(leaf.kind, text, read)
    return _scalar(leaf.kind, text, leaf.name, read)


def _scalar(kind: Any, text: str, name: str, read: ReadSecret) -> Any:  # noqa: PLR0911 - a row a type
    try:
        if kind is Secret:
            return read(text, name).reveal()
        if kind is int:
            return int(text.replace("_", ""))
        if kind is float:
            return float(text)
        if kind is Decimal:
            return str(Decimal(text))
        if kind is bool:
            return {"true": True, "yes": True, "false": False, "no": False}[text.lower()]
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return kind(text.upper().replace("-", "_")).value
        return loads(text) if kind is Any else text
    except (ValueError, KeyError, InvalidOperation, BadJson):
        raise typer.BadParameter(f"{name}: {text!r} cannot be used; {_expectation(kind)}") from None


def _expectation(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return f"it is one of {', '.join(one.value.lower() for one in kind)}"
    words = {int: "a whole number", float: "a number", Decimal: "a decimal such as 0.25", bool: "true or false"}
    return f"it should be {words.get(kind, 'JSON')}"


def _struct(kind: Any, text: str, read: ReadSecret) -> JsonObject:
    if text.lstrip().startswith("{"):
        try:
            made: JsonObject = loads(text)
        except BadJson as error:
            raise typer.BadParameter(f"{text[:60]!r} is not JSON: {error}") from None
        return made
    own = fields(kind)
    if _is_pair(kind):
        name, is_pair, value = text.partition("=")
        if not is_pair:
            raise typer.BadParameter(f"{text!r} should look like NAME=VALUE")
        return {own[0].encode_name: name, own[1].encode_name: _scalar(_plain(own[1].type)[0], value, name, read)}
    first, *more = text.split(",")
    return pairs(kind, [f"{own[0].encode_name}={first}", *more], read)


def _is_pair(kind: Any) -> bool:
    own = fields(kind)
    return len(own) == 2 and own[1].encode_name == "value"  # noqa: PLR2004 - a name and a value


def _put(made: JsonObject, kind: Any, name: str, value: str, read: ReadSecret) -> None:
    head, _, rest = name.partition(".")
    found = next((one for one in fields(kind) if head in {one.encode_name, one.name, _kebab(one.name)}), None)
    if found is None:
        known = ", ".join(one.encode_name for one in fields(kind))
        raise typer.BadParameter(f"there is no field {head!r}; there are {known}")
    inner, nullable = _plain(found.type)
    if rest:
        if not _is_struct(inner):
            raise typer.BadParameter(f"{head!r} has no parts")
        _put(made.setdefault(found.encode_name, {}), inner, rest, value, read)
        return
    many = get_origin(inner) is Sequence
    leaf = Leaf(
        path=(head,),
        kind=get_args(inner)[0] if many else inner,
        words="",
        needed=False,
        nullable=nullable,
        many=many,
        name=head,
    )
    texts = value.split(";") if many and not value.startswith("{") else [value]
    made[found.encode_name] = given(leaf, texts if many else value, read)


def _secret(kind: type, value: Any) -> Any:
    if kind is Secret:
        return Secret(value)
    raise NotImplementedError


def input_of(method: Callable[..., object]) -> Any:
    """Return the type of a method's `input`."""
    return _plain(inspect.signature(method).parameters["input"].annotation)[0]
