"""The request log: which AI requests came, where they went and what they cost."""

from decimal import Decimal

import strawberry
from strawberry.scalars import JSON

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import accept
from omniroute.graphql.pages import PAGE, After, First, Page, checked, page
from omniroute.graphql.scalars import money
from omniroute.graphql.types import Shown, asked, expose
from omniroute.kit.errors import NotFound
from omniroute.services.keys import Key
from omniroute.services.providers import Connection
from omniroute.services.request_log import Attempt, LoggedRequest, Wanted


@asked("The key that asked; null when it is gone, or none was asked for.")
async def _key(self: LoggedRequest, info: Asked) -> Key | None:
    return None if self.key_id is None else await info.context.loaders.keys.load(self.key_id)


@asked("The connection that was used last; null when it is gone.")
async def _connection(self: LoggedRequest, info: Asked) -> Connection | None:
    found = self.connection_id
    return None if found is None else await info.context.loaders.connections.load(found)


expose(
    Attempt,
    "RequestAttempt",
    "One try at a target.",
    number="Which try it was, from 1.",
    provider="The provider's name.",
    connection_id=Shown(words="The connection's id.", kind=strawberry.ID),
    model="The model, as the provider calls it.",
    started_ms="When it began, in milliseconds since the request did.",
    latency_ms="How long it took, in milliseconds.",
    status="The provider's status.",
    failure="The failure's kind; null for the one that answered.",
    message="The failure's words.",
    input_tokens="Tokens that went in, of an answer that was paid for and not taken.",
    output_tokens="Tokens that came out, of an answer that was paid for and not taken.",
    cost_usd=Shown(words="What such an answer cost, in US dollars.", kind=Decimal | None, read=money),
)
expose(
    LoggedRequest,
    "RequestLogEntry",
    "One AI request as it ended; null means not known.",
    id=Shown(words="Stable id, which the client got as X-Request-Id.", kind=strawberry.ID),
    started_at="When it came.",
    key_id=Shown(words="The id of the key that asked.", kind=strawberry.ID | None),
    address="The client's address.",
    user_agent="The client program, as it names itself.",
    format="The wire format that the client spoke.",
    kind="What was asked for: chat, embedding, image, transcription, speech, moderation or rerank.",
    path="The path that it asked.",
    requested_model="The model's name as the client wrote it.",
    combo="The combo that the name led to.",
    stream="Whether the answer was streamed.",
    outcome="`ok`, `failed`, `truncated`, `client_closed` or `refused`.",
    status="The status that the client got.",
    provider="The provider that was used last.",
    connection_id=Shown(words="The id of the connection that was used last.", kind=strawberry.ID | None),
    model="The model, as the provider calls it.",
    latency_ms="From the request's first byte to the answer's last, in milliseconds.",
    first_token_ms="Until the answer's first meaningful piece, in milliseconds.",
    input_tokens="Tokens that went in, those from caches included.",
    output_tokens="Tokens that came out.",
    cache_read_tokens="Tokens of the input that came from the provider's cache.",
    cache_write_tokens="Tokens of the input that went into the provider's cache.",
    reasoning_tokens="Tokens of the output that the model thought with.",
    usage_source="Where the tokens come from: the provider's `final` or `partial` figures, or `none`.",
    cost_usd=Shown(words="What it cost, in US dollars.", kind=Decimal | None, read=money),
    price_version="The price list that the cost was reckoned by.",
    error_kind="The kind of failure.",
    error_message="The failure's words.",
    losses="What the provider's format could not carry.",
    tags="What the client said that the request is for, in X-OmniRoute-Tags.",
    policies="The names of the policies that acted on it.",
    decision=Shown(words="Why the request went where it did.", kind=JSON | None),
    attempts="All tries, where there were several or the only one failed.",
    cache="How a kept answer came into it: `hit`, `similar`, `replay` or `miss`; null when none was looked for.",
    saved_usd=Shown(words="What the kept answer had cost, in US dollars.", kind=Decimal | None, read=money),
    without=("cursor",),
    also={"key": _key, "connection": _connection},
)

accept(
    Wanted,
    "RequestLogFilter",
    "Which requests to list; what is left out does not matter.",
    status="`ok`, `error`, or an HTTP status.",
    outcome="`ok`, `failed`, `truncated`, `client_closed` or `refused`.",
    model="The model's name as the client wrote it, or as the provider calls it.",
    provider="The provider that was used last.",
    connection="The id of the connection that was used last.",
    key="The id of the key that asked.",
    combo="The combo that the name led to.",
    since="From when on.",
    until="Up to when.",
    search="A part of a text, such as of a failure's words: 1 to 200 characters.",
)


@strawberry.type
class Query:
    """The request log."""

    @asked("The request log, the newest first. A search may give short pages: go on as long as there is a next one.")
    async def request_log(
        self, info: Asked, first: First = PAGE, after: After = None, filter: Wanted | None = None
    ) -> Page[LoggedRequest]:
        found = await services_of(info).request_log.page(checked(first) + 1, after, filter or Wanted())
        return page(found.requests, first, after, lambda one: one.cursor, found.following)

    @asked("One request in full; null when it is not in the log.")
    async def request(self, info: Asked, id: strawberry.ID) -> LoggedRequest | None:
        try:
            return await services_of(info).request_log.get(id)
        except NotFound:
            return None
