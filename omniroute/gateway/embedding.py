"""Embeddings for similarity: made here, or by a provider's embedding model that the operator names."""

from collections.abc import Callable, Sequence

from omniroute.formats.hub import Format
from omniroute.gateway.resolve import Resolver, endpoint_of
from omniroute.gateway.snapshot import Account, Snapshot, Target
from omniroute.kit import json
from omniroute.kit.errors import Unavailable
from omniroute.kit.log import redactor
from omniroute.routing.likeness import unit
from omniroute.services.cache import LOCAL_MODEL
from omniroute.upstream.client import Endpoint, UpstreamClient
from omniroute.upstream.endpoints import Purpose
from omniroute.upstream.failures import AttemptFailed
from omniroute.upstream.local_embedding import LocalEmbedding

_MOST_BYTES = 4 * 1024 * 1024
_OK = 200
_SPOKEN = frozenset({Format.OPENAI_CHAT, Format.OPENAI_RESPONSES, Format.OLLAMA})


class Embedding:
    """Makes embeddings of length one. `snapshot` gives the configuration as it is now."""

    def __init__(
        self,
        client: UpstreamClient,
        resolver: Resolver,
        snapshot: Callable[[], Snapshot],
        local: LocalEmbedding,
    ) -> None:
        self._client = client
        self._resolver = resolver
        self._snapshot = snapshot
        self._local = local

    async def __call__(self, model: str, text: str) -> Sequence[float]:
        """Return a text's embedding; raise an OmniError that says why there is none."""
        if model == LOCAL_MODEL:
            return await self._local.embed(text)
        snapshot = self._snapshot()
        target = self._target(snapshot, model)
        endpoint = _endpoint(snapshot, target)
        try:
            answer = await self._client.post(endpoint, json.dumps({"model": target.model, "input": text}))
            try:
                told = await answer.read(_MOST_BYTES)
            finally:
                answer.close()
        except AttemptFailed as error:
            raise Unavailable(f"The embedding model {model!r} did not answer: {redactor.clean(str(error))}") from error
        if answer.status != _OK:
            raise Unavailable(f"The embedding model {model!r} answered with status {answer.status}.")
        return _vector(model, told)

    def _target(self, snapshot: Snapshot, model: str) -> Target:
        for route in self._resolver.plan(snapshot, model).routes:
            if route.target.format in _SPOKEN:
                return route.target
        raise Unavailable(f"{model!r} leads to no provider with embeddings in OpenAI's format.")


def _endpoint(snapshot: Snapshot, target: Target) -> Endpoint:
    accounts: list[Account] = [account for group in snapshot.accounts.values() for account in group]
    account = next(one for one in accounts if one.connection_id == target.connection_id)
    return endpoint_of(account, Purpose.EMBEDDINGS, target.model, snapshot.proxies)


def _vector(model: str, told: bytes) -> Sequence[float]:
    try:
        return unit([float(one) for one in json.loads(told)["data"][0]["embedding"]])
    except (json.BadJson, LookupError, TypeError, ValueError) as error:
        raise Unavailable(f"The embedding model {model!r} gave no embedding: {error}") from error
