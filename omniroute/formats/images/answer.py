"""Pictures as an answer: fetched where the client wants the bytes, put into an address where it wants one."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from omniroute.formats.exchange import Ask, Talk, nonsense, numbered
from omniroute.formats.hub import Json, Usage
from omniroute.formats.images.request import ImageRequest, picture_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: its bytes in base64, or where they lie. `revised` is the prompt that was really drawn."""

    data: str | None = None
    url: str | None = None
    revised: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What was made. `shown` are fields of the answer that tell how (size, quality, background)."""

    pictures: tuple[Picture, ...]
    usage: Usage | None = None
    shown: Json | None = None


def fitted(request: ImageRequest, talk: Talk[Pictures]) -> Talk[Pictures]:
    """Go through a talk, and spell its pictures as the client wants them; those that lie elsewhere are fetched."""
    made = yield from talk
    if not made.pictures:
        raise nonsense("has no picture in it")
    pictures = list(made.pictures)
    if request.spelling == "b64_json":
        away = [number for number, one in enumerate(pictures) if one.data is None]
        told = (yield tuple(Ask(method="GET", url=pictures[number].url) for number in away)) if away else ()
        for number, one in zip(away, told, strict=True):
            pictures[number] = replace(pictures[number], data=_encoded(one.body), url=None)
    if request.spelling == "url":
        pictures = [one if one.url is not None else replace(one, data=None, url=_address(one)) for one in pictures]
    usage = made.usage or Usage()
    return replace(made, pictures=tuple(pictures), usage=replace(usage, images=len(pictures)))


def _encoded(body: bytes) -> str:
    if picture_type(body[:16]) is None:
        raise nonsense("leads to something that is no picture")
    return base64.b64encode(body).decode()


def _address(one: Picture) -> str:
    """Return an address that holds the picture itself (RFC 2397)."""
    data = one.data or ""
    return f"data:{kind_of(data)};base64,{data}"


def kind_of(data: str) -> str:
    """Return what a picture in base64 is."""
    try:
        return picture_type(base64.b64decode(data[:32])) or "image/png"
    except binascii.Error as error:
        raise nonsense("has a picture in it that is no base64") from error


def listed(found: Any, *, data: str = "b64_json", url: str = "url") -> tuple[Picture, ...]:
    """Read a list of pictures; `data` and `url` name the fields that hold them."""
    pictures = []
    for one in found if isinstance(found, list) else ():
        told = {data: one} if isinstance(one, str) else one if isinstance(one, dict) else {}
        inline, place, revised = told.get(data), told.get(url), told.get("revised_prompt")
        if isinstance(inline, str) and inline:
            pictures.append(Picture(data=inline, revised=revised))
        elif isinstance(place, str) and place:
            pictures.append(Picture(url=place, revised=revised))
        else:
            raise nonsense("has a picture in it that is none")
    return tuple(pictures)


def token_usage(told: Any) -> Usage | None:
    """Read the tokens of OpenAI's newer models: text and pictures in, pictures out."""
    usage = told if isinstance(told, dict) else {}
    read = numbered(usage.get("input_tokens"))
    if read is None:
        return None
    details, made = usage.get("input_tokens_details"), numbered(usage.get("output_tokens"))
    seen = numbered(details.get("image_tokens")) if isinstance(details, dict) else None
    return Usage(input=read, image_input=seen, output=made, image_output=made)


def written(request: ImageRequest, result: Pictures, created: int, usage: Usage) -> Json:  # noqa: ARG001 - a row's shape
    """Spell the answer in OpenAI's form."""
    made: Json = {**(result.shown or {}), "created": created, "data": [_written(one) for one in result.pictures]}
    if usage.input is not None:
        read, drawn = usage.input, usage.output or 0
        seen = usage.image_input or 0
        made["usage"] = {
            "input_tokens": read,
            "input_tokens_details": {"text_tokens": read - seen, "image_tokens": seen},
            "output_tokens": drawn,
            "total_tokens": read + drawn,
        }
    return made


def _written(one: Picture) -> Json:
    made: Json = {"url": one.url} if one.data is None else {"b64_json": one.data}
    return made if one.revised is None else {**made, "revised_prompt": one.revised}


def events(made: Json, name: str, created: int) -> Sequence[Json]:
    """Return the events of a stream that shows finished pictures only; `name` is how OpenAI calls them."""
    shown: Json = {field: made[field] for field in ("size", "quality", "background", "output_format") if field in made}
    return [
        {
            "type": f"{name}.completed",
            "b64_json": one["b64_json"],
            "created_at": created,
            **shown,
            **_last(made, number),
        }
        for number, one in enumerate(made["data"], 1)
    ]


def _last(made: Json, number: int) -> Json:
    return {"usage": made["usage"]} if "usage" in made and number == len(made["data"]) else {}
