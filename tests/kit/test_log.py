"""Logging: secrets are taken out wherever they turn up, and what is written is a line of JSON each."""

import json
import logging
import subprocess
import sys
import textwrap
from collections.abc import MutableMapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from omniroute.kit.log import Redactor

KNOWN = "pässwort-of-a-provider\\with\"quotes'"
PATTERNED = (
    "sk-proj-abcdefghijklmnopqrstuvwxyz",
    "sk-ant-api03-AAAAAAAAAAAAAAAA_BBBB-cccc",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc123",
)


def redactor() -> Redactor:
    made = Redactor()
    made.know(frozenset({KNOWN, "short"}))
    return made


def cleaned(**event: Any) -> MutableMapping[str, Any]:
    return redactor()(None, "info", event)


@pytest.mark.parametrize("secret", [KNOWN, *PATTERNED])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: s,
        lambda s: f"before {s} after",
        lambda s: {"headers": {"authorization": s}},
        lambda s: {s: 1},
        lambda s: [{"deep": [(s,)]}],
        lambda s: {s},
        lambda s: frozenset({s}),
        lambda s: s.encode(),
        lambda s: bytearray(s.encode()),
        lambda s: ValueError(f"refused: {s}"),
        lambda s: KeyError("refused", {"k": s.encode().decode()}) if "\\" not in s else ValueError(s),
    ],
)
def test_a_secret_is_taken_out_of_every_kind_of_value(secret: str, wrap: Any) -> None:
    text = json.dumps(cleaned(event="it happened", value=wrap(secret)), ensure_ascii=False)
    assert secret.removeprefix("Bearer ")[:14] not in text
    assert "[redacted]" in text


def test_a_key_in_an_address_is_taken_out_of_text_and_of_url_objects() -> None:
    url = "https://generativelanguage.example/v1beta/models/x:generateContent?alt=sse&key=abcdef123456"
    event = cleaned(event=url, url=URL(url))
    assert "abcdef123456" not in str(event)
    assert event["event"].endswith("&key=[redacted]")


def test_short_secrets_are_left_alone_as_they_would_blank_ordinary_words() -> None:
    assert cleaned(event="a short story")["event"] == "a short story"


@pytest.mark.parametrize("text", ["disk-usage-of-the-whole-volume", "risk-assessment-report-2024", "ask-me"])
def test_ordinary_words_stay(text: str) -> None:
    assert redactor().clean(text) == text


def test_plain_values_keep_their_kind() -> None:
    event = cleaned(event="x", number=1, part=0.5, flag=True, nothing=None, names=["a"], more={"b": 2})
    assert event == {
        "event": "x",
        "number": 1,
        "part": 0.5,
        "flag": True,
        "nothing": None,
        "names": ["a"],
        "more": {"b": 2},
    }


@given(before=st.text(max_size=20), secret=st.text(min_size=8, max_size=30), after=st.text(max_size=20))
def test_any_known_secret_is_taken_out_of_any_text(before: str, secret: str, after: str) -> None:
    made = Redactor()
    made.know(frozenset({secret}))
    text = made.clean(before + secret + after)
    assert secret not in text.replace("[redacted]", "\0")


def test_knowing_new_secrets_forgets_the_old() -> None:
    made = redactor()
    made.know(frozenset({"another-secret"}))
    assert made.clean(f"{KNOWN} another-secret") == f"{KNOWN} [redacted]"


SCRIPT = """
import logging, sys
import structlog
from omniroute.kit.log import configure, redactor

configure(level={level!r}, style={style!r})
redactor.know(frozenset({{"the-known-secret"}}))
log = structlog.get_logger("test")
log.debug("quiet")
log.info("plain ☃ the-known-secret", value={{"deep": ["the-known-secret"]}}, odd="\\ud800", url=b"the-known-secret")
def call(password):
    raise RuntimeError("failed with the-known-secret and " + password)
try:
    call("sk-abcdefghijklmnopqrstuvwxyz")
except RuntimeError:
    log.exception("went wrong")
library = logging.getLogger("a.library")
library.warning("50%% of %s", "the-known-secret")
library.log(25, "a level of its own")
try:
    call("sk-abcdefghijklmnopqrstuvwxyz")
except RuntimeError:
    library.exception("library trouble")
"""


def logged(level: str, style: str) -> str:
    """Return what a process writes that logs all kinds of things."""
    script = textwrap.dedent(SCRIPT).format(level=level, style=style)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b""
    return done.stderr.decode()


@pytest.mark.parametrize("style", ["json", "auto"])
def test_json_output_is_one_object_a_line_without_secrets(style: str) -> None:
    text = logged("info", style)
    assert "known-secret" not in text
    assert "abcdefghijkl" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["level"], line["event"]) for line in lines] == [
        ("info", "plain ☃ [redacted]"),
        ("error", "went wrong"),
        ("warning", "50% of [redacted]"),
        ("info", "a level of its own"),
        ("error", "library trouble"),
    ]
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert lines[0]["value"] == {"deep": ["[redacted]"]}
    assert "RuntimeError: failed with [redacted]" in lines[1]["exception"]
    assert "RuntimeError" in lines[4]["exception"]


def test_human_output_has_no_secrets_either() -> None:
    text = logged("debug", "human")
    assert "quiet" in text
    assert "known-secret" not in text
    assert "abcdefghijkl" not in text
    assert "Traceback" in text


@pytest.mark.parametrize(("level", "count"), [("debug", 6), ("warning", 3), ("error", 2)])
def test_the_level_says_what_is_written(level: str, count: int) -> None:
    assert len(logged(level, "json").splitlines()) == count


def test_the_standard_levels_are_known_to_the_bridge() -> None:
    assert set(logging.getLevelNamesMapping()) >= {"DEBUG", "INFO", "WARNING", "ERROR"}
