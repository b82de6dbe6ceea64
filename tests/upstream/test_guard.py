"""The outbound guard: no spelling of a forbidden address gets through, no name that changes its mind does either."""

import ipaddress
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.kit.errors import Unprocessable
from omniroute.upstream.guard import Lookup, Refused, check_host, check_url, refusal, resolve
from omniroute.upstream.names import system_lookup

NEVER = (
    "169.254.169.254",
    "169.254.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fd00:c1::a9fe:a9fe",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254%1",
    "0.0.0.0",
    "::",
    "255.255.255.255",
    "240.0.0.1",
    "224.0.0.1",
    "ff02::1",
    "fec0::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo
    "64:ff9b:1::a00:1",  # NAT64 of a local kind
)
ONLY_LOCAL = (
    "127.0.0.1",
    "127.8.9.1",
    "::1",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.127.255.254",
    "fd12:3456::1",
    "fc00::1",
    "198.18.0.1",
)
ALWAYS = ("8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.32.0.1", "2606:4700:4700::1111")

PRIVATE_4 = tuple(map(IPv4Network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
LINK_LOCAL_4 = IPv4Network("169.254.0.0/16")


def v4_in(*networks: IPv4Network) -> st.SearchStrategy[IPv4Address]:
    return st.sampled_from(networks).flatmap(
        lambda one: st.integers(int(one.network_address), int(one.broadcast_address)).map(IPv4Address)
    )


def v6_in(*networks: str) -> st.SearchStrategy[IPv6Address]:
    return st.sampled_from([IPv6Network(one) for one in networks]).flatmap(
        lambda one: st.integers(int(one.network_address), int(one.broadcast_address)).map(IPv6Address)
    )


def clothes(inner: IPv4Address) -> dict[str, IPv6Address]:
    """The IPv6 addresses that mean an IPv4 address."""
    bits = int(inner)
    return {
        "mapped": IPv6Address(0xFFFF << 32 | bits),
        "6to4": IPv6Address(0x2002 << 112 | bits << 80),
        "NAT64": IPv6Address(0x64FF9B << 96 | bits),
        "compatible": IPv6Address(bits),
        "Teredo": IPv6Address(0x2001_0000 << 96 | 1 << 64 | (bits ^ 0xFFFF_FFFF)),
    }


@pytest.mark.parametrize("text", NEVER)
@pytest.mark.parametrize("local", [True, False])
def test_link_local_metadata_and_no_addresses_of_servers_are_refused_even_when_marked_local(
    text: str, local: bool
) -> None:
    assert refusal(ipaddress.ip_address(text), local=local)


@pytest.mark.parametrize("text", ONLY_LOCAL)
def test_private_addresses_need_the_local_mark(text: str) -> None:
    address = ipaddress.ip_address(text)
    assert "mark the connection as local" in (refusal(address, local=False) or "")
    assert refusal(address, local=True) is None


@pytest.mark.parametrize("text", ALWAYS)
@pytest.mark.parametrize("local", [True, False])
def test_public_addresses_are_allowed(text: str, local: bool) -> None:
    assert refusal(ipaddress.ip_address(text), local=local) is None


@given(address=v4_in(*PRIVATE_4))
def test_no_private_ipv4_address_is_reached_without_the_mark(address: IPv4Address) -> None:
    assert refusal(address, local=False)


@given(address=v4_in(LINK_LOCAL_4), local=st.booleans())
def test_no_link_local_ipv4_address_is_ever_reached(address: IPv4Address, local: bool) -> None:
    assert refusal(address, local=local)


@given(address=v6_in("fe80::/10", "ff00::/8", "fec0::/10", "2001::/32"), local=st.booleans())
def test_no_such_ipv6_address_is_ever_reached(address: IPv6Address, local: bool) -> None:
    assert refusal(address, local=local)


@given(address=v6_in("fc00::/7", "::1/128", "2001:db8::/32"))
def test_no_private_ipv6_address_is_reached_without_the_mark(address: IPv6Address) -> None:
    assert refusal(address, local=False)


@given(inner=st.ip_addresses(v=4).map(IPv4Address), local=st.booleans())
def test_ipv6_clothes_never_open_what_the_ipv4_address_inside_may_not(inner: IPv4Address, local: bool) -> None:
    plain = refusal(inner, local=local)
    for kind, address in clothes(inner).items():
        dressed = refusal(address, local=local)
        if plain is not None and not (kind == "compatible" and local and address == IPv6Address("::1")):
            assert dressed, f"{kind} {address} means {inner}"


@given(inner=v4_in(IPv4Network("8.0.0.0/9")))
def test_an_ipv6_only_network_reaches_public_ipv4_addresses_by_nat64(inner: IPv4Address) -> None:
    assert refusal(clothes(inner)["NAT64"], local=False) is None


SPELLINGS_OF_LOOPBACK = (
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "0x7f000001",
    "0x7F.0x0.0x0.0x1",
    "2130706433",
    "017700000001",
    "0177.0.0.01",
    "127.00.00.01",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[2002:7f00:1::]",
    "[64:ff9b::7f00:1]",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "api.localhost",
    "api.localhost.",
)


@pytest.mark.parametrize("host", SPELLINGS_OF_LOOPBACK)
def test_no_spelling_of_this_machine_passes_without_the_mark(host: str) -> None:
    with pytest.raises(Unprocessable, match="mark the connection as local"):
        check_url(f"https://{host}:8443/v1", local=False)
    check_url(f"http://{host}:8080/v1", local=True)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "0251.0376.0251.0376",
        "169.254.43518",
        "[::ffff:169.254.169.254]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[fd00:ec2::254%25eth0]",
        "100.100.100.200",
        "0",
        "0.0.0.0",
        "[::]",
    ],
)
@pytest.mark.parametrize("local", [True, False])
def test_no_spelling_of_a_metadata_address_passes_at_all(host: str, local: bool) -> None:
    with pytest.raises(Unprocessable):
        check_url(f"https://{host}/latest/meta-data", local=local)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "is not a URL"),
        ("api.example.com/v1", "is not a URL"),
        ("ftp://api.example.com", "is not a URL"),
        ("file:///etc/passwd", "is not a URL"),
        ("https://", "is not a URL"),
        ("https:///v1", "is not a URL"),
        ("https://a\0b.example", "is not a URL"),
        ("https://127.0.0.1 evil.example", "is not a URL"),
        ("https://api.example.com:99999", "is not a URL"),
        ("https://api.example.com:port", "is not a URL"),
        ("https://[::1", "is not a URL"),
        ("https://user:pass@api.example.com", "put credentials into apiKey"),
        ("https://api.example.com\\@169.254.169.254/", "put credentials into apiKey"),
        ("http://api.example.com", "plain http would show the key"),
    ],
)
def test_what_is_no_upstream_address_is_refused_with_the_reason(url: str, words: str) -> None:
    with pytest.raises(Unprocessable, match=words) as caught:
        check_url(url, local=False)
    assert caught.value.param == "baseUrl"


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "HTTPS://API.EXAMPLE.COM", "https://8.8.8.8:8443"])
def test_public_addresses_pass(url: str) -> None:
    check_url(url, local=False)


@given(text=st.text(max_size=40), local=st.booleans())
def test_any_text_passes_or_is_refused_and_nothing_else_happens(text: str, local: bool) -> None:
    for url in (text, f"https://{text}"):
        try:
            check_url(url, local=local)
        except Unprocessable:
            continue


async def test_a_real_name_of_this_machine_is_resolved_and_refused() -> None:
    with pytest.raises(Refused, match=r"localhost: .* is a private address"):
        await resolve("localhost", local=False, lookup=system_lookup)


async def test_a_real_name_of_this_machine_is_resolved_for_what_is_marked_local() -> None:
    assert "127.0.0.1" in await resolve("localhost", local=True, lookup=system_lookup)


@pytest.mark.parametrize("spelling", ["127.0.0.1", "::1", "10.1.1.1", "0x7f.1", "2130706433", "127.1", "0177.0.0.1"])
async def test_a_number_that_leads_to_this_machine_or_its_network_is_refused_where_no_name_is_asked(
    spelling: str,
) -> None:
    with pytest.raises(Refused):
        await resolve(spelling, local=False, lookup=system_lookup)
    (found,) = await resolve(spelling, local=True, lookup=system_lookup)
    assert refusal(ipaddress.ip_address(found), local=True) is None


@pytest.mark.parametrize("host", ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1%lo", "fd00:ec2::254"])
async def test_a_metadata_address_as_a_number_is_refused_whatever_is_marked(host: str) -> None:
    with pytest.raises(Refused, match="never allowed"):
        await resolve(host, local=True, lookup=system_lookup)
    with pytest.raises(Refused, match="never allowed"):
        check_host(host, local=True)


def test_a_host_that_somebody_else_will_look_up_is_judged_by_its_text() -> None:
    for host in ("localhost", "127.0.0.1", "10.0.0.1", "2130706433"):
        with pytest.raises(Refused):
            check_host(host, local=False)
        check_host(host, local=True)
    check_host("api.example.com", local=False)


def names(*answers: Sequence[str]) -> Lookup:
    """A name server that gives another answer each time."""
    coming = iter(answers)

    async def lookup(_host: str) -> Sequence[str]:
        return next(coming)

    return lookup


async def test_a_name_that_turns_private_after_it_was_checked_is_refused_at_its_next_use() -> None:
    lookup = names(["93.184.215.14"], ["169.254.169.254"], ["127.0.0.1"], ["::ffff:10.0.0.1"])
    assert await resolve("rebind.example", local=False, lookup=lookup) == ["93.184.215.14"]
    for _ in range(3):
        with pytest.raises(Refused):
            await resolve("rebind.example", local=False, lookup=lookup)


async def test_of_a_mixed_answer_only_the_allowed_addresses_are_left() -> None:
    lookup = names(["10.0.0.1", "8.8.8.8", "fe80::1%3", "2606:4700:4700::1111"])
    assert await resolve("mixed.example", local=False, lookup=lookup) == ["8.8.8.8", "2606:4700:4700::1111"]


async def test_an_answer_without_addresses_is_refused() -> None:
    with pytest.raises(Refused, match="no address"):
        await resolve("empty.example", local=False, lookup=names([]))
