"""A small real server of objects for tests: GET, PUT, DELETE with versions, as plain HTTPS, WebDAV and S3 have them.

It checks credentials of its kind (a bearer token, a password, a SigV4 signature by its own reckoning), honours If-Match
and If-None-Match unless told not to, and fails on demand: dying in the middle, answering late, naming no version.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

TOKEN = "a-token-of-the-tests"
USER, PASSWORD = "gateway", "a-password-of-the-tests"
ACCESS_KEY, SECRET_KEY = "AKIATESTS", "secret/key+of/the/tests"
REGION = "eu-test-1"


@dataclass(kw_only=True)
class ObjectServer:
    """The server, what lies there, and how it fails. `before_put` runs before a write is looked at."""

    kind: str
    url: str = ""
    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    honours: bool = True
    tells_version: bool = True
    dies: str | None = None  # the method at which the connection breaks; of a PUT, after it was done
    before_put: Callable[[], None] | None = None
    seen: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    written: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        self.seen.append((request.method, request.url.path))
        answer = self._answer(request, body)
        if self.dies == request.method:
            # A head that promises more than comes, then the end of the connection.
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
            await send({"type": "http.response.body", "body": b"cut", "more_body": True})
            raise ConnectionResetError("on purpose")
        await answer(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        if not self._is_known(request, body):
            return Response("who are you?", 403 if self.kind == "s3" else 401)
        path, held = request.url.path, self.objects.get(request.url.path)
        if request.method == "GET":
            return Response(status_code=404) if held is None else Response(held[0], headers=self._tag(held[1]))
        if request.method == "DELETE":
            self.objects.pop(path, None)
            return Response(status_code=204)
        return self._put(request, path, body)

    def _put(self, request: Request, path: str, body: bytes) -> Response:
        if self.before_put is not None and not path.endswith("-probe"):
            run, self.before_put = self.before_put, None
            run()
        held = self.objects.get(path)
        wanted, none = request.headers.get("if-match"), request.headers.get("if-none-match")
        stale = (wanted is not None and (held is None or held[1] != wanted)) or (none == "*" and held is not None)
        if self.honours and stale:
            return Response(status_code=412)
        self.written += 1
        self.bodies.append(body)
        tag = f'"{hashlib.sha256(body).hexdigest()[:12]}-{self.written}"'
        self.objects[path] = (body, tag)
        return Response(status_code=200 if held else 201, headers=self._tag(tag) if self.kind != "webdav" else None)

    def _tag(self, tag: str) -> dict[str, str]:
        return {"etag": tag} if self.tells_version else {}

    def _is_known(self, request: Request, body: bytes) -> bool:
        shown = request.headers.get("authorization", "")
        match self.kind:
            case "webdav":
                return shown == "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            case "s3":
                return hmac.compare_digest(shown, _signature(request, body))
            case _:
                return shown == f"Bearer {TOKEN}"


def _signature(request: Request, body: bytes) -> str:
    """Reckon the signature from the request as it came."""
    digest, moment = hashlib.sha256(body).hexdigest(), request.headers.get("x-amz-date", "")
    if request.headers.get("x-amz-content-sha256") != digest:
        return "no"
    listed = request.headers.get("authorization", "").partition("SignedHeaders=")[2].partition(",")[0]
    lines = [f"{name}:{request.headers.get(name, '')}" for name in listed.split(";")]
    path = request.scope["raw_path"].decode("ascii").partition("?")[0]
    canonical = "\n".join([request.method, path, "", *lines, "", listed, digest])
    scope = f"{moment[:8]}/{REGION}/s3/aws4_request"
    key = b"AWS4" + SECRET_KEY.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    return f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope},SignedHeaders={listed},Signature={signature}"


@asynccontextmanager
async def object_server(kind: str) -> AsyncIterator[ObjectServer]:
    """Serve until the block ends."""
    made = ObjectServer(kind=kind)
    config = uvicorn.Config(made, host="127.0.0.1", port=0, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.005)
    made.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.should_exit = True
        await task
