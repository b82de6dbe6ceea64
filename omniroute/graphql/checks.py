"""Real calls to upstreams on an operator's wish: is this key good, does this address answer, which models are there."""

from enum import StrEnum
from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.nodes import NodeHeaderInput, headers_of
from omniroute.graphql.outcome import Failed, mutation
from omniroute.graphql.types import Shown, enumerate_, expose
from omniroute.services.checks import Check, ConnectionModels, Diagnosis, UnsavedConnection, UnsavedNode
from omniroute.upstream.asking import ListedModel


class DiagnosisKind(StrEnum):
    """What a check means."""

    OK = "ok"
    AUTH = "upstream_auth_error"
    QUOTA = "upstream_quota_exceeded"
    RATE = "upstream_rate_limited"
    UNAVAILABLE = "upstream_unavailable"
    UPSTREAM = "upstream_error"
    MODEL = "model_unavailable"
    NETWORK = "network_error"
    UNSUPPORTED = "unsupported"


class DiagnosisSource(StrEnum):
    """Who said so."""

    UPSTREAM = "upstream"
    NETWORK = "network"
    GATEWAY = "gateway"


_KEY = "The key at the provider; it is not stored."
_LOCAL = "Whether the address may lie in a private network."
_MODEL = "The model to ask; left out: one is chosen."

enumerate_(
    DiagnosisKind,
    "DiagnosisKind",
    "What a check means.",
    OK="All is well.",
    AUTH="The key was refused.",
    QUOTA="The account is empty.",
    RATE="The account is limited just now.",
    UNAVAILABLE="The provider is overloaded, or did not answer in time.",
    UPSTREAM="The provider answered with another error.",
    MODEL="The model is not there.",
    NETWORK="Nobody answered.",
    UNSUPPORTED="It cannot be found out.",
)
enumerate_(
    DiagnosisSource,
    "DiagnosisSource",
    "Who said so.",
    UPSTREAM="The provider.",
    NETWORK="The network on the way.",
    GATEWAY="The gateway.",
)
expose(
    Diagnosis,
    "Diagnosis",
    "What a check means.",
    type=Shown(words="What it means.", kind=DiagnosisKind, read=DiagnosisKind),
    source=Shown(words="Who said so.", kind=DiagnosisSource, read=DiagnosisSource),
    message="The same for people.",
    code="The provider's own word, where it had one.",
)
expose(
    Check,
    "Check",
    "How a real call went.",
    valid="Whether it went well.",
    error="What went wrong.",
    refreshed="Whether a sign-in was renewed on the way.",
    diagnosis="What it means.",
    latency_ms="How long all calls took, in milliseconds.",
    status_code="The status of the last answer.",
    model="The model that was asked.",
    tested_at="When that was.",
)
expose(
    ListedModel,
    "UpstreamModel",
    "A model that a provider lists.",
    id="Its name, as the provider calls it.",
    name="Its name for people.",
    context_window="How many tokens it takes; null: the provider does not say.",
    without=("facts",),
)
expose(
    ConnectionModels,
    "UpstreamModels",
    "The models that a connection's provider lists for it.",
    provider="The provider's or node's id.",
    connection_id=Shown(words="The connection's id.", kind=strawberry.ID),
    models="The models.",
)
accept(
    UnsavedConnection,
    "ConnectionCheckInput",
    "What a connection would be made of.",
    provider="A provider's id or alias, or a node's id or prefix.",
    api_key=_KEY,
    base_url="Another address than the provider's own.",
    local=_LOCAL,
    model=_MODEL,
)
accept(
    UnsavedNode,
    "NodeCheckInput",
    "What a node would be made of, with a key.",
    base_url="The root of its endpoints.",
    api_key=_KEY,
    api_type="The wire format that it speaks; left out: chat completions.",
    type="The coarser word for it, where `apiType` is left out.",
    headers=Taken(words="Headers to add: at most 32.", kind=list[NodeHeaderInput] | None, read=headers_of),
    local=_LOCAL,
    model=_MODEL,
)

TestResult = Annotated[Check | Failed, strawberry.union("TestProviderConnectionResult")]
ValidateResult = Annotated[Check | Failed, strawberry.union("ValidateProviderConnectionResult")]
NodeResult = Annotated[Check | Failed, strawberry.union("ValidateProviderNodeResult")]
ModelsResult = Annotated[ConnectionModels | Failed, strawberry.union("FetchUpstreamModelsResult")]


@strawberry.type
class Mutation:
    """Checks. They are mutations, as each sends a request that may cost something."""

    @mutation("Try a connection with a real call; a success ends its rest.")
    async def test_provider_connection(self, info: Asked, id: strawberry.ID) -> TestResult:
        return await services_of(info).checks.test(id)

    @mutation("Try what a connection would be made of; nothing is stored.")
    async def validate_provider_connection(self, info: Asked, input: UnsavedConnection) -> ValidateResult:
        return await services_of(info).checks.validate(input)

    @mutation("Try what a node would be made of; nothing is stored.")
    async def validate_provider_node(self, info: Asked, input: UnsavedNode) -> NodeResult:
        return await services_of(info).checks.validate_node(input)

    @mutation("Ask a connection's provider for its models.")
    async def fetch_upstream_models(self, info: Asked, id: strawberry.ID) -> ModelsResult:
        return await services_of(info).checks.models(id)
