"""Whose request it is: the peer's address, or the one a trusted reverse proxy vouches for. Pure.

X-Forwarded-For is a list that every hop appends to, so only its right end can be believed, and only as far as the
hops are proxies an operator named. The first address from the right that is not one of them is the client.
"""

import ipaddress
from collections.abc import Iterator, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

UNKNOWN = "unknown"
_MAX_HOPS = 32
_HOME_BITS = 64


def networks(text: str) -> tuple[Network, ...]:
    """Read a comma-separated list of addresses and CIDR ranges; raise ValueError naming the first that is neither."""
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def client_address(peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str:
    """Return the client's address in its plain spelling; `unknown` when there is none (a Unix socket)."""
    nearest = parsed(peer or "")
    if nearest is None:
        return UNKNOWN
    for hop in _from_the_right(forwarded_for or ""):
        if not is_within(nearest, trusted):
            break
        address = parsed(hop)
        if address is None:
            # What stands further left passed through a hop that writes nonsense: the last good one is the answer.
            break
        nearest = address
    return str(nearest)


def is_within(address: Address, ranges: Sequence[Network]) -> bool:
    """Whether `address` lies in any of `ranges`."""
    return any(address in one for one in ranges)


def is_loopback(address: str) -> bool:
    """Whether `address`, as `client_address` gives it, is this machine."""
    found = parsed(address)
    return found is not None and found.is_loopback


def neighbourhood(address: str) -> str:
    """Return what one party can hold cheaply: an IPv4 address itself, the /64 of an IPv6 address."""
    found = parsed(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(found), _HOME_BITS), strict=False))
    return address


def _from_the_right(text: str) -> Iterator[str]:
    yield from (hop.strip() for hop in reversed(text.split(",")[-_MAX_HOPS:]))


def parsed(text: str) -> Address | None:
    """Read one hop: an address, with or without port, brackets, quotes or zone; IPv4 in IPv6 clothes is IPv4."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
