"""The process itself as a provider: the URL scheme `local`, which answers requests for embeddings as OpenAI does."""

from collections.abc import Mapping
from typing import Any

from omniroute.formats.events import Fault
from omniroute.kit import json
from omniroute.kit.errors import Unavailable
from omniroute.upstream.client import Answer, Endpoint
from omniroute.upstream.failures import AttemptFailed, Failure, FailureKind
from omniroute.upstream.local_embedding import LocalEmbedding

_MODELS = frozenset({"all-minilm-l6-v2"})
_JSON: Mapping[str, str] = {"content-type": "application/json"}


class MadeAnswer:
    """An answer that is there as a whole."""

    __slots__ = ("_body", "headers", "status")

    def __init__(self, status: int, value: Any) -> None:
        self.status = status
        self.headers = _JSON
        self._body = json.dumps(value)

    async def read(self, limit: int) -> bytes:  # noqa: ARG002 - what is made here is never too large
        """Return the whole body."""
        return await self.next()

    async def next(self) -> bytes:
        """Return what is left."""
        body, self._body = self._body, b""
        return body

    def close(self) -> None:
        """Nothing is held."""


class LocalProvider:
    """Makes embeddings in this process."""

    def __init__(self, embedding: LocalEmbedding) -> None:
        self._embedding = embedding

    async def post(self, endpoint: Endpoint, body: bytes) -> Answer:  # noqa: ARG002 - it has one address
        """Answer a request for embeddings; raise AttemptFailed, which says what to install, where that is missing."""
        asked = json.loads(body)
        model, given = asked["model"], asked["input"]
        if model not in _MODELS:
            return _refused(404, f"There is no local model {model!r}; there is {', '.join(sorted(_MODELS))}.", "model")
        if "dimensions" in asked:
            return _refused(400, f"dimensions: {model} makes vectors of one length only.", "dimensions")
        texts = given if isinstance(given, list) else [given]
        if not all(isinstance(text, str) for text in texts):
            return _refused(400, "input: the local model takes texts, and no tokens.", "input")
        try:
            made = [await self._embedding.embed(text) for text in texts]
        except Unavailable as error:
            fault = Fault(kind="invalid_request", message=error.message, status=400, code="not_installed")
            raise AttemptFailed(Failure(kind=FailureKind.LOSSY, fault=fault)) from error
        data = [{"object": "embedding", "index": number, "embedding": list(one)} for number, one in enumerate(made)]
        return MadeAnswer(200, {"object": "list", "model": model, "data": data})


def _refused(status: int, message: str, param: str) -> MadeAnswer:
    return MadeAnswer(
        status,
        {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": None}},
    )
