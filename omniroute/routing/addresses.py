"""Which addresses may call: sets of addresses and networks, and a filter made of them. Pure.

IPv4 in IPv6 clothes is IPv4. A set is asked in a step for each different prefix length that it holds, however many
networks those are; a filter remembers what it said of an address.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from enum import StrEnum

from omniroute.kit.addresses import UNKNOWN, Address, Network, parsed
from omniroute.kit.errors import Forbidden

_MAX_REMEMBERED = 4096
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_BLANKS = str.maketrans("", "", " \t")
_OCTETS = 4


class Mode(StrEnum):
    """What the lists mean: all but the blacklist, only the whitelist, or the whitelist whatever the blacklist says."""

    BLACKLIST = "blacklist"
    WHITELIST = "whitelist"
    WHITELIST_PRIORITY = "whitelist-priority"


def network_of(text: str) -> Network:
    """Read an address, a CIDR range, or an IPv4 address whose last octets are `*`; raise ValueError on anything else.

    A range of IPv4-mapped IPv6 addresses is the IPv4 range that it means.
    """
    bare = text.translate(_BLANKS)
    if "%" in bare:
        raise ValueError(f"{text!r} has a zone, which means something on one machine only")
    network = ipaddress.ip_network(_with_bits(bare) if "*" in bare else bare, strict=False)
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        first = int(network.network_address) & 0xFFFF_FFFF
        return ipaddress.IPv4Network((first, network.prefixlen - _MAPPED.prefixlen))
    return network


def _with_bits(text: str) -> str:
    """Return 10.1.*.* as 10.1.0.0/16."""
    octets = text.split(".")
    known = [octet for octet in octets if octet != "*"]
    if len(octets) != _OCTETS or octets[: len(known)] != known:
        raise ValueError(f"{text!r} is no range: only the last octets of an IPv4 address may be *")
    return f"{'.'.join(octets).replace('*', '0')}/{len(known) * 8}"


def spelled(network: Network) -> str:
    """Return the plain spelling: an address alone without its prefix length."""
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


class AddressSet:
    """Addresses and networks."""

    __slots__ = ("_by_shift",)

    def __init__(self, networks: Iterable[Network]) -> None:
        self._by_shift: dict[tuple[int, int], set[int]] = {}  # IP version and host bits → what stands before them
        for one in networks:
            shift = one.max_prefixlen - one.prefixlen
            self._by_shift.setdefault((one.version, shift), set()).add(int(one.network_address) >> shift)

    def __bool__(self) -> bool:
        return bool(self._by_shift)

    def holds(self, address: Address) -> bool:
        """Whether the address is in it."""
        number, version = int(address), address.version
        return any(of == version and number >> shift in found for (of, shift), found in self._by_shift.items())


class AddressFilter:
    """Judges addresses. `bans` are addresses in their plain spelling and until when (UTC ms) they are shut out."""

    __slots__ = ("_allowed", "_bans", "_denied", "_known", "_mode")

    def __init__(self, *, mode: Mode, allowed: AddressSet, denied: AddressSet, bans: Mapping[str, int]) -> None:
        self._mode = mode
        self._allowed = allowed
        self._denied = denied
        self._bans = bans
        self._known: dict[str, tuple[str | None, str]] = {}

    def require(self, address: str | None, now_ms: int) -> None:
        """Raise Forbidden when the address may not call."""
        reason = self.refusal(address, now_ms)
        if reason is not None:
            raise Forbidden(f"{reason}.", code="address_blocked")

    def refusal(self, address: str | None, now_ms: int) -> str | None:
        """Return why the address may not call, None when it may.

        A caller without an address came over a Unix socket, whose file's permissions say who may.
        """
        if address is None or address == UNKNOWN:
            return None
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= _MAX_REMEMBERED:
                self._known.clear()
            known = self._known[address] = self._judged(address)
        reason, plain = known
        if reason is None and self._bans:
            until = self._bans.get(plain)
            if until is not None and until > now_ms:
                return f"the address {plain} is banned for {-(-(until - now_ms) // 1000)} s more"
        return reason

    def _judged(self, address: str) -> tuple[str | None, str]:
        found = parsed(address)
        if found is None:
            return f"{address!r} is no address", address
        plain = str(found)
        if self._mode is Mode.WHITELIST:
            allowed = self._allowed.holds(found)
            return None if allowed else f"the address {plain} is not on the whitelist", plain
        if self._mode is Mode.WHITELIST_PRIORITY and self._allowed.holds(found):
            return None, ""  # no ban has this name
        return f"the address {plain} is on the blacklist" if self._denied.holds(found) else None, plain
