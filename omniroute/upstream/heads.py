"""A request's head, spelled once per endpoint: only the length of the body changes from request to request.

What could break a request out of its frame (a line break in a value, a second length, a host that is none) is refused
here, whoever let it through before.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

from omniroute import __version__

_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
_SOCKS = "socks5"
_PROXY_PORTS: Mapping[str, int] = {"http": 80, "https": 443, _SOCKS: 1080}
_DEFAULTS: Mapping[str, str] = {
    "user-agent": f"omniroute/{__version__}",
    "accept": "*/*",
    "accept-encoding": "identity",
    "content-type": "application/json",
}
# The connection's own: another value would change where a message ends or where it goes.
_FRAMING = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, token
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_HOST = re.compile(r"[0-9a-z._~-]+|[0-9a-f:]+:[0-9a-f.]*")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


class Unsendable(ValueError):
    """A request that cannot be spelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy, how it is spoken to (http, https, socks5), and what it wants in Proxy-Authorization."""

    host: str
    port: int
    kind: str = "http"
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def takes_http(self) -> bool:
        """Whether it takes HTTP requests, rather than bare connections."""
        return self.kind != _SOCKS

    @property
    def authorization(self) -> str | None:
        """What an HTTP proxy is shown."""
        if self.username is None:
            return None
        return f"Basic {b64encode(f'{self.username}:{self.password or str()}'.encode()).decode()}"


class Origin(NamedTuple):
    """What two requests must share to go over one connection; a tuple, since it is hashed for each request."""

    scheme: str
    host: str  # in ASCII, without brackets
    port: int
    local: bool
    proxy: Proxy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The bytes of a request before its body: a POST's up to the figure of its length, a GET's to the end."""

    origin: Origin
    post: bytes = field(repr=False)
    get: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    origin: Origin
    target: str
    host: str


def spell(url: str, headers: Mapping[str, str], *, local: bool, proxy: str | None) -> Head:
    """Spell the head of requests to `url`; raise Unsendable where that cannot be done."""
    place = _place(url, local, proxy)
    through = place.origin.proxy
    if through is not None and through.takes_http and place.origin.scheme == "http" and through.authorization:
        headers = {**headers, "proxy-authorization": through.authorization}
    lines = _lines(headers)
    common = "".join((f" {place.target} HTTP/1.1\r\nhost: {place.host}\r\n", *lines))
    return Head(
        origin=place.origin,
        post=f"POST{common}content-length: ".encode("latin-1"),
        get=f"GET{common}\r\n".encode("latin-1"),
    )


def authority(host: str, port: int, scheme: str | None = None) -> str:
    """Spell host and port as a URL does; a port that goes without saying for `scheme` is left out."""
    shown = f"[{host}]" if ":" in host else host
    return shown if scheme is not None and port == _PORTS[scheme] else f"{shown}:{port}"


@lru_cache(maxsize=4096)
def _place(url: str, local: bool, proxy: str | None) -> _Place:  # noqa: FBT001 - arguments are the cache's key
    parts, host, port = _taken_apart(url)
    origin = Origin(parts.scheme, host, port, local, None if proxy is None else _proxy(proxy))
    shown = authority(host, port, parts.scheme)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if origin.proxy is not None and origin.proxy.takes_http and origin.scheme == "http":
        target = f"http://{shown}{target}"
    return _Place(origin=origin, target=quote(target, safe=_PRINTABLE), host=shown)


def _taken_apart(url: str, ports: Mapping[str, int] = _PORTS) -> tuple[SplitResult, str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Unsendable(f"the address is no URL: {error}") from error
    if parts.scheme not in ports:
        raise Unsendable(f"the address has the scheme {parts.scheme!r}, not {' or '.join(ports)}")
    return parts, _host(host), ports[parts.scheme] if port is None else port


def _host(text: str) -> str:
    """Return a host in ASCII; an international name as its DNS form."""
    try:
        host = text if ":" in text else text.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise Unsendable(f"{text!r} is not the name of a host") from error
    if not _HOST.fullmatch(host):
        raise Unsendable(f"{text!r} is not the name of a host")
    return host


def _proxy(url: str) -> Proxy:
    parts, host, port = _taken_apart(url, _PROXY_PORTS)
    return Proxy(
        host=host,
        port=port,
        kind=parts.scheme,
        username=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


def _lines(headers: Mapping[str, str]) -> list[str]:
    """Spell the headers; names in lower case, the endpoint's own before the defaults."""
    wanted = {**_DEFAULTS, **{name.lower(): value for name, value in headers.items()}}
    lines = []
    for name, value in wanted.items():
        if name in _FRAMING or not _NAME.fullmatch(name):
            raise Unsendable(f"{name!r} is not a header that can be sent along")
        if not _VALUE.fullmatch(value):
            raise Unsendable(f"the value of the header {name!r} has a character that no header can carry")
        lines.append(f"{name}: {value.strip()}\r\n")
    return lines
