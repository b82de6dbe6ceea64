"""The catalogue: every provider that the gateway knows, and the models that each is known to have."""

from enum import StrEnum

import strawberry

from omniroute.formats.hub import Format
from omniroute.formats.kinds import Kind
from omniroute.graphql.context import Asked
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.upstream.catalogue import CATALOGUE, Model, ProviderRecord, find
from omniroute.upstream.endpoints import Purpose


class AuthKind(StrEnum):
    """How a provider is asked."""

    API_KEY = "apiKey"
    OAUTH = "oauth"
    NONE = "none"


enumerate_(
    Kind,
    "ModelKind",
    "What a model is for.",
    CHAT="Chat.",
    EMBEDDING="Embeddings.",
    IMAGE="Pictures.",
    TRANSCRIPTION="Writing down what is said.",
    SPEECH="Saying what is written.",
    MODERATION="Telling harmful texts.",
    RERANK="Telling how well documents answer a query.",
)
enumerate_(
    AuthKind,
    "AuthKind",
    "What a provider asks for.",
    API_KEY="A key.",
    OAUTH="A sign-in at the provider.",
    NONE="Nothing.",
)
enumerate_(
    Format,
    "WireFormat",
    "A wire format.",
    OPENAI_CHAT="OpenAI's chat completions.",
    OPENAI_RESPONSES="OpenAI's responses.",
    ANTHROPIC="Anthropic's messages.",
    GEMINI="Google's generateContent.",
    OLLAMA="Ollama's own API.",
)
enumerate_(
    Purpose,
    "ProviderPurpose",
    "What a provider's endpoints are for.",
    CHAT="Chat.",
    MODELS="The list of models.",
    COUNT_TOKENS="Counting a request's tokens.",
    EMBEDDINGS="Embeddings.",
    IMAGES="Making pictures.",
    IMAGE_EDITS="Changing pictures.",
    TRANSCRIPTIONS="Writing down what is said.",
    TRANSLATIONS="Writing it down in English.",
    SPEECH="Saying what is written.",
    MODERATIONS="Telling harmful texts.",
    RERANK="Telling how well documents answer a query.",
)
expose(
    Model,
    "ProviderModel",
    "A model that a provider is known to have.",
    id="Its name, as the provider calls it.",
    name="Its name for people.",
    kind=Shown(words="What it is for.", kind=Kind),
    dimensions="The length of an embedding's vector.",
    sizes="The sizes of pictures that it makes; empty where that is not known.",
)
expose(
    ProviderRecord,
    "Provider",
    "One kind of upstream that the gateway knows.",
    id=Shown(words="Stable id; a model's name may begin with it.", kind=strawberry.ID),
    alias="The short name, which a model's name may begin with too.",
    name="Its name for people.",
    format="The wire format that it speaks.",
    base_url="The root of its endpoints.",
    purposes=Shown(words="What can be asked of it.", kind=list[Purpose], read=sorted),
    models="The models that it is known to have; others can be used by their names.",
    env_keys="Variables of the environment that its key is taken from at the first start.",
    auth_kinds=Shown(
        words="What it asks for.",
        kind=list[AuthKind],
        read=lambda kinds: [AuthKind(one) for one in kinds],
    ),
    is_local="Whether it runs on the operator's own machines.",
    supported="Whether the gateway can use it.",
    reason="What is in the way, where it cannot.",
    website="Where to read about it.",
    without=("scheme", "repairs", "probe"),
)


@strawberry.type
class Query:
    """The catalogue."""

    @asked("Every provider that the gateway knows, or only those that it can use.")
    def providers(self, info: Asked, supported: bool | None = None) -> list[ProviderRecord]:  # noqa: ARG002, FBT001
        return [one for one in CATALOGUE if supported in {None, one.supported}]

    @asked("One provider by its id or alias; null when there is none.")
    def provider(self, info: Asked, id: strawberry.ID) -> ProviderRecord | None:  # noqa: ARG002
        return find(id)
