"""What a glance at a chat request finds is what decoding it finds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.formats.hub import Format
from omniroute.formats.table import CODECS
from omniroute.gateway.facts import facts_of, glanced

TEXTS = st.text(st.characters(codec="utf-8"), max_size=80)
CONTENTS = st.none() | TEXTS | st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS}), max_size=3)
MESSAGES = st.one_of(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user"]), "content": TEXTS | CONTENTS.filter(bool)}),
    st.fixed_dictionaries({"role": st.just("assistant"), "content": CONTENTS}),
)
BODIES = st.fixed_dictionaries(
    {"model": st.just("m"), "messages": st.lists(MESSAGES, min_size=1, max_size=6)},
    optional={"max_tokens": st.integers(1, 5000), "max_completion_tokens": st.integers(1, 5000)},
)


@given(body=BODIES, stream=st.booleans())
def test_of_texts_it_finds_the_same(body: dict[str, Any], stream: bool) -> None:
    decoded = CODECS[Format.OPENAI_CHAT].decode_request({**body, "stream": stream})
    assert glanced(body, stream=stream) == facts_of(decoded)


def test_tools_and_their_calls_are_measured_a_little_large() -> None:
    tool = {"name": "look", "description": "Look it up. " * 20, "parameters": {"type": "object", "properties": {}}}
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"word": "sea"}'}}
    body = {
        "model": "m",
        "messages": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "It is deep. " * 30},
        ],
        "tools": [{"type": "function", "function": tool}],
        "response_format": {"type": "json_object"},
    }
    found, exact = glanced(body, stream=False), facts_of(CODECS[Format.OPENAI_CHAT].decode_request(body))
    assert found is not None
    assert (found.tools, found.images) == (exact.tools, exact.images) == (True, False)
    assert exact.input_tokens <= found.input_tokens <= exact.input_tokens + 60


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
        {"role": "assistant", "content": "x", "audio": {"id": "a"}},
        {"role": "user", "content": {"odd": True}},
        {"role": "assistant", "content": None, "tool_calls": {"odd": True}},
        {"role": "user", "content": [{"type": "text"}]},
    ],
)
def test_what_holds_more_than_texts_is_left_to_the_decoder(message: dict[str, Any]) -> None:
    assert glanced({"model": "m", "messages": [message]}, stream=False) is None
