"""What a call may use at most, before it is made, and what it used, where its provider did not say.

Before the call, more rather than less: a token for every three bytes, which is more than English, code or Chinese come
to, and the most that the answer may have. After it, about what it came to: a token for every four characters.
"""

from dataclasses import replace
from typing import Any

from omniroute.formats.counting import measure
from omniroute.formats.hub import Format, Usage
from omniroute.gateway.attempt import hub_request
from omniroute.gateway.call import Call
from omniroute.gateway.facts import LETTERS_A_TOKEN, facts_of
from omniroute.gateway.places import Most
from omniroute.gateway.snapshot import Plan
from omniroute.kit import json
from omniroute.upstream.prices import dearest_nano, most_nano
from omniroute.upstream.rates import Rate

_BYTES_A_TOKEN = 3
# What a chat template adds for a message, and more.
_PER_MESSAGE = 8
_OUTPUT_FIELDS = ("max_completion_tokens", "max_tokens")
# Fields of an OpenAI chat body that the model reads besides its messages.
_READ_TOO = ("tools", "functions", "response_format")
_MOST_CHOICES = 128


def most_of(call: Call, default_output: int) -> Most:
    """Return the most that a call may use. An answer for which nobody named a most has `default_output`."""
    if call.operation is not None:
        most = call.operation.most
        return Most(input=most.input or 0, output=most.output or 0, usage=most)
    plain = _plain(call.body) if call.codec.format is Format.OPENAI_CHAT else None
    if plain is not None:
        return Most(input=plain, output=_output(call.body) or default_output * _choices(call.body.get("n")))
    request = hub_request(call)
    measured = measure(request)
    size = sum(map(_bytes, measured.texts))
    asked = request.sampling.max_tokens or default_output
    return Most(input=_tokens(size) + measured.tokens, output=asked * _choices(request.sampling.n))


def _plain(body: dict[str, Any]) -> int | None:
    """Return the most input tokens of an OpenAI chat body with nothing but text in it, None for any other."""
    size = count = 0
    for message in body["messages"]:
        content = message.get("content")
        if not isinstance(content, str) or "tool_calls" in message:
            return None
        size += _bytes(content)
        count += 1
    for name in _READ_TOO:
        if (value := body.get(name)) is not None:
            size += len(json.dumps(value))
    return _tokens(size) + _PER_MESSAGE * count


def _output(body: dict[str, Any]) -> int | None:
    for name in _OUTPUT_FIELDS:
        value = body.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value * _choices(body.get("n"))
    return None


def _choices(count: object) -> int:
    return max(1, min(count, _MOST_CHOICES)) if isinstance(count, int) else 1


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _tokens(size: int) -> int:
    return -(-size // _BYTES_A_TOKEN)


def dearest(plan: Plan, most: Most, service: str | None) -> tuple[int | None, str | None]:
    """Return the most that a call can cost at the dearest target of its plan, in nano-dollars, and by which price list.

    None twice when no price is known. Where some targets have a known price, those that have none count nothing.
    """
    if plan.is_single:
        rate = plan.routes[0].target.rate
        cost = _cost(rate, most, service)
        return cost, None if rate is None or cost is None else rate.version
    rates = {id(rate): rate for route in plan.routes if (rate := route.target.rate) is not None}
    costs = ((cost, rate.version) for rate in rates.values() if (cost := _cost(rate, most, service)) is not None)
    return max(costs, default=(None, None))


def _cost(rate: Rate | None, most: Most, service: str | None) -> int | None:
    """Return the most that a call can cost at a rate. A vendor may choose a dearer service tier only when asked to."""
    served = None if rate is None else rate.under(service)
    if served is None:
        return None
    return most_nano(served, most.input, most.output) if most.usage is None else dearest_nano(served, most.usage)


def is_unknown(plan: Plan, service: str | None) -> bool:
    """Whether the price of any target of a plan is not known."""
    return any((rate := route.target.rate) is None or rate.under(service) is None for route in plan.routes)


# ── after the call ──────────────────────────────────────────────────────────────────────────────────────────────


def complete(call: Call) -> None:
    """Fill in what the provider of a call did not say of its usage, and mark it as estimated.

    Nothing is made up for a call that no provider was asked for, or that failed before it said anything.
    """
    if call.usage_source == "final" or call.trying is None:
        return
    if call.operation is not None:
        if call.outcome == "client_closed" and call.usage is None:
            call.target, call.usage, call.usage_source = call.trying, call.operation.likely, "estimated"
        return
    left = call.outcome == "client_closed"
    if call.target is None:
        if not left:
            return
        call.target = call.trying  # the answer was on its way when the client left
    elif not (left or call.outcome in {"ok", "truncated"}):
        return
    told = call.usage or Usage()
    heard = -(-call.letters // LETTERS_A_TOKEN)
    output = max(told.output or 0, heard)
    if told.input is not None and told.output == output:
        return
    given = told.input if told.input is not None else facts_of(hub_request(call)).input_tokens
    call.usage = replace(told, input=given, output=output)
    call.usage_source = "estimated"
