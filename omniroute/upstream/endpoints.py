"""Where a provider's endpoints lie under a base URL: text work, no input or output.

People paste base URLs in many ways: with or without `/v1`, with a slash at the end, or the whole address of the chat
endpoint. `join` makes the same address of all of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit, urlunsplit

from omniroute.formats.hub import Format
from omniroute.kit.errors import Invalid, NotFound


class Purpose(StrEnum):
    """What an endpoint is for."""

    CHAT = "chat"
    MODELS = "models"
    COUNT_TOKENS = "count_tokens"
    EMBEDDINGS = "embeddings"
    IMAGES = "images"
    IMAGE_EDITS = "image_edits"
    TRANSCRIPTIONS = "transcriptions"
    TRANSLATIONS = "translations"
    SPEECH = "speech"
    MODERATIONS = "moderations"
    RERANK = "rerank"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The paths of one format. `{model}` stands for the model's name.

    `root` is the path that the vendor's own base URL has; a base URL without any path gets it. If `wants_version`, a
    base URL whose path does not end in a version gets the version too, as the vendor's own SDK does it.
    """

    root: str
    wants_version: bool
    paths: Mapping[Purpose, str]
    stream_chat: str | None = None  # where a stream has a path of its own


def _paths(**paths: str) -> Mapping[Purpose, str]:
    return MappingProxyType({Purpose(name): path for name, path in paths.items()})


# What is no chat lies at the same places below every base URL of OpenAI's form.
_OPENAI_OTHERS = {
    "models": "/models",
    "embeddings": "/embeddings",
    "images": "/images/generations",
    "image_edits": "/images/edits",
    "transcriptions": "/audio/transcriptions",
    "translations": "/audio/translations",
    "speech": "/audio/speech",
    "moderations": "/moderations",
    "rerank": "/rerank",
}

LAYOUTS: Mapping[Format, Layout] = {
    Format.OPENAI_CHAT: Layout(
        root="/v1",
        wants_version=False,  # the OpenAI SDK's base URL is everything before /chat/completions, whatever it is
        paths=_paths(chat="/chat/completions", **_OPENAI_OTHERS),
    ),
    Format.OPENAI_RESPONSES: Layout(
        root="/v1",
        wants_version=False,
        paths=_paths(chat="/responses", **_OPENAI_OTHERS),
    ),
    Format.ANTHROPIC: Layout(
        root="/v1",
        wants_version=True,
        paths=_paths(chat="/messages", models="/models?limit=1000", count_tokens="/messages/count_tokens"),
    ),
    Format.GEMINI: Layout(
        root="/v1beta",
        wants_version=True,
        paths=_paths(
            chat="/models/{model}:generateContent",
            models="/models?pageSize=1000",
            count_tokens="/models/{model}:countTokens",
            embeddings="/models/{model}:batchEmbedContents",
            # Which of its models makes pictures by which verb, the dialect knows.
            images="/models/{model}",
            image_edits="/models/{model}",
        ),
        stream_chat="/models/{model}:streamGenerateContent?alt=sse",
    ),
    Format.OLLAMA: Layout(
        root="",
        wants_version=False,
        # Ollama's embeddings in OpenAI's shape, the shape that clients of the gateway speak.
        paths=_paths(chat="/api/chat", models="/api/tags", embeddings="/v1/embeddings"),
    ),
}

_OPENAI_ENDPOINT = (
    r"/(chat/completions|completions|responses|embeddings|models|images/generations|images/edits|moderations|rerank"
    r"|audio/(transcriptions|translations|speech))$"
)
# Patterns of what people paste along with a base URL. Compiled by first use: the start need not wait for it.
_PASTED: Mapping[Format, str] = {
    Format.OPENAI_CHAT: _OPENAI_ENDPOINT,
    Format.OPENAI_RESPONSES: _OPENAI_ENDPOINT,
    Format.ANTHROPIC: r"/(messages/count_tokens|messages|models)$",
    Format.GEMINI: r"/models(/[^/]*)?$",
    Format.OLLAMA: r"(/api|/v1)(/[a-z/]*)?$",
}
_SECRETS = frozenset({"key", "api_key", "apikey", "api-key", "token", "access_token", "auth"})
_VERSION = r"/v\d+[a-z0-9]*$"


def join(root: str, path: str, model: str = "") -> str:
    """Put an endpoint's path under a root that needs no repair."""
    where = urlsplit(root)
    path, _, query = path.replace("{model}", _model_in_path(model)).partition("?")
    queries = "&".join(part for part in (query, where.query) if part)
    return urlunsplit(where._replace(path=where.path.rstrip("/") + path, query=queries, fragment=""))


def repaired(base_url: str, spoken: Format, root: str | None = None) -> str:
    """Return the root that a pasted base URL means; `root` is the path the provider's own base URL has.

    Raises Invalid if it is not an http(s) URL, or holds a user name or password.
    """
    layout = LAYOUTS[spoken]
    where = _split(base_url.strip())
    path = where.path.rstrip("/")
    while (cut := re.sub(_PASTED[spoken], "", path).rstrip("/")) != path:
        path = cut
    if not path:
        path = layout.root if root is None else root
    elif layout.wants_version and not re.search(_VERSION, path):
        path += layout.root
    return urlunsplit(where._replace(path=path, fragment=""))


def path_of(layout: Layout, purpose: Purpose, *, stream: bool) -> str:
    """Return the path for a purpose, or raise NotFound."""
    if purpose is Purpose.CHAT and stream and layout.stream_chat is not None:
        return layout.stream_chat
    if purpose not in layout.paths:
        raise NotFound(f"This provider has no endpoint for {purpose.value!r}.")
    return layout.paths[purpose]


def _split(url: str) -> SplitResult:
    """Take a URL apart, or say what is wrong with it."""
    try:
        where = urlsplit(url)
        usable = where.scheme in {"http", "https"} and bool(where.hostname) and where.port != 0
    except ValueError:
        usable = False
    if not usable or any(char.isspace() for char in url):
        raise Invalid(
            "The base URL cannot be used. Write it as in 'https://api.example.com/v1'.", code="bad_url", param="baseUrl"
        )
    named = {name.lower() for name, _ in parse_qsl(where.query, keep_blank_values=True)}
    if where.username is not None or where.password is not None or named & _SECRETS:
        raise Invalid(
            "The base URL holds a credential. Put it into the key field or a header: URLs end up in logs.",
            code="bad_url",
            param="baseUrl",
        )
    return where


def _model_in_path(model: str) -> str:
    """Return the model's name so that it cannot leave its place in the path."""
    return quote(model.removeprefix("models/"), safe="@")
