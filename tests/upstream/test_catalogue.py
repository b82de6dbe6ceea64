"""The providers as records: complete, free of clashes, and with the addresses their vendors publish."""

from collections import Counter
from urllib.parse import urlsplit

import pytest

from omniroute.formats.hub import Format
from omniroute.formats.kinds import Kind
from omniroute.kit.errors import NotFound
from omniroute.upstream.auth import Scheme
from omniroute.upstream.catalogue import CATALOGUE, ProviderRecord, endpoint_url, find
from omniroute.upstream.demo.provider import MODELS as DEMO_MODELS
from omniroute.upstream.endpoints import LAYOUTS, Purpose
from omniroute.upstream.offers import KINDS

# The reference's chat providers: id and alias.
REFERENCE = {
    "claude": "cc",
    "gemini": "gemini",
    "gemini-cli": "gc",
    "codex": "cx",
    "qwen": "qw",
    "iflow": "if",
    "antigravity": "ag",
    "github": "gh",
    "kiro": "kr",
    "cursor": "cu",
    "openai": "openai",
    "anthropic": "anthropic",
    "openrouter": "openrouter",
    "glm": "glm",
    "kimi": "kimi",
    "kimi-coding": "kmc",
    "kilocode": "kc",
    "cline": "cl",
    "minimax": "minimax",
    "minimax-cn": "minimax-cn",
    "deepseek": "ds",
    "groq": "groq",
    "blackbox": "bb",
    "xai": "xai",
    "mistral": "mistral",
    "perplexity": "pplx",
    "together": "together",
    "fireworks": "fireworks",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "nvidia": "nvidia",
    "nebius": "nebius",
    "siliconflow": "siliconflow",
    "hyperbolic": "hyp",
}
IDS = [record.id for record in CATALOGUE]


def known(name: str) -> ProviderRecord:
    record = find(name)
    assert record is not None
    return record


IN_PROCESS = {"demo", "local"}  # their addresses are no addresses of the web


@pytest.mark.parametrize(
    ("name", "purpose", "expected"),
    [
        ("deepgram", Purpose.TRANSCRIPTIONS, "https://api.deepgram.com/v1/listen"),
        ("deepgram", Purpose.SPEECH, "https://api.deepgram.com/v1/speak"),
        ("assemblyai", Purpose.TRANSCRIPTIONS, "https://api.assemblyai.com/v2"),
        ("cohere", Purpose.RERANK, "https://api.cohere.ai/v2/rerank"),
        ("fireworks", Purpose.EMBEDDINGS, "https://api.fireworks.ai/inference/v1/embeddings"),
        ("nebius", Purpose.EMBEDDINGS, "https://api.tokenfactory.nebius.com/v1/embeddings"),
        ("hyperbolic", Purpose.IMAGES, "https://api.hyperbolic.xyz/v1/image/generation"),
        ("gemini", Purpose.EMBEDDINGS, "https://generativelanguage.googleapis.com/v1beta/models/m:batchEmbedContents"),
        ("groq", Purpose.TRANSLATIONS, "https://api.groq.com/openai/v1/audio/translations"),
        ("sdwebui", Purpose.IMAGES, "http://127.0.0.1:7860/sdapi/v1/txt2img"),
    ],
)
def test_what_is_no_chat_has_its_published_place(name: str, purpose: Purpose, expected: str) -> None:
    assert endpoint_url(known(name), purpose, model="m") == expected


def test_all_34_providers_of_the_reference_are_here_under_their_aliases() -> None:
    assert len(REFERENCE) == 34
    assert {record.id: record.alias for record in CATALOGUE if record.id in REFERENCE} == REFERENCE


def test_no_name_means_two_providers() -> None:
    names = Counter(name for record in CATALOGUE for name in {record.id, record.alias})
    assert [name for name, count in names.items() if count > 1] == []


def test_a_variable_belongs_to_one_provider() -> None:
    variables = Counter(variable for record in CATALOGUE for variable in record.env_keys)
    assert [variable for variable, count in variables.items() if count > 1] == []
    assert all(variable.endswith("_API_KEY") for variable in variables)


@pytest.mark.parametrize("name", [*REFERENCE, *REFERENCE.values()])
def test_a_provider_is_found_by_id_and_by_alias(name: str) -> None:
    assert name in {known(name).id, known(name).alias}


def test_an_unknown_name_finds_nothing() -> None:
    assert find("nobody") is None


@pytest.mark.parametrize("name", IDS)
def test_a_record_is_consistent(name: str) -> None:
    record = known(name)
    assert record.purposes
    assert record.purposes <= set(LAYOUTS[record.format].paths)
    assert not record.base_url.endswith("/")
    assert record.supported is (record.reason is None)
    assert record.supported or not record.env_keys
    assert record.needs_key is ("none" not in record.auth_kinds)
    assert not record.needs_key or record.scheme is not Scheme.NONE
    assert bool(record.env_keys) is (record.supported and "apiKey" in record.auth_kinds and record.needs_key)
    assert len({model.id for model in record.models}) == len(record.models)
    kinds = {KINDS.get(purpose, Kind.CHAT) for purpose in record.purposes}
    assert {model.kind for model in record.models} <= kinds
    assert all((model.dimensions is not None) is (model.kind is Kind.EMBEDDING) for model in record.models)
    assert all(bool(model.sizes) is (model.kind is Kind.IMAGE) for model in record.models)
    assert record.models or record.is_local


@pytest.mark.parametrize("name", [record.id for record in CATALOGUE if record.id not in IN_PROCESS])
def test_providers_elsewhere_are_asked_over_tls_and_local_ones_on_the_loopback(name: str) -> None:
    record = known(name)
    where = urlsplit(endpoint_url(record, min(record.purposes), model="m"))
    assert (where.scheme, where.hostname == "127.0.0.1") == (("http", True) if record.is_local else ("https", False))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openai", "https://api.openai.com/v1/chat/completions"),
        ("anthropic", "https://api.anthropic.com/v1/messages"),
        ("gemini", "https://generativelanguage.googleapis.com/v1beta/models/m:streamGenerateContent?alt=sse"),
        ("groq", "https://api.groq.com/openai/v1/chat/completions"),
        ("pplx", "https://api.perplexity.ai/chat/completions"),
        ("fireworks", "https://api.fireworks.ai/inference/v1/chat/completions"),
        ("openrouter", "https://openrouter.ai/api/v1/chat/completions"),
        ("glm", "https://api.z.ai/api/anthropic/v1/messages"),
        ("cohere", "https://api.cohere.ai/compatibility/v1/chat/completions"),
        ("codex", "https://chatgpt.com/backend-api/codex/responses"),
        ("ollama", "http://127.0.0.1:11434/api/chat"),
        ("lmstudio", "http://127.0.0.1:1234/v1/chat/completions"),
    ],
)
def test_the_chat_endpoint_is_the_published_one(name: str, expected: str) -> None:
    assert endpoint_url(known(name), Purpose.CHAT, model="m", stream=True) == expected


@pytest.mark.parametrize(
    ("name", "base_url", "expected"),
    [
        ("vllm", "http://gpu-box:8000", "http://gpu-box:8000/v1/chat/completions"),
        ("groq", "https://proxy.example", "https://proxy.example/openai/v1/chat/completions"),
        ("perplexity", "https://proxy.example", "https://proxy.example/chat/completions"),
        ("perplexity", "https://api.perplexity.ai/", "https://api.perplexity.ai/chat/completions"),
        ("glm", "https://open.bigmodel.cn/api/anthropic", "https://open.bigmodel.cn/api/anthropic/v1/messages"),
        ("anthropic", "https://proxy.example/v1/messages", "https://proxy.example/v1/messages"),
    ],
)
def test_a_connection_may_have_a_base_url_of_its_own(name: str, base_url: str, expected: str) -> None:
    assert endpoint_url(known(name), Purpose.CHAT, base_url=base_url) == expected


def test_an_endpoint_that_a_provider_does_not_have_is_not_made_up() -> None:
    with pytest.raises(NotFound):
        endpoint_url(known("perplexity"), Purpose.MODELS)


def test_a_published_root_is_the_same_when_an_operator_writes_it_down() -> None:
    for record in CATALOGUE:
        for purpose in record.purposes if record.id not in IN_PROCESS else ():
            written = endpoint_url(record, purpose, base_url=record.base_url + "/", model="m")
            assert written == endpoint_url(record, purpose, model="m")


def test_the_demo_lists_the_models_that_the_demo_has() -> None:
    assert [model.id for model in known("demo").models] == list(DEMO_MODELS)
    assert known("demo").format is Format.OPENAI_CHAT
    assert known("demo").base_url == "demo:"


def test_embedding_models_say_how_long_their_vectors_are() -> None:
    found = {model.id: model.dimensions for model in known("openai").models if model.kind == "embedding"}
    assert found == {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
    assert all(model.kind == "chat" for model in known("openai").chat_models)
