"""Names of namespaced tools, for formats that know only plain ones.

A client that groups its tools (Codex) may call two of them alike. `tool_names` gives each tool of a request one plain
name that every vendor takes, and leads it back. The rule: a tool without namespace keeps its name; a namespaced one is
`namespace__name`; where that is too long, has other characters or is taken, a short hash of the pair ends it. The name
depends on the pair alone unless two tools clash, so that it stays the same from turn to turn.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from omniroute.formats.hub import CustomTool, FunctionTool, Tool

Pair = tuple[str | None, str]

MAX_NAME = 64
_VALID = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")
_OTHER = re.compile(r"[^a-zA-Z0-9_-]")
_JOINT = "__"
_HASH_SIZES = (8, 16, 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolNames:
    """The plain names of one request's tools, both ways."""

    plain_by_pair: Mapping[Pair, str]
    pair_by_plain: Mapping[str, Pair]

    def plain(self, namespace: str | None, name: str) -> str:
        """Return the plain name; a tool that is no longer offered (an old call) gets the one it would have."""
        known = self.plain_by_pair.get((namespace, name))
        return known if known is not None else _name((namespace, name))

    def restore(self, plain: str) -> Pair:
        """Return (namespace, name) of what the model called; a name that is nobody's comes back as it is.

        Models drop the namespace now and then: its bare name is understood where one tool alone has it.
        """
        pair = self.pair_by_plain.get(plain)
        if pair is not None:
            return pair
        bare = [pair for pair in self.plain_by_pair if pair[1] == plain]
        return bare[0] if len(bare) == 1 else (None, plain)


def tool_names(tools: Iterable[Tool]) -> ToolNames:
    """Give every function and custom tool a plain name of its own."""
    named = (tool for tool in tools if isinstance(tool, FunctionTool | CustomTool))
    pairs: list[Pair] = list(dict.fromkeys((tool.namespace, tool.name) for tool in named))
    wanted = Counter(_name(pair) for pair in pairs)
    plain_by_pair: dict[Pair, str] = {}
    taken: set[str] = set()
    # Tools that keep their own name come first, so that no namespaced one takes it from them.
    for pair in sorted(pairs, key=lambda pair: pair != (None, _name(pair))):
        name = _name(pair)
        if name != pair[1] and wanted[name] > 1:
            name = _hashed(pair, taken)
        plain_by_pair[pair] = name
        taken.add(name)
    return ToolNames(
        plain_by_pair={pair: plain_by_pair[pair] for pair in pairs},
        pair_by_plain={name: pair for pair, name in plain_by_pair.items()},
    )


def _joined(pair: Pair) -> str:
    """Spell the pair as one word."""
    namespace, name = pair
    if namespace is None:
        return name
    return namespace + name if namespace.endswith(_JOINT) else namespace + _JOINT + name


def _name(pair: Pair) -> str:
    """Return the name of a tool that clashes with none."""
    joined = _joined(pair)
    return joined if _VALID.match(joined) else _hashed(pair, set())


def _hashed(pair: Pair, taken: set[str]) -> str:
    """Return the pair's word with a hash at its end, cut to the length that all vendors take."""
    word = _OTHER.sub("_", _joined(pair)) or "tool"
    digest = sha256(repr(pair).encode("utf-8", "surrogatepass")).hexdigest()
    names = (f"{word[: MAX_NAME - size - 1]}_{digest[:size]}" for size in _HASH_SIZES)
    return next(name for name in names if name not in taken)
