"""The ways through a proxy: HTTP's CONNECT (RFC 9110, 9.3.6) and SOCKS 5 (RFC 1928, with RFC 1929's password).

The name of the host goes to the proxy, which looks it up; an address goes as an address.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping

from omniroute.upstream.heads import Origin, Proxy, authority
from omniroute.upstream.http1 import Connection

_OK = range(200, 300)
_UNAUTHORISED = 407
_VERSION = 5
_PASSWORD_VERSION = 1
_NO_AUTH, _PASSWORD, _NONE_FITS = 0, 2, 0xFF
_CONNECT = 1
_IPV4, _NAME, _IPV6 = 1, 3, 4
_LONGEST = 255

_REFUSALS: Mapping[int, str] = {
    1: "it failed",
    2: "its rules forbid it",
    3: "the network cannot be reached",
    4: "the host cannot be reached",
    5: "the connection was refused",
    6: "it took too long",
    7: "it does not do that",
    8: "it does not take such addresses",
}


class ProxyRefused(OSError):
    """The proxy did not connect us."""


async def connect(connection: Connection, origin: Origin, proxy: Proxy) -> None:
    """Ask an HTTP proxy to connect us with `origin`."""
    where = authority(origin.host, origin.port)
    lines = [f"CONNECT {where} HTTP/1.1\r\nhost: {where}\r\n"]
    if proxy.authorization is not None:
        lines.append(f"proxy-authorization: {proxy.authorization}\r\n")
    await connection.exchange("".join((*lines, "\r\n")).encode("ascii"))
    if connection.status == _UNAUTHORISED:
        raise ProxyRefused("the proxy answered 407: its user name or password is missing or wrong")
    if connection.status not in _OK:
        raise ProxyRefused(f"the proxy answered {connection.status}")
    connection.renew()


async def socks(address: str, origin: Origin, proxy: Proxy) -> socket.socket:
    """Return a socket that a SOCKS 5 proxy at `address` has connected with `origin`."""
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    line = socket.socket(family, socket.SOCK_STREAM)
    done = False
    try:
        line.setblocking(False)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await loop.sock_connect(line, (address, proxy.port))
        await _greet(line, proxy)
        await loop.sock_sendall(line, bytes((_VERSION, _CONNECT, 0)) + _spelled(origin.host) + _two(origin.port))
        version, answer, _ = await _read(line, 3)
        if version != _VERSION:
            raise ProxyRefused("the proxy does not speak SOCKS 5")
        if answer:
            raise ProxyRefused(f"the proxy did not connect: {_REFUSALS.get(answer, f'reason {answer}')}")
        await _skip_address(line)
        done = True
    finally:
        if not done:
            line.close()
    return line


async def _greet(line: socket.socket, proxy: Proxy) -> None:
    """Agree on how to sign in, and do so."""
    methods = (_NO_AUTH,) if proxy.username is None else (_NO_AUTH, _PASSWORD)
    await asyncio.get_running_loop().sock_sendall(line, bytes((_VERSION, len(methods), *methods)))
    version, method = await _read(line, 2)
    if version != _VERSION:
        raise ProxyRefused("the proxy does not speak SOCKS 5")
    if method == _PASSWORD and proxy.username is not None:
        await _sign_in(line, proxy.username.encode(), (proxy.password or "").encode())
    elif method == _NONE_FITS:
        raise ProxyRefused("the proxy wants to be signed in to in another way: give a user name and password")
    elif method != _NO_AUTH:
        raise ProxyRefused(f"the proxy chose a way to sign in that was not offered ({method})")


async def _sign_in(line: socket.socket, username: bytes, password: bytes) -> None:
    if len(username) > _LONGEST or len(password) > _LONGEST:
        raise ProxyRefused("user name and password of a SOCKS 5 proxy have at most 255 bytes")
    said = bytes((_PASSWORD_VERSION, len(username))) + username + bytes((len(password),)) + password
    await asyncio.get_running_loop().sock_sendall(line, said)
    _, status = await _read(line, 2)
    if status:
        raise ProxyRefused("the proxy did not accept the user name and password")


async def _skip_address(line: socket.socket) -> None:
    """Read past the address that the proxy says it used."""
    (kind,) = await _read(line, 1)
    if kind == _NAME:
        (length,) = await _read(line, 1)
    else:
        length = {_IPV4: 4, _IPV6: 16}.get(kind, -1)
    if length < 0:
        raise ProxyRefused("the proxy's answer makes no sense")
    await _read(line, length + 2)


async def _read(line: socket.socket, count: int) -> bytes:
    """Return exactly so many bytes, so that none of what follows is taken away."""
    loop = asyncio.get_running_loop()
    got = b""
    while len(got) < count:
        piece = await loop.sock_recv(line, count - len(got))
        if not piece:
            raise ProxyRefused("the proxy closed the connection")
        got += piece
    return got


def _spelled(host: str) -> bytes:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.encode("ascii")
        return bytes((_NAME, len(name))) + name
    return bytes((_IPV4 if address.version == 4 else _IPV6,)) + address.packed  # noqa: PLR2004 - the version's name


def _two(port: int) -> bytes:
    return port.to_bytes(2, "big")
