"""Token counts in the format of whoever asks: Anthropic's count_tokens and Gemini's countTokens."""

import asyncio
from collections.abc import Mapping

from omniroute.formats.hub import Format
from omniroute.formats.state import holds_marked
from omniroute.formats.table import CODECS
from omniroute.gateway.counting import Counting, Question, inner_request
from omniroute.gateway.policies import Policing
from omniroute.kit.errors import Invalid
from omniroute.kit.json import JsonObject
from omniroute.v1.asgi import read_body
from omniroute.v1.chat import Exchange, begun, forwarded, parse, tags_in
from omniroute.v1.doors import model_of
from omniroute.v1.lists import answer


class Counts:
    """Serves token counts; the answer's header X-OmniRoute-Count says who counted."""

    def __init__(self, counting: Counting, policing: Policing, *, max_body_bytes: int, body_s: float) -> None:
        self._counting = counting
        self._policing = policing
        self._max_body_bytes = max_body_bytes
        self._body_s = body_s

    async def serve_anthropic(self, exchange: Exchange) -> None:
        """POST /v1/messages/count_tokens."""
        text = await self._read(exchange)
        await self._serve(exchange, text, Format.ANTHROPIC, None, forwarded(exchange.headers))

    async def serve_gemini(self, exchange: Exchange) -> None:
        """POST /v1beta/models/{model}:countTokens."""
        text = await self._read(exchange)
        await self._serve(exchange, text, Format.GEMINI, exchange.params["model"].removeprefix("models/"), {})

    async def _serve(
        self, exchange: Exchange, text: bytes, form: Format, model: str | None, headers: Mapping[str, str]
    ) -> None:
        body = parse(text)
        asked = model or model_of(body)
        if exchange.snapshot.policies:
            asked = self._steered(exchange, body, form, asked)
        question = Question(
            format=form,
            model=asked,
            body=body,
            forwarded=headers,
            foreign_state=holds_marked(text),
        )
        counted = await self._counting.count(question, exchange.snapshot, exchange.key)
        await answer(exchange, counted.answer, [(b"x-omniroute-count", counted.source.encode())])

    def _steered(self, exchange: Exchange, body: JsonObject, form: Format, model: str) -> str:
        """Return the model that policies leave or put in the place of the one asked for; raise Forbidden."""
        call = begun(exchange, CODECS[form])
        call.model, call.body = model, inner_request(body)
        call.tags = tags_in(exchange.headers)
        self._policing.steer(call, exchange.snapshot)
        return call.routed or model

    async def _read(self, exchange: Exchange) -> bytes:
        try:
            async with asyncio.timeout(self._body_s):
                return await read_body(exchange.headers, exchange.receive, self._max_body_bytes)
        except TimeoutError as error:
            raise Invalid("The body did not come in time.") from error
