"""Suites as YAML files: those that come with the gateway, and the operator's own in `evals/` of the data folder.

A file that is wrong is left out of the list, and said by name and line when it is asked for.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec
import yaml
from msgspec import Meta, Struct

from omniroute.kit.errors import Invalid, NotFound

SHIPPED = Path(__file__).with_name("suites")

Id = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}\Z")]
Text = Annotated[str, Meta(min_length=1, max_length=100_000)]
Positive = Annotated[float, Meta(gt=0)]


class _Strict(Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """A part of a suite's file; what it does not know is refused by name."""


class Number(_Strict, frozen=True):
    """The last number of the answer is `value`, give or take `tolerance`."""

    value: float
    tolerance: Annotated[float, Meta(ge=0)] = 0.0


class WantedCall(_Strict, frozen=True):
    """The model calls a tool by this name, with at least these arguments."""

    name: Text
    arguments: dict[str, Any] = {}


class Judge(_Strict, frozen=True):
    """Another model is asked whether the answer does what `rubric` says; `model` None: the run's judge."""

    rubric: Text
    model: Text | None = None


class Check(_Strict, frozen=True):
    """One or more demands on an answer; all of them must hold. Texts are compared without outer white space."""

    exact: str | None = None
    contains: list[Text] | Text | None = None
    absent: list[Text] | Text | None = None
    regex: Text | None = None
    json_schema: dict[str, Any] | None = None
    tool_call: WantedCall | None = None
    number: Number | None = None
    judge: Judge | None = None
    latency_ms: Positive | None = None
    cost_usd: Positive | None = None


class Case(_Strict, frozen=True):
    """A question and what its answer must be. `model` only suggests one."""

    id: Id
    name: Text
    input: Text
    checks: Annotated[list[Check], Meta(min_length=1)]
    system: Text | None = None
    tools: list[dict[str, Any]] = []
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    model: Text | None = None
    tags: list[Text] = []


class Suite(_Strict, frozen=True):
    """A named list of cases."""

    id: Id
    name: Text
    cases: Annotated[list[Case], Meta(min_length=1, max_length=10_000)]
    description: str = ""


def parse(text: str, where: str) -> Suite:
    """Read a suite; raise Invalid saying what is wrong and where."""
    try:
        for event in yaml.parse(text, yaml.SafeLoader):
            # By aliases a small file can become huge.
            if isinstance(event, yaml.AliasEvent):
                raise Invalid(f"{where}: aliases, such as *{event.anchor}, are not taken.")
        suite = msgspec.convert(yaml.safe_load(text), Suite)
    except yaml.YAMLError as error:
        raise Invalid(f"{where} is not YAML: {' '.join(str(error).split())}.") from error
    except msgspec.ValidationError as error:
        raise Invalid(f"{where}: {error}.") from error
    ids = [case.id for case in suite.cases]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise Invalid(f"{where}: the case {twice[0]} is there twice; every case needs an id of its own.")
    return suite


class Suites:
    """All suites, looked up in files; what an operator changes there is seen at once."""

    def __init__(self, own: Path) -> None:
        """`own` is the folder of the operator's suites; it need not be there."""
        self._own = own

    def all(self) -> list[Suite]:
        """Return those that can be read, the shipped ones first."""
        return [*_shipped().values(), *self._readable()]

    def get(self, suite_id: str) -> Suite:
        """Return one; raise NotFound, or Invalid for an own one that cannot be read."""
        if suite_id in _shipped():
            return _shipped()[suite_id]
        for path in self._files():
            if path.stem == suite_id:
                return self._read(path)
        known = ", ".join(suite.id for suite in self.all())
        raise NotFound(f"There is no such suite; there are {known}, and any YAML file put into {self._own}.")

    def _files(self) -> list[Path]:
        return sorted(self._own.glob("*.yaml"))

    def _readable(self) -> Iterable[Suite]:
        for path in self._files():
            try:
                suite = self._read(path)
            except Invalid:
                continue
            if suite.id not in _shipped():
                yield suite

    def _read(self, path: Path) -> Suite:
        suite = parse(path.read_text(encoding="utf-8"), path.name)
        if suite.id != path.stem:
            raise Invalid(f"{path.name}: its id is {suite.id}; name the file {suite.id}.yaml.")
        return suite


@cache
def _shipped() -> Mapping[str, Suite]:
    suites = [parse(path.read_text(encoding="utf-8"), path.name) for path in sorted(SHIPPED.glob("*.yaml"))]
    return {suite.id: suite for suite in suites}
