"""Real calls to upstreams: tests of connections, their models, and values that are not stored yet."""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated

from pydantic import Field

from omniroute.api.operation import Call
from omniroute.api.shapes import SecretText, adopt, shape
from omniroute.services.checks import Check, ConnectionModels, UnsavedConnection, UnsavedNode
from omniroute.services.collection import Services
from omniroute.services.names import LONGEST_MODEL
from omniroute.services.nodes import MOST_HEADERS

_Model = Annotated[str, Field(min_length=1, max_length=LONGEST_MODEL)]
_Url = Annotated[str, Field(min_length=1, max_length=2000)]
_Headers = Annotated[Mapping[str, SecretText], Field(max_length=MOST_HEADERS)]


@shape
class CheckedConnection(UnsavedConnection):
    """What a connection would be made of. `model` is the one to ask; one is chosen without it."""

    provider: Annotated[str, Field(min_length=1, max_length=64)]
    api_key: SecretText | None = field(default=None, repr=False)
    base_url: _Url | None = None
    model: _Model | None = None


@shape
class CheckedNode(UnsavedNode):
    """What a node would be made of, with a key. `model` is the one to ask; one is chosen without it."""

    base_url: _Url
    api_key: SecretText | None = field(default=None, repr=False)
    headers: _Headers = field(default_factory=dict, repr=False)
    model: _Model | None = None


@shape
class CheckResult(Check):
    """How a real call went."""


@shape
class UpstreamModels(ConnectionModels):
    """The models that a connection's provider lists for it."""


async def test(services: Services, call: Call[None, None]) -> CheckResult:
    """Try a stored connection."""
    return adopt(CheckResult, await services.checks.test(call.params["id"]))


async def models(services: Services, call: Call[None, None]) -> UpstreamModels:
    """Ask a connection's provider for its models."""
    return adopt(UpstreamModels, await services.checks.models(call.params["id"]))


async def validate(services: Services, call: Call[CheckedConnection, None]) -> CheckResult:
    """Try an unsaved connection."""
    return adopt(CheckResult, await services.checks.validate(call.body))


async def validate_node(services: Services, call: Call[CheckedNode, None]) -> CheckResult:
    """Try an unsaved node."""
    return adopt(CheckResult, await services.checks.validate_node(call.body))
