"""Where passages come from: Google's grounding and citation metadata, and the hub's citations.

Google counts in bytes of UTF-8, the hub in characters.
"""

from collections.abc import Iterable, Iterator

from omniroute.formats.hub import Citation, Format, Json
from omniroute.formats.loose import count_in, list_in, object_in, objects_in, text_in

_HOME = Format.GEMINI.value


def read_citations(candidate: Json) -> Iterator[tuple[int | None, Citation]]:
    """The citations of a candidate, each with the index of its part where that is said. Offsets are still bytes."""
    yield from _grounded(object_in(candidate, "groundingMetadata"))
    metadata = object_in(candidate, "citationMetadata")
    for source in objects_in(metadata, "citationSources") or objects_in(metadata, "citations"):
        yield None, _citation(source, source, source)


def _grounded(grounding: Json) -> Iterator[tuple[int | None, Citation]]:
    chunks = objects_in(grounding, "groundingChunks")
    used: set[int] = set()
    for support in objects_in(grounding, "groundingSupports"):
        segment = object_in(support, "segment")
        for number in list_in(support, "groundingChunkIndices"):
            if isinstance(number, int) and 0 <= number < len(chunks):
                used.add(number)
                yield count_in(segment, "partIndex"), _of_chunk(chunks[number], segment)
    for number, chunk in enumerate(chunks):
        if number not in used:
            yield None, _of_chunk(chunk, {})


def _of_chunk(chunk: Json, segment: Json) -> Citation:
    source = next((value for value in chunk.values() if isinstance(value, dict)), {})
    raw: Json = {"groundingChunk": chunk, **({"segment": segment} if segment else {})}
    return _citation(raw, source, segment)


def _citation(raw: Json, source: Json, span: Json) -> Citation:
    end = count_in(span, "endIndex")
    return Citation(
        origin=_HOME,
        raw=raw,
        url=text_in(source, "uri"),
        title=text_in(source, "title"),
        start=None if end is None else count_in(span, "startIndex") or 0,  # protobuf's JSON leaves zero out
        end=end,
    )


def write_citations(parts: Iterable[tuple[int, str, Iterable[Citation]]]) -> Json:
    """The metadata for a candidate's texts: (index of the part, its text, its citations)."""
    sources: list[Json] = []
    chunks: list[Json] = []
    supports: list[Json] = []
    for index, text, citations in parts:
        for citation in citations:
            if citation.origin == _HOME and "groundingChunk" not in citation.raw:
                sources.append(citation.raw)
                continue
            chunk = _chunk(citation)
            if chunk is None:
                continue
            if chunk not in chunks:
                chunks.append(chunk)
            if segment := _segment(citation, index, text):
                supports.append({"segment": segment, "groundingChunkIndices": [chunks.index(chunk)]})
    out: Json = {"citationMetadata": {"citationSources": sources}} if sources else {}
    if chunks:
        out["groundingMetadata"] = {"groundingChunks": chunks, **({"groundingSupports": supports} if supports else {})}
    return out


def _chunk(citation: Citation) -> Json | None:
    if citation.origin == _HOME:
        chunk: Json = citation.raw["groundingChunk"]
        return chunk
    if citation.url is None:
        return None
    return {"web": {"uri": citation.url, "title": citation.title or citation.url}}


def _segment(citation: Citation, index: int, text: str) -> Json | None:
    if citation.origin == _HOME:
        segment: Json | None = citation.raw.get("segment")
        return segment
    if citation.start is None or citation.end is None:
        return None
    passage = text[citation.start : citation.end]
    start = len(text[: citation.start].encode("utf-8", "replace"))
    end = start + len(passage.encode("utf-8", "replace"))
    return {"partIndex": index, "startIndex": start, "endIndex": end, "text": passage}


def in_characters(citation: Citation, text: str) -> Citation:
    """The citation with its byte offsets into `text` counted in characters."""
    if citation.end is None:
        return citation
    data = text.encode("utf-8", "replace")
    start, end = (len(data[:at].decode("utf-8", "ignore")) for at in (citation.start or 0, citation.end))
    return Citation(
        origin=citation.origin, raw=citation.raw, url=citation.url, title=citation.title, start=start, end=end
    )
