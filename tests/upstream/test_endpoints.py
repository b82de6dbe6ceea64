"""Base URLs as people paste them, and the one address they all mean."""

import pytest

from omniroute.formats.hub import Format
from omniroute.kit.errors import Invalid, NotFound
from omniroute.upstream.catalogue import endpoint_url
from omniroute.upstream.endpoints import LAYOUTS, Purpose

CHAT, MODELS = Purpose.CHAT, Purpose.MODELS


@pytest.mark.parametrize(
    ("spoken", "base_url", "expected"),
    [
        (Format.OPENAI_CHAT, "https://h.example", "https://h.example/v1/chat/completions"),
        (Format.OPENAI_CHAT, "https://h.example/", "https://h.example/v1/chat/completions"),
        (Format.OPENAI_CHAT, " https://h.example/v1 ", "https://h.example/v1/chat/completions"),
        (Format.OPENAI_CHAT, "https://h.example/v1///", "https://h.example/v1/chat/completions"),
        (Format.OPENAI_CHAT, "https://h.example/v1/chat/completions", "https://h.example/v1/chat/completions"),
        (Format.OPENAI_CHAT, "https://h.example/v1/chat/completions/", "https://h.example/v1/chat/completions"),
        (Format.OPENAI_CHAT, "https://h.example/v1/models", "https://h.example/v1/chat/completions"),
        (Format.OPENAI_CHAT, "https://h.example/chat/completions", "https://h.example/v1/chat/completions"),
        (Format.OPENAI_CHAT, "https://ark.example/api/v3", "https://ark.example/api/v3/chat/completions"),
        (Format.OPENAI_CHAT, "https://h.example/openai", "https://h.example/openai/chat/completions"),
        (Format.OPENAI_CHAT, "http://[::1]:8080", "http://[::1]:8080/v1/chat/completions"),
        (
            Format.OPENAI_CHAT,
            "https://az.example/openai/deployments/d/chat/completions?api-version=2026-01-01",
            "https://az.example/openai/deployments/d/chat/completions?api-version=2026-01-01",
        ),
        (Format.OPENAI_CHAT, "https://h.example/v1#part", "https://h.example/v1/chat/completions"),
        (Format.OPENAI_RESPONSES, "https://h.example", "https://h.example/v1/responses"),
        (Format.OPENAI_RESPONSES, "https://h.example/v1/responses", "https://h.example/v1/responses"),
        (Format.ANTHROPIC, "https://h.example", "https://h.example/v1/messages"),
        (Format.ANTHROPIC, "https://h.example/v1", "https://h.example/v1/messages"),
        (Format.ANTHROPIC, "https://h.example/v1/messages", "https://h.example/v1/messages"),
        (Format.ANTHROPIC, "https://h.example/v1/messages/count_tokens", "https://h.example/v1/messages"),
        (Format.ANTHROPIC, "https://h.example/api/anthropic", "https://h.example/api/anthropic/v1/messages"),
        (Format.OLLAMA, "http://127.0.0.1:11434", "http://127.0.0.1:11434/api/chat"),
        (Format.OLLAMA, "http://127.0.0.1:11434/api", "http://127.0.0.1:11434/api/chat"),
        (Format.OLLAMA, "http://127.0.0.1:11434/api/chat/", "http://127.0.0.1:11434/api/chat"),
        (Format.OLLAMA, "http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/api/chat"),
        (Format.OLLAMA, "https://h.example/ollama", "https://h.example/ollama/api/chat"),
    ],
)
def test_a_pasted_base_url_leads_to_the_chat_endpoint(spoken: Format, base_url: str, expected: str) -> None:
    assert endpoint_url(spoken, CHAT, base_url=base_url, model="m", stream=True) == expected


@pytest.mark.parametrize(
    "base_url",
    [
        "https://g.example",
        "https://g.example/v1beta/",
        "https://g.example/v1beta/models",
        "https://g.example/v1beta/models/gemini-2.5-pro:generateContent",
    ],
)
def test_gemini_has_the_model_in_the_path_and_a_path_of_its_own_for_streams(base_url: str) -> None:
    whole = endpoint_url(Format.GEMINI, CHAT, base_url=base_url, model="gemini-x")
    stream = endpoint_url(Format.GEMINI, CHAT, base_url=base_url, model="gemini-x", stream=True)
    assert whole == "https://g.example/v1beta/models/gemini-x:generateContent"
    assert stream == "https://g.example/v1beta/models/gemini-x:streamGenerateContent?alt=sse"


def test_gemini_takes_the_model_with_its_resource_prefix_and_another_version() -> None:
    url = endpoint_url(Format.GEMINI, CHAT, base_url="https://g.example/v1", model="models/gemini-x")
    assert url == "https://g.example/v1/models/gemini-x:generateContent"


@pytest.mark.parametrize("model", ["../../../admin", "x?key=1", "x#y", "a/b", "x:deleteAll", "x y", "%2e%2e"])
def test_a_model_name_cannot_leave_its_place_in_the_path(model: str) -> None:
    url = endpoint_url(Format.GEMINI, CHAT, base_url="https://g.example", model=model)
    inside = url.removeprefix("https://g.example/v1beta/models/").removesuffix(":generateContent")
    assert url.startswith("https://g.example/v1beta/models/")
    assert not set(inside) & set("/?#: ")


def test_the_other_purposes_have_their_endpoints() -> None:
    base = "https://h.example"
    assert endpoint_url(Format.OPENAI_CHAT, MODELS, base_url=base) == f"{base}/v1/models"
    assert endpoint_url(Format.OPENAI_CHAT, Purpose.EMBEDDINGS, base_url=base) == f"{base}/v1/embeddings"
    assert endpoint_url(Format.ANTHROPIC, MODELS, base_url=base) == f"{base}/v1/models?limit=1000"
    assert endpoint_url(Format.ANTHROPIC, Purpose.COUNT_TOKENS, base_url=base) == f"{base}/v1/messages/count_tokens"
    assert endpoint_url(Format.GEMINI, MODELS, base_url=base) == f"{base}/v1beta/models?pageSize=1000"
    assert endpoint_url(Format.GEMINI, Purpose.COUNT_TOKENS, base_url=base, model="g").endswith("/g:countTokens")
    assert endpoint_url(Format.OLLAMA, MODELS, base_url=base) == f"{base}/api/tags"


def test_an_endpoint_that_a_format_does_not_have_is_not_made_up() -> None:
    with pytest.raises(NotFound):
        endpoint_url(Format.OPENAI_CHAT, Purpose.COUNT_TOKENS, base_url="https://h.example")


@pytest.mark.parametrize(
    "base_url",
    ["", "h.example", "ftp://h.example", "https://", "https://h.example:99999", "https://h .example", "file:///etc"],
)
def test_what_is_no_web_address_is_refused(base_url: str) -> None:
    with pytest.raises(Invalid):
        endpoint_url(Format.OPENAI_CHAT, CHAT, base_url=base_url)


@pytest.mark.parametrize(
    "base_url",
    ["https://user:secret@h.example/v1", "https://h.example/v1?key=secret", "https://h.example/v1?API_KEY=secret"],
)
def test_a_credential_in_the_url_is_refused_and_not_shown(base_url: str) -> None:
    with pytest.raises(Invalid) as refusal:
        endpoint_url(Format.GEMINI, CHAT, base_url=base_url, model="m")
    assert "secret" not in refusal.value.message


def test_every_format_has_a_layout_with_chat_and_models() -> None:
    assert set(LAYOUTS) == set(Format)
    assert all({CHAT, MODELS} <= set(layout.paths) for layout in LAYOUTS.values())
