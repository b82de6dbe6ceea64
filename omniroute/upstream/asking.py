"""Asks an upstream what an operator wants to know, in its own format: which models it has, and whether it answers.

Nothing here is part of a client's request: no failover, no cooldown, no record.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from yarl import URL

from omniroute.formats.events import Fault
from omniroute.formats.hub import Format, Message, Request, Role, Sampling, Text
from omniroute.formats.table import CODECS
from omniroute.formats.translate import encode_request
from omniroute.kit import json
from omniroute.upstream.catalogue import ProviderRecord, endpoint_url
from omniroute.upstream.client import Answer, Endpoint, UpstreamClient
from omniroute.upstream.endpoints import Purpose
from omniroute.upstream.failures import AttemptFailed, FailureKind, of_answer, of_break
from omniroute.upstream.guard import Refused
from omniroute.upstream.model_facts import NOTHING, ModelFacts, facts_of

_OK = 200
_REDIRECT = range(300, 400)
_MOST_BYTES = 8 * 1024 * 1024
_MOST_PAGES = 20
_ERROR_BYTES = 64 * 1024
_ANSWER_TOKENS = 16  # some vendors ask for 16 at least
_DEMO = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An upstream and the credentials for it, as a stored or an unsaved connection has them."""

    of: ProviderRecord | Format
    base_url: str | None
    headers: Mapping[str, str] = field(repr=False)
    local: bool = False
    proxy: str | None = field(default=None, repr=False)

    @property
    def format(self) -> Format:
        """The wire format spoken there."""
        return self.of if isinstance(self.of, Format) else self.of.format


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedModel:
    """A model that an upstream lists; `context_window` in tokens, None where it does not say."""

    id: str
    name: str | None = None
    context_window: int | None = None
    facts: ModelFacts = NOTHING


class Asker:
    """Asks. Every question has `limit_s` seconds."""

    def __init__(self, client: UpstreamClient, *, limit_s: float = 20.0) -> None:
        self._client = client
        self._limit_s = limit_s

    async def models(self, place: Place) -> tuple[ListedModel, ...]:
        """Return the models that the upstream lists; raise AttemptFailed, or NotFound where it has no list."""
        if isinstance(place.of, ProviderRecord) and place.of.base_url.startswith(_DEMO):
            return tuple(ListedModel(id=model.id, name=model.name) for model in place.of.models)
        url = endpoint_url(place.of, Purpose.MODELS, base_url=place.base_url)
        found: dict[str, ListedModel] = {}
        following: str | None = url
        for _ in range(_MOST_PAGES):
            if following is None:
                break
            page = await self._page(place.format, _endpoint(place, following))
            found.update({model.id: model for model in _read(place.format, page)})
            following = _next(place.format, url, page)
        return tuple(found.values())

    async def chat(self, place: Place, model: str) -> None:
        """Ask a model for a word; raise AttemptFailed when it does not answer."""
        url = endpoint_url(place.of, Purpose.CHAT, base_url=place.base_url, model=model)
        request = Request(
            model=model,
            messages=(Message(role=Role.USER, parts=(Text(text="Say OK."),)),),
            sampling=Sampling(max_tokens=_ANSWER_TOKENS),
        )
        body = encode_request(request, CODECS[place.format]).body
        async with self._within():
            answer = await self._client.post(_endpoint(place, url), json.dumps(body))
            await self._body(place.format, answer)

    async def text(self, url: str, proxy: str, *, local: bool) -> str:
        """Return what an address answers through a proxy; raise AttemptFailed when it does not."""
        endpoint = Endpoint(url=URL(url, encoded=True), headers={}, local=local, proxy=URL(proxy, encoded=True))
        async with self._within():
            answer = await self._client.get(endpoint)
            return (await self._body(Format.OPENAI_CHAT, answer)).decode("utf-8", "replace")

    async def _page(self, spoken: Format, endpoint: Endpoint) -> Any:
        async with self._within():
            answer = await self._client.get(endpoint)
            text = await self._body(spoken, answer)
        try:
            return json.loads(text)
        except json.BadJson as error:
            raise AttemptFailed(of_break(FailureKind.TRANSIENT, "its list of models is not JSON")) from error

    async def _body(self, spoken: Format, answer: Answer) -> bytes:
        """Return a success's body; raise AttemptFailed with what was said otherwise."""
        try:
            if answer.status == _OK:
                return await answer.read(_MOST_BYTES)
            text = await answer.read(_ERROR_BYTES)
        finally:
            answer.close()
        fault = CODECS[spoken].decode_error(answer.status, text)
        if answer.status in _REDIRECT:
            words = f"it sends elsewhere, to {answer.headers.get('location', 'nowhere')!r}: give that address instead"
            fault = Fault(kind="upstream", message=words, status=502)
        raise AttemptFailed(of_answer(answer.status, fault, answer.headers, time.time()))

    @asynccontextmanager
    async def _within(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._limit_s):
                yield
        except TimeoutError as error:
            raise AttemptFailed(of_break(FailureKind.TIMEOUT, f"no answer within {self._limit_s:g} s")) from error


def refused_by_guard(error: AttemptFailed) -> str | None:
    """Return the guard's words where it was the guard that did not let the gateway connect."""
    return str(error.__cause__) if isinstance(error.__cause__, Refused) else None


def _endpoint(place: Place, url: str) -> Endpoint:
    return Endpoint(
        url=URL(url, encoded=True),
        headers=place.headers,
        local=place.local,
        proxy=None if place.proxy is None else URL(place.proxy, encoded=True),
    )


def _read(spoken: Format, page: Any) -> Iterator[ListedModel]:
    """Read a page of a list. Some OpenAI-like servers answer with the bare list."""
    held = "models" if spoken in {Format.GEMINI, Format.OLLAMA} else "data"
    entries = page if isinstance(page, list) else page.get(held) if isinstance(page, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and (model := _model(spoken, entry)) is not None:
            yield model


def _model(spoken: Format, entry: Mapping[str, Any]) -> ListedModel | None:
    name = entry.get("name" if spoken in {Format.GEMINI, Format.OLLAMA} else "id")
    if not isinstance(name, str) or not name:
        return None
    if spoken is not Format.GEMINI:
        shown = entry.get("display_name") or (entry.get("name") if spoken is not Format.OLLAMA else None)
        facts = facts_of(entry)
        return ListedModel(id=name, name=_text(shown), context_window=facts.context_window, facts=facts)
    methods = entry.get("supportedGenerationMethods")
    if isinstance(methods, list) and "generateContent" not in methods:
        return None
    facts = facts_of(entry)
    return ListedModel(
        id=name.removeprefix("models/"),
        name=_text(entry.get("displayName")),
        context_window=facts.context_window,
        facts=facts,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _next(spoken: Format, url: str, page: Any) -> str | None:
    """Return the address of the page that follows, None at the last."""
    if not isinstance(page, dict):
        return None
    token, name = None, ""
    if spoken is Format.GEMINI:
        token, name = page.get("nextPageToken"), "pageToken"
    elif spoken is Format.ANTHROPIC and page.get("has_more") is True:
        token, name = page.get("last_id"), "after_id"
    return f"{url}&{name}={quote(token, safe='')}" if isinstance(token, str) and token else None
