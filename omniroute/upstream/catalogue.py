"""Every provider as a record. What sets one provider apart from another is data here, never a branch elsewhere.

The models listed are those that a provider is known to have; what a connection really offers is asked of the provider
(Purpose.MODELS), and a model that nobody lists can still be used by writing the provider's prefix before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from omniroute.formats.hub import Format
from omniroute.formats.kinds import Kind
from omniroute.kit.errors import NotFound
from omniroute.upstream.auth import Scheme
from omniroute.upstream.endpoints import LAYOUTS, Purpose, join, path_of, repaired
from omniroute.upstream.offers import OFFERS, Offer, offer_of

AuthKind = Literal["apiKey", "oauth", "none"]
Probe = Literal["ollama", "lmstudio", "llamacpp", "vllm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that a provider is known to have.

    `dimensions` is the length of an embedding's vector; `sizes` are those of pictures, as OpenAI spells them.
    """

    id: str
    name: str | None = None
    kind: Kind = Kind.CHAT
    dimensions: int | None = None
    sizes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRecord:
    """One kind of upstream.

    `base_url` is the root to which an endpoint's path is added, exactly. `format` of a provider that is not
    `supported` is the nearest of ours, and `reason` says what is in the way.
    """

    id: str
    alias: str
    name: str
    format: Format
    scheme: Scheme
    base_url: str
    purposes: frozenset[Purpose]
    models: tuple[Model, ...] = ()
    env_keys: tuple[str, ...] = ()
    auth_kinds: tuple[AuthKind, ...] = ("apiKey",)
    is_local: bool = False
    supported: bool = True
    reason: str | None = None
    website: str | None = None
    repairs: tuple[str, ...] = ()
    probe: Probe | None = None

    @property
    def needs_key(self) -> bool:
        """Whether nothing can be asked without a credential."""
        return "none" not in self.auth_kinds

    @property
    def chat_models(self) -> tuple[Model, ...]:
        """The models that answer chat requests."""
        return tuple(model for model in self.models if model.kind is Kind.CHAT)


def find(name: str) -> ProviderRecord | None:
    """Return the provider with this id or alias."""
    return _BY_NAME.get(name)


def endpoint_url(
    of: ProviderRecord | Format,
    purpose: Purpose,
    *,
    base_url: str | None = None,
    model: str = "",
    stream: bool = False,
) -> str:
    """Return the address of an endpoint, without credentials.

    `base_url` is what an operator wrote for a connection or a custom endpoint; a record has its own by default, a
    bare format has none. Raises NotFound if the provider has no such endpoint, Invalid if the URL cannot be used.
    """
    if isinstance(of, Format):
        root = repaired(base_url or "", of)
        return join(root, path_of(LAYOUTS[of], purpose, stream=stream), model)
    offer = offer_of(of.id, purpose)
    if purpose not in of.purposes:
        raise NotFound(f"{of.name} has no endpoint for {purpose.value!r}.")
    root = of.base_url
    if base_url is not None and base_url.strip().rstrip("/") != root:
        root = repaired(base_url, of.format, urlsplit(root).path)
    if offer is not None and offer.path is not None:
        return _offered(root, offer, model)
    return join(root, path_of(LAYOUTS[of.format], purpose, stream=stream), model)


def _offered(root: str, offer: Offer, model: str) -> str:
    """Return the address of what lies elsewhere than the format's own vendor has it."""
    if offer.from_host:
        root = urlunsplit(urlsplit(root)._replace(path="", query=""))
    return join(root, offer.path or "", model)


def _chat(ids: str) -> tuple[Model, ...]:
    """Read chat models from a list of ids with blanks between."""
    return tuple(Model(id=one) for one in ids.split())


def _embedding(name: str, dimensions: int) -> Model:
    return Model(id=name, kind=Kind.EMBEDDING, dimensions=dimensions)


def _of(kind: Kind, ids: str, sizes: str = "") -> tuple[Model, ...]:
    """Read models of one kind from a list of ids, and the sizes of their pictures."""
    return tuple(Model(id=one, kind=kind, sizes=tuple(sizes.split())) for one in ids.split())


_SQUARE = "1024x1024"
_ANY_SIZE = "512x512 768x768 1024x1024"

_NOTHING: frozenset[Purpose] = frozenset()  # beside what upstream/offers.py has
_ONLY_CHAT = frozenset({Purpose.CHAT})
_LISTED = frozenset({Purpose.CHAT, Purpose.MODELS})
_COUNTED = frozenset({Purpose.CHAT, Purpose.MODELS, Purpose.COUNT_TOKENS})
_EMBEDDED = frozenset({Purpose.CHAT, Purpose.MODELS, Purpose.EMBEDDINGS})

# ── with a key ──────────────────────────────────────────────────────────────────────────────────────────────────

_KEYED = (
    ProviderRecord(
        id="openai",
        alias="openai",
        name="OpenAI",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.openai.com/v1",
        purposes=_EMBEDDED,
        models=(
            *_chat(
                "gpt-6.1-sol gpt-6.1-terra gpt-6-sol gpt-6-luna gpt-5.5 gpt-5.4 gpt-5.4-mini gpt-5.4-nano gpt-5.2 "
                "gpt-5.1 gpt-5 gpt-5-mini gpt-5-nano gpt-4.1 gpt-4.1-mini gpt-4.1-nano gpt-4o gpt-4o-mini gpt-4-turbo "
                "o1 o3 o3-mini o4-mini"
            ),
            _embedding("text-embedding-3-small", 1536),
            _embedding("text-embedding-3-large", 3072),
            _embedding("text-embedding-ada-002", 1536),
            *_of(Kind.IMAGE, "gpt-image-2 gpt-image-1.5 gpt-image-1 gpt-image-1-mini", "1024x1024 1024x1536 1536x1024"),
            *_of(Kind.IMAGE, "dall-e-3", "1024x1024 1024x1792 1792x1024"),
            *_of(Kind.IMAGE, "dall-e-2", "256x256 512x512 1024x1024"),
            *_of(Kind.TRANSCRIPTION, "whisper-1 gpt-4o-transcribe gpt-4o-mini-transcribe"),
            *_of(Kind.SPEECH, "gpt-4o-mini-tts tts-1 tts-1-hd"),
            *_of(Kind.MODERATION, "omni-moderation-latest"),
        ),
        env_keys=("OPENAI_API_KEY",),
        website="https://platform.openai.com/api-keys",
    ),
    ProviderRecord(
        id="anthropic",
        alias="anthropic",
        name="Anthropic",
        format=Format.ANTHROPIC,
        scheme=Scheme.X_API_KEY,
        base_url="https://api.anthropic.com/v1",
        purposes=_COUNTED,
        models=_chat(
            "claude-opus-5-5 claude-sonnet-5-5 claude-haiku-5-5 claude-opus-4-8 claude-opus-4-6 claude-sonnet-4-6 "
            "claude-opus-4-5-20251101 claude-sonnet-4-5-20250929 claude-haiku-4-5-20251001 claude-opus-4-20250514 "
            "claude-sonnet-4-20250514 claude-3-5-sonnet-20241022"
        ),
        env_keys=("ANTHROPIC_API_KEY",),
        website="https://console.anthropic.com/settings/keys",
    ),
    ProviderRecord(
        id="gemini",
        alias="gemini",
        name="Google Gemini",
        format=Format.GEMINI,
        scheme=Scheme.X_GOOG_API_KEY,
        base_url="https://generativelanguage.googleapis.com/v1beta",
        purposes=_COUNTED,
        models=(
            *_chat(
                "gemini-4-argon gemini-3.8-flash gemini-3.5-flash gemini-3.5-flash-lite gemini-3.1-pro-preview "
                "gemini-3.1-flash-lite gemini-3-pro-preview gemini-3-flash-preview gemini-2.5-pro gemini-2.5-flash "
                "gemini-2.5-flash-lite"
            ),
            _embedding("gemini-embedding-001", 3072),
            *_of(Kind.IMAGE, "gemini-2.5-flash-image imagen-4.0-generate-001 imagen-4.0-fast-generate-001", _SQUARE),
        ),
        env_keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        auth_kinds=("apiKey", "oauth"),
        website="https://aistudio.google.com/apikey",
    ),
    ProviderRecord(
        id="openrouter",
        alias="openrouter",
        name="OpenRouter",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://openrouter.ai/api/v1",
        purposes=_LISTED,
        models=_chat("auto openrouter/auto"),
        env_keys=("OPENROUTER_API_KEY",),
        website="https://openrouter.ai/keys",
    ),
    ProviderRecord(
        id="glm",
        alias="glm",
        name="Z.ai (GLM)",
        format=Format.ANTHROPIC,
        scheme=Scheme.X_API_KEY,
        base_url="https://api.z.ai/api/anthropic/v1",
        purposes=_ONLY_CHAT,
        models=_chat("glm-5.3 glm-5.3-flash glm-5.2 glm-5.1 glm-5 glm-4.7 glm-4.7-flash glm-4.6 glm-4.6v glm-4.5-air"),
        env_keys=("ZAI_API_KEY", "Z_AI_API_KEY", "GLM_API_KEY"),
        website="https://z.ai/manage-apikey/apikey-list",
    ),
    ProviderRecord(
        id="kimi",
        alias="kimi",
        name="Moonshot (Kimi)",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.moonshot.ai/v1",
        purposes=_LISTED,
        models=_chat("kimi-k3.1-pro kimi-k3 kimi-k2.7-code kimi-k2.6 kimi-k2.5 kimi-latest"),
        env_keys=("MOONSHOT_API_KEY",),
        website="https://platform.moonshot.ai/console/api-keys",
    ),
    ProviderRecord(
        id="kimi-coding",
        alias="kmc",
        name="Kimi Code",
        format=Format.ANTHROPIC,
        scheme=Scheme.X_API_KEY,
        base_url="https://api.kimi.com/coding/v1",
        purposes=_ONLY_CHAT,
        models=_chat("kimi-for-coding"),
        env_keys=("KIMI_API_KEY",),
        auth_kinds=("apiKey", "oauth"),
        website="https://www.kimi.com/code",
    ),
    ProviderRecord(
        id="kilocode",
        alias="kc",
        name="Kilo Code",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.kilo.ai/api/gateway",
        purposes=_LISTED,
        models=_chat("kilo/auto openrouter/free"),
        env_keys=("KILO_API_KEY", "KILOCODE_API_KEY"),
        website="https://kilo.ai",
    ),
    ProviderRecord(
        id="cline",
        alias="cl",
        name="Cline",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.cline.bot/api/v1",
        purposes=_ONLY_CHAT,
        models=_chat(
            "anthropic/claude-sonnet-4-20250514 anthropic/claude-opus-4-20250514 google/gemini-2.5-pro "
            "google/gemini-2.5-flash"
        ),
        env_keys=("CLINE_API_KEY",),
        website="https://app.cline.bot",
    ),
    ProviderRecord(
        id="iflow",
        alias="if",
        name="iFlow",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://apis.iflow.cn/v1",
        purposes=_ONLY_CHAT,
        models=_chat("qwen3-coder-plus kimi-k2 kimi-k2-thinking kimi-k2.5 deepseek-v3.2 glm-4.7"),
        env_keys=("IFLOW_API_KEY",),
        auth_kinds=("apiKey", "oauth"),
        website="https://platform.iflow.cn",
    ),
    ProviderRecord(
        id="minimax",
        alias="minimax",
        name="MiniMax",
        format=Format.ANTHROPIC,
        scheme=Scheme.X_API_KEY,
        base_url="https://api.minimax.io/anthropic/v1",
        purposes=_ONLY_CHAT,
        models=_chat("MiniMax-M3.1-Flash MiniMax-M3 MiniMax-M2.7 MiniMax-M2.7-highspeed MiniMax-M2.5 MiniMax-M2.1"),
        env_keys=("MINIMAX_API_KEY",),
        website="https://platform.minimax.io",
    ),
    ProviderRecord(
        id="minimax-cn",
        alias="minimax-cn",
        name="MiniMax (China)",
        format=Format.ANTHROPIC,
        scheme=Scheme.X_API_KEY,
        base_url="https://api.minimaxi.com/anthropic/v1",
        purposes=_ONLY_CHAT,
        models=_chat("MiniMax-M3.1-Flash MiniMax-M3 MiniMax-M2.7 MiniMax-M2.7-highspeed MiniMax-M2.5 MiniMax-M2.1"),
        env_keys=("MINIMAX_CN_API_KEY",),
        website="https://platform.minimaxi.com",
    ),
    ProviderRecord(
        id="deepseek",
        alias="ds",
        name="DeepSeek",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.deepseek.com/v1",
        purposes=_LISTED,
        models=_chat("deepseek-v4-pro deepseek-v4-flash deepseek-chat deepseek-reasoner"),
        env_keys=("DEEPSEEK_API_KEY",),
        website="https://platform.deepseek.com/api_keys",
    ),
    ProviderRecord(
        id="groq",
        alias="groq",
        name="Groq",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.groq.com/openai/v1",
        purposes=_LISTED,
        models=_chat(
            "llama-3.3-70b-versatile llama-3.1-8b-instant meta-llama/llama-4-maverick-17b-128e-instruct "
            "meta-llama/llama-4-scout-17b-16e-instruct qwen/qwen3-32b openai/gpt-oss-120b openai/gpt-oss-20b"
        )
        + _of(Kind.TRANSCRIPTION, "whisper-large-v3 whisper-large-v3-turbo distil-whisper-large-v3-en"),
        env_keys=("GROQ_API_KEY",),
        website="https://console.groq.com/keys",
    ),
    ProviderRecord(
        id="blackbox",
        alias="bb",
        name="Blackbox AI",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.blackbox.ai/v1",
        purposes=_ONLY_CHAT,
        models=_chat("gpt-4o gemini-2.5-flash claude-sonnet-4 deepseek-v3"),
        env_keys=("BLACKBOX_API_KEY",),
        website="https://www.blackbox.ai",
    ),
    ProviderRecord(
        id="xai",
        alias="xai",
        name="xAI (Grok)",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.x.ai/v1",
        purposes=_LISTED,
        models=_chat(
            "grok-4.7 grok-4.6 grok-4.5 grok-4.3 grok-4 grok-4-fast-reasoning grok-4-fast-non-reasoning "
            "grok-code-fast-1 grok-3 grok-3-mini"
        )
        + _of(Kind.IMAGE, "grok-2-image-1212", _SQUARE),
        env_keys=("XAI_API_KEY",),
        website="https://console.x.ai",
    ),
    ProviderRecord(
        id="mistral",
        alias="mistral",
        name="Mistral",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.mistral.ai/v1",
        purposes=_EMBEDDED,
        models=(
            *_chat(
                "mistral-large-4 mistral-large-latest mistral-medium-latest mistral-small-latest ministral-8b-latest "
                "codestral-latest pixtral-large-latest open-mistral-nemo"
            ),
            _embedding("mistral-embed", 1024),
            *_of(Kind.TRANSCRIPTION, "voxtral-mini-latest"),
            *_of(Kind.MODERATION, "mistral-moderation-latest"),
        ),
        env_keys=("MISTRAL_API_KEY",),
        website="https://console.mistral.ai/api-keys",
    ),
    ProviderRecord(
        id="perplexity",
        alias="pplx",
        name="Perplexity",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.perplexity.ai",
        purposes=_ONLY_CHAT,  # its /v1/models lists the models of another API
        models=_chat("sonar sonar-pro sonar-reasoning-pro sonar-deep-research"),
        env_keys=("PERPLEXITY_API_KEY", "PPLX_API_KEY"),
        website="https://www.perplexity.ai/settings/api",
    ),
    ProviderRecord(
        id="together",
        alias="together",
        name="Together AI",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.together.xyz/v1",
        purposes=_EMBEDDED,
        models=(
            *_chat(
                "meta-llama/Llama-3.3-70B-Instruct-Turbo meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8 "
                "deepseek-ai/DeepSeek-R1 Qwen/Qwen3-235B-A22B openai/gpt-oss-120b zai-org/GLM-5.3 moonshotai/Kimi-K3"
            ),
            _embedding("BAAI/bge-large-en-v1.5", 1024),
            _embedding("togethercomputer/m2-bert-80M-8k-retrieval", 768),
            *_of(
                Kind.IMAGE,
                "black-forest-labs/FLUX.1.1-pro black-forest-labs/FLUX.1-schnell-Free black-forest-labs/FLUX.1-schnell "
                "stabilityai/stable-diffusion-xl-base-1.0",
                _ANY_SIZE,
            ),
            *_of(Kind.TRANSCRIPTION, "openai/whisper-large-v3"),
            *_of(Kind.RERANK, "Salesforce/Llama-Rank-V1"),
        ),
        env_keys=("TOGETHER_API_KEY",),
        website="https://api.together.ai/settings/api-keys",
    ),
    ProviderRecord(
        id="fireworks",
        alias="fireworks",
        name="Fireworks AI",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.fireworks.ai/inference/v1",
        purposes=_EMBEDDED,
        models=(
            *_chat(
                "accounts/fireworks/models/deepseek-v3p1 accounts/fireworks/models/llama-v3p3-70b-instruct "
                "accounts/fireworks/models/qwen3-235b-a22b accounts/fireworks/models/gpt-oss-120b "
                "accounts/fireworks/models/glm-5p3 accounts/fireworks/models/kimi-k3 "
                "accounts/fireworks/models/deepseek-v4-pro"
            ),
            _embedding("nomic-ai/nomic-embed-text-v1.5", 768),
            *_of(Kind.IMAGE, "flux-1-dev-fp8 flux-1-schnell-fp8 stable-diffusion-xl-1024-v1-0", _ANY_SIZE),
            *_of(Kind.RERANK, "fireworks/qwen3-reranker-8b"),
        ),
        env_keys=("FIREWORKS_API_KEY",),
        website="https://app.fireworks.ai/settings/users/api-keys",
    ),
    ProviderRecord(
        id="cerebras",
        alias="cerebras",
        name="Cerebras",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.cerebras.ai/v1",
        purposes=_LISTED,
        models=_chat("gpt-oss-120b qwen-3.8-27b zai-glm-4.7 llama-3.3-70b"),
        env_keys=("CEREBRAS_API_KEY",),
        website="https://cloud.cerebras.ai",
    ),
    ProviderRecord(
        id="cohere",
        alias="cohere",
        name="Cohere",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.cohere.ai/compatibility/v1",
        purposes=_ONLY_CHAT,
        models=_chat("command-a-03-2025 command-r-plus-08-2024 command-r-08-2024 command-r7b-12-2024")
        + _of(Kind.RERANK, "rerank-v3.5 rerank-english-v3.0 rerank-multilingual-v3.0"),
        env_keys=("COHERE_API_KEY", "CO_API_KEY"),
        website="https://dashboard.cohere.com/api-keys",
    ),
    ProviderRecord(
        id="nvidia",
        alias="nvidia",
        name="NVIDIA NIM",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://integrate.api.nvidia.com/v1",
        purposes=_EMBEDDED,
        models=(
            *_chat(
                "moonshotai/kimi-k2.5 z-ai/glm4.7 deepseek-ai/deepseek-v3.2 nvidia/llama-3.3-70b-instruct "
                "meta/llama-3.3-70b-instruct"
            ),
            _embedding("nvidia/nv-embedqa-e5-v5", 1024),
        ),
        env_keys=("NVIDIA_API_KEY",),
        website="https://build.nvidia.com",
    ),
    ProviderRecord(
        id="nebius",
        alias="nebius",
        name="Nebius Token Factory",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.tokenfactory.nebius.com/v1",
        purposes=_EMBEDDED,
        models=(
            *_chat("meta-llama/Llama-3.3-70B-Instruct"),
            _embedding("Qwen/Qwen3-Embedding-8B", 4096),
            *_of(Kind.IMAGE, "black-forest-labs/flux-schnell black-forest-labs/flux-dev", _ANY_SIZE),
        ),
        env_keys=("NEBIUS_API_KEY",),
        website="https://tokenfactory.nebius.com",
    ),
    ProviderRecord(
        id="siliconflow",
        alias="siliconflow",
        name="SiliconFlow",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.siliconflow.com/v1",
        purposes=_LISTED,
        models=_chat(
            "deepseek-ai/DeepSeek-V3.2 deepseek-ai/DeepSeek-V3.1 deepseek-ai/DeepSeek-R1 "
            "Qwen/Qwen3-235B-A22B-Instruct-2507"
        )
        + _of(Kind.RERANK, "BAAI/bge-reranker-v2-m3"),
        env_keys=("SILICONFLOW_API_KEY",),
        website="https://cloud.siliconflow.com/account/ak",
    ),
    ProviderRecord(
        id="hyperbolic",
        alias="hyp",
        name="Hyperbolic",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.hyperbolic.xyz/v1",
        purposes=_LISTED,
        models=_chat(
            "Qwen/QwQ-32B deepseek-ai/DeepSeek-R1 deepseek-ai/DeepSeek-V3 meta-llama/Llama-3.3-70B-Instruct "
            "openai/gpt-oss-120b"
        )
        + _of(Kind.IMAGE, "SDXL1.0-base SD2 FLUX.1-dev", _ANY_SIZE),
        env_keys=("HYPERBOLIC_API_KEY",),
        website="https://app.hyperbolic.ai",
    ),
)

# ── with a key, and without chat ────────────────────────────────────────────────────────────────────────────────

_WITHOUT_CHAT = (
    ProviderRecord(
        id="deepgram",
        alias="deepgram",
        name="Deepgram",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.TOKEN,
        base_url="https://api.deepgram.com/v1",
        purposes=_NOTHING,
        models=_of(Kind.TRANSCRIPTION, "nova-3 nova-2 whisper-large")
        + _of(Kind.SPEECH, "aura-2-thalia-en aura-2-andromeda-en aura-2-apollo-en aura-asteria-en"),
        env_keys=("DEEPGRAM_API_KEY",),
        website="https://console.deepgram.com",
    ),
    ProviderRecord(
        id="assemblyai",
        alias="assemblyai",
        name="AssemblyAI",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BARE,
        base_url="https://api.assemblyai.com/v2",
        purposes=_NOTHING,
        models=_of(Kind.TRANSCRIPTION, "best universal-3-pro universal-2 nano"),
        env_keys=("ASSEMBLYAI_API_KEY",),
        website="https://www.assemblyai.com/dashboard",
    ),
    ProviderRecord(
        id="jina",
        alias="jina",
        name="Jina AI",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.jina.ai/v1",
        purposes=_NOTHING,
        models=(
            _embedding("jina-embeddings-v3", 1024),
            *_of(Kind.RERANK, "jina-reranker-v2-base-multilingual jina-reranker-m0"),
        ),
        env_keys=("JINA_API_KEY",),
        website="https://jina.ai",
    ),
    ProviderRecord(
        id="voyage",
        alias="voyage",
        name="Voyage AI",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.voyageai.com/v1",
        purposes=_NOTHING,
        models=(
            _embedding("voyage-3.5", 1024),
            _embedding("voyage-3.5-lite", 1024),
            _embedding("voyage-3-large", 1024),
            *_of(Kind.RERANK, "rerank-2.5 rerank-2.5-lite"),
        ),
        env_keys=("VOYAGE_API_KEY",),
        website="https://dash.voyageai.com",
    ),
)

# ── by signing in ───────────────────────────────────────────────────────────────────────────────────────────────

_SIGNED_IN = (
    ProviderRecord(
        id="claude",
        alias="cc",
        name="Claude subscription",
        format=Format.ANTHROPIC,
        scheme=Scheme.BEARER,
        base_url="https://api.anthropic.com/v1",
        purposes=_COUNTED,
        models=_chat("claude-opus-4-6 claude-opus-4-5-20251101 claude-sonnet-4-5-20250929 claude-haiku-4-5-20251001"),
        auth_kinds=("oauth",),
    ),
    ProviderRecord(
        id="codex",
        alias="cx",
        name="ChatGPT subscription (Codex)",
        format=Format.OPENAI_RESPONSES,
        scheme=Scheme.BEARER,
        base_url="https://chatgpt.com/backend-api/codex",
        purposes=_ONLY_CHAT,
        models=_chat("gpt-5.3-codex gpt-5.3-codex-xhigh gpt-5.3-codex-high gpt-5.3-codex-low"),
        auth_kinds=("oauth",),
    ),
    ProviderRecord(
        id="github",
        alias="gh",
        name="GitHub Copilot",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api.githubcopilot.com",
        purposes=_LISTED,
        models=_chat("gpt-4.1 gpt-4o gpt-4o-mini gpt-5-mini claude-sonnet-4.6 claude-haiku-4.5"),
        auth_kinds=("oauth",),
    ),
    ProviderRecord(
        id="qwen",
        alias="qw",
        name="Qwen Code",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://portal.qwen.ai/v1",
        purposes=_ONLY_CHAT,
        models=_chat("qwen3-coder-plus qwen3-coder-flash vision-model"),
        auth_kinds=("oauth",),
    ),
)

# ── known, but out of reach ─────────────────────────────────────────────────────────────────────────────────────

_UNSUPPORTED = (
    ProviderRecord(
        id="gemini-cli",
        alias="gc",
        name="Gemini CLI",
        format=Format.GEMINI,
        scheme=Scheme.BEARER,
        base_url="https://cloudcode-pa.googleapis.com/v1internal",
        purposes=_ONLY_CHAT,
        models=_chat("gemini-3-pro-preview gemini-3-flash-preview gemini-2.5-pro gemini-2.5-flash"),
        auth_kinds=("oauth",),
        supported=False,
        reason="It speaks Google's internal Code Assist protocol. Use the provider 'gemini' with an API key.",
    ),
    ProviderRecord(
        id="antigravity",
        alias="ag",
        name="Google Antigravity",
        format=Format.GEMINI,
        scheme=Scheme.BEARER,
        base_url="https://daily-cloudcode-pa.googleapis.com",
        purposes=_ONLY_CHAT,
        models=_chat("claude-opus-4-6-thinking claude-sonnet-4-6 gemini-3.1-pro-high gemini-3.1-pro-low"),
        auth_kinds=("oauth",),
        supported=False,
        reason="It speaks Google's internal Code Assist protocol. Use the provider 'gemini' with an API key.",
    ),
    ProviderRecord(
        id="kiro",
        alias="kr",
        name="Kiro",
        format=Format.ANTHROPIC,
        scheme=Scheme.BEARER,
        base_url="https://codewhisperer.us-east-1.amazonaws.com",
        purposes=_ONLY_CHAT,
        models=_chat("claude-sonnet-4.5 claude-haiku-4.5"),
        auth_kinds=("oauth",),
        supported=False,
        reason="It speaks AWS's CodeWhisperer protocol, in AWS event streams.",
    ),
    ProviderRecord(
        id="cursor",
        alias="cu",
        name="Cursor",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="https://api2.cursor.sh",
        purposes=_ONLY_CHAT,
        models=_chat("default claude-4.5-opus-high-thinking claude-4.5-opus-high claude-4.5-sonnet-thinking"),
        auth_kinds=("oauth",),
        supported=False,
        reason="It speaks Cursor's own protobuf protocol.",
    ),
)

# ── on this machine ─────────────────────────────────────────────────────────────────────────────────────────────

_LOCAL = (
    ProviderRecord(
        id="ollama",
        alias="ollama",
        name="Ollama",
        format=Format.OLLAMA,
        scheme=Scheme.BEARER,
        base_url="http://127.0.0.1:11434",
        purposes=_EMBEDDED,
        auth_kinds=("none", "apiKey"),
        is_local=True,
        website="https://ollama.com",
        probe="ollama",
    ),
    ProviderRecord(
        id="lmstudio",
        alias="lmstudio",
        name="LM Studio",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="http://127.0.0.1:1234/v1",
        purposes=_EMBEDDED,
        auth_kinds=("none", "apiKey"),
        is_local=True,
        website="https://lmstudio.ai",
        probe="lmstudio",
    ),
    ProviderRecord(
        id="llamacpp",
        alias="llamacpp",
        name="llama.cpp",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="http://127.0.0.1:8080/v1",
        purposes=_EMBEDDED,
        auth_kinds=("none", "apiKey"),
        is_local=True,
        website="https://github.com/ggml-org/llama.cpp",
        probe="llamacpp",
    ),
    ProviderRecord(
        id="vllm",
        alias="vllm",
        name="vLLM",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="http://127.0.0.1:8000/v1",
        purposes=_EMBEDDED,
        auth_kinds=("none", "apiKey"),
        is_local=True,
        website="https://docs.vllm.ai",
        probe="vllm",
    ),
    ProviderRecord(
        id="sdwebui",
        alias="sdwebui",
        name="Stable Diffusion WebUI",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="http://127.0.0.1:7860",
        purposes=_NOTHING,
        models=_of(Kind.IMAGE, "default", _ANY_SIZE),
        auth_kinds=("none", "apiKey"),
        is_local=True,
        website="https://github.com/AUTOMATIC1111/stable-diffusion-webui",
    ),
    ProviderRecord(
        id="comfyui",
        alias="comfyui",
        name="ComfyUI",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.BEARER,
        base_url="http://127.0.0.1:8188",
        purposes=_NOTHING,
        models=_of(Kind.IMAGE, "sd_xl_base_1.0.safetensors", _ANY_SIZE),
        auth_kinds=("none", "apiKey"),
        is_local=True,
        website="https://www.comfy.org",
    ),
    ProviderRecord(
        id="local",
        alias="local",
        name="This gateway (built in)",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.NONE,
        base_url="local:",
        purposes=_NOTHING,
        models=(_embedding("all-minilm-l6-v2", 384),),
        auth_kinds=("none",),
        is_local=True,
    ),
    ProviderRecord(
        id="demo",
        alias="demo",
        name="Demo (built in)",
        format=Format.OPENAI_CHAT,
        scheme=Scheme.NONE,
        base_url="demo:",
        purposes=_LISTED,
        models=_chat(
            "echo story tools think json vision slow stall cut error fail-400 fail-401 fail-404 "
            "fail-429 fail-500 fail-503"
        ),
        auth_kinds=("none",),
        is_local=True,
    ),
)

CATALOGUE: tuple[ProviderRecord, ...] = tuple(
    replace(record, purposes=record.purposes | OFFERS.get(record.id, {}).keys())
    for record in (*_KEYED, *_WITHOUT_CHAT, *_SIGNED_IN, *_LOCAL, *_UNSUPPORTED)
)
_BY_NAME: Mapping[str, ProviderRecord] = MappingProxyType(
    {record.alias: record for record in CATALOGUE} | {record.id: record for record in CATALOGUE}
)
