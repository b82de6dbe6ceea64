"""Plain names for namespaced tools: valid everywhere, unique, stable, and led back."""

import re

from hypothesis import given
from hypothesis import strategies as st

from omniroute.formats.hub import CustomTool, FunctionTool, ServerTool, Tool
from omniroute.formats.tool_names import tool_names

_VALID = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
_PAIRS = st.tuples(st.none() | st.text(max_size=70), st.text(max_size=70))
_ALIKE = st.tuples(
    st.sampled_from([None, "a", "a__b", "b", "a__"]), st.sampled_from(["c", "b__c", "a__c", "a__b__c", "c.d"])
)


def _tool(namespace: str | None, name: str) -> FunctionTool:
    return FunctionTool(name=name, namespace=namespace)


def test_a_tool_without_namespace_keeps_its_name() -> None:
    assert tool_names([_tool(None, "read")]).plain(None, "read") == "read"


def test_a_namespaced_tool_is_called_by_both_words() -> None:
    names = tool_names([_tool("fs", "read"), CustomTool(name="patch", namespace="mcp__git__")])
    assert names.plain("fs", "read") == "fs__read"
    assert names.plain("mcp__git__", "patch") == "mcp__git__patch"
    assert names.restore("fs__read") == ("fs", "read")
    assert names.restore("mcp__git__patch") == ("mcp__git__", "patch")


def test_two_namespaces_with_one_tool_name_stay_apart() -> None:
    names = tool_names([_tool("a", "run"), _tool("b", "run"), _tool(None, "run")])
    assert [names.plain("a", "run"), names.plain("b", "run"), names.plain(None, "run")] == ["a__run", "b__run", "run"]


def test_a_plain_tool_keeps_its_name_against_a_namespaced_one_that_reads_alike() -> None:
    names = tool_names([_tool("a", "b"), _tool(None, "a__b")])
    assert names.plain(None, "a__b") == "a__b"
    other = names.plain("a", "b")
    assert other != "a__b"
    assert other.startswith("a__b_")
    assert names.restore(other) == ("a", "b")


def test_a_bare_name_is_understood_where_one_tool_alone_has_it() -> None:
    names = tool_names([_tool("fs", "read"), _tool("a", "run"), _tool("b", "run")])
    assert names.restore("read") == ("fs", "read")
    assert names.restore("run") == (None, "run")
    assert names.restore("unheard_of") == (None, "unheard_of")


def test_a_tool_no_longer_offered_has_the_name_it_had() -> None:
    pairs = [("fs", "read"), ("files and folders", "read"), ("n" * 60, "m" * 60)]
    for namespace, name in pairs:
        offered = tool_names([_tool(namespace, name)]).plain(namespace, name)
        assert tool_names([]).plain(namespace, name) == offered


def test_server_tools_have_no_plain_name() -> None:
    assert tool_names([ServerTool(origin="x", kind="web_search", raw={})]).plain_by_pair == {}


@given(st.lists(_PAIRS, max_size=8) | st.lists(_ALIKE, max_size=12))
def test_every_name_is_valid_unique_and_led_back(pairs: list[tuple[str | None, str]]) -> None:
    tools: list[Tool] = [_tool(namespace, name) for namespace, name in pairs]
    names = tool_names(tools)
    plain = {pair: names.plain(*pair) for pair in pairs}
    assert all(_VALID.match(name) for name in plain.values())
    assert len(set(plain.values())) == len(plain)
    assert all(names.restore(name) == pair for pair, name in plain.items())
