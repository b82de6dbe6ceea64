"""The log's filter in an address, the page as a file, and the course of a request as bars."""

import csv
import io
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as some

from omniroute.ui.pages.log import placed
from omniroute.ui.pages.log_filter import LogFilter, read_filter
from omniroute.ui.pages.logs import as_csv

NOW = datetime(2030, 5, 20, 12, tzinfo=UTC)
_WORDS = some.text(some.characters(codec="utf-8"), max_size=20).map(str.strip)


@given(_WORDS, _WORDS, some.sampled_from(["", "ok", "failed"]))
def test_an_address_holds_the_whole_filter(search: str, model: str, outcome: str) -> None:
    chosen = LogFilter(search=search, model=model, outcome=outcome)
    assert read_filter(dict(parse_qsl(urlsplit(chosen.address).query))) == chosen


def test_times_are_asked_for_in_the_viewers_zone() -> None:
    chosen = LogFilter(since="2030-05-01T10:00", until="2030-05-01T11:00", after="9-x")
    asked = chosen.asked(NOW, ZoneInfo("Europe/Berlin"))
    assert asked == {"since": "2030-05-01T08:00:00+00:00", "until": "2030-05-01T09:00:00+00:00"}
    assert LogFilter(since="1h").asked(NOW, None) == {"since": "2030-05-20T11:00:00+00:00"}
    assert LogFilter(since="soon").asked(NOW, None) == {}


def test_only_requests_that_the_filter_would_list_are_news() -> None:
    event = {"model": "fast", "provider": "groq", "connectionId": "c1", "keyId": None, "status": "FAILED"}
    assert LogFilter().fits(event)
    assert LogFilter(outcome="failed", provider="groq").fits(event)
    assert not LogFilter(outcome="ok").fits(event)
    assert not LogFilter(until="2030-05-01T11:00").fits(event)


def test_a_name_that_looks_like_a_formula_is_text_in_a_spreadsheet() -> None:
    names = next(csv.reader(io.StringIO(as_csv([]))))
    row: dict[str, Any] = {**dict.fromkeys(names), "requestedModel": "=1+1", "tags": ["a", "b"], "latencyMs": -1.5}
    (_, cells) = csv.reader(io.StringIO(as_csv([row])))
    found = dict(zip(names, cells, strict=True))
    assert (found["requestedModel"], found["tags"], found["latencyMs"]) == ("'=1+1", "a b", "-1.5")


def test_tries_are_those_of_the_log() -> None:
    tries = [{"number": 1, "startedMs": 3.5, "latencyMs": 900}, {"number": 2, "startedMs": 350.0, "latencyMs": 400}]
    assert placed({"latencyMs": 1000.0, "provider": "b", "attempts": tries}) == tries


def test_an_answer_at_once_is_one_try_and_a_refusal_none() -> None:
    alone = {"latencyMs": 80.0, "provider": "b", "attempts": [], "errorKind": None}
    (only,) = placed(alone)
    assert (only["number"], only["startedMs"], only["latencyMs"], only["failure"]) == (1, 0, 80, None)
    assert placed({**alone, "provider": None}) == []
