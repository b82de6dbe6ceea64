"""Whose request it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.kit.addresses import UNKNOWN, client_address, is_loopback, neighbourhood, networks

PROXIES = networks("10.0.0.0/8, 192.0.2.1, fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # nobody trusts this peer
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),  # the left end is the client's own invention
        ("10.0.0.1", "198.51.100.1, 10.0.0.7, 192.0.2.1", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "nonsense, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", ",,", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", '"[2001:db8::1]"', "2001:db8::1"),
        ("10.0.0.1", "2001:DB8:0::1", "2001:db8::1"),
        ("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("fd00::1%eth0", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "127.0.0.1", "127.0.0.1"),
        (None, "198.51.100.1", UNKNOWN),
        ("", "198.51.100.1", UNKNOWN),
        ("/run/socket", "198.51.100.1", UNKNOWN),
    ],
)
def test_the_rightmost_untrusted_hop_is_the_client(peer: str | None, forwarded: str | None, expected: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == expected


@given(st.text(max_size=200))
def test_no_header_can_move_an_untrusted_peer(forwarded: str) -> None:
    assert client_address("203.0.113.9", forwarded, PROXIES) == "203.0.113.9"


@given(st.text(max_size=200))
def test_what_a_client_writes_cannot_hide_the_hop_that_its_proxy_saw(forged: str) -> None:
    assert client_address("10.0.0.1", f"{forged}, 198.51.100.1", PROXIES) == "198.51.100.1"


@given(st.text(max_size=300), st.text(max_size=60))
def test_anything_at_all_gives_an_address_or_unknown(forwarded: str, peer: str) -> None:
    assert client_address(peer, forwarded, networks("0.0.0.0/0, ::/0"))


def test_a_very_long_list_is_read_from_its_right_end_only() -> None:
    assert client_address("10.0.0.1", "1.1.1.1," + "10.0.0.2," * 50_000 + "10.0.0.3", PROXIES) == "10.0.0.2"


def test_networks_names_what_is_none() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        networks("10.0.0.0/8,nonsense")
    assert networks("") == ()


def test_one_party_holds_a_whole_ipv6_network() -> None:
    assert neighbourhood("2001:db8:1:2:3::4") == neighbourhood("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert neighbourhood("198.51.100.1") == "198.51.100.1"
    assert neighbourhood(UNKNOWN) == UNKNOWN
    assert is_loopback("127.0.0.9")
    assert is_loopback("::1")
    assert not is_loopback("198.51.100.1")
