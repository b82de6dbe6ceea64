"""Where passages come from: Google's grounding and citation metadata, and the hub's citations.

Google counts in bytes of UTF-8, the hub in characters.
"""

from collections.abc import Iterable, Iterator

from omniroute.formats.hub import Citation, Format, Json

_HOME = Format.GEMINI.value


def read_citations(candidate: Json) -> Iterator[tuple[int | None, Citation]]:
    """The citations of a candidate, each with the index of its part where that is said. Offsets are still bytes."""
    grounding = candidate.get("groundingMetadata")
    if isinstance(grounding, dict):
        yield from _grounded(grounding)
    metadata = candidate.get("citationMetadata")
    if isinstance(metadata, dict):
        for source in metadata.get("citationSources") or metadata.get("citations") or ():
            yield (
                None,
                Citation(
                    origin=_HOME,
                    raw=source,
                    url=source.get("uri"),
                    title=source.get("title"),
                    start=source.get("startIndex", 0) if "endIndex" in source else None,
                    end=source.get("endIndex"),
                ),
            )


def _grounded(grounding: Json) -> Iterator[tuple[int | None, Citation]]:
    chunks = grounding.get("groundingChunks") or []
    used: set[int] = set()
    for support in grounding.get("groundingSupports") or ():
        segment = support.get("segment") or {}
        for number in support.get("groundingChunkIndices") or ():
            if 0 <= number < len(chunks):
                used.add(number)
                yield segment.get("partIndex"), _of_chunk(chunks[number], segment)
    for number, chunk in enumerate(chunks):
        if number not in used:
            yield None, _of_chunk(chunk, {})


def _of_chunk(chunk: Json, segment: Json) -> Citation:
    source = next((value for value in chunk.values() if isinstance(value, dict)), {})
    raw: Json = {"groundingChunk": chunk, **({"segment": segment} if segment else {})}
    ends = "endIndex" in segment
    return Citation(
        origin=_HOME,
        raw=raw,
        url=source.get("uri"),
        title=source.get("title"),
        start=segment.get("startIndex", 0) if ends else None,
        end=segment.get("endIndex"),
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
