"""Request heads: spelled as servers want them, and nothing in a value can get out of its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute import __version__
from omniroute.upstream.heads import Origin, Unsendable, spell


def head(url: str, headers: dict[str, str] | None = None, proxy: str | None = None) -> bytes:
    return spell(url, headers or {}, local=False, proxy=proxy).post


def test_a_head_is_spelled_once_and_ends_where_the_length_goes() -> None:
    spelled = spell("https://api.example/v1/chat?x=1", {"Authorization": "Bearer k"}, local=False, proxy=None)
    lines = [
        "POST /v1/chat?x=1 HTTP/1.1",
        "host: api.example",
        f"user-agent: omniroute/{__version__}",
        "accept: */*",
        "accept-encoding: identity",
        "content-type: application/json",
        "authorization: Bearer k",
        "content-length: ",
    ]
    assert spelled.post.decode() == "\r\n".join(lines)
    assert spelled.get.decode() == "\r\n".join(["GET" + lines[0][4:], *lines[1:-1], "", ""])
    assert spelled.origin == Origin("https", "api.example", 443, False, None)
    assert "Bearer" not in repr(spelled)


def test_an_endpoints_own_header_stands_in_place_of_the_default() -> None:
    text = head("https://api.example/", {"User-Agent": "mine", "CONTENT-TYPE": "text/plain"})
    assert text.count(b"user-agent") == text.count(b"content-type") == 1
    assert b"user-agent: mine\r\n" in text


@pytest.mark.parametrize(
    ("url", "host", "port", "shown"),
    [
        ("https://api.example", "api.example", 443, "api.example"),
        ("https://api.example:443/", "api.example", 443, "api.example"),
        ("http://api.example:443/", "api.example", 443, "api.example:443"),
        ("http://API.Example:8080/v1", "api.example", 8080, "api.example:8080"),
        ("http://[::1]:8080/", "::1", 8080, "[::1]:8080"),
        ("http://[2606:4700::1]/", "2606:4700::1", 80, "[2606:4700::1]"),
        ("https://bücher.example/", "xn--bcher-kva.example", 443, "xn--bcher-kva.example"),
        ("https://例え.テスト:8443/", "xn--r8jz45g.xn--zckzah", 8443, "xn--r8jz45g.xn--zckzah:8443"),
        ("http://my_service.local/", "my_service.local", 80, "my_service.local"),
        ("http://api.example./", "api.example.", 80, "api.example."),
    ],
)
def test_hosts_are_spelled_in_ascii_with_the_port_that_does_not_go_without_saying(
    url: str, host: str, port: int, shown: str
) -> None:
    spelled = spell(url, {}, local=False, proxy=None)
    assert (spelled.origin.host, spelled.origin.port) == (host, port)
    assert f"\r\nhost: {shown}\r\n".encode() in spelled.post


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://a.example", "/"),
        ("https://a.example?x=1", "/?x=1"),
        ("https://a.example/a%2Fb/c:generate?alt=sse#part", "/a%2Fb/c:generate?alt=sse"),
        ("https://a.example/a b/é?q=ü&r=[1]", "/a%20b/%C3%A9?q=%C3%BC&r=[1]"),
    ],
)
def test_targets_are_kept_as_written_but_for_what_no_request_can_carry(url: str, target: str) -> None:
    assert head(url).startswith(f"POST {target} HTTP/1.1\r\n".encode())


@pytest.mark.parametrize(
    "url",
    ["", "api.example", "ftp://a.example", "https://", "https://a b.example/", "https://a..example/",
     f"https://{'a' * 64}.example/", "https://[fe80::1%25eth0]/", "https://a.example:99999/", "https://a<b/",
     "https://[::1", "http://a.example:port/"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Unsendable):
        head(url)


@pytest.mark.parametrize(
    "headers",
    [
        {"x": "a\r\nhost: evil"},
        {"x": "a\nb"},
        {"x": "a\rb"},
        {"x": "a\0b"},
        {"x": "snow ☃"},
        {"x\r\ny": "a"},
        {"x y": "a"},
        {"x:": "a"},
        {"": "a"},
        {"Content-Length": "5"},
        {"Transfer-Encoding": "chunked"},
        {"Host": "evil.example"},
        {"Connection": "close"},
    ],
)
def test_a_header_that_could_break_the_request_is_refused_and_its_value_not_shown(headers: dict[str, str]) -> None:
    with pytest.raises(Unsendable) as caught:
        head("https://a.example/", headers)
    assert "evil" not in str(caught.value)


@given(name=st.text(max_size=20), value=st.text(max_size=40), path=st.text(max_size=40))
def test_nothing_in_a_header_or_path_gets_out_of_its_line(name: str, value: str, path: str) -> None:
    plain = head("https://a.example/", {"x-own": "v"})
    try:
        text = head(f"https://a.example/{path}", {f"x-{name}": value})
    except Unsendable:
        return
    assert text.count(b"\r\n") == text.count(b"\n") == text.count(b"\r") == plain.count(b"\r\n")
    assert text.split(b"\r\n")[0].count(b" ") == 2


def test_a_plain_request_through_a_proxy_names_its_whole_address() -> None:
    spelled = spell("http://a.example/x?y", {}, local=False, proxy="http://u:p@proxy.example:3128")
    assert spelled.post.startswith(b"POST http://a.example/x?y HTTP/1.1\r\nhost: a.example\r\n")
    assert b"\r\nproxy-authorization: Basic dTpw\r\n" in spelled.post


def test_a_proxys_credentials_never_go_to_the_host_behind_it() -> None:
    spelled = spell("https://a.example/", {}, local=False, proxy="http://u:p@proxy.example:3128")
    assert b"proxy" not in spelled.post
