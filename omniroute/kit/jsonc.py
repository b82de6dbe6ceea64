"""JSON as people keep it in settings: read with comments and trailing commas, changed in place.

Only the text of what changes is touched; comments, order and layout of everything else stay. Also what JSON5 adds and
such files use: keys without quotes, and single quotes.
"""

import re
from dataclasses import dataclass, field

from omniroute.kit.json import pretty

Value = dict[str, "Value"] | list["Value"] | str | int | float | bool | None


class BadJsonc(ValueError):
    """The text is not JSON, also with comments allowed; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A step into a list: the item whose `key` is `value`."""

    key: str
    value: str


Path = tuple[str | Match, ...]


@dataclass(slots=True)
class _Node:
    """A value and where it stands. `end` of a container is behind its bracket; `last` is where its last child ends."""

    start: int
    value: Value = None
    end: int = 0
    last: int | None = None
    has_comma: bool = False
    members: "dict[str, tuple[int, _Node]]" = field(default_factory=dict)
    items: "list[_Node]" = field(default_factory=list)


_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"' + r"|'(?:[^'\\\n]|\\.)*'")
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None}
_DEEPEST = 100


def read(text: str) -> Value:
    """Return the value that `text` holds; an empty text is an empty object. Raises BadJsonc."""
    return _parsed(text).value


def get(text: str, path: Path) -> Value:
    """Return what stands at `path`, None where nothing does."""
    found = _find(_parsed(text), path)
    return found.value if found is not None else None


def put(text: str, path: Path, value: Value) -> str:
    """Return `text` with `value` at `path`; what is missing on the way there is made."""
    text = text if text.strip() else "{}\n"
    node, rest = _parsed(text), list(path)
    while rest:
        step = rest[0]
        child = _child(node, step)
        if child is None:
            return _added(text, node, step, _wrapped(rest[1:], value))
        node = child
        rest.pop(0)
    return text[: node.start] + _spelled(value, _indent(text, node.start)) + text[node.end :]


def drop(text: str, path: Path) -> str:
    """Return `text` without what stands at `path`; objects and lists that are empty then go too."""
    root = _parsed(text)
    parent = _find(root, path[:-1])
    child = _child(parent, path[-1]) if parent is not None else None
    if parent is None or child is None:
        return text
    if len(path) > 1 and len(parent.members) + len(parent.items) == 1:
        return drop(text, path[:-1])
    step = path[-1]
    start = parent.members[step][0] if isinstance(step, str) else child.start
    return _cut(text, parent, start, child.end)


def _parsed(text: str) -> _Node:
    node, at = _Reader(text).value(_space(text, 0), 0) if text.strip() else (_Node(0, {}, 0), 0)
    if _space(text, at) != len(text):
        raise BadJsonc(f"line {text.count(chr(10), 0, at) + 1}: there is more behind the end of the document")
    return node


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _child(node: _Node, step: str | Match) -> _Node | None:
    if isinstance(step, str):
        return node.members[step][1] if step in node.members else None
    for item in node.items:
        if isinstance(item.value, dict) and item.value.get(step.key) == step.value:
            return item
    return None


def _find(node: _Node, path: Path) -> _Node | None:
    found: _Node | None = node
    for step in path:
        found = _child(found, step) if found is not None else None
    return found


def _wrapped(path: list[str | Match], value: Value) -> Value:
    for step in reversed(path):
        value = {step: value} if isinstance(step, str) else [value]
    return value


def _added(text: str, node: _Node, step: str | Match, value: Value) -> str:
    """Put a new child behind the last one of a container; what is no container is replaced by one."""
    wanted = dict if isinstance(step, str) else list
    if not isinstance(node.value, wanted):
        made: Value = {step: value} if isinstance(step, str) else [value]
        return text[: node.start] + _spelled(made, _indent(text, node.start)) + text[node.end :]
    outer = _indent(text, node.start)
    inner = outer + "  " if node.last is None else _indent(text, _first(node))
    child = (f"{_spelled(step, '')}: " if isinstance(step, str) else "") + _spelled(value, inner)
    if node.last is None:
        return f"{text[: node.start + 1]}\n{inner}{child}\n{outer}{text[node.end - 1 :]}"
    comma = "" if node.has_comma else ","
    behind = text.index(",", _space(text, node.last)) + 1 if node.has_comma else node.last
    return f"{text[: node.last]}{comma}{text[node.last : behind]}\n{inner}{child}{text[behind:]}"


def _first(node: _Node) -> int:
    return next(iter(node.members.values()))[0] if node.members else node.items[0].start


def _cut(text: str, parent: _Node, start: int, end: int) -> str:
    """Take out a child with the comma behind it, or for the last one that before it."""
    after = _space(text, end)
    if text[after] == ",":
        begin = len(text[:start].rstrip(" \t"))
        return text[:begin].removesuffix("\n") + text[after + 1 :]
    before = [node.end for node in (*(one for _, one in parent.members.values()), *parent.items) if node.end < start]
    return (text[: before[-1]] if before else text[: parent.start + 1]) + text[end:]


def _indent(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip())]


def _spelled(value: Value, indent: str) -> str:
    return pretty(value).replace("\n", f"\n{indent}")


class _Reader:
    """Reads one document."""

    def __init__(self, text: str) -> None:
        self._text = text

    def value(self, at: int, depth: int) -> tuple[_Node, int]:
        """Read the value that begins at `at`; return it, and where it ends."""
        if depth > _DEEPEST:
            raise self._bad(at, "it is nested too deeply")
        first = self._text[at : at + 1]
        if first in {"{", "["}:
            return self._container(at, depth, closing="}" if first == "{" else "]")
        if found := _STRING.match(self._text, at):
            return _Node(at, _unquoted(found.group()), found.end()), found.end()
        if found := _NUMBER.match(self._text, at):
            spelled = found.group()
            number = float(spelled) if set(spelled) & set(".eE") else int(spelled)
            return _Node(at, number, found.end()), found.end()
        if (found := _WORD.match(self._text, at)) and found.group() in _WORDS:
            return _Node(at, _WORDS[found.group()], found.end()), found.end()
        raise self._bad(at, "a value is missing")

    def _container(self, at: int, depth: int, *, closing: str) -> tuple[_Node, int]:
        node = _Node(at)
        at = _space(self._text, at + 1)
        while self._text[at : at + 1] != closing:
            at = self._member(node, at, depth) if closing == "}" else self._item(node, at, depth)
            node.last, at = at, _space(self._text, at)
            node.has_comma = self._text[at : at + 1] == ","
            if node.has_comma:
                at = _space(self._text, at + 1)
            elif self._text[at : at + 1] != closing:
                raise self._bad(at, f"a comma or {closing} is missing")
        node.value = (
            {key: child.value for key, (_, child) in node.members.items()}
            if closing == "}"
            else [child.value for child in node.items]
        )
        node.end = at + 1
        return node, at + 1

    def _member(self, node: _Node, at: int, depth: int) -> int:
        found = _STRING.match(self._text, at) or _WORD.match(self._text, at)
        if found is None:
            raise self._bad(at, "a key is missing")
        key = found.group()
        colon = _space(self._text, found.end())
        if self._text[colon : colon + 1] != ":":
            raise self._bad(colon, "a colon is missing")
        child, end = self.value(_space(self._text, colon + 1), depth + 1)
        node.members[_unquoted(key) if key[0] in "\"'" else key] = (at, child)
        return end

    def _item(self, node: _Node, at: int, depth: int) -> int:
        child, end = self.value(at, depth + 1)
        node.items.append(child)
        return end

    def _bad(self, at: int, what: str) -> BadJsonc:
        return BadJsonc(f"line {self._text.count(chr(10), 0, at) + 1}: {what}")


def _unquoted(spelled: str) -> str:
    def plain(found: re.Match[str]) -> str:
        name = found.group(1)
        return chr(int(name[1:], 16)) if len(name) > 1 else _ESCAPES.get(name, name)

    # Halves of a pair that were written apart become one character again.
    text = _ESCAPE.sub(plain, spelled[1:-1])
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
