"""Sets and filters of addresses say what the standard library's networks say, in every spelling."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.kit.addresses import Address
from omniroute.kit.errors import Forbidden
from omniroute.routing.addresses import AddressFilter, AddressSet, Mode, network_of, spelled

v4 = st.builds(lambda a, p: ipaddress.IPv4Network((a, p), strict=False), st.integers(0, 2**32 - 1), st.integers(0, 32))
v6 = st.builds(
    lambda a, p: ipaddress.IPv6Network((a, p), strict=False), st.integers(0, 2**128 - 1), st.integers(0, 128)
)
networks = st.lists(v4 | v6, max_size=8)


@given(networks, st.integers(0, 2**32 - 1), st.integers(0, 2**128 - 1))
def test_a_set_holds_what_its_networks_hold(listed: list[ipaddress.IPv4Network], low: int, high: int) -> None:
    found = AddressSet(listed)
    inside: list[Address] = [one.network_address + (low % one.num_addresses) for one in listed]
    asked: list[Address] = [ipaddress.IPv4Address(low), ipaddress.IPv6Address(high), *inside]
    for address in asked:
        assert found.holds(address) == any(address in one for one in listed)
    assert bool(found) == bool(listed)


@given(v4)
def test_an_ipv4_range_in_ipv6_clothes_is_the_range(network: ipaddress.IPv4Network) -> None:
    dressed = ipaddress.IPv6Network((int(network.network_address) | 0xFFFF << 32, network.prefixlen + 96))
    assert network_of(str(dressed)) == network
    assert network_of(spelled(network)) == network


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("10.1.*.*", "10.1.0.0/16"),
        ("*.*.*.*", "0.0.0.0/0"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
    ],
)
def test_entries_have_one_plain_spelling(text: str, plain: str) -> None:
    assert spelled(network_of(text)) == plain


@pytest.mark.parametrize(
    "text", ["", "10.*.1.1", "10.1.*", "fe80::1%eth0", "2001:db8::*", "10.0.0.0/33", "localhost", "*"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        network_of(text)


def judge(mode: Mode, allowed: str = "", denied: str = "") -> AddressFilter:
    return AddressFilter(
        mode=mode,
        allowed=AddressSet(map(network_of, allowed.split())),
        denied=AddressSet(map(network_of, denied.split())),
        bans={},
    )


def test_each_mode_has_its_say() -> None:
    both = {"allowed": "10.0.0.1", "denied": "10.0.0.0/8"}
    asked = ("10.0.0.1", "10.0.0.2", "192.0.2.1")
    said = {mode: [judge(mode, **both).refusal(one, 0) is None for one in asked] for mode in Mode}
    assert said == {
        Mode.BLACKLIST: [False, False, True],
        Mode.WHITELIST: [True, False, False],
        Mode.WHITELIST_PRIORITY: [True, False, True],
    }


def test_a_ban_holds_until_its_time() -> None:
    one = AddressFilter(mode=Mode.BLACKLIST, allowed=AddressSet([]), denied=AddressSet([]), bans={"192.0.2.1": 5_000})
    with pytest.raises(Forbidden, match="banned for 4 s more"):
        one.require("::ffff:192.0.2.1", 1_500)
    one.require("192.0.2.1", 5_000)
    one.require("192.0.2.2", 0)


def test_callers_without_an_address_come_over_a_socket_file() -> None:
    closed = judge(Mode.WHITELIST)
    assert closed.refusal(None, 0) is None
    assert closed.refusal("unknown", 0) is None
    assert closed.refusal("nonsense", 0) is not None


def test_what_is_remembered_has_an_end() -> None:
    one = judge(Mode.BLACKLIST, denied="10.0.0.0/8")
    for number in range(10_000):
        one.refusal(str(ipaddress.IPv4Address(number)), 0)
    assert len(one._known) <= 4096
    assert one.refusal("10.0.0.1", 0) is not None
