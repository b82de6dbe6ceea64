"""Pictures from OpenAI and from those that take its form with small differences."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from omniroute.formats.exchange import Ask, Spot, Talk, Told, json_ask, multipart, nonsense, told_object
from omniroute.formats.hub import Json, Usage
from omniroute.formats.images.answer import Picture, Pictures, fitted, listed, token_usage
from omniroute.formats.images.request import ImageRequest

_SHOWN = ("background", "output_format", "quality", "size")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What a provider does its own way.

    `spellings`: how it calls url and b64_json, empty where it cannot be told. `sides`: it wants width and height as
    numbers. `single`: it makes one picture at a time. `lacks` are fields that it refuses.
    """

    spellings: Mapping[str, str] = field(default_factory=lambda: {"url": "url", "b64_json": "b64_json"})
    sides: bool = False
    single: bool = False
    lacks: frozenset[str] = frozenset()


def openai_like(style: Style) -> Callable[[ImageRequest, Spot], Talk[Pictures]]:
    """Return the dialect of a provider of OpenAI's form."""

    def dialect(request: ImageRequest, spot: Spot) -> Talk[Pictures]:
        return fitted(request, _asked(style, request, spot))

    return dialect


def _asked(style: Style, request: ImageRequest, spot: Spot) -> Talk[Pictures]:
    times = request.count if style.single else 1
    told = yield tuple(json_ask(_body(style, request, spot.model)) for _ in range(times))
    values = [told_object(one) for one in told]
    pictures = tuple(one for value in values for one in listed(value.get("data")))
    return _made(values[0], pictures)


def _made(value: Json, pictures: tuple[Picture, ...]) -> Pictures:
    shown = {name: value[name] for name in _SHOWN if isinstance(value.get(name), str)}
    return Pictures(pictures=pictures, usage=token_usage(value.get("usage")), shown=shown)


def _body(style: Style, request: ImageRequest, model: str) -> Json:
    body: Json = {**request.extras, "model": model, "prompt": request.prompt}
    given = {"size": request.size, "quality": request.quality, "style": request.style}
    body |= {name: value for name, value in given.items() if value is not None and name not in style.lacks}
    if style.sides and (pixels := request.pixels) is not None:
        body["width"], body["height"] = pixels
    if style.sides:
        body.pop("size", None)
    if request.count > 1 and not style.single:
        body["n"] = request.count
    if request.spelling is not None and tells_spelling(model) and request.spelling in style.spellings:
        body["response_format"] = style.spellings[request.spelling]
    return body


def tells_spelling(model: str) -> bool:
    """Whether a model may be told how to spell its pictures; OpenAI's newer ones answer in base64 and refuse it."""
    return not model.rpartition("/")[2].startswith(("gpt-image", "chatgpt-image"))


def stream_ask(request: ImageRequest, spot: Spot) -> Ask:
    """Return the question for a stream with partial pictures; of a form where pictures are to be changed."""
    more: Json = {"stream": True} if request.partial is None else {"stream": True, "partial_images": request.partial}
    if not request.sources:
        return json_ask({**_body(Style(), request, spot.model), **more})
    return _form(request, spot, more)


def edits(request: ImageRequest, spot: Spot) -> Talk[Pictures]:
    """Ask for changed pictures, in a form."""
    return fitted(request, _edited(request, spot))


def whole(told: Told) -> Pictures:
    """Read a whole answer where a stream was asked for; raise NoResult when its pictures lie elsewhere."""
    value = told_object(told)
    pictures = listed(value.get("data"))
    if not pictures or any(one.data is None for one in pictures):
        raise nonsense("is no stream of pictures")
    made = _made(value, pictures)
    return replace(made, usage=replace(made.usage or Usage(), images=len(pictures)))


def _edited(request: ImageRequest, spot: Spot) -> Talk[Pictures]:
    (told,) = yield (_form(request, spot, {}),)
    value = told_object(told)
    return _made(value, listed(value.get("data")))


def _form(request: ImageRequest, spot: Spot, more: Json) -> Ask:
    fields = {**_body(Style(), request, spot.model), **more}
    name = "image" if len(request.sources) == 1 else "image[]"
    files = [
        (name, f"image-{number}.{_ending(one.media_type)}", one.media_type, one.content)
        for number, one in enumerate(request.sources)
    ]
    if request.mask is not None:
        files.append(
            ("mask", f"mask.{_ending(request.mask.media_type)}", request.mask.media_type, request.mask.content)
        )
    return multipart(((name, _plain(value)) for name, value in fields.items()), files, spot.mark)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _ending(media_type: str) -> str:
    return media_type.removeprefix("image/").replace("jpeg", "jpg")
