"""One case asked of one model, and its answer judged."""

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from omniroute.services.evals.checks import Answer, faults
from omniroute.services.evals.suites import Case, Judge
from omniroute.services.playground import Ask, PlaygroundEnd, chat

_JUDGE = """\
You judge an answer. Say PASS when it does what the rubric demands, FAIL otherwise: one of the two words alone.

Rubric: {rubric}

Question: {question}

Answer: {answer}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An answer and what is wrong with it. `error` is why there is none; the cost includes that of the judges."""

    answer: Answer
    faults: tuple[str, ...]
    error: str | None = None
    request_id: str | None = None


async def ask(send: Ask, case: Case, model: str, judge: str | None) -> Judged:
    """Ask a model, check its answer, and have it judged where the case wants that."""
    text, end = await _sent(send, _body(case, model))
    if end is None or end.error is not None or end.outcome != "ok":
        error = (end.error if end else None) or "the answer broke off"
        return Judged(
            answer=Answer(text=text, cost_usd=end.cost_usd if end else None),
            faults=(),
            error=error,
            request_id=end.request_id if end else None,
        )
    answer = Answer(
        text=text,
        calls=tuple((call.name, call.arguments) for call in end.calls),
        latency_ms=end.latency_ms,
        cost_usd=end.cost_usd,
    )
    found, cost = await _judged(send, case, answer, judge)
    return Judged(
        answer=Answer(text=text, calls=answer.calls, latency_ms=end.latency_ms, cost_usd=_sum(end.cost_usd, cost)),
        faults=(*faults(case, answer), *found),
        request_id=end.request_id,
    )


async def handed_in(send: Ask, case: Case, text: str, judge: str | None) -> Judged:
    """Check an answer that was got elsewhere."""
    answer = Answer(text=text)
    found, cost = await _judged(send, case, answer, judge)
    return Judged(answer=Answer(text=text, cost_usd=cost), faults=(*faults(case, answer), *found))


async def _judged(send: Ask, case: Case, answer: Answer, judge: str | None) -> tuple[list[str], Decimal | None]:
    """Ask the judges that a case names; return what they find wrong, and what they cost."""
    found: list[str] = []
    cost: Decimal | None = None
    for demand in (check.judge for check in case.checks if check.judge is not None):
        verdict, spent = await _verdict(send, demand, case, answer, judge)
        cost = _sum(cost, spent)
        if verdict is not None:
            found.append(verdict)
    return found, cost


async def _verdict(
    send: Ask, demand: Judge, case: Case, answer: Answer, judge: str | None
) -> tuple[str | None, Decimal | None]:
    model = demand.model or judge
    if model is None:
        return "a judge is needed: name a model for it", None
    question = _JUDGE.format(rubric=demand.rubric, question=case.input, answer=answer.text)
    said, end = await _sent(send, chat(model, [{"role": "user", "content": question}]))
    cost = end.cost_usd if end else None
    if end is None or end.error is not None:
        return f"the judge {model} did not answer: {end.error if end else 'it broke off'}", cost
    words = said.upper()
    return (None if "PASS" in words and "FAIL" not in words else f"the judge {model} says no: {demand.rubric}"), cost


async def _sent(send: Ask, body: Mapping[str, Any]) -> tuple[str, PlaygroundEnd | None]:
    text: list[str] = []
    end: PlaygroundEnd | None = None
    async with aclosing(send(body)) as answer:
        async for news in answer:
            text.append(news.text)
            end = news.end or end
    return "".join(text), end


def _body(case: Case, model: str) -> Mapping[str, Any]:
    system = [{"role": "system", "content": case.system}] if case.system else []
    body = chat(model, [*system, {"role": "user", "content": case.input}])
    # Zero is what repeats best; models that refuse it are asked again without, as every request is.
    body["temperature"] = 0 if case.temperature is None else case.temperature
    if case.tools:
        body["tools"] = case.tools
    if case.max_tokens is not None:
        body["max_tokens"] = case.max_tokens
    return body


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return one if other is None else other if one is None else one + other
