"""When two requests are the same, and which may be answered from memory at all."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.formats.hub import Format, Json
from omniroute.routing.sameness import Asked, body_digest, digest_of, is_deterministic, stands_alone

BODY: Json = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "temperature": 0}
ASKED = Asked(format=Format.OPENAI_CHAT, body=BODY, model="m", scope="p/m@https://p", owner="key_1", headers={})
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


def _turned(value: Any) -> Any:
    """Return the same JSON with the names of every object the other way round."""
    if isinstance(value, dict):
        return {name: _turned(one) for name, one in reversed(value.items())}
    return [_turned(one) for one in value] if isinstance(value, list) else value


@given(body=st.dictionaries(st.text(max_size=6), _JSON, max_size=6))
def test_the_order_of_names_never_counts(body: Json) -> None:
    assert digest_of(replace(ASKED, body=body)) == digest_of(replace(ASKED, body=_turned(body)))
    assert body_digest(body) == body_digest(_turned(body))


@given(body=_JSON, other=_JSON)
def test_another_value_is_another_request(body: Any, other: Any) -> None:
    first, second = (digest_of(replace(ASKED, body={**BODY, "tools": one})) for one in (body, other))
    assert (first == second) == (repr(_turned(body)) == repr(_turned(other)) or _same(body, other))


def _same(first: Any, second: Any) -> bool:
    """Whether two values are the same JSON; to Python True is 1."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_same(first[name], second[name]) for name in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_same, first, second))
    return type(first) is type(second) and first == second


@pytest.mark.parametrize(
    "other",
    [
        {"format": Format.OLLAMA},
        {"model": "n"},
        {"scope": "p/m@https://q"},
        {"owner": "key_2"},
        {"owner": None},
        {"owner": ""},
        {"headers": {"anthropic-beta": "x"}},
        {"strict": True},
    ],
    ids=str,
)
def test_what_surrounds_the_body_counts(other: dict[str, Any]) -> None:
    assert digest_of(ASKED) != digest_of(replace(ASKED, **other))


@pytest.mark.parametrize(
    ("form", "field", "counts"),
    [
        (Format.OPENAI_CHAT, {"stream": True}, False),
        (Format.OPENAI_CHAT, {"user": "u"}, False),
        (Format.OPENAI_CHAT, {"reasoning_effort": "low"}, True),
        (Format.OPENAI_RESPONSES, {"stream": True}, False),
        (Format.OPENAI_RESPONSES, {"metadata": {"a": "b"}}, True),
        (Format.ANTHROPIC, {"metadata": {"user_id": "u"}}, False),
        (Format.ANTHROPIC, {"system": "s"}, True),
        (Format.GEMINI, {"labels": {"a": "b"}}, False),
        (Format.GEMINI, {"safetySettings": []}, True),
        (Format.OLLAMA, {"keep_alive": "5m"}, False),
        (Format.OLLAMA, {"think": True}, True),
    ],
)
def test_only_what_has_no_part_in_the_answer_is_left_out(form: Format, field: Json, counts: bool) -> None:
    asked = replace(ASKED, format=form)
    assert (digest_of(asked) != digest_of(replace(asked, body={**BODY, **field}))) is counts


@pytest.mark.parametrize(
    ("one", "other"), [({"top_p": 1.0}, {"top_p": 1}), ({"options": {"a": 0.0}}, {"options": {"a": 0}})]
)
def test_a_whole_number_is_the_same_with_and_without_a_point(one: Json, other: Json) -> None:
    first, second = (digest_of(replace(ASKED, body={**BODY, **more})) for more in (one, other))
    assert first == second


@pytest.mark.parametrize(
    "block",
    [
        {"type": "thinking", "thinking": "", "signature": "abc"},
        {"type": "redacted_thinking", "data": "abc"},
        {"type": "reasoning", "encrypted_content": "abc"},
        {"text": "x", "thoughtSignature": "abc"},
    ],
    ids=str,
)
def test_a_vendors_private_state_has_no_digest(block: Json) -> None:
    message = {"role": "assistant", "content": [block]}
    assert digest_of(replace(ASKED, body={**BODY, "messages": [message]})) is None


def test_talk_about_such_state_has_one() -> None:
    message = {"role": "user", "content": 'what is "signature":"abc" and "type":"redacted_thinking"?'}
    assert digest_of(replace(ASKED, body={**BODY, "messages": [message]})) is not None


@pytest.mark.parametrize(
    ("form", "body", "fixed"),
    [
        (Format.OPENAI_CHAT, {"temperature": 0}, True),
        (Format.OPENAI_CHAT, {"temperature": 0.0}, True),
        (Format.OPENAI_CHAT, {"temperature": 1, "seed": 0}, True),
        (Format.OPENAI_CHAT, {"temperature": 0.1}, False),
        (Format.OPENAI_CHAT, {"temperature": False}, False),
        (Format.OPENAI_CHAT, {"seed": None}, False),
        (Format.OPENAI_CHAT, {}, False),
        (Format.ANTHROPIC, {"temperature": 0}, True),
        (Format.GEMINI, {"temperature": 0}, False),
        (Format.GEMINI, {"generationConfig": {"temperature": 0}}, True),
        (Format.GEMINI, {"generation_config": {"seed": 3}}, True),
        (Format.GEMINI, {"generationConfig": 0}, False),
        (Format.OLLAMA, {"options": {"temperature": 0}}, True),
        (Format.OLLAMA, {"temperature": 0}, False),
    ],
)
def test_temperature_0_or_a_seed_asks_for_the_same_every_time(form: Format, body: Json, fixed: bool) -> None:
    assert is_deterministic(form, body) is fixed


@pytest.mark.parametrize(
    ("form", "body", "alone"),
    [
        (Format.OPENAI_CHAT, {"tools": [{"type": "function"}], "store": False}, True),
        (Format.OPENAI_CHAT, {"store": True}, False),
        (Format.OPENAI_CHAT, {"web_search_options": {"a": 1}}, False),
        (Format.OPENAI_CHAT, {"tools": [{"type": "web_search"}]}, False),
        (Format.OPENAI_CHAT, {"tools": ["?"]}, False),
        (Format.OPENAI_RESPONSES, {"previous_response_id": "resp_1"}, False),
        (Format.OPENAI_RESPONSES, {"conversation": "conv_1"}, False),
        (Format.OPENAI_RESPONSES, {"prompt": {"id": "pmpt_1"}}, False),
        (Format.OPENAI_RESPONSES, {"tools": [{"type": "file_search"}]}, False),
        (Format.OPENAI_RESPONSES, {"tools": [{"type": "custom"}]}, True),
        (Format.ANTHROPIC, {"tools": [{"name": "f"}, {"type": "custom", "name": "g"}]}, True),
        (Format.ANTHROPIC, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, False),
        (Format.ANTHROPIC, {"mcp_servers": [{"url": "x"}]}, False),
        (Format.GEMINI, {"tools": [{"functionDeclarations": []}]}, True),
        (Format.GEMINI, {"tools": [{"googleSearch": {}}]}, False),
        (Format.OLLAMA, {"prompt": "Hello"}, True),
    ],
)
def test_what_a_vendor_keeps_or_looks_up_does_not_stand_alone(form: Format, body: Json, alone: bool) -> None:
    assert stands_alone(form, body) is alone
