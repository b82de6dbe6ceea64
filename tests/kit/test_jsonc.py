"""Settings with comments are read, and changed without touching anything else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.kit.jsonc import BadJsonc, Match, Value, drop, get, put, read

SETTINGS = """\
{
  // what I like
  "theme": "dark", /* and nothing else */
  "env": {
    "PATH": "/bin", // mine
  },
  "models": [
    {"name": "a", "size": 1},
    {"name": "b"}
  ]
}
"""
KEYS = st.text(alphabet="abcdef", min_size=1, max_size=3)
VALUES: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def test_comments_order_and_layout_stay() -> None:
    changed = put(put(SETTINGS, ("theme",), "light"), ("env", "KEY"), "x")
    assert changed == SETTINGS.replace('"dark"', '"light"').replace(
        '"PATH": "/bin", // mine\n', '"PATH": "/bin",\n    "KEY": "x" // mine\n'
    )
    assert read(changed) == {**dict(read(SETTINGS)), "theme": "light", "env": {"PATH": "/bin", "KEY": "x"}}  # type: ignore[arg-type]


def test_an_item_of_a_list_is_found_by_what_it_holds() -> None:
    assert get(SETTINGS, ("models", Match(key="name", value="b"), "name")) == "b"
    changed = put(SETTINGS, ("models", Match(key="name", value="b")), {"name": "b", "size": 2})
    assert get(changed, ("models",)) == [{"name": "a", "size": 1}, {"name": "b", "size": 2}]
    added = put(changed, ("models", Match(key="name", value="c")), {"name": "c"})
    assert get(added, ("models",)) == [{"name": "a", "size": 1}, {"name": "b", "size": 2}, {"name": "c"}]
    assert get(drop(added, ("models", Match(key="name", value="a"))), ("models",)) == [
        {"name": "b", "size": 2},
        {"name": "c"},
    ]


def test_what_json5_adds_is_read() -> None:
    assert read("{a: 'it\\'s', b: [1, 2,],}\n") == {"a": "it's", "b": [1, 2]}


@pytest.mark.parametrize("text", ['{"a": }', '{"a" 1}', "{", "[1 2]", '{"a": 1} x', "nul", "[" * 200, '"\\x'])
def test_what_is_wrong_is_told_with_its_line(text: str) -> None:
    with pytest.raises(BadJsonc, match=r"line \d+: "):
        read(text)


@given(document=st.dictionaries(KEYS, VALUES, max_size=4), path=st.lists(KEYS, min_size=1, max_size=3), value=VALUES)
def test_what_is_put_is_there_and_the_rest_stays(document: dict[str, Value], path: list[str], value: Value) -> None:
    text = json.dumps(document, indent=2)
    changed = put(text, tuple(path), value)
    expected = json.loads(text)
    node = expected
    for step in path[:-1]:
        if not isinstance(node.get(step), dict):
            node[step] = {}
        node = node[step]
    node[path[-1]] = value
    assert json.loads(changed) == expected


@given(document=st.dictionaries(KEYS, VALUES, max_size=4), key=KEYS, value=VALUES)
def test_what_is_put_and_dropped_leaves_nothing(document: dict[str, Value], key: str, value: Value) -> None:
    document.pop(key, None)
    text = json.dumps(document, indent=2)
    assert json.loads(drop(put(text, (key, "inner"), value), (key, "inner"))) == document
