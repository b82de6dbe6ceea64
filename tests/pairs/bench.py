"""What a pair test works with: a gateway, an upstream of each format, a client of each format and language."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from omniroute.formats.hub import Format
from tests.gateways import RunningGateway
from tests.pairs.clients.chat import ChatClient
from tests.pairs.clients.google import GoogleClient
from tests.pairs.clients.messages import MessagesClient
from tests.pairs.clients.ollama_chat import OllamaClient
from tests.pairs.clients.responses import ResponsesClient
from tests.pairs.js.client import NodeClient, start_node
from tests.pairs.talk import Ask, Client, Heard, Refused
from tests.pairs.upstreams import Upstream

MOST_BYTES = 4 * 1024 * 1024  # of a request's body

PYTHON = (ChatClient, ResponsesClient, MessagesClient, GoogleClient, OllamaClient)


def prefix(form: Format) -> str:
    """The prefix of an upstream's model names."""
    return f"up-{form.value}"


@dataclass(frozen=True, slots=True)
class Pair:
    """A client (`js-` in front of the format's name for those in JavaScript) and an upstream format."""

    client: str
    upstream: Format

    @property
    def client_format(self) -> Format:
        """The format that the client speaks."""
        return Format(self.client.removeprefix("js-"))

    @property
    def model(self) -> str:
        """The name of a model there."""
        return f"{prefix(self.upstream)}/fake-large"

    def __str__(self) -> str:
        return f"{self.client}-to-{self.upstream.value}"


PAIRS = tuple(
    Pair(f"{language}{ours.value}", theirs) for language in ("", "js-") for ours in Format for theirs in Format
)


@dataclass(kw_only=True)
class Bench:
    """See the module."""

    gateway: RunningGateway
    upstreams: Mapping[Format, Upstream]
    stack: AsyncExitStack
    clients: dict[str, Client] = field(default_factory=dict)

    async def client(self, pair: Pair) -> Client:
        """Return the pair's client; the first of its language starts them all."""
        if pair.client not in self.clients:
            url, key = self.gateway.url, self.gateway.key
            if pair.client.startswith("js-"):
                node = await start_node(url, key)
                self.stack.push_async_callback(node.stop)
                self.clients |= {f"js-{form.value}": NodeClient(node, form) for form in Format}
            else:
                for make in PYTHON:
                    client = make(url, key)
                    self.stack.push_async_callback(client.close)
                    self.clients[client.format.value] = client
        return self.clients[pair.client]

    async def try_to(self, pair: Pair, ask: Ask) -> Heard | Refused:
        """Ask the pair's upstream through the pair's client."""
        return await (await self.client(pair)).ask(ask)

    async def ask(self, pair: Pair, ask: Ask) -> Heard:
        """Ask and demand an answer."""
        heard = await self.try_to(pair, ask)
        assert isinstance(heard, Heard), heard
        return heard

    def forget(self) -> None:
        """Begin a test as if nothing had been asked."""
        self.gateway.gateway.plane.cooling.reset()
        for upstream in self.upstreams.values():
            upstream.forget()
