"""The model list, in the spelling of whoever asks: OpenAI and Anthropic (one answer serves both), Gemini, Ollama."""

from collections.abc import Sequence
from typing import Any

from omniroute import __version__
from omniroute.gateway.access import visible
from omniroute.gateway.downstream import Headers
from omniroute.gateway.snapshot import ModelEntry
from omniroute.kit import json
from omniroute.kit.errors import NotFound
from omniroute.v1.asgi import read_body
from omniroute.v1.chat import Exchange, parse
from omniroute.v1.doors import model_of

# Nobody tells when a model was made; these say "not known" where a format demands a time.
_LONG_AGO = "1970-01-01T00:00:00Z"
_SHOW_BYTES = 64 * 1024
# The version of Ollama's API that is spoken; its clients ask for it before they use newer features.
_OLLAMA_VERSION = "0.12.0"


async def serve_models(exchange: Exchange) -> None:
    """GET /v1/models: OpenAI's fields and Anthropic's, which do not collide."""
    entries = [described(entry) for entry in _all(exchange)]
    ends = {"first_id": entries[0]["id"], "last_id": entries[-1]["id"]} if entries else {}
    await answer(exchange, {"object": "list", "data": entries, "has_more": False, **ends})


async def serve_model(exchange: Exchange) -> None:
    """GET /v1/models/{id}."""
    await answer(exchange, described(_find(_all(exchange), exchange.params["model"])))


async def serve_gemini_models(exchange: Exchange) -> None:
    """GET /v1beta/models."""
    await answer(exchange, {"models": [_gemini(entry) for entry in visible(exchange.snapshot, exchange.key)]})


async def serve_gemini_model(exchange: Exchange) -> None:
    """GET /v1beta/models/{model}."""
    chatting = visible(exchange.snapshot, exchange.key)
    await answer(exchange, _gemini(_find(chatting, exchange.params["model"])))


async def serve_tags(exchange: Exchange) -> None:
    """GET /api/tags."""
    await answer(exchange, {"models": [_tag(entry) for entry in visible(exchange.snapshot, exchange.key)]})


async def serve_version(exchange: Exchange) -> None:
    """GET /api/version."""
    await answer(exchange, {"version": _OLLAMA_VERSION, "omniroute": __version__})


async def serve_show(exchange: Exchange) -> None:
    """POST /api/show: what Ollama's clients ask before they chat."""
    body = parse(await read_body(exchange.headers, exchange.receive, _SHOW_BYTES))
    name = model_of({"model": body.get("model") or body.get("name")})
    entry = _find(visible(exchange.snapshot, exchange.key), name)
    shown = {
        "license": "",
        "modelfile": f"FROM {entry.id}",
        "parameters": "",
        "template": "",
        "details": _DETAILS,
        "model_info": _ollama_info(entry),
        "capabilities": _ollama_capabilities(entry),
        "modified_at": _LONG_AGO,
    }
    await answer(exchange, shown)


def _ollama_info(entry: ModelEntry) -> dict[str, Any]:
    window = entry.facts.context_window
    return {"general.architecture": "omniroute", "omniroute.context_length": window} if window else {}


# What its clients are told of a model of which nobody said: everything, as they would send nothing else otherwise.
_UNKNOWN = ["completion", "tools", "vision", "thinking"]
_OLLAMA_WORDS = {"tools": "tools", "vision": "vision", "reasoning": "thinking"}


def _ollama_capabilities(entry: ModelEntry) -> list[str]:
    if entry.facts.kind == "embedding":
        return ["embedding"]
    known = [_OLLAMA_WORDS[one] for one in entry.facts.capabilities if one in _OLLAMA_WORDS]
    return ["completion", *known] if known else _UNKNOWN


async def answer(exchange: Exchange, value: dict[str, Any], more: Headers = ()) -> None:
    """Send a JSON object, with `more` headers than every answer has."""
    body = json.dumps(value)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", exchange.request_id.encode()),
        *more,
    ]
    await exchange.client.answer(200, headers, body)


def _all(exchange: Exchange) -> Sequence[ModelEntry]:
    """Return the models that chat, then the others by their kinds."""
    snapshot, key = exchange.snapshot, exchange.key
    return [*visible(snapshot, key), *visible(snapshot, key, snapshot.others)]


def _find(entries: Sequence[ModelEntry], model: str) -> ModelEntry:
    """Return a listed model; Ollama's clients may add `:latest`."""
    wanted = {model, model.removeprefix("models/"), model.removesuffix(":latest")}
    for entry in entries:
        if entry.id in wanted:
            return entry
    raise NotFound(f"The model {model!r} is not listed.", param="model", code="model_not_found")


def described(entry: ModelEntry) -> dict[str, Any]:
    """Return a model as OpenAI's and Anthropic's clients read it, and what else is known of one that does not chat."""
    return {
        "id": entry.id,
        "object": "model",
        "created": 0,
        "owned_by": entry.owned_by,
        "type": "model",
        "display_name": entry.name or entry.id,
        "created_at": _LONG_AGO,
        **_facts(entry),
        **entry.about,
    }


def _facts(entry: ModelEntry) -> dict[str, Any]:
    """Return what is known, in the words that OpenRouter's clients read too; what is not known is left out."""
    facts = entry.facts
    told = {
        "kind": facts.kind,
        "context_length": facts.context_window,
        "max_output_tokens": facts.output_limit,
        "input_modalities": list(facts.input_modalities) or None,
        "output_modalities": list(facts.output_modalities) or None,
        "capabilities": list(facts.capabilities) or None,
        "deprecated": facts.deprecated,
    }
    return {name: value for name, value in told.items() if value is not None}


def _gemini(entry: ModelEntry) -> dict[str, Any]:
    return {
        "name": f"models/{entry.id}",
        "displayName": entry.id,
        "description": f"{entry.id}, served by {entry.owned_by}",
        "supportedGenerationMethods": _METHODS.get(entry.facts.kind or "chat", []),
        **({"inputTokenLimit": entry.facts.context_window} if entry.facts.context_window else {}),
        **({"outputTokenLimit": entry.facts.output_limit} if entry.facts.output_limit else {}),
    }


_METHODS = {"chat": ["generateContent", "streamGenerateContent", "countTokens"], "embedding": ["embedContent"]}


_DETAILS = {
    "parent_model": "",
    "format": "",
    "family": "",
    "families": [],
    "parameter_size": "",
    "quantization_level": "",
}


def _tag(entry: ModelEntry) -> dict[str, Any]:
    return {
        "name": entry.id,
        "model": entry.id,
        "modified_at": _LONG_AGO,
        "size": 0,
        "digest": "",
        "details": {**_DETAILS, "family": entry.owned_by},
    }
