"""What a request says besides its messages: options, form of the answer, thinking. Chat and generate share it."""

from dataclasses import dataclass, field

from omniroute.formats.hub import Json, OutputFormat, Reasoning, Request, Sampling
from omniroute.formats.losses import Losses
from omniroute.formats.reading import Fields, invalid

# Hub name → Ollama's, for what is said alike in `options`.
_OPTIONS = {
    "max_tokens": "num_predict",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "seed": "seed",
}
_UNSAYABLE = {
    "sampling.logit_bias": "Ollama has no logit_bias",
    "service_tier": "Ollama has no service tiers",
    "verbosity": "Ollama has no verbosity",
    "user": "Ollama has no field for the end user",
    "metadata": "Ollama has no metadata",
    "cache_key": "Ollama caches by itself",
    "previous_response_id": "Ollama keeps no conversations",
}
_EFFORTS = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything but the messages and the tools."""

    sampling: Sampling = field(default_factory=Sampling)
    reasoning: Reasoning | None = None
    output: OutputFormat | None = None
    stream: bool = True
    extras: Json = field(default_factory=dict)


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_settings(body: Fields) -> Settings:
    """Read them. Streaming is what Ollama does unless told otherwise."""
    options = body.child("options") or Fields({}, "options")
    sampling = _read_sampling(body, options)
    left = options.rest()
    if (most := options.integer("num_predict")) is not None and most < 0:
        left["num_predict"] = most  # -1: without end, -2: until the context is full
    stream = body.flag("stream")
    return Settings(
        sampling=sampling,
        reasoning=_read_think(body),
        output=_read_format(body),
        stream=stream is not False,
        extras={"options": left} if left else {},
    )


def _read_sampling(body: Fields, options: Fields) -> Sampling:
    most = options.integer("num_predict")
    return Sampling(
        max_tokens=most if most is not None and most >= 0 else None,
        temperature=options.number("temperature"),
        top_p=options.number("top_p"),
        top_k=options.integer("top_k"),
        min_p=options.number("min_p"),
        frequency_penalty=options.number("frequency_penalty"),
        presence_penalty=options.number("presence_penalty"),
        seed=options.integer("seed"),
        stop=options.texts("stop"),
        logprobs=body.flag("logprobs"),
        top_logprobs=body.integer("top_logprobs"),
    )


def _read_think(body: Fields) -> Reasoning | None:
    think = body.raw("think")
    if think is None or think == "":
        return None
    if isinstance(think, bool):
        return Reasoning(enabled=think)
    if not isinstance(think, str):
        raise invalid(body.at("think"), "must be true, false, low, medium or high")
    # Ollama's `think` asks for the thoughts too, which a level alone does not elsewhere.
    return Reasoning(enabled=True, effort=think.lower())


def _read_format(body: Fields) -> OutputFormat | None:
    form = body.raw("format")
    if form is None or form == "":
        return None
    if form == "json":
        return OutputFormat(kind="json")
    if not isinstance(form, dict):
        raise invalid(body.at("format"), 'must be "json" or a JSON schema')
    return OutputFormat(kind="schema", schema=form)


# ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_settings(request: Request, losses: Losses) -> Json:
    """The body's fields."""
    sampling = request.sampling
    options: Json = {name: value for key, name in _OPTIONS.items() if (value := getattr(sampling, key)) is not None}
    if sampling.stop:
        options["stop"] = list(sampling.stop)
    body: Json = {"options": options} if options else {}
    for key in ("logprobs", "top_logprobs"):
        if (value := getattr(sampling, key)) is not None:
            body[key] = value
    if (sampling.n or 1) > 1:
        losses.drop("sampling.n", "Ollama gives one answer")
    losses.drop_given(request, _UNSAYABLE)
    if request.store:
        losses.drop("store", "Ollama keeps no answers")
    if request.output is not None:
        body["format"] = _write_format(request.output, losses)
    if request.reasoning is not None:
        body |= _write_think(request.reasoning, losses)
    return body


def _write_format(output: OutputFormat, losses: Losses) -> Json | str:
    if output.description is not None:
        losses.drop("output.description", "Ollama's format is a schema alone")
    for label in ("name", "strict"):
        if getattr(output, label) is not None:
            losses.change(f"output.{label}", "Ollama holds an answer to its schema, whatever the schema's name")
    return "json" if output.schema is None else output.schema


def _write_think(reasoning: Reasoning, losses: Losses) -> Json:
    if reasoning.summary is not None:
        losses.drop("reasoning.summary", "Ollama gives no summaries of thoughts")
    if reasoning.include is False:
        losses.drop("reasoning.include", "Ollama shows what it thinks")
    if reasoning.enabled is False or reasoning.effort == "none":
        return {"think": False}
    for name, given in (("budget", reasoning.budget is not None), ("adaptive", reasoning.adaptive)):
        if given:
            losses.change(f"reasoning.{name}", "Ollama thinks or does not")
    effort = reasoning.effort
    if effort in _EFFORTS:
        if _EFFORTS[effort] != effort:
            losses.change("reasoning.effort", f"Ollama has no {effort}: {_EFFORTS[effort]}")
        return {"think": _EFFORTS[effort]}
    if effort is not None:
        losses.change("reasoning.effort", f"Ollama has no effort {effort!r}: thinking is switched on")
    on = bool(effort or reasoning.enabled or reasoning.adaptive or reasoning.budget is not None)
    return {"think": True} if on else {}
