"""One object on a server that keeps versions apart: read, written only over the version that was read, removed.

The servers: another OmniRoute, WebDAV, S3 and what is like it, or any HTTPS address that takes GET and PUT. All must
honour If-Match and If-None-Match (RFC 9110, section 13); `probe` finds out.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from yarl import URL

from omniroute.kit import json
from omniroute.kit.clock import Clock
from omniroute.kit.errors import NotFound, Outdated, Unprocessable, UpstreamFailed, UpstreamTimeout
from omniroute.kit.secret import Secret
from omniroute.upstream.client import Answer, Endpoint, UpstreamClient
from omniroute.upstream.failures import AttemptFailed
from omniroute.upstream.sigv4 import signed

MOST_BYTES = 64 * 1024**2
DEFAULT_REGION = "us-east-1"
_PEER_OBJECT = "/api/cloud/objects/configuration"
_ERROR_BYTES = 16 * 1024
_FINE = range(200, 300)
_MISSING = frozenset({404, 410})
_REFUSED = frozenset({401, 403})
# 409 is how S3 says that another conditional write is under way.
_PRECONDITION = frozenset({409, 412})
_PROBE = b"OmniRoute looks whether this server keeps versions apart. This can be removed."


class RemoteKind(StrEnum):
    """How a server is spoken to."""

    OMNIROUTE = "omniroute"
    WEBDAV = "webdav"
    S3 = "s3"
    HTTPS = "https"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where an object lies, and how to get at it. `url` is the object's own; that of a gateway for a peer."""

    kind: RemoteKind
    url: str
    local: bool = False
    username: str | None = None
    credential: Secret | None = field(default=None, repr=False)
    region: str | None = None
    proxy: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An object as it was read: its bytes, and the version that a write has to name."""

    data: bytes = field(repr=False)
    version: str


class Remotes:
    """Reads and writes. Every exchange has `limit_s` seconds.

    All raise UpstreamFailed or UpstreamTimeout in words when the server does not do it.
    """

    def __init__(self, client: UpstreamClient, clock: Clock, *, limit_s: float = 20.0) -> None:
        self._client = client
        self._clock = clock
        self._limit_s = limit_s

    async def get(self, remote: Remote) -> Stored | None:
        """Return the object, None when there is none."""
        status, headers, body = await self._send(remote, "GET")
        if status in _MISSING:
            return None
        _require_fine(status, body)
        if remote.kind is RemoteKind.OMNIROUTE:
            found = _peer(body)
            try:
                return Stored(data=base64.b64decode(found["data"], validate=True), version=found["version"])
            except (KeyError, TypeError, ValueError) as error:
                raise UpstreamFailed("the other gateway does not answer as one", code="bad_remote") from error
        return Stored(data=body, version=_tag(headers))

    async def put(self, remote: Remote, data: bytes, version: str | None) -> str:
        """Write over `version`, None for nothing; return the new version. Raise Outdated when there is another."""
        if remote.kind is RemoteKind.OMNIROUTE:
            wanted = {"data": base64.b64encode(data).decode("ascii"), "ifVersion": version}
            status, _, body = await self._send(remote, "PUT", json.dumps(wanted))
            _require_current(status, body)
            return str(_peer(body).get("version"))
        condition = {"if-none-match": "*"} if version is None else {"if-match": version}
        status, headers, body = await self._send(remote, "PUT", data, condition)
        _require_current(status, body)
        if headers.get("etag"):
            return _tag(headers)
        stored = await self.get(remote)
        if stored is None or stored.data != data:
            raise Outdated("another instance wrote meanwhile")
        return stored.version

    async def delete(self, remote: Remote) -> None:
        """Remove the object, if it is there."""
        status, _, body = await self._send(remote, "DELETE")
        if status not in _MISSING:
            _require_fine(status, body)

    async def probe(self, remote: Remote) -> None:
        """Raise Unprocessable unless the server refuses to write over what is there when it is told so."""
        if remote.kind is RemoteKind.OMNIROUTE:
            return
        beside = replace(remote, url=f"{remote.url}.omniroute-probe")
        await self.delete(beside)
        try:
            await self.put(beside, _PROBE, None)
            await self.put(beside, _PROBE, None)
        except Outdated:
            pass
        else:
            raise Unprocessable(
                "this server ignores If-None-Match, so two instances could write over one another: use another one",
                code="no_preconditions",
                param="url",
            )
        finally:
            await self.delete(beside)

    async def _send(
        self, remote: Remote, method: str, body: bytes = b"", condition: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        url = _url(remote)
        headers = {**_headers(remote), **(condition or {})}
        if remote.kind is RemoteKind.S3:
            headers = signed(
                method, url, headers, body,
                key_id=remote.username or "",
                secret=remote.credential or Secret(""),
                region=remote.region or DEFAULT_REGION,
                at=datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC),
            )  # fmt: skip
        proxy = None if remote.proxy is None else URL(remote.proxy, encoded=True)
        endpoint = Endpoint(url=URL(url, encoded=True), headers=headers, local=remote.local, proxy=proxy)
        async with self._within():
            answer = await self._client.send(method, endpoint, body)
            try:
                return answer.status, answer.headers, await _read(answer)
            finally:
                answer.close()

    @asynccontextmanager
    async def _within(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._limit_s):
                yield
        except TimeoutError as error:
            raise UpstreamTimeout(f"the remote did not answer within {self._limit_s:g} s") from error
        except AttemptFailed as error:
            cause = f" ({error.__cause__})" if error.__cause__ is not None else ""
            raise UpstreamFailed(f"the remote cannot be used: {error}{cause}", code="remote_failed") from error


async def _read(answer: Answer) -> bytes:
    return await answer.read(MOST_BYTES if answer.status in _FINE else _ERROR_BYTES)


def _url(remote: Remote) -> str:
    parts = urlsplit(remote.url.rstrip("/"))
    path = f"{parts.path}{_PEER_OBJECT}" if remote.kind is RemoteKind.OMNIROUTE else parts.path
    return urlunsplit((parts.scheme, parts.netloc, quote(unquote(path), safe="/-_.~"), parts.query, ""))


def _headers(remote: Remote) -> dict[str, str]:
    headers = {"content-type": "application/octet-stream"}
    if remote.kind is RemoteKind.OMNIROUTE:
        headers["content-type"] = "application/json"
    if remote.credential is None or remote.kind is RemoteKind.S3:
        return headers
    if remote.username is None:
        return {**headers, "authorization": f"Bearer {remote.credential.reveal()}"}
    pair = base64.b64encode(f"{remote.username}:{remote.credential.reveal()}".encode()).decode("ascii")
    return {**headers, "authorization": f"Basic {pair}"}


def _require_current(status: int, body: bytes) -> None:
    if status in _PRECONDITION:
        raise Outdated("another instance wrote meanwhile")
    _require_fine(status, body)


def _require_fine(status: int, body: bytes) -> None:
    if status in _FINE:
        return
    if status in _REFUSED:
        raise UpstreamFailed(f"the remote refuses these credentials ({status})", code="remote_refused")
    if status in _MISSING:
        raise NotFound("the remote has no such place: make the folder or bucket first", code="no_such_remote")
    words = body[:200].decode("utf-8", "replace").strip()
    raise UpstreamFailed(f"the remote answered {status}: {words}", code="remote_failed")


def _tag(headers: Mapping[str, str]) -> str:
    tag = headers.get("etag")
    if not tag:
        raise UpstreamFailed(
            "the remote names no version (ETag), so that two instances could write over one another: use another one",
            code="no_preconditions",
        )
    return tag


def _peer(body: bytes) -> Mapping[str, str]:
    try:
        found = json.loads(body)
    except json.BadJson as error:
        raise UpstreamFailed("the other gateway does not answer as one", code="bad_remote") from error
    if not isinstance(found, dict):
        raise UpstreamFailed("the other gateway does not answer as one", code="bad_remote")
    return found
