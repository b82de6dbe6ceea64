"""Whether an answer is what a case demands. Pure; what needs another model is left to the caller."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import jsonschema_rs

from omniroute.kit import json
from omniroute.kit.json import BadJson
from omniroute.services.evals.suites import Case, Check, Number, WantedCall

_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_FENCE = re.compile(r"\A```[a-z]*\n(.*)\n```\Z", re.DOTALL)
_LONGEST_SHOWN = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model answered. `calls` are the tools it called: name and arguments as text; None means not known."""

    text: str
    calls: Sequence[tuple[str, str]] = ()
    latency_ms: float | None = None
    cost_usd: Decimal | None = None


def faults(case: Case, answer: Answer) -> list[str]:
    """Return what is wrong with an answer, in words; empty when every demand holds. Judges are not asked here."""
    return [fault for check in case.checks for fault in _faults(check, answer)]


def _faults(check: Check, answer: Answer) -> Iterator[str]:
    text = answer.text.strip()
    if check.exact is not None and text != check.exact.strip():
        yield f"expected exactly {_shown(check.exact)}, got {_shown(text)}"
    for wanted in _several(check.contains):
        if wanted.casefold() not in text.casefold():
            yield f"expected it to contain {_shown(wanted)}"
    for unwanted in _several(check.absent):
        if unwanted.casefold() in text.casefold():
            yield f"expected it not to contain {_shown(unwanted)}"
    if check.regex is not None and re.search(check.regex, text) is None:
        yield f"expected it to match {_shown(check.regex)}"
    if check.json_schema is not None:
        yield from _of_schema(check.json_schema, text)
    if check.tool_call is not None:
        yield from _of_call(check.tool_call, answer.calls)
    if check.number is not None:
        yield from _of_number(check.number, text)
    yield from _of_bounds(check, answer)


def _of_schema(schema: Mapping[str, Any], text: str) -> Iterator[str]:
    fenced = _FENCE.match(text)
    try:
        value = json.loads(fenced[1] if fenced else text)
    except BadJson:
        yield f"expected JSON, got {_shown(text)}"
        return
    try:
        jsonschema_rs.validator_for(dict(schema), retriever=_nothing_elsewhere).validate(value)
    except jsonschema_rs.ValidationError as error:
        yield f"expected JSON of the schema: {error.message}"


def _nothing_elsewhere(uri: str) -> Any:
    # A schema that names another by its address must not make the gateway fetch it.
    raise LookupError(f"{uri} is not part of the schema")


def _of_call(wanted: WantedCall, calls: Sequence[tuple[str, str]]) -> Iterator[str]:
    named = [arguments for name, arguments in calls if name == wanted.name]
    if not named:
        yield f"expected a call of {wanted.name}, got {', '.join(name for name, _ in calls) or 'none'}"
    elif not any(_holds(wanted.arguments, arguments) for arguments in named):
        yield f"expected {wanted.name} to be called with {_shown(json.dumps(wanted.arguments).decode())}"


def _holds(wanted: Mapping[str, Any], arguments: str) -> bool:
    try:
        given = json.loads(arguments or "{}")
    except BadJson:
        return False
    return isinstance(given, dict) and all(given.get(name) == value for name, value in wanted.items())


def _of_number(wanted: Number, text: str) -> Iterator[str]:
    found = _NUMBER.findall(text)
    if not found:
        yield f"expected the number {wanted.value:g}, got {_shown(text)}"
    elif abs(float(found[-1].replace(",", "")) - wanted.value) > wanted.tolerance:
        yield f"expected the number {wanted.value:g}, got {found[-1]}"


def _of_bounds(check: Check, answer: Answer) -> Iterator[str]:
    if check.latency_ms is not None and (answer.latency_ms or 0) > check.latency_ms:
        yield f"took {answer.latency_ms:.0f} ms, more than {check.latency_ms:.0f}"
    if check.cost_usd is not None and (answer.cost_usd or 0) > check.cost_usd:
        yield f"cost {answer.cost_usd:f} USD, more than {check.cost_usd:g}"


def _several(wanted: Sequence[str] | str | None) -> Sequence[str]:
    return [wanted] if isinstance(wanted, str) else wanted or []


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return f'"{line[:_LONGEST_SHOWN]}{"…" if len(line) > _LONGEST_SHOWN else ""}"'
