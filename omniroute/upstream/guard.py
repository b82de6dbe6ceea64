"""The outbound guard: which addresses the gateway may connect to, checked before and at the moment of connecting.

Link-local addresses (cloud metadata among them) never; private and loopback ranges only for what an operator marked
local. A name is resolved once, every address it gave is checked, and the connection goes to a checked address, so a
name that changes its mind between check and use gains nothing.
"""

import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from omniroute.kit.errors import Unprocessable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str], Awaitable[Sequence[str]]]  # a host's name → its addresses

# Carrier-grade NAT, where some clouds keep their metadata service (RFC 6598).
_SHARED = ipaddress.ip_network("100.64.0.0/10")
# Where IPv6-only networks reach the IPv4 internet (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Metadata addresses outside the link-local range: of Alibaba, Oracle (both), Azure, AWS and Google.
_METADATA = frozenset(
    map(
        ipaddress.ip_address,
        ("100.100.100.200", "192.0.0.192", "fd00:c1::a9fe:a9fe", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254"),
    )
)


class Refused(OSError):
    """The guard does not let the gateway connect there; raised while connecting."""


def refusal(address: Address, *, local: bool) -> str | None:
    """Say why `address` must not be connected to, or None. `local`: an operator marked the connection so."""
    address = _meant(address)
    if address in _METADATA or address.is_link_local:
        return f"{address} is a link-local or metadata address, which is never allowed"
    if not _is_of_a_server(address):
        return f"{address} is not an address of a server"
    if not local and (not address.is_global or address in _SHARED):
        return f"{address} is a private address: mark the connection as local to allow it"
    return None


def _meant(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, or else the address without its zone."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in _NAT64:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return inner or ipaddress.IPv6Address(int(address))


def _is_of_a_server(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and (address.teredo or address.is_site_local):
        return False  # both are long abandoned, and Teredo may hide any IPv4 address
    return address.is_loopback or not (address.is_multicast or address.is_unspecified or address.is_reserved)


def check_url(url: str, local: bool) -> None:  # noqa: FBT001 - handed around as a plain callable
    """Raise Unprocessable when `url` can't be an upstream's: scheme, host, credentials inside, or a refused literal."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise Unprocessable(f"{url!r} is not a URL: {error}", param="baseUrl") from error
    if parts.scheme not in {"http", "https"} or not host or " " in host or not host.isprintable():
        raise Unprocessable(f"{url!r} is not a URL: it should look like https://host/path", param="baseUrl")
    if parts.username or parts.password:
        raise Unprocessable("put credentials into apiKey or headers, not into the URL", param="baseUrl")
    if parts.scheme == "http" and not local:
        raise Unprocessable("plain http would show the key on the way: use https, or mark it local", param="baseUrl")
    reason = _reason(host, local=local)
    if reason is not None:
        raise Unprocessable(reason, param="baseUrl")


def _reason(host: str, *, local: bool) -> str | None:
    """Say why `host` is refused by its text alone, or None."""
    literal = _literal(host)
    return _refused_name(host, local=local) if literal is None else refusal(literal, local=local)


def _literal(host: str) -> Address | None:
    """Return the address that `host` spells, in any of the spellings that a resolver accepts (0x7f.1, 2130706433)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.ip_address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _refused_name(host: str, *, local: bool) -> str | None:
    """Names that mean this machine need the local mark, whatever they resolve to."""
    bare = host.rstrip(".")
    if not local and (bare == "localhost" or bare.endswith(".localhost")):
        return f"{host} is this machine: mark the connection as local to allow it"
    return None


def check_host(host: str, *, local: bool) -> None:
    """Raise Refused when `host` is by its very text not to be reached, whoever will look it up."""
    reason = _reason(host, local=local)
    if reason is not None:
        raise Refused(reason)


async def resolve(host: str, *, local: bool, lookup: Lookup) -> list[str]:
    """Return the addresses of `host` that may be connected to; raise Refused when there is none.

    This is the last word: whatever stands in a URL, name or number, is dialled only by what comes out here.
    """
    found = (host,) if ":" in host else await lookup(host)
    judged = {address: refusal(ipaddress.ip_address(address), local=local) for address in found}
    allowed = [address for address, reason in judged.items() if reason is None]
    if not allowed:
        raise Refused(f"{host}: {'; '.join(filter(None, judged.values())) or 'no address'}")
    return allowed
