"""How a credential is shown: one header a scheme, nothing that could break out of it."""

import pytest

from omniroute.formats.hub import Format
from omniroute.kit.errors import Invalid
from omniroute.kit.secret import Secret
from omniroute.upstream.auth import SCHEMES, Scheme, headers_for


@pytest.mark.parametrize(
    ("spoken", "expected"),
    [
        (Format.OPENAI_CHAT, {"authorization": "Bearer sk-1"}),
        (Format.OPENAI_RESPONSES, {"authorization": "Bearer sk-1"}),
        (Format.ANTHROPIC, {"x-api-key": "sk-1", "anthropic-version": "2023-06-01"}),
        (Format.GEMINI, {"x-goog-api-key": "sk-1"}),
        (Format.OLLAMA, {"authorization": "Bearer sk-1"}),
    ],
)
def test_each_format_gets_the_key_where_its_vendor_looks(spoken: Format, expected: dict[str, str]) -> None:
    assert headers_for(spoken, Secret("sk-1")) == expected


def test_every_format_has_a_scheme() -> None:
    assert set(SCHEMES) == set(Format)


def test_a_scheme_can_differ_from_the_formats_own() -> None:
    assert headers_for(Format.ANTHROPIC, Secret("t"), scheme=Scheme.BEARER) == {
        "authorization": "Bearer t",
        "anthropic-version": "2023-06-01",
    }


def test_without_a_key_or_a_scheme_no_credential_is_sent() -> None:
    assert headers_for(Format.OPENAI_CHAT, None) == {}
    assert headers_for(Format.OLLAMA, Secret("unused"), scheme=Scheme.NONE) == {}


def test_custom_headers_win_over_the_made_ones_whatever_their_case() -> None:
    extra = {"Authorization": Secret("Custom abc"), "X-Team": Secret("blue")}
    assert headers_for(Format.OPENAI_CHAT, Secret("sk-1"), extra) == {"authorization": "Custom abc", "x-team": "blue"}


@pytest.mark.parametrize("bad", ["a\r\nx-evil: 1", "a\nb", "a\rb", "a\0b", "a\x7f", "naïve", "ключ", "", "  "])
def test_a_value_that_a_header_cannot_carry_is_refused_and_not_shown(bad: str) -> None:
    for secret, extra in ((Secret(bad), None), (None, {"x-token": Secret(bad)})):
        with pytest.raises(Invalid) as refusal:
            headers_for(Format.OPENAI_CHAT, secret, extra)
        assert not bad.strip() or bad not in refusal.value.message


@pytest.mark.parametrize("name", ["", "two words", "a:b", "a\r\nb", "héader", "x\0"])
def test_a_name_that_is_no_header_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        headers_for(Format.OPENAI_CHAT, None, {name: Secret("v")})


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "connection", "TE"])
def test_a_header_that_frames_the_message_or_names_the_target_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        headers_for(Format.OPENAI_CHAT, None, {name: Secret("v")})
