"""A tool's result: an object for Google, text and media in the hub.

Google's SDKs write `output` or `result` for what the tool said and `error` for what went wrong; any other object is the
result itself. Text that is an object in compact JSON is sent as that object, all other text as `output`.
"""

from omniroute.formats.gemini.fields import GeminiFields
from omniroute.formats.gemini.media import drop_labels, read_blob, read_file, write_media
from omniroute.formats.hub import Format, Json, Media, Opaque, Text, ToolResult
from omniroute.formats.losses import Losses
from omniroute.kit.json import BadJson, dumps, loads

_HOME = Format.GEMINI.value
_SAID = ("output", "result")


def read_result(fields: GeminiFields, call_id: str, name: str) -> ToolResult:
    """Read a functionResponse object; its id and name are read already."""
    response = fields.map("response")
    failed = response.keys() == {"error"}
    key = "error" if failed else next((key for key in _SAID if response.keys() == {key}), None)
    value = response if key is None else response[key]
    text = value if isinstance(value, str) else dumps(value).decode()
    parts: list[Text | Media | Opaque] = [Text(text=text)] if response else []
    parts += [_read_media(part) for part in fields.children("parts")]
    fields.skip("willContinue", "scheduling")  # of answers that go on while the model speaks: Live API only
    return ToolResult(call_id=call_id, name=name, parts=tuple(parts), is_error=failed)


def _read_media(part: GeminiFields) -> Media | Opaque:
    blob, file = part.child("inlineData"), part.child("fileData")
    media = read_blob(blob.all()) if blob else read_file(file.all()) if file else None
    return media or Opaque(origin=_HOME, kind="functionResponsePart", raw=part.all())


def write_result(result: ToolResult, name: str, path: str, losses: Losses) -> Json:
    """Write a functionResponse object."""
    texts: list[str] = []
    media: list[Json] = []
    for number, part in enumerate(result.parts):
        at = f"{path}.parts[{number}]"
        if isinstance(part, Text):
            texts.append(part.text)
            if part.cache is not None:
                losses.drop(f"{at}.cache", "Gemini has no cache marks")
        elif isinstance(part, Opaque):
            media += [part.raw] if part.origin == _HOME else []
            if part.origin != _HOME:
                losses.drop(at, f"only {part.origin} knows the block {part.kind}")
        else:
            media += _write_media(part, at, losses)
    if len(texts) > 1:
        losses.change(path, "several texts of a result become one")
    response = _response("\n".join(texts), failed=result.is_error) if texts or result.is_error else {}
    raw_result: Json = {"id": result.call_id, "name": name, "response": response}
    return {**raw_result, "parts": media} if media else raw_result


def _write_media(part: Media, path: str, losses: Losses) -> list[Json]:
    drop_labels(part, path, losses)
    raw = write_media(part)
    if raw is None:
        losses.drop(path, f"a file in the store of {part.origin}")
    return [] if raw is None else [raw]


def _response(text: str, *, failed: bool) -> Json:
    if failed:
        return {"error": text}
    try:
        value = loads(text) if text.startswith("{") else None
    except BadJson:
        value = None
    if isinstance(value, dict) and value.keys() not in ({"output"}, {"result"}, {"error"}) and value:
        return value if dumps(value) == text.encode("utf-8", "surrogatepass") else {"output": text}
    return {"output": text}
